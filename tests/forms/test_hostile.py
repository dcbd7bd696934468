"""Malicious files: each is refused with a clear fault, or served safely, within a bounded time."""

from __future__ import annotations

import socket
import sys
from typing import Any

import pytest
from support.counting import calls_at_most
from support.hostile_files import REFUSED, SERVED
from support.page import Page
from support.samples import TODAY

from dossierkit.errors import DocumentError, SchemaError
from dossierkit.forms import canonical, check, flatten, load, parse, read
from dossierkit.html import Renderer

#: Function calls; the largest of these files takes less than half of it, a doubling one would never come to an end.
LIMIT = 10_000_000


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection fails the test."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a schema made the program connect")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("name", REFUSED)
def test_harmful_files_are_refused(name: str) -> None:
    """The fault says what is wrong and where, after bounded work."""
    with calls_at_most(LIMIT), pytest.raises(SchemaError) as caught:
        read(REFUSED[name])

    assert caught.value.faults
    assert all(fault.message and fault.code for fault in caught.value.faults)


@pytest.mark.parametrize("name", SERVED)
def test_strange_files_are_served(name: str) -> None:
    """They read, render, parse and judge with bounded work; no text of theirs becomes markup."""
    with calls_at_most(LIMIT):
        form = read(SERVED[name])
        answers = parse(form, flatten(form, {}))
        problems = check(form, {**(answers if isinstance(answers, dict) else {}), "x": "a" * 40 + "b"}, today=TODAY)
        page = Page(str(Renderer().render(form, answers, problems=problems).fields))

    assert page.tags["script"] == page.tags["img"] == 0
    assert not any(name.startswith("on") for _, values in page.attributes for name in values)


def test_strange_names_keep_their_answers() -> None:
    """A property may have any name; its answer comes back under it."""
    form = read(SERVED["names with everything"])
    answers = {name: f"v{index}" for index, name in enumerate(SERVED["names with everything"]["properties"])}

    page = Page(str(Renderer().render(form, answers).fields))

    # HTML cannot hold a NUL or keep a line break in a name, so names are written without them.
    assert parse(form, page.pairs) == answers


def test_endless_conditions_settle() -> None:
    """Conditions that contradict themselves give some answers, not an endless loop."""
    form = read(SERVED["conditions that chase each other"])

    assert canonical(form, {"a": "x", "b": 1}) is not None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b'{"a": 1, "a": 2}', "is duplicated"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b"[1e400]", "too large"),
        (b'["\\ud800"]', "surrogate"),
        (b'{"\\udc00": 1}', "surrogate"),
        (b'"\xff"', "UTF-8"),
        (b"[" * 10_000, "levels deep"),
        (b'{"a":' * 10_000, "levels deep"),
        (b"9" * 6_000, "digits"),
        (b'"' + b"a" * 9_000_000 + b'"', "larger than"),
        (b"", "nothing in it"),
        (b" \n\t", "nothing in it"),
        (b'{"a": 1', "breaks off"),
        (b'{"a": ', "breaks off"),
        (b'{"a": "b', "no closing quotation mark"),
        (b'{"a": 1,}', "no comma is allowed before"),
        (b"{// words\n}", "no comments"),
        (b"{'a': 1}", "double quotes"),
        (b'{"a" 1}', "a colon is missing"),
        (b'{"a": 1 "b": 2}', "a comma is missing"),
        (b"[1 2]", "a comma is missing"),
        (b"{} {}", "more after its end"),
        (b'["a\nb"]', "a line break"),
        (b'["a\0b"]', "control character"),
        (b'["\\d"]', "unknown escape"),
        (b'["\\u12"]', "unknown escape"),
        (b"[True]", "true, false, null"),
    ],
)
def test_text_that_readers_disagree_about_is_refused(source: bytes, words: str) -> None:
    """The strict reader refuses it with a line and a column."""
    with pytest.raises(DocumentError, match=words) as caught:
        load(source)

    assert "Expecting" not in str(caught.value)
    assert caught.value.line >= 1
    assert caught.value.column >= 1


