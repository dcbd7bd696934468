"""A folder of procedure files as it lies on disk: names, titles, and what each file reaches."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from dossierkit.dossiers.procedure import Bundle
from dossierkit.forms.document import Document, load
from dossierkit.forms.pointers import Json
from dossierkit.private import write_private
from dossierkit.text import fold

SHARED = "shared"
#: JSON files of a data folder.
DATA_FILES = ("catalog.json", "calendar.json", "units.json")

_log = logging.getLogger(__name__)


@attrs.frozen
class Listed:
    """What a list of procedures shows of one, without reading it whole."""

    code: str
    title: str
    path: str
    size: int
    #: Nanoseconds, as the file system says.
    changed: int
    sector: str = ""
    unit: str = ""
    audience: tuple[str, ...] = ()
    #: Folded words to search in.
    words: str = ""
    titles: Mapping[str, str] = attrs.field(factory=dict, hash=False)

    def title_in(self, language: str) -> str:
        """The title in *language*, or as the author wrote it."""
        return self.titles.get(language, self.title)


def procedure_files(folder: Path) -> Iterator[tuple[str, int, int]]:
    """(name, size, time of change) of each procedure file in *folder*, in no order.

    Where a database lies beside them, the folder holds data, too: its index and the operator's lists are no procedures.
    """
    try:
        with os.scandir(folder) as scanned:
            entries = [entry for entry in scanned if not entry.name.startswith(".")]
    except FileNotFoundError:
        return
    others = DATA_FILES if any(entry.name.endswith(".db") for entry in entries) else ()
    for entry in entries:
        if entry.name.endswith(".json") and entry.name not in others and entry.is_file():
            # A file may go while we look.
            with suppress(FileNotFoundError):
                stat = entry.stat()
                yield entry.name, stat.st_size, stat.st_mtime_ns


def listed(name: str, size: int, changed: int, document: Any) -> Listed:
    """The list entry of a file, from its JSON.

    Raises:
        ValueError: it is no object.
    """
    if not isinstance(document, dict):
        raise ValueError("a procedure file is a JSON object: {…}")  # noqa: TRY004  # one kind of failure for the caller
    block = document.get("x-procedure")
    block = block if isinstance(block, dict) else {}

    def text(value: Any) -> str:
        return value if isinstance(value, str) else ""

    code = text(block.get("code")) or name.removesuffix(".json")
    title = text(document.get("title")) or code
    translations = document.get("x-translations")
    translations = translations if isinstance(translations, dict) else {}
    titles = {lang: texts["/title"] for lang, texts in translations.items() if isinstance(texts, dict) and "/title" in texts}
    audience = block.get("audience")
    words = fold(" ".join((title, code, text(block.get("sector")), text(block.get("guidance")), *map(text, titles.values()))))
    return Listed(
        code,
        title,
        name,
        size,
        changed,
        text(block.get("sector")),
        text(block.get("unit")),
        tuple(map(str, audience)) if isinstance(audience, list) else (),
        f"{words} {code.casefold()}",
        titles,
    )


def load_index(path: Path | None) -> dict[str, Listed]:
    """The entries that `save_index` kept, by their paths; none where there are none that can be read."""
    if path is None or not path.is_file():
        return {}
    try:
        rows = json.loads(path.read_bytes())
        return {row["path"]: Listed(**{**row, "audience": tuple(row["audience"])}) for row in rows}
    except (OSError, ValueError, TypeError, KeyError):
        # An index is only a shortcut: without it the files are looked into again.
        return {}


def save_index(path: Path | None, entries: Iterable[Listed]) -> None:
    """Keeps *entries* for the next start; nothing where no *path* is given, or it cannot be written."""
    if path is None:
        return
    try:
        part = path.with_suffix(f".{os.getpid()}.part")
        write_private(part, json.dumps([attrs.asdict(one) for one in entries], ensure_ascii=False).encode())
        part.replace(path)
    except OSError as error:
        _log.warning("the index of procedures cannot be kept: %s", error)


def bundle_of(folder: Path, name: str) -> Bundle:
    """The file *name* and every file of the folder that it reaches.

    Raises:
        DocumentError: one of them is not JSON that we read.
        OSError: one of them cannot be read.
    """
    documents: dict[str, Json] = {}
    pending = [("", name)]
    while pending:
        key, path = pending.pop()
        document: Document = load((folder / path).read_bytes())
        documents[key] = document.value
        for target in local_files(document.value, path):
            if target not in documents and (folder / target).is_file():
                pending.append((target, target))
    return Bundle(documents)


def local_files(document: Json, path: str) -> Iterator[str]:
    """The files below the folder that *document*, which is the file *path* of it, refers to, there or not."""
    return filter(None, (_local(reference, path) for reference in _references(document)))


def _local(reference: str, path: str) -> str | None:
    """The file below the folder that *reference* in *path* names, or None where it leads elsewhere."""
    parts = urlsplit(reference)
    if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
        return None
    joined = os.path.normpath(os.path.join(os.path.dirname(path), parts.path))
    return None if joined.startswith("..") or os.path.isabs(joined) else joined.replace(os.sep, "/")


def _references(value: Json) -> Iterator[str]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if isinstance(item.get("$ref"), str):
                yield item["$ref"]
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
