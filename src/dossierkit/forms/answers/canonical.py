"""The one spelling of answers: what two people who mean the same would both have stored."""

from __future__ import annotations

from datetime import date

from dossierkit.caches import CacheSpec
from dossierkit.forms.answers.form_data import drop_blank_rows, says
from dossierkit.forms.fields.applicators import possible_members, possible_schemas
from dossierkit.forms.fields.effective import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.forms.fields.places import items
from dossierkit.forms.schema.facets import PER_FORM, Facet
from dossierkit.forms.schema.rules import compute
from dossierkit.pointers import ABSENT, Json, get, parent, put, same
from dossierkit.text import nfc


def canonical(form: Form, answers: Json, *, layout: Layout | None = None) -> Json:
    """*answers* in their one spelling: pure, total and idempotent.

    Text in NFC with LF line ends; no blank text except where the schema names it; no optional null; only fields that
    hold; an optional group or list without a leaf is absent; integral numbers are integers; no `-0`.  A format's own
    spelling (`0912 345 678` → `+84912345678`) counts as one.  What is declared nowhere is kept.

    Args:
        layout: which branches a draft has chosen; without it the answers alone decide.
    """
    current = _spelled(answers)
    while True:
        selection = _value(form, effective(form, current, layout=layout), current, (form.root,))
        selection = {} if selection is ABSENT else selection
        # Every round only takes away, so the rounds end.
        if same(selection, current):
            return selection
        current = selection


def as_sent(form: Form, answers: Json, *, today: date, layout: Layout | None = None) -> Json:
    """*answers* as they are sent: in their one spelling, with what is computed from them.

    Whoever judges answers that come from elsewhere judges these: a blank text is no answer, whichever way it came in.
    """
    spelled = canonical(form, answers, layout=layout)
    if form.computed:
        spelled = canonical(form, compute(form.computed, spelled, today), layout=layout)
    # A page cannot leave a control out: where null is allowed and an answer is wanted, a blank one is null.
    for field in walk(effective(form, spelled, layout=layout)):
        asked = field.leaf and field.required and field.nullable and not field.read_only
        if asked and get(spelled, field.pointer) is ABSENT and isinstance(get(spelled, parent(field.pointer)), dict):
            spelled = put(spelled, field.pointer, None)
    return spelled


def _spelled(value: Json) -> Json:
    if isinstance(value, str):
        return nfc(value.replace("\r\n", "\n").replace("\r", "\n"))
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_spelled(item) for item in value]
    if isinstance(value, dict):
        return {nfc(name): _spelled(item) for name, item in value.items()}
    return value


def _value(form: Form, field: Field, value: Json, possible: tuple[Facet, ...]) -> Json:
    """*value* of *field*; *possible* are the schemas that any answers could bring to this place."""
    if field.kind is Kind.GROUP and isinstance(value, dict):
        return _group(form, field, value, possible)
    if field.kind is Kind.LIST and isinstance(value, list):
        return _list(form, field, value, possible)
    if field.kind in (Kind.GROUP, Kind.LIST) and value in ("", None) and not field.required and not field.row:
        return ABSENT
    return _leaf(form, field, value)


def _group(form: Form, field: Field, value: dict[str, Json], possible: tuple[Facet, ...]) -> Json:
    holding = {below.name: below for below in field.children if below.kind is not Kind.ENTRIES}
    free = {b.name: b for below in field.children if below.kind is Kind.ENTRIES for b in below.children}
    members = possible_members(form.schemas, possible)
    result: dict[str, Json] = {}
    for name, item in value.items():
        below = holding.get(name)
        if below is None and name in members and name not in free:
            continue
        if below is None:
            below = free.get(name)
            kept = item if below is None else _value(form, below, item, below.facets)
            result[name] = item if kept is ABSENT else kept
        elif (kept := _value(form, below, item, members.get(name) or below.facets)) is not ABSENT:
            result[name] = kept
    if not field.required and not field.row and field.pointer and not says(field, result):
        return ABSENT
    return result


#: Schemas of a list → those of its elements under any answers.
_ELEMENTS = CacheSpec[tuple[Facet, ...], tuple[Facet, ...]]("elements", PER_FORM)


def _elements(form: Form, possible: tuple[Facet, ...]) -> tuple[Facet, ...]:
    """The schemas that could be at an element."""
    cache = form.schemas.caches[_ELEMENTS]
    known = cache.get(possible)
    return cache.keep(possible, items(form, tuple(possible_schemas(form.schemas, possible)))) if known is None else known


def _list(form: Form, field: Field, value: list[Json], possible: tuple[Facet, ...]) -> Json:
    elements = _elements(form, possible)
    result: list[Json] = []
    for index, item in enumerate(value):
        below = field.children[index] if index < len(field.children) else None
        kept = item if below is None else _value(form, below, item, elements or below.facets)
        result.append(None if kept is ABSENT else kept)
    drop_blank_rows(field, result)
    return result if says(field, result) or field.required or field.row else ABSENT


def _leaf(form: Form, field: Field, value: Json) -> Json:
    if isinstance(value, str) and not value.strip() and field.choice(value) is None:
        return None if field.nullable and (field.required or field.row) else ABSENT
    if value is None:
        allowed = field.nullable or field.kind in (Kind.CONSTANT, Kind.CHOICE, Kind.JSON)
        return None if field.row or (field.required and allowed) or field.required else ABSENT
    if field.several and isinstance(value, list) and not value and not field.required:
        return ABSENT
    if isinstance(value, str):
        known = form.dialect.formats.get(str(field.keywords.get("format")))
        if known is not None and known.accepts is not None:
            return known.read(value)
    return value