PATTERNS = [
    r"(.*)\1+$", r"(.+)+(?!x)y", r"(\w+\s?)+\1{500}", r"^(?=(a+)+$)(a|a)*$", r"(?<n>a+)+\k<n>", r"(?P<n>a)(?P=n)", r"a++b", r"(?>a+)b",
    r"\p{L}+", r"\p{Script=Greek}", r"\p{Foo}", r"a{100000}", r"(a{1000}){1000}", r"(?:){100000}", r"a{2,1}", r"[z-a]", r"\cA", r"\u{1F600}",
    r"(?i)abc", r"(?<=a)b", r"(?<!\d{1,1000})a", r"[^]", r"[]", r"\1", r"(a)\2", r"((((((((((a))))))))))\10", "(" * 3000 + ")" * 3000,
    r"(?R)", r"(?(1)a|b)", r"(*FAIL)", r"\X", r"\K", r"(?=a*)*", r"(a?){60}a{60}", r"\Aab\z", "\\", "\x00", r"(a|b|ab)*c\1",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_is_judged_within_its_limit_or_refused_with_words(pattern: str) -> None:
    """For a value, a name of a member, and a rule about names; whatever is typed, no failure of the judge gets out."""
    schemas = (
        {"properties": {"x": {"type": "string", "pattern": pattern}}},
        {"type": "object", "patternProperties": {pattern: {"type": "string"}}},
        {"type": "object", "propertyNames": {"pattern": pattern}},
        {"properties": {"x": {"oneOf": [{"type": "string", "pattern": pattern}, {"type": "integer"}]}}},
    )
    for schema in schemas:
        try:
            form = read(schema)
        except SchemaError as error:
            assert all(fault.message for fault in error.faults)
            continue
        for typed in ("a" * 200, "a" * 200 + "b", "ab" * 100, "x" * 3000, "", "1" * 300 + "x"):
            for answers in ({"x": typed}, {typed: "x"}):
                problems = check(form, answers, today=TODAY)
                assert all(isinstance(problem.rule, str) for problem in problems)
                Renderer().render(form, answers, problems=problems)


def test_the_recursion_limit_is_left_alone() -> None:
    """Nothing here raises Python's limit to get through."""
    before = sys.getrecursionlimit()
    read(SERVED["deep nesting"])

    assert sys.getrecursionlimit() == before


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "-Infinity", "[NaN]", "1e999", '"\\ud800"', '{"a": 1, "a": 2}', "[" * 100_000, "9" * 5_000]
)
@pytest.mark.parametrize(
    "field",
    [
        {"enum": ["a", "b"]},
        {"type": "boolean"},
        {"const": True},
        {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True},
    ],
)
def test_a_choice_that_is_no_json_is_told_as_it_was_sent(field: dict[str, Any], text: str) -> None:
    """It is read as strictly as a file: what comes of it is an answer that can be kept, shown and sent again."""
    form = read({"type": "object", "properties": {"x": field}})

    answers = parse(form, [("/x", text), ("order:/x", text)])
    markup = str(Renderer().render(form, answers, problems=check(form, answers, today=TODAY)).fields)

    assert answers["x"] in (text, [text])
    assert canonical(form, answers) == answers
    assert markup.encode()


@pytest.mark.parametrize(("letters", "judged"), [(10, True), (12, False), (2_000, False)])
def test_the_judge_gives_a_pattern_up_soon(letters: int, judged: bool) -> None:
    """A pattern with a back-reference is given up after a number of steps: the problem then names no pattern.

    Each letter doubles the steps, so without a limit a few dozen letters keep the judge busy for hours.
    """
    form = read({"properties": {"a": {"type": "string", "pattern": r"^(?:(a+)\1?)+$"}}})

    [problem] = check(form, {"a": "a" * letters + "b"}, today=TODAY)

    assert (problem.at, problem.rule) == ("/a", "pattern")
    assert ("pattern" in problem.params) is judged
