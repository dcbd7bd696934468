"""Imports into PostgreSQL in big transactions, series of numbers, counts and the latest events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from dossierkit.dossiers.ledger.ledger import posted_on
from dossierkit.dossiers.lifecycle.dossier import Event
from dossierkit.ports import ImportedDossier, NumberGap
from dossierkit.stores.imports import IMPORT_COLUMNS, file_rows, highest_numbers, import_row, note_rows
from dossierkit.stores.postgres import ledger
from dossierkit.stores.postgres.database import Database
from dossierkit.stores.postgres.dossiers import words_in
from dossierkit.stores.postgres.payments import ATTEMPTS
from dossierkit.stores.postgres.transactions import Batch
from dossierkit.stores.rows import answers_columns, attempt_row, event_of, event_row, search_text

_DOSSIERS = f"INSERT INTO dossiers ({', '.join(IMPORT_COLUMNS)}) VALUES ({', '.join(['%s'] * len(IMPORT_COLUMNS))})"


def import_batch(batch: Batch, dossiers: Sequence[ImportedDossier]) -> None:
    """Write *dossiers*; totals are added up before they are written."""
    sql = "SELECT nextval(pg_get_serial_sequence('dossiers', 'seq')) FROM generate_series(1, %s)"
    rows = sorted(seq for (seq,) in batch.execute(sql, (len(dossiers),)).fetchall())
    numbered = list(zip(rows, dossiers, strict=True))
    answers = [(seq, *answers_columns(imported.dossier)) for seq, imported in numbered]
    batch.execute_many(_DOSSIERS, (import_row(seq, imported) for seq, imported in numbered))
    batch.execute_many("INSERT INTO answers VALUES (%s, %s, %s, %s, %s)", answers)
    events = (event_row(seq, event) for seq, imported in numbered for event in imported.events)
    batch.execute_many("INSERT INTO events VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", events)
    batch.execute_many("INSERT INTO files VALUES (%s, %s)", file_rows(numbered, [body for _, body, *_ in answers]))
    words = ((seq, words_in(search_text(imported.dossier, imported.search))) for seq, imported in numbered if imported.search)
    batch.execute_many("INSERT INTO search VALUES (%s, array_to_tsvector(%s::text[]))", words)
    batch.execute_many("INSERT INTO notes VALUES (%s, %s, %s, %s)", note_rows(numbered))
    ledger.add_import(batch, [(seq, posting) for seq, imported in numbered for posting in imported.postings])
    ledger.add_spans(batch, (span for imported in dossiers for span in imported.spans))
    if posted := [posted_on(event) for imported in dossiers if imported.postings for event in imported.events]:
        ledger.note_posted(batch, max(posted), None)
    batch.execute_many(ATTEMPTS, (attempt_row(seq, attempt) for seq, imported in numbered for attempt in imported.attempts))
    batch.execute_many(
        """INSERT INTO counters VALUES (%s, %s, %s)
        ON CONFLICT (agency, day) DO UPDATE SET number = GREATEST(counters.number, excluded.number)""",
        sorted((agency, series, number) for (agency, series), number in highest_numbers(dossiers).items()),
    )


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
