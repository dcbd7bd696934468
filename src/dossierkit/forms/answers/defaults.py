"""Initial answers of fields: `default`, or a value of the account (`x-prefill`); each is filled in once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import attrs

from dossierkit.forms.answers.answer_map import map_answers
from dossierkit.forms.answers.blanks import is_nameless
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.pointers import ABSENT, Json, get, same

#: Rounds of filling in: a default can make fields hold that have defaults themselves.
_MAX_ROUNDS = 8
#: Keywords with an initial answer.
_INITIAL_KEYWORDS = frozenset(("default", "x-prefill"))


def initial_answers(form: Form, account: Mapping[str, Json] | None = None) -> Json:
    """The answers of a new draft.

    Args:
        account: the data of the account that `x-prefill` points into; None for a guest.
    """
    return _with_initial_answers(form, {}, Layout(), account, frozenset())


def answers_with_defaults(
    form: Form,
    before: Json,
    answers: Json,
    account: Mapping[str, Json] | None,
    *,
    shown: Layout | None = None,
    layout: Layout | None = None,
) -> Json:
    """*answers* with the initial answers of fields that hold now and did not hold before.

    A field that held before is left as it is, because the user may have cleared it.

    Args:
        before: the stored answers, which the page showed.
        account: the data of the account that `x-prefill` points into; None for a guest.
        shown: the layout of that page.
        layout: the layout of the next page.
    """
    if not form.schemas.any_schema(_has_initial_answer):
        return answers
    layout = layout or Layout()
    held_before = layout.filled.union(field.control for field in _fields(form, before, shown))
    return _with_initial_answers(form, answers, layout, account, held_before)


def layout_with_defaults(form: Form, answers: Json, layout: Layout) -> Layout:
    """*layout* with the fields that hold and have an initial answer, so that it is not filled in again."""
    if not form.schemas.any_schema(_has_initial_answer):
        return layout
    fields = (field for field in _fields(form, answers, layout) if _has_initial_answer(field.keywords))
    return attrs.evolve(layout, filled=layout.filled.union(field.control for field in fields))


def _fields(form: Form, answers: Json, layout: Layout | None) -> Iterator[Field]:
    """The fields that hold, without those of entries that have no name yet."""
    return (field for field in walk(effective(form, answers, layout=layout)) if not is_nameless(field))


def _with_initial_answers(
    form: Form, answers: Json, layout: Layout, account: Mapping[str, Json] | None, before: Collection[str]
) -> Json:
    """*answers* with the initial answers of fields whose controls are not among *before*."""

    def with_initial_answer(field: Field, answer: Json) -> Json:
        if answer is not ABSENT or field.control in before or field.kind is Kind.CONSTANT or not field.pointer:
            return answer
        value = _account_value(field.keywords.get("x-prefill"), account)
        if value is ABSENT:
            value = field.keywords.get("default", ABSENT)
        return ABSENT if value is None else value

    for _ in range(_MAX_ROUNDS):
        extended = map_answers(effective(form, answers, layout=layout), answers, with_initial_answer)
        if same(extended, answers):
            break
        answers = extended
    return answers


def _has_initial_answer(schema: Mapping[str, Json]) -> bool:
    return not _INITIAL_KEYWORDS.isdisjoint(schema)


def _account_value(pointer: Json, account: Mapping[str, Json] | None) -> Json:
    if account is None or not isinstance(pointer, str) or not pointer.startswith("/"):
        return ABSENT
    return get(dict(account), pointer)
