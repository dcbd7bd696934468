"""Lint of conditions and of what expressions read: each names fields that there are, and can be true of them."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import TODAY

from dossierkit.forms import STANDARD, read
from dossierkit.forms.fields.applicators import reachable
from dossierkit.forms.lint.conditions import condition_faults, seeds_at
from dossierkit.forms.lint.lint import lint
from dossierkit.forms.schema.rule_reads import readings
from dossierkit.wiring import with_lists

SCHEMA: dict[str, Any] = {
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "kind": {"oneOf": [{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]},
        "count": {"type": "integer", "minimum": 10, "maximum": 20},
        "any": True,
        "either": {"type": ["string", "null"]},
        "open": {"enum": ["x", 3, True, None, 1.5, ["l"]]},
        "rows": {"type": "array", "items": {"properties": {"no": {"type": "integer"}, "what": {"enum": ["p", "q"]}}}},
        "map": {"type": "object", "additionalProperties": {"enum": ["m"]}, "properties": {"fixed": {"type": "string"}}},
        "coded": {"type": "object", "patternProperties": {"^c": {"type": "integer"}}},
        "province": {"type": "string", "x-options": {"list": "provinces"}},
        "group": {"type": "object", "properties": {"inner": {"type": "boolean"}}},
        "plain": {"type": "object"},
        "never": False,
    }
}
FORM = read(SCHEMA, dialect=with_lists(STANDARD, None, lambda: TODAY))


def faults(condition: Any) -> list[tuple[str, str, str]]:
    facets = tuple(reachable(FORM.schemas, (FORM.root,)))
    return [(fault.code, fault.pointer, fault.level) for fault in condition_faults(FORM, facets, condition, "", level="error")]


def of(name: str, schema: Any) -> Any:
    return {"properties": {name: schema}, "required": [name]}


@pytest.mark.parametrize(
    "condition",
    [
        True, {"required": ["name"]}, of("kind", {"const": "a"}), of("kind", {"enum": ["a", "b"]}), of("count", {"minimum": 15}),
        of("count", {"exclusiveMaximum": 20}), of("any", {"const": 7}), of("any", {"minimum": 7}), of("either", {"const": None}),
        of("open", {"const": 1.5}), of("open", {"const": ["l"]}), of("rows", {"contains": of("what", {"const": "p"})}),
        of("rows", {"minItems": 2}), of("map", of("whatever", {"const": "m"})), of("map", {"required": ["whatever"]}),
        of("coded", of("c1", {"minimum": 3})), of("province", {"const": "79"}), of("group", of("inner", {"const": True})),
        of("plain", of("whatever", {"const": 1})), {"not": of("kind", {"const": "a"})},
        {"anyOf": [of("kind", {"const": "a"}), of("count", {"const": 12})]}, of("kind", {"not": {"const": "a"}}),
        of("name", {"minLength": 3, "pattern": "x"}), of("kind", {"anyOf": [{"const": "a"}, {"const": "b"}]}),
    ],
)  # fmt: skip
def test_what_can_be_true_is_let_pass(condition: Any) -> None:
    assert faults(condition) == []


@pytest.mark.parametrize(
    ("condition", "code", "pointer", "level"),
    [
        ({"properties": {}}, "idle-condition", "/properties", "warning"),
        (of("name", {}), "idle-condition", "/properties/name", "warning"),
        (of("name", True), "idle-condition", "/properties/name", "warning"),
        ({"properties": {"name": {"const": "x"}}}, "vacuous-condition", "/properties/name", "warning"),
        (of("nme", {"const": 3}), "unknown-field", "/properties/nme", "error"),
        ({"required": ["nme"]}, "unknown-field", "/required/0", "error"),
        (of("name", {"minimum": 3}), "idle-condition", "/properties/name/minimum", "error"),
        (of("name", {"const": "x" * 21}), "never-true", "/properties/name/const", "error"),
        (of("kind", {"enum": ["a", "c"]}), "never-true", "/properties/kind/enum/1", "error"),
        (of("kind", {"not": {"const": "c"}}), "never-true", "/properties/kind/not/const", "error"),
        (of("kind", {"anyOf": [{"const": "a"}, {"const": "c"}]}), "never-true", "/properties/kind/anyOf/1/const", "error"),
        (of("count", {"minimum": 21}), "never-true", "/properties/count/minimum", "error"),
        (of("count", {"exclusiveMaximum": 9}), "never-true", "/properties/count/exclusiveMaximum", "error"),
        (of("count", {"minimum": -5}), "idle-condition", "/properties/count/minimum", "warning"),
        (
            of("rows", {"contains": of("what", {"const": "r"})}),
            "never-true",
            "/properties/rows/contains/properties/what/const",
            "error",
        ),
        (of("rows", {"items": of("wat", {})}), "unknown-field", "/properties/rows/items/properties/wat", "error"),
        (of("map", of("whatever", {"const": "n"})), "never-true", "/properties/map/properties/whatever/const", "error"),
        (of("coded", of("c1", {"const": "n"})), "never-true", "/properties/coded/properties/c1/const", "error"),
        (of("province", {"const": "00"}), "never-true", "/properties/province/const", "error"),
        ({"not": of("kind", {"const": "c"})}, "never-true", "/not/properties/kind/const", "error"),
        ({"allOf": [of("kidn", {"const": "a"})]}, "unknown-field", "/allOf/0/properties/kidn", "error"),
        ({"requird": ["name"]}, "unknown-keyword", "/requird", "error"),
        (of("never", {"const": 1}), "never-true", "/properties/never/const", "error"),
        (of("open", {"minLength": 1}), None, "", ""),
    ],
)
def test_what_says_nothing_or_can_never_be_true_is_named(condition: Any, code: str | None, pointer: str, level: str) -> None:
    assert ((code, pointer, level) in faults(condition)) is (code is not None), faults(condition)


@pytest.mark.parametrize(
    ("source", "read_"),
    [
        ("name == 'x' || 'y' == answers.kind", [("/name", ("x",)), ("/kind", ("y",))]),
        ("kind in ['a', 'b'] && !group.inner", [("/kind", ("a", "b")), ("/group/inner", ())]),
        ("count != 3 && count == 2.5 && group.inner == true", [("/count", (3,)), ("/count", (2.5,)), ("/group/inner", (True,))]),
        ("count == 3 * 4 || count == -3", [("/count", ()), ("/count", ())]),
        ("rows.filter(r, r.no > 1).all(q, q.what == 'p')", [("/rows", ()), ("/rows/*/no", ()), ("/rows/*/what", ("p",))]),
        ("rows.map(r, r.no).exists(n, n.x > 1)", [("/rows", ()), ("/rows/*/no", ())]),
        ("rows[0].what == 'p' && answers['map'].fixed != ''", [("/rows/*/what", ("p",)), ("/map/fixed", ("",))]),
        ("[1, 2].map(i, i * count) == today", [("/count", ())]),
        ("today.startsWith(name) || today < name", [("/name", ()), ("/name", ())]),
        ("has(answers.name) ? size(name) : 0", [("/name", ()), ("/name", ())]),
        (r"name == 'a\'b' && name.matches('x(y')", [("/name", ()), ("/name", ())]),
        ("answers == null", []),
    ],
)  # fmt: skip
def test_an_expression_says_what_it_reads(source: str, read_: list[Any]) -> None:
    """Places with rows as `*`, each with the literals that it is compared with."""
    assert [(reading.pointer, reading.literals) for reading in readings(source)] == read_


def test_what_is_only_asked_whether_it_is_there_is_known() -> None:
    assert [reading.tested for reading in readings("has(answers.name) ? name : 'x'")] == [True, False]


def test_what_a_form_says_nothing_of_may_hold_anything() -> None:
    """A rule that reads into an object of any members is let pass."""
    schema = {**SCHEMA, "x-rules": [{"rule": "plain.x == 'y' && plain.x != name", "message": "m", "at": "/plain"}]}
    assert [fault for fault in lint(schema, dialect=FORM.dialect, today=TODAY) if fault.pointer.startswith("/x-rules")] == []


def test_a_place_is_found_wherever_it_is_declared() -> None:
    """Rows by any number, free names, nothing where nothing is."""
    assert all(seeds_at(FORM, pointer) for pointer in ("", "/rows/*/no", "/rows/7/no", "/map/free", "/coded/c1", "/group/inner"))
    assert not any(seeds_at(FORM, pointer) for pointer in ("/nobody", "/name/deep", "/rows/no", "/plain/x"))
