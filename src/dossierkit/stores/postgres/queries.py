"""Dossiers in PostgreSQL that match a query: statements with their values."""

from __future__ import annotations

from typing import Any

from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.stores.postgres.dossiers import words_query
from dossierkit.stores.reads import state_condition
from dossierkit.stores.rows import SELECT, words_in

_DUE_DAY = "COALESCE({0}due, 'infinity'), {0}code"


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
    if before is not None and query.by_due_day:
        conditions.append((f"({_DUE_DAY.format('d.')}) > (SELECT {_DUE_DAY.format('')} FROM dossiers WHERE id = %s)", before))
    elif before is not None:
        conditions.append(("d.seq < (SELECT seq FROM dossiers WHERE id = %s)", before))
    where = " AND ".join(condition for condition, _ in conditions) + state_condition(query)
    # The page is found before its answers are read: else the planner may read all of them in the order of the page.
    order = _DUE_DAY.format("d.") if query.by_due_day else "d.seq DESC"
    page = f"SELECT d.seq FROM {tables} WHERE {where} ORDER BY {order} LIMIT %s"
    return f"{SELECT} WHERE d.seq IN ({page}) ORDER BY {order}", [*(value for _, value in conditions), limit]


def count(query: Query, most: int) -> tuple[str, list[Any]]:
    """Statement of `DossierStore.count`, and its values."""
    conditions = _office_conditions(query)
    where = "".join(f" AND {condition}" for condition, _ in conditions) + state_condition(query)
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
