"""Safe reading of a folder that others write to: names and stamps of its entries, and the bytes of regular files.

Nothing here blocks: pipes and devices are never opened, and files beyond the size limit are not read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from dossierkit.errors import DocumentError
from dossierkit.forms.schema.document import MAX_BYTES
from dossierkit.translatable import Words

#: Size, mtime and ctime (nanoseconds), inode; a file with the same stamp has the same content.
Stamp: TypeAlias = tuple[int, int, int, int]

#: JSON files in a data folder that are not procedure files.
DATA_FILES = ("catalog.json", "calendar.json", "units.json")
_KINDS = {
    stat.S_IFDIR: Words("a folder"),
    stat.S_IFIFO: Words("a pipe"),
    stat.S_IFSOCK: Words("a socket"),
    stat.S_IFCHR: Words("a device"),
    stat.S_IFBLK: Words("a device"),
}


def json_entries(folder: Path) -> Iterator[tuple[str, Stamp | None]]:
    """The name and stamp of every entry of *folder* that ends in `.json`, of any file type; hidden entries are left out.

    In a folder with a database, `DATA_FILES` are left out, too.

    Raises:
        OSError: the folder cannot be read.
    """
    entries = [name for name in os.listdir(folder) if not name.startswith(".")]
    others = DATA_FILES if any(name.endswith(".db") for name in entries) else ()
    names = [name for name in entries if name.endswith(".json") and name not in others]
    return ((name, stamp_of(folder, name)) for name in sorted(names))


def stamp_of(folder: Path, name: str) -> Stamp | None:
    """The stamp of the file *name*, links followed; None if it does not exist."""
    try:
        status = os.stat(os.path.join(folder, name))
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def printable(name: str) -> str:
    """*name* with control characters and bytes that are not UTF-8 escaped."""
    readable = os.fsencode(name).decode("utf-8", "backslashreplace")
    if readable.isprintable():
        return readable
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in readable)


def content(folder: Path, name: str) -> bytes:
    """The bytes of the file *name* in *folder*.

    Raises:
        DocumentError: it is not a regular file, is too large, is outside the folder, or cannot be read.
    """
    if printable(name) != name:
        raise DocumentError(Words("the file name is not printable UTF-8; rename the file"), file=printable(name))
    try:
        path = os.path.realpath(os.path.join(folder, name))
        if os.path.commonpath((path, os.path.realpath(folder))) != os.path.realpath(folder):
            raise DocumentError(Words("this is a link that leads out of the folder; copy the file"), file=name)
        _guard_regular_file(os.stat(path), name)
        # O_NONBLOCK, as the entry may have been replaced by a pipe since: opening it must not wait for a writer.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
            _guard_regular_file(os.fstat(opened.fileno()), name)
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise DocumentError(Words("cannot be read: {error}", error=error.strerror or error), file=name) from None
    except ValueError as error:
        raise DocumentError(Words("cannot be read: {error}", error=error), file=name) from None


def _guard_regular_file(status: os.stat_result, name: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise DocumentError(
            Words("this is {kind}, not a file", kind=_KINDS.get(stat.S_IFMT(status.st_mode), Words("something else"))), file=name
        )
    if status.st_size > MAX_BYTES:
        raise DocumentError(Words("larger than {max_bytes} bytes", max_bytes=MAX_BYTES), file=name)
