"""Dossiers in SQLite that match a query: statements with their values."""

from __future__ import annotations

from typing import Any

from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.stores.reads import state_condition
from dossierkit.stores.rows import COLUMNS, SELECT, owner_word, unit_word

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
    where = " AND ".join(condition for condition, _ in conditions) + state_condition(query)
    # Read by the index of due days and sorted afterwards: few dossiers are due, and seldom the newest.
    order = f"+{row}" if query.due is not None and not words else row
    return f"{select} WHERE {where} ORDER BY {order} DESC LIMIT ?", [*(value for _, value in conditions), limit]


def count(query: Query, most: int) -> tuple[str, list[Any]]:
    """Statement of `DossierStore.count`, and its values."""
    conditions = _office_conditions(query)
    where = "".join(f" AND {condition}" for condition, _ in conditions) + state_condition(query)
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
