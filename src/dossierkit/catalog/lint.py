"""Lint of whole folders and publications: every file with those it refers to, procedure blocks, codes used by two files."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date
from itertools import starmap
from pathlib import Path
from typing import TypeVar

import attrs

from dossierkit.catalog.catalog import Catalog, Serving, consequence
from dossierkit.catalog.folder import Folder, printable, source_of
from dossierkit.catalog.index import SHARED, Finding, entry_of, finding_of, load_with_references
from dossierkit.catalog.sources import ProcedureFiles, Source, Stamp
from dossierkit.dossiers.procedure.field_lint import field_faults
from dossierkit.dossiers.procedure.procedure import Bundle
from dossierkit.dossiers.procedure.procedure_block import block_of, misshapen
from dossierkit.dossiers.procedure.procedure_block_lint import block_faults
from dossierkit.errors import DocumentError, SchemaError, StoreError
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
Files = TypeVar("Files", bound=ProcedureFiles)


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
class SourceLint:
    """The findings of lint in *source*; a file is linted again when it, a file it refers to, or the day changes."""

    source: Source = attrs.field(converter=source_of)
    dialect: Dialect
    _known: dict[str, _Linted] = attrs.field(init=False, factory=dict)
    #: File → the revision and the errors that were logged.
    _logged: dict[str, tuple[str, frozenset[Finding]]] = attrs.field(init=False, factory=dict)
    _found: tuple[Finding, ...] = attrs.field(init=False, default=())

    def findings(self, today: date) -> tuple[Finding, ...]:
        """The findings as of *today*, each once; files are named by their paths in the folder or publication."""
        try:
            files = self.source.current()
            known = {name: self._lint_file(files, name, today) for name in _names(files)}
        except (DocumentError, StoreError):
            # The catalog says why.
            return self._found
        if [*known.values()] != [*self._known.values()]:
            same = (finding for _, finding in _same_codes((files, name, linted.code) for name, linted in known.items()))
            findings = (finding for linted in known.values() for finding in linted.findings)
            self._found = tuple(dict.fromkeys((*findings, *same)))
        self._known = known
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

    def _lint_file(self, files: ProcedureFiles, name: str, today: date) -> _Linted:
        known = self._known.get(name)
        if known is not None and known.day == today and all(files.stamp(path) == s for path, s in known.stamps.items()):
            return known
        stamps: dict[str, Stamp | None] = {}
        code, revision, findings = _lint(files, name, self.dialect, today, stamps)
        return _Linted(today, stamps, code, revision, findings)


def lint_paths(paths: Iterable[Path], dialect: Dialect, today: date) -> Iterator[Finding]:
    """Findings of every file in *paths*, each once; a folder means the procedure files in it."""
    codes: list[tuple[Folder, str, str]] = []
    seen: set[Finding] = set()
    paths = [*_files(paths)]
    for path in paths:
        folder = Folder(path.parent)
        code, _, findings = _lint(folder, path.name, dialect, today, {})
        codes.append((folder, path.name, code))
        for finding in findings:
            whole = _in_folder(folder, finding)
            if whole not in seen:
                seen.add(whole)
                yield whole
    linted = {path.resolve() for path in paths}
    yield from starmap(_in_folder, _same_codes(codes))
    yield from starmap(_in_folder, _codes_of_neighbours(codes, linted))


def _in_folder(folder: Folder, finding: Finding) -> Finding:
    """*finding*, its file named by the path of the folder as well."""
    return attrs.evolve(finding, file=str(folder.path / finding.file))


def _lint(
    files: ProcedureFiles, name: str, dialect: Dialect, today: date, stamps: dict[str, Stamp | None]
) -> tuple[str, str, tuple[Finding, ...]]:
    """The code and the revision of the file *name*, and the findings in it and the files it refers to.

    Args:
        stamps: filled with the stamp of each file.
    """
    try:
        documents = load_with_references(files, name, stamps)
        if not (isinstance(files, Folder) and files.path.name == SHARED):
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
    except StoreError:
        raise
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


def _same_codes(codes: Iterable[tuple[Files, str, str]]) -> Iterator[tuple[Files, Finding]]:
    """An error for each file that has the code of an earlier one of the same files, with these files."""
    first: dict[tuple[Files, str], str] = {}
    for files, name, code in codes:
        rival = first.setdefault((files, code), name) if code else name
        if rival != name:
            yield files, _same_code(files, name, code, rival, "error")


def _codes_of_neighbours(codes: Iterable[tuple[Folder, str, str]], linted: Container[Path]) -> Iterator[tuple[Folder, Finding]]:
    """A warning for each code that a file beside it has, too, if that file is not *linted* itself."""
    known: dict[Folder, dict[str, str]] = {}
    for folder, name, code in codes:
        if folder not in known:
            others = (other for other in _neighbours(folder) if (folder.path / other).resolve() not in linted)
            known[folder] = {_code_at(folder, other): other for other in others}
        if code and (neighbour := known[folder].get(code)):
            yield folder, _same_code(folder, name, code, neighbour, "warning")


def _same_code(files: ProcedureFiles, name: str, code: str, rival: str, level: str) -> Finding:
    message = Words("{file} has the code {code!r}, too; only one of them can be served", file=rival, code=code)
    return Finding(name, *_place_of_code(files, name), "/x-procedure/code", "same-code", level, message)


def _code_at(files: ProcedureFiles, name: str) -> str:
    """The code of the file *name*, if it is a procedure; empty if it is none or cannot be read."""
    try:
        return entry_of(name, load_with_references(files, name)[""].value).code
    except DocumentError:
        return ""


def _names(files: ProcedureFiles) -> list[str]:
    return [name for name, _ in files.entries()]


def _neighbours(folder: Folder) -> list[str]:
    """The procedure files of *folder*; none if it cannot be read."""
    try:
        return _names(folder)
    except DocumentError:
        return []


def _place_of_code(files: ProcedureFiles, name: str) -> tuple[int, int]:
    try:
        return load_with_references(files, name)[""].position("/x-procedure/code")
    except DocumentError:
        return 1, 1


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (path / name for name in _names(Folder(path)) if path.name != SHARED)
        else:
            yield path


def _code(document: Json) -> str | None:
    block = document.get("x-procedure") if isinstance(document, dict) else None
    code = block.get("code") if isinstance(block, dict) else None
    return code if isinstance(code, str) else None
