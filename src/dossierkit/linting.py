"""Lint of whole folders: every file with its neighbours, the procedure blocks, and codes that two files share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import attrs

from dossierkit.dossiers.block_lint import block_faults
from dossierkit.errors import DocumentError
from dossierkit.forms.dialect import Dialect
from dossierkit.forms.document import Document, load
from dossierkit.forms.lint import lint
from dossierkit.forms.pointers import Json
from dossierkit.listing import SHARED, bundle_of, procedure_files


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


@attrs.define
class FolderLint:
    """What lint finds in *folder*, looked for again when a file in it, or the day, is another one."""

    folder: Path
    dialect: Dialect
    _known: tuple[object, tuple[Finding, ...]] = attrs.field(init=False, default=(None, ()))

    def findings(self, today: date) -> tuple[Finding, ...]:
        """What there is to say on *today*."""
        stamp = (today, sorted(procedure_files(self.folder)), sorted(procedure_files(self.folder / SHARED)))
        known, found = self._known
        if known != stamp:
            found = tuple(lint_paths([self.folder], self.dialect, today))
            self._known = (stamp, found)
        return found


def lint_paths(paths: Iterable[Path], dialect: Dialect, today: date) -> Iterator[Finding]:
    """Findings of every file in *paths*; a folder stands for the procedure files in it."""
    codes: dict[tuple[Path, str], Path] = {}
    for path in _files(paths):
        try:
            document = load(path.read_bytes())
        except DocumentError as error:
            yield Finding(str(path), error.line, error.column, "", "not-json", "error", error.message)
            continue
        code = _code(document.value) or path.stem
        rival = codes.setdefault((path.parent, code), path)
        if rival != path:
            line, column = document.position("/x-procedure/code")
            message = f"{rival} has the code {code!r} too; only one of them can serve"
            yield Finding(str(path), line, column, "/x-procedure/code", "same-code", "error", message)
        yield from lint_file(path, document, dialect, today)


def lint_file(path: Path, document: Document, dialect: Dialect, today: date) -> Iterator[Finding]:
    """Findings of one file and of what it refers to."""
    try:
        bundle = bundle_of(path.parent, path.name)
    except DocumentError as error:
        yield Finding(str(path), 1, 1, "", "not-json", "error", f"a file it refers to is not JSON: {error}")
        return
    resources = {name: value for name, value in bundle.documents.items() if name}
    sources: dict[str, Document] = {"": document}
    found = lint(document, resources=resources, dialect=dialect, today=today)
    for fault in (*found, *block_faults(document.value, dialect)):
        source = sources.get(fault.file)
        if source is None:
            source = sources[fault.file] = load((path.parent / fault.file).read_bytes())
        line, column = source.position(fault.pointer)
        yield Finding(
            str(path.parent / fault.file if fault.file else path),
            line,
            column,
            fault.pointer,
            fault.code,
            fault.level,
            fault.message,
        )


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path / name for name, _, _ in procedure_files(path) if path.name != SHARED)
        else:
            yield path


def _code(document: Json) -> str | None:
    block = document.get("x-procedure") if isinstance(document, dict) else None
    code = block.get("code") if isinstance(block, dict) else None
    return code if isinstance(code, str) else None
