"""Named option lists (`x-options`): which choices a field offers now, and whether its answer is one of them.

    "x-options": {"list": "communes", "where": {"province": "1/provinceCode"}}

`where` narrows the list by other answers, each a JSON Pointer, or a relative one (`1/name`: the neighbour `name`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from dossierkit.findings import Problem
from dossierkit.forms.fields.effective import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Field, Form
from dossierkit.forms.schema.dialect import Choice, OptionList
from dossierkit.pointers import ABSENT, Json, get

#: A list of up to so many choices stands on the page whole; a longer one is searched.
WHOLE = 40
#: So many choices of what a search finds are shown.
FOUND = 20


def option_list(form: Form, field: Field) -> OptionList | None:
    """The list that *field* names, if the installation has it."""
    wanted = field.keywords.get("x-options")
    name = wanted.get("list") if isinstance(wanted, dict) else wanted
    return form.dialect.options.get(name) if isinstance(name, str) else None


def list_filter(field: Field, answers: Json) -> Mapping[str, Json] | None:
    """The column values that the answers ask for; None while one of them is missing."""
    wanted = field.keywords.get("x-options")
    where = wanted.get("where", {}) if isinstance(wanted, dict) else {}
    result: dict[str, Json] = {}
    for column, pointer in where.items() if isinstance(where, dict) else ():
        value = get(answers, absolute_pointer(field.pointer, str(pointer)))
        if value is ABSENT or value is None:
            return None
        result[column] = value
    return result


def absolute_pointer(pointer: str, reference: str) -> str:
    """The absolute pointer of *reference*, seen from *pointer*.

    Raises:
        ValueError: it is neither a JSON Pointer nor a relative one.
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
    #: The list is too long for a page: somebody has to look for a choice.
    searched: bool = False
    #: More was found than is shown.
    more: bool = False


def offer(form: Form, field: Field, answers: Json, query: str = "") -> Offer:
    """The choices of *field* for *answers* whose titles hold *query*; the present answer is among them.

    Of a list that is longer only the present answer is offered until somebody asks for something.
    """
    options, where = option_list(form, field), list_filter(field, answers)
    if options is None or where is None:
        return Offer()
    whole = options.select(where, "", WHOLE + 1)
    searched = len(whole) > WHOLE
    matching = options.select(where, query, FOUND + 1) if query.strip() else () if searched else whole
    more = bool(query.strip()) and len(matching) > FOUND
    shown = matching[:FOUND] if more else matching
    value = get(answers, field.pointer)
    present = None if value is ABSENT else options.find(value, where)
    if present is not None and present not in shown:
        shown = (present, *shown)
    return Offer(shown, searched, more)


def option_problems(form: Form, answers: Json) -> Iterator[Problem]:
    """A problem for each answer that its named list does not hold."""
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
    """The title of each answer that a named list holds."""
    if form.dialect.options and form.schemas.any_schema(_names_a_list):
        for field in walk(effective(form, answers)):
            options = option_list(form, field) if field.leaf else None
            choice = options.recall(get(answers, field.pointer)) if options is not None else None
            if choice is not None:
                yield choice.title


def _names_a_list(schema: Mapping[str, Json]) -> bool:
    return "x-options" in schema
