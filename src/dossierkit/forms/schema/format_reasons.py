"""Reasons why a text does not match its format, each the name of a sentence in `forms.words` with values to fill in.

Each function takes a text that its format refused, and returns None if it knows no particular reason.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping

import attrs


@attrs.frozen
class Reason:
    """The sentence *name* of the catalogue, with the values for its placeholders."""

    name: str
    quotes: Mapping[str, str | int] = attrs.field(factory=dict)


_DAY = re.compile(r"\s*(\d{1,6})\s*[/.\-]\s*(\d{1,6})\s*[/.\-]\s*(\d{1,6})\s*", re.ASCII)
_CLOCK = re.compile(r"\s*(\d{1,3})\s*(?::|h|giờ)\s*(\d{1,3})(?::(\d{1,3}))?.*", re.ASCII | re.DOTALL)
#: The first year that has four digits without leading zeros.
FIRST_YEAR = 1000


def no_reason(text: str) -> Reason | None:  # noqa: ARG001  # the signature of all reasons
    """None: the format gives no reasons."""
    return None


def day_reason(text: str) -> Reason | None:
    """Why *text* is not a date: a year too short, no such month, or no such day in the month."""
    parts = _DAY.fullmatch(text)
    if parts is None:
        return None
    first, month, last = parts.groups()
    day, year = (last, first) if len(first) == 4 else (first, last)
    if len(year) != 4 or int(year) < FIRST_YEAR:
        return Reason("reason-year", {"year": year})
    if not 1 <= int(month) <= 12:
        return Reason("reason-month", {"number": int(month)})
    days = monthrange(int(year), int(month))[1]
    if not 1 <= int(day) <= days:
        return Reason("reason-day", {"day": int(day), "month": int(month), "year": year, "days": days})
    return None


def partial_reason(text: str) -> Reason | None:
    """Why *text* is neither a year nor a date; a year of four digits is refused only if it is too early."""
    year = re.fullmatch(r"\s*(\d{4})\s*", text, re.ASCII)
    return Reason("reason-year", {"year": year[1]}) if year else day_reason(text)


def time_reason(text: str) -> Reason | None:
    """Why *text* is not a time of day."""
    parts = _CLOCK.fullmatch(text)
    if parts is None:
        return None
    hour, minute, second = parts.groups()
    if int(hour) > 23:
        return Reason("reason-hour", {"number": int(hour)})
    larger = max(int(minute), int(second or 0))
    return Reason("reason-minute", {"number": larger}) if larger > 59 else None


def moment_reason(text: str) -> Reason | None:
    """Why *text* is not a date with a time."""
    day, _, clock = text.strip().replace("T", " ", 1).partition(" ")
    reason = day_reason(day)
    if reason is None and _DAY.fullmatch(day) and not clock.strip():
        return Reason("reason-no-time")
    return reason or time_reason(clock)


def email_reason(text: str) -> Reason | None:
    """Why *text* is not an e-mail address."""
    name, at, host = text.partition("@")
    if any(letter.isspace() for letter in text):
        return Reason("reason-mail-blank")
    if not at:
        return Reason("reason-mail-at")
    if "@" in host:
        return Reason("reason-mail-twice")
    return Reason("reason-mail-name") if not name else Reason("reason-mail-host") if not host else None


def uri_reason(text: str) -> Reason | None:
    """Why *text* is not a web address."""
    return Reason("reason-scheme") if "://" not in text and re.fullmatch(r"[\w\-]+(?:\.[\w\-]+)+\S*", text) else None


def name_reason(text: str) -> Reason | None:
    """Why *text* is not a full name."""
    if stray := next((letter for letter in text if not (letter.isalpha() or letter in " '’.-")), ""):
        return Reason("reason-name-letter", {"stray": stray})
    if len(text) < 2:
        return Reason("reason-name-short")
    return Reason("reason-name-long", {"limit": 100}) if len(text) > 100 else None


def personal_number_reason(text: str) -> Reason | None:
    """Why *text* is not a personal number."""
    return next(_digit_reasons(text, (12,)), None) or Reason("reason-zeros", {"zeros": "000"})


def tax_code_reason(text: str) -> Reason | None:
    """Why *text* is not a tax code."""
    return next(_digit_reasons(text, (10, 12, 13)), None) or Reason("reason-tax-check")


def phone_reason(text: str) -> Reason | None:
    """Why *text* is not a Vietnamese telephone number."""
    digits = without_separators(text)
    local = re.sub(r"^\+?84", "0", digits)
    if stray := _stray(local.removeprefix("+")):
        return Reason("reason-digit", {"stray": stray})
    if not local.startswith(("0", "1800", "1900")):
        return Reason("reason-phone-zero")
    if local.startswith("0") and local[1:2] not in ("", "2", "3", "5", "7", "8", "9"):
        return Reason("reason-phone-prefix", {"prefix": local[:2]})
    return Reason("reason-phone-count", {"count": len(local)})


def certificate_reason(text: str) -> Reason | None:
    """Why *text* is not the number of a land certificate."""
    parts = re.fullmatch(r"\s*([A-Za-zĐđ]*)\s*([0-9]*)\s*", text)
    if parts is None or not parts[1] or not parts[2]:
        return None
    return Reason("reason-certificate", {"letters": len(parts[1]), "count": len(parts[2])})


def without_separators(text: str) -> str:
    """*text* without the white space and punctuation that is written between digits."""
    return re.sub(r"[\s.\-()]", "", text)


def _digit_reasons(text: str, counts: tuple[int, ...]) -> Iterator[Reason]:
    """Reasons why *text* does not consist of one of *counts* digits."""
    digits = without_separators(text)
    if stray := _stray(digits):
        yield Reason("reason-digit", {"stray": stray})
    if len(digits) not in counts:
        yield Reason("reason-count", {"count": len(digits), "wanted": "/".join(map(str, counts))})


def _stray(text: str) -> str:
    """The first character of *text* that is not an ASCII digit; empty if all are."""
    return next((letter for letter in text if not (letter.isascii() and letter.isdigit())), "")
