"""No number is issued twice, even after a loss of files: the mark beside the database reveals the loss."""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner
from support.killing import kill_after, start
from support.people import AN, ROOT
from support.samples import NOON

from dossierkit import Action, Engine, open_engine
from dossierkit.cli import main
from dossierkit.errors import LostDossiers, SettingsError, StoreError, UnwritableStore
from dossierkit.papers.slip import installed_key
from dossierkit.stores.backup import back_up, restore
from dossierkit.stores.last_numbers import Mark, MarkContent, mark_of, read_mark, write_mark
from dossierkit.stores.memory.store import MemoryStore
from dossierkit.stores.recovery import skip_after
from dossierkit.stores.sqlite.store import SqliteStore
from dossierkit.testing import FixedClock

DAY = ("H29.15", "2026-11-22")


def open_installation(database: Path, folder: Path, *, new: bool = False) -> Engine:
    return open_engine(f"sqlite:{database}", procedures=folder, clock=FixedClock(NOON), new=new)


def submit(engine: Engine) -> str:
    return str(engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN).code)


@pytest.fixture
def database(tmp_path: Path, folder: Path) -> Path:
    """A database with three codes and a receipt number, beside a copy of it (`older.db`) with two codes."""
    database = tmp_path / "data" / "dossiers.db"
    engine = open_installation(database, folder)
    submit(engine)
    submit(engine)
    engine.close()
    shutil.copy(database, tmp_path / "older.db")
    engine = open_installation(database, folder)
    assert submit(engine).endswith("-0003")
    engine.act(next(dossier.id for dossier in engine.store.every()), Action.ACCEPT, ROOT)
    engine.close()
    return database


def _older(database: Path) -> None:
    shutil.copy(database.parents[1] / "older.db", database)


