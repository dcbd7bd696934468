"""Imports into PostgreSQL in big transactions, series of numbers, counts and the latest events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson

from dossierkit.dossiers.ledger.ledger import posted_on
from dossierkit.dossiers.lifecycle.dossier import Event
from dossierkit.ports import ImportedDossier, NumberGap
from dossierkit.stores.imports import IMPORT_COLUMNS, highest_numbers, import_row
from dossierkit.stores.postgres import ledger
from dossierkit.stores.postgres.database import Database
from dossierkit.stores.postgres.dossiers import insert_answers, insert_event, write_note, write_words
from dossierkit.stores.postgres.payments import ATTEMPT_COLUMNS
from dossierkit.stores.postgres.transactions import Batch
from dossierkit.stores.rows import attempt_row, event_of, search_text

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


def skip(batch: Batch, gap: NumberGap) -> bool:
    """See `SeriesStore.skip`."""
    sql = """INSERT INTO counters VALUES (%s, %s, %s) ON CONFLICT (agency, day) DO UPDATE SET number = excluded.number
        WHERE counters.number < excluded.number RETURNING number"""
    if batch.execute(sql, (gap.agency, gap.series, gap.last)).fetchone() is None:
        return False
    values = (gap.agency, gap.series, gap.first, gap.last, gap.at.isoformat())
    batch.execute("INSERT INTO gaps (agency, series, first, last, at) VALUES (%s, %s, %s, %s, %s)", values)
    return True


def gaps(database: Database) -> tuple[NumberGap, ...]:
    """See `SeriesStore.gaps`."""
    rows = database.read("SELECT agency, series, first, last, at FROM gaps ORDER BY place")
    return tuple(NumberGap(agency, series, first, last, datetime.fromisoformat(at)) for agency, series, first, last, at in rows)


def counters(database: Database) -> Mapping[tuple[str, str], int]:
    """See `SeriesStore.counters`."""
    rows = database.read("SELECT agency, day, number FROM counters")
    return {(agency, series): number for agency, series, number in rows}


def revisions(database: Database) -> Mapping[tuple[str, str], int]:
    """See `BundleStore.revisions`."""
    rows = database.read("SELECT procedure, revision, COUNT(*) FROM dossiers GROUP BY procedure, revision")
    return {(procedure, revision): count for procedure, revision, count in rows}


def latest(database: Database, before: tuple[datetime, str, int] | None, actor: str, limit: int) -> tuple[Event, ...]:
    """See `DossierStore.latest`."""
    where = "d.code > ''"
    values: list[object] = []
    if actor:
        where, values = f"{where} AND e.actor = %s", [actor]
    if before is not None:
        # The index holds moments alone; the second condition orders events of one moment.
        where += " AND e.at <= %s AND (e.at, d.id, e.number) < (%s, %s, %s)"
        values += [before[0].isoformat(), before[0].isoformat(), before[1], before[2]]
    sql = f"""SELECT d.id, e.number, e.action, e.actor, e.at, e.facts, e.before, e.hash FROM events e
        JOIN dossiers d ON d.seq = e.seq WHERE {where} ORDER BY e.at DESC, d.id DESC, e.number DESC LIMIT %s"""
    return tuple(map(event_of, database.read(sql, (*values, limit))))
