"""Copies between stores: complete in both directions, files and keys with them, and resumed after an interruption."""

from __future__ import annotations

import io
import itertools
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.postgres import run
from support.s3 import Bucket
from support.samples import NOON, PROCEDURES

from dossierkit import Actor, Engine
from dossierkit.cli import main
from dossierkit.demo.demonstration import demonstrate
from dossierkit.dossiers.ledger.reports import Period
from dossierkit.dossiers.lifecycle.dossier import Attachment
from dossierkit.dossiers.people.access_token import AccessToken
from dossierkit.dossiers.people.session_lifetime import Session
from dossierkit.errors import StoreError
from dossierkit.files.copying import whole_files
from dossierkit.files.disk import DiskBlobs
from dossierkit.office.keys import installation_key
from dossierkit.papers.slip import installed_key
from dossierkit.ports import NumberGap
from dossierkit.statistics.period_tables import table_of
from dossierkit.stores.copying import TABLES, copy, digest, end_copy, row_count
from dossierkit.stores.postgres.store import PostgresStore
from dossierkit.stores.sqlite.store import SqliteStore
from dossierkit.testing import CountedTokens, FixedClock
from dossierkit.testing.contract.samples import AGENCY, DAY, mail, new_draft, submission
from dossierkit.wiring import file_store, open_accounts, open_engine

#: Two procedures are read faster than all; they have fees and documents.
USED = ("cap-lai-giay-chung-nhan.json", "giao-khu-vuc-bien.json")


@pytest.fixture(scope="module")
def procedures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("procedures")
    shutil.copytree(PROCEDURES / "shared", folder / "shared")
    for name in USED:
        shutil.copy(PROCEDURES / name, folder)
    return folder


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, procedures: Path) -> Path:
    """A data folder with something in every table, with files, keys and lists."""
    data = tmp_path_factory.mktemp("filled")
    engine = opened(f"sqlite:{data / 'dossiers.db'}", data, procedures)
    for _ in demonstrate(engine, open_accounts(engine), 25).progress:
        pass
    store = engine.store
    attached(engine)
    store.accounts.keep_session(Session("h", NOON, NOON, "an"))
    store.accounts.create_access_token(AccessToken("gis", "h", NOON, NOON + timedelta(days=1)))
    store.publish({"small.json": b"{}"}, author="An", at=NOON)
    store.accounts.keep_secret("h", "an", NOON + timedelta(hours=1), mail("copied"))
    store.accounts.try_again({"k": 3}, NOON, NOON - timedelta(hours=1))
    store.skip(NumberGap("H99", "2026-11-22", 1, 3, NOON))
    installed_key(store, data / "slip.key")
    installation_key(store, "devices-key")
    (data / "calendar.json").write_text("{}", "utf-8")
    engine.close()
    return data


def attached(engine: Engine) -> None:
    """Begin drafts with a file each."""
    assert engine.blobs is not None
    for number in range(20):
        actor = Actor(f"an-{number}")
        draft = engine.begin("1.012786", actor)
        blob = engine.blobs.put(f"đơn-{number}.pdf", io.BytesIO(b"%d" % number))
        file = Attachment("1", blob, f"đơn-{number}.pdf", 2, "application/pdf")
        engine.attach(draft.id, file, actor, version=draft.version)


