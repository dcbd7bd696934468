"""Lint of whole folders: every file with its neighbours, the procedure blocks, and codes that two files share."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

import attrs

from dossierkit.catalog.catalog import Catalog, Serving
from dossierkit.catalog.folder import Stamp, dropped, shown, stamp_of
from dossierkit.catalog.index import SHARED, Finding, gathered, listed, placed
from dossierkit.dossiers.procedure.block import block_of, misshapen
from dossierkit.dossiers.procedure.block_lint import block_faults
from dossierkit.dossiers.procedure.field_lint import field_faults
from dossierkit.dossiers.procedure.procedure import Bundle
from dossierkit.errors import DocumentError, SchemaError
from dossierkit.findings import Fault
from dossierkit.forms.lint.lint import lint
from dossierkit.forms.reader import read
from dossierkit.forms.schema.dialect import Dialect
from dossierkit.forms.schema.document import Document
from dossierkit.pointers import Json

_log = logging.getLogger(__name__)


@attrs.frozen
class _Linted:
    """One file, as it was looked at."""

    day: date
    stamps: Mapping[str, Stamp | None]
    code: str
    #: Empty where it cannot be read.
    revision: str
    findings: tuple[Finding, ...]


@attrs.define
class FolderLint:
    """What lint finds in *folder*; a file is looked at again when it, one that it reaches, or the day is another one."""

    folder: Path
    dialect: Dialect
    _known: dict[str, _Linted] = attrs.field(init=False, factory=dict)
    #: File → the revision and the errors that the log tells of.
    _logged: dict[str, tuple[str, frozenset[Finding]]] = attrs.field(init=False, factory=dict)
    _shared: list[str] | None = attrs.field(init=False, default=None)
    _found: tuple[Finding, ...] = attrs.field(init=False, default=())

    def findings(self, today: date) -> tuple[Finding, ...]:
        """What there is to say on *today*, each once."""
        names, shared = _names(self.folder), _names(self.folder / SHARED)
        known = {name: self._looked_at(name, today) for name in names}
        if shared != self._shared or [*known.values()] != [*self._known.values()]:
            same = _same_codes((self.folder / name, linted.code) for name, linted in known.items())
            found = (attrs.evolve(f, file=str(self.folder / f.file)) for linted in known.values() for f in linted.findings)
            self._found = tuple(dict.fromkeys((*found, *same)))
        self._known, self._shared = known, shared
        return self._found

    def tell(self, catalog: Catalog, today: date) -> None:
        """Logs each error of a file that serves all the same, once for each revision.

        What does not serve, the catalog logs itself.
        """
        self.findings(today)
        served = {state.file for state in catalog.files() if state.serving is Serving.ITSELF}
        for name, linted in self._known.items():
            if shown(name) not in served:
                continue
            errors = [finding for finding in linted.findings if finding.level == "error"]
            revision, logged = self._logged.get(name, ("", frozenset()))
            for finding in errors:
                if linted.revision != revision or finding not in logged:
                    place = f"{finding.file}:{finding.line}:{finding.column}"
                    _log.warning("%s: %s (%s); it serves all the same", place, finding.message, finding.code)
            self._logged[name] = linted.revision, frozenset(errors)

    def _looked_at(self, name: str, today: date) -> _Linted:
        known = self._known.get(name)
        if known is not None and known.day == today and all(stamp_of(self.folder, p) == s for p, s in known.stamps.items()):
            return known
        stamps: dict[str, Stamp | None] = {}
        code, revision, findings = _lint(self.folder, name, self.dialect, today, stamps)
        return _Linted(today, stamps, code, revision, findings)


def lint_paths(paths: Iterable[Path], dialect: Dialect, today: date) -> Iterator[Finding]:
    """Findings of every file in *paths*, each once; a folder stands for the procedure files in it."""
    codes: list[tuple[Path, str]] = []
    told: set[Finding] = set()
    for path in _files(paths):
        code, _, found = _lint(path.parent, path.name, dialect, today, {})
        codes.append((path, code))
        for finding in found:
            whole = attrs.evolve(finding, file=str(path.parent / finding.file))
            if whole not in told:
                told.add(whole)
                yield whole
    yield from _same_codes(codes)


def _lint(
    folder: Path, name: str, dialect: Dialect, today: date, stamps: dict[str, Stamp | None]
) -> tuple[str, str, tuple[Finding, ...]]:
    """The code and the revision of the file *name*, and what is found in it and what it reaches, by its own names.

    Args:
        stamps: is told what each file was.
    """
    try:
        documents = gathered(folder, name, stamps)
        if folder.name != SHARED:
            listed(name, documents[""].value)
    except DocumentError as error:
        return "", "", (Finding(error.file or shown(name), error.line, error.column, "", "not-json", "error", error.message),)
    try:
        resources: dict[str, Document | Json] = {path: document for path, document in documents.items() if path}
        main = documents[""]
        found = lint(main, resources=resources, dialect=dialect, today=today)
        faults = (*found, *_office_faults(main, resources, dialect))
        revision = Bundle({path: document.value for path, document in documents.items()}).revision
        findings = tuple(dict.fromkeys(placed(fault, name, documents) for fault in faults))
        return _code(main.value) or Path(name).stem, revision, findings
    except Exception as error:  # noqa: BLE001  # what lint stumbles over is a fault of the file, and the next file is looked at
        message = f"cannot be looked at: {type(error).__name__}: {error}"
        return "", "", (Finding(shown(name), 1, 1, "", "unreadable", "error", message),)


def _office_faults(document: Document, resources: Mapping[str, Document | Json], dialect: Dialect) -> tuple[Fault, ...]:
    """What a procedure says to the office that it could not act on; only its shape where the form cannot be read."""
    try:
        form = read(document, resources=resources, dialect=dialect)
    except SchemaError:
        return misshapen(block_of(document.value))
    return (*block_faults(form), *field_faults(form))


def _same_codes(codes: Iterable[tuple[Path, str]]) -> Iterator[Finding]:
    first: dict[tuple[Path, str], Path] = {}
    for path, code in codes:
        rival = first.setdefault((path.parent, code), path) if code else path
        if rival != path:
            message = f"{rival.name} has the code {code!r} too; only one of them can serve"
            yield Finding(str(path), *_place_of_code(path), "/x-procedure/code", "same-code", "error", message)


def _names(folder: Path) -> list[str]:
    try:
        return [name for name, _ in dropped(folder)]
    except OSError:
        return []


def _place_of_code(path: Path) -> tuple[int, int]:
    try:
        return gathered(path.parent, path.name)[""].position("/x-procedure/code")
    except DocumentError:
        return 1, 1


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (path / name for name, _ in dropped(path) if path.name != SHARED)
        else:
            yield path


def _code(document: Json) -> str | None:
    block = document.get("x-procedure") if isinstance(document, dict) else None
    code = block.get("code") if isinstance(block, dict) else None
    return code if isinstance(code, str) else None
