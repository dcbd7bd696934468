"""The SQLite store while files, disks and programs fail."""

from __future__ import annotations

import os
import random
import sqlite3
from pathlib import Path

import pytest
from support.killing import kill_after, start
from support.samples import PROCEDURES

from dossierkit import Actor, open_engine
from dossierkit.errors import CorruptStore, NewerStore, StoreError, UnknownStore, UnwritableStore
from dossierkit.stores.sqlite.store import SqliteStore


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    """Flipped bytes and other files are recognised; the message names the remedy."""
    path = tmp_path / "d.db"
    path.write_bytes(b"this is no database, but long enough to be one" * 100)
    with pytest.raises(CorruptStore, match="back-up"):
        SqliteStore(path)

    good = tmp_path / "good.db"
    SqliteStore(good).close()
    content = bytearray(good.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    good.write_bytes(content)
    with pytest.raises(StoreError):
        SqliteStore(good)


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    """An older program does not touch the database of a newer one."""
    path = tmp_path / "d.db"
    SqliteStore(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()

    with pytest.raises(NewerStore, match="upgrade"):
        SqliteStore(path)


def test_an_unknown_address_is_refused_with_what_is_known() -> None:
    """The message lists the known ones."""
    for address in ("mysql://x", "sqlite:", "nothing"):
        with pytest.raises(UnknownStore, match="sqlite:PATH"):
            open_engine(address)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """There is a file in its place."""
    (tmp_path / "file").write_text("x")

    with pytest.raises(UnwritableStore):
        SqliteStore(tmp_path / "file" / "d.db")


def test_another_program_that_holds_the_file_is_waited_for_then_named(tmp_path: Path) -> None:
    """A bounded wait, then a message."""
    store = SqliteStore(tmp_path / "d.db", busy_seconds=0.1)
    other = sqlite3.connect(tmp_path / "d.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(UnwritableStore, match="another program"):
        store.remember("k", 1)

    other.execute("ROLLBACK")
    store.remember("k", 2)
    assert store.recall("k") == 2
    store.close()


def test_a_full_disk_loses_nothing(tmp_path: Path, folder: Path) -> None:
    """The write is refused as a whole, and work goes on when there is room."""
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder)
    actor = Actor("an")
    draft = engine.begin("1.000001", actor, {"name": "An"})
    store = engine.store
    assert isinstance(store, SqliteStore)
    (pages,) = store.database.write(lambda connection: connection.execute("PRAGMA page_count").fetchone())
    store.database.write(lambda connection: connection.execute(f"PRAGMA max_page_count={pages}"))

    with pytest.raises(UnwritableStore, match="room"):
        for _ in range(500):
            engine.begin("1.000001", actor, {"name": "x" * 5000})

    store.database.write(lambda connection: connection.execute("PRAGMA max_page_count=1000000"))
    assert str(engine.submit(draft.id, actor).code).endswith("-0001")
    assert list(engine.verify()) == []
    engine.close()


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_under_kill(tmp_path: Path, folder: Path) -> None:
    """Killed at random moments, restarted, killed again: every acknowledged code is there once."""
    path, acknowledged = tmp_path / "d.db", []
    chance = random.Random(20261122)
    for _ in range(int(os.environ.get("DOSSIERKIT_KILLS", "6"))):
        codes, error = kill_after(start(path, folder, 1000), chance.randrange(1, 40))
        assert codes, error
        acknowledged += codes

    engine = open_engine(f"sqlite:{path}", procedures=folder)
    kept = [str(dossier.code) for dossier in engine.store.every() if dossier.code]

    assert set(acknowledged) <= set(kept)
    assert len(set(kept)) == len(kept)
    assert list(engine.verify()) == []
    engine.close()


def test_several_programs_share_the_file(tmp_path: Path, folder: Path) -> None:
    """Eight programs submit at once: no lock error, no gap, no duplicate."""
    path = tmp_path / "d.db"
    SqliteStore(path).close()
    programs = [start(path, folder, 15) for _ in range(8)]
    codes = [line for program in programs for line in program.communicate(timeout=120)[0].split()]

    assert [program.returncode for program in programs] == [0] * 8
    assert len(set(codes)) == len(codes) == 120
    engine = open_engine(f"sqlite:{path}", procedures=folder)
    assert list(engine.verify()) == []
    engine.close()


def test_the_samples_are_there() -> None:
    """The folder that other tests use exists."""
    assert len(list(PROCEDURES.glob("*.json"))) >= 14
