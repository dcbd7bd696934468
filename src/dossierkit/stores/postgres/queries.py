"""Dossiers and events in PostgreSQL by what is asked for: queries, revisions, latest events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dossierkit.dossiers.lifecycle.dossier import Event, Query
from dossierkit.dossiers.states import State
from dossierkit.stores.postgres.database import Database
from dossierkit.stores.postgres.dossiers import words_query
from dossierkit.stores.rows import SELECT, event_of, words_in


def find(owner: str | None, query: Query, before: str | None, limit: int) -> tuple[str, list[Any]]:
    """Statement of `DossierStore.find`, and its values."""
    conditions: list[tuple[str, Any]] = [("d.owner = %s", owner)] if owner is not None else [("d.code > %s", "")]
    if query.code:
        conditions.append(("strpos(replace(replace(d.code, '-', ''), '.', ''), %s) > 0", query.code))
    if query.procedure:
        conditions.append(("d.procedure = %s", query.procedure))
    if query.since is not None:
        conditions.append(("d.submitted >= %s", query.since))
    if query.until is not None:
        conditions.append(("d.submitted < %s", query.until))
    conditions += _office_conditions(query)
    tables = "dossiers d"
    if query.words.split():
        tables = "dossiers d JOIN search s ON s.seq = d.seq"
        # Owner and unit are among the words, too; asked for twice, they would mislead the planner about the number of rows.
        conditions.append(("s.words @@ %s::tsquery", words_query(words_in(query.words))))
    if before is not None:
        conditions.append(("d.seq < (SELECT seq FROM dossiers WHERE id = %s)", before))
    where = " AND ".join(condition for condition, _ in conditions) + _state_condition(query)
    # The page is found before its answers are read: else the planner may read all of them in the order of the page.
    page = f"SELECT d.seq FROM {tables} WHERE {where} ORDER BY d.seq DESC LIMIT %s"
    return f"{SELECT} WHERE d.seq IN ({page}) ORDER BY d.seq DESC", [*(value for _, value in conditions), limit]


def count(query: Query, most: int) -> tuple[str, list[Any]]:
    """Statement of `DossierStore.count`, and its values."""
    conditions = _office_conditions(query)
    where = "".join(f" AND {condition}" for condition, _ in conditions) + _state_condition(query)
    sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM dossiers d WHERE d.code > ''{where} LIMIT %s) AS matching"
    return sql, [*(value for _, value in conditions), most]


def _office_conditions(query: Query) -> list[tuple[str, Any]]:
    conditions: list[tuple[str, Any]] = []
    if query.unit:
        conditions.append(("d.unit = %s", query.unit))
    if query.officer:
        conditions.append(("d.officer = %s", query.officer))
    if query.unanswered:
        conditions.append(("d.unanswered = %s", True))
    if query.surplus:
        conditions.append(("(d.handling ->> 'surplus')::bigint > %s", 0))
    if query.due is not None:
        conditions.append(("d.due < %s", query.due))
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
        where, values = f"{where} AND e.actor = %s", [actor]
    if before is not None:
        # The index holds moments alone; the second condition orders events of one moment.
        where += " AND e.at <= %s AND (e.at, d.id, e.number) < (%s, %s, %s)"
        values += [before[0].isoformat(), before[0].isoformat(), before[1], before[2]]
    sql = f"""SELECT d.id, e.number, e.action, e.actor, e.at, e.facts, e.before, e.hash FROM events e
        JOIN dossiers d ON d.seq = e.seq WHERE {where} ORDER BY e.at DESC, d.id DESC, e.number DESC LIMIT %s"""
    return tuple(map(event_of, database.read(sql, (*values, limit))))
