"""The ledger in SQLite: postings for drill-down, totals by half-month for reports."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from dossierkit.dossiers.ledger.ledger import Measure, Posting, Span, begin_of_half, ends_a_half, half_of, posted_on
from dossierkit.dossiers.ledger.reports import DIMENSIONS, Figure, Sums
from dossierkit.dossiers.lifecycle.dossier import Event
from dossierkit.dossiers.states import Channel

Read = Callable[..., list[Any]]
_LAST = "last posted day"


def last_posted(connection: sqlite3.Connection) -> date | None:
    """The last day on which somebody did something that was posted."""
    row = connection.execute("SELECT body FROM facts WHERE name = ?", (_LAST,)).fetchone()
    return date.fromisoformat(row[0].strip('"')) if row else None


def keep_postings(connection: sqlite3.Connection, seq: int, event: Event, made: Sequence[Posting]) -> None:
    """Keeps what *event* of the dossier *seq* adds, for itself and in the totals."""
    if not made:
        return
    for one in made:
        place = (one.unit, one.sector, one.procedure, int(one.channel), one.measure.value, one.count)
        connection.execute("INSERT INTO postings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (one.day.isoformat(), seq, *place))
        for table, span in (("totals", half_of(one.day)), ("totals_by_year", f"{one.day:%Y}")):
            connection.execute(
                f"""INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count""",
                (span, *place),
            )
    note_posted(connection, posted_on(event))


#: What `ledger.half_of` says of a posting's day, and its year.
HALF = "substr(day, 1, 7) || CASE WHEN substr(day, 9) < '15' THEN '-1' ELSE '-2' END"
YEAR = "substr(day, 1, 4)"


def note_posted(connection: sqlite3.Connection, day: date) -> None:
    """Keeps that something was posted on *day*, unless a later day is known."""
    if (last := last_posted(connection)) is None or last < day:
        connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (_LAST, f'"{day.isoformat()}"'))


def behind(figure: Figure, before: str | None, limit: int) -> tuple[str, list[Any]]:
    """What gives the numbers (seq) of the dossiers that *figure* counts, newest first, and its values."""
    assert set(figure.where) <= set(DIMENSIONS), "reports ask for dimensions alone"
    marks = {name: ", ".join("?" * len(getattr(figure, name))) for name in ("plus", "minus")}
    values: list[Any] = [*(one.value for one in figure.plus), *(one.value for one in figure.minus)]
    added = f"SUM(CASE WHEN measure IN ({marks['plus']}) THEN count WHEN measure IN ({marks['minus']}) THEN -count ELSE 0 END)"
    where, last = "day <= ?", [figure.last.isoformat()]
    if figure.first is not None:
        where, last = f"day >= ? AND {where}", [figure.first.isoformat(), *last]
    if before is not None:
        where, last = f"{where} AND seq < (SELECT seq FROM dossiers WHERE id = ?)", [*last, before]
    for name, value in figure.where.items():
        where, last = f"{where} AND {name} = ?", [*last, value]
    sql = f"SELECT seq FROM postings WHERE {where} GROUP BY seq HAVING {added} > 0 ORDER BY seq DESC LIMIT ?"
    return sql, [*last, *values, limit]


def keep_spans(connection: sqlite3.Connection, found: Iterable[Span]) -> None:
    """Adds to how long dossiers took."""
    connection.executemany(
        "INSERT INTO spans VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        ((one.year, one.procedure, one.days, one.count) for one in found),
    )


def every_span(read: Read, year: int | None) -> tuple[Span, ...]:
    """See `DossierStore.spans`."""
    sql, values = "SELECT year, procedure, days, count FROM spans WHERE count <> 0", ()
    if year is not None:
        sql, values = f"{sql} AND year = ?", (year,)  # type: ignore[assignment]  # one value more
    return tuple(Span(*row) for row in read(f"{sql} ORDER BY year, procedure, days", values))


def sums(read: Read, until: date, by: Sequence[str]) -> Sums:
    """See `DossierStore.sums`: whole years, then whole half-months, then the days of a begun one."""
    assert set(by) <= set(DIMENSIONS), "reports ask for dimensions alone"
    columns = "".join(f"{name}, " for name in by) + "channel, measure"
    year, half = f"{until:%Y}", half_of(until)
    whole_year, whole_half = (until.month, until.day) == (12, 31), ends_a_half(until)
    asked: list[tuple[str, str, tuple[str, ...]]] = [("totals_by_year", "year <= ?" if whole_year else "year < ?", (year,))]
    if not whole_year:
        asked.append(("totals", "half BETWEEN ? AND ?" if whole_half else "half >= ? AND half < ?", (f"{year}-01-1", half)))
    if not whole_half:
        asked.append(("postings", "day BETWEEN ? AND ?", (begin_of_half(until).isoformat(), until.isoformat())))
    sql = " UNION ALL ".join(f"SELECT {columns}, SUM(count) FROM {t} WHERE {where} GROUP BY {columns}" for t, where, _ in asked)
    values = tuple(value for _, _, some in asked for value in some)
    found: dict[tuple[tuple[str, ...], Channel, Measure], int] = {}
    for *dimensions, channel, measure, count in read(sql, values):
        key = (tuple(map(str, dimensions)), Channel(channel), Measure(measure))
        found[key] = found.get(key, 0) + count
    return found


def every_posting(read: Read) -> Iterator[Posting]:
    """See `DossierStore.postings`."""
    last = 0
    columns = "rowid, day, unit, sector, procedure, channel, measure, count"
    while rows := read(f"SELECT {columns} FROM postings WHERE rowid > ? ORDER BY rowid LIMIT 1000", (last,)):
        for row in rows:
            yield Posting(date.fromisoformat(row[1]), row[2], row[3], row[4], Channel(row[5]), Measure(row[6]), row[7])
        last = rows[-1][0]
