"""The ledger in SQLite: postings for drill-down, totals by half-month for reports."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from dossierkit.dossiers.ledger.ledger import Measure, Posting, Span, begin_of_half, ends_a_half, half_of, posted_on
from dossierkit.dossiers.ledger.reports import DIMENSIONS, Figure, Sums
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event
from dossierkit.dossiers.states import Channel
from dossierkit.stores.rows import SELECT, dossier_of
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


def sums(database: Database, until: date, by: Sequence[str]) -> Sums:
    """See `LedgerStore.sums`: whole years, then whole half-months, then the days of the half-month that has begun."""
    assert set(by) <= set(DIMENSIONS), "reports ask for dimensions alone"
    columns = "".join(f"{name}, " for name in by) + "channel, measure"
    year, half = f"{until:%Y}", half_of(until)
    whole_year, whole_half = (until.month, until.day) == (12, 31), ends_a_half(until)
    parts: list[tuple[str, str, tuple[str, ...]]] = [("totals_by_year", "year <= ?" if whole_year else "year < ?", (year,))]
    if not whole_year:
        parts.append(("totals", "half BETWEEN ? AND ?" if whole_half else "half >= ? AND half < ?", (f"{year}-01-1", half)))
    if not whole_half:
        parts.append(("postings", "day BETWEEN ? AND ?", (begin_of_half(until).isoformat(), until.isoformat())))
    sql = " UNION ALL ".join(
        f"SELECT {columns}, SUM(count) FROM {table} WHERE {where} GROUP BY {columns}" for table, where, _ in parts
    )
    counts: dict[tuple[tuple[str, ...], Channel, Measure], int] = {}
    bounds = tuple(bound for _, _, bounds in parts for bound in bounds)
    for *key_values, channel, measure, count in database.read(sql, bounds):
        key = (tuple(map(str, key_values)), Channel(channel), Measure(measure))
        counts[key] = counts.get(key, 0) + count
    return counts


def last_posting(database: Database) -> int:
    """See `LedgerStore.last_posting`."""
    return int(database.read("SELECT IFNULL(MAX(rowid), 0) FROM postings")[0][0])


def counted_dossiers(database: Database, figure: Figure, before: str | None, limit: int) -> tuple[Dossier, ...]:
    """See `LedgerStore.behind`."""
    sql, values = _counted_rows(figure, before, limit)
    return tuple(map(dossier_of, database.read(f"{SELECT} WHERE d.seq IN ({sql}) ORDER BY d.seq DESC", tuple(values))))


def _counted_rows(figure: Figure, before: str | None, limit: int) -> tuple[str, list[Any]]:
    """Statement for the rows of the dossiers that *figure* counts, newest first, and its values."""
    assert set(figure.where) <= set(DIMENSIONS), "reports ask for dimensions alone"
    marks = {name: ", ".join("?" * len(getattr(figure, name))) for name in ("plus", "minus")}
    measures: list[Any] = [measure.value for measure in (*figure.plus, *figure.minus)]
    total = f"SUM(CASE WHEN measure IN ({marks['plus']}) THEN count WHEN measure IN ({marks['minus']}) THEN -count ELSE 0 END)"
    conditions: list[tuple[str, str]] = [("day <= ?", figure.last.isoformat())]
    if figure.first is not None:
        conditions.append(("day >= ?", figure.first.isoformat()))
    if before is not None:
        conditions.append(("seq < (SELECT seq FROM dossiers WHERE id = ?)", before))
    conditions += [(f"{name} = ?", value) for name, value in figure.where.items()]
    where = " AND ".join(condition for condition, _ in conditions)
    sql = f"SELECT seq FROM postings WHERE {where} GROUP BY seq HAVING {total} > 0 ORDER BY seq DESC LIMIT ?"
    return sql, [*(value for _, value in conditions), *measures, limit]


def spans(database: Database, year: int | None) -> tuple[Span, ...]:
    """See `LedgerStore.spans`."""
    sql, values = "SELECT year, procedure, days, count FROM spans WHERE count <> 0", ()
    if year is not None:
        sql, values = f"{sql} AND year = ?", (year,)  # type: ignore[assignment]  # one value more
    return tuple(Span(*row) for row in database.read(f"{sql} ORDER BY year, procedure, days", values))


def postings(database: Database) -> Iterator[Posting]:
    """See `LedgerStore.postings`."""
    last = 0
    columns = "rowid, day, unit, sector, procedure, channel, measure, count"
    while rows := database.read(f"SELECT {columns} FROM postings WHERE rowid > ? ORDER BY rowid LIMIT 1000", (last,)):
        for row in rows:
            yield Posting(date.fromisoformat(row[1]), row[2], row[3], row[4], Channel(row[5]), Measure(row[6]), row[7])
        last = rows[-1][0]
