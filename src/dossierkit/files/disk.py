"""Attachments as files named by their SHA-256, beside the database and outside any web root."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import BinaryIO

from dossierkit.dossiers.lifecycle.dossier import BLOB
from dossierkit.private_files import make_private_folder, write_private

_PIECE = 256 * 1024


class DiskBlobs:
    """A `BlobStore` in *folder*.  Uploaded file names are stored beside the bytes and never used as paths."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)

    def put(self, name: str, content: BinaryIO) -> str:
        """See `BlobStore.put`."""
        make_private_folder(self._folder)
        mixed = hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as part:
            try:
                while piece := content.read(_PIECE):
                    mixed.update(piece)
                    part.write(piece)
                part.flush()
                os.fsync(part.fileno())
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
        # The same bytes from two people are two files, so that each can delete their own.
        id = f"sha256-{mixed.hexdigest()}-{secrets.token_hex(8)}"
        place = self._place(id)
        make_private_folder(place.parent)
        Path(part.name).replace(place)
        write_private(place.with_suffix(".json"), json.dumps({"name": name}).encode())
        return id

    def open(self, id: str) -> BinaryIO | None:
        """See `BlobStore.open`."""
        try:
            return self._place(id).open("rb") if BLOB.fullmatch(id) else None
        except FileNotFoundError:
            return None

    def delete(self, id: str) -> None:
        """See `BlobStore.delete`."""
        if BLOB.fullmatch(id):
            self._place(id).unlink(missing_ok=True)
            self._place(id).with_suffix(".json").unlink(missing_ok=True)

    def name(self, id: str) -> str:
        """The uploaded file name of the attachment; empty if there is no such attachment."""
        place = self._place(id).with_suffix(".json") if BLOB.fullmatch(id) else None
        return str(json.loads(place.read_text("utf-8"))["name"]) if place is not None and place.is_file() else ""

    def _place(self, id: str) -> Path:
        return self._folder / id[7:9] / id
