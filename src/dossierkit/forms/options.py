"""Named option lists (`x-options`): which choices a field offers now, and whether its answer is one of them.

    "x-options": {"list": "communes", "where": {"province": "1/provinceCode"}}

`where` narrows the list by other answers, each a JSON Pointer, or a relative one (`1/name`: the neighbour `name`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dossierkit.forms.dialect import OptionList
from dossierkit.forms.effective import effective
from dossierkit.forms.form import Choice, Field, Form, Problem
from dossierkit.forms.pointers import ABSENT, Json, get
from dossierkit.forms.schemas import every_schema
from dossierkit.forms.tree import walk

#: So many choices fit on a page; beyond it the page asks for a search.
SHOWN = 250


def option_list(form: Form, field: Field) -> OptionList | None:
    """The list that *field* names, if the installation has it."""
    wanted = field.keywords.get("x-options")
    name = wanted.get("list") if isinstance(wanted, dict) else wanted
    return form.dialect.options.get(name) if isinstance(name, str) else None


def narrowed(field: Field, answers: Json) -> Mapping[str, Json] | None:
    """The column values that the answers ask for; None while one of them is missing."""
    wanted = field.keywords.get("x-options")
    where = wanted.get("where", {}) if isinstance(wanted, dict) else {}
    result: dict[str, Json] = {}
    for column, pointer in where.items() if isinstance(where, dict) else ():
        value = get(answers, resolve(field.pointer, str(pointer)))
        if value is ABSENT or value is None:
            return None
        result[column] = value
    return result


def resolve(pointer: str, reference: str) -> str:
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


def offered(form: Form, field: Field, answers: Json, query: str = "") -> tuple[Choice, ...]:
    """The choices of *field* for *answers* whose titles hold *query*, at most `SHOWN`; the present answer is among them."""
    options, where = option_list(form, field), narrowed(field, answers)
    if options is None or where is None:
        return ()
    found = options.select(where, query, SHOWN)
    value = get(answers, field.pointer)
    present = None if value is ABSENT else options.find(value, where)
    return found if present is None or present in found else (present, *found)


def unlisted(form: Form, answers: Json) -> Iterator[Problem]:
    """A problem for each answer that its named list does not hold."""
    if not form.dialect.options or not _uses_options(form):
        return
    for field in walk(effective(form, answers)):
        options = option_list(form, field) if field.leaf else None
        value = get(answers, field.pointer) if options is not None else ABSENT
        if options is None or value is ABSENT or value is None:
            continue
        where = narrowed(field, answers)
        if where is not None and options.find(value, where) is None:
            yield Problem(field.pointer, "option", {"value": value}, "")


def _uses_options(form: Form) -> bool:
    memo = form.schemas.memo
    if "uses-options" not in memo:
        memo["uses-options"] = any(
            isinstance(schema, dict) and "x-options" in schema
            for document in form.schemas.documents.values()
            for _, schema in every_schema(document)
        )
    return bool(memo["uses-options"])
