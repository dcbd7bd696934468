"""Publications: procedure files in the store, which every node of a portal serves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import attrs


def digest_of(content: bytes) -> str:
    """SHA-256 of *content*, hexadecimal: the name of a published file in the store."""
    return hashlib.sha256(content).hexdigest()


@attrs.frozen
class Publication:
    """Procedure files that were published together.  The newest publication is served; earlier ones stay as they are."""

    #: From 1; a later publication has a higher number.
    number: int
    at: datetime
    #: Who published it, as that person is called on the machine where it was done.
    author: str
    #: Path in the folder → digest of the file.
    files: Mapping[str, str] = attrs.field(hash=False)

    @property
    def digest(self) -> str:
        """SHA-256 over paths and files, hexadecimal: equal for publications of the same files."""
        return digest_of(json.dumps(dict(sorted(self.files.items())), ensure_ascii=False).encode())


class PublicationStore(Protocol):
    """Publications, and the files in them; a file that several of them have is stored once."""

    def publish(self, files: Mapping[str, bytes], *, author: str, at: datetime) -> Publication:
        """Store *files*, by their paths, as the newest publication, all or nothing.

        Returns:
            The newest publication: the one that was there, if it has the same files.
        """
        ...

    def publications(self, *, before: int | None = None, limit: int = 20) -> tuple[Publication, ...]:
        """Publications, newest first; those with a number below *before*."""
        ...

    def last_publication(self) -> int:
        """Number of the newest publication; 0 while there is none.

        Programs ask several times a second, so it is cheap, and may lag behind other programs for a second.
        """
        ...

    def published_file(self, digest: str) -> bytes | None:
        """The file with this digest, of any publication."""
        ...
