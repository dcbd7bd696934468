"""The validator compared with python-jsonschema, over every procedure and thousands of changed answers."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import referencing
from referencing.jsonschema import DRAFT202012
from support.samples import PROCEDURES

from dossierkit.cli.procedures import form_at
from dossierkit.forms.schema.judge import Judge

FILES = sorted(PROCEDURES.glob("*.json"))
#: Formats and patterns mean more to our judge; the oracle asserts no format and knows no ECMA, so both are left out.
LEFT_OUT = ("format", "pattern")


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _bare(item)
            for name, item in value.items()
            if not (name in LEFT_OUT and isinstance(item, str)) and not name.startswith("x-")
        }
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _changed(value: Any, chance: random.Random) -> Any:
    """*value* with one leaf, member or element dropped or replaced."""
    places = list(_places(value))
    parent, key = chance.choice(places)
    if chance.random() < 0.4:
        del parent[key]
    else:
        parent[key] = chance.choice([None, "", "x", -1, 0.5, 10**9, True, [], {}, {"kind": "organization"}])
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        yield value, key
        yield from _places(item)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_two_judges_agree(path: Path) -> None:
    """Same verdict on every example and on what becomes of it when things go missing or wrong."""
    form = form_at(path)
    documents = {uri: _bare(document) for uri, document in form.schemas.documents.items()}
    registry = referencing.Registry().with_resources((uri, DRAFT202012.create_resource(d)) for uri, d in documents.items())
    main = form.root.location.partition("#")[0]
    oracle = jsonschema.Draft202012Validator({"$ref": main}, registry=registry)
    ours = Judge(documents, formats=form.schemas.judge.formats).validator(main)
    chance = random.Random(path.stem)
    verdicts = set()
    for test in json.loads(path.read_bytes())["x-tests"]:
        for _ in range(25):
            answers = copy.deepcopy(test["answers"])
            for _ in range(chance.randint(0, 3)):
                answers = _changed(answers, chance)
            verdict = ours.accepts(answers)
            verdicts.add(verdict)

            assert verdict == oracle.is_valid(answers), answers
    assert verdicts == {True, False}
