"""Imports into SQLite in big transactions, series of numbers, counts and the latest events."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from dossierkit.dossiers.ledger.ledger import posted_on
from dossierkit.dossiers.lifecycle.dossier import Event
from dossierkit.ports import ImportedDossier, NumberGap
from dossierkit.stores.imports import IMPORT_COLUMNS, file_rows, highest_numbers, import_row, note_rows
from dossierkit.stores.rows import answers_columns, attempt_row, event_of, event_row, search_text
from dossierkit.stores.sqlite import ledger
from dossierkit.stores.sqlite.database import Database
from dossierkit.stores.sqlite.payments import ATTEMPTS

_DOSSIERS = f"INSERT INTO dossiers ({', '.join(IMPORT_COLUMNS)}) VALUES ({', '.join('?' * len(IMPORT_COLUMNS))})"


def import_batch(connection: sqlite3.Connection, batch: Sequence[ImportedDossier]) -> None:
    """Write the dossiers of *batch*; totals are added up before they are written."""
    first = connection.execute("SELECT COALESCE(MAX(seq), 0) + 1 FROM dossiers").fetchone()[0]
    numbered = list(enumerate(batch, first))
    answers = [(seq, *answers_columns(imported.dossier)) for seq, imported in numbered]
    connection.executemany(_DOSSIERS, (import_row(seq, imported) for seq, imported in numbered))
    connection.executemany("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", answers)
    events = (event_row(seq, event) for seq, imported in numbered for event in imported.events)
    connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", events)
    connection.executemany("INSERT INTO files VALUES (?, ?)", file_rows(numbered, [body for _, body, *_ in answers]))
    words = ((seq, search_text(imported.dossier, imported.search)) for seq, imported in numbered if imported.search)
    connection.executemany("INSERT INTO search (rowid, words) VALUES (?, ?)", words)
    connection.executemany("INSERT INTO notes VALUES (?, ?, ?, ?)", note_rows(numbered))
    ledger.add_import(connection, first, ((seq, posting) for seq, imported in numbered for posting in imported.postings))
    ledger.add_spans(connection, (span for imported in batch for span in imported.spans))
    if posted := [posted_on(event) for imported in batch if imported.postings for event in imported.events]:
        ledger.note_posted(connection, max(posted))
    attempts = (attempt_row(seq, attempt) for seq, imported in numbered for attempt in imported.attempts)
    connection.executemany(ATTEMPTS, attempts)
    connection.executemany(
        "INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT (agency, day) DO UPDATE SET number = max(number, excluded.number)",
        ((agency, series, number) for (agency, series), number in highest_numbers(batch).items()),
    )


def skip(connection: sqlite3.Connection, gap: NumberGap) -> bool:
    """See `SeriesStore.skip`."""
    sql = """INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT (agency, day) DO UPDATE SET number = excluded.number
        WHERE number < excluded.number"""
    if connection.execute(sql, (gap.agency, gap.series, gap.last)).rowcount == 0:
        return False
    values = (gap.agency, gap.series, gap.first, gap.last, gap.at.isoformat())
    connection.execute("INSERT INTO gaps VALUES (?, ?, ?, ?, ?)", values)
    return True


def gaps(database: Database) -> tuple[NumberGap, ...]:
    """See `SeriesStore.gaps`."""
    rows = database.read("SELECT agency, series, first, last, at FROM gaps ORDER BY rowid")
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
        where, values = f"{where} AND e.actor = ?", [actor]
    if before is not None:
        # The index holds moments alone; the second condition orders events of one moment.
        where += " AND e.at <= ? AND (e.at, d.id, e.number) < (?, ?, ?)"
        values += [before[0].isoformat(), before[0].isoformat(), before[1], before[2]]
    sql = f"""SELECT d.id, e.number, e.action, e.actor, e.at, e.facts, e.before, e.hash FROM events e
        JOIN dossiers d ON d.seq = e.seq WHERE {where} ORDER BY e.at DESC, d.id DESC, e.number DESC LIMIT ?"""
    return tuple(map(event_of, database.read(sql, (*values, limit))))
