"""Imports into PostgreSQL in big transactions: dossiers with their whole history."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from dossierkit.dossiers.ledger.ledger import posted_on
from dossierkit.ports import ImportedDossier
from dossierkit.stores.imports import IMPORT_COLUMNS, highest_numbers, import_row
from dossierkit.stores.postgres import ledger
from dossierkit.stores.postgres.dossiers import insert_answers, insert_event, write_note, write_words
from dossierkit.stores.postgres.payments import ATTEMPT_COLUMNS
from dossierkit.stores.postgres.transactions import Batch
from dossierkit.stores.rows import attempt_row, search_text

_DOSSIERS = f"""INSERT INTO dossiers ({", ".join(IMPORT_COLUMNS)})
    SELECT {", ".join(IMPORT_COLUMNS)} FROM json_populate_recordset(NULL::dossiers, %s)"""
_COUNTERS = """INSERT INTO counters SELECT * FROM json_populate_recordset(NULL::counters, %s)
    ON CONFLICT (agency, day) DO UPDATE SET number = GREATEST(counters.number, excluded.number)"""


def import_batch(batch: Batch, dossiers: Sequence[ImportedDossier]) -> None:
    """Write *dossiers*."""
    sql = "SELECT nextval(pg_get_serial_sequence('dossiers', 'seq')) FROM generate_series(1, %s)"
    rows = sorted(seq for (seq,) in batch.execute(sql, (len(dossiers),)).fetchall())
    for seq, imported in zip(rows, dossiers, strict=True):
        dossier = dict(zip(IMPORT_COLUMNS, import_row(seq, imported), strict=True))
        batch.write_later(_DOSSIERS, {**dossier, "handling": orjson.Fragment(dossier["handling"])})
        insert_answers(batch, seq, imported.dossier)
        for event in imported.events:
            insert_event(batch, seq, event)
        if imported.search:
            write_words(batch, seq, search_text(imported.dossier, imported.search))
        for number, note in imported.notes.items():
            write_note(batch, seq, number, note)
        ledger.add_postings(batch, ((seq, posting) for posting in imported.postings))
        ledger.add_spans(batch, imported.spans)
        for attempt in imported.attempts:
            batch.write_later(_ATTEMPTS, dict(zip(ATTEMPT_COLUMNS, attempt_row(seq, attempt), strict=True)))
    if posted := [posted_on(event) for imported in dossiers if imported.postings for event in imported.events]:
        ledger.note_posted(batch, max(posted), None)
    for (agency, series), number in sorted(highest_numbers(dossiers).items()):
        batch.write_later(_COUNTERS, {"agency": agency, "day": series, "number": number})


_ATTEMPTS = f"""INSERT INTO payments ({", ".join(ATTEMPT_COLUMNS)})
    SELECT {", ".join(ATTEMPT_COLUMNS)} FROM json_populate_recordset(NULL::payments, %s) ON CONFLICT (ref) DO NOTHING"""
