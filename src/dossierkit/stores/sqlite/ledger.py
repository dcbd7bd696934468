"""The ledger in SQLite: postings for drill-down, totals by half-month for reports."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date

from dossierkit.dossiers.ledger.ledger import Posting, Span, half_of, posted_on
from dossierkit.dossiers.lifecycle.dossier import Event
from dossierkit.stores.sqlite.database import Database

#: Fact with the last posted day.
_LAST = "last posted day"


#: Selects the fact with the last posted day.
LAST_POSTED = f"SELECT body FROM facts WHERE name = '{_LAST}'"


def posted_day(body: str | None) -> date | None:
    """The day in the *body* of the fact with the last posted day; None while there is none."""
    return date.fromisoformat(body.strip('"')) if body else None


def add(connection: sqlite3.Connection, seq: int, event: Event, postings: Sequence[Posting], spans: Iterable[Span]) -> None:
    """Write the postings and spans of *event* of the dossier in row *seq*, and add them to the totals."""
    add_spans(connection, spans)
    if not postings:
        return
    for posting in postings:
        cell = (*dimensions(posting), posting.count)
        connection.execute("INSERT INTO postings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (posting.day.isoformat(), seq, *cell))
        for table, span in (("totals", half_of(posting.day)), ("totals_by_year", f"{posting.day:%Y}")):
            connection.execute(
                f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
                (span, *cell),
            )
    note_posted(connection, posted_on(event))


def dimensions(posting: Posting) -> tuple[str, str, str, int, str]:
    """Columns of *posting* that sums are made by: unit, sector, procedure, channel, measure."""
    return posting.unit, posting.sector, posting.procedure, int(posting.channel), posting.measure.value


#: `ledger.half_of` of the day of a posting, and its year, as SQL.
HALF = "substr(day, 1, 7) || CASE WHEN substr(day, 9) < '15' THEN '-1' ELSE '-2' END"
YEAR = "substr(day, 1, 4)"


def note_posted(connection: sqlite3.Connection, day: date) -> None:
    """Raise the last posted day to *day*."""
    row = connection.execute(LAST_POSTED).fetchone()
    if row is None or (posted_day(row[0]) or day) < day:
        connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (_LAST, f'"{day.isoformat()}"'))


def add_import(connection: sqlite3.Connection, first: int, postings: Iterable[tuple[int, Posting]]) -> None:
    """Write postings with the rows of their dossiers, and add those of rows from *first* on to the totals."""
    rows = ((posting.day.isoformat(), seq, *dimensions(posting), posting.count) for seq, posting in postings)
    connection.executemany("INSERT INTO postings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    for table, span in (("totals", HALF), ("totals_by_year", YEAR)):
        connection.execute(
            f"""INSERT INTO {table} SELECT {span}, unit, sector, procedure, channel, measure, SUM(count)
            FROM postings WHERE seq >= ? GROUP BY 1, 2, 3, 4, 5, 6 ON CONFLICT DO UPDATE SET count = count + excluded.count""",
            (first,),
        )


def add_spans(connection: sqlite3.Connection, spans: Iterable[Span]) -> None:
    """Add the counts of *spans*."""
    connection.executemany(
        "INSERT INTO spans VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        ((span.year, span.procedure, span.days, span.count) for span in spans),
    )


def last_posting(database: Database) -> int:
    """See `LedgerStore.last_posting`."""
    return int(database.read("SELECT IFNULL(MAX(rowid), 0) FROM postings")[0][0])
