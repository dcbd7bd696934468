"""Positions of values in JSON texts, however they are spaced."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.strategies import JSON

from dossierkit.forms.schema.positions import positions, rounded_numbers
from dossierkit.pointers import child

BLANKS = st.text(alphabet=" \t\r\n", max_size=3)


def spaced(value: Any, blank: Callable[[], str]) -> str:
    """*value* as JSON, with the text that *blank* draws around each token."""
    if isinstance(value, dict):
        members = (f"{blank()}{json.dumps(name)}{blank()}:{spaced(member, blank)}" for name, member in value.items())
        text = "{" + (",".join(members) or blank()) + "}"
    elif isinstance(value, list):
        text = "[" + (",".join(spaced(item, blank) for item in value) or blank()) + "]"
    else:
        text = json.dumps(value)
    return blank() + text + blank()


def places(value: Any, pointer: str = "") -> dict[str, Any]:
    """Each value inside *value*, itself included, by its pointer."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {pointer: value} | {at: v for name, m in members for at, v in places(m, child(pointer, name)).items()}


def offset(text: str, line: int, column: int) -> int:
    return sum(len(before) + 1 for before in text.split("\n")[: line - 1]) + column - 1


@given(JSON, st.data())
def test_each_value_is_found_where_it_begins_however_the_text_is_spaced(value: Any, data: st.DataObject) -> None:
    compact = json.dumps(value, separators=(",", ":"))
    wide = json.dumps(value, indent=2, ensure_ascii=False)
    for text in (compact, wide, spaced(value, lambda: data.draw(BLANKS))):
        decoded = {at: json.JSONDecoder().raw_decode(text, offset(text, *place))[0] for at, place in positions(text).items()}
        assert decoded == places(value)
        assert rounded_numbers(text) == {}


@given(JSON)
def test_a_number_with_too_many_digits_is_found_beside_any_value(value: Any) -> None:
    other, digits = json.dumps(value, separators=(",", ":")), "0.12345678901234567890123"
    text = f'{{"before":{other},"number":{digits},"after":[{other}]}}'
    assert rounded_numbers(text) == {"/number": digits}


def test_a_compact_object_is_no_number() -> None:
    assert rounded_numbers('{"x-procedure":{"code":"9.1","fee":[{"at":"1.5"}]}}') == {}
