"""Reads that are the same statements in every store with tables.

Values are written `?`, as in SQLite; a database with another mark puts its own in place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from dossierkit.dossiers.ledger.ledger import Measure, Span, begin_of_half, ends_a_half, half_of
from dossierkit.dossiers.ledger.reports import DIMENSIONS, Figure, Sums
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, Query
from dossierkit.dossiers.states import Channel, State
from dossierkit.ports import Publication
from dossierkit.stores.rows import SELECT, dossier_of, event_of, publication_of


class Reader(Protocol):
    """A database that answers statements."""

    def read(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """Rows of a statement that writes nothing; its values are marked `?`."""
        ...


def sums(database: Reader, until: date, by: Sequence[str]) -> Sums:
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
        f"SELECT {columns}, CAST(SUM(count) AS bigint) FROM {table} WHERE {where} GROUP BY {columns}" for table, where, _ in parts
    )
    counts: dict[tuple[tuple[str, ...], Channel, Measure], int] = {}
    bounds = tuple(bound for _, _, bounds in parts for bound in bounds)
    for *key_values, channel, measure, count in database.read(sql, bounds):
        key = (tuple(map(str, key_values)), Channel(channel), Measure(measure))
        counts[key] = counts.get(key, 0) + count
    return counts


def behind(database: Reader, figure: Figure, before: str | None, limit: int) -> tuple[Dossier, ...]:
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


def spans(database: Reader, year: int | None) -> tuple[Span, ...]:
    """See `LedgerStore.spans`."""
    sql, values = "SELECT year, procedure, days, count FROM spans WHERE count <> 0", ()
    if year is not None:
        sql, values = f"{sql} AND year = ?", (year,)  # type: ignore[assignment]  # one value more
    return tuple(Span(*row) for row in database.read(f"{sql} ORDER BY year, procedure, days", values))


def latest(database: Reader, before: tuple[datetime, str, int] | None, actor: str, limit: int) -> tuple[Event, ...]:
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


def revisions(database: Reader) -> Mapping[tuple[str, str], int]:
    """See `BundleStore.revisions`."""
    rows = database.read("SELECT procedure, revision, COUNT(*) FROM dossiers GROUP BY procedure, revision")
    return {(procedure, revision): count for procedure, revision, count in rows}


def state_condition(query: Query) -> str:
    """The states as literal numbers: indexes of some states are used for literals only."""
    if query.state is not None:
        return f" AND d.state = {int(query.state)}"
    if query.states:
        return f" AND d.state IN ({', '.join(str(int(state)) for state in query.states)})"
    return f" AND d.state <> {int(State.CANCELLED)}"


def counters(database: Reader) -> Mapping[tuple[str, str], int]:
    """See `SeriesStore.counters`."""
    rows = database.read("SELECT agency, day, number FROM counters")
    return {(agency, series): number for agency, series, number in rows}


def publications(database: Reader, before: int | None, limit: int) -> tuple[Publication, ...]:
    """See `PublicationStore.publications`."""
    condition, values = ("WHERE number < ?", (before, limit)) if before is not None else ("", (limit,))
    sql = f"SELECT number, at, author, files FROM publications {condition} ORDER BY number DESC LIMIT ?"
    return tuple(map(publication_of, database.read(sql, values)))


def last_publication(database: Reader) -> int:
    """See `PublicationStore.last_publication`."""
    return int(database.read("SELECT COALESCE(MAX(number), 0) FROM publications")[0][0])


def published_file(database: Reader, digest: str) -> bytes | None:
    """See `PublicationStore.published_file`."""
    rows = database.read("SELECT body FROM published_files WHERE digest = ?", (digest,))
    return bytes(rows[0][0]) if rows else None
