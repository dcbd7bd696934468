"""Random answers filled in through each procedure's own form come back from its page unchanged."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.page import Page
from support.samples import PROCEDURES

from dossierkit.cli.procedures import form_at
from dossierkit.forms import Field, Form, Kind, Layout, canonical, effective, flatten, parse
from dossierkit.forms.fields.field_tree import walk
from dossierkit.html import Renderer
from dossierkit.pointers import same

RENDERER = Renderer()
FILES = sorted(PROCEDURES.glob("*.json"))
TEXTS = [
    "",
    " ",
    "Nguyễn Văn A",
    "079085012345",
    "1.258,5",
    "5/2/2026",
    "2026",
    "x",
    "đường\nmới",
    '"<b>',
    "26506",
    "79",
    "0912345678",
    "-1",
    "1e9",
]


@cache
def form_of(path: Path) -> Form:
    return form_at(path)


def clicked(field: Field, chance: random.Random) -> list[tuple[str, str]]:
    """Texts that a user might leave in the control of *field*."""
    name = field.control or field.pointer
    if field.kind in (Kind.CHOICE, Kind.ACCEPT, Kind.CHECKS):
        from dossierkit.forms.answers.texts import encode

        return [(name, encode(chance.choice(field.choices).value))] if field.choices and chance.random() < 0.8 else [(name, "")]
    if field.kind is Kind.BOOLEAN:
        return [(name, chance.choice(["true", "false", ""]))]
    if field.kind is Kind.LIST:
        return [(f"count:{name}", str(chance.randint(0, 3)))]
    return [(name, chance.choice(TEXTS))] if field.leaf and field.kind is not Kind.CONSTANT else []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=12)
def test_clicked_answers_survive(path: Path, seed: int) -> None:
    """Three rounds of clicking, whatever comes of it: the page keeps its canonical answers."""
    form, chance = form_of(path), random.Random(seed)
    answers: Any = {}
    rows: dict[str, int] = {}
    for _ in range(3):
        pairs = [pair for field in walk(effective(form, answers, layout=Layout(rows=rows))) for pair in clicked(field, chance)]
        rows = {name[6:]: int(text) for name, text in pairs if name.startswith("count:")}
        answers = parse(form, pairs, base=answers)
    # One look at the page settles what only valid answers have from the start: required lists and groups are there.
    answers = canonical(form, parse(form, flatten(form, canonical(form, answers)), base=canonical(form, answers)))

    assert same(parse(form, flatten(form, answers)), _without_read_only(form, answers))
    page = Page(str(RENDERER.render(form, answers, language="en").fields))
    assert same(parse(form, page.pairs, language="en"), _without_read_only(form, answers))
    assert same(parse(form, page.pairs, base=answers, language="en"), answers)


def _without_read_only(form: Form, answers: Any) -> Any:
    from dossierkit.pointers import drop

    for field in walk(effective(form, answers)):
        if field.read_only:
            answers = drop(answers, field.pointer)
    return answers
