"""A file four times as large takes four times the work: the first page of it, and the first answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from support.counting import calls_of

from dossierkit.forms import Form, canonical, check, effective, flatten, parse, read
from dossierkit.forms.lint.comparison import compare
from dossierkit.html import Renderer
from dossierkit.pointers import Json

TODAY = date(2026, 11, 22)
SMALL, LARGE = 100, 400
TEXT = {"type": "string", "maxLength": 9}

Case = tuple[dict[str, Json], dict[str, Json]]


def _group(*names: str) -> dict[str, Json]:
    return {"type": "object", "required": [names[0]], "properties": dict.fromkeys(names, TEXT)}


def _lists(size: int) -> Case:
    row = {"type": "array", "items": {"oneOf": [_group("a"), _group("b")]}}
    return {"properties": {f"l{i}": row for i in range(size)}}, {f"l{i}": [{"a": "1"}] for i in range(size)}


def _rows(size: int) -> Case:
    rows = [dict.fromkeys("abcde", str(i)) for i in range(size)]
    return {"properties": {"rows": {"type": "array", "items": _group(*"abcde")}}}, {"rows": rows}


def _choices(size: int) -> Case:
    unions = [{"oneOf": [_group(f"a{i}"), _group(f"b{i}")]} for i in range(size)]
    return {"allOf": unions}, {f"a{i}": "1" for i in range(size)}


def _discriminators(size: int) -> Case:
    def branch(kind: str, i: int) -> dict[str, Json]:
        return {"required": [f"k{i}"], "properties": {f"k{i}": {"const": kind}, f"{kind}{i}": TEXT}}

    unions = [{"oneOf": [branch("x", i), branch("y", i)]} for i in range(size)]
    return {"allOf": unions}, {f"{name}{i}": "x" for i in range(size) for name in "kx"}


def _conditions(size: int) -> Case:
    """Each looks at what a list holds, so what holds is worked out again for other answers."""
    rules = [
        {"if": {"properties": {f"l{i}": {"minItems": 2}}, "required": [f"l{i}"]}, "then": {"properties": {f"m{i}": TEXT}}}
        for i in range(size)
    ]
    lists = {f"l{i}": {"type": "array", "items": TEXT} for i in range(size)}
    return {"properties": lists, "allOf": rules}, {f"l{i}": ["1"] for i in range(size)}


def _awaited(size: int) -> Case:
    """Each condition looks at a member that only the one before it declares."""
    rules = [
        {"if": {"properties": {f"p{i}": {"const": "1"}}, "required": [f"p{i}"]}, "then": {"properties": {f"p{i + 1}": TEXT}}}
        for i in range(size)
    ]
    return {"properties": {"p0": TEXT}, "allOf": rules}, {"p0": "1"}


def _dependents(size: int) -> Case:
    dependents = {f"p{i}": {"properties": {f"q{i}": TEXT}} for i in range(size)}
    return {"properties": {f"p{i}": TEXT for i in range(size)}, "dependentSchemas": dependents}, {
        f"p{i}": "1" for i in range(size)
    }


@pytest.mark.parametrize("case", [_lists, _rows, _choices, _discriminators, _conditions, _awaited, _dependents])
def test_a_larger_file_takes_as_much_work_for_each_part(case: Callable[[int], Case]) -> None:
    """Reading it, its blank and filled pages, and the first post: calls for each part do not grow with the file."""
    small, large = (_work(case, size) for size in (SMALL, LARGE))

    grown = {step: large[step] / small[step] / (LARGE / SMALL) for step in small}
    assert {step: ratio for step, ratio in grown.items() if ratio > 1.05} == {}


def test_a_page_of_most_fields_is_worked_out_once() -> None:
    """The second look at many answers finds all of what the first one remembered."""
    schema, answers = _lists(4500)
    form = read(json.loads(json.dumps({"type": "object", **schema})))
    first = calls_of(lambda: effective(form, answers))
    second = calls_of(lambda: effective(form, answers))

    assert second < first / 4


def test_two_forms_are_compared_in_proportion_to_their_places() -> None:
    """Every list got another name; a shared definition is compared once."""
    renamed = {size: _comparison(size) for size in (SMALL, LARGE)}
    levels = 6
    definitions = {
        f"d{i}": {"properties": {"text": TEXT, **{n: {"items": {"$ref": f"#/$defs/d{i + 1}"}} for n in "abc"}}}
        for i in range(levels)
    }
    shared = read({"$ref": "#/$defs/d0", "$defs": {**definitions, f"d{levels}": _group(*"xyz")}})
    places = 3**levels * 5

    assert renamed[LARGE] / renamed[SMALL] < 1.05 * LARGE / SMALL
    assert compare(shared, shared) == ()
    assert calls_of(lambda: compare(shared, shared)) < 250 * places


def test_definitions_that_hold_each_other_are_compared_in_proportion_to_them() -> None:
    """Each pair of schemas is entered at 50 places at most: twice the definitions, four times the lists, not 1 000 times."""
    calls = {}
    for count in (6, 12):
        old, new = _entangled(count, TEXT), _entangled(count, {**TEXT, "maxLength": 5})
        found = compare(old, new)
        assert {(one.kind, one.detail) for one in found} == {("changed", "maxLength")}
        assert len(found) <= 50 * count
        calls[count] = calls_of(lambda old=old, new=new: compare(old, new))

    assert calls[12] < 8 * calls[6]


def _entangled(count: int, leaf: Any) -> Form:
    """Definitions that each hold lists of all the others; the last one holds *leaf*, too."""
    names = [f"d{n}" for n in range(count)]
    definitions = {
        name: {"properties": {other: {"items": {"$ref": f"#/$defs/{other}"}} for other in names if other != name}}
        for name in names
    }
    definitions[names[-1]]["properties"]["leaf"] = leaf
    return read(json.loads(json.dumps({"$ref": "#/$defs/d0", "$defs": definitions})))


def _comparison(size: int) -> int:
    schema, _ = _lists(size)
    lists = {name: {**rows, "title": f"Số {name}"} for name, rows in schema["properties"].items()}
    old = read(json.loads(json.dumps({"properties": lists})))
    new = read(json.loads(json.dumps({"properties": {f"new {name}": rows for name, rows in lists.items()}})))

    assert [difference.kind for difference in compare(old, new)] == ["moved"] * size
    return calls_of(lambda: compare(old, new))


def _work(case: Callable[[int], Case], size: int) -> dict[str, int]:
    schema, answers = case(size)
    # Through JSON, so that no two parts share a schema.
    schema, answers = json.loads(json.dumps([{"type": "object", **schema}, answers]))
    form, renderer = read(schema), Renderer()
    blank = calls_of(lambda: renderer.render(form, {}))
    pairs = flatten(form, answers)
    assert parse(form, pairs) == answers
    assert not check(form, answers, today=TODAY)
    return {
        "read": calls_of(lambda: read(schema)),
        "blank page": blank,
        "flatten": calls_of(lambda: flatten(form, answers)),
        "parse": calls_of(lambda: parse(form, pairs)),
        "canonical": calls_of(lambda: canonical(form, answers)),
        "filled page": calls_of(lambda: renderer.render(form, answers)),
    }


def test_choices_and_names_are_read_and_shown_in_proportion() -> None:
    """Check boxes with many answers, lists of groups in groups, and names of free entries: the work for each does not grow."""
    work = {size: {name: _work(case, size) for name, case in _KINDS.items()} for size in (SMALL, LARGE)}

    grown = {
        (name, step): work[LARGE][name][step] / calls / (LARGE / SMALL)
        for name, steps in work[SMALL].items()
        for step, calls in steps.items()
    }
    assert {step: ratio for step, ratio in grown.items() if ratio > 1.05} == {}


def _boxes(size: int) -> Case:
    kinds = {"type": "array", "uniqueItems": True, "items": {"enum": [str(number) for number in range(size // 4)]}}
    names = [f"c{number}" for number in range(4)]
    return {"properties": dict.fromkeys(names, kinds)}, dict.fromkeys(names, kinds["items"]["enum"])


def _entries(size: int) -> Case:
    return {"additionalProperties": TEXT}, {f"n{number}": "1" for number in range(size)}


def _nested(size: int) -> Case:
    """A group in a group, and so on: what is shown of the outer one looks at what is inside."""
    schema: dict[str, Json] = {"type": "object", "properties": {"t": TEXT}}
    answers: dict[str, Json] = {"t": "1"}
    for _ in range(size // 4):
        schema, answers = {"type": "object", "properties": {"t": TEXT, "g": schema}}, {"t": "1", "g": answers}
    return schema, answers


_KINDS = {"boxes": _boxes, "entries": _entries, "nested": _nested}
