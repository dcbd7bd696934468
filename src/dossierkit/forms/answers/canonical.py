"""The canonical form of answers: equal answers are stored as the same JSON value."""

from __future__ import annotations

from datetime import date

from dossierkit.caches import CacheSpec
from dossierkit.forms.answers.blanks import drop_blank_rows, is_answered
from dossierkit.forms.fields.applicators import possible_members, possible_schemas
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.forms.fields.places import items
from dossierkit.forms.schema.located_schemas import PER_FORM, Facet
from dossierkit.forms.schema.rules import compute
from dossierkit.pointers import ABSENT, Json, get, parent, put, same
from dossierkit.text import nfc


def canonical(form: Form, answers: Json, *, layout: Layout | None = None) -> Json:
    """*answers* in canonical form; idempotent, and defined for any JSON value.

    Text is in NFC with LF line ends.  Blank texts are removed unless they are a choice, and so are optional nulls, declared
    members that do not hold, and optional groups and lists without an answer inside.  Integral numbers are integers, never
    `-0`.  A text of a format has its stored form (`0912 345 678` → `+84912345678`)
    unless it is a choice.  Undeclared members are kept.

    Args:
        layout: the branches chosen in a draft; without it, the answers decide.
    """
    return _canonical(form, answers, layout)[0]


def _canonical(form: Form, answers: Json, layout: Layout | None) -> tuple[Json, Field]:
    """*answers* in canonical form, and the root of the fields that hold for them."""
    current = _normalized(answers)
    while True:
        root = effective(form, current, layout=layout)
        selection = _value(form, root, current, (form.root,))
        selection = {} if selection is ABSENT else selection
        # Each round only removes values, so the loop ends.
        if same(selection, current):
            return selection, root
        current = selection


def as_sent(form: Form, answers: Json, *, today: date, layout: Layout | None = None) -> Json:
    """*answers* as they are submitted: in canonical form, with computed values, and null for blank required nullable fields.

    To be applied before `check` to answers from any source, so that a blank text is never an answer.

    Args:
        today: the value of `today` in computed values.
    """
    result, root = _canonical(form, answers, layout)
    if form.computed:
        result, root = _canonical(form, compute(form.computed, result, today), layout)
    # A page cannot omit a control: null is the only blank answer to a required field.
    for field in walk(root):
        takes_null = field.leaf and field.required and field.nullable and not field.read_only
        if takes_null and get(result, field.pointer) is ABSENT and isinstance(get(result, parent(field.pointer)), dict):
            result = put(result, field.pointer, None)
    return result


def _normalized(value: Json) -> Json:
    """*value* with texts and names in NFC, LF line ends, and integers for integral numbers."""
    if isinstance(value, str):
        return nfc(value.replace("\r\n", "\n").replace("\r", "\n"))
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_normalized(item) for item in value]
    if isinstance(value, dict):
        return {nfc(name): _normalized(item) for name, item in value.items()}
    return value


def _value(form: Form, field: Field, value: Json, possible: tuple[Facet, ...]) -> Json:
    """The answer *value* to *field* in canonical form.

    Args:
        possible: all schemas that can apply here for some answers.
    """
    if field.kind is Kind.GROUP and isinstance(value, dict):
        return _group(form, field, value, possible)
    if field.kind is Kind.LIST and isinstance(value, list):
        return _list(form, field, value, possible)
    if field.kind in (Kind.GROUP, Kind.LIST) and value in ("", None) and not field.required and not field.row:
        return ABSENT
    return _leaf(form, field, value)


def _group(form: Form, field: Field, value: dict[str, Json], possible: tuple[Facet, ...]) -> Json:
    declared, free = _members(form, field)
    members = possible_members(form.schemas, possible)
    result: dict[str, Json] = {}
    for name, item in value.items():
        below = declared.get(name)
        if below is None and name in members and name not in free:
            continue
        if below is None:
            below = free.get(name)
            entry = item if below is None else _value(form, below, item, below.facets)
            result[name] = item if entry is ABSENT else entry
        elif (member := _value(form, below, item, members.get(name) or below.facets)) is not ABSENT:
            result[name] = member
    if not field.required and not field.row and field.pointer and not is_answered(field, result):
        return ABSENT
    return result


#: Group → its declared fields by name, and its free entries.
_MEMBERS = CacheSpec[Field, tuple[dict[str, Field], dict[str, Field]]]("members of groups", PER_FORM)


def _members(form: Form, group: Field) -> tuple[dict[str, Field], dict[str, Field]]:
    """The fields of *group* by name, and the free entries that it has beside them."""
    cache = form.schemas.caches[_MEMBERS]
    known = cache.get(group)
    if known is None:
        declared = {below.name: below for below in group.children if below.kind is not Kind.ENTRIES}
        free = {b.name: b for below in group.children if below.kind is Kind.ENTRIES for b in below.children}
        known = cache.keep(group, (declared, free))
    return known


#: Schemas of a list → all schemas that can apply to its elements.
_ELEMENTS = CacheSpec[tuple[Facet, ...], tuple[Facet, ...]]("elements", PER_FORM)


def _elements(form: Form, possible: tuple[Facet, ...]) -> tuple[Facet, ...]:
    """All schemas that can apply to an element of a list with the schemas *possible*; cached."""
    cache = form.schemas.caches[_ELEMENTS]
    elements = cache.get(possible)
    if elements is None:
        elements = cache.keep(possible, items(form, tuple(possible_schemas(form.schemas, possible))))
    return elements


def _list(form: Form, field: Field, value: list[Json], possible: tuple[Facet, ...]) -> Json:
    elements = _elements(form, possible)
    result: list[Json] = []
    for index, item in enumerate(value):
        below = field.children[index] if index < len(field.children) else None
        element = item if below is None else _value(form, below, item, elements or below.facets)
        result.append(None if element is ABSENT else element)
    drop_blank_rows(field, result)
    return result if is_answered(field, result) or field.required or field.row else ABSENT


def _leaf(form: Form, field: Field, value: Json) -> Json:
    if isinstance(value, str) and not value.strip() and field.choice(value) is None:
        return None if field.nullable and (field.required or field.row) else ABSENT
    if value is None:
        allowed = field.nullable or field.kind in (Kind.CONSTANT, Kind.CHOICE, Kind.JSON)
        return None if field.row or (field.required and allowed) or field.required else ABSENT
    if field.several and isinstance(value, list) and not value and not field.required:
        return ABSENT
    if isinstance(value, str) and field.choice(value) is None:
        text_format = form.dialect.formats.get(str(field.keywords.get("format")))
        if text_format is not None and text_format.accepts is not None:
            return text_format.read(value)
    return value
