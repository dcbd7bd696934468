"""A folder that others drop files into: names and stamps, and the bytes of what is safe to open.

Nothing here waits: a pipe or a device is never opened, and a file beyond the limit is not read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from dossierkit.errors import DocumentError
from dossierkit.forms.schema.document import MAX_BYTES

#: Size, time of change of content and of entry (nanoseconds), inode: another stamp is another content.
Stamp: TypeAlias = tuple[int, int, int, int]

#: JSON files of a data folder.
DATA_FILES = ("catalog.json", "calendar.json", "units.json")
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def dropped(folder: Path) -> Iterator[tuple[str, Stamp | None]]:
    """The name and stamp of every entry of *folder* that is called `.json`, whatever it is; hidden ones left out.

    Where a database lies beside them, the folder holds data, too: its index and the operator's lists are no procedures.

    Raises:
        OSError: the folder cannot be read.
    """
    entries = [name for name in os.listdir(folder) if not name.startswith(".")]
    others = DATA_FILES if any(name.endswith(".db") for name in entries) else ()
    names = [name for name in entries if name.endswith(".json") and name not in others]
    return ((name, stamp_of(folder, name)) for name in sorted(names))


def stamp_of(folder: Path, name: str) -> Stamp | None:
    """The stamp of the file *name*, links followed; None where there is none."""
    try:
        found = os.stat(os.path.join(folder, name))
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def shown(name: str) -> str:
    """*name* as it can be written anywhere: bytes that are no UTF-8 and control characters are escaped."""
    readable = os.fsencode(name).decode("utf-8", "backslashreplace")
    if readable.isprintable():
        return readable
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in readable)


def content(folder: Path, name: str) -> bytes:
    """The bytes of the file *name* in *folder*.

    Raises:
        DocumentError: it is no file, is too large, lies elsewhere, or cannot be read.
    """
    if shown(name) != name:
        raise DocumentError("the name of the file is no printable UTF-8; rename it", file=shown(name))
    try:
        path = os.path.realpath(os.path.join(folder, name))
        if os.path.commonpath((path, os.path.realpath(folder))) != os.path.realpath(folder):
            raise DocumentError("this is a link that leads out of the folder; copy the file", file=name)
        _refuse_others(os.stat(path), name)
        # What was a file a moment ago may be a pipe by now: opened like this, it does not wait for a writer.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
            _refuse_others(os.fstat(opened.fileno()), name)
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror or error}", file=name) from None
    except ValueError as error:
        raise DocumentError(f"cannot be read: {error}", file=name) from None


def _refuse_others(found: os.stat_result, name: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise DocumentError(f"this is {_KINDS.get(stat.S_IFMT(found.st_mode), 'something else')}, not a file", file=name)
    if found.st_size > MAX_BYTES:
        raise DocumentError(f"larger than {MAX_BYTES} bytes", file=name)
