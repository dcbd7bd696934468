"""Dossier codes: strict when issued, tolerant when read."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossierkit.dossiers.codes import CodeTemplate, DossierCode, meant_codes, meant_receipts, parse_code
from dossierkit.errors import CodeError

AGENCIES = st.from_regex(r"[A-Z][0-9]{2}(\.[0-9]{2}){0,3}", fullmatch=True)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(AGENCIES, DAYS, st.integers(1, 9_999_999))
def test_what_is_issued_can_be_read(agency: str, day: date, number: int) -> None:
    """Parsing an issued code gives the code."""
    code = CodeTemplate().issue(agency, day, number)

    assert parse_code(str(code)) == code


def test_numbers_never_wrap() -> None:
    """9999 is followed by 10000."""
    day = date(2026, 11, 22)

    assert str(CodeTemplate().issue("H29.15", day, 9999)) == "H29.15-261122-9999"
    assert str(CodeTemplate().issue("H29.15", day, 10000)) == "H29.15-261122-10000"
    assert str(CodeTemplate("{agency}-{yyyymmdd}-{number:7}").issue("G09.20", day, 5)) == "G09.20-20261122-0000005"
    assert str(CodeTemplate("{agency}-{yyyymmdd}-{number}").issue("G09.20", day, 5)) == "G09.20-20261122-0005"


@pytest.mark.parametrize(
    "typed",
    [
        "H15.50.05.13-261008-0975",
        " h29.15–261122−0001 ",
        "G09.20-20260609-0092637",
        "000.00.16.H40-180201-0001",
        "H29.15 - 261122 - 0001",
    ],
)
def test_what_people_type_is_understood(typed: str) -> None:
    """Spaces, small letters, dashes of any length, older and longer forms."""
    assert parse_code(typed).text == typed.upper().replace(" ", "").replace("–", "-").replace("−", "-")


@pytest.mark.parametrize(
    "typed",
    ["", "abc", "H29.15-261322-0001", "H29.15-260230-0001", "H29.15-261122-1", "29-261122-0001", "H29.15-261122-00012345"],
)
def test_what_is_no_code_is_refused(typed: str) -> None:
    """With words, and never as an error of Python's."""
    with pytest.raises(CodeError):
        parse_code(typed)


@pytest.mark.parametrize(
    "template", ["{agency}-{number}", "{agency}-{yymmdd}", "{yymmdd}-{number}", "{agency}-{yymmdd}-{number}-{city}"]
)
def test_a_template_that_could_repeat_a_code_is_refused(template: str) -> None:
    """Agency, day and number are all there, and nothing unknown."""
    with pytest.raises(CodeError):
        CodeTemplate(template)


def test_issuing_is_strict() -> None:
    """No code for a strange agency, or before the first."""
    with pytest.raises(CodeError):
        CodeTemplate().issue("h29", date(2026, 1, 1), 1)
    with pytest.raises(CodeError):
        CodeTemplate().issue("H29", date(2026, 1, 1), 0)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        *((typed, "H29.15-261122-0001") for typed in (
            "H29.15-261122-0001", "h29.15 261122 0001", "H2915-261122-1", "h29 15 26 11 22 0001", "h29152611220001", "H29.15-2611220001",
            "H29.15/261122/01", " H29,15,261122,0001 ", "H29.15\u2014261122\u20140001", "H29.15-261122-\u00a00001", "H29.15.261122.1",
        )),
        ("h15500513 261008 975", "H15.50.05.13-261008-0975"),
        ("g09.20 20260609 92637", "G09.20-20260609-0092637"),
        ("0000016h40 180201 1", "000.00.16.H40-180201-0001"),
        ("H29.15.103-261122-12", "H29.15.103-261122-0012"),
        ("H29.15-261122-12345", "H29.15-261122-12345"),
    ],
)  # fmt: skip
def test_a_code_is_looked_up_however_it_is_written(typed: str, code: str) -> None:
    """Spaces, dots, dashes and slashes may be missing or replace each other; the number may lack its zeros."""
    assert DossierCode(code) in meant_codes(typed)


@pytest.mark.parametrize(
    "typed", ["", " ", "x", "1", "0001", "H29.15", "H29.15-261322-0001", "H29.15-2611221", "<script>", "\u0000", "H" * 10_000]
)
def test_what_cannot_be_a_code_means_none(typed: str) -> None:
    """Any other text is no code; an unlikely number is not guessed at."""
    assert meant_codes(typed) == ()


@given(st.text(alphabet="HG0123456789.-/ –", max_size=40))
def test_few_codes_are_meant(typed: str) -> None:
    """A look-up asks for a bounded number of codes, each of which could be issued."""
    codes = meant_codes(typed)

    assert len(codes) <= 32
    assert all(parse_code(code.text) == code for code in codes)


@pytest.mark.parametrize(
    ("typed", "receipt"),
    [
        ("00012/2026/H29.15", "00012/2026/H29.15"), ("12/2026/h29.15", "00012/2026/H29.15"), ("00012 2026 h2915", "00012/2026/H29.15"),
        ("12-2026", "00012/2026/H29.15"), ("HCM-7/26", "HCM-7/26"), ("12/2026/H30.01", "00012/2026/H30.01"),
    ],
)  # fmt: skip
def test_a_receipt_number_is_looked_up_however_it_is_written(typed: str, receipt: str) -> None:
    """As written, or by the default template; the agency of the installation may be left out."""
    assert receipt in meant_receipts(typed, "H29.15")


@pytest.mark.parametrize("typed", ["12/2026/H", "12/2026/H29.1", "12/2026/KHAC", "12/1999"])
def test_a_receipt_number_of_no_agency_means_itself_alone(typed: str) -> None:
    """The number of another agency is never shown for it."""
    assert meant_receipts(typed, "H29.15") == (typed,)
