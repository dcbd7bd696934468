"""Conversion between the text of a control and the value of an answer, in the language of the page.

A text that cannot be read as the type of its field stays a text: the page shows it again, and validation reports it.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal

from dossierkit.errors import DocumentError
from dossierkit.forms.fields.form import Field, Kind
from dossierkit.forms.schema.dialect import Dialect
from dossierkit.forms.schema.document import load_answers
from dossierkit.forms.schema.numbers import exact_number
from dossierkit.pointers import ABSENT, Json, same
from dossierkit.text import nfc

#: Language → (thousands separator, decimal mark).
MARKS = {"vi": (".", ","), "en": (",", ".")}

_GROUPED = {
    "vi": re.compile(r"[+-]?\d{1,3}(?:[.\s\u00a0]\d{3})+(?:,\d+)?", re.ASCII),
    "en": re.compile(r"[+-]?\d{1,3}(?:[,\s\u00a0]\d{3})+(?:\.\d+)?", re.ASCII),
}
_PLAIN = {
    "vi": re.compile(r"[+-]?\d+(?:,\d+)?(?:[eE][+-]?\d{1,9})?", re.ASCII),
    "en": re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,9})?", re.ASCII),
}
#: Integers from here on are grouped: no year is as large.
_FIRST_AMOUNT = 10_000


def read_number(text: str, language: str) -> Json:
    """`1.258,5` (vi) or `1,258.5` (en) → 1258.5; a text that is not a number of *language* is returned unchanged.

    In Vietnamese `1.258` is 1258, and `1.5` is not a number.  A number that a double cannot hold exactly stays a text, too.
    """
    exact = _decimal(text, language)
    number = exact_number(exact) if exact is not None else None
    return text if number is None else number


def _decimal(text: str, language: str) -> Decimal | None:
    """The exact number in *text*; None if it is not a number of *language*."""
    digits = text.strip().replace("\u2212", "-")
    if digits.endswith(("đ", "₫")):
        digits = digits[:-1].rstrip()
    thousands, decimal = MARKS.get(language, MARKS["vi"])
    if not _PLAIN.get(language, _PLAIN["vi"]).fullmatch(digits):
        if not _GROUPED.get(language, _GROUPED["vi"]).fullmatch(digits):
            return None
        digits = re.sub(rf"[{re.escape(thousands)}\s\u00a0]", "", digits)
    return Decimal(digits.replace(decimal, "."))


def is_too_precise(text: str, language: str) -> bool:
    """Whether *text* is a number that a double cannot hold exactly, with the marks of *language* or else of the other one.

    A number from a JSON file has a decimal point in any language.
    """
    exact = _decimal(text, language)
    if exact is None:
        exact = _decimal(text, _other(language))
    return exact is not None and exact_number(exact) is None


def is_ambiguous(text: str, language: str) -> bool:
    """Whether *text* is not a number of *language*, but one of a language with the other decimal mark."""
    return _decimal(text, language) is None and _decimal(text, _other(language)) is not None


def _other(language: str) -> str:
    """A language with the other decimal mark."""
    return "en" if MARKS.get(language, MARKS["vi"]) == MARKS["vi"] else "vi"


def is_amount(field: Field, value: Json) -> bool:
    """Whether the thousands of *value* are grouped: `25.000.000`, `1.258,5`.

    Amounts are money, numbers with a unit, numbers with decimals, and those from 10 000 on, which are not years.  A field with
    `"x-widget": "text"` holds a code, which is never grouped.
    """
    if field.keywords.get("x-widget") == "text" or not isinstance(value, int | float):
        return False
    return field.widget == "money" or "x-unit" in field.keywords or abs(value) >= _FIRST_AMOUNT or isinstance(value, float)


def show_number(value: Json, language: str, *, grouped: bool = False) -> str:
    """The number *value* in *language*, with its thousands grouped if *grouped*; see `is_amount`."""
    thousands, decimal = MARKS.get(language, MARKS["vi"])
    text = str(value) if isinstance(value, int) else _decimal_digits(value)
    whole, _, fraction = text.partition(".")
    if grouped and "e" not in text:
        sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
        whole = sign + f"{int(digits):,}".replace(",", thousands)
    return whole + (decimal + fraction if fraction else "")


def _decimal_digits(value: float) -> str:
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    return text if "e" not in text or abs(value) < 1e-9 else format(Decimal(text), "f")


def read_text(text: str, field: Field, dialect: Dialect, language: str) -> Json:
    """The answer to *field* in the submitted *text*; for a blank one, ABSENT, or None where null is required."""
    text = nfc(text.replace("\r\n", "\n").replace("\r", "\n"))
    if field.kind in (Kind.CHOICE, Kind.BOOLEAN, Kind.ACCEPT, Kind.CHECKS):
        blank = field.kind is Kind.BOOLEAN and field.nullable and (field.required or field.row) and not text.strip()
        return None if blank else _read_choice(text, field)
    if not text.strip() and not _has_blank_choice(field):
        return None if field.nullable and (field.required or field.row) else ABSENT
    if field.kind is Kind.NUMBER:
        return read_number(text, language)
    if field.kind is Kind.JSON:
        return read_json(text)
    widget = dialect.widgets.get(field.widget)
    if widget is not None:
        return widget.read(text)
    text_format = dialect.formats.get(str(field.keywords.get("format")))
    return text_format.read(text) if text_format is not None else text


def _has_blank_choice(field: Field) -> bool:
    """Whether a blank text is one of the choices of *field*."""
    return any(isinstance(choice.value, str) and not choice.value.strip() for choice in field.choices)


def _read_choice(text: str, field: Field) -> Json:
    if not text.strip():
        return ABSENT
    value = read_json(text)
    choice = field.choice(value)
    return choice.value if choice is not None else value


def read_json(text: str) -> Json:
    """The JSON value in *text*, read as strictly as a document; *text* itself if it is not JSON."""
    try:
        return load_answers(text)
    except DocumentError:
        return text


def show_text(value: Json, field: Field, dialect: Dialect, language: str) -> str:
    """The text of the control of *field* for the answer *value*; `read_text` gives *value* again."""
    if value is ABSENT or (value is None and field.kind not in (Kind.CHOICE, Kind.ACCEPT, Kind.CHECKS, Kind.JSON)):
        return ""
    is_plain_text = isinstance(value, str) and field.kind is Kind.TEXT and field.widget not in dialect.widgets
    if is_plain_text and str(field.keywords.get("format")) not in dialect.formats:
        return str(value)
    text = _readable_text(value, field, dialect, language)
    if text is not None and same(read_text(text, field, dialect, language), value):
        return text
    return value if isinstance(value, str) and field.kind is not Kind.JSON else encode(value)


def _readable_text(value: Json, field: Field, dialect: Dialect, language: str) -> str | None:
    """*value* as a user would type it; None if *field* does not take such values."""
    if field.kind in (Kind.CHOICE, Kind.BOOLEAN, Kind.ACCEPT, Kind.CHECKS):
        return encode(value)
    if field.kind is Kind.JSON:
        is_plain_text = isinstance(value, str) and same(read_json(value), value) and value.strip()
        return (
            value
            if is_plain_text
            else json.dumps(value, ensure_ascii=False, indent=1 if isinstance(value, dict | list) else None)
        )
    if field.kind is Kind.NUMBER and isinstance(value, int | float) and not isinstance(value, bool):
        return show_number(value, language, grouped=is_amount(field, value))
    widget = dialect.widgets.get(field.widget)
    if widget is not None:
        return widget.show(value)
    if not isinstance(value, str):
        return None
    text_format = dialect.formats.get(str(field.keywords.get("format")))
    return text_format.show(value) if text_format is not None else value


def encode(value: Json) -> str:
    """*value* as compact JSON, the text that choices submit: it differs for `1`, `"1"` and `true`."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
