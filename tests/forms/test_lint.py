"""Every code of lint, each with a file that has this fault and no other."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from support.samples import PROCEDURES, TODAY

from dossierkit.catalog.lint import SourceLint, lint_paths
from dossierkit.errors import SchemaError
from dossierkit.forms import STANDARD, read
from dossierkit.forms.lint.document_lint import lint
from dossierkit.forms.lint.endless_requirements import endless_faults
from dossierkit.locale.texts import in_language
from dossierkit.wiring import with_lists

DIALECT = with_lists(STANDARD, None, lambda: TODAY)
STRING = {"type": "string"}

FAULTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "misspelt keyword": ("unknown-keyword", {"propertes": {}}, "did you mean 'properties'"),
    "misspelt block": ("lost-block", {"x-procedur": {}}, "did you mean 'x-procedure'"),
    "block in capitals": ("lost-block", {"X-Procedure": {}}, "did you mean 'x-procedure'"),
    "keyword of another tool": ("unknown-keyword", {"ui:order": []}, "means nothing"),
    "misplaced keyword": ("misplaced-keyword", {"properties": {"a": {"x-rules": []}}}, "root"),
    "undeclared required": ("undeclared-required", {"properties": {"name": STRING}, "required": ["nam"]}, "did you mean 'name'"),
    "undeclared dependent": ("undeclared-required", {"properties": {"a": STRING}, "dependentRequired": {"a": ["zz"]}}, "declare it"),
    "vacuous if": ("vacuous-if", {"properties": {"a": STRING}, "if": {"properties": {"a": {"const": "x"}}}, "then": {}}, "required"),
    "chasing condition": (
        "chasing-condition",
        {
            "properties": {"a": {}},
            "if": {"properties": {"a": {"const": 5}}, "required": ["a"]},
            "then": {"properties": {"a": {"type": "string"}, "b": STRING}},
            "else": {"properties": {"a": {"type": "integer"}}},
        },
        "chase",
    ),
    "idle if": ("idle-if", {"if": {}}, "changes nothing"),
    "idle then": ("idle-if", {"then": {}}, "never holds"),
    "contradicting bounds": ("contradiction", {"properties": {"a": {"type": "string", "minLength": 5, "maxLength": 2}}}, "at least 5"),
    "empty interval": ("contradiction", {"properties": {"a": {"type": "number", "exclusiveMinimum": 2, "maximum": 2}}}, "at least 2"),
    "bad default": ("bad-default", {"properties": {"a": {"type": "integer", "default": "x"}}}, "default"),
    "bad const": ("bad-const", {"properties": {"a": {"type": "integer", "const": "x"}}}, "const"),
    "choice of another type": ("bad-choice", {"properties": {"a": {"type": "string", "enum": ["x", None]}}}, "refuses its own choice None"),
    "choices of another type": ("contradiction", {"properties": {"a": {"type": "integer", "enum": ["x", "y"]}}}, "no choice is of the type integer"),
    "choices beyond a limit": ("contradiction", {"properties": {"a": {"type": "string", "minLength": 3, "enum": ["x", "y"]}}}, "no choice meets minLength"),
    "more rows than choices": (
        "contradiction",
        {"properties": {"a": {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"enum": ["x", "y", "x"]}}}},
        "only 2 choices",
    ),
    "alternative twice": (
        "same-alternative",
        {"properties": {"a": {"oneOf": [{"type": "object", "title": t, "properties": {"k": {"const": "x"}}, "required": ["k"]} for t in "AB"]}}},
        "same as alternative 0",
    ),
    "empty alternative twice": ("same-alternative", {"properties": {"a": {"oneOf": [STRING, True, True]}}}, "same as alternative 1"),
    "discriminator twice": (
        "same-discriminator",
        {"properties": {"a": {"oneOf": [{"properties": {"k": {"const": k}, n: STRING}, "required": ["k", n]} for k, n in ("xp", "yq", "yr")]}}},
        "'k' is 'y' in alternative 1",
    ),
    "choices that the format refuses": (
        "contradiction",
        {"properties": {"a": {"type": "string", "format": "date", "enum": ["22/11/2026", "soon"]}}},
        "no choice meets format",
    ),
    "a choice that the format refuses": ("bad-choice", {"properties": {"a": {"format": "date", "enum": ["2026-11-22", "soon"]}}}, "choice 'soon'"),
    "a titled choice that the format refuses": (
        "bad-choice",
        {"properties": {"a": {"format": "date", "oneOf": [{"const": day, "title": day} for day in ("2026-11-22", "soon")]}}},
        "choice 'soon'",
    ),
    "titled choices that the format refuses": (
        "contradiction",
        {"properties": {"a": {"format": "date", "oneOf": [{"const": day, "title": day} for day in ("now", "soon")]}}},
        "no choice meets format",
    ),
    "a titled choice twice": ("same-alternative", {"properties": {"a": {"oneOf": [{"const": "x", "title": t} for t in "AB"]}}}, "same as alternative 0"),
    "a constant that the format refuses": ("bad-const", {"properties": {"a": {"type": "string", "format": "vn-tax-code", "const": "1"}}}, "const"),
    "choice twice": ("same-choice", {"properties": {"a": {"enum": [1, "1", 1.0]}}}, "at position 0"),
    "bad example": ("bad-example", {"properties": {"a": {"type": "integer", "examples": [1, "x"]}}}, "example"),
    "closed too early": (
        "closed-too-early",
        {"properties": {"a": STRING}, "additionalProperties": False, "if": {"required": ["a"]}, "then": {"properties": {"b": STRING}}},
        "unevaluatedProperties",
    ),
    "no discriminator": (
        "no-discriminator",
        {"properties": {"a": {"oneOf": [{"type": "object", "properties": {"x": STRING}}, {"type": "object", "properties": {"y": STRING}}]}}},
        "const",
    ),
    "slow pattern": ("slow-pattern", {"properties": {"a": {"type": "string", "pattern": "^(?=x)x$"}}}, "lookaround"),
    "ASCII letters": ("ascii-letters", {"properties": {"a": {"type": "string", "pattern": r"^\w+$"}}}, r"\p{L}"),
    "unknown format": ("unknown-format", {"properties": {"a": {"type": "string", "format": "vn-phon"}}}, "did you mean 'vn-phone'"),
    "unknown widget": ("unknown-widget", {"properties": {"a": {"type": "string", "x-widget": "textara"}}}, "did you mean 'textarea'"),
    "unknown list": ("unknown-list", {"properties": {"a": {"type": "string", "x-options": {"list": "province"}}}}, "did you mean 'provinces'"),
    "options by nothing": (
        "dangling-pointer",
        {"properties": {"a": {"type": "string", "x-options": {"list": "communes", "where": {"province": "1/b"}}}}},
        "leads to no field",
    ),
    "options by nonsense": (
        "dangling-pointer",
        {"properties": {"a": {"type": "string", "x-options": {"list": "communes", "where": {"province": "b/c"}}}}},
        "neither",
    ),
    "options by an unknown column": (
        "unknown-column",
        {"properties": {"b": STRING, "a": {"type": "string", "x-options": {"list": "communes", "where": {"provinc": "1/b"}}}}},
        "did you mean 'province'",
    ),
    "limited file": ("limited-file", {"properties": {"a": {"type": "string", "pattern": "pdf$", "x-file": {}}}}, "'x-file' what is taken"),
    "limited files": (
        "limited-file",
        {"properties": {"a": {"type": "array", "items": {"type": "string", "maxLength": 20}, "x-file": {"accept": [".pdf"]}}}},
        "no 'maxLength' fits",
    ),
    "JSON field": ("json-field", {"properties": {"a": {}}}, "write JSON"),
    "rule at nothing": ("dangling-pointer", {"properties": {"a": STRING}, "x-rules": [{"rule": "true", "message": "m", "at": "/b"}]}, "no field"),
    "rule at nonsense": ("dangling-pointer", {"properties": {"a": STRING}, "x-rules": [{"rule": "true", "message": "m", "at": "b"}]}, "no field"),
    "rule reads nothing": ("unknown-name", {"properties": {"area": STRING}, "x-rules": [{"rule": "aera == 1", "message": "m", "at": "/area"}]}, "did you mean 'area'"),
    "rule calls nothing": ("unknown-function", {"properties": {"a": STRING}, "x-rules": [{"rule": "summ(a) > 1", "message": "m", "at": "/a"}]}, "did you mean 'sum'"),
    "rule without comparison": (
        "not-boolean",
        {"properties": {"n": {"type": "number"}}, "x-rules": [{"rule": "n + 1", "message": "m", "at": "/n"}], "x-tests": [{"answers": {"n": 1}, "problems": ["/n rule"]}]},
        "the result is 2",
    ),
    "rule that is a text": ("not-boolean", {"properties": {"a": STRING}, "x-rules": [{"rule": "'yes'", "message": "m", "at": "/a"}]}, "write a comparison"),
    "computed from each other": (
        "computed-cycle",
        {"properties": {"p": {"type": "number"}, "q": {"type": "number"}}, "x-compute": {"/p": "q + 1", "/q": "p + 1"}},
        "need each other",
    ),
    "computed from itself": ("computed-cycle", {"properties": {"p": {"type": "number"}}, "x-compute": {"/p": "p + 1"}}, "/p ← /p"),
    "section of nothing": ("dangling-pointer", {"properties": {"a": STRING}, "x-procedure": {"sections": [{"title": "t", "fields": ["/b", "/a"]}]}}, "no field"),
    "unlisted field": ("unlisted-field", {"properties": {"a": STRING, "b": STRING}, "x-procedure": {"sections": [{"title": "t", "fields": ["/a"]}]}}, "shown last"),
    "stale translation": ("stale-translation", {"title": "x", "x-translations": {"en": {"/title": "x", "/nope": "y"}}}, "no text"),
    "missing translation": ("missing-translation", {"title": "Đất", "x-translations": {"en": {}}}, "no translation"),
    "no translations": ("no-translations", {"title": "Đất"}, "English"),
    "failed test": ("failed-test", {"required": ["a"], "properties": {"a": STRING}, "x-tests": [{"name": "t", "answers": {}}]}, "/a required"),
    "no test": ("bad-test", {"x-tests": [{"name": "t"}]}, "answers"),
    "no day": ("bad-test", {"x-tests": [{"answers": {}, "today": "soon"}]}, "2026-11-22"),
    "old draft": ("old-draft", {"$schema": "http://json-schema.org/draft-07/schema#"}, "2020-12"),
    "not a schema": ("not-a-schema", {"type": "strin"}, "strin"),
    "a list with a strange type": ("not-a-schema", {"type": ["string", "nul"]}, "'nul' is no type; did you mean 'null'?"),
    "no type at all": ("not-a-schema", {"properties": {"a": {"type": 3}}}, "3 is no type; types are string"),
    "a wrong shape": ("not-a-schema", {"properties": {"a": {"minLength": "3"}}}, "a whole number, 0 or more"),
    "a text for a schema": ("not-a-schema", {"properties": {"type": "x"}}, "'x' is not a schema"),
    "a number for rows": ("not-a-schema", {"items": 3}, "3 is not a schema"),
    "no list of schemas": ("not-a-schema", {"allOf": [{}, 4]}, "4 is not a schema"),
    "a strange vocabulary": ("not-a-schema", {"$vocabulary": 3}, "3 is not of type"),
    "foreign pattern": ("not-a-schema", {"properties": {"a": {"pattern": "(?P<x"}}}, "JavaScript"),
}  # fmt: skip


CLOSED: list[dict[str, Any]] = [
    {"type": "object", "title": kind, "properties": {"kind": {"const": kind}, name: STRING}, "required": ["kind", name], "additionalProperties": False}
    for kind, name in (("a", "x"), ("b", "y"))
]  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "level"),
    [
        ({"oneOf": CLOSED}, None),
        ({"properties": {"rows": {"type": "array", "items": {"anyOf": CLOSED}}}}, None),
        ({"oneOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}], "$defs": {"a": CLOSED[0], "b": CLOSED[1]}}, None),
        ({"properties": {"note": STRING}, "oneOf": CLOSED}, None),
        ({"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}], "$defs": {"a": CLOSED[0]}}, None),
        ({"if": {"required": ["x"]}, "then": CLOSED[0], "else": CLOSED[1]}, None),
        ({"properties": {"note": STRING}, "required": ["note"], "oneOf": CLOSED}, "error"),
        ({"allOf": [CLOSED[0], {"properties": {"note": STRING}, "required": ["note"]}]}, "error"),
        ({"properties": {"a": STRING}, "additionalProperties": False, "oneOf": [{"properties": {"b": STRING}}]}, "warning"),
    ],
)
def test_alternatives_may_be_closed(schema: dict[str, Any], level: str | None) -> None:
    """An error if a schema that always holds refuses a required member; a warning if a member can never be given."""
    found = {fault.level for fault in lint(schema, today=TODAY) if fault.code == "closed-too-early"}

    assert found == ({level} if level else set())


@pytest.mark.parametrize(
    ("keyword", "level"),
    [
        ("widget", "advice"), ("options", "advice"), ("ui:order", "advice"), ("enumNames", "advice"), ("expressions", "advice"),
        ("components", "advice"), ("propertyOrder", "advice"), ("x-anything", "advice"), ("whatever", "advice"),
        ("minLenght", "warning"), ("propertes", "warning"), ("x-mesages", "warning"), ("requird", "warning"), ("$reff", "warning"),
    ],
)  # fmt: skip
def test_words_of_others_are_annotations(keyword: str, level: str) -> None:
    """A word that is nearly one of ours is a warning; none is an error, for the file serves."""
    found = lint({"title": "T", "properties": {"a": {"type": "string", keyword: "x"}}}, today=TODAY)

    assert [(fault.level, fault.pointer) for fault in found if fault.code == "unknown-keyword"] == [
        (level, f"/properties/a/{keyword}")
    ]


TREE = {"type": "object", "required": ["one"], "properties": {"one": {"$ref": "#/$defs/tree"}}}


@pytest.mark.parametrize(
    ("schema", "level"),
    [
        ({"$ref": "#/$defs/tree", "$defs": {"tree": TREE}}, "error"),
        ({"properties": {"a": {"$ref": "#/$defs/tree"}}, "$defs": {"tree": TREE}}, "warning"),
        ({"required": ["n", "a"], "properties": {"n": STRING, "a": False}}, "error"),
        ({"required": ["k"], "properties": {"k": {"type": "array", "minItems": 1, "items": {"$ref": "#"}}}}, "error"),
        ({"required": ["k"], "properties": {"k": {"type": "array", "items": {"$ref": "#"}}}}, None),
        ({"required": ["k"], "properties": {"k": {"oneOf": [{"$ref": "#"}, {"type": "string"}]}}}, None),
        (
            {
                "required": ["k"],
                "properties": {"k": {"type": ["object", "null"], "required": ["z"], "properties": {"z": {"$ref": "#"}}}},
            },
            None,
        ),
    ],
)
def test_what_never_ends_is_named(schema: dict[str, Any], level: str | None) -> None:
    """An error if the form cannot be submitted, a warning if an optional field cannot be finished."""
    found = {fault.level for fault in lint(schema, today=TODAY) if fault.code == "endless"}

    assert found == ({level} if level else set())


def test_definitions_may_refer_to_each_other_in_lists() -> None:
    """Rows are paid for by the answers; rows that a page has to show are not."""
    names = [f"d{n}" for n in range(14)]
    row = {name: {"type": "array", "items": {"$ref": f"#/$defs/{name}"}} for name in names}
    definitions = {
        name: {"type": "object", "properties": {other: row[other] for other in names if other != name}} for name in names
    }

    assert not [f for f in lint({"$ref": "#/$defs/d0", "$defs": definitions}, today=TODAY) if f.level == "error"]
    deep = {
        f"e{n}": {
            "type": "object",
            "required": ["a", "b"],
            "properties": {name: {"type": "array", "items": {"$ref": f"#/$defs/e{n + 1}"}} for name in "ab"},
        }
        for n in range(40)
    }
    with pytest.raises(SchemaError, match="unfold"):
        read({"$ref": "#/$defs/e0", "$defs": {**deep, "e40": STRING}})


READ_ONLY = {"type": "string", "readOnly": True}
TWIN = {"type": "object", "properties": {"kind": {"const": "x"}}, "required": ["kind"]}


@pytest.mark.parametrize(
    ("field", "codes"),
    [
        ({"type": "string", "enum": ["x", "y"], "minLength": 2}, {"contradiction"}),
        ({"type": "string", "enum": ["x", "y"], "pattern": "^[0-9]+$"}, {"contradiction"}),
        ({"type": "integer", "enum": [1, 2], "minimum": 3}, {"contradiction"}),
        ({"type": "string", "enum": ["x", "yy"], "minLength": 2}, set()),
        ({"type": "string", "enum": ["x", "y"], "format": "date"}, {"contradiction"}),
        ({"type": "string", "enum": ["x", "2026-11-22"], "format": "date"}, set()),
        ({"type": "string", "oneOf": [{"const": "x"}, {"const": "y"}], "format": "date"}, {"contradiction"}),
        ({"type": "integer", "oneOf": [{"const": "x"}, {"const": "y"}]}, {"contradiction"}),
        ({"enum": ["0912 345 678"], "format": "vn-phone"}, set()),
        ({"type": "array", "minItems": 3, "uniqueItems": True, "items": {"enum": ["x", "y"]}}, {"contradiction"}),
        ({"type": "array", "minItems": 2, "uniqueItems": True, "items": {"enum": ["x", "y"]}}, set()),
        ({"type": "array", "minItems": 3, "items": {"enum": ["x", "y"]}}, set()),
        ({"oneOf": [{**TWIN, "title": "A"}, {**TWIN, "title": "B"}]}, {"same-alternative"}),
        ({"oneOf": [TWIN, {**TWIN, "required": ["kind", "kind2"], "properties": {**TWIN["properties"], "kind2": STRING}}]}, set()),
        (READ_ONLY, {"unfilled"}),
        ({"type": "object", "readOnly": True, "required": ["b"], "properties": {"b": STRING}}, {"unfilled"}),
        ({"type": "object", "required": ["b"], "properties": {"b": {"$ref": "#/$defs/fixed"}}}, {"unfilled"}),
        ({**READ_ONLY, "default": "x"}, set()),
        ({**READ_ONLY, "const": "x"}, set()),
        ({**READ_ONLY, "x-prefill": "fullName"}, set()),
    ],
)  # fmt: skip
def test_a_required_field_that_can_never_be_answered_is_an_error(field: dict[str, Any], codes: set[str]) -> None:
    """The form cannot be submitted, and the catalog, which asks for the same faults, does not serve it."""
    schema = {"properties": {"a": field}, "required": ["a"], "$defs": {"fixed": READ_ONLY}}

    assert {fault.code for fault in endless_faults(read(schema))} == codes
    errors = {fault.code for fault in lint(schema, today=TODAY) if fault.level == "error"}
    assert errors == codes


@pytest.mark.parametrize(
    ("groups", "computed"),
    [
        ({"first": {}, "second": {}}, {}),
        ({"first": {}, "second": {}}, {"/second/inner/b": "'x'"}),
        ({"first": {}, "second": {}}, {"/first/inner/b": "'x'"}),
        ({"first": {"readOnly": True}, "second": {}}, {}),
        ({"first": {}, "second": {"readOnly": True}}, {}),
    ],
)
def test_a_shared_group_is_looked_at_wherever_it_is_required(groups: dict[str, Any], computed: dict[str, str]) -> None:
    """A group of two places is filled in at one of them, or read-only at one of them; what is missing is named once."""
    blank = READ_ONLY if not any(groups.values()) else STRING
    inner = {"type": "object", "required": ["b"], "properties": {"b": blank}}
    schema = {
        "properties": {name: {"$ref": "#/$defs/group", **more} for name, more in groups.items()},
        "required": [*groups],
        "$defs": {"group": {"type": "object", "required": ["inner"], "properties": {"inner": inner}}},
        "x-compute": computed,
    }

    assert [fault.code for fault in lint(schema, today=TODAY) if fault.level == "error"] == ["unfilled"]


def test_a_read_only_field_may_be_computed_or_given_by_a_condition() -> None:
    """And one that is not required may stay empty."""
    fields = {"a": READ_ONLY, "b": STRING}
    conditional = {"if": {"required": ["b"]}, "then": {"properties": {"a": {"const": "x"}}}}
    for more in ({"required": ["a"], "x-compute": {"/a": "b"}}, {"required": ["a"], **conditional}, {}):
        assert list(endless_faults(read({"properties": fields, **more}))) == []


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_found(name: str) -> None:
    """With their code and words that say what to do."""
    code, schema, words = FAULTS[name]

    found = {fault.code: fault for fault in lint(schema, dialect=DIALECT, today=TODAY)}

    assert code in found, found
    assert words in found[code].message
    assert in_language(found[code].message, "vi") != found[code].message


def test_translations_into_a_language_without_pages_are_a_warning(tmp_path: Path) -> None:
    """With the language that was probably meant."""
    (tmp_path / "a.json").write_text(
        json.dumps({"title": "T", "x-translations": {"eng": {"/title": "T"}, "en": {"/title": "T"}}})
    )

    (fault,) = [f for f in lint_paths([tmp_path], DIALECT, TODAY) if f.code == "unknown-language"]
    assert (fault.pointer, fault.level) == ("/x-translations/eng", "warning")
    assert "did you mean 'en'" in fault.message


def test_values_computed_from_each_other_in_one_direction_are_no_cycle() -> None:
    """In any order, and from answers whose names begin alike."""
    fields = {name: {"type": "number"} for name in ("n", "p", "pp", "q")}
    schema = {"properties": fields, "x-compute": {"/q": "p + n", "/p": "pp + n"}}
    assert [fault for fault in lint(schema, today=TODAY) if fault.code == "computed-cycle"] == []


def test_alternatives_of_one_kind_may_be_told_apart_by_another_answer() -> None:
    """No value of `k` is shared by two alternatives that nothing else tells apart."""
    fixed = [("x", "p"), ("y", "p"), ("y", "q")]
    branches: list[dict[str, Any]] = [
        {"properties": {"k": {"const": k}, "m": {"const": m}}, "required": ["k", "m"]} for k, m in fixed
    ]
    branches[0]["properties"]["own"] = {"const": True}

    assert "same-discriminator" not in {fault.code for fault in lint({"properties": {"a": {"oneOf": branches}}}, today=TODAY)}


def test_a_rule_that_fails_for_the_answers_of_a_test_is_a_problem_of_the_test() -> None:
    """Its result for other answers is looked at all the same."""
    schema = {
        "properties": {"a": STRING},
        "x-rules": [{"rule": "int(a) > 1", "message": "m", "at": "/a"}],
        "x-tests": [{"answers": {"a": "x"}, "problems": ["/a rule"]}, {"answers": {"a": "2"}}],
    }

    assert [fault.code for fault in lint(schema, today=TODAY) if fault.level != "advice"] == []


def test_a_sound_file_has_no_fault() -> None:
    """Lint is silent where there is nothing to say."""
    schema = {
        "title": "Form",
        "properties": {"kind": {"enum": ["a", "b"]}, "n": {"type": "integer", "default": 3, "examples": [4]}},
        "required": ["kind"],
        "if": {"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
        "then": {"properties": {"more": {"type": "string"}}, "required": ["more"]},
        "unevaluatedProperties": False,
        "x-rules": [{"rule": "n > 1", "message": "more", "at": "/n"}],
        "x-translations": {"vi": {"/title": "Mẫu"}},
        "x-tests": [{"answers": {"kind": "b"}, "problems": []}],
    }
    assert lint(schema, dialect=DIALECT, today=TODAY) == ()


def test_a_file_that_is_true_says_nothing() -> None:
    """A schema of anything may be referred to; there is nothing in it to translate."""
    schema = {"properties": {"a": {"$ref": "shared/any.json", "title": "A", "type": "string"}}, "x-translations": {"en": {}}}

    assert lint(schema, resources={"shared/any.json": True}, dialect=DIALECT, today=TODAY) == ()


@pytest.mark.parametrize(
    ("schema", "answers", "problems"),
    [
        ({"properties": {"a": STRING}, "required": ["a"]}, {"a": " "}, ["/a required"]),
        ({"properties": {"a": STRING, "b": {"type": "integer"}}}, {"a": "", "b": None}, []),
        ({"properties": {"tel": {"type": "string", "format": "vn-phone"}}}, {"tel": "0912 345 678"}, []),
        ({"properties": {"a": {"type": ["string", "null"]}}, "required": ["a"]}, {}, []),
        ({"properties": {"rows": {"type": "array", "items": {"properties": {"n": STRING}, "required": ["n"]}}}}, {"rows": [{}]}, []),
        ({"properties": {"n": {"type": "integer"}, "twice": {"maximum": 4}}, "x-compute": {"/twice": "n * 2"}}, {"n": 3}, ["/twice maximum"]),
        ({"properties": {"until": STRING}, "required": ["until"], "x-compute": {"/until": "addDays(today, 1)"}}, {}, []),
    ],
)  # fmt: skip
def test_a_test_of_a_file_judges_what_its_page_would_send(schema: dict[str, Any], answers: Any, problems: list[str]) -> None:
    """Blank texts are no answers, formats have their one spelling, and what is computed is there."""
    test = {"answers": answers, "problems": problems, "today": "2026-11-22"}
    assert [f for f in lint({**schema, "x-tests": [test]}, dialect=DIALECT, today=TODAY) if f.code == "failed-test"] == []


def test_a_number_that_is_rounded_is_told(tmp_path: Path) -> None:
    """In a file and in one that it refers to, with its place; what a double holds is not, nor what only looks like a number."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "s.json").write_text('{"type": "number",\n "maximum": 12345678901234567.89}')
    (tmp_path / "a.json").write_text(
        '{"properties": {"x": {"$ref": "shared/s.json"},\n "y": {"type": "number", "minimum": 0.1, "maximum": 1e23, "title": "1.23456789012345678901"},\n'
        ' "z": {"const": 3.14159265358979323846}}, "x-tests": [{"answers": {"x": 1e-400}, "problems": []}]}'
    )

    rounded = [f for f in lint_paths([tmp_path / "a.json"], DIALECT, TODAY) if f.code == "rounded-number"]

    assert [(Path(f.file).name, f.pointer, f.line, f.level) for f in rounded] == [
        ("a.json", "/properties/z/const", 3, "warning"),
        ("a.json", "/x-tests/0/answers/x", 3, "warning"),
        ("s.json", "/maximum", 2, "warning"),
    ]
    assert "it is read as 1.2345678901234568e+16" in rounded[-1].message


