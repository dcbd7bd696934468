"""Attachments: where their bytes are kept, and who scans them."""

from __future__ import annotations

from typing import BinaryIO, Protocol


class BlobStore(Protocol):
    """Bytes of attachments, by id."""

    def put(self, name: str, content: BinaryIO) -> str:
        """Store *content*, read piece by piece, and return its id.

        Args:
            name: file name as the person gave it.
        """
        ...

    def open(self, id: str) -> BinaryIO | None:
        """The bytes with the id, for the caller to read and close; None if there are none."""
        ...

    def delete(self, id: str) -> None:
        """Delete the bytes with the id, if there are any."""
        ...


class Scanner(Protocol):
    """Looks for malware in a file."""

    def is_clean(self, content: BinaryIO) -> bool:
        """Whether the scan finds nothing.

        Raises:
            ScanError: the file could not be scanned, and must not be accepted.
        """
        ...