@pytest.fixture
def data(filled: Path, tmp_path: Path, procedures: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, whose procedures commands find."""
    monkeypatch.setenv("DOSSIERKIT_PROCEDURES", str(procedures))
    return Path(shutil.copytree(filled, tmp_path / "a"))


@pytest.fixture
def source(data: Path) -> Iterator[SqliteStore]:
    """The store in it."""
    store = SqliteStore(data / "dossiers.db")
    yield store
    store.close()


def opened(address: str, data: Path, procedures: Path) -> Engine:
    """The engine over a store whose files are in the folder *data*."""
    return open_engine(
        address, procedures=procedures, clock=FixedClock(NOON), tokens=CountedTokens(), data=data, blobs=file_store(data)
    )


def arguments(source: str | Path, target: str | Path, *more: str) -> list[str]:
    """Arguments of a copy from one data folder, or address of a store, to another one."""
    places = [f"sqlite:{place}" if isinstance(place, Path) else place for place in (source, target)]
    return ["copy", "--from", places[0], "--to", places[1], *more]


def copied(*places: str | Path) -> str:
    """Run a copy, see `arguments`: what it prints."""
    result = CliRunner().invoke(main, arguments(*places), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "the stores are equal" in result.stdout
    return result.stdout


def test_every_table_is_copied_both_ways(source: SqliteStore, postgres: str, tmp_path: Path) -> None:
    """A copy that comes back has the same hash, and tables outside the copy have no content."""
    server, back = PostgresStore(postgres), SqliteStore(tmp_path / "b" / "dossiers.db")
    whole = digest(source)
    assert [table.name for table in TABLES if not source.tables.count(table)] == []

    list(copy(source, server, name="a"))
    list(copy(server, back, name="server"))

    assert digest(server) == digest(back) == whole
    assert list(back.every()) == list(server.every()) == list(source.every())
    assert server.counters() == source.counters()
    connection = sqlite3.connect(source.path)
    names = {
        name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search_%'")
    }
    connection.close()
    assert names - {table.name for table in TABLES} == {"_sqlite_migrations"}
    for store in (server, back):
        store.close()


def test_one_changed_value_changes_the_hash(source: SqliteStore, postgres: str) -> None:
    """So equal hashes mean something."""
    server = PostgresStore(postgres)
    list(copy(source, server, name="a"))
    run(postgres, "UPDATE answers SET salt = salt || 'x' WHERE seq = (SELECT MAX(seq) FROM answers)")

    assert digest(server) != digest(source)
    server.close()


@pytest.mark.parametrize("pages", [1, 4, 9])
def test_an_interrupted_copy_goes_on(source: SqliteStore, postgres: str, pages: int) -> None:
    """Nothing is written twice, nothing is left out; another store does not go on with it."""
    server = PostgresStore(postgres)
    list(itertools.islice(copy(source, server, name="a"), pages))
    with pytest.raises(StoreError, match="empty"):
        list(copy(source, server, name="another"))

    done = sum(copy(source, server, name="a"))

    assert done == row_count(source)
    assert digest(server) == digest(source)
    server.close()


def test_a_store_with_dossiers_is_no_target(source: SqliteStore, postgres: str, tmp_path: Path) -> None:
    """They would be mixed."""
    server = PostgresStore(postgres)
    list(copy(source, server, name="a"))
    end_copy(server)

    with pytest.raises(StoreError, match="empty"):
        list(copy(source, server, name="a"))

    server.close()


def test_numbers_and_reports_go_on_after_a_copy(data: Path, procedures: Path, postgres: str, tmp_path: Path) -> None:
    """There and back: the next code is the next one, and every report is the same to the byte."""
    back = tmp_path / "b"
    result = CliRunner().invoke(main, arguments(data, postgres, "--data", str(data)))
    copied(postgres, back, "--data", str(data))

    assert result.exit_code == 0, result.output
    steps = [re.fullmatch(r"\w+: (\d+) of (\d+)", line) for line in result.stderr.splitlines()]
    counts = [(int(step[1]), int(step[2])) for step in steps if step is not None]
    assert all(done <= total for done, total in counts), result.stderr
    assert counts[-1][0] == counts[-1][1], result.stderr
    engines = [
        opened(f"sqlite:{data / 'dossiers.db'}", data, procedures),
        opened(postgres, data, procedures),
        opened(f"sqlite:{back / 'dossiers.db'}", back, procedures),
    ]
    dossier = next(dossier for dossier in engines[0].store.every() if dossier.code is not None)
    assert [engine.store.by_code(dossier.code) for engine in engines] == [dossier] * 3
    for by in ((), ("unit", "procedure")):
        tables = [table_of(engine, Period.year(2026), by, language="vi", nd09=True) for engine in engines]
        first, *others = (table.written("csv") for table in tables)
        assert len(first.splitlines()) > 2
        assert others == [first, first]
    last = engines[0].store.counters().get((AGENCY, DAY.isoformat()), 0)
    for engine in engines:
        assert list(engine.verify()) == []
        assert str(engine.store.record(submission(new_draft(engine.store, "next"))).code).endswith(f"-{last + 1:04}")
        engine.close()


def test_files_and_keys_go_to_object_storage_and_back(data: Path, postgres: str, bucket: Bucket, tmp_path: Path) -> None:
    """With their names, under their ids; so acceptance slips are verified, and devices are known, as before."""
    server, back = tmp_path / "server", tmp_path / "b"
    ids = whole_files(DiskBlobs(data / "attachments"))
    server.mkdir()
    name = DiskBlobs(data / "attachments").name(min(ids))

    there = copied(data, postgres, "--data", str(server), "--to-files", bucket.address)
    home = copied(postgres, back, "--data", str(server), "--from-files", bucket.address, "--to-files", "folder")

    assert f"{len(ids)} files" in there
    assert there.partition("(")[2] == home.partition("(")[2], "the hash is the same"
    assert whole_files(bucket.blobs) == ids == whole_files(DiskBlobs(back / "attachments"))
    assert bucket.blobs.name(min(ids)) == DiskBlobs(back / "attachments").name(min(ids)) == name != ""
    for file in ("slip.key", "calendar.json"):
        assert (data / file).read_bytes() == (server / file).read_bytes() == (back / file).read_bytes()
        assert (back / file).stat().st_mode & 0o777 == 0o600
    stores = [SqliteStore(data / "dossiers.db"), PostgresStore(postgres), SqliteStore(back / "dossiers.db")]
    assert len({installation_key(store, "devices-key") for store in stores}) == 1
    for store in stores:
        store.close()


def test_files_alone_are_copied_where_the_store_stays(data: Path, bucket: Bucket) -> None:
    """An office moves its files to object storage, and its database stays."""
    assert "the stores are equal" in copied(data, data, "--to-files", bucket.address)

    assert whole_files(bucket.blobs) == whole_files(DiskBlobs(data / "attachments"))


def test_a_damaged_file_is_not_copied(data: Path, tmp_path: Path) -> None:
    """The copy ends with its name."""
    id = min(whole_files(DiskBlobs(data / "attachments")))
    (data / "attachments" / id[7:9] / id).write_bytes(b"other")

    result = CliRunner().invoke(main, arguments(data, tmp_path / "b"))

    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, f"dossierkit: the file {id} was changed")


def test_another_key_is_not_overwritten(data: Path, tmp_path: Path) -> None:
    """Slips that it signed are verified with it; nothing is copied."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "slip.key").write_text("another", "utf-8")

    result = CliRunner().invoke(main, arguments(data, tmp_path / "b"))

    assert result.exit_code == 2
    assert "slip.key is there already" in result.output
    assert (tmp_path / "b" / "slip.key").read_text("utf-8") == "another"
    assert not (tmp_path / "b" / "attachments").exists()


def test_a_store_is_no_copy_of_itself(data: Path) -> None:
    """It would be compared with itself."""
    result = CliRunner().invoke(main, arguments(data, data))

    assert (result.exit_code, len(result.output.splitlines())) == (2, 1)


def test_a_copy_that_was_killed_goes_on(data: Path, postgres: str, tmp_path: Path) -> None:
    """Among rows, and among files: run again, both are equal."""
    (tmp_path / "server").mkdir()
    more = ["--data", str(tmp_path / "server")]
    program = [sys.executable, "-c", "from dossierkit.cli import main; main()", *arguments(data, postgres, *more)]
    for part in ("rows", "files"):
        with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as running:
            assert running.stderr is not None
            assert any(re.match(f"{part}: [1-9]", line) for line in running.stderr)
            running.kill()
        assert running.returncode == -signal.SIGKILL

    assert f"{len(whole_files(DiskBlobs(data / 'attachments')))} files" in copied(data, postgres, *more)
