"""A folder of procedure files as it lies on disk: names, titles, and what each file reaches."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from dossierkit.catalog.folder import Stamp, content, shown, stamp_of
from dossierkit.dossiers.procedure.procedure import Bundle
from dossierkit.errors import DocumentError
from dossierkit.findings import Fault
from dossierkit.forms.schema.document import Document, load
from dossierkit.pointers import Json
from dossierkit.private_files import write_private
from dossierkit.text import fold

SHARED = "shared"
#: Of the shape that an index has.
_INDEX_VERSION = 2

_log = logging.getLogger(__name__)


@attrs.frozen
class Listed:
    """What a list of procedures shows of one, without reading it whole."""

    code: str
    title: str
    path: str
    sector: str = ""
    unit: str = ""
    audience: tuple[str, ...] = ()
    #: Folded words to search in.
    words: str = ""
    titles: Mapping[str, str] = attrs.field(factory=dict, hash=False)

    def title_in(self, language: str) -> str:
        """The title in *language*, or as the author wrote it."""
        return self.titles.get(language, self.title)


@attrs.frozen
class Known:
    """A file that could be read whole: what it and the files that it reaches were then, and what it says."""

    stamps: Mapping[str, Stamp | None] = attrs.field(hash=False)
    revision: str
    listed: Listed


@attrs.frozen
class Finding:
    """A fault with its place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int
    pointer: str
    code: str
    level: str
    message: str


def placed(fault: Fault, name: str, documents: Mapping[str, Document]) -> Finding:
    """*fault* of the file *name* with its line and column; *documents* are those that `gathered` gave."""
    document = documents.get(fault.file)
    line, column = document.position(fault.pointer) if document is not None else (1, 1)
    return Finding(fault.file or shown(name), line, column, fault.pointer, fault.code, fault.level, fault.message)


def listed(name: str, document: Json) -> Listed:
    """The list entry of a file, from its JSON.

    Raises:
        ValueError: it is no object.
    """
    if not isinstance(document, dict):
        raise DocumentError("a procedure file is a JSON object: {…}", file=name)
    block = document.get("x-procedure")
    block = block if isinstance(block, dict) else {}

    def text(value: Any) -> str:
        return value if isinstance(value, str) else ""

    code = text(block.get("code")) or name.removesuffix(".json")
    title = text(document.get("title")) or code
    translations = document.get("x-translations")
    translations = translations if isinstance(translations, dict) else {}
    titles = {lang: text(texts.get("/title")) for lang, texts in translations.items() if isinstance(texts, dict)}
    titles = {lang: words for lang, words in titles.items() if words}
    audience = block.get("audience")
    words = fold(" ".join((title, code, text(block.get("sector")), text(block.get("guidance")), *titles.values())))
    return Listed(
        code,
        title,
        name,
        text(block.get("sector")),
        text(block.get("unit")),
        tuple(map(str, audience)) if isinstance(audience, list) else (),
        f"{words} {code.casefold()}",
        titles,
    )


def load_index(path: Path | None) -> dict[str, Known]:
    """What `save_index` kept, by the names of files; nothing where there is nothing that can be read."""
    if path is None or not path.is_file():
        return {}
    try:
        kept = json.loads(path.read_bytes())
        if kept["version"] != _INDEX_VERSION:
            return {}
        return {name: _known(row) for name, row in kept["files"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        # An index is only a shortcut: without it the files are looked into again.
        return {}


def _known(row: Any) -> Known:
    stamps = {name: tuple(stamp) if stamp is not None else None for name, stamp in row["stamps"].items()}
    entry = Listed(**{**row["listed"], "audience": tuple(row["listed"]["audience"])})
    if not isinstance(row["revision"], str) or not all(isinstance(text, str) for text in (entry.code, entry.title, entry.path)):
        raise TypeError("an index of another shape")
    return Known(stamps, row["revision"], entry)


def save_index(path: Path | None, files: Mapping[str, Known]) -> None:
    """Keeps *files* for the next start; nothing where no *path* is given, or it cannot be written."""
    if path is None:
        return
    rows = {name: attrs.asdict(known) for name, known in files.items()}
    try:
        part = path.with_suffix(f".{os.getpid()}.part")
        write_private(part, json.dumps({"version": _INDEX_VERSION, "files": rows}, ensure_ascii=False).encode())
        part.replace(path)
    except (OSError, ValueError) as error:
        _log.warning("the index of procedures cannot be kept: %s", error)


def gathered(folder: Path, name: str, stamps: dict[str, Stamp | None] | None = None) -> dict[str, Document]:
    """The file *name* (as the empty path) and every file of the folder that it reaches, by path.

    Args:
        stamps: is told what each file was just before it was read, also where this then fails.

    Raises:
        DocumentError: one of them is not JSON that we read, or no file that we open; it says which.
    """
    stamps = {} if stamps is None else stamps
    documents: dict[str, Document] = {}
    pending = [("", name)]
    while pending:
        key, path = pending.pop()
        if key in documents:
            continue
        stamps[path] = stamp_of(folder, path)
        if key and (stamps[path] is None or (folder / path).is_dir()):
            # What is not there is reported where the reference stands, which may mean something inside the file.
            continue
        try:
            documents[key] = load(content(folder, path))
        except DocumentError as error:
            raise DocumentError(error.message, error.line, error.column, shown(path)) from None
        pending += [(target, target) for target in local_files(documents[key].value, path) if target not in documents]
    return documents


def bundle_of(folder: Path, name: str) -> Bundle:
    """The bundle of `gathered` files.

    Raises:
        DocumentError: see `gathered`.
    """
    return Bundle({path: document.value for path, document in gathered(folder, name).items()})


def local_files(document: Json, path: str) -> Iterator[str]:
    """The files below the folder that *document*, which is the file *path* of it, refers to, there or not."""
    own = document.get("$id") if isinstance(document, dict) else None
    # A file that has an address of its own may name its neighbours by theirs.
    folder = own.rpartition("/")[0] + "/" if isinstance(own, str) and "://" in own else "\0"
    return filter(None, (_local(reference.removeprefix(folder), path) for reference in _references(document)))


def _local(reference: str, path: str) -> str | None:
    """The file below the folder that *reference* in *path* names, or None where it leads elsewhere."""
    try:
        parts = urlsplit(reference)
    except ValueError:
        return None
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
