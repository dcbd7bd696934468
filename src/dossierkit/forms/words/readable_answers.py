"""Answers, units and limits in words."""

from __future__ import annotations

from dossierkit.forms.answers.texts import show_text
from dossierkit.forms.fields.form import Field, Form, Kind, embeds
from dossierkit.forms.fields.options import option_list
from dossierkit.forms.words.catalogue import word
from dossierkit.forms.words.titles import choice_title
from dossierkit.pointers import ABSENT, Json


def readable(form: Form, field: Field, value: Json, language: str) -> str:
    """*value* of a leaf in words: the title of a choice, a number with its unit."""
    if value is ABSENT or value is None:
        return ""
    if field.write_only:
        return word("entered", language)
    if field.several and isinstance(value, list):
        return ", ".join(_titled(form, field, item, language) for item in value)
    if field.kind in (Kind.CHOICE, Kind.ACCEPT, Kind.CONSTANT, Kind.BOOLEAN) or "x-options" in field.keywords:
        return _titled(form, field, value, language)
    text = show_text(value, field, form.dialect, language)
    unit = unit_of(field)
    return f"{text}\u00a0{unit}" if unit and text else text


def _titled(form: Form, field: Field, value: Json, language: str) -> str:
    choice = field.choice(value)
    if choice is not None:
        return choice_title(form, choice, language)
    if isinstance(value, bool):
        return word("yes" if value else "no", language)
    options = option_list(form, field)
    found = options.recall(value) if options is not None else None
    return found.title if found is not None else str(value)


def unit_of(field: Field) -> str:
    """What its numbers count."""
    unit = field.keywords.get("x-unit")
    return unit if isinstance(unit, str) else "đ" if field.widget == "money" else ""


def _megabytes(size: int) -> str:
    """*size* in the megabytes that its author counted in: of a thousand or of 1 024 kilobytes, whichever is rounder."""
    return min((f"{size / unit:.4g}" for unit in (1_048_576, 1_000_000)), key=len) + " MB"


#: An answer travels in the page, whose parts a server limits to 1 MB: as base64 a third is added.
_EMBEDDED = 700_000


def most_bytes(field: Field) -> int:
    """How large a file of *field* may be, in bytes."""
    limits = field.keywords.get("x-file")
    said = int(limits.get("maxBytes", 10_485_760)) if isinstance(limits, dict) else 10_485_760
    return min(said, _EMBEDDED) if embeds(field) else said


def file_limits(field: Field, language: str) -> str:
    """What may be attached, in words."""
    limits = field.keywords.get("x-file")
    limits = limits if isinstance(limits, dict) else {}
    said = str(field.keywords["contentMediaType"]) if embeds(field) else ""
    accept = ", ".join(map(str, limits.get("accept", ()))) or said or word("any-file", language)
    size = _megabytes(most_bytes(field))
    files = limits.get("maxFiles", 1 if not field.several else field.keywords.get("maxItems", 5))
    return word("file-limits", language).format(
        accept=accept, size=size.replace(".", "," if language == "vi" else "."), files=files
    )
