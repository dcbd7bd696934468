"""Applicable schemas are cached by the answer of the discriminator, and the cache changes no result."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.counting import calls_of

from dossierkit.forms import effective, flatten, read

INNER = {
    "oneOf": [
        {"required": ["size"], "properties": {"size": {"const": "small"}, "weight": {"type": "integer"}}},
        {"required": ["size"], "properties": {"size": {"const": "large"}, "height": {"type": "string"}}},
    ]
}
ROW: dict[str, Any] = {
    "type": "object",
    "properties": {"vat": {"enum": ["yes", "no"]}},
    "oneOf": [
        {"title": "A", "required": ["kind"], "properties": {"kind": {"const": "a"}, "name": {"type": "string"}}},
        {"title": "B", "required": ["kind"], "properties": {"kind": {"const": "b"}, "number": {"type": "string"}}, **INNER},
        {"title": "Others", "required": ["kind"], "properties": {"kind": {"enum": ["c", 1, None]}, "text": {"type": "string"}}},
    ],
    "if": {"properties": {"vat": {"const": "yes"}}, "required": ["vat"]},
    "then": {"properties": {"rate": {"type": "integer"}}},
}
SCHEMA = {"type": "object", "properties": {"rows": {"type": "array", "items": ROW}}}
KINDS = st.sampled_from(["a", "b", "c", 1, True, None, "?", ["a"], {"a": 1}, "a" * 200])
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "kind": KINDS,
        "size": st.sampled_from(["small", "large", 3]),
        "vat": st.sampled_from(["yes", "no", True]),
        "name": st.text(max_size=3),
        "number": st.just("7"),
        "weight": st.just(1),
        "text": st.just("x"),
    },
)


@given(st.lists(ANSWERS, max_size=6))
def test_what_applies_does_not_depend_on_earlier_answers(rows: list[Any]) -> None:
    """A form that has seen other answers shows the same controls as one that has seen none."""
    used = read(SCHEMA)

    for row in rows:
        assert flatten(used, {"rows": [row]}) == flatten(read(SCHEMA), {"rows": [row]})


def test_rows_of_the_same_kind_are_worked_out_once() -> None:
    """However many there are: the schemas are gathered for each kind, not for each row."""
    form = read(SCHEMA)
    rows = [{"kind": "ab"[number % 2], "size": "small"} for number in range(200)]
    effective(form, {"rows": rows})
    again = calls_of(lambda: effective(form, {"rows": rows}))

    assert again < 200 * 120
