"""Dossier codes (mã hồ sơ): strict when issued, tolerant when read.

A code is `AGENCY-YYMMDD-NNNN`: the agency that takes the dossier in, the local day, and the number of that day,
which starts at 0001 and goes on after 9999 without wrapping.  A template may say otherwise, since provinces differ.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import date

import attrs

from dossierkit.dossiers.states import Action
from dossierkit.errors import CodeError

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
        if not is_agency(agency):
            raise CodeError(f"{agency!r} is no agency id; one looks like H29.15")
        if number < 1:
            raise CodeError(f"the number of a code starts at 1, not {number}")
        return DossierCode(_filled(self.text, agency, day, number))


def is_agency(text: str) -> bool:
    """Whether *text* is the id of an agency, as codes begin with one."""
    return _AGENCY.fullmatch(text) is not None


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
        return _squeezed(_filled(self.text, agency, day, number))


#: The letters that an action sends out, in their books: the printed form (mẫu), and how its number ends.
LETTERS: Mapping[Action, tuple[str, str]] = {
    Action.REQUEST_SUPPLEMENT: ("02", "HDHS"),
    Action.REFUSE: ("03", "TCTN"),
    Action.EXTEND: ("04", "PXL"),
    Action.STOP: ("05", "TBD"),
}


def series_of(action: Action, day: date) -> str | None:
    """The series of an agency from which *action* draws a number: a day, a year, or a book of a year; None if it draws none."""
    if action is Action.SUBMIT:
        return day.isoformat()
    year = day.isoformat()[:4]
    if action is Action.ACCEPT:
        return year
    return f"{year}/{LETTERS[action][0]}" if action in LETTERS else None


def letter_number(action: Action, day: date, number: int) -> str:
    """The number of a letter, `00012/2026/HDHS`."""
    return f"{number:05}/{day:%Y}/{LETTERS[action][1]}"


def _placed(template: str) -> list[str]:
    names = [match[1] for match in _PLACE.finditer(template)]
    unknown = [name for name in names if name not in _PLACES]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in _PLACES)
        raise CodeError(f"{{{unknown[0]}}} is no placeholder; known: {known}")
    return names


def _filled(template: str, agency: str, day: date, number: int) -> str:
    values = {"agency": agency, "yymmdd": f"{day:%y%m%d}", "yyyymmdd": f"{day:%Y%m%d}", "year": f"{day:%Y}"}

    def filled(match: re.Match[str]) -> str:
        return f"{number:0{int(match[2] or 4)}}" if match[1] == "number" else values[match[1]]

    return _PLACE.sub(filled, template)


def parse_code(text: str) -> DossierCode:
    """The code that a user typed, whatever its spaces, case and dashes.

    Raises:
        CodeError: it cannot be a code, or names a day that never was.
    """
    squeezed = _squeezed(text)
    match = _ACCEPTED.fullmatch(squeezed)
    if not match:
        raise CodeError("a dossier code looks like H29.15-261122-0001")
    if not _is_day(match["day"]):
        raise CodeError(f"{match['day']} in the code is no day")
    return DossierCode(squeezed)


def bare(text: str) -> str:
    """The letters and digits of a code, or of a part of one, in upper case: what two ways of writing it have in common."""
    return re.sub("[^A-Z0-9]", "", text.upper())


def meant_codes(text: str) -> tuple[DossierCode, ...]:
    """The codes that *text*, typed by a user, may mean, the likeliest first; none if it is no code.

    For look-up only: spaces, dots, dashes and slashes may be missing or interchanged, and leading zeros of the number may be
    missing, so `h29 15 261122 1` is `H29.15-261122-0001`.
    """
    groups = re.findall(r"[A-Z0-9]+", _squeezed(re.sub(r"\s", "-", text.strip())))
    whole = "".join(groups)
    if not whole or len(whole) > _LONGEST:
        return ()
    codes: dict[DossierCode, None] = {}
    for day_digits in (6, 8):
        for number_digits in range(1, 8):
            day_end = len(whole) - number_digits
            agency, day, number = whole[: day_end - day_digits], whole[day_end - day_digits : day_end], whole[day_end:]
            # Without a separator between day and number, the number needs its zeros.
            apart = groups[-1] == number or (number_digits > 3 and groups[-1].endswith(day + number))
            if apart and number.isdigit() and _is_day(day) and (dotted := _dotted(agency)):
                widths = range(max(4, number_digits), 8)
                codes |= dict.fromkeys(DossierCode(f"{dotted}-{day}-{number:0>{width}}") for width in widths)
    return tuple(codes)


#: An agency of five parts, a day of eight digits and a number of seven, each without separators.
_LONGEST = 3 + 4 * 3 + 8 + 7


#: Letters of a check code: none is taken for another.
_CHECK_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CHECK_LENGTH = 6


def check_code(key: bytes, code: DossierCode) -> str:
    """Six letters printed beside *code*: a person who knows both has a paper or a mail about the dossier.

    Args:
        key: the secret of the installation.
    """
    number = int.from_bytes(hmac.digest(key, f"check:{code}".encode(), "sha256"), "big")
    letters = []
    for _ in range(_CHECK_LENGTH):
        number, place = divmod(number, len(_CHECK_LETTERS))
        letters.append(_CHECK_LETTERS[place])
    return "".join(letters)


def same_check_code(typed: str, right: str) -> bool:
    """Whether *typed* is the check code *right*, in any case and with any spaces or dashes."""
    return hmac.compare_digest(bare(typed).encode(), right.encode())


def series_typed(typed: str) -> str:
    """The agency and the day, or the year, that a code or receipt number is of, as far as *typed* tells; empty otherwise."""
    codes, receipts = meant_codes(typed), meant_receipts(typed, "")
    return codes[0].text.rpartition("-")[0] if codes else receipts[-1].partition("/")[2]


def _squeezed(text: str) -> str:
    return re.sub("[\u2010-\u2015\u2212\uff0d]", "-", re.sub(r"\s+", "", text).upper())


def _is_day(digits: str) -> bool:
    day = digits if len(digits) == 8 else f"20{digits}"
    try:
        return digits.isascii() and len(day) == 8 and date(int(day[:4]), int(day[4:6]), int(day[6:])).year >= 2000
    except ValueError:
        return False


def _dotted(undotted: str) -> str:
    """An agency id with its dots, from one without: parts of two digits, the last one of three where a digit is left."""
    if match := re.fullmatch(r"([A-Z][0-9]{2})([0-9]*)", undotted):
        parts = re.findall(r"[0-9]{3}$|[0-9]{2}(?![0-9]$)", match[2])
        agency = ".".join([match[1], *parts])
    else:
        old = re.fullmatch(r"([0-9]{3})([0-9]{2})([0-9]{2})([A-Z][0-9]{2})", undotted)
        agency = ".".join(old.groups()) if old else ""
    return agency if _AGENCY.fullmatch(agency) and agency.replace(".", "") == undotted else ""


def meant_receipts(text: str, agency: str) -> tuple[str, ...]:
    """The receipt numbers that *text*, typed by a user, may mean, as they are stored, the likeliest first.

    For looking up alone, as `meant_codes`: the number may lack its zeros, and the agency may be missing where it is *agency*.
    """
    typed = _squeezed(text)
    groups = re.findall(r"[A-Z0-9]+", _squeezed(re.sub(r"\s", "-", text.strip())))
    receipts = {typed: None}
    if len(groups) > 1 and len(groups[0]) < 8 and groups[0].isdigit() and re.fullmatch("20[0-9]{2}", groups[1]):
        dotted = _dotted("".join(groups[2:])) if groups[2:] else agency
        if dotted:
            receipts |= {f"{groups[0]:0>5}/{groups[1]}/{dotted}": None}
    return tuple(receipts)
