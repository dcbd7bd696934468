"""When a value counts as blank, and which value a blank row has."""

from __future__ import annotations

from dossierkit.forms.fields.field_kinds import UNDECIDED
from dossierkit.forms.fields.form import Field, Kind
from dossierkit.pointers import ABSENT, Json


def has_answer(value: Json) -> bool:
    """Whether *value* is or contains an answer, a scalar other than null."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return value is not ABSENT and value is not None
    for item in value:  # noqa: SIM110  # `any` over a generator takes three times as long, and this runs for every answer
        if has_answer(item):
            return True
    return False


def is_answered(field: Field, value: Json) -> bool:
    """Whether the answer *value* to *field* contains an answer; the name of an entry is one, too."""
    return has_answer(value) or (bool(value) and bool(field.children) and _has_named_entry(field, value))


def _has_named_entry(field: Field, value: Json) -> bool:
    if field.kind is Kind.LIST and isinstance(value, list):
        return any(_has_named_entry(*pair) for pair in zip(field.children, value, strict=False))
    if field.kind is not Kind.GROUP or not isinstance(value, dict):
        return False
    declared = {below.name: below for below in field.children if below.kind is not Kind.ENTRIES}
    if len(declared) < len(field.children) and any(name.strip() and name not in declared for name in value):
        return True
    return any(name in value and _has_named_entry(below, value[name]) for name, below in declared.items())


def drop_blank_rows(field: Field, rows: list[Json]) -> None:
    """Remove the blank rows from the end of *rows*, in place; a row with a named entry is not blank."""
    while rows and is_blank(rows[-1]):
        if len(rows) <= len(field.children) and is_answered(field.children[len(rows) - 1], rows[-1]):
            return
        rows.pop()


def is_nameless(field: Field) -> bool:
    """Whether *field* belongs to an entry without a name, so that its answer cannot be stored."""
    return "/~e" in field.pointer


def blank_value(field: Field) -> Json:
    """The value of *field* in a list where it has no answer."""
    return {} if field.kind is Kind.GROUP and field.widget != UNDECIDED else [] if field.kind is Kind.LIST else None


def is_blank(value: Json) -> bool:
    """Whether *value* contains nothing but nulls and blank texts."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, dict):
        return all(is_blank(item) for item in value.values())
    if isinstance(value, list):
        return all(is_blank(item) for item in value)
    return value is None or value is ABSENT
