"""Attachments as files named by their SHA-256, beside the database and outside any web root."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from os import fsync
from pathlib import Path
from typing import BinaryIO

from dossierkit.errors import FilesError
from dossierkit.files.ids import BLOB, guard_hash, key_of, new_id
from dossierkit.ports.files import StoredFile
from dossierkit.private_files import make_private_folder, write_private

_PIECE = 256 * 1024
#: Names of incomplete uploads, which a killed process leaves behind.
_PART = re.compile(r"tmp\w+\.part")


class DiskBlobs:
    """A `BlobStore` in *folder*.  Uploaded file names are stored beside the bytes and never used as paths."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)

    def put(self, name: str, content: BinaryIO) -> str:
        """See `BlobStore.put`."""
        return self._store(name, content, new_id)

    def keep(self, id: str, name: str, content: BinaryIO) -> None:
        """See `BlobStore.keep`."""
        self._store(name, content, partial(guard_hash, id))

    def _store(self, name: str, content: BinaryIO, id_of: Callable[[str], str]) -> str:
        """Store *content* under the id that *id_of* has for its hash, and return the id."""
        with _storing():
            make_private_folder(self._folder)
            part = tempfile.NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False)  # noqa: SIM115  # closed below
        try:
            with part:
                mixed = hashlib.sha256()
                while piece := content.read(_PIECE):
                    mixed.update(piece)
                    with _storing():
                        part.write(piece)
                with _storing():
                    part.flush()
                    fsync(part.fileno())
            id = id_of(mixed.hexdigest())
            with _storing():
                make_private_folder(self._place(id).parent)
                write_private(self._place(id).with_suffix(".json"), json.dumps({"name": name}).encode())
                # Last, because what has its bytes is whole.
                Path(part.name).replace(self._place(id))
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise
        return id

    def open(self, id: str) -> BinaryIO | None:
        """See `BlobStore.open`."""
        try:
            return self._place(id).open("rb") if BLOB.fullmatch(id) else None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FilesError(f"the file {id} cannot be read: {error.strerror}") from error

    def delete(self, id: str) -> None:
        """See `BlobStore.delete`."""
        try:
            if BLOB.fullmatch(id):
                self._place(id).unlink(missing_ok=True)
                self._place(id).with_suffix(".json").unlink(missing_ok=True)
            elif _PART.fullmatch(id):
                (self._folder / id).unlink(missing_ok=True)
        except OSError as error:
            raise FilesError(f"the file {id} cannot be deleted: {error.strerror}") from error

    def name(self, id: str) -> str:
        """See `BlobStore.name`."""
        place = self._place(id).with_suffix(".json") if BLOB.fullmatch(id) else None
        return str(json.loads(place.read_text("utf-8"))["name"]) if place is not None and place.is_file() else ""

    def every(self) -> Iterator[StoredFile]:
        """See `BlobStore.every`; what a killed process left of an upload is named `tmp….part`."""
        for folder in sorted(path for path in self._folder.glob("*") if path.is_dir()):
            times = {path.stem: path.stat().st_mtime for path in sorted(folder.glob("sha256-*"))}
            yield from (StoredFile(id, datetime.fromtimestamp(time, UTC)) for id, time in times.items())
        for part in sorted(self._folder.glob("tmp*.part")):
            yield StoredFile(part.name, datetime.fromtimestamp(part.stat().st_mtime, UTC))

    def _place(self, id: str) -> Path:
        return self._folder / key_of(id)


@contextmanager
def _storing() -> Iterator[None]:
    """Tell errors of this disk from those of the content, which are the caller's."""
    try:
        yield
    except OSError as error:
        raise FilesError(f"a file cannot be stored: {error.strerror}") from error
