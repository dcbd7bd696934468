"""The JSON parsing suite and the naughty strings, through `load`."""

from __future__ import annotations

import json
from pathlib import Path

from support.samples import TODAY

from dossierkit.errors import DocumentError
from dossierkit.forms import canonical, check, flatten, load, message, parse, read
from dossierkit.hidden_characters import hidden_character

#: Valid JSON that we refuse, because the next reader keeps another of the two.
DUPLICATES = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}


def test_json_is_read_as_the_suite_says(suites: Path) -> None:
    """Valid documents are accepted, invalid ones are refused, and no other exception is raised."""
    wrong = []
    for path in sorted((suites / "json-parsing" / "test_parsing").iterdir()):
        try:
            load(path.read_bytes())
            accepted = True
        except DocumentError:
            accepted = False
        must = {"y": path.name not in DUPLICATES, "n": False}.get(path.name[0])
        if must is not None and accepted is not must:
            wrong.append(path.name)

    assert wrong == []


def test_naughty_strings_survive_a_page(suites: Path) -> None:
    """Every string that breaks software comes back from a page as its canonical self."""
    form = read({"properties": {"text": {"type": "string", "x-widget": "textarea"}}})
    for text in json.loads((suites / "naughty-strings" / "blns.json").read_bytes()):
        answers = canonical(form, {"text": text})

        assert parse(form, flatten(form, answers)) == answers


def test_naughty_strings_are_kept_or_refused_with_words(suites: Path) -> None:
    """A string with a hidden character is refused with words that hold none; every other one is an answer like any other."""
    form = read({"properties": {"text": {"type": "string", "x-widget": "textarea"}}})
    refused = 0
    for text in json.loads((suites / "naughty-strings" / "blns.json").read_bytes()):
        answers = canonical(form, {"text": text})
        problems = check(form, answers, today=TODAY)

        assert [problem.rule for problem in problems] == ["hidden-character"] * (hidden_character(text) is not None)
        for problem in problems:
            assert hidden_character(message(form, problem, answers=answers)) is None
            refused += 1
    assert refused > 15
