"""A control refers to its hint and its error, for users of screen readers."""

from __future__ import annotations

import re
from datetime import date

import pytest

from dossierkit.forms import check, read
from dossierkit.html import Renderer

TODAY = date(2026, 11, 22)
#: A field of each kind that has controls, with a hint and an answer that is wrong.
FIELDS = {
    "text": ({"type": "string", "minLength": 5}, "ab"),
    "long text": ({"type": "string", "minLength": 5, "maxLength": 900}, "ab"),
    "number": ({"type": "integer", "minimum": 3}, 1),
    "date": ({"type": "string", "format": "date"}, "31/02/2026"),
    "select": ({"enum": [f"kind {number}" for number in range(9)]}, "none of them"),
    "secret": ({"type": "string", "minLength": 5, "writeOnly": True}, "ab"),
}


@pytest.mark.parametrize("kind", FIELDS)
def test_a_control_names_its_hint_and_its_error(kind: str) -> None:
    """By `aria-describedby`: each id is there, and the words below it are the hint and the error."""
    schema, wrong = FIELDS[kind]
    form = read({"type": "object", "properties": {"a": {"title": "A", "description": "As on the paper", **schema}}})
    problems = check(form, {"a": wrong}, today=TODAY)

    markup = str(Renderer().render(form, {"a": wrong}, problems=problems, language="en").fields)

    assert problems
    [control] = re.findall(r'<(?:input|textarea|select)[^>]*name="/a"[^>]*>', markup)
    ids = re.search(r'aria-describedby="([^"]+)"', control)
    assert ids is not None, control
    texts = [re.search(rf'id="{re.escape(id)}"[^>]*>(.*?)</', markup, re.DOTALL) for id in ids[1].split()]
    assert all(texts), ids[1]
    assert any("As on the paper" in text[0] for text in texts if text)
    assert len(texts) > 1
