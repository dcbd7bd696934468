"""Imports into SQLite in big transactions, series of numbers, counts and the latest events."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dossierkit.dossiers.ledger.ledger import posted_on
from dossierkit.dossiers.lifecycle.dossier import Event, blobs_of
from dossierkit.ports import ImportedDossier, NumberGap
from dossierkit.stores.imports import highest_numbers
from dossierkit.stores.rows import (
    STATE_COLUMNS,
    answers_columns,
    attempt_row,
    encoded,
    event_of,
    event_row,
    search_text,
    state_columns,
)
from dossierkit.stores.sqlite import ledger
from dossierkit.stores.sqlite.database import Database
from dossierkit.stores.sqlite.payments import ATTEMPTS

_DOSSIER_COLUMNS = ("seq", "id", "procedure", "owner", "created", *STATE_COLUMNS)
_DOSSIERS = f"INSERT INTO dossiers ({', '.join(_DOSSIER_COLUMNS)}) VALUES ({', '.join('?' * len(_DOSSIER_COLUMNS))})"

#: Dossiers with the rows that they are written to.
Numbered = Sequence[tuple[int, ImportedDossier]]


def import_batch(connection: sqlite3.Connection, batch: Sequence[ImportedDossier]) -> None:
    """Write the dossiers of *batch*; totals are added up before they are written."""
    first = connection.execute("SELECT COALESCE(MAX(seq), 0) + 1 FROM dossiers").fetchone()[0]
    numbered = list(enumerate(batch, first))
    answers = [(seq, *answers_columns(imported.dossier)) for seq, imported in numbered]
    connection.executemany(_DOSSIERS, (_dossier_row(seq, imported) for seq, imported in numbered))
    connection.executemany("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", answers)
    events = (event_row(seq, event) for seq, imported in numbered for event in imported.events)
    connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", events)
    connection.executemany("INSERT INTO files VALUES (?, ?)", _file_rows(numbered, [body for _, body, *_ in answers]))
    words = ((seq, search_text(imported.dossier, imported.search)) for seq, imported in numbered if imported.search)
    connection.executemany("INSERT INTO search (rowid, words) VALUES (?, ?)", words)
    connection.executemany("INSERT INTO notes VALUES (?, ?, ?, ?)", _note_rows(numbered))
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


def _dossier_row(seq: int, imported: ImportedDossier) -> tuple[Any, ...]:
    dossier = imported.dossier
    return seq, dossier.id, dossier.procedure, dossier.owner, dossier.created.isoformat(), *state_columns(dossier)


def _file_rows(numbered: Numbered, bodies: Sequence[str]) -> Iterator[tuple[str, int]]:
    for (seq, imported), body in zip(numbered, bodies, strict=True):
        # Only answers whose text has the beginning of a blob id are searched: walking all of them costs too much.
        if imported.dossier.attachments or "sha256-" in body:
            yield from ((blob, seq) for blob in blobs_of(imported.dossier))


def _note_rows(numbered: Numbered) -> Iterator[tuple[Any, ...]]:
    for seq, imported in numbered:
        for number, note in imported.said.items():
            yield seq, number, note.text, encoded(note.before) if note.before is not None else None


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
