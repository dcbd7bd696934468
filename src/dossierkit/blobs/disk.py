"""Attachments as files called by their SHA-256, beside the database and outside any web root."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

_ID = re.compile(r"sha256-[0-9a-f]{64}")


class DiskBlobs:
    """A `BlobStore` in *folder*.  Names people gave are kept beside the bytes, never used as paths."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)

    def put(self, name: str, content: bytes) -> str:
        """See `BlobStore.put`."""
        id = "sha256-" + hashlib.sha256(content).hexdigest()
        place = self._folder / id[7:9] / id
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            part = place.with_suffix(f".{os.getpid()}.part")
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(place)
        place.with_suffix(".json").write_text(json.dumps({"name": name}), "utf-8")
        return id

    def get(self, id: str) -> bytes | None:
        """See `BlobStore.get`."""
        place = self._folder / id[7:9] / id
        return place.read_bytes() if _ID.fullmatch(id) and place.is_file() else None

    def name(self, id: str) -> str:
        """What people call the attachment."""
        place = (self._folder / id[7:9] / id).with_suffix(".json")
        if _ID.fullmatch(id) and place.is_file():
            return str(json.loads(place.read_text("utf-8"))["name"])
        return id