def test_shipped_procedures_have_no_warning() -> None:
    """Not one fault, warning or piece of advice."""
    assert list(lint_paths([PROCEDURES], DIALECT, TODAY)) == []


def test_findings_have_line_and_column(tmp_path: Path) -> None:
    """And a file that another one refers to is named itself."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "s.json").write_text('{"type": "string",\n "minLenght": 2}')
    (tmp_path / "a.json").write_text(
        '{\n "properties": {\n  "x": {"$ref": "shared/s.json"},\n  "y": {"type": "string", "formt": "date"}\n }\n}'
    )
    (tmp_path / "bad.json").write_text('{"a": 1,\n}')
    (tmp_path / "dup.json").write_text(json.dumps({"x-procedure": {"code": "a"}}))
    (tmp_path / "yes.json").write_text("true")
    (tmp_path / "none.json").write_text("[]")

    found = {(Path(f.file).name, f.code, f.line) for f in lint_paths([tmp_path], DIALECT, TODAY) if f.level != "advice"}

    assert ("s.json", "unknown-keyword", 2) in found
    assert ("a.json", "unknown-keyword", 4) in found
    assert ("bad.json", "not-json", 2) in found
    assert {name for name, code, line in found if (code, line) == ("not-json", 1)} == {"yes.json", "none.json"}
    assert ("dup.json", "same-code", 1) in found


def test_a_code_that_a_neighbour_uses_is_a_warning(tmp_path: Path) -> None:
    """Named with the neighbour, if that is not linted too; then it is an error."""
    for name, code in (("a", "1.1"), ("b", "1.1"), ("c", "1.2"), ("1.2", None)):
        (tmp_path / f"{name}.json").write_text(json.dumps({"x-procedure": {"code": code}} if code else {}))
    (tmp_path / "bad.json").write_text("{")

    def same_codes(*names: str) -> list[tuple[str, str, str]]:
        findings = lint_paths([tmp_path / name for name in names], DIALECT, TODAY)
        return [(Path(f.file).name, f.level, f.message.split()[0]) for f in findings if f.code == "same-code"]

    assert same_codes("a.json") == [("a.json", "warning", "b.json")]
    assert same_codes("a.json", "b.json") == [("b.json", "error", "a.json")]
    assert same_codes("c.json") == [("c.json", "warning", "1.2.json")]


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ({"sector": "dat-dau"}, "unknown-sector"), ({"unit": "so-nmt"}, "unknown-unit"), ({"sektor": "x"}, "unknown-key"),
        ({"codeTemplate": "{nothing}"}, "bad-template"), ({}, "no-source"),
        ({"receiptTemplate": "{number}"}, "bad-template"), ({"workflow": []}, "bad-workflow"),
        ({"workflow": {"payment": 1}}, "bad-workflow"), ({"workflow": {"steps": [{"title": "x"}]}}, "bad-workflow"),
        ({"fees": ["x"]}, "bad-fee"), ({"fees": [{"title": "x"}]}, "bad-fee"), ({"fees": [{"amount": 1, "kind": "x"}]}, "bad-fee"),
        ({"fees": [{"amountFrom": "/a", "collect": "later"}]}, "bad-fee"), ({"fees": [{"amount": 1, "cost": 2}]}, "unknown-key"),
        ({"migrate": {}}, "bad-migrate"), ({"migrate": [{"from": "/a"}]}, "bad-migrate"), ({"migrate": ["x"]}, "bad-migrate"),
        ({"migrate": [{"from": "/a", "to": "/nobody"}]}, "bad-migrate"),
        ({"workflow": {"payments": True}}, "unknown-key"), ({"persons": []}, "bad-persons"),
        ({"persons": {"owner": "holder"}}, "bad-persons"), ({"persons": {"owner": "/nobody"}}, "bad-persons"),
        ({"persons": {"holder": "/name"}}, "unknown-key"),
    ],
)  # fmt: skip
def test_the_procedure_block_is_looked_at(tmp_path: Path, block: dict[str, Any], code: str) -> None:
    """Units, sectors and templates are those of the installation."""
    (tmp_path / "a.json").write_text(json.dumps({"x-procedure": block}))

    assert code in {f.code for f in lint_paths([tmp_path / "a.json"], DIALECT, TODAY)}


def test_a_good_workflow_is_let_pass(tmp_path: Path) -> None:
    """With steps, and people who are in the form."""
    workflow = {"payment": False, "extensions": 2, "steps": [{"code": "measured", "title": "Đo đạc"}]}
    moves = [{"from": "/fullName", "to": "/name"}]
    block = {"workflow": workflow, "persons": {"owner": "/name"}, "migrate": moves, "source": "x", "verified": False}
    (tmp_path / "a.json").write_text(
        json.dumps({"title": "A", "properties": {"name": {"title": "Tên", "type": "string"}}, "x-procedure": block})
    )

    assert not {f.code for f in lint_paths([tmp_path], DIALECT, TODAY)} & {
        "bad-workflow",
        "bad-persons",
        "bad-migrate",
        "unknown-key",
    }


def test_a_block_that_is_none(tmp_path: Path) -> None:
    """A list where an object should be."""
    (tmp_path / "a.json").write_text('{"x-procedure": []}')

    assert "bad-block" in {f.code for f in lint_paths([tmp_path], DIALECT, TODAY)}


def test_a_folder_is_looked_at_again_when_it_changes(tmp_path: Path) -> None:
    """A file, one that it refers to, or the day; in between the same findings are handed out."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "a.json").write_text(json.dumps({"type": "object", "title": "A", "$ref": "shared/c.json"}))
    lint = SourceLint(tmp_path, DIALECT)
    first = lint.findings(TODAY)
    named = (attrs.evolve(finding, file=str(tmp_path / finding.file)) for finding in first)
    assert tuple(named) == tuple(lint_paths([tmp_path], DIALECT, TODAY))
    assert lint.findings(TODAY) is first
    (tmp_path / "b.json").write_text("{")
    second = lint.findings(TODAY)
    assert "not-json" in {one.code for one in second}
    (tmp_path / "shared" / "c.json").write_text("{}")
    third = lint.findings(TODAY)
    assert third is not second
    assert lint.findings(TODAY + timedelta(days=1)) is not third
