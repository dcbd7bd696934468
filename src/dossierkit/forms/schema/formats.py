"""Formats of texts: which texts are valid, how they are typed, stored and shown.

Most standard formats are validated by `jsonschema-rs`; the Vietnamese ones are validated here, by their structure only: a
personal number is not looked up in any register.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache

import attrs

from dossierkit.forms.schema.format_reasons import (
    FIRST_YEAR,
    Reason,
    certificate_reason,
    day_reason,
    email_reason,
    moment_reason,
    name_reason,
    no_reason,
    partial_reason,
    personal_number_reason,
    phone_reason,
    tax_code_reason,
    time_reason,
    uri_reason,
    without_separators,
)
from dossierkit.forms.schema.judge import Judge, Validator
from dossierkit.text import nfc


def _as_is(text: str) -> str:
    return text


@attrs.frozen
class Format:
    """A value of the keyword `format`."""

    name: str
    #: Language → name of the format in messages, with an article in English.
    words: Mapping[str, str]
    #: A valid text, as a user types it.
    example: str = ""
    #: Whether a stored text is valid; None if `jsonschema-rs` validates the format.
    accepts: Callable[[str], bool] | None = None
    #: Typed text → stored text.  A text that it cannot read is returned unchanged, so that validation reports it.
    read: Callable[[str], str] = _as_is
    #: Stored text → text for readers.
    show: Callable[[str], str] = _as_is
    #: HTML `inputmode` of the control.
    input_mode: str = ""
    #: HTML `autocomplete` of the control.
    autocomplete: str = ""
    #: Length of the longest typed form, in characters; it sets the width of the control, not a limit.
    width: int = 0
    #: The reason why a text is invalid, for its message.
    reason: Callable[[str], Reason | None] = no_reason


# --- dates and times -------------------------------------------------------------------------------------------

_DAY = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})", re.ASCII)
_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})\s*(?::|h|giờ)\s*(\d\d)(?::(\d\d))?", re.ASCII)
#: Vietnam has had one offset since 1975, without summer time.
_OFFSET = "+07:00"


def read_date(text: str) -> str:
    """`5/2/2026` → `2026-02-05`; a text that is not a date is returned unchanged."""
    match = _DAY.fullmatch(text.strip())
    if not match:
        return text.strip() if _ISO_DAY.fullmatch(text.strip()) else text
    day, month, year = map(int, match.groups())
    try:
        return date(year, month, day).isoformat() if year >= FIRST_YEAR else text
    except ValueError:
        return text


def show_date(text: str) -> str:
    """`2026-02-05` → `05/02/2026`."""
    match = _ISO_DAY.fullmatch(text)
    return f"{match[3]}/{match[2]}/{match[1]}" if match else text


def _read_time(text: str) -> str:
    match = _CLOCK.fullmatch(text.strip())
    return f"{match[1]:0>2}:{match[2]}:{match[3] or '00'}{_OFFSET}" if match else text


def _show_time(text: str) -> str:
    return text.removesuffix(_OFFSET).removesuffix(":00") if re.fullmatch(r"\d\d:\d\d:\d\d\+07:00", text) else text


def _read_moment(text: str) -> str:
    day, _, clock = text.strip().partition(" ")
    moment = (read_date(day), _read_time(clock))
    return "T".join(moment) if _ISO_DAY.fullmatch(moment[0]) and moment[1] != clock else text


def _show_moment(text: str) -> str:
    day, _, clock = text.partition("T")
    return f"{show_date(day)} {_show_time(clock)}" if clock and _show_time(clock) != clock else text


def _read_partial(text: str) -> str:
    return text.strip() if re.fullmatch(r"\s*\d{4}\s*", text, re.ASCII) else read_date(text)


def _is_partial(text: str) -> bool:
    return is_day(f"{text}-01-01" if re.fullmatch(r"[0-9]{4}", text) else text)


def _is_moment(text: str) -> bool:
    """Whether *text* is a `date-time` of RFC 3339 from FIRST_YEAR on."""
    return _moments().accepts(text) and text[:4] >= str(FIRST_YEAR)


@cache
def _moments() -> Validator:
    return Judge().compile({"format": "date-time"})


def is_day(text: str) -> bool:
    """Whether *text* is a date in the form `2026-02-05`, from FIRST_YEAR on."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return day.isoformat() == text and day.year >= FIRST_YEAR


def typed_day(text: str) -> date:
    """The date that *text* writes as `5/2/2026` or `2026-02-05`.

    Raises:
        ValueError: *text* is not valid for the format `date`.
    """
    iso_day = read_date(text)
    if not is_day(iso_day):
        raise ValueError(f"{text!r} names no day")
    return date.fromisoformat(iso_day)


# --- Vietnamese numbers ----------------------------------------------------------------------------------------

_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_PHONE = re.compile(r"\+84(?:[35789][0-9]{8}|2[0-9]{9})|1[89]00[0-9]{4,6}")
_NAME = re.compile(r"[^\W\d_]+(?:[ '’.\-][^\W\d_]+)*")


def is_personal_number(text: str) -> bool:
    """Whether *text* is a personal number: twelve digits, the first three the code of a province."""
    return bool(re.fullmatch(r"[0-9]{12}", text)) and text[:3] != "000"


def is_tax_code(text: str) -> bool:
    """Whether *text* is a tax code: 10 digits with a check digit, perhaps `-` and 3 digits of a branch; or a personal number."""
    if is_personal_number(text):
        return True
    match = re.fullmatch(r"([0-9]{9})([0-9])(?:-([0-9]{3}))?", text)
    if not match:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_TAX_WEIGHTS, match[1], strict=True))
    return match[2] == str(10 - total % 11)