LOSSES: Mapping[str, Callable[[Path], object]] = {
    "deleted": lambda database: database.unlink(),
    "emptied": lambda database: database.write_bytes(b""),
    "an older copy put back": _older,
    "an older copy put back over a journal": lambda database: (
        _older(database),
        (database.parent / "dossiers.db-wal").write_bytes(b"x" * 9000),
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_database_that_lost_something_is_refused(database: Path, folder: Path, loss: str) -> None:
    """The message names the numbers and the remedy; nothing is changed; with `--new`, numbers continue after the mark."""
    LOSSES[loss](database)
    before = {path.name: path.read_bytes() for path in database.parent.iterdir() if path.is_file() and path.suffix != ".db-shm"}
    for _ in range(2):
        with pytest.raises(LostDossiers, match=r"2026-11-22 up to 3.*restore FILE --data NEW --after .*dossiers\.mark.*--new"):
            open_installation(database, folder)
    after = {path.name: path.read_bytes() for path in database.parent.iterdir() if path.is_file() and path.suffix != ".db-shm"}
    assert {name: after.get(name) for name in before} == before
    engine = open_installation(database, folder, new=True)
    assert submit(engine).endswith("-0004")
    accepted = engine.act(
        next(dossier.id for dossier in engine.store.every() if dossier.handling.receipt == ""), Action.ACCEPT, ROOT
    )
    assert accepted.handling.receipt.startswith("00002/")
    assert list(engine.verify()) == []
    engine.close()
    engine = open_installation(database, folder)
    assert submit(engine).endswith("-0005")
    engine.close()


def test_a_truncated_database_is_refused(database: Path, folder: Path) -> None:
    """At whatever size it is cut off."""
    whole = database.read_bytes()
    for size in (1, 100, 4096, len(whole) // 2, len(whole) - 4096):
        database.write_bytes(whole[:size])
        with pytest.raises(StoreError):
            open_installation(database, folder)
    database.write_bytes(whole)
    open_installation(database, folder).close()


def test_a_mark_that_is_missing_or_damaged_is_asked_for(database: Path, folder: Path) -> None:
    """The database may be an older copy; `--new` makes a mark for it."""
    mark = mark_of(database)
    for damage in (mark.unlink, lambda: mark.write_bytes(b"\0" * 500), lambda: mark.write_bytes(b"")):
        whole = mark.read_bytes()
        damage()
        with pytest.raises(LostDossiers, match=r"mark.*--new"):
            open_installation(database, folder)
        mark.write_bytes(whole)
    mark.write_bytes(b"\xff\xfe garbage\n")
    engine = open_installation(database, folder, new=True)
    assert submit(engine).endswith("-0004")
    engine.close()
    noted = read_mark(mark)
    assert noted is not None
    assert noted.numbers == {DAY: 4, ("H29.15", "2026"): 1}
    open_installation(database, folder).close()


def test_the_database_of_another_installation_is_refused(database: Path, folder: Path, tmp_path: Path) -> None:
    """Even if its numbers are higher."""
    other = tmp_path / "other" / "dossiers.db"
    engine = open_installation(other, folder)
    for _ in range(5):
        submit(engine)
    engine.close()
    shutil.copy(other, database)
    with pytest.raises(LostDossiers, match="two installations"):
        open_installation(database, folder)


def test_a_database_of_before_is_marked(database: Path, folder: Path) -> None:
    """One without a mark, and one whose program died between a commit and its note, which is no loss."""
    mark = mark_of(database)
    noted = read_mark(mark)
    assert noted is not None
    mark.unlink()
    write_mark(mark, MarkContent(noted.installation, {DAY: 1}))
    engine = open_installation(database, folder)
    assert engine.store.counters_of_mark() == engine.store.counters() == {DAY: 3, ("H29.15", "2026"): 1}
    engine.store.remember("installation", "")
    engine.close()
    mark.unlink()
    engine = open_installation(database, folder)
    assert engine.store.counters_of_mark() == {DAY: 3, ("H29.15", "2026"): 1}
    assert submit(engine).endswith("-0004")
    engine.close()


def test_a_proof_knows_the_mark(database: Path, folder: Path) -> None:
    """A number in the mark that no dossier has is named."""
    engine = open_installation(database, folder)
    mark = Mark(mark_of(database))
    mark.note({DAY: 7})
    mark.close()
    assert list(engine.verify()) == ["H29.15 2026-11-22: 7 was given out, the database ends with 3"]
    engine.close()


def test_no_code_is_told_before_it_is_noted(database: Path, folder: Path) -> None:
    """Without room for the note a submission is refused; the number in the database is noted as soon as there is room."""
    engine = open_installation(database, folder)
    store = engine.store
    assert isinstance(store, SqliteStore)
    store.mark.close()
    disk = Disk()
    store.mark = Mark(mark_of(database), write=disk.write)
    draft = engine.begin("1.000001", AN, {"name": "An"})

    disk.full = True
    with pytest.raises(UnwritableStore, match="room"):
        engine.submit(draft.id, AN)
    store.mark.sync()
    assert store.counters_of_mark()[DAY] == 3
    disk.full = False
    store.mark.sync()

    assert store.counters_of_mark()[DAY] == 4
    assert str(engine.submit(draft.id, AN).code).endswith("-0004")
    assert list(engine.verify()) == []
    engine.close()


@attrs.define
class Disk:
    """Writes to files until it is full."""

    full: bool = False

    def write(self, file: int, content: bytes) -> int:
        """As `os.write`."""
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(file, content)


def test_a_line_that_is_torn_counts_for_nothing(tmp_path: Path) -> None:
    """A power failure leaves half a line, or zeros; a number is never read short."""
    path = tmp_path / "d.mark"
    write_mark(path, MarkContent("i", {DAY: 41}))
    with pytest.raises(FileExistsError):
        write_mark(path, MarkContent("j", {}))
    mark = Mark(path)
    mark.note({DAY: 421})
    mark.close()
    whole = path.read_bytes()
    for cut in range(1, 16):
        path.write_bytes(whole[:-cut])
        assert read_mark(path) == MarkContent("i", {DAY: 41}), cut
        path.write_bytes(whole[:-cut] + b"\0" * 64)
        assert read_mark(path) == MarkContent("i", {DAY: 41}), cut


def test_a_long_mark_is_shortened_when_nobody_writes_on_it(tmp_path: Path) -> None:
    """To one line a series, unless a program has it open."""
    path = tmp_path / "d.mark"
    write_mark(path, MarkContent("i", {}))
    mark = Mark(path)
    for number in range(1, 20_001):
        mark.note({DAY: number})
    long = path.stat().st_size
    other = Mark(path)
    assert path.stat().st_size == long
    for one in (mark, other):
        one.close()
    Mark(path).close()
    assert path.stat().st_size < 100
    assert read_mark(path) == MarkContent("i", {DAY: 20_000})
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["none", "journal deleted", "journal garbled", "older copy first", "older copy after"])
def test_killed_and_damaged_no_code_comes_twice(tmp_path: Path, folder: Path, damage: str) -> None:
    """Killed at random moments: without damage every start works, and leaves no gap; after a loss it is refused."""
    path = tmp_path / "d.db"
    chance = random.Random(f"20261122 {damage}")
    codes: list[str] = []
    refused = 0
    for turn in range(int(os.environ.get("DOSSIERKIT_KILLS", "4"))):
        if damage == "older copy first" and turn > 1:
            _put_back(path, tmp_path / "copy.db")
        elif path.exists():
            shutil.copy(path, tmp_path / "copy.db")
        lines = _run(path, folder, chance, new=bool(refused))
        refused = 0
        assert not set(lines) & set(codes)
        codes += lines
        match damage:
            case "journal deleted":
                path.with_name("d.db-wal").unlink(missing_ok=True)
            case "journal garbled" if path.with_name("d.db-wal").exists():
                wal = bytearray(path.with_name("d.db-wal").read_bytes())
                begin = chance.randrange(len(wal) or 1)
                wal[begin:] = chance.randbytes(len(wal) - begin)
                path.with_name("d.db-wal").write_bytes(wal)
            case "older copy after" if (tmp_path / "copy.db").exists():
                _put_back(path, tmp_path / "copy.db")
        try:
            engine = open_engine(f"sqlite:{path}", procedures=folder)
        except StoreError:
            assert damage != "none"
            refused = 1
            continue
        kept = [str(dossier.code) for dossier in engine.store.every() if dossier.code]
        assert damage != "none" or set(codes) <= set(kept)
        assert not engine.store.gaps() or damage != "none"
        assert list(engine.verify()) == []
        engine.close()
    assert len(codes) == len(set(codes)) > 3


def _put_back(path: Path, copy: Path) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(copy, path)


def _run(path: Path, folder: Path, chance: random.Random, *, new: bool) -> list[str]:
    """Codes that a program printed before it was killed; if its start is refused, it is started once more with *new*."""
    codes, error = kill_after(start(path, folder, 1000, new=new), chance.randrange(1, 30))
    if not codes and "LostDossiers" in error and not new:
        return _run(path, folder, chance, new=True)
    assert codes, error
    return codes


def test_a_back_up_brings_its_mark(database: Path, folder: Path, tmp_path: Path) -> None:
    """Made of the copied database; numbers given out since are read from the mark of the lost folder."""
    list(back_up(database.parent, tmp_path / "b.tar"))
    assert (tmp_path / "b.tar").stat().st_mode & 0o777 == 0o600
    engine = open_installation(database, folder)
    assert submit(engine).endswith("-0004")
    engine.close()
    there = tmp_path / "there"
    restore(tmp_path / "b.tar", there)
    assert read_mark(there / "dossiers.mark").numbers[DAY] == 3  # type: ignore[union-attr]  # it is there
    engine = open_installation(there / "dossiers.db", folder)
    assert [gap.last for gap in skip_after(engine.store, engine.clock, [str(mark_of(database))])] == [4]
    assert submit(engine).endswith("-0005")
    assert list(engine.verify()) == []
    with pytest.raises(SettingsError, match="no mark"):
        list(skip_after(engine.store, engine.clock, [str(tmp_path / "nothing.mark")]))
    engine.close()
    ran = CliRunner().invoke(
        main, ["restore", "--data", str(tmp_path / "new"), "--after", str(mark_of(database)), str(tmp_path / "b.tar")]
    )
    assert ran.exit_code == 0, ran.output
    assert "H29.15 2026-11-22: 4 to 4" in ran.output


@pytest.mark.parametrize("remains", ["attachments/ab/x", "mail/m.eml", "slip.key"])
def test_a_new_database_beside_remains_is_refused(tmp_path: Path, folder: Path, remains: str) -> None:
    """Files, mails or keys of a lost installation are remains; empty folders are not."""
    data = tmp_path / "data"
    (data / "attachments").mkdir(parents=True)
    (data / "passwords.txt").write_text("x")
    open_installation(data / "dossiers.db", folder).close()
    for name in ("dossiers.db", "dossiers.mark"):
        (data / name).unlink()
    (data / remains).parent.mkdir(parents=True, exist_ok=True)
    (data / remains).write_text("x")
    for command in ("verify", "list"):
        ran = CliRunner().invoke(main, [command, "--data", str(data), "--procedures", str(folder)])
        assert command == "list" or (ran.exit_code == 2 and "--new" in ran.output and "restore" in ran.output), ran.output
    assert not (data / "dossiers.db").exists()
    engine = open_installation(data / "dossiers.db", folder, new=True)
    assert submit(engine).endswith("-0001")
    engine.close()
    open_installation(data / "dossiers.db", folder).close()


def test_the_key_of_slips_belongs_to_the_database(database: Path, folder: Path) -> None:
    """A missing or another key is refused, unless `--new` asks for one."""
    engine, path = open_installation(database, folder), database.parent / "slip.key"
    key = installed_key(engine.store, path)
    assert installed_key(engine.store, path).public == key.public
    whole = path.read_bytes()
    path.unlink()
    with pytest.raises(SettingsError, match=r"missing.*back-up.*--new"):
        installed_key(engine.store, path)
    assert not path.exists()
    other = installed_key(engine.store, path, new=True)
    assert other.public != key.public
    path.write_bytes(whole)
    with pytest.raises(SettingsError, match="another key"):
        installed_key(engine.store, path)
    engine.close()


def test_of_machines_that_start_at_once_one_makes_the_key(tmp_path: Path) -> None:
    """The others are told to put it there: slips are verified with one key."""
    store = MemoryStore()

    def start(number: int) -> str:
        try:
            return installed_key(store, tmp_path / str(number) / "slip.key").public
        except SettingsError as error:
            assert "put it back" in str(error)
            return ""

    for number in range(4):
        (tmp_path / str(number)).mkdir()
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(start, range(4)))

    assert len([key for key in keys if key]) == 1
