"""Where procedure files are read: a folder, or the newest publication in a store."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeAlias

import attrs

from dossierkit.errors import DocumentError
from dossierkit.ports.publications import Publication, PublicationStore, digest_of
from dossierkit.translatable import Words

#: Of a file of a folder: size, mtime and ctime (nanoseconds), inode; of a published file: its digest, as four numbers.  A file
#: with the same stamp has the same content.
Stamp: TypeAlias = tuple[int, int, int, int]

#: How the newest publication in the store is written, where a folder of procedure files could be named.
PUBLISHED = "store:"
#: Folder of an operator's papers beside the procedure files: `papers/CODE/01.html`.
PAPERS = "papers"


class Source(Protocol):
    """A place that procedure files come from."""

    def current(self) -> ProcedureFiles:
        """The files as they are now.

        Raises:
            DocumentError: there are none, and why.
            StoreError: the store cannot be read.
        """
        ...


class ProcedureFiles(Source, Protocol):
    """Procedure files with the files that they refer to, by their paths."""

    def __hash__(self) -> int: ...

    def entries(self) -> Iterator[tuple[str, Stamp | None]]:
        """The name and stamp of every procedure file; files in folders are none.

        Raises:
            DocumentError: they cannot be listed.
        """
        ...

    def has(self, path: str) -> bool:
        """Whether there is a file, of whatever kind."""
        ...

    def stamp(self, path: str) -> Stamp | None:
        """The stamp of a file; None if there is none."""
        ...

    def content(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            DocumentError: it cannot be read.
            StoreError: the store cannot be read.
        """
        ...


@attrs.frozen(eq=False)
class FileSet:
    """Files that do not change: those of a publication, or of a folder at one moment."""

    #: Path → digest.
    digests: Mapping[str, str]
    _read: Callable[[str], bytes | None]
    #: The publication that they belong to.
    publication: Publication | None = None

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> FileSet:
        """The set of *files* by their paths."""
        digests = {path: digest_of(content) for path, content in files.items()}
        return cls(digests, {digests[path]: content for path, content in files.items()}.get)

    def current(self) -> FileSet:
        """See `Source.current`."""
        return self

    def entries(self) -> Iterator[tuple[str, Stamp | None]]:
        """See `ProcedureFiles.entries`."""
        names = (path for path in sorted(self.digests) if "/" not in path and path.endswith(".json"))
        return ((name, self.stamp(name)) for name in names)

    def has(self, path: str) -> bool:
        """See `ProcedureFiles.has`."""
        return path in self.digests

    def stamp(self, path: str) -> Stamp | None:
        """See `ProcedureFiles.stamp`."""
        digest = self.digests.get(path)
        if digest is None:
            return None
        first, second, third, fourth = struct.unpack(">4Q", bytes.fromhex(digest))
        return first, second, third, fourth

    def content(self, path: str) -> bytes:
        """See `ProcedureFiles.content`."""
        content = self._read(self.digests[path]) if path in self.digests else None
        if content is None:
            raise DocumentError(Words("there is no such file"), file=path)
        return content


class PublishedFiles:
    """The newest publication in *store*."""

    def __init__(self, store: PublicationStore) -> None:
        self._store = store
        self._newest: FileSet | None = None

    def current(self) -> FileSet:
        """See `Source.current`."""
        number, newest = self._store.last_publication(), self._newest
        if newest is None or newest.publication is None or newest.publication.number != number:
            publication = next(iter(self._store.publications(before=number + 1, limit=1)), None)
            if publication is None:
                raise DocumentError(Words("nothing is published yet; run: dossierkit publish FOLDER"))
            newest = self._newest = FileSet(publication.files, self._store.published_file, publication)
        return newest
