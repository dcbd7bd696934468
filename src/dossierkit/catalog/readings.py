"""Readings of procedure files: each is read whole when it is new or changed, for a limited time in a scan.

Any error while a file is read becomes a fault of that file.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs

from dossierkit.catalog.folder import Folder, printable
from dossierkit.catalog.index import CatalogEntry, Finding, KnownFile, bundle_of, entry_of, finding_of, load_with_references
from dossierkit.catalog.sources import ProcedureFiles, Stamp
from dossierkit.dossiers.procedure.procedure import Bundle, Procedure
from dossierkit.dossiers.procedure.procedure_block_lint import block_faults
from dossierkit.errors import DocumentError, SchemaError, StoreError
from dossierkit.forms.lint.character_lint import character_faults
from dossierkit.forms.lint.endless_requirements import endless_faults
from dossierkit.forms.lint.keyword_lint import lost_block_faults
from dossierkit.forms.lint.texts import rule_faults, section_faults
from dossierkit.forms.reader import read
from dossierkit.forms.schema.dialect import Dialect
from dossierkit.forms.schema.document import Document, load
from dossierkit.translatable import Words

#: Seconds that one scan may spend on reading files; the next scan continues.
READ_SECONDS = 0.25

_log = logging.getLogger(__name__)


@attrs.frozen
class Reading:
    """The result of the last reading of a file; *stamps* is empty if the file still has to be read whole."""

    stamps: Mapping[str, Stamp | None] = attrs.field(factory=dict)
    #: None if the file could not be read; only its list entry while there are no stamps.
    known: KnownFile | None = None
    faults: tuple[Finding, ...] = ()


@attrs.define
class Readings:
    """Readings of procedure files; *take* is called with the name, the file and the procedure of each that can be served."""

    dialect: Dialect
    take: Callable[[str, KnownFile, Procedure], None]
    #: Seconds of a clock.
    now: Callable[[], float]
    #: File name → the file as the index of an earlier start has it, until it is looked at.
    indexed: dict[str, KnownFile]

    def renewed(self, files: ProcedureFiles, before: Mapping[str, Reading]) -> dict[str, Reading]:
        """The reading of each file; new and changed files are read until the time limit of a scan."""
        stamps = dict(files.entries())
        end, now, read = self.now() + READ_SECONDS, dict(stamps), 0
        result: dict[str, Reading] = {}
        # Files left over by the last scan come first, so that a file that changes all the time cannot starve them.
        for name in sorted(stamps, key=lambda name: name in before and bool(before[name].stamps)):
            reading = before.get(name)
            if reading is None and (indexed := self.indexed.pop(name, None)) is not None:
                reading = Reading(indexed.stamps, indexed)
            for reached in reading.stamps if reading is not None else ():
                if reached not in now:
                    now[reached] = files.stamp(reached)
            if reading is None or not reading.stamps or any(now[path] != stamp for path, stamp in reading.stamps.items()):
                if not read or self.now() < end:
                    reading = self._read_file(files, name)
                    read += 1
                elif reading is None:
                    reading = self._read_entry(files, name)
                elif reading.stamps:
                    reading = attrs.evolve(reading, stamps={})
            result[name] = reading
        return {name: result[name] for name in stamps}

    def _read_entry(self, files: ProcedureFiles, name: str) -> Reading:
        """Only the list entry of a file, until a scan has time to read it whole."""
        try:
            entry = listed_entry(files, name)
        except Exception:  # noqa: BLE001  # the error is reported when the file is read whole
            return Reading()
        return Reading(known=KnownFile({}, "", entry))

    def _read_file(self, files: ProcedureFiles, name: str) -> Reading:
        """Read a file whole."""
        stamps: dict[str, Stamp | None] = {}
        documents: dict[str, Document] = {}
        try:
            documents = load_with_references(files, name, stamps)
            entry = entry_of(name, documents[""].value)
            bundle = Bundle({path: document.value for path, document in documents.items()})
            procedure = procedure_of(entry.code, bundle, self.dialect)
            _guard_usable(procedure)
            known = KnownFile(stamps, procedure.revision, entry)
            self.take(name, known, procedure)
        except DocumentError as error:
            fault = Finding(error.file or printable(name), error.line, error.column, "", "not-json", "error", error.message)
            return Reading(stamps or {name: None}, faults=(fault,))
        except SchemaError as error:
            return Reading(stamps, faults=tuple(finding_of(fault, name, documents) for fault in error.faults))
        except StoreError:
            # This passes, unlike a fault of the file: it is read again.
            raise
        except Exception as error:  # noqa: BLE001  # no file may stop the others, not even one that reveals a bug
            _log.debug("%s cannot be read", printable(name), exc_info=True)
            fault = Finding(
                printable(name),
                1,
                1,
                "",
                "unreadable",
                "error",
                Words("cannot be read: {kind}: {error}", kind=type(error).__name__, error=error),
            )
            return Reading(stamps or {name: None}, faults=(fault,))
        return Reading(stamps, known)


def procedure_of(code: str, bundle: Bundle, dialect: Dialect) -> Procedure:
    """The procedure *code* that *bundle* describes.

    Raises:
        SchemaError: it is no form.
    """
    resources = {path: document for path, document in bundle.documents.items() if path}
    return Procedure(code, read(bundle.documents[""], resources=resources, dialect=dialect), bundle, bundle.revision)


def _guard_usable(procedure: Procedure) -> None:
    """Refuse a procedure that no answers meet, that the office could not act on, or whose rules can never run.

    Only new revisions are checked; stored ones stay usable, as dossiers refer to them.

    Raises:
        SchemaError: with every reason.
    """
    form = procedure.form
    faults = (
        *lost_block_faults(form),
        *endless_faults(form),
        *rule_faults(form),
        *section_faults(form),
        *character_faults(procedure.bundle.documents),
        *block_faults(form),
    )
    if refused := [fault for fault in faults if fault.level == "error"]:
        raise SchemaError(refused)


def procedure_at(path: Path, dialect: Dialect) -> Procedure:
    """The procedure in the file *path*, with the files that it refers to.

    Raises:
        DocumentError, SchemaError: it cannot be read.
    """
    return procedure_in(Folder(path.parent), path.name, dialect)


def procedure_in(files: ProcedureFiles, name: str, dialect: Dialect) -> Procedure:
    """The procedure in the file *name* of *files*, with the files that it refers to.

    Raises:
        DocumentError, SchemaError: it cannot be read.
    """
    bundle = bundle_of(files, name)
    return procedure_of(entry_of(name, bundle.documents[""]).code, bundle, dialect)


def listed_entry(files: ProcedureFiles, name: str) -> CatalogEntry:
    """The list entry of the file *name*, which may be unreadable otherwise.

    Raises:
        DocumentError: it is no JSON object.
    """
    return entry_of(name, load(files.content(name)).value)
