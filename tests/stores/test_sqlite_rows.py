"""Values as rows of the SQLite store."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from dossierkit.pointers import Json
from dossierkit.stores.rows import encoded

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from((2**70, float("nan"), "null")) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_values_are_written_as_they_are(value: Json) -> None:
    """Large numbers, and what is no number, come back, too."""
    assert repr(json.loads(encoded(value))) == repr(value)
