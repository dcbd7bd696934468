"""Formats at their limits: check digits, groups of digits, and the depth of documents."""

from __future__ import annotations

import pytest

from dossierkit.errors import DocumentError
from dossierkit.forms import STANDARD, load
from dossierkit.forms.schema.formats import is_tax_code

_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def _weighted_sum(digits: str) -> int:
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True))


@pytest.mark.parametrize("number", range(100_000_000, 100_000_040))
def test_a_tax_code_has_one_check_digit_or_none(number: int) -> None:
    """Nine digits have one valid check digit; none, where the formula gives 10."""
    digits = str(number)

    valid = [last for last in "0123456789" if is_tax_code(digits + last)]

    check = 10 - _weighted_sum(digits) % 11
    assert valid == ([] if check == 10 else [str(check)])


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("+84912345678", "0912 345 678"),
        ("+842838291234", "0283 829 1234"),
        ("19001234", "19001234"),
    ],
)
def test_telephone_numbers_are_grouped_from_the_end(stored: str, shown: str) -> None:
    """A mobile number has 10 digits and a landline number 11; service numbers are shown as stored."""
    assert STANDARD.formats["vn-phone"].show(stored) == shown
    assert STANDARD.formats["vn-phone"].read(shown) == stored


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_the_deepest_accepted_document_is_as_deep_as_the_limit(opening: str, closing: str) -> None:
    """`max_depth` levels are read, one more is refused."""

    def nested(depth: int) -> str:
        return opening * depth + "1" + closing * depth

    assert load(nested(5), max_depth=5).text == nested(5)
    with pytest.raises(DocumentError, match="nested more than 5 levels"):
        load(nested(6), max_depth=5)
