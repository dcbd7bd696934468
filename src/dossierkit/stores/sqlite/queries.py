"""Dossiers and events in SQLite by what is asked for: queries, revisions, latest events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dossierkit.dossiers.lifecycle.dossier import Event, Query
from dossierkit.dossiers.states import State
from dossierkit.stores.rows import COLUMNS, SELECT, event_of, owner_word, unit_word
from dossierkit.stores.sqlite.database import Database

#: The search leads the join: it yields rows newest first, and stops when a page is full.
_SEARCHED = f"{COLUMNS} FROM search CROSS JOIN dossiers d ON d.seq = search.rowid JOIN answers a ON a.seq = d.seq"


def find(owner: str | None, query: Query, before: str | None, limit: int) -> tuple[str, list[Any]]:
    """Statement of `DossierStore.find`, and its values."""
    conditions: list[tuple[str, Any]] = [("d.owner = ?", owner)] if owner is not None else [("d.code > ?", "")]
    if query.code:
        conditions.append(("instr(replace(replace(d.code, '-', ''), '.', ''), ?) > 0", query.code))
    if query.procedure:
        conditions.append(("d.procedure = ?", query.procedure))
    if query.since is not None:
        conditions.append(("d.submitted >= ?", query.since.isoformat()))
    if query.until is not None:
        conditions.append(("d.submitted < ?", query.until.isoformat()))
    conditions += _office_conditions(query)
    select, row = SELECT, "d.seq"
    if words := query.words.split():
        select, row = _SEARCHED, "search.rowid"
        typed = " ".join('"{}"*'.format(word.replace('"', '""')) for word in words)
        whose = owner_word(owner) if owner is not None else unit_word(query.unit)
        conditions.append(("search MATCH ?", typed if owner is None and not query.unit else f'"{whose}" {typed}'))
    if before is not None:
        conditions.append((f"{row} < (SELECT seq FROM dossiers WHERE id = ?)", before))
    where = " AND ".join(condition for condition, _ in conditions) + _state_condition(query)
    # Read by the index of due days and sorted afterwards: few dossiers are due, and seldom the newest.
    order = f"+{row}" if query.due is not None and not words else row
    return f"{select} WHERE {where} ORDER BY {order} DESC LIMIT ?", [*(value for _, value in conditions), limit]


def count(query: Query, most: int) -> tuple[str, list[Any]]:
    """Statement of `DossierStore.count`, and its values."""
    conditions = _office_conditions(query)
    where = "".join(f" AND {condition}" for condition, _ in conditions) + _state_condition(query)
    return f"SELECT COUNT(*) FROM (SELECT 1 FROM dossiers d WHERE d.code > ''{where} LIMIT ?)", [
        *(v for _, v in conditions),
        most,
    ]


def _office_conditions(query: Query) -> list[tuple[str, Any]]:
    conditions: list[tuple[str, Any]] = []
    if query.unit:
        conditions.append(("d.unit = ?", query.unit))
    if query.officer:
        conditions.append(("d.officer = ?", query.officer))
    if query.unanswered:
        conditions.append(("d.unanswered = ?", 1))
    if query.surplus:
        conditions.append(("json_extract(d.handling, '$.surplus') > ?", 0))
    if query.due is not None:
        conditions.append(("d.due < ?", query.due.isoformat()))
    return conditions


def _state_condition(query: Query) -> str:
    """The states as literal numbers: indexes of some states are used for literals only."""
    if query.state is not None:
        return f" AND d.state = {int(query.state)}"
    if query.states:
        return f" AND d.state IN ({', '.join(str(int(state)) for state in query.states)})"
    return f" AND d.state <> {int(State.CANCELLED)}"


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
