"""List entries of procedure files, the files that each refers to, and the cache of both."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from dossierkit.catalog.folder import printable
from dossierkit.catalog.sources import ProcedureFiles, Stamp
from dossierkit.converter import converter
from dossierkit.dossiers.procedure.procedure import Bundle
from dossierkit.errors import DocumentError
from dossierkit.findings import Fault
from dossierkit.forms.schema.document import Document, load
from dossierkit.pointers import Json
from dossierkit.private_files import write_private
from dossierkit.text import fold
from dossierkit.translatable import Words

SHARED = "shared"
#: Version of the index file; an index of another version is ignored.  Raised also when more files are refused, so that a
#: file that an earlier version took is read again.
_INDEX_VERSION = 5

_log = logging.getLogger(__name__)


@attrs.frozen
class CatalogEntry:
    """A procedure in a list: its title and the facts that a list filters by, without the form."""

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
        """The title in *language*, or else the untranslated one."""
        return self.titles.get(language, self.title)


@attrs.frozen
class KnownFile:
    """A file that was read whole: its stamp and those of the files it refers to, its revision and list entry."""

    stamps: Mapping[str, Stamp | None] = attrs.field(hash=False)
    revision: str
    entry: CatalogEntry


@attrs.frozen
class Finding:
    """A fault with its position in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int
    pointer: str
    code: str
    level: str
    message: Words


def finding_of(fault: Fault, name: str, documents: Mapping[str, Document]) -> Finding:
    """*fault* of the file *name* with its line and column; *documents* are the result of `load_with_references`."""
    document = documents.get(fault.file)
    line, column = document.position(fault.pointer) if document is not None else (1, 1)
    return Finding(fault.file or printable(name), line, column, fault.pointer, fault.code, fault.level, fault.message)


def entry_of(name: str, document: Json) -> CatalogEntry:
    """The list entry of a file, from its JSON.

    Raises:
        DocumentError: it is not an object.
    """
    if not isinstance(document, dict):
        raise DocumentError(Words("a procedure file is a JSON object: {…}"), file=name)
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
    return CatalogEntry(
        code,
        title,
        name,
        text(block.get("sector")),
        text(block.get("unit")),
        tuple(map(str, audience)) if isinstance(audience, list) else (),
        f"{words} {code.casefold()}",
        titles,
    )


def load_index(path: Path | None) -> dict[str, KnownFile]:
    """File name → the file as `save_index` stored it; empty if there is no readable index."""
    if path is None or not path.is_file():
        return {}
    try:
        index = json.loads(path.read_bytes())
        if index["version"] != _INDEX_VERSION:
            return {}
        return {name: _known_file(row) for name, row in index["files"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        # The index is only a cache: without it the files are read again.
        return {}


def _known_file(row: Any) -> KnownFile:
    known = converter.structure(row, KnownFile)
    entry = known.entry
    if not all(isinstance(text, str) for text in (known.revision, entry.code, entry.title, entry.path)):
        raise TypeError("an index of another shape")
    return known


def save_index(path: Path | None, files: Mapping[str, KnownFile]) -> None:
    """Write *files* to the index for the next start; a failure is logged.  Does nothing if *path* is None."""
    if path is None:
        return
    rows = converter.unstructure(files)
    try:
        part = path.with_suffix(f".{os.getpid()}.part")
        write_private(part, json.dumps({"version": _INDEX_VERSION, "files": rows}, ensure_ascii=False).encode())
        part.replace(path)
    except (OSError, ValueError) as error:
        _log.warning("the index of procedures cannot be written: %s", error)


def load_with_references(files: ProcedureFiles, name: str, stamps: dict[str, Stamp | None] | None = None) -> dict[str, Document]:
    """The file *name* (under the empty path) and every one of *files* that it refers to, directly or not, by path.

    Args:
        stamps: filled with the stamp of each file, taken before it is read, also if reading then fails.

    Raises:
        DocumentError: one of the files cannot be read as JSON; the error names it.
    """
    stamps = {} if stamps is None else stamps
    documents: dict[str, Document] = {}
    pending = [("", name)]
    while pending:
        key, path = pending.pop()
        if key in documents:
            continue
        stamps[path] = files.stamp(path)
        if key and not files.has(path):
            # A missing file is reported at the reference, which may also mean a part of the same document.
            continue
        try:
            documents[key] = load(files.content(path))
        except DocumentError as error:
            raise DocumentError(error.message, error.line, error.column, printable(path)) from None
        pending += [(target, target) for target in local_files(documents[key].value, path) if target not in documents]
    return documents


def bundle_of(files: ProcedureFiles, name: str) -> Bundle:
    """The file *name* with the files that it refers to, as a bundle.

    Raises:
        DocumentError: see `load_with_references`.
    """
    return Bundle({path: document.value for path, document in load_with_references(files, name).items()})


def local_files(document: Json, path: str) -> Iterator[str]:
    """The paths inside the folder that *document*, the file *path*, refers to; they need not exist."""
    own = document.get("$id") if isinstance(document, dict) else None
    # A file with an absolute $id may refer to its neighbours by absolute addresses.
    folder = own.rpartition("/")[0] + "/" if isinstance(own, str) and "://" in own else "\0"
    return filter(None, (_local(reference.removeprefix(folder), path) for reference in _references(document)))


def _local(reference: str, path: str) -> str | None:
    """The path inside the folder that *reference* in the file *path* names; None if it leads elsewhere."""
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
