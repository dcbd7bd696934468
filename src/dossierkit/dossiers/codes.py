"""Dossier codes (mã hồ sơ): strict when issued, tolerant when read.

A code is `AGENCY-YYMMDD-NNNN`: the agency that takes the dossier in, the local day, and the number of that day,
which starts at 0001 and goes on after 9999 without wrapping.  A template may say otherwise, since provinces differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import attrs

from dossierkit.dossiers.states import Action
from dossierkit.errors import CodeError
from dossierkit.forms.pointers import Json

#: Every placeholder of a template.
_PLACES = ("agency", "yymmdd", "yyyymmdd", "year", "number")
DEFAULT_TEMPLATE = "{agency}-{yymmdd}-{number:4}"
#: No rule says how a receipt number is written; this one is another for each agency and year.
DEFAULT_RECEIPT = "{number:5}/{year}/{agency}"

_AGENCY = re.compile(r"[A-Z][0-9]{2}(?:\.[0-9]{2,3}){0,4}|[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}")
_ACCEPTED = re.compile(rf"(?P<agency>{_AGENCY.pattern})-(?P<day>[0-9]{{8}}|[0-9]{{6}})-(?P<number>[0-9]{{4,7}})")
_PLACE = re.compile(r"\{(\w+)(?::([0-9]))?\}")


@attrs.frozen(order=True)
class DossierCode:
    """A dossier code as it is kept: upper case, no spaces, plain hyphens."""

    text: str

    def __str__(self) -> str:
        return self.text


@attrs.frozen
class CodeTemplate:
    """How an agency writes its codes, `{agency}-{yymmdd}-{number:4}` unless a procedure says otherwise.

    Raises:
        CodeError: a placeholder is unknown, or the number or the day is missing.
    """

    text: str = DEFAULT_TEMPLATE

    def __attrs_post_init__(self) -> None:
        places = _placed(self.text)
        if places.count("number") != 1 or not {"yymmdd", "yyyymmdd"} & set(places) or "agency" not in places:
            raise CodeError("a code template holds {agency}, {number} and {yymmdd} or {yyyymmdd}")

    def issue(self, agency: str, day: date, number: int) -> DossierCode:
        """The code of the *number*-th dossier that *agency* takes in on the local *day*.

        Raises:
            CodeError: *agency* is no agency id, or *number* is not positive.
        """
        if not _AGENCY.fullmatch(agency):
            raise CodeError(f"{agency!r} is no agency id; one looks like H29.15")
        if number < 1:
            raise CodeError(f"the number of a code starts at 1, not {number}")
        return DossierCode(_filled(self.text, agency, day, number))


@attrs.frozen
class ReceiptTemplate:
    """How an agency writes its receipt numbers (số biên nhận), one series for each agency and year.

    Raises:
        CodeError: a placeholder is unknown, or two dossiers could get the same number.
    """

    text: str = DEFAULT_RECEIPT

    def __attrs_post_init__(self) -> None:
        places = _placed(self.text)
        if places.count("number") != 1 or not {"year", "yymmdd", "yyyymmdd"} & set(places) or "agency" not in places:
            raise CodeError("a receipt template holds {agency}, {number} and {year}")

    def issue(self, agency: str, day: date, number: int) -> str:
        """The number of the *number*-th dossier that *agency* accepts in the year of *day*."""
        return spelled_receipt(_filled(self.text, agency, day, number))


#: The letters that an action sends out, in their books: the printed form (mẫu), and how its number ends.
LETTERS: Mapping[Action, tuple[str, str]] = {
    Action.REQUEST_SUPPLEMENT: ("02", "HDHS"),
    Action.REFUSE: ("03", "TCTN"),
    Action.EXTEND: ("04", "PXL"),
    Action.STOP: ("05", "TBD"),
}


def series_of(action: Action, day: date) -> str | None:
    """The series of an agency that *action* draws a number from: a day, a year, a year's book; None where it draws none."""
    if action is Action.SUBMIT:
        return day.isoformat()
    year = day.isoformat()[:4]
    if action is Action.ACCEPT:
        return year
    return f"{year}/{LETTERS[action][0]}" if action in LETTERS else None


def drawn_by(action: Action, facts: Mapping[str, Json], agency: str) -> tuple[str, str, int] | None:
    """The agency, the series and the number that an event drew; None where it drew none."""
    number, day = facts.get("number"), facts.get("day")
    if not isinstance(number, int) or not isinstance(day, str):
        return None
    series = series_of(action, date.fromisoformat(day))
    return (agency, series, number) if series is not None else None


def letter_number(action: Action, day: date, number: int) -> str:
    """The number of a letter, `00012/2026/HDHS`."""
    return f"{number:05}/{day:%Y}/{LETTERS[action][1]}"


def _placed(template: str) -> list[str]:
    places = [match[1] for match in _PLACE.finditer(template)]
    unknown = [place for place in places if place not in _PLACES]
    if unknown:
        known = ", ".join(f"{{{place}}}" for place in _PLACES)
        raise CodeError(f"{{{unknown[0]}}} is no placeholder; known: {known}")
    return places


def _filled(template: str, agency: str, day: date, number: int) -> str:
    values = {"agency": agency, "yymmdd": f"{day:%y%m%d}", "yyyymmdd": f"{day:%Y%m%d}", "year": f"{day:%Y}"}

    def filled(match: re.Match[str]) -> str:
        return f"{number:0{int(match[2] or 4)}}" if match[1] == "number" else values[match[1]]

    return _PLACE.sub(filled, template)


def parse_code(text: str) -> DossierCode:
    """The code that somebody typed: spaces, lower case and dashes of any length are forgiven.

    Raises:
        CodeError: it cannot be a code, or names a day that never was.
    """
    squeezed = re.sub(r"\s+", "", text).upper()
    squeezed = re.sub("[\u2010-\u2015\u2212\uff0d]", "-", squeezed)
    match = _ACCEPTED.fullmatch(squeezed)
    if not match:
        raise CodeError("a dossier code looks like H29.15-261122-0001")
    day = match["day"] if len(match["day"]) == 8 else "20" + match["day"]
    try:
        date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        raise CodeError(f"{match['day']} in the code is no day") from None
    return DossierCode(squeezed)


def spelled_receipt(text: str) -> str:
    """The receipt number that somebody typed, without its spaces and in upper case."""
    return re.sub(r"\s+", "", text).upper()
