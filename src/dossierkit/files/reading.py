"""The bytes of a stored file, compared with its hash on their way out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import IO

from dossierkit.errors import FilesError
from dossierkit.files.ids import content_hash

_PIECE = 64 * 1024


def intact_pieces(content: IO[bytes], id: str) -> Iterator[bytes]:
    """*content* piece by piece; it is closed at the end.

    The last piece comes only if all of them have the hash in *id*: a reader who knows the length sees that one is missing.

    Raises:
        FilesError: the store breaks off, or the bytes are not those that were stored.
    """
    with content:
        mixed, before = hashlib.sha256(), b""
        while piece := content.read(_PIECE):
            if before:
                yield before
            mixed.update(piece)
            before = piece
        if mixed.hexdigest() != content_hash(id):
            raise FilesError(f"the file {id} was changed")
        if before:
            yield before
