"""What fields begin with: their defaults, and what the account already knows, each filled in once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from dossierkit.forms.answers.form_data import is_nameless, replaced
from dossierkit.forms.fields.effective import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.pointers import ABSENT, Json, get, same

#: A default may bring in fields with defaults of their own; so many times over.
_ROUNDS = 8
_OFFERS = frozenset(("default", "x-prefill"))


def initial(form: Form, account: Mapping[str, Json] | None = None) -> Json:
    """The answers of a new draft.

    Args:
        account: what `x-prefill` points into.
    """
    return _filled(form, {}, Layout(), account, frozenset())


def arrived(
    form: Form,
    before: Json,
    answers: Json,
    account: Mapping[str, Json] | None,
    *,
    shown: Layout | None = None,
    layout: Layout | None = None,
) -> Json:
    """*answers* with what the fields begin with that hold now and never held before.

    What stood there already was somebody's to clear, and stays as it is.

    Args:
        before: what was stored, and was on the page.
        account: what `x-prefill` points into.
        shown: what the draft had open with it.
        layout: what is open now.
    """
    if not form.schemas.any_schema(_has_offer):
        return answers
    layout = layout or Layout()
    return _filled(form, answers, layout, account, layout.filled | _controls(form, before, shown))


def remembered(form: Form, answers: Json, layout: Layout) -> Layout:
    """*layout* with the fields whose default was offered by now: each is offered once."""
    if not form.schemas.any_schema(_has_offer):
        return layout
    return attrs.evolve(layout, filled=layout.filled | _controls(form, answers, layout, offering=True))


def _controls(form: Form, answers: Json, layout: Layout | None, *, offering: bool = False) -> frozenset[str]:
    """The controls of the fields that hold; of those alone that offer something, where *offering*."""
    fields = walk(effective(form, answers, layout=layout))
    return frozenset(
        field.control for field in fields if not is_nameless(field) and not (offering and _OFFERS.isdisjoint(field.keywords))
    )


def _filled(form: Form, answers: Json, layout: Layout, account: Mapping[str, Json] | None, before: Collection[str]) -> Json:
    """*answers* with what is offered to fields whose controls are not among *before*."""

    def offer(field: Field, stands: Json) -> Json:
        if stands is not ABSENT or field.control in before or field.kind is Kind.CONSTANT or not field.pointer:
            return stands
        value = _known(field.keywords.get("x-prefill"), account)
        if value is ABSENT:
            value = field.keywords.get("default", ABSENT)
        return ABSENT if value is None else value

    for _ in range(_ROUNDS):
        filled = replaced(effective(form, answers, layout=layout), answers, offer)
        if same(filled, answers):
            break
        answers = filled
    return answers


def _has_offer(schema: Mapping[str, Json]) -> bool:
    return not _OFFERS.isdisjoint(schema)


def _known(pointer: Json, account: Mapping[str, Json] | None) -> Json:
    if account is None or not isinstance(pointer, str) or not pointer.startswith("/"):
        return ABSENT
    return get(dict(account), pointer)
