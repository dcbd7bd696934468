"""The ledger in SQLite: postings for drill-down, totals by half-month for reports."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from dossierkit.dossiers.dossier import Event
from dossierkit.dossiers.ledger import Measure, Posting, begin_of_half, ends_a_half, half_of, posted_on
from dossierkit.dossiers.reports import DIMENSIONS, Sums
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
        connection.execute(
            """INSERT INTO totals VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (half, unit, sector, procedure, channel, measure) DO UPDATE SET count = count + excluded.count""",
            (half_of(one.day), *place),
        )
    connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (_LAST, f'"{posted_on(event).isoformat()}"'))


def sums(read: Read, until: date, by: Sequence[str]) -> Sums:
    """See `DossierStore.sums`: whole half-months from the totals, the days of a begun one from the postings."""
    assert set(by) <= set(DIMENSIONS), "reports ask for dimensions alone"
    columns = "".join(f"{name}, " for name in by) + "channel, measure"
    whole = "<=" if ends_a_half(until) else "<"
    parts = [f"SELECT {columns}, SUM(count) FROM totals WHERE half {whole} ? GROUP BY {columns}"]
    values: list[str] = [half_of(until)]
    if not ends_a_half(until):
        parts.append(f"SELECT {columns}, SUM(count) FROM postings WHERE day BETWEEN ? AND ? GROUP BY {columns}")
        values += [begin_of_half(until).isoformat(), until.isoformat()]
    found: dict[tuple[tuple[str, ...], Channel, Measure], int] = {}
    for *dimensions, channel, measure, count in read(" UNION ALL ".join(parts), tuple(values)):
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
