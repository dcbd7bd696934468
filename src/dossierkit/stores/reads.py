"""Reads that are the same statements in SQLite and PostgreSQL.

Values are written `?`, as in SQLite; a database with another mark puts its own in place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from dossierkit.dossiers.ledger.ledger import Measure, Posting, Span, begin_of_half, ends_a_half, half_of
from dossierkit.dossiers.ledger.reports import DIMENSIONS, Figure, Sums
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, Note, Query
from dossierkit.dossiers.mails import Outgoing
from dossierkit.dossiers.people.access_token import AccessToken
from dossierkit.dossiers.states import Channel, State
from dossierkit.pointers import Json
from dossierkit.ports import NumberGap, Publication
from dossierkit.stores.rows import OUTGOING_COLUMNS, SELECT, access_token_of, dossier_of, event_of, outgoing_of, publication_of

_EVENTS = """SELECT d.id, e.number, e.action, e.actor, e.at, e.facts, e.before, e.hash
    FROM events e JOIN dossiers d ON d.seq = e.seq"""


class Reader(Protocol):
    """A database that answers statements."""

    def read(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """Rows of a statement that writes nothing; its values are marked `?`."""
        ...


# --- dossiers ---------------------------------------------------------------------------------------------------------


def dossier(database: Reader, column: str, value: str) -> Dossier | None:
    """The dossier whose *column* has the value."""
    rows = database.read(f"{SELECT} WHERE d.{column} = ?", (value,))
    return dossier_of(rows[0]) if rows else None


def every(database: Reader) -> Iterator[Dossier]:
    """See `DossierStore.every`."""
    seq = 0
    while rows := database.read(f"{SELECT} WHERE d.seq > ? ORDER BY d.seq LIMIT 500", (seq,)):
        yield from map(dossier_of, rows)
        seq = rows[-1][0]


def size(database: Reader) -> int:
    """See `UpkeepStore.size`."""
    return int(database.read("SELECT COUNT(*) FROM dossiers")[0][0])


def cancelled_drafts(database: Reader, before: datetime, limit: int) -> tuple[Dossier, ...]:
    """See `DraftStore.cancelled_drafts`."""
    sql = f"{SELECT} WHERE d.state = {int(State.CANCELLED)} AND d.changed < ? LIMIT ?"
    return tuple(map(dossier_of, database.read(sql, (before.isoformat(), limit))))


def idle_drafts(database: Reader, until: datetime, after: tuple[datetime, str] | None, limit: int) -> tuple[Dossier, ...]:
    """See `DraftStore.idle_drafts`."""
    # The state is a literal, or the index of drafts would not be used.
    sql = f"{SELECT} WHERE d.state = {int(State.DRAFT)} AND d.changed <= ?"
    values: list[object] = [until.isoformat()]
    if after is not None:
        sql, values = f"{sql} AND (d.changed, d.id) > (?, ?)", [*values, after[0].isoformat(), after[1]]
    return tuple(map(dossier_of, database.read(f"{sql} ORDER BY d.changed, d.id LIMIT ?", (*values, limit))))


def events(database: Reader, id: str) -> tuple[Event, ...]:
    """See `DossierStore.events`."""
    return tuple(map(event_of, database.read(f"{_EVENTS} WHERE d.id = ? ORDER BY e.number", (id,))))


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
    sql = f"{_EVENTS} WHERE {where} ORDER BY e.at DESC, d.id DESC, e.number DESC LIMIT ?"
    return tuple(map(event_of, database.read(sql, (*values, limit))))


def notes(database: Reader, id: str) -> Mapping[int, Note]:
    """See `DossierStore.notes`."""
    sql = "SELECT n.number, n.body, n.before FROM notes n JOIN dossiers d ON d.seq = n.seq WHERE d.id = ?"
    rows = database.read(sql, (id,))
    return {number: Note(text, json.loads(before) if before else None) for number, text, before in rows}


def owners(database: Reader, blob: str) -> frozenset[str]:
    """See `DossierStore.owners`."""
    sql = "SELECT DISTINCT d.owner FROM files f JOIN dossiers d ON d.seq = f.seq WHERE f.blob = ?"
    return frozenset(str(owner) for (owner,) in database.read(sql, (blob,)))


def is_named(database: Reader, blob: str) -> bool:
    """See `DossierStore.is_named`."""
    return bool(database.read("SELECT 1 FROM files WHERE blob = ? LIMIT 1", (blob,)))


def state_condition(query: Query) -> str:
    """The states as literal numbers: indexes of some states are used for literals only."""
    if query.state is not None:
        return f" AND d.state = {int(query.state)}"
    if query.states:
        return f" AND d.state IN ({', '.join(str(int(state)) for state in query.states)})"
    return f" AND d.state <> {int(State.CANCELLED)}"


# --- ledger -----------------------------------------------------------------------------------------------------------


def postings(database: Reader, row: str) -> Iterator[Posting]:
    """See `LedgerStore.postings`.

    Args:
        row: the column that numbers the rows.
    """
    last = 0
    columns = f"{row}, day, unit, sector, procedure, channel, measure, count"
    while rows := database.read(f"SELECT {columns} FROM postings WHERE {row} > ? ORDER BY {row} LIMIT 1000", (last,)):
        for _, day, unit, sector, procedure, channel, measure, count in rows:
            yield Posting(date.fromisoformat(day), unit, sector, procedure, Channel(channel), Measure(measure), count)
        last = rows[-1][0]


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


# --- installation -----------------------------------------------------------------------------------------------------


def bundle(database: Reader, revision: str) -> bytes | None:
    """See `BundleStore.bundle`."""
    rows = database.read("SELECT body FROM bundles WHERE revision = ?", (revision,))
    return bytes(rows[0][0]) if rows else None


def revisions(database: Reader) -> Mapping[tuple[str, str], int]:
    """See `BundleStore.revisions`."""
    rows = database.read("SELECT procedure, revision, COUNT(*) FROM dossiers GROUP BY procedure, revision")
    return {(procedure, revision): count for procedure, revision, count in rows}


def recall(database: Reader, key: str) -> Json:
    """See `FactStore.recall`."""
    rows = database.read("SELECT body FROM facts WHERE name = ?", (key,))
    return json.loads(rows[0][0]) if rows else None


def counters(database: Reader) -> Mapping[tuple[str, str], int]:
    """See `SeriesStore.counters`."""
    rows = database.read("SELECT agency, day, number FROM counters")
    return {(agency, series): number for agency, series, number in rows}


def gaps(database: Reader, row: str) -> tuple[NumberGap, ...]:
    """See `SeriesStore.gaps`.

    Args:
        row: the column that numbers the rows.
    """
    rows = database.read(f"SELECT agency, series, first, last, at FROM gaps ORDER BY {row}")
    return tuple(NumberGap(agency, series, first, last, datetime.fromisoformat(at)) for agency, series, first, last, at in rows)


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


# --- outbox -----------------------------------------------------------------------------------------------------------


def bounces(database: Reader, to: str) -> bool:
    """See `Outbox.bounces`."""
    sql = "SELECT delivered IS NULL FROM outbox WHERE receiver = ? AND due IS NULL ORDER BY seq DESC LIMIT 1"
    rows = database.read(sql, (to,))
    return bool(rows and rows[0][0])


def dead_letters(database: Reader, limit: int) -> tuple[Outgoing, ...]:
    """See `Outbox.dead_letters`."""
    sql = f"SELECT {OUTGOING_COLUMNS} FROM outbox WHERE delivered IS NULL AND due IS NULL ORDER BY seq DESC LIMIT ?"
    return tuple(map(outgoing_of, database.read(sql, (limit,))))


def backlog(database: Reader) -> tuple[int, int]:
    """See `Outbox.backlog`."""
    [(count, oldest)] = database.read("SELECT COUNT(*), COALESCE(MIN(seq), 0) FROM outbox WHERE due IS NOT NULL")
    return count, oldest


def failures(database: Reader) -> tuple[Outgoing, ...]:
    """See `Outbox.failures`."""
    sql = f"SELECT {OUTGOING_COLUMNS} FROM outbox WHERE delivered IS NULL AND tries > 0 ORDER BY seq LIMIT 500"
    return tuple(map(outgoing_of, database.read(sql)))


# --- access tokens ----------------------------------------------------------------------------------------------------


def access_token(database: Reader, hash: str) -> AccessToken | None:
    """See `AccountStore.access_token`."""
    rows = database.read("SELECT body FROM access_tokens WHERE hash = ?", (hash,))
    return access_token_of(rows[0]) if rows else None


def access_tokens(database: Reader) -> tuple[AccessToken, ...]:
    """See `AccountStore.access_tokens`."""
    return tuple(map(access_token_of, database.read("SELECT body FROM access_tokens ORDER BY name")))
