"""The ledger in PostgreSQL: postings for drill-down, totals by half-month for reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from dossierkit.dossiers.ledger.ledger import Measure, Posting, Span, begin_of_half, ends_a_half, half_of, posted_on
from dossierkit.dossiers.ledger.reports import DIMENSIONS, Figure, Sums
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event
from dossierkit.dossiers.states import Channel
from dossierkit.stores.postgres.database import Database
from dossierkit.stores.postgres.transactions import Batch
from dossierkit.stores.rows import SELECT, dossier_of

#: Fact with the last posted day.
LAST = "last posted day"


def day_of_fact(body: str | None) -> date | None:
    """The day in the fact `LAST`."""
    return date.fromisoformat(body.strip('"')) if body else None


def add(batch: Batch, seq: int, event: Event, postings: Sequence[Posting], spans: Iterable[Span], last: date | None) -> None:
    """Write the postings and spans of *event* of the dossier in row *seq*, and add them to the totals.

    Args:
        last: last posted day so far.
    """
    add_spans(batch, spans)
    if postings:
        add_postings(batch, ((seq, posting) for posting in postings))
        note_posted(batch, posted_on(event), last)


def add_postings(batch: Batch, postings: Iterable[tuple[int, Posting]]) -> None:
    """Write postings with the rows of their dossiers, and add them to the totals."""
    for seq, posting in postings:
        cell = dict(zip(_DIMENSIONS, dimensions(posting), strict=True))
        batch.write_later(_POSTINGS, {"day": posting.day.isoformat(), "seq": seq, **cell, "count": posting.count})
        batch.count_later(_TOTALS, {"half": half_of(posting.day), **cell}, posting.count)
        batch.count_later(_TOTALS_BY_YEAR, {"year": f"{posting.day:%Y}", **cell}, posting.count)
        batch.posted += 1


_DIMENSIONS = ("unit", "sector", "procedure", "channel", "measure")
_POSTINGS = """INSERT INTO postings (day, seq, unit, sector, procedure, channel, measure, count)
    SELECT day, seq, unit, sector, procedure, channel, measure, count FROM json_populate_recordset(NULL::postings, %s)"""
_TOTALS = """INSERT INTO totals SELECT * FROM json_populate_recordset(NULL::totals, %s)
    ON CONFLICT (half, unit, sector, procedure, channel, measure) DO UPDATE SET count = totals.count + excluded.count"""
_TOTALS_BY_YEAR = """INSERT INTO totals_by_year SELECT * FROM json_populate_recordset(NULL::totals_by_year, %s)
    ON CONFLICT (year, unit, sector, procedure, channel, measure)
    DO UPDATE SET count = totals_by_year.count + excluded.count"""
_SPANS = """INSERT INTO spans SELECT * FROM json_populate_recordset(NULL::spans, %s)
    ON CONFLICT (year, procedure, days) DO UPDATE SET count = spans.count + excluded.count"""


def dimensions(posting: Posting) -> tuple[str, str, str, int, str]:
    """Columns of *posting* that sums are made by: unit, sector, procedure, channel, measure."""
    return posting.unit, posting.sector, posting.procedure, int(posting.channel), posting.measure.value


def note_posted(batch: Batch, day: date, last: date | None) -> None:
    """Raise the last posted day to *day* if *last*, the one that was read, is before it."""
    # Not with every action: programs that write the same row wait for each other.
    if last is None or last < day:
        batch.execute(
            """INSERT INTO facts VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET body = excluded.body
            WHERE facts.body < excluded.body""",
            (LAST, f'"{day.isoformat()}"'),
        )


def add_spans(batch: Batch, spans: Iterable[Span]) -> None:
    """Add the counts of *spans*."""
    for span in spans:
        batch.count_later(_SPANS, {"year": span.year, "procedure": span.procedure, "days": span.days}, span.count)


def sums(database: Database, until: date, by: Sequence[str]) -> Sums:
    """See `LedgerStore.sums`: whole years, then whole half-months, then the days of the half-month that has begun."""
    assert set(by) <= set(DIMENSIONS), "reports ask for dimensions alone"
    columns = "".join(f"{name}, " for name in by) + "channel, measure"
    year, half = f"{until:%Y}", half_of(until)
    whole_year, whole_half = (until.month, until.day) == (12, 31), ends_a_half(until)
    parts: list[tuple[str, str, tuple[str, ...]]] = [("totals_by_year", "year <= %s" if whole_year else "year < %s", (year,))]
    if not whole_year:
        parts.append(("totals", "half BETWEEN %s AND %s" if whole_half else "half >= %s AND half < %s", (f"{year}-01-1", half)))
    if not whole_half:
        parts.append(("postings", "day BETWEEN %s AND %s", (begin_of_half(until).isoformat(), until.isoformat())))
    sql = " UNION ALL ".join(
        f"SELECT {columns}, SUM(count)::bigint FROM {table} WHERE {where} GROUP BY {columns}" for table, where, _ in parts
    )
    counts: dict[tuple[tuple[str, ...], Channel, Measure], int] = {}
    bounds = tuple(bound for _, _, bounds in parts for bound in bounds)
    for *key_values, channel, measure, count in database.read(sql, bounds):
        key = (tuple(map(str, key_values)), Channel(channel), Measure(measure))
        counts[key] = counts.get(key, 0) + count
    return counts


def last_posting(database: Database) -> int:
    """See `LedgerStore.last_posting`: the number of postings, as rows of programs that write at once come out of order."""
    return int(database.read("SELECT COALESCE(SUM(posted), 0) FROM writers")[0][0])


def counted_dossiers(database: Database, figure: Figure, before: str | None, limit: int) -> tuple[Dossier, ...]:
    """See `LedgerStore.behind`."""
    sql, values = _counted_rows(figure, before, limit)
    return tuple(map(dossier_of, database.read(f"{SELECT} WHERE d.seq IN ({sql}) ORDER BY d.seq DESC", tuple(values))))


def _counted_rows(figure: Figure, before: str | None, limit: int) -> tuple[str, list[Any]]:
    """Statement for the rows of the dossiers that *figure* counts, newest first, and its values."""
    assert set(figure.where) <= set(DIMENSIONS), "reports ask for dimensions alone"
    marks = {name: ", ".join(["%s"] * len(getattr(figure, name))) for name in ("plus", "minus")}
    measures: list[Any] = [measure.value for measure in (*figure.plus, *figure.minus)]
    total = f"SUM(CASE WHEN measure IN ({marks['plus']}) THEN count WHEN measure IN ({marks['minus']}) THEN -count ELSE 0 END)"
    conditions: list[tuple[str, str]] = [("day <= %s", figure.last.isoformat())]
    if figure.first is not None:
        conditions.append(("day >= %s", figure.first.isoformat()))
    if before is not None:
        conditions.append(("seq < (SELECT seq FROM dossiers WHERE id = %s)", before))
    conditions += [(f"{name} = %s", value) for name, value in figure.where.items()]
    where = " AND ".join(condition for condition, _ in conditions)
    sql = f"SELECT seq FROM postings WHERE {where} GROUP BY seq HAVING {total} > 0 ORDER BY seq DESC LIMIT %s"
    return sql, [*(value for _, value in conditions), *measures, limit]


def spans(database: Database, year: int | None) -> tuple[Span, ...]:
    """See `LedgerStore.spans`."""
    sql, values = "SELECT year, procedure, days, count FROM spans WHERE count <> 0", ()
    if year is not None:
        sql, values = f"{sql} AND year = %s", (year,)  # type: ignore[assignment]  # one value more
    return tuple(Span(*row) for row in database.read(f"{sql} ORDER BY year, procedure, days", values))


def postings(database: Database) -> Iterator[Posting]:
    """See `LedgerStore.postings`."""
    last = 0
    columns = "place, day, unit, sector, procedure, channel, measure, count"
    while rows := database.read(f"SELECT {columns} FROM postings WHERE place > %s ORDER BY place LIMIT 1000", (last,)):
        for row in rows:
            yield Posting(date.fromisoformat(row[1]), row[2], row[3], row[4], Channel(row[5]), Measure(row[6]), row[7])
        last = rows[-1][0]
