"""Conversion of decimal digits to JSON numbers without rounding."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

#: Digits before the decimal mark of an integer that is accepted.
_MAX_DIGITS = 400


def exact_number(number: Decimal) -> int | float | None:
    """*number* as an int or a float with the same value; None if there is none.

    The value of a float is that of its shortest decimal form, so 0.1 is exact.
    """
    if number.adjusted() >= _MAX_DIGITS:
        return None
    if number == number.to_integral_value():
        return int(number)
    double = float(number)
    return double if Decimal(repr(double)) == number else None


def read_decimal(digits: str) -> int | float | str:
    """The number with the JSON form *digits*, or *digits* if no int or float holds it exactly."""
    try:
        number = exact_number(Decimal(digits))
    except InvalidOperation:  # an exponent out of the range of `decimal`
        number = None
    return digits if number is None else number
