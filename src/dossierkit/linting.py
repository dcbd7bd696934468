"""Lint of whole folders: every file with its neighbours, the procedure blocks, and codes that two files share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

import attrs

from dossierkit.dossiers.codes import CodeTemplate, ReceiptTemplate
from dossierkit.dossiers.procedure import BLOCK_KEYS
from dossierkit.errors import CodeError, DocumentError
from dossierkit.forms.dialect import Dialect
from dossierkit.forms.document import Document, load
from dossierkit.forms.form import Fault
from dossierkit.forms.lint import lint
from dossierkit.forms.pointers import Json, child
from dossierkit.listing import SHARED, bundle_of
from dossierkit.text import meant


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
    for fault in (*found, *_block_faults(document.value, dialect)):
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
            yield from sorted(p for p in path.glob("*.json") if not p.name.startswith(".") and p.parent.name != SHARED)
        else:
            yield path


def _code(document: Json) -> str | None:
    block = document.get("x-procedure") if isinstance(document, dict) else None
    code = block.get("code") if isinstance(block, dict) else None
    return code if isinstance(code, str) else None


def _block_faults(document: Json, dialect: Dialect) -> Iterator[Fault]:
    """Faults of the `x-procedure` block."""
    block = document.get("x-procedure") if isinstance(document, dict) else None
    if block is None:
        return
    if not isinstance(block, dict):
        yield Fault("bad-block", "/x-procedure", "x-procedure is an object: {…}")
        return
    for key in block:
        if key not in BLOCK_KEYS:
            yield Fault(
                "unknown-key", child("/x-procedure", key), f"{key!r} means nothing here{_hint(key, BLOCK_KEYS)}", "warning"
            )
    yield from _named(block, "sector", "sectors", dialect)
    yield from _named(block, "unit", "units", dialect)
    for key, template in (("codeTemplate", CodeTemplate), ("receiptTemplate", ReceiptTemplate)):
        if isinstance(block.get(key), str):
            try:
                template(block[key])
            except CodeError as error:
                yield Fault("bad-template", child("/x-procedure", key), str(error))
    yield from _workflow(block.get("workflow"))
    for key in ("source", "verified"):
        if key not in block:
            yield Fault("no-source", "/x-procedure", f"say where this comes from: {key!r} is missing", "advice")


def _workflow(block: Json) -> Iterator[Fault]:
    """What `Procedure.workflow` would not understand."""
    where = "/x-procedure/workflow"
    if block is None:
        return
    if not isinstance(block, dict):
        yield Fault("bad-workflow", where, "workflow is an object: {…}")
        return
    kinds = {"payment": bool, "supplement": bool, "fourEyes": bool, "extensions": int, "steps": list}
    for key, value in block.items():
        if key not in kinds:
            yield Fault("unknown-key", child(where, key), f"{key!r} means nothing here{_hint(key, kinds)}", "warning")
        elif type(value) is not kinds[key]:
            yield Fault("bad-workflow", child(where, key), f"{key} is a JSON {_JSON_NAMES[kinds[key]]}")
    steps = block.get("steps")
    for index, step in enumerate(steps if isinstance(steps, list) else ()):
        if not isinstance(step, dict) or not isinstance(step.get("code"), str):
            yield Fault("bad-workflow", f"{where}/steps/{index}", 'a step is {"code": …, "title": …}')


_JSON_NAMES: Mapping[type, str] = {bool: "boolean", int: "integer", list: "array"}


def _named(block: Mapping[str, Json], key: str, name: str, dialect: Dialect) -> Iterator[Fault]:
    options = dialect.options.get(name)
    value = block.get(key)
    if options is None or value is None or options.find(value, {}) is not None:
        return
    known = {str(choice.value) for choice in options.select({}, "", 10_000)}
    yield Fault(f"unknown-{key}", f"/x-procedure/{key}", f"the installation has no {key} {value!r}{_hint(str(value), known)}")


def _hint(word: str, known: Iterable[str]) -> str:
    return meant(word, known) or f"; known: {', '.join(sorted(known)[:12])}"
