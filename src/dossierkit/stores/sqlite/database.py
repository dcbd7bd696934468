"""Connections to an SQLite file: durable writes in groups, readers for each thread, errors that say what to do."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from dossierkit.errors import CorruptStore, StoreError, UnwritableStore
from dossierkit.ports import Activity
from dossierkit.stores.group_commit import GroupCommit
from dossierkit.stores.sqlite.transactions import Transactions

T = TypeVar("T")


class Database:
    """The SQLite file *path*.  Threads may share it.

    Args:
        busy_seconds: how long a statement waits for another program.
    """

    def __init__(self, path: Path, *, busy_seconds: float) -> None:
        self.path = path
        self._busy_seconds = busy_seconds
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        #: Its connection writes; faults of a test are set on it.
        self.writer = Transactions(self._connect())
        self._group = GroupCommit(self.writer.commit)

    @property
    def read_only(self) -> bool:
        """Whether the writing connection refuses to write."""
        with translate_errors(self.path):
            return self.writer.read_only

    def write(self, work: Callable[[sqlite3.Connection], T], *, durable: bool = True) -> T:
        """Run *work* in a transaction and return its result once it is durable, see `GroupCommit.run`.

        *work* may run more than once, and uses its argument only.
        """
        with translate_errors(self.path):
            return self._group.run(work, durable=durable)

    def read(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """Rows of a statement that writes nothing."""
        with translate_errors(self.path):
            return self._reader().execute(sql, values).fetchall()

    @property
    def activity(self) -> Activity:
        """What it does for this process; each thread has a reader of its own."""
        return Activity(self._group.waiting)

    def close(self) -> None:
        """Close every connection."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=self._busy_seconds)
        connection.execute("PRAGMA foreign_keys=ON")
        # NORMAL can lose an acknowledged commit at power loss, and so give one code to two dossiers.
        connection.execute("PRAGMA synchronous=FULL")
        self._connections.append(connection)
        return connection

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Raise errors of SQLite as those of `dossierkit.errors`, with the remedy."""
    try:
        yield
    except sqlite3.Error as error:
        text = str(error).lower()
        if "malformed" in text or "not a database" in text or "corrupt" in text:
            raise damaged(path) from error
        if "readonly" in text or "read-only" in text or "unable to open" in text:
            raise unwritable(path) from error
        if "full" in text or "disk i/o" in text:
            raise UnwritableStore(f"no space left for {path}; nothing was written, make room and try again") from error
        if "locked" in text or "busy" in text:
            raise UnwritableStore(f"{path} is held by another program; try again in a moment") from error
        raise StoreError(f"{path}: {error}") from error


def damaged(path: Path) -> CorruptStore:
    """For a file that SQLite cannot read."""
    return CorruptStore(f"{path} is damaged; stop here, keep a copy of it, and restore the last back-up")


def unwritable(path: Path) -> UnwritableStore:
    """For a file that this user may not write."""
    return UnwritableStore(f"{path} cannot be written; give this user the right to write the file and its folder")
