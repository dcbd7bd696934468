"""Answers and limits of files as a reader sees them."""

from __future__ import annotations

from dossierkit.forms.answers.texts import show_text
from dossierkit.forms.fields.form import Field, Form, Kind, embeds
from dossierkit.forms.fields.options import option_list
from dossierkit.forms.words.catalogue import word
from dossierkit.forms.words.titles import choice_title
from dossierkit.pointers import ABSENT, Json


def readable(form: Form, field: Field, value: Json, language: str) -> str:
    """The answer *value* to a field without children: the title of a choice, a number with its unit; empty without an answer."""
    if value is ABSENT or value is None:
        return ""
    if field.write_only:
        return word("entered", language)
    if field.several and isinstance(value, list):
        return ", ".join(_title(form, field, item, language) for item in value)
    if field.kind in (Kind.CHOICE, Kind.ACCEPT, Kind.CONSTANT, Kind.BOOLEAN) or "x-options" in field.keywords:
        return _title(form, field, value, language)
    text = show_text(value, field, form.dialect, language)
    unit = unit_of(field)
    return f"{text}\u00a0{unit}" if unit and text else text


def _title(form: Form, field: Field, value: Json, language: str) -> str:
    choice = field.choice(value)
    if choice is not None:
        return choice_title(form, choice, language)
    if isinstance(value, bool):
        return word("yes" if value else "no", language)
    options = option_list(form, field)
    listed = options.recall(value) if options is not None else None
    return listed.title if listed is not None else str(value)


def unit_of(field: Field) -> str:
    """The unit of the numbers of *field*; empty if it has none."""
    unit = field.keywords.get("x-unit")
    return unit if isinstance(unit, str) else "đ" if field.widget == "money" else ""


def _megabytes(size: int) -> str:
    """*size* bytes in MB: of 1 048 576 or 1 000 000 bytes, whichever gives the shorter number."""
    return min((f"{size / unit:.4g}" for unit in (1_048_576, 1_000_000)), key=len) + " MB"


#: Bytes of a file that is itself the answer: it is part of the page, whose parts servers limit to 1 MB, and base64 adds a third.
_MAX_EMBEDDED_BYTES = 700_000


def most_bytes(field: Field) -> int:
    """The largest file of *field*, in bytes."""
    limits = field.keywords.get("x-file")
    limit = int(limits.get("maxBytes", 10_485_760)) if isinstance(limits, dict) else 10_485_760
    return min(limit, _MAX_EMBEDDED_BYTES) if embeds(field) else limit


def file_limits(field: Field, language: str) -> str:
    """The kinds, size and number of files that can be attached, as a sentence."""
    limits = field.keywords.get("x-file")
    limits = limits if isinstance(limits, dict) else {}
    media_type = str(field.keywords["contentMediaType"]) if embeds(field) else ""
    accept = ", ".join(map(str, limits.get("accept", ()))) or media_type or word("any-file", language)
    size = _megabytes(most_bytes(field))
    files = limits.get("maxFiles", 1 if not field.several else field.keywords.get("maxItems", 5))
    return word("file-limits", language).format(
        accept=accept, size=size.replace(".", "," if language == "vi" else "."), files=files
    )
