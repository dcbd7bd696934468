"""Dossiers in SQLite that match a query: statements with their values.

Words are looked for in the newest dossiers first, one after the other: common ones fill the page there.  The index of words has
rare ones at once, but of a common one it gathers all positions before it gives the first row.
"""

from __future__ import annotations

import re
from typing import Any

from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.stores.reads import state_condition
from dossierkit.stores.rows import COLUMNS, SELECT, owner_word, unit_word

#: Due days are texts; what has none follows them all.
_DUE_DAY = "COALESCE({0}due, '~'), {0}code"
#: The search leads the join: it yields rows newest first, and stops when a page is full.
_SEARCHED = f"{COLUMNS} FROM search CROSS JOIN dossiers d ON d.seq = search.rowid JOIN answers a ON a.seq = d.seq"
#: The dossiers lead the join, and the words of each are read.
_READ = f"{COLUMNS} FROM dossiers d CROSS JOIN search ON search.rowid = d.seq JOIN answers a ON a.seq = d.seq"
#: So many of the newest dossiers are read for their words.
NEWEST = 200
#: Words that are the same to the index and as they are.
_PLAIN = re.compile("[a-z0-9 ]*[a-z0-9][a-z0-9 ]*")
_BEFORE = "{} < (SELECT seq FROM dossiers WHERE id = ?)"


def has_plain_words(query: Query) -> bool:
    """Whether *query* is answered by reading the words of the newest dossiers; other letters are for the index to tell apart."""
    return not query.by_due_day and _PLAIN.fullmatch(query.words) is not None


def first_of_newest(owner: str | None, query: Query, before: str | None) -> tuple[str, list[Any]]:
    """Statement for the row from which on the words of dossiers are read, see `find`; no row if all are."""
    conditions = _whose(owner, query)
    if before is not None:
        conditions.append((_BEFORE.format("d.seq"), before))
    where = " AND ".join(condition for condition, _ in conditions)
    # The owner, the unit and the number of the row have an index; any other condition could read everything.
    return f"SELECT d.seq FROM dossiers d WHERE {where} ORDER BY d.seq DESC LIMIT 1 OFFSET {NEWEST - 1}", [
        value for _, value in conditions
    ]


def _whose(owner: str | None, query: Query) -> list[tuple[str, Any]]:
    if owner is not None:
        return [("d.owner = ?", owner)]
    # A sign keeps the index of codes away, which has another order.
    return [("d.unit = ?", query.unit), ("d.code > ?", "")] if query.unit else [("+d.code > ?", "")]


def find(owner: str | None, query: Query, before: str | None, limit: int, *, since: int | None = None) -> tuple[str, list[Any]]:
    """Statement of `DossierStore.find`, and its values.

    Args:
        since: read the words of the dossiers from this row on, one after the other; None: ask the index of words.
    """
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
        whose = owner_word(owner) if owner is not None else unit_word(query.unit) if query.unit else ""
        if since is not None:
            select = _READ
            conditions += [("d.seq >= ?", since), *(("instr(' ' || search.words, ' ' || ?) > 0", word) for word in words)]
            conditions += [("instr(' ' || search.words || ' ', ' ' || ? || ' ') > 0", whose)] if whose else []
        else:
            select, row = _SEARCHED, "search.rowid"
            typed = " ".join('"{}"*'.format(word.replace('"', '""')) for word in words)
            conditions.append(("search MATCH ?", f'"{whose}" {typed}' if whose else typed))
    if before is not None and query.by_due_day:
        conditions.append((f"({_DUE_DAY.format('d.')}) > (SELECT {_DUE_DAY.format('')} FROM dossiers WHERE id = ?)", before))
    elif before is not None:
        conditions.append((_BEFORE.format(row), before))
    where = " AND ".join(condition for condition, _ in conditions) + state_condition(query)
    if query.by_due_day:
        # Read by the indexes of states, never by that of codes: few dossiers are open.  The page is found before its answers
        # are read: those of all dossiers would be sorted with them.
        where = where.replace("d.code > ?", "+d.code > ? AND d.code IS NOT NULL")
        tables = "search CROSS JOIN dossiers d ON d.seq = search.rowid" if words else "dossiers d"
        order = _DUE_DAY.format("d.")
        page = f"SELECT d.seq FROM {tables} WHERE {where} ORDER BY {order} LIMIT ?"
        return f"{SELECT} WHERE d.seq IN ({page}) ORDER BY {order}", [*(value for _, value in conditions), limit]
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
