"""Attachments: where their bytes are kept, and who scans them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, Protocol

import attrs


@attrs.frozen
class StoredFile:
    """A file as a store lists it."""

    id: str
    #: When it was written last.
    changed: datetime


class BlobStore(Protocol):
    """Bytes of attachments, by id.

    Every method raises `FilesError` if the store fails, within a bounded time; so do reads of what `open` returns.
    """

    def put(self, name: str, content: BinaryIO) -> str:
        """Store *content*, read piece by piece, and return its id; nothing is stored if it cannot be stored whole.

        Args:
            name: file name as the person gave it.
        """
        ...

    def keep(self, id: str, name: str, content: BinaryIO) -> None:
        """Store *content* as `put` does, under the *id* that another store gave it.

        Raises:
            FilesError: its hash is not the one in *id*; nothing is stored.
        """
        ...

    def open(self, id: str) -> BinaryIO | None:
        """The bytes with the id, for the caller to read and close; None if there are none."""
        ...

    def delete(self, id: str) -> None:
        """Delete the bytes with the id, if there are any."""
        ...

    def name(self, id: str) -> str:
        """The file name as the person gave it; empty if there is no such file."""
        ...

    def every(self) -> Iterator[StoredFile]:
        """All files, in no order, read in pages; also what an interrupted `put` left, by an id that `delete` takes."""
        ...


class Scanner(Protocol):
    """Looks for malware in a file."""

    def is_clean(self, content: BinaryIO) -> bool:
        """Whether the scan finds nothing.

        Raises:
            ScanError: the file could not be scanned, and must not be accepted.
        """
        ...
