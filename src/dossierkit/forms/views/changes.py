"""What a newer revision of a form asks differently, for somebody who is half-way through the older one."""

from __future__ import annotations

import attrs

from dossierkit.forms.fields.effective import effective
from dossierkit.forms.fields.field_tree import index
from dossierkit.forms.fields.form import Field, Form, Kind
from dossierkit.forms.words.titles import label
from dossierkit.pointers import Json

#: Keywords that only help; a change of them changes no answer.
_WORDS = frozenset(("title", "description", "examples", "default", "x-messages", "x-prefill", "x-personal", "$comment"))


@attrs.frozen
class Change:
    """One difference: *kind* is `added`, `removed`, `required` or `altered`."""

    kind: str
    pointer: str
    #: What the field is called, in the language that was asked for.
    label: str


def changes(old: Form, new: Form, answers: Json, *, language: str = "vi") -> tuple[Change, ...]:
    """The differences between the fields that hold for *answers* in *old* and in *new*, in page order."""
    before, after = (index(form, effective(form, answers)).fields for form in (old, new))
    found: list[Change] = []
    for pointer, field in after.items():
        known = before.get(pointer)
        if field.kind is Kind.CONSTANT or not pointer:
            continue
        kind = "added" if known is None else _difference(known, field)
        if kind:
            found.append(Change(kind, pointer, label(new, field, language)))
    for pointer, field in before.items():
        if pointer not in after and field.kind is not Kind.CONSTANT:
            found.append(Change("removed", pointer, label(old, field, language)))
    return tuple(found)


def _difference(old: Field, new: Field) -> str:
    if new.required and not old.required:
        return "required"
    if not new.leaf:
        return ""
    asked = [{k: v for k, v in field.keywords.items() if k not in _WORDS} for field in (old, new)]
    same = old.kind is new.kind and [c.value for c in old.choices] == [c.value for c in new.choices] and asked[0] == asked[1]
    return "" if same else "altered"
