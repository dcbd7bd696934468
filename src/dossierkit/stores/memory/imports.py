"""Imports into memory: dossiers with their whole history."""

from __future__ import annotations

from collections.abc import Sequence

from dossierkit.dossiers.ledger.ledger import posted_on
from dossierkit.errors import StoreError
from dossierkit.ports import ImportedDossier
from dossierkit.stores.imports import highest_numbers
from dossierkit.stores.memory import ledger
from dossierkit.stores.memory.payments import MemoryPayments
from dossierkit.stores.memory.tables import Tables
from dossierkit.stores.refusals import imported_already


def import_batch(tables: Tables, payments: MemoryPayments, batch: Sequence[ImportedDossier]) -> None:
    """Write the dossiers of *batch*, or none of them.

    Raises:
        StoreError: a code or an id exists already, or comes twice, or a bundle is missing.
    """
    codes = [imported.dossier.code for imported in batch if imported.dossier.code is not None]
    exists = any(code in tables.codes for code in codes) or any(imported.dossier.id in tables.dossiers for imported in batch)
    if exists or len(set(codes)) < len(codes):
        raise imported_already()
    if missing := {imported.dossier.revision for imported in batch} - tables.bundles.keys():
        raise StoreError(f"the bundle of revision {min(missing)} is not in the store; keep it before its dossiers are loaded")
    for imported in batch:
        _import(tables, payments, imported)
    for series, number in highest_numbers(batch).items():
        tables.counters[series] = max(tables.counters.get(series, 0), number)


def _import(tables: Tables, payments: MemoryPayments, imported: ImportedDossier) -> None:
    id = imported.dossier.id
    tables.write_dossier(imported.dossier)
    tables.events[id] = list(imported.events)
    tables.postings += imported.postings
    tables.postings_of[id] = list(imported.postings)
    ledger.add_spans(tables, imported.spans)
    for event in imported.events if imported.postings else ():
        ledger.note_posted(tables, posted_on(event))
    if imported.search:
        tables.search[id] = imported.search
    if imported.notes:
        tables.notes[id] = dict(imported.notes)
    for attempt in imported.attempts:
        payments.write(attempt, None)
