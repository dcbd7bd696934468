"""Numbers in decimal digits → numbers of JSON that keep every one of them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

#: So many digits before the decimal mark are kept.
_MAX_DIGITS = 400


def exact_number(number: Decimal) -> int | float | None:
    """*number* as an int or a double with the same value; None where neither has it.

    A double has the value that its shortest spelling names: 0.1 is exact.
    """
    if number.adjusted() >= _MAX_DIGITS:
        return None
    if number == number.to_integral_value():
        return int(number)
    double = float(number)
    return double if Decimal(repr(double)) == number else None


def read_decimal(digits: str) -> int | float | str:
    """The number that *digits* spell in JSON, or *digits* themselves where it would have to be rounded."""
    try:
        number = exact_number(Decimal(digits))
    except InvalidOperation:  # an exponent beyond those of decimal
        number = None
    return digits if number is None else number
