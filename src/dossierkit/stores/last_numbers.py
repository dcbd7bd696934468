"""The mark of an installation: the last number of each series, in a file beside the database.

A number is noted after its transaction is durable, and before the caller gets it.  So the database is behind its mark only
if it lost acknowledged dossiers: an older copy was put back, or its journal was damaged.  A program that dies between the
two steps leaves a mark that is behind the database, which is no loss.

A note survives the program at once, and a power failure after `SYNC_SECONDS`.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import sqlite3
import threading
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import attrs

from dossierkit.errors import UnwritableStore

#: (agency, series) → last number, see `codes.series_of`.
Numbers = Mapping[tuple[str, str], int]
#: Fact in the database with the id of the installation.
INSTALLATION = "installation"
#: Longest time between a note and the sync of the file.
SYNC_SECONDS = 1.0
#: Size in bytes above which the file is shortened to one line a series when it is opened.
_LONG = 256 * 1024


@attrs.frozen
class MarkContent:
    """Content of a mark."""

    #: Id of the installation.
    installation: str
    numbers: Numbers


def missing_numbers(numbers: Numbers, others: Numbers) -> dict[tuple[str, str], int]:
    """The entries of *others* that are higher than the same series in *numbers*."""
    return {series: last for series, last in others.items() if last > numbers.get(series, 0)}


def mark_of(database: Path) -> Path:
    """Path of the mark of *database*."""
    return database.with_suffix(".mark")


def read_mark(path: Path) -> MarkContent | None:
    """Content of the mark *path*; None if there is no file, or no line of it can be read.

    Damaged and incomplete lines are ignored.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return None
    installation = ""
    numbers: dict[tuple[str, str], int] = {}
    for line in lines:
        body, _, checked = line.rpartition(b"\t")
        if not body or checked != _check(body):
            continue
        match body.decode().split("\t"):
            case ["installation", id]:
                installation = id
            case [agency, series, number]:
                numbers[agency, series] = max(numbers.get((agency, series), 0), int(number))
    return MarkContent(installation, numbers) if installation else None


def read_database(database: Path) -> MarkContent | None:
    """The content of a mark of the SQLite file *database*; None if the file is missing or has no tables.

    The file is opened read-only: a damaged journal stays as it is, so that it can still be repaired.
    """
    if not database.is_file() or not database.stat().st_size:
        return None
    connection = sqlite3.connect(f"file:{quote(str(database.resolve()))}?mode=ro", uri=True, timeout=15)
    try:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not {"counters", "facts"} <= tables:
            return None
        row = connection.execute("SELECT body FROM facts WHERE name = ?", (INSTALLATION,)).fetchone()
        counters = connection.execute("SELECT agency, day, number FROM counters").fetchall()
    finally:
        connection.close()
    return MarkContent(json.loads(row[0]) if row is not None else "", {(agency, day): number for agency, day, number in counters})


def write_mark(path: Path, content: MarkContent) -> None:
    """Write *content* into the new file *path*, whole or not at all.

    Raises:
        FileExistsError: the file exists.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        _write_file(part, content)
        os.link(part, path)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)


class Mark:
    """The mark *path*, open for writing.  Threads and programs may share it.

    Args:
        write: writes bytes to a file descriptor, as `os.write` does.
    """

    def __init__(self, path: Path, *, write: Callable[[int, bytes], int] = os.write) -> None:
        self.path = path
        self._write_bytes = write
        if path.stat().st_size > _LONG:
            _shorten(path)
        self._file = _open_shared(path)
        self._lock = threading.Lock()
        self._sync_is_due = False
        #: Numbers that could not be written yet.
        self._unwritten: dict[tuple[str, str], int] = {}

    def note(self, numbers: Numbers) -> None:
        """Note *numbers* before they are given out.

        Raises:
            UnwritableStore: they cannot be written; `sync` writes them later.
        """
        try:
            self._write(numbers)
        except OSError as error:
            with self._lock:
                self._unwritten |= missing_numbers(self._unwritten, numbers)
            raise UnwritableStore(f"{self.path} cannot be written: {error.strerror}; make room and try again") from error
        finally:
            self._sync_soon()

    def close(self) -> None:
        """Sync and close the file."""
        self.sync()
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _write(self, numbers: Numbers) -> None:
        lines = _lines(numbers)
        if self._write_bytes(self._file, lines) < len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _sync_soon(self) -> None:
        if self._sync_is_due:
            return
        self._sync_is_due = True
        timer = threading.Timer(SYNC_SECONDS, self.sync)
        timer.daemon = True
        timer.start()

    def sync(self) -> None:
        """Write the numbers that could not be written before, and make all durable; on failure, try again later."""
        self._sync_is_due = False
        with self._lock:
            if self._file < 0:
                return
            try:
                if self._unwritten:
                    self._write(self._unwritten)
                    self._unwritten = {}
                os.fdatasync(self._file)
            except OSError:
                self._sync_soon()


def _open_shared(path: Path) -> int:
    """Descriptor of the file, with a shared lock that keeps it from being shortened."""
    while True:
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
        fcntl.flock(file, fcntl.LOCK_SH)
        if os.fstat(file).st_ino == path.stat().st_ino:
            return file
        os.close(file)  # another program has just shortened it


def _shorten(path: Path) -> None:
    """Write the file anew with one line a series, unless a program has it open."""
    file = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        content = read_mark(path)
        if content is not None:
            part = path.with_name(f"{path.name}.part")
            _write_file(part, content)
            part.replace(path)
            _sync_folder(path.parent)
    except BlockingIOError:
        return
    finally:
        os.close(file)


def _write_file(path: Path, content: MarkContent) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(_line("installation", content.installation) + _lines(content.numbers))
        file.flush()
        os.fsync(file.fileno())


def _lines(numbers: Numbers) -> bytes:
    return b"".join(_line(*series, str(number)) for series, number in numbers.items())


def _line(*words: str) -> bytes:
    # A line begins with its line break: half a line, left by a power failure, spoils no other.
    body = "\t".join(words).encode()
    return b"\n" + body + b"\t" + _check(body)


def _check(body: bytes) -> bytes:
    return b"%08x" % zlib.crc32(body)


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
