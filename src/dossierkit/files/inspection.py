"""Checks whether a file is safe to open, from its header or directory only: nothing is unpacked or decoded."""

from __future__ import annotations

import zipfile
from pathlib import PurePosixPath
from typing import BinaryIO

#: Limits of an office document: unpacked size in bytes, number of members, ratio to the packed size.
UNPACKED_BYTES, PIECES, TIMES = 300 * 1024 * 1024, 5_000, 200
#: Limit of an image in pixels; an A0 sheet scanned at 300 dpi has 139 million.
PIXELS = 150_000_000


def is_sound(content: BinaryIO, media_type: str) -> bool:
    """Whether *content* has the *media_type* and is not a decompression bomb; *content* is rewound afterwards."""
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
        # Opening reads the size only; the pixels are not decoded.
        with Image.open(content, formats=("PNG", "JPEG")) as picture:
            width, height = picture.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return False
    return width * height <= PIXELS


def _archive(content: BinaryIO) -> bool:
    try:
        with zipfile.ZipFile(content) as archive:
            pieces = archive.infolist()
    # zipfile raises any of these for a damaged directory: bad names, sizes or compression methods.
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
