"""Durability of acknowledged writes in SQLite, and locks between programs that share the file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dossierkit import open_engine
from dossierkit.errors import StoreError
from dossierkit.stores.backup import back_up, restore
from dossierkit.stores.sqlite.store import BUSY_SECONDS, SqliteStore

#: `PRAGMA synchronous`: 1 is NORMAL, which syncs at checkpoints only.
FULL = 2
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "data" / "dossiers.db")
    yield opened
    opened.close()


@pytest.fixture
def other(store: SqliteStore) -> Iterator[sqlite3.Connection]:
    """The connection of another program."""
    connection = sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)
    yield connection
    connection.close()


def test_an_acknowledged_write_is_synced(store: SqliteStore) -> None:
    """A commit is on the disk before the caller hears of it: after a power failure no code is given out twice."""
    (synchronous,) = store.database.write(lambda connection: connection.execute("PRAGMA synchronous").fetchone())

    assert synchronous >= FULL


def test_tries_wait_for_no_sync(store: SqliteStore) -> None:
    """A counted try outlives the program, not a power failure; the next write that has to be durable syncs it as well."""
    modes = []

    def look(connection: sqlite3.Connection) -> None:
        modes.append(connection.execute("PRAGMA synchronous").fetchone()[0])

    store.database.write(look, durable=False)
    store.database.write(look)
    store.accounts.try_again({"k": 1}, NOW, NOW - timedelta(minutes=15))

    assert modes == [1, FULL]
    assert store.database.writer.connection.execute("PRAGMA synchronous").fetchone() == (1,)
    assert store.accounts.tries("k", NOW - timedelta(minutes=15)) == 1


def test_foreign_keys_hold(store: SqliteStore) -> None:
    """A draft that is deleted takes its rows along; nothing refers to a dossier that is not there."""
    (enforced,) = store.database.write(lambda connection: connection.execute("PRAGMA foreign_keys").fetchone())

    assert enforced == 1


def test_readers_and_the_writer_do_not_wait_for_each_other(store: SqliteStore, other: sqlite3.Connection) -> None:
    """The journal is a write-ahead log, also after a restart: readers see the last commit during a write."""
    store.remember("k", "before")
    store.close()
    reopened = SqliteStore(store.path, busy_seconds=0)
    select = "SELECT body FROM facts WHERE name = 'k'"

    other.execute("BEGIN")
    assert other.execute(select).fetchone() == ('"before"',)
    reopened.remember("k", "between")
    assert other.execute(select).fetchone() == ('"before"',)
    other.execute("COMMIT")

    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE facts SET body = '\"after\"' WHERE name = 'k'")
    assert reopened.recall("k") == "between"
    other.execute("COMMIT")
    assert reopened.recall("k") == "after"
    reopened.close()


def test_a_restored_database_has_a_write_ahead_log(store: SqliteStore, tmp_path: Path) -> None:
    """A back-up is an ordinary copy; the journal mode comes along."""
    store.remember("k", 1)
    list(back_up(store.path.parent, tmp_path / "b.tar"))
    restore(tmp_path / "b.tar", tmp_path / "restored")

    restored = SqliteStore(tmp_path / "restored" / "dossiers.db")

    assert restored.database.read("PRAGMA journal_mode") == [("wal",)]
    restored.close()


def test_a_write_waits_for_another_program(store: SqliteStore, other: sqlite3.Connection) -> None:
    """Long enough for any transaction, and not for ever."""
    other.execute("BEGIN IMMEDIATE")
    writing = threading.Thread(target=store.remember, args=("k", 1))
    writing.start()
    writing.join(0.3)
    assert writing.is_alive(), "it waits"

    other.execute("COMMIT")
    writing.join(BUSY_SECONDS)

    assert store.recall("k") == 1
    assert 10 <= BUSY_SECONDS <= 30
    for milliseconds in (
        store.database.read("PRAGMA busy_timeout")[0][0],
        store.database.write(lambda connection: connection.execute("PRAGMA busy_timeout").fetchone())[0],
    ):
        assert milliseconds == BUSY_SECONDS * 1000


def test_a_folder_is_refused_in_words(tmp_path: Path) -> None:
    """Nothing is left beside it."""
    folder = tmp_path / "data"
    folder.mkdir()

    with pytest.raises(StoreError, match=r"data is a folder; name a file in it, such as .*data/dossiers\.db"):
        open_engine(f"sqlite:{folder}")

    assert list(tmp_path.iterdir()) == [folder]
