"""A supplement: the citizen corrects exactly the requested places, and the fields that follow from them."""

from __future__ import annotations

from collections.abc import Container, Sequence

from dossierkit.dossiers.lifecycle.dossier import Attachment
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import is_asked, walk
from dossierkit.forms.fields.form import Form, Layout
from dossierkit.pointers import ABSENT, Json, drop, get, put

_DOCUMENT = "document:"


def with_corrections(form: Form, before: Json, after: Json, asked: tuple[str, ...], *, layout: Layout | None = None) -> Json:
    """*before* with the values of *after* at the pointers *asked*, and in fields that hold only because of them.

    Args:
        layout: the layout of the page with *after*.
    """
    answers = _copy_values(before, after, asked)
    return _copy_values(answers, after, new_fields(form, before, answers, layout=layout))


def new_fields(form: Form, before: Json, after: Json, *, layout: Layout | None = None) -> tuple[str, ...]:
    """The pointers of fields that hold with *after* and did not with *before*, the outermost of each."""
    present = {field.pointer for field in walk(effective(form, before))}
    new = [field.pointer for field in walk(effective(form, after, layout=layout)) if field.pointer not in present]
    return tuple(pointer for pointer in new if not any(pointer.startswith(above + "/") for above in new))


def _copy_values(before: Json, after: Json, pointers: tuple[str, ...]) -> Json:
    answers = before
    # From the end: removing an item of a list moves only those after it.
    for pointer in sorted((place for place in pointers if place == "" or place.startswith("/")), reverse=True):
        value = get(after, pointer)
        answers = drop(answers, pointer) if value is ABSENT else put(answers, pointer, value)
    return answers


def asked_documents(asked: tuple[str, ...]) -> tuple[str, ...]:
    """The codes of the documents among what was *asked* for."""
    return tuple(place.removeprefix(_DOCUMENT) for place in asked if place.startswith(_DOCUMENT))


def asked_for_nothing(form: Form, answers: Json, codes: Container[str], asked: Sequence[str]) -> tuple[str, ...]:
    """Those of *asked* that the owner cannot bring: no field to answer that holds with *answers*, no document of *codes*."""
    fields = {field.pointer for field in walk(effective(form, answers)) if is_asked(form, field)}
    return tuple(
        place for place in asked if place not in fields and not (place.startswith(_DOCUMENT) and place[len(_DOCUMENT) :] in codes)
    )


def with_documents(
    before: tuple[Attachment, ...], sent: tuple[Attachment, ...], asked: tuple[str, ...]
) -> tuple[Attachment, ...]:
    """*before* and those of *sent* that were asked for; nothing that the office has seen is removed."""
    codes = asked_documents(asked)
    return (*before, *(file for file in sent if file.document in codes))
