"""After a button inside a form, the focus goes to what the button was about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dossierkit.forms import Form, Layout
from dossierkit.forms.answers.rows import after_button
from dossierkit.forms.views.focus import focus_after

ROW = {
    "type": "object",
    "properties": {"fee": {"type": "integer", "readOnly": True}, "no": {"type": "integer"}, "note": {"type": "string"}},
}
CHOICE = {"oneOf": [{"title": "Chữ", "type": "string"}, ROW]}
SCHEMA = {
    "type": "object",
    "properties": {
        "rows": {"type": "array", "items": ROW},
        "words": {"type": "array", "items": {"type": "string"}},
        "choices": {"type": "array", "items": CHOICE},
        "free": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
}


@pytest.mark.parametrize(
    ("button", "focus"),
    [
        ("add:/rows", "f/rows/3/no"),
        ("add:/words", "f/words/0"),
        ("add:/choices", "f/choices/0"),
        ("add:/free/~e", "f/free/.7e.e0.key"),
        ("remove:/rows/0", "f/rows/0/no"),
        ("remove:/rows/2", "f/rows.add"),
        ("up:/rows/2", "f/rows/1/no"),
        ("down:/rows/0", "f/rows/1/no"),
        ("page:/rows/50", "f/rows"),
        ("save", ""),
        ("update", ""),
    ],
)
def test_the_focus_follows_the_row(form: Callable[..., Form], button: str, focus: str) -> None:
    """To the first control that can be filled in; after the last row, to the button that adds one."""
    read: Any = form(SCHEMA)
    answers, layout = after_button({"rows": [{"no": 1}, {"no": 2}, {"no": 3}]}, Layout(), button)

    assert focus_after(read, answers, layout, button) == focus
