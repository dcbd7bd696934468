"""Ids of stored files: the SHA-256 of the bytes, and a random part."""

from __future__ import annotations

import secrets

from dossierkit.dossiers.lifecycle.dossier import BLOB
from dossierkit.errors import FilesError

__all__ = ["BLOB", "content_hash", "guard_hash", "key_of", "new_id"]


def new_id(content_hash: str) -> str:
    """A new id for bytes with the SHA-256 *content_hash*, in hexadecimal digits.

    The same bytes from two people are two files, so that each can delete their own.
    """
    return f"sha256-{content_hash}-{secrets.token_hex(8)}"


def content_hash(id: str) -> str:
    """The SHA-256 that the bytes of the file have."""
    return id[7:71]


def guard_hash(id: str, hash: str) -> str:
    """*id*, if the SHA-256 in it is *hash*.

    Raises:
        FilesError: it is another one, or *id* is none.
    """
    if not BLOB.fullmatch(id) or content_hash(id) != hash:
        raise FilesError(f"the file {id} was changed")
    return id


def key_of(id: str) -> str:
    """Where the file is, below the root of its store: 256 folders by the first two digits."""
    return f"{id[7:9]}/{id}"
