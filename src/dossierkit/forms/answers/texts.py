"""The text of one control ⇄ the value of one answer, in the language of the page.

What cannot be understood stays the text it was: nothing typed is lost, and the judge refuses it.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal

from dossierkit.forms.fields.form import Field, Kind
from dossierkit.forms.schema.dialect import Dialect
from dossierkit.forms.schema.numbers import exact_number
from dossierkit.pointers import ABSENT, Json, same
from dossierkit.text import nfc

#: Thousands and decimal mark of each language.
MARKS = {"vi": (".", ","), "en": (",", ".")}

_GROUPED = {
    "vi": re.compile(r"[+-]?\d{1,3}(?:[.\s\u00a0]\d{3})+(?:,\d+)?", re.ASCII),
    "en": re.compile(r"[+-]?\d{1,3}(?:[,\s\u00a0]\d{3})+(?:\.\d+)?", re.ASCII),
}
_PLAIN = {
    "vi": re.compile(r"[+-]?\d+(?:,\d+)?(?:[eE][+-]?\d{1,9})?", re.ASCII),
    "en": re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,9})?", re.ASCII),
}
#: No year is as large.
_FIRST_AMOUNT = 10_000


def read_number(text: str, language: str) -> Json:
    """`1.258,5` (vi) or `1,258.5` (en) → 1258.5; a text that is no number, or could be two, comes back as it is.

    In Vietnamese `1.258` is one thousand two hundred and fifty-eight, and `1.5` is refused rather than guessed at.
    """
    exact = _decimal(text, language)
    number = exact_number(exact) if exact is not None else None
    return text if number is None else number


def _decimal(text: str, language: str) -> Decimal | None:
    """The number that *text* writes, digit by digit."""
    bare = text.strip().replace("\u2212", "-")
    if bare.endswith(("đ", "₫")):
        bare = bare[:-1].rstrip()
    thousands, decimal = MARKS.get(language, MARKS["vi"])
    if not _PLAIN.get(language, _PLAIN["vi"]).fullmatch(bare):
        if not _GROUPED.get(language, _GROUPED["vi"]).fullmatch(bare):
            return None
        bare = re.sub(rf"[{re.escape(thousands)}\s\u00a0]", "", bare)
    return Decimal(bare.replace(decimal, "."))


def is_too_precise(text: str, language: str) -> bool:
    """Whether *text* writes a number with more digits than are kept, in *language* or else with the other decimal mark.

    JSON writes decimals with a point, whatever the language of the page.
    """
    exact = _decimal(text, language)
    if exact is None:
        exact = _decimal(text, _other(language))
    return exact is not None and exact_number(exact) is None


def is_ambiguous(text: str, language: str) -> bool:
    """Whether *text* is a number to somebody who writes decimals with the other mark."""
    return _decimal(text, language) is None and _decimal(text, _other(language)) is not None


def _other(language: str) -> str:
    """A language that writes decimals with the other mark than *language*."""
    return "en" if MARKS.get(language, MARKS["vi"]) == MARKS["vi"] else "vi"


def is_amount(field: Field, value: Json) -> bool:
    """Whether *value* of *field* is written with its thousands grouped: `25.000.000`, `1.258,5`.

    Money and what has a unit is an amount, and so is what no year can be: from 10 000 on, or with decimals.  A field whose
    author asks for a plain text (`"x-widget": "text"`) holds a code.
    """
    if field.keywords.get("x-widget") == "text" or not isinstance(value, int | float):
        return False
    return field.widget == "money" or "x-unit" in field.keywords or abs(value) >= _FIRST_AMOUNT or isinstance(value, float)


def show_number(value: Json, language: str, *, grouped: bool = False) -> str:
    """A number the way *language* writes it; see `is_amount` for whose thousands are grouped."""
    thousands, decimal = MARKS.get(language, MARKS["vi"])
    text = str(value) if isinstance(value, int) else _digits(value)
    whole, _, fraction = text.partition(".")
    if grouped and "e" not in text:
        sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
        whole = sign + f"{int(digits):,}".replace(",", thousands)
    return whole + (decimal + fraction if fraction else "")


def _digits(value: float) -> str:
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    return text if "e" not in text or abs(value) < 1e-9 else format(Decimal(text), "f")


def read_text(text: str, field: Field, dialect: Dialect, language: str) -> Json:
    """The answer that *text* means for *field*; ABSENT for a blank one."""
    text = nfc(text.replace("\r\n", "\n").replace("\r", "\n"))
    if field.kind in (Kind.CHOICE, Kind.BOOLEAN, Kind.ACCEPT, Kind.CHECKS):
        blank = field.kind is Kind.BOOLEAN and field.nullable and (field.required or field.row) and not text.strip()
        return None if blank else _read_choice(text, field)
    if not text.strip() and not _means_blank(field):
        return None if field.nullable and (field.required or field.row) else ABSENT
    if field.kind is Kind.NUMBER:
        return read_number(text, language)
    if field.kind is Kind.JSON:
        return read_json(text)
    widget = dialect.widgets.get(field.widget)
    if widget is not None:
        return widget.read(text)
    known = dialect.formats.get(str(field.keywords.get("format")))
    return known.read(text) if known is not None else text


def _means_blank(field: Field) -> bool:
    """Whether the schema itself names a blank text as an answer."""
    return any(isinstance(choice.value, str) and not choice.value.strip() for choice in field.choices)


def _read_choice(text: str, field: Field) -> Json:
    if not text.strip():
        return ABSENT
    value = read_json(text)
    choice = field.choice(value)
    return choice.value if choice is not None else value


def read_json(text: str) -> Json:
    """The JSON value that *text* spells, read as strictly as a document; *text* itself where it is none."""
    from dossierkit.errors import DocumentError
    from dossierkit.forms.schema.document import load_answers

    try:
        return load_answers(text)
    except DocumentError:
        return text


def show_text(value: Json, field: Field, dialect: Dialect, language: str) -> str:
    """*value* as the control of *field* shows it, such that `read_text` gives *value* again."""
    if value is ABSENT or (value is None and field.kind not in (Kind.CHOICE, Kind.ACCEPT, Kind.CHECKS, Kind.JSON)):
        return ""
    if isinstance(value, str) and field.kind is Kind.TEXT and field.widget not in dialect.widgets:
        known = dialect.formats.get(str(field.keywords.get("format")))
        if known is None:
            return value
    shown = _shown(value, field, dialect, language)
    if shown is not None and same(read_text(shown, field, dialect, language), value):
        return shown
    return value if isinstance(value, str) and field.kind is not Kind.JSON else encode(value)


def _shown(value: Json, field: Field, dialect: Dialect, language: str) -> str | None:
    if field.kind in (Kind.CHOICE, Kind.BOOLEAN, Kind.ACCEPT, Kind.CHECKS):
        return encode(value)
    if field.kind is Kind.JSON:
        plain = isinstance(value, str) and same(read_json(value), value) and value.strip()
        return value if plain else json.dumps(value, ensure_ascii=False, indent=1 if isinstance(value, dict | list) else None)
    if field.kind is Kind.NUMBER and isinstance(value, int | float) and not isinstance(value, bool):
        return show_number(value, language, grouped=is_amount(field, value))
    widget = dialect.widgets.get(field.widget)
    if widget is not None:
        return widget.show(value)
    if not isinstance(value, str):
        return None
    known = dialect.formats.get(str(field.keywords.get("format")))
    return known.show(value) if known is not None else value


def encode(value: Json) -> str:
    """*value* as the compact JSON that choices submit, so that `1`, `"1"` and `true` stay apart."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
