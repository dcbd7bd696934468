"""A supplement: the citizen mends exactly what the office asked for, and what that brings with it."""

from __future__ import annotations

from collections.abc import Container, Sequence

from dossierkit.dossiers.lifecycle.dossier import Attachment
from dossierkit.forms.fields.effective import effective
from dossierkit.forms.fields.field_tree import is_asked, walk
from dossierkit.forms.fields.form import Form, Layout
from dossierkit.pointers import ABSENT, Json, drop, get, put

_DOCUMENT = "document:"


def mended(form: Form, before: Json, after: Json, asked: tuple[str, ...], *, layout: Layout | None = None) -> Json:
    """*before* with what *after* has at the pointers *asked*, and in fields that only hold because of that.

    Args:
        layout: which branches the page has open that *after* comes from.
    """
    taken = _taken(before, after, asked)
    return _taken(taken, after, brought(form, before, taken, layout=layout))


def brought(form: Form, before: Json, after: Json, *, layout: Layout | None = None) -> tuple[str, ...]:
    """The pointers of fields that hold with *after* and did not with *before*, the outermost of each."""
    held = {field.pointer for field in walk(effective(form, before))}
    new = [field.pointer for field in walk(effective(form, after, layout=layout)) if field.pointer not in held]
    return tuple(one for one in new if not any(one.startswith(above + "/") for above in new))


def _taken(before: Json, after: Json, pointers: tuple[str, ...]) -> Json:
    kept = before
    # From the end: what goes from a list moves only what lies behind it.
    for pointer in sorted((one for one in pointers if one == "" or one.startswith("/")), reverse=True):
        value = get(after, pointer)
        kept = drop(kept, pointer) if value is ABSENT else put(kept, pointer, value)
    return kept


def asked_documents(asked: tuple[str, ...]) -> tuple[str, ...]:
    """The codes of the documents among what was *asked* for."""
    return tuple(one.removeprefix(_DOCUMENT) for one in asked if one.startswith(_DOCUMENT))


def asked_for_nothing(form: Form, answers: Json, codes: Container[str], asked: Sequence[str]) -> tuple[str, ...]:
    """Those of *asked* that the owner cannot bring: no field to answer that holds with *answers*, no document of *codes*."""
    known = {field.pointer for field in walk(effective(form, answers)) if is_asked(form, field)}
    return tuple(one for one in asked if one not in known and not (one.startswith(_DOCUMENT) and one[len(_DOCUMENT) :] in codes))


def with_documents(
    before: tuple[Attachment, ...], sent: tuple[Attachment, ...], asked: tuple[str, ...]
) -> tuple[Attachment, ...]:
    """*before* and those of *sent* that were asked for; nothing that the office has seen is taken away."""
    codes = asked_documents(asked)
    return (*before, *(one for one in sent if one.document in codes))
