"""Series of numbers in SQLite: numbers are drawn and skipped."""

from __future__ import annotations

import sqlite3

from dossierkit.ports import NumberGap


def draw(connection: sqlite3.Connection, series: tuple[str, str] | None) -> int:
    """Next number of *series*; 0 without a series."""
    if series is None:
        return 0
    number: int = connection.execute(
        """INSERT INTO counters VALUES (?, ?, 1) ON CONFLICT (agency, day) DO UPDATE SET number = number + 1
        RETURNING number""",
        series,
    ).fetchone()[0]
    return number


def skip(connection: sqlite3.Connection, gap: NumberGap) -> bool:
    """See `SeriesStore.skip`."""
    sql = """INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT (agency, day) DO UPDATE SET number = excluded.number
        WHERE number < excluded.number"""
    if connection.execute(sql, (gap.agency, gap.series, gap.last)).rowcount == 0:
        return False
    values = (gap.agency, gap.series, gap.first, gap.last, gap.at.isoformat())
    connection.execute("INSERT INTO gaps VALUES (?, ?, ?, ?, ?)", values)
    return True
