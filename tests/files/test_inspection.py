"""Inspection of uploads by their header: a picture that would fill the memory is refused before it is decoded."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest

from dossierkit.files.inspection import PIXELS, is_sound


def png(width: int, height: int) -> BytesIO:
    """A PNG that says it has so many pixels, with none in it."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack("!I", len(body)) + kind + body + struct.pack("!I", zlib.crc32(kind + body))

    header = struct.pack("!IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return BytesIO(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("width", "height", "sound"),
    [(1, 1, True), (15_000, PIXELS // 15_000, True), (15_000, PIXELS // 15_000 + 1, False), (60_000, 60_000, False)],
)
def test_a_picture_has_so_many_pixels_at_most(width: int, height: int, sound: bool) -> None:
    content = png(width, height)

    assert is_sound(content, "image/png") is sound

    assert content.tell() == 0, "the store reads it from its beginning"
