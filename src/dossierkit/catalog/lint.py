"""Lint of whole folders: every file with the files it refers to, procedure blocks, and codes used by two files."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

import attrs

from dossierkit.catalog.catalog import Catalog, Serving, consequence
from dossierkit.catalog.folder import Stamp, json_entries, printable, stamp_of
from dossierkit.catalog.index import SHARED, Finding, entry_of, finding_of, load_with_references
from dossierkit.dossiers.procedure.field_lint import field_faults
from dossierkit.dossiers.procedure.procedure import Bundle
from dossierkit.dossiers.procedure.procedure_block import block_of, misshapen
from dossierkit.dossiers.procedure.procedure_block_lint import block_faults
from dossierkit.errors import DocumentError, SchemaError
from dossierkit.findings import Fault
from dossierkit.forms.lint.document_lint import lint
from dossierkit.forms.reader import read
from dossierkit.forms.schema.dialect import Dialect
from dossierkit.forms.schema.document import Document
from dossierkit.locale.texts import LANGUAGES, in_language
from dossierkit.pointers import Json, child
from dossierkit.text import known_hint
from dossierkit.translatable import Words

_log = logging.getLogger(__name__)


@attrs.frozen
class _Linted:
    """The findings of one file, and the day and the stamps that they hold for."""

    day: date
    stamps: Mapping[str, Stamp | None]
    code: str
    #: Empty if the file cannot be read.
    revision: str
    findings: tuple[Finding, ...]


@attrs.define
class FolderLint:
    """The findings of lint in *folder*; a file is linted again when it, a file it refers to, or the day changes."""

    folder: Path
    dialect: Dialect
    _known: dict[str, _Linted] = attrs.field(init=False, factory=dict)
    #: File → the revision and the errors that were logged.
    _logged: dict[str, tuple[str, frozenset[Finding]]] = attrs.field(init=False, factory=dict)
    _shared: list[str] | None = attrs.field(init=False, default=None)
    _found: tuple[Finding, ...] = attrs.field(init=False, default=())

    def findings(self, today: date) -> tuple[Finding, ...]:
        """The findings as of *today*, each once."""
        names, shared = _names(self.folder), _names(self.folder / SHARED)
        known = {name: self._lint_file(name, today) for name in names}
        if shared != self._shared or [*known.values()] != [*self._known.values()]:
            same = _same_codes((self.folder / name, linted.code) for name, linted in known.items())
            findings = (attrs.evolve(f, file=str(self.folder / f.file)) for linted in known.values() for f in linted.findings)
            self._found = tuple(dict.fromkeys((*findings, *same)))
        self._known, self._shared = known, shared
        return self._found

    def log_served_errors(self, catalog: Catalog, today: date) -> None:
        """Log each error of a file that is served nevertheless, once for each revision.

        Errors of files that are not served are logged by the catalog.
        """
        self.findings(today)
        served = {state.file for state in catalog.files() if state.serving is Serving.ITSELF}
        for name, linted in self._known.items():
            if printable(name) not in served:
                continue
            errors = [finding for finding in linted.findings if finding.level == "error"]
            revision, logged = self._logged.get(name, ("", frozenset()))
            for finding in errors:
                if linted.revision != revision or finding not in logged:
                    place = f"{finding.file}:{finding.line}:{finding.column}"
                    message = in_language(finding.message, catalog.language)
                    _log.warning("%s: %s (%s); %s", place, message, finding.code, consequence(Serving.ITSELF, catalog.language))
            self._logged[name] = linted.revision, frozenset(errors)

    def _lint_file(self, name: str, today: date) -> _Linted:
        known = self._known.get(name)
        if known is not None and known.day == today and all(stamp_of(self.folder, p) == s for p, s in known.stamps.items()):
            return known
        stamps: dict[str, Stamp | None] = {}
        code, revision, findings = _lint(self.folder, name, self.dialect, today, stamps)
        return _Linted(today, stamps, code, revision, findings)


def lint_paths(paths: Iterable[Path], dialect: Dialect, today: date) -> Iterator[Finding]:
    """Findings of every file in *paths*, each once; a folder means the procedure files in it."""
    codes: list[tuple[Path, str]] = []
    seen: set[Finding] = set()
    files = [*_files(paths)]
    for path in files:
        code, _, findings = _lint(path.parent, path.name, dialect, today, {})
        codes.append((path, code))
        for finding in findings:
            whole = attrs.evolve(finding, file=str(path.parent / finding.file))
            if whole not in seen:
                seen.add(whole)
                yield whole
    yield from _same_codes(codes)
    yield from _codes_of_neighbours(codes, {path.resolve() for path in files})


def _lint(
    folder: Path, name: str, dialect: Dialect, today: date, stamps: dict[str, Stamp | None]
) -> tuple[str, str, tuple[Finding, ...]]:
    """The code and the revision of the file *name*, and the findings in it and the files it refers to.

    Args:
        stamps: filled with the stamp of each file.
    """
    try:
        documents = load_with_references(folder, name, stamps)
        if folder.name != SHARED:
            entry_of(name, documents[""].value)
    except DocumentError as error:
        return (
            "",
            "",
            (Finding(error.file or printable(name), error.line, error.column, "", "not-json", "error", error.message),),
        )
    try:
        resources: dict[str, Document | Json] = {path: document for path, document in documents.items() if path}
        main = documents[""]
        form_faults = lint(main, resources=resources, dialect=dialect, today=today)
        faults = (*form_faults, *_office_faults(main, resources, dialect), *_unknown_languages(documents))
        revision = Bundle({path: document.value for path, document in documents.items()}).revision
        findings = tuple(dict.fromkeys(finding_of(fault, name, documents) for fault in faults))
        return _code(main.value) or Path(name).stem, revision, findings
    except Exception as error:  # noqa: BLE001  # no file may stop the lint of the others
        message = Words("cannot be linted: {kind}: {error}", kind=type(error).__name__, error=error)
        return "", "", (Finding(printable(name), 1, 1, "", "unreadable", "error", message),)


def _office_faults(document: Document, resources: Mapping[str, Document | Json], dialect: Dialect) -> tuple[Fault, ...]:
    """Faults of the procedure block; only those of its shape if the form cannot be read."""
    try:
        form = read(document, resources=resources, dialect=dialect)
    except SchemaError:
        return misshapen(block_of(document.value))
    return (*block_faults(form), *field_faults(form))


def _unknown_languages(documents: Mapping[str, Document]) -> Iterator[Fault]:
    """Translations, in each of *documents* by its file, into languages that no page has."""
    for file, document in documents.items():
        block = document.value.get("x-translations") if isinstance(document.value, dict) else None
        for language in block if isinstance(block, dict) else ():
            if language not in LANGUAGES:
                message = Words(
                    "no page is in the language {language!r}{hint}", language=language, hint=known_hint(language, LANGUAGES)
                )
                yield Fault("unknown-language", child("/x-translations", language), message, "warning", file)


def _same_codes(codes: Iterable[tuple[Path, str]]) -> Iterator[Finding]:
    first: dict[tuple[Path, str], Path] = {}
    for path, code in codes:
        rival = first.setdefault((path.parent, code), path) if code else path
        if rival != path:
            message = Words("{file} has the code {code!r}, too; only one of them can be served", file=rival.name, code=code)
            yield Finding(str(path), *_place_of_code(path), "/x-procedure/code", "same-code", "error", message)


def _codes_of_neighbours(codes: Iterable[tuple[Path, str]], linted: Container[Path]) -> Iterator[Finding]:
    """A warning for each code that a file beside it has, too, if that file is not *linted* itself."""
    known: dict[Path, dict[str, str]] = {}
    for path, code in codes:
        folder = path.parent
        if folder not in known:
            others = (name for name in _names(folder) if name != SHARED and (folder / name).resolve() not in linted)
            known[folder] = {_code_at(folder, name): name for name in others}
        if code and (neighbour := known[folder].get(code)):
            message = Words("{file} has the code {code!r}, too; only one of them can be served", file=neighbour, code=code)
            yield Finding(str(path), *_place_of_code(path), "/x-procedure/code", "same-code", "warning", message)


def _code_at(folder: Path, name: str) -> str:
    """The code of the file *name*, if it is a procedure; empty if it is none or cannot be read."""
    try:
        return entry_of(name, load_with_references(folder, name)[""].value).code
    except DocumentError:
        return ""


def _names(folder: Path) -> list[str]:
    try:
        return [name for name, _ in json_entries(folder)]
    except OSError:
        return []


def _place_of_code(path: Path) -> tuple[int, int]:
    try:
        return load_with_references(path.parent, path.name)[""].position("/x-procedure/code")
    except DocumentError:
        return 1, 1


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (path / name for name, _ in json_entries(path) if path.name != SHARED)
        else:
            yield path


def _code(document: Json) -> str | None:
    block = document.get("x-procedure") if isinstance(document, dict) else None
    code = block.get("code") if isinstance(block, dict) else None
    return code if isinstance(code, str) else None
