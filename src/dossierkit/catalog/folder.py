"""Safe reading of a folder that others write to: names and stamps of its entries, and the bytes of regular files.

Nothing here blocks: pipes and devices are never opened, and files beyond the size limit are not read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import attrs

from dossierkit.catalog.sources import Source, Stamp
from dossierkit.errors import DocumentError
from dossierkit.forms.schema.document import MAX_BYTES
from dossierkit.translatable import Words

#: JSON files in a data folder that are not procedure files.
DATA_FILES = ("catalog.json", "calendar.json", "units.json")
_KINDS = {
    stat.S_IFDIR: Words("a folder"),
    stat.S_IFIFO: Words("a pipe"),
    stat.S_IFSOCK: Words("a socket"),
    stat.S_IFCHR: Words("a device"),
    stat.S_IFBLK: Words("a device"),
}


@attrs.frozen
class Folder:
    """The procedure files in the folder *path*, as they are at each moment."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def current(self) -> Folder:
        """See `Source.current`."""
        return self

    def entries(self) -> Iterator[tuple[str, Stamp | None]]:
        """The name and stamp of every entry that ends in `.json`, of any file type; hidden entries are left out.

        In a folder with a database, `DATA_FILES` are left out, too.

        Raises:
            DocumentError: the folder cannot be read.
        """
        try:
            entries = [name for name in os.listdir(self.path) if not name.startswith(".")]
        except OSError as error:
            message = Words("the folder cannot be read: {error}", error=error.strerror or error)
            raise DocumentError(message, file=str(self.path)) from None
        others = DATA_FILES if any(name.endswith(".db") for name in entries) else ()
        names = [name for name in entries if name.endswith(".json") and name not in others]
        return ((name, self.stamp(name)) for name in sorted(names))

    def has(self, path: str) -> bool:
        """See `ProcedureFiles.has`."""
        return self.stamp(path) is not None and not (self.path / path).is_dir()

    def stamp(self, path: str) -> Stamp | None:
        """The stamp of a file, links followed; None if it does not exist."""
        try:
            status = os.stat(os.path.join(self.path, path))
        except (OSError, ValueError):
            return None
        return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino

    def content(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            DocumentError: it is not a regular file, is too large, is outside the folder, or cannot be read.
        """
        if printable(path) != path:
            raise DocumentError(Words("the file name is not printable UTF-8; rename the file"), file=printable(path))
        try:
            real, folder = os.path.realpath(os.path.join(self.path, path)), os.path.realpath(self.path)
            if os.path.commonpath((real, folder)) != folder:
                raise DocumentError(Words("this is a link that leads out of the folder; copy the file"), file=path)
            _guard_regular_file(os.stat(real), path)
            # O_NONBLOCK, as the entry may have been replaced by a pipe since: opening it must not wait for a writer.
            with open(os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
                _guard_regular_file(os.fstat(opened.fileno()), path)
                return opened.read(MAX_BYTES + 1)
        except OSError as error:
            raise DocumentError(Words("cannot be read: {error}", error=error.strerror or error), file=path) from None
        except ValueError as error:
            raise DocumentError(Words("cannot be read: {error}", error=error), file=path) from None


def source_of(place: Source | Path | str) -> Source:
    """*place*; a path is that of a folder."""
    return Folder(Path(place)) if isinstance(place, (Path, str)) else place


def printable(name: str) -> str:
    """*name* with control characters and bytes that are not UTF-8 escaped."""
    readable = os.fsencode(name).decode("utf-8", "backslashreplace")
    if readable.isprintable():
        return readable
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in readable)


def _guard_regular_file(status: os.stat_result, name: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise DocumentError(
            Words("this is {kind}, not a file", kind=_KINDS.get(stat.S_IFMT(status.st_mode), Words("something else"))), file=name
        )
    if status.st_size > MAX_BYTES:
        raise DocumentError(Words("larger than {max_bytes} bytes", max_bytes=MAX_BYTES), file=name)
