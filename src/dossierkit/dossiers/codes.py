"""Dossier codes (mã hồ sơ): strict when issued, tolerant when read.

A code is `AGENCY-YYMMDD-NNNN`: the agency that takes the dossier in, the local day, and the number of that day,
which starts at 0001 and goes on after 9999 without wrapping.  A template may say otherwise, since provinces differ.
"""

from __future__ import annotations

import re
from datetime import date

import attrs

from dossierkit.errors import CodeError

#: Every placeholder of a template and what it matches.
_PLACES = {"agency": r"[A-Z0-9.]+", "yymmdd": r"[0-9]{6}", "yyyymmdd": r"[0-9]{8}", "number": r"[0-9]+"}
DEFAULT_TEMPLATE = "{agency}-{yymmdd}-{number:4}"

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
        places = [match[1] for match in _PLACE.finditer(self.text)]
        unknown = [place for place in places if place not in _PLACES]
        if unknown:
            known = ", ".join(f"{{{place}}}" for place in _PLACES)
            raise CodeError(f"{{{unknown[0]}}} is no placeholder; known: {known}")
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
        values = {"agency": agency, "yymmdd": f"{day:%y%m%d}", "yyyymmdd": f"{day:%Y%m%d}"}

        def filled(match: re.Match[str]) -> str:
            return f"{number:0{int(match[2] or 4)}}" if match[1] == "number" else values[match[1]]

        return DossierCode(_PLACE.sub(filled, self.text))


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
