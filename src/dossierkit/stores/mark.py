"""The mark of an installation: the last number of each series, in a file beside the database.

A number is noted after its transaction is durable, and before anybody is told of it.  So the database is behind its mark
only if it lost something that was acknowledged: an older copy was put back, or its journal was damaged.  A program that
dies between the two leaves a mark that is behind the database, which is no loss.

What was noted survives the program at once, and a power failure within `SYNC_SECONDS`.
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
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import attrs

from dossierkit.errors import UnwritableStore

#: (agency, day or year) → the last number.
Numbers = Mapping[tuple[str, str], int]
#: The fact in the database that holds the id of the installation.
INSTALLATION = "installation"
#: So long after a number was noted the file is synced at the latest.
SYNC_SECONDS = 1.0
#: A longer file is written anew when it is opened, with one line a series.
_LONG = 256 * 1024


@attrs.frozen
class Noted:
    """What a mark says."""

    #: The id of the installation.
    installation: str
    numbers: Numbers


def lacking(numbers: Numbers, others: Numbers) -> dict[tuple[str, str], int]:
    """The series of *others* that *numbers* are behind, with the last number of each by *others*."""
    return {series: last for series, last in others.items() if last > numbers.get(series, 0)}


def mark_of(database: Path) -> Path:
    """Where the mark of *database* lies."""
    return database.with_suffix(".mark")


def read_mark(path: Path) -> Noted | None:
    """What the mark in the file *path* says; None where there is none, or nothing of it can be read.

    A line that is damaged or half there counts for nothing.
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
    return Noted(installation, numbers) if installation else None


def kept_in(database: Path) -> Noted | None:
    """What the SQLite file *database* says, empty where it has no id yet; None where it is missing or holds no tables.

    It is only read: a journal that is damaged stays as it is, for whoever can mend it.
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
    return Noted(json.loads(row[0]) if row is not None else "", {(agency, day): number for agency, day, number in counters})


def write_mark(path: Path, noted: Noted) -> None:
    """Writes *noted* into the new file *path*, whole or not at all.

    Raises:
        FileExistsError: there is one.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        _written(part, noted)
        os.link(part, path)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)


class Mark:
    """The mark in the file *path*, to be written on.  Threads and programs may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.stat().st_size > _LONG:
            _shorten(path)
        self._file = _opened(path)
        self._lock = threading.Lock()
        self._sync_is_due = False
        #: What there was no room for.
        self._owed: dict[tuple[str, str], int] = {}

    def note(self, numbers: Numbers) -> None:
        """Notes *numbers* that are about to be given out.

        Raises:
            UnwritableStore: there is no room for them; they are noted as soon as there is.
        """
        try:
            self._write(numbers)
        except OSError as error:
            with self._lock:
                self._owed |= lacking(self._owed, numbers)
            raise UnwritableStore(f"{self.path} cannot be written: {error.strerror}; make room and try again") from error
        finally:
            self._sync_soon()

    def close(self) -> None:
        """Lets go of the file; what was noted is durable."""
        self._sync()
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _write(self, numbers: Numbers) -> None:
        lines = _lines(numbers)
        if os.write(self._file, lines) < len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _sync_soon(self) -> None:
        if self._sync_is_due:
            return
        self._sync_is_due = True
        timer = threading.Timer(SYNC_SECONDS, self._sync)
        timer.daemon = True
        timer.start()

    def _sync(self) -> None:
        """Makes durable what was noted, and notes what there was no room for."""
        self._sync_is_due = False
        with self._lock:
            if self._file < 0:
                return
            try:
                if self._owed:
                    self._write(self._owed)
                    self._owed = {}
                os.fdatasync(self._file)
            except OSError:
                self._sync_soon()


def _opened(path: Path) -> int:
    """A descriptor of the file as it is now, shared with others who write on it."""
    while True:
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
        fcntl.flock(file, fcntl.LOCK_SH)
        if os.fstat(file).st_ino == path.stat().st_ino:
            return file
        os.close(file)  # somebody has just shortened it


def _shorten(path: Path) -> None:
    """Writes the file anew with one line a series, unless somebody else writes on it."""
    file = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        noted = read_mark(path)
        if noted is not None:
            part = path.with_name(f"{path.name}.part")
            _written(part, noted)
            part.replace(path)
            _sync_folder(path.parent)
    except BlockingIOError:
        return
    finally:
        os.close(file)


def _written(path: Path, noted: Noted) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(_line("installation", noted.installation) + _lines(noted.numbers))
        file.flush()
        os.fsync(file.fileno())


def _lines(numbers: Numbers) -> bytes:
    return b"".join(_line(*series, str(number)) for series, number in numbers.items())


def _line(*words: str) -> bytes:
    # A line begins with its break: half a line that a power failure left spoils no other.
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
