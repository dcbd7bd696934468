"""Whether a file can be opened without harm, judged by its directory or its first lines: nothing is unpacked or drawn."""

from __future__ import annotations

import zipfile
from pathlib import PurePosixPath
from typing import BinaryIO

#: What an office document may unpack to, in how many pieces, and how many times its own size.
UNPACKED_BYTES, PIECES, TIMES = 300 * 1024 * 1024, 5_000, 200
#: The largest picture; a sheet of A0 scanned at 300 dots an inch has 139 million dots.
PIXELS = 150_000_000


def is_sound(content: BinaryIO, media_type: str) -> bool:
    """Whether *content* is what *media_type* says, and no bomb; *content* stands at its beginning afterwards."""
    try:
        if media_type.startswith("image/"):
            return _picture(content)
        if "opendocument" in media_type or "openxmlformats" in media_type:
            return _archive(content)
        return True
    finally:
        content.seek(0)


def _picture(content: BinaryIO) -> bool:
    from PIL import Image, UnidentifiedImageError

    try:
        # It reads the size and leaves the dots alone.
        with Image.open(content, formats=("PNG", "JPEG")) as picture:
            width, height = picture.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return False
    return width * height <= PIXELS


def _archive(content: BinaryIO) -> bool:
    try:
        with zipfile.ZipFile(content) as archive:
            pieces = archive.infolist()
    # A damaged directory is any of these, see the errors that zipfile names for a name, a size or a method it cannot read.
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    packed, unpacked = sum(piece.compress_size for piece in pieces), sum(piece.file_size for piece in pieces)
    names = [PurePosixPath(piece.filename.replace("\\", "/")) for piece in pieces]
    return (
        0 < len(pieces) <= PIECES
        and unpacked <= min(UNPACKED_BYTES, TIMES * max(packed, 4096))
        and not any(name.is_absolute() or ".." in name.parts for name in names)
        and bool({"[Content_Types].xml", "mimetype"} & {str(name) for name in names})
    )
