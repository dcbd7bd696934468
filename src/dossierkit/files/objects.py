"""Attachments as objects of S3-compatible storage, by way of obstore, which also has stores in memory and in a folder."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, BinaryIO

import obstore
from obstore.exceptions import BaseError

from dossierkit.errors import FilesError, MissingBucket
from dossierkit.files.ids import BLOB, guard_hash, key_of, new_id
from dossierkit.ports.files import StoredFile

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_PIECE = 256 * 1024
#: Larger files are sent in parts of so many bytes, two at a time; also the most that is kept in memory of a copy.
_PART = 8 * 1024 * 1024
_READ = 1024 * 1024
#: Object with the uploaded name, beside the bytes.
_NAME = ".json"
#: Every S3-compatible store has this code in its answer.
_NO_BUCKET = "<Code>NoSuchBucket</Code>"


class ObjectBlobs:
    """A `BlobStore` in *store*: the bytes as `AA/ID`, the uploaded name as `AA/ID.json`, as in the folder of `DiskBlobs`.

    The name is written first and deleted last: every object with bytes is whole, and the names list everything.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        # A page reads the same names again and again; they never change.
        self._kept_name = lru_cache(maxsize=4096)(self._read_name)

    def put(self, name: str, content: BinaryIO) -> str:
        """See `BlobStore.put`."""
        return self._put(name, content, new_id)

    def keep(self, id: str, name: str, content: BinaryIO) -> None:
        """See `BlobStore.keep`."""
        self._put(name, content, partial(guard_hash, id))

    def _put(self, name: str, content: BinaryIO, id_of: Callable[[str], str]) -> str:
        """Store *content* under the id that *id_of* has for its hash, and return the id.

        The content is copied to a temporary file first, since its hash is its key, and since a part that is sent again has
        to be read again.
        """
        with tempfile.SpooledTemporaryFile(_PART) as copy:
            mixed = hashlib.sha256()
            while piece := content.read(_PIECE):
                mixed.update(piece)
                copy.write(piece)
            size = copy.tell()
            copy.seek(0)
            id = id_of(mixed.hexdigest())
            try:
                with _in_bucket("a file cannot be stored", "its bucket"):
                    obstore.put(self._store, key_of(id) + _NAME, json.dumps({"name": name}).encode(), use_multipart=False)
                    # A copy in memory is no real file for obstore, unlike one on the disk.
                    source = io.BytesIO(copy.read()) if size <= _PART else copy
                    obstore.put(self._store, key_of(id), source, use_multipart=size > _PART, chunk_size=_PART, max_concurrency=2)
            except FilesError:
                # The store may have it, though its answer was lost.
                with suppress(FilesError):
                    self.delete(id)
                raise
        return id

    def open(self, id: str) -> BinaryIO | None:
        """See `BlobStore.open`."""
        if not BLOB.fullmatch(id):
            return None
        try:
            with _errors("a file cannot be read"):
                size = obstore.head(self._store, key_of(id))["size"]
        except FileNotFoundError:
            return None
        return io.BufferedReader(_Content(self._store, key_of(id), size), _READ)

    def delete(self, id: str) -> None:
        """See `BlobStore.delete`."""
        if not BLOB.fullmatch(id):
            return
        for key in (key_of(id), key_of(id) + _NAME):
            with suppress(FileNotFoundError), _errors("a file cannot be deleted"):
                obstore.delete(self._store, [key])

    def name(self, id: str) -> str:
        """See `BlobStore.name`."""
        try:
            return self._kept_name(id) if BLOB.fullmatch(id) else ""
        except FileNotFoundError:
            return ""

    def every(self) -> Iterator[StoredFile]:
        """See `BlobStore.every`."""
        with _in_bucket("the files cannot be listed", "their bucket"):
            for objects in obstore.list(self._store, chunk_size=1000):
                for entry in objects:
                    id = entry["path"].rpartition("/")[2].removesuffix(_NAME)
                    if entry["path"].endswith(_NAME) and BLOB.fullmatch(id):
                        yield StoredFile(id, entry["last_modified"])

    def _read_name(self, id: str) -> str:
        with _errors("the name of a file cannot be read"):
            return str(json.loads(bytes(obstore.get(self._store, key_of(id) + _NAME).bytes()))["name"])


class _Content(io.RawIOBase):
    """The bytes of one object.  Each read is a request of its own, so that one that breaks off is asked again."""

    def __init__(self, store: ObjectStore, key: str, size: int) -> None:
        self._store, self._key, self._size, self._at = store, key, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self._size - self._at)
        if length <= 0:
            return 0
        try:
            with _errors("a file cannot be read"):
                piece = memoryview(obstore.get_range(self._store, self._key, start=self._at, length=length))
        except FileNotFoundError as error:
            raise FilesError("a file cannot be read: it was deleted meanwhile") from error
        if len(piece) != length:
            raise FilesError(f"a file cannot be read: {len(piece)} bytes came instead of {length}")
        buffer[:length] = piece
        self._at += length
        return length


@contextmanager
def _errors(what: str) -> Iterator[None]:
    """Turn errors of obstore into `FilesError`, with no more than what they say of the request: no key, no signature."""
    try:
        yield
    except (BaseError, json.JSONDecodeError) as error:
        # The answer of the server follows, which repeats names of keys; then what the Rust library knows.
        reason = str(error).partition("\n")[0].partition(": <")[0]
        raise FilesError(f"{what}: {reason}") from error


@contextmanager
def _in_bucket(what: str, bucket: str) -> Iterator[None]:
    """`_errors` for requests that need no object to be there: if something is missing, it is the *bucket*."""
    try:
        with _errors(what):
            try:
                yield
            except BaseError as error:
                # obstore has no error of its own for a list in a bucket that is missing.
                if _NO_BUCKET in str(error):
                    raise FileNotFoundError from error
                raise
    except FileNotFoundError as error:
        raise MissingBucket(f"{what}: {bucket} does not exist; create it, or name another one") from error
