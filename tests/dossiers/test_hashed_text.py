"""The text that hashes cover never changes: stored histories are verified with it for as long as they are kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dossierkit.dossiers.lifecycle.dossier import hashed_text
from dossierkit.pointers import Json

#: Numbers at the borders between the notations of Python and of other writers of JSON, and texts that look like them.
NUMBERS = (0.0001, 0.00001, 0.00001234, 1e-7, 1e15, 1e16, 1.5e16, 1e17, 123456789012345680.0, 1e22, -0.0, 5e-324, 2**53 + 1, 2**63, 2**64, 10**30, float("nan"), float("inf"))  # fmt: skip
_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(NUMBERS)
    | st.sampled_from(("\x7f", "\x00\x1f\b\f", "\u2028", '\\"/', "null", "1e5", "0.00001", ",1e5", "đất"))
)
_values = st.recursive(_scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def written(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@given(_values)
@example({"b": 1, "a": [0.00001, 1e16], "ê": {"\U0001f600": None, "\uffff": 1}})
def test_it_is_what_json_writes(value: Json) -> None:
    """Members sorted, nothing escaped that need not be, numbers as Python writes them: byte by byte."""
    assert hashed_text(value) == written(value)


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_are_written_as_python_writes_them(number: float) -> None:
    """Alone, in a list and as a member, with either sign."""
    for value in (number, -number, [number], [1, number], {"a": number}, {"a": [-number]}):
        assert hashed_text(value) == written(value)
