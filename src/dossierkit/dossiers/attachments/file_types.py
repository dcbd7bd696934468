"""The kind of a file by its first bytes, because its name may be false."""

from __future__ import annotations

from collections.abc import Mapping

from dossierkit.hidden_characters import without_hidden

#: Suffix → (media type, ways in which such a file begins).
KNOWN: Mapping[str, tuple[str, tuple[bytes, ...]]] = {
    ".pdf": ("application/pdf", (b"%PDF-",)),
    ".png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    ".jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (b"PK\x03\x04",)),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (b"PK\x03\x04",)),
    ".odt": ("application/vnd.oasis.opendocument.text", (b"PK\x03\x04",)),
}
#: So many bytes are enough to tell.
HEAD = 16


def suffix_of(name: str) -> str:
    """The suffix of a file name as people mean it: `.PDF` is `.pdf`."""
    stem, dot, suffix = name.replace("\\", "/").rpartition("/")[2].rpartition(".")
    return dot + suffix.casefold() if stem else ""


def media_type(name: str, head: bytes) -> str | None:
    """The media type of a file *name* with the first bytes *head*; None if they do not agree, or the type is unknown."""
    file_type = KNOWN.get(suffix_of(name))
    if file_type is None or not head.startswith(file_type[1]):
        return None
    return file_type[0]


def shown_name(name: str) -> str:
    """*name* as a label of one line: its last part, without hidden characters, never empty."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(" " if letter.isspace() else letter for letter in without_hidden(last))
    stem, dot, suffix = plain.strip().rpartition(".")
    return (f"{stem[:120]}{dot}{suffix[:12]}" if dot else plain.strip()[:120]) or "file"
