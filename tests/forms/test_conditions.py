"""Lint of conditions and expressions: each reads existing fields, and compares them with values that they can have."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples import TODAY

from dossierkit.forms import STANDARD, read
from dossierkit.forms.checks.conditions import Decision, decide
from dossierkit.forms.fields.applicators import possible_schemas
from dossierkit.forms.lint.condition_lint import condition_faults, seeds_at
from dossierkit.forms.lint.document_lint import lint
from dossierkit.forms.schema.judge import is_valid
from dossierkit.forms.schema.rule_readings import readings
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
    facets = tuple(possible_schemas(FORM.schemas, (FORM.root,)))
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
        (of("count", {"maximum": 30}), "idle-condition", "/properties/count/maximum", "warning"),
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


# --- what a condition comes to ------------------------------------------------------------------------------------------

ASKED = read(
    {
        "properties": {
            "kind": {"enum": ["house", "land"]},
            "urgent": {"type": "boolean"},
            "area": {"type": "integer"},
            "agreed": {"type": "boolean", "const": True},
            "address": {"type": "object", "properties": {"city": {"type": "string"}}},
            "rows": {"type": "array", "items": {"properties": {"what": {"enum": ["p", "q"]}}}},
            "extras": {"type": "array", "items": {"enum": ["x", "y"]}, "uniqueItems": True},
        },
        "if": {"properties": {"kind": {"const": "house"}}, "required": ["kind"]},
        "then": {"properties": {"floors": {"type": "integer"}, "site": {"properties": {"zone": {"type": "string"}}}}},
    }
)  # fmt: skip
URGENT = {"properties": {"urgent": {"const": True}}, "required": ["urgent"]}
LARGE = {"properties": {"area": {"minimum": 100}}, "required": ["area"]}
HIGH = {"properties": {"floors": {"minimum": 3}}, "required": ["floors"]}
IN_HUE = {"properties": {"address": {"properties": {"city": {"const": "Huế"}}, "required": ["city"]}}, "required": ["address"]}
ZONED = {"properties": {"site": {"properties": {"zone": {"const": "z"}}, "required": ["zone"]}}, "required": ["site"]}
WITH_P = {
    "properties": {"rows": {"contains": {"properties": {"what": {"const": "p"}}, "required": ["what"]}}},
    "required": ["rows"],
}
ALL_P = {"properties": {"rows": {"items": WITH_P["properties"]["rows"]["contains"]}}, "required": ["rows"]}  # type: ignore[index]
NONE_OR_SMALL = {"anyOf": [{"not": {"required": ["area"]}}, {"properties": {"area": {"maximum": 9}}, "required": ["area"]}]}


@pytest.mark.parametrize(
    ("condition", "answers", "holds", "open"),
    [
        # Asked, and not answered: undecided.
        (URGENT, {}, None, ["/urgent"]),
        ({"properties": {"urgent": {"const": True}}}, {}, None, ["/urgent"]),
        ({"not": URGENT}, {}, None, ["/urgent"]),
        ({"allOf": [{"required": ["urgent"]}, {"properties": {"urgent": {"const": True}}}]}, {}, None, ["/urgent"]),
        ({"required": ["area"], "anyOf": [LARGE, {"properties": {"area": {"maximum": 5}}}]}, {}, None, ["/area"]),
        ({"allOf": [URGENT, LARGE]}, {"urgent": True}, None, ["/area"]),
        ({"oneOf": [URGENT, LARGE]}, {"urgent": True}, None, ["/area"]),
        ({"if": URGENT, "then": LARGE, "else": True}, {"area": 1}, None, ["/urgent"]),
        ({"if": {"required": ["kind"]}, "then": LARGE}, {"kind": "land"}, None, ["/area"]),
        (IN_HUE, {}, None, ["/address/city"]),
        (HIGH, {"kind": "house"}, None, ["/floors"]),
        (ZONED, {"kind": "house"}, None, ["/site/zone"]),
        (WITH_P, {}, None, ["/rows"]),
        (WITH_P, {"rows": [{"what": "q"}, {}]}, None, ["/rows/1/what"]),
        (ALL_P, {"rows": [{"what": "p"}, {}]}, None, ["/rows/1/what"]),
        ({"properties": {"extras": {"contains": {"const": "x"}}}, "required": ["extras"]}, {}, None, ["/extras"]),
        # The answer, or any answer that is possible.
        (URGENT, {"urgent": True}, True, []),
        (URGENT, {"urgent": False}, False, []),
        ({"allOf": [URGENT, LARGE]}, {"urgent": False}, False, []),
        ({"anyOf": [URGENT, LARGE]}, {"urgent": True}, True, []),
        ({"oneOf": [URGENT, LARGE]}, {"urgent": True, "area": 100}, False, []),
        ({"if": URGENT, "then": LARGE, "else": LARGE}, {"area": 100}, True, []),
        ({"if": URGENT, "then": False}, {"urgent": False}, True, []),
        (WITH_P, {"rows": [{"what": "p"}, {}]}, True, []),
        (ALL_P, {"rows": [{"what": "q"}, {}]}, False, []),
        ({"properties": {"rows": {"contains": True, "maxContains": 1}}, "required": ["rows"]}, {"rows": [{}, {}]}, False, []),
        ({"minProperties": 1}, {}, False, []),
        ({"properties": {"urgent": {}}}, {}, True, []),
        # A field that does not hold is absent.
        (HIGH, {"kind": "land"}, False, []),
        (HIGH, {}, False, []),
        ({"not": HIGH}, {"kind": "land"}, True, []),
        (ZONED, {"kind": "land"}, False, []),
        ({"properties": {"nowhere": {"const": 1}}, "required": ["nowhere"]}, {}, False, []),
        # A box that is not ticked is an answer.
        ({"properties": {"agreed": {"const": True}}, "required": ["agreed"]}, {}, False, []),
        # Whether there is an answer is always known.
        ({"required": ["urgent"]}, {}, False, []),
        ({"not": {"required": ["urgent"]}}, {}, True, []),
        ({"properties": {"urgent": False}}, {}, True, []),
        (NONE_OR_SMALL, {}, True, []),
        # The judge alone.
        ({"$ref": "#/$defs/u", "$defs": {"u": URGENT}}, {"urgent": True}, True, []),
        ({"additionalProperties": False, "properties": {"urgent": True}}, {"area": 1}, False, []),
        (True, {}, True, []),
    ],
)  # fmt: skip
def test_a_condition_depends_on_what_is_asked_and_not_answered(condition: Any, answers: Any, holds: Any, open: list[str]) -> None:
    """It is decided by the answers, by the fields that hold, or not yet, and then the open questions are named."""
    assert decide(ASKED, condition, answers) == Decision(holds, tuple(open))


ATOMS = st.sampled_from(
    [URGENT, LARGE, HIGH, IN_HUE, WITH_P, ALL_P, ZONED, NONE_OR_SMALL, {"required": ["area"]}, {"properties": {"area": {"minimum": 3}}},
     {"minProperties": 2}, True, False]
)  # fmt: skip
CONDITIONS = st.recursive(
    ATOMS,
    lambda below: st.one_of(
        st.builds(lambda parts: {"allOf": parts}, st.lists(below, min_size=1, max_size=3)),
        st.builds(lambda parts: {"anyOf": parts}, st.lists(below, min_size=1, max_size=3)),
        st.builds(lambda parts: {"oneOf": parts}, st.lists(below, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, below),
        st.builds(lambda one, two, three: {"if": one, "then": two, "else": three}, below, below, below),
    ),
    max_leaves=6,
)
EVERY_ANSWER = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["house", "land"]),
        "urgent": st.booleans(),
        "area": st.integers(0, 200),
        "address": st.just({"city": "Huế"}),
        "floors": st.integers(1, 5),
        "site": st.fixed_dictionaries({"zone": st.sampled_from("zy")}),
        "rows": st.lists(st.fixed_dictionaries({"what": st.sampled_from("pq")}), min_size=1, max_size=3),
    }
)


@given(CONDITIONS, EVERY_ANSWER)
def test_of_answered_questions_a_condition_is_plain_json_schema(condition: Any, answers: Any) -> None:
    """Where everything is answered, the judge says the same."""
    assert decide(ASKED, condition, answers) == Decision(is_valid(condition, answers))


@given(CONDITIONS, EVERY_ANSWER, st.sets(st.sampled_from(["urgent", "area", "address", "rows"])))
def test_a_decision_stands_whatever_is_answered_later(condition: Any, answers: Any, left: set[str]) -> None:
    """A decision without some answers is not changed by them, unless the condition asks whether there is one."""
    decision = decide(ASKED, condition, {name: value for name, value in answers.items() if name not in left})
    assert bool(decision.open) == (decision.holds is None)
    if decision.holds is not None and not _asks_whether(condition):
        assert decision.holds == is_valid(condition, answers)


def _asks_whether(condition: Any) -> bool:
    text = repr(condition)
    return repr({"required": ["area"]}) in text or repr({"minProperties": 2}) in text
