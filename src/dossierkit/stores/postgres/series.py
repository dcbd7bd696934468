"""Series of numbers in PostgreSQL: numbers are drawn and skipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dossierkit.ports import NumberGap
from dossierkit.stores.postgres.transactions import Batch


def draw(batch: Batch, drawing: Sequence[tuple[str, str]]) -> list[int]:
    """Next number of the series for each of *drawing*.

    Other transactions that draw from a series wait for this one, so that no number is lost; series come in one order, so that
    no two wait for each other.
    """
    sql = """INSERT INTO counters VALUES (%s, %s, %s)
        ON CONFLICT (agency, day) DO UPDATE SET number = counters.number + excluded.number RETURNING number"""
    counts = Counter(drawing)
    sent = {series: batch.execute(sql, (*series, count)) for series, count in sorted(counts.items())}
    last = {series: cursor.fetchall()[0][0] for series, cursor in sent.items()}
    numbers = {series: iter(range(last[series] - count + 1, last[series] + 1)) for series, count in counts.items()}
    return [next(numbers[series]) for series in drawing]


def skip(batch: Batch, gap: NumberGap) -> bool:
    """See `SeriesStore.skip`."""
    sql = """INSERT INTO counters VALUES (%s, %s, %s) ON CONFLICT (agency, day) DO UPDATE SET number = excluded.number
        WHERE counters.number < excluded.number RETURNING number"""
    if batch.execute(sql, (gap.agency, gap.series, gap.last)).fetchone() is None:
        return False
    values = (gap.agency, gap.series, gap.first, gap.last, gap.at.isoformat())
    batch.execute("INSERT INTO gaps (agency, series, first, last, at) VALUES (%s, %s, %s, %s, %s)", values)
    return True
