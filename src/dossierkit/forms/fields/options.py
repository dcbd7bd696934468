"""Named option lists (`x-options`): the choices that a field offers for some answers, and problems with its own answer.

    "x-options": {"list": "communes", "where": {"province": "1/provinceCode"}}

`where` filters the list: column → pointer of an answer.  A pointer is a JSON Pointer, or relative to the field: `1/name` is
the member `name` of the group around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from dossierkit.findings import Problem
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Field, Form
from dossierkit.forms.schema.dialect import Choice, OptionList
from dossierkit.pointers import ABSENT, Json, get

#: Choices of a list that is shown without a search box.
MAX_LISTED = 40
#: Choices that a search shows.
MAX_RESULTS = 20


def option_list(form: Form, field: Field) -> OptionList | None:
    """The list that *field* names; None if it names none, or one that the dialect does not have."""
    options = field.keywords.get("x-options")
    name = options.get("list") if isinstance(options, dict) else options
    return form.dialect.options.get(name) if isinstance(name, str) else None


def list_filter(field: Field, answers: Json) -> Mapping[str, Json] | None:
    """Column → the value that *answers* require there (`where`); None while one of these answers is missing."""
    options = field.keywords.get("x-options")
    where = options.get("where", {}) if isinstance(options, dict) else {}
    result: dict[str, Json] = {}
    for column, pointer in where.items() if isinstance(where, dict) else ():
        value = get(answers, absolute_pointer(field.pointer, str(pointer)))
        if value is ABSENT or value is None:
            return None
        result[column] = value
    return result


def absolute_pointer(pointer: str, reference: str) -> str:
    """*reference* as an absolute JSON Pointer.

    Args:
        pointer: the field that a relative *reference* starts from.
        reference: a JSON Pointer, or `LEVELS/TOKENS`: so many levels up, then down.

    Raises:
        ValueError: *reference* is neither of these.
    """
    if not reference or reference.startswith("/"):
        return reference
    levels, slash, rest = reference.partition("/")
    if not (levels.isascii() and levels.isdigit()):
        raise ValueError(f"{reference!r} is neither '/a/b' nor '1/b'")
    for _ in range(min(int(levels), 100)):
        pointer = pointer.rpartition("/")[0]
    return pointer + slash + rest


@attrs.frozen
class Offer:
    """The choices of a field for some answers."""

    choices: tuple[Choice, ...] = ()
    #: The list is too long for a page: the user has to search for a choice.
    searched: bool = False
    #: The search has more results than *choices*.
    more: bool = False


def offer(form: Form, field: Field, answers: Json, query: str = "") -> Offer:
    """The choices of the list of *field* for *answers*: those whose titles contain *query*, and the current answer.

    Without a query, a list of up to MAX_LISTED choices is offered completely, and of a longer one only the current answer.
    """
    options, where = option_list(form, field), list_filter(field, answers)
    if options is None or where is None:
        return Offer()
    first_choices = options.select(where, "", MAX_LISTED + 1)
    searched = len(first_choices) > MAX_LISTED
    matching = options.select(where, query, MAX_RESULTS + 1) if query.strip() else () if searched else first_choices
    more = bool(query.strip()) and len(matching) > MAX_RESULTS
    choices = matching[:MAX_RESULTS] if more else matching
    answer = get(answers, field.pointer)
    current = None if answer is ABSENT else options.find(answer, where)
    if current is not None and current not in choices:
        choices = (current, *choices)
    return Offer(choices, searched, more)


def option_problems(form: Form, answers: Json) -> Iterator[Problem]:
    """A problem for each answer that is not in the named list of its field."""
    if not (form.dialect.options and form.schemas.any_schema(_names_a_list)):
        return
    for field in walk(effective(form, answers)):
        options = option_list(form, field) if field.leaf else None
        value = get(answers, field.pointer) if options is not None else ABSENT
        if options is None or value is ABSENT or value is None:
            continue
        where = list_filter(field, answers)
        if where is not None and options.find(value, where) is None:
            yield Problem(field.pointer, "option", {"value": value}, "")


def option_titles(form: Form, answers: Json) -> Iterator[str]:
    """The title of each answer that is in the named list of its field, also where it is no longer offered."""
    if form.dialect.options and form.schemas.any_schema(_names_a_list):
        for field in walk(effective(form, answers)):
            options = option_list(form, field) if field.leaf else None
            choice = options.recall(get(answers, field.pointer)) if options is not None else None
            if choice is not None:
                yield choice.title


def _names_a_list(schema: Mapping[str, Json]) -> bool:
    return "x-options" in schema