def _read_tax_code(text: str) -> str:
    digits = without_separators(text)
    if re.fullmatch(r"[0-9]{13}", digits):
        return f"{digits[:10]}-{digits[10:]}"
    return digits if re.fullmatch(r"[0-9]{10}|[0-9]{12}", digits) else text


def _read_digits(text: str) -> str:
    digits = without_separators(text)
    return digits if re.fullmatch(r"[0-9]+", digits) else text


def read_phone(text: str) -> str:
    """`0912 345 678` → `+84912345678`; a text that is not a Vietnamese telephone number is returned unchanged."""
    digits = without_separators(text)
    international = re.sub(r"^(?:\+84|84|0)", "+84", digits)
    if _PHONE.fullmatch(international):
        return international
    return digits if _PHONE.fullmatch(digits) else text


def show_phone(text: str) -> str:
    """`+84912345678` → `0912 345 678`; any other text is returned unchanged."""
    if not re.fullmatch(r"\+84[0-9]{9,10}", text):
        return text
    local = "0" + text[3:]
    return f"{local[:-6]} {local[-6:-3]} {local[-3:]}" if len(local) == 10 else f"{local[:-7]} {local[-7:-4]} {local[-4:]}"


def _read_serial(text: str) -> str:
    match = re.fullmatch(r"\s*([A-Za-z]{1,2})\s*([0-9]{6,8})\s*", text)
    return f"{match[1].upper()} {match[2]}" if match else text


def _is_name(text: str) -> bool:
    return 2 <= len(text) <= 100 and bool(_NAME.fullmatch(nfc(text)))


def _words(vi: str, en: str) -> dict[str, str]:
    return {"vi": vi, "en": en}


FORMATS = (
    Format(
        "date",
        _words("ngày", "a date"),
        "22/11/2026",
        is_day,
        read_date,
        show_date,
        "numeric",
        width=10,
        reason=day_reason,
    ),
    Format("time", _words("giờ", "a time"), "14:05", None, _read_time, _show_time, width=8, reason=time_reason),
    Format(
        "date-time",
        _words("ngày giờ", "a date and time"),
        "22/11/2026 14:05",
        _is_moment,
        _read_moment,
        _show_moment,
        width=20,
        reason=moment_reason,
    ),
    Format("duration", _words("khoảng thời gian", "a duration"), "P30D", width=12),
    Format(
        "email",
        _words("địa chỉ thư điện tử", "an e-mail address"),
        "ten@example.vn",
        input_mode="email",
        autocomplete="email",
        reason=email_reason,
    ),
    Format(
        "idn-email",
        _words("địa chỉ thư điện tử", "an e-mail address"),
        "ten@example.vn",
        input_mode="email",
        autocomplete="email",
        reason=email_reason,
    ),
    Format("hostname", _words("tên máy chủ", "a host name"), "example.vn"),
    Format("idn-hostname", _words("tên máy chủ", "a host name"), "example.vn"),
    Format("ipv4", _words("địa chỉ IPv4", "an IPv4 address"), "192.0.2.1", width=15),
    Format("ipv6", _words("địa chỉ IPv6", "an IPv6 address"), "2001:db8::1", width=39),
    Format(
        "uri",
        _words("địa chỉ web", "a web address"),
        "https://example.vn/",
        input_mode="url",
        autocomplete="url",
        reason=uri_reason,
    ),
    Format("uri-reference", _words("địa chỉ web", "a web address"), "/trang", input_mode="url"),
    Format("iri", _words("địa chỉ web", "a web address"), "https://example.vn/", input_mode="url", reason=uri_reason),
    Format("iri-reference", _words("địa chỉ web", "a web address"), "/trang", input_mode="url"),
    Format("uri-template", _words("mẫu địa chỉ web", "a URI template"), "https://example.vn/{ma}"),
    Format("uuid", _words("mã UUID", "a UUID"), "123e4567-e89b-12d3-a456-426614174000", width=36),
    Format("json-pointer", _words("JSON Pointer", "a JSON Pointer"), "/a/b"),
    Format("relative-json-pointer", _words("JSON Pointer tương đối", "a relative JSON Pointer"), "1/a"),
    Format("regex", _words("biểu thức chính quy", "a regular expression"), "^[0-9]+$"),
    Format(
        "partial-date",
        _words("năm, hoặc ngày tháng năm", "a year, or a full date"),
        "1985",
        _is_partial,
        _read_partial,
        show_date,
        "numeric",
        width=10,
        reason=partial_reason,
    ),
    Format("vn-name", _words("họ và tên", "a full name"), "Nguyễn Văn A", _is_name, autocomplete="name", reason=name_reason),
    Format(
        "vn-personal-number",
        _words("số định danh cá nhân gồm 12 chữ số", "a personal number of 12 digits"),
        "079085012345",
        is_personal_number,
        _read_digits,
        input_mode="numeric",
        width=12,
        reason=personal_number_reason,
    ),
    Format(
        "vn-tax-code",
        _words("mã số thuế", "a tax code"),
        "0100233488",
        is_tax_code,
        _read_tax_code,
        width=14,
        reason=tax_code_reason,
    ),
    Format(
        "vn-phone",
        _words("số điện thoại", "a telephone number"),
        "0912 345 678",
        lambda t: bool(_PHONE.fullmatch(t) or _PHONE.fullmatch(read_phone(t))),
        read_phone,
        show_phone,
        "tel",
        "tel",
        width=14,
        reason=phone_reason,
    ),
    Format(
        "vn-land-certificate",
        _words("số phát hành Giấy chứng nhận", "a land certificate number"),
        "AB 123456",
        lambda t: bool(re.fullmatch(r"[A-Z]{1,2} ?[0-9]{6,8}", t)),
        _read_serial,
        width=11,
        reason=certificate_reason,
    ),
)
