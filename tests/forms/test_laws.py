"""The laws of the engine, for generated schemas and for every procedure that ships."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from support.page import Page
from support.samples import PROCEDURES, TODAY
from support.strategies import JSON, SCHEMA_LIKE, forms

from dossierkit.cli.procedures import form_at
from dossierkit.errors import SchemaError
from dossierkit.forms import Form, canonical, check, flatten, parse, read
from dossierkit.forms.checks.hidden_text import hidden_texts
from dossierkit.html import Renderer
from dossierkit.pointers import same
from dossierkit.text import nfc

RENDERER = Renderer()
FILES = sorted(PROCEDURES.glob("*.json"))


@given(forms())
def test_answers_survive_flattening(case: tuple[dict[str, Any], Any]) -> None:
    """Law (a): parse(flatten(a)) is a, for every canonical a."""
    form = read(case[0])
    answers = canonical(form, case[1])

    for language in ("vi", "en"):
        assert same(parse(form, flatten(form, answers, language=language), language=language), answers)


@given(forms())
def test_answers_survive_html(case: tuple[dict[str, Any], Any]) -> None:
    """Law (a) through real markup, read back as a browser would submit it."""
    form = read(case[0])
    answers = canonical(form, case[1])
    page = Page(str(RENDERER.render(form, answers).fields))

    assert same(parse(form, page.pairs), answers)


@given(forms(), JSON)
def test_a_page_over_stored_answers_loses_nothing(case: tuple[dict[str, Any], Any], other: Any) -> None:
    """Law (b): what a page cannot show is kept from the stored answers."""
    form = read(case[0])
    answers = canonical(form, case[1])
    base = {**answers, "elsewhere": other}

    assert same(parse(form, flatten(form, answers), base=base), base)


@given(forms(), JSON)
def test_canonical_is_total_and_idempotent(case: tuple[dict[str, Any], Any], other: Any) -> None:
    """Any JSON has one canonical form, and that is its own."""
    form = read(case[0])
    for value in (case[1], other):
        once = canonical(form, value)

        assert same(canonical(form, once), once)


@given(forms(), JSON)
def test_check_is_empty_exactly_when_the_judge_accepts_and_nothing_is_hidden(
    case: tuple[dict[str, Any], Any], other: Any
) -> None:
    """Without rules: the judge accepts, and each text with a hidden character is the author's."""
    form = read(case[0])
    verdict = form.schemas.validator(form.root)
    for value in (case[1], other):
        rules = {problem.rule for problem in check(form, value, today=TODAY)}

        hidden = [text for _, text, _ in hidden_texts(value)]

        if "hidden-character" in rules:
            assert hidden
        else:
            assert all(_is_written_in(case[0], text) for text in hidden)
            assert (rules == set()) == verdict.accepts(value)


def _is_written_in(schema: Any, text: str) -> bool:
    """Whether *schema* holds *text*, in the one spelling of texts, as a text or a name."""
    if isinstance(schema, dict):
        return any(_is_written_in(part, text) for pair in schema.items() for part in pair)
    if isinstance(schema, list):
        return any(_is_written_in(part, text) for part in schema)
    return isinstance(schema, str) and nfc(schema) == nfc(text)


@given(SCHEMA_LIKE)
def test_any_json_is_a_form_or_a_schema_error(document: Any) -> None:
    """Reading raises nothing but SchemaError, and what reads can be shown."""
    try:
        form = read(document)
    except SchemaError as error:
        assert error.faults
        return
    answers = parse(form, flatten(form, {}))
    RENDERER.render(form, answers, problems=check(form, answers, today=TODAY))


@cache
def _procedure(path: Path) -> Form:
    return form_at(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_procedures_survive_their_page(path: Path, language: str) -> None:
    """Both laws, through markup, for the valid answers in every procedure file."""
    form = _procedure(path)
    tests = [test for test in json.loads(path.read_bytes())["x-tests"] if not test["problems"]]
    assert len(tests) >= 2
    for test in tests:
        answers = canonical(form, test["answers"])
        page = Page(str(RENDERER.render(form, answers, language=language).fields))

        assert same(parse(form, page.pairs, language=language), answers)
        assert same(parse(form, page.pairs, base=answers, language=language), answers)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_procedures_keep_their_promises(path: Path) -> None:
    """Every test in a procedure file finds exactly the problems that it names."""
    form = _procedure(path)
    tests = json.loads(path.read_bytes())["x-tests"]

    for test in tests:
        assert [f"{p.at} {p.rule}" for p in check(form, test["answers"], today=TODAY)] == test["problems"]
    assert sum(bool(test["problems"]) for test in tests) >= 2
