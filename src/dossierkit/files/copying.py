"""Copies of all files between stores, under the same ids, and the hash that shows that two stores hold the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from dossierkit.files.ids import BLOB
from dossierkit.ports import BlobStore


def whole_files(blobs: BlobStore) -> frozenset[str]:
    """Ids of all files in *blobs*, without what interrupted uploads left."""
    return frozenset(file.id for file in blobs.every() if BLOB.fullmatch(file.id))


def copy_files(source: BlobStore, target: BlobStore) -> Iterator[int]:
    """Copy the files of *source* that *target* lacks; yield 1 for each file, those of a copy before included.

    Raises:
        FilesError: a store fails, or the bytes of a file are not those that were stored.
    """
    there = whole_files(target)
    for id in sorted(whole_files(source)):
        if id not in there or not _has_bytes(target, id):
            content = source.open(id)
            # A store may list an upload that was interrupted before its bytes came.
            if content is not None:
                with content:
                    target.keep(id, source.name(id), content)
        yield 1


def files_digest(blobs: BlobStore) -> str:
    """SHA-256 over the names of all files and the hashes of their contents, which are in their ids."""
    hash = hashlib.sha256()
    for id in sorted(whole_files(blobs)):
        if _has_bytes(blobs, id):
            hash.update(repr((id, blobs.name(id))).encode())
    return hash.hexdigest()


def _has_bytes(blobs: BlobStore, id: str) -> bool:
    content = blobs.open(id)
    if content is not None:
        content.close()
    return content is not None
