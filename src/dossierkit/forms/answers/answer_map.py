"""Changes the answers to all fields of a tree by one function."""

from __future__ import annotations

from collections.abc import Callable

from dossierkit.forms.answers.blanks import blank_value, is_nameless
from dossierkit.forms.fields.form import Field, Kind
from dossierkit.pointers import ABSENT, Json


def map_answers(field: Field, value: Json, change: Callable[[Field, Json], Json]) -> Json:
    """The answer *value* to *field*, with *change* applied to it and then to the answer of each field below it.

    Args:
        change: field, answer or ABSENT → the new answer.  An answer in a row that the list does not have adds that row, and
            blank ones before it.
    """
    value = change(field, value)
    if field.kind is Kind.LIST and (value is ABSENT or isinstance(value, list)):
        rows = list(value or ())
        for index, row in enumerate(field.children):
            new = map_answers(row, rows[index] if index < len(rows) else ABSENT, change)
            if new is not ABSENT:
                rows += [blank_value(blank) for blank in field.children[len(rows) : index + 1]]
                rows[index] = new
        return rows or value
    if field.kind in (Kind.GROUP, Kind.ENTRIES) and (value is ABSENT or isinstance(value, dict)):
        members = dict(value or {})
        for below in field.children:
            if below.kind is Kind.ENTRIES:
                members = map_answers(below, members, change)
            elif not is_nameless(below) and (new := map_answers(below, members.get(below.name, ABSENT), change)) is not ABSENT:
                members[below.name] = new
        return members or value
    return value
