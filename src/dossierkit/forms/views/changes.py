"""Differences between two revisions of a form for the answers of a draft."""

from __future__ import annotations

import attrs

from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import index
from dossierkit.forms.fields.form import Field, Form, Kind
from dossierkit.forms.words.titles import label
from dossierkit.pointers import Json

#: Keywords that do not restrict answers; a change of them is no difference.
_ANNOTATIONS = frozenset(("title", "description", "examples", "default", "x-messages", "x-prefill", "x-personal", "$comment"))


@attrs.frozen
class Change:
    """One difference between two revisions."""

    #: `added`, `removed`, `required` (newly) or `altered`.
    kind: str
    pointer: str
    #: The label of the field, in the requested language.
    label: str


def changes(old: Form, new: Form, answers: Json, *, language: str = "vi") -> tuple[Change, ...]:
    """The differences between the fields of *old* and *new* that hold for *answers*, in page order, removed fields last."""
    before, after = (index(form, effective(form, answers)).fields for form in (old, new))
    result: list[Change] = []
    for pointer, field in after.items():
        old_field = before.get(pointer)
        if field.kind is Kind.CONSTANT or not pointer:
            continue
        kind = "added" if old_field is None else _difference(old_field, field)
        if kind:
            result.append(Change(kind, pointer, label(new, field, language)))
    for pointer, field in before.items():
        if pointer not in after and field.kind is not Kind.CONSTANT:
            result.append(Change("removed", pointer, label(old, field, language)))
    return tuple(result)


def _difference(old: Field, new: Field) -> str:
    """The kind of the difference; empty if there is none."""
    if new.required and not old.required:
        return "required"
    if not new.leaf:
        return ""
    unaltered = old.kind is new.kind and _choice_values(old) == _choice_values(new) and _constraints(old) == _constraints(new)
    return "" if unaltered else "altered"


def _choice_values(field: Field) -> list[Json]:
    return [choice.value for choice in field.choices]


def _constraints(field: Field) -> dict[str, Json]:
    return {keyword: value for keyword, value in field.keywords.items() if keyword not in _ANNOTATIONS}
