"""References, which the validator, the reader and lint resolve alike; keywords of older drafts."""

from __future__ import annotations

from typing import Any

import pytest
from support.samples import TODAY

from dossierkit.errors import SchemaError
from dossierkit.forms import check, effective, flatten, is_valid, parse, read
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.lint.document_lint import lint

OLD = {"$schema": "http://json-schema.org/draft-07/schema#"}
INTEGER = {"type": "integer"}

#: A schema, the files beside it, and the fields that are whole numbers by reference.
REFERENCES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "an embedded resource": (
        {"$id": "https://example.org/form", "properties": {"a": {"$ref": "count"}}, "$defs": {"c": {"$id": "https://example.org/count", **INTEGER}}},
        {},
        "a",
    ),
    "oneself, by every name": (
        {
            "$id": "https://example.org/form",
            "properties": {"a": {"$ref": "form#n"}, "b": {"$ref": "https://example.org/form#/$defs/n"}, "c": {"$ref": "#n"}, "d": {"$ref": "#/$defs/n"}},
            "$defs": {"n": {"$anchor": "n", **INTEGER}},
        },
        {},
        "abcd",
    ),
    "a base within a base": (
        {"$id": "http://example.org/a/", "allOf": [{"$id": "b/", "properties": {"a": {"$ref": "c"}}}], "$defs": {"c": {"$id": "b/c", **INTEGER}}},
        {},
        "a",
    ),
    "a name that is no place": (
        {"$id": "urn:uuid:1", "properties": {"a": {"$ref": "#/$defs/x"}, "b": {"$ref": "urn:uuid:1#/$defs/x"}, "c": {"$ref": "urn:uuid:2"}}, "$defs": {"x": INTEGER, "y": {"$id": "urn:uuid:2", **INTEGER}}},
        {},
        "abc",
    ),
    "a neighbour of a file with an address": (
        {"$id": "https://example.org/f/form", "properties": {"a": {"$ref": "shared/p.json"}, "b": {"$ref": "https://example.org/f/shared/p.json#/$defs/q"}}},
        {"shared/p.json": {"$defs": {"q": INTEGER}, **INTEGER}},
        "ab",
    ),
    "a neighbour by its own address": (
        {"properties": {"a": {"$ref": "https://example.org/p"}, "b": {"$ref": "shared/p.json"}, "c": {"$ref": "shared/p.json#n"}}},
        {"shared/p.json": {"$id": "https://example.org/p", "$defs": {"q": {"$anchor": "n", **INTEGER}}, **INTEGER}},
        "abc",
    ),
    "at a place without schemas": (
        {"properties": {"a": {"$ref": "#/x-k/y"}, "b": {"$ref": "#/$defs/a%20b%7E1"}}, "$defs": {"a b/": INTEGER}, "x-k": {"y": {"$ref": "#/$defs/a%20b%7E1"}}},
        {},
        "ab",
    ),
    "a fragment for an id, in an older draft": (
        {**OLD, "properties": {"a": {"$ref": "#A"}, "b": {"$id": "#/properties/b", **INTEGER}}, "definitions": {"A": {"$id": "#A", **INTEGER}}},
        {},
        "ab",
    ),
    "an id and a fragment, in the oldest": (
        {"$schema": "http://json-schema.org/draft-04/schema#", "id": "http://example.org/z#", "properties": {"a": {"$ref": "z#A"}}, "definitions": {"A": {"id": "#A", **INTEGER}}},
        {},
        "a",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFERENCES)
def test_references_lead_to_the_same_for_everybody(name: str) -> None:
    """The judge, the fields and lint, which names no file that is not there."""
    schema, files, names = REFERENCES[name]
    form = read(schema, resources=files)

    assert not check(form, dict.fromkeys(names, 7), today=TODAY)
    assert {problem.at: problem.rule for problem in check(form, dict.fromkeys(names, "x"), today=TODAY)} == {
        f"/{n}": "type" for n in names
    }
    assert {field.pointer: field.keywords.get("type") for field in walk(effective(form, {})) if field.pointer} == {
        f"/{n}": "integer" for n in names
    }
    found = lint(schema, resources=files, today=TODAY)
    assert {fault.file for fault in found} <= {"", *files}
    assert not [fault for fault in found if fault.level == "error"]
    if not files:
        assert is_valid(schema, dict.fromkeys(names, 7))
        assert not is_valid(schema, dict.fromkeys(names, "x"))


def test_a_document_of_a_strange_dialect_spoils_no_other() -> None:
    """It cannot be referred to; the rest is judged."""
    documents = {"https://example.org/strange": {"$schema": "https://example.org/dialect"}, "https://example.org/n": INTEGER}

    assert is_valid({"$ref": "https://example.org/n"}, 7, resources=documents)
    assert not is_valid({"$ref": "https://example.org/n"}, "x", resources=documents)


def test_a_dynamic_reference_keeps_its_meaning() -> None:
    """The names that it goes by stay."""
    tree = {
        "$dynamicAnchor": "node",
        "type": "object",
        "properties": {"v": INTEGER, "kids": {"type": "array", "items": {"$dynamicRef": "#node"}}},
    }
    form = read({"$id": "https://example.org/tree", **tree})

    assert not check(form, {"v": 1, "kids": [{"v": 2}]}, today=TODAY)
    assert check(form, {"kids": [{"v": "x"}]}, today=TODAY)


def test_a_dynamic_reference_stays_in_its_resource() -> None:
    """An embedded resource has names of its own; the page and the judge follow the same one."""
    tree = {
        "$id": "https://example.org/tree",
        "$dynamicAnchor": "node",
        "type": "object",
        "properties": {"v": INTEGER, "kids": {"type": "array", "items": {"$dynamicRef": "#node"}}},
    }
    form = read({"properties": {"t": tree}})
    answers = {"t": {"kids": [{"v": 7}]}}

    assert parse(form, flatten(form, answers)) == answers
    assert not check(form, answers, today=TODAY)
    assert [problem.at for problem in check(form, {"t": {"kids": [{"v": "x"}]}}, today=TODAY)] == ["/t/kids/0/v"]


@pytest.mark.parametrize(
    "reference",
    ["https://example.org/none", "none.json", "#none", "#/none", "//[", "urn:x", "form#none", "file:///etc/passwd", "../x.json"],
)
def test_a_reference_to_nothing_is_named(reference: str) -> None:
    """With its place; nothing outside the documents is looked at."""
    with pytest.raises(SchemaError) as caught:
        read({"$id": "https://example.org/form", "properties": {"a": {"$ref": reference}}})

    assert [(fault.code, fault.pointer) for fault in caught.value.faults] == [("unresolved-ref", "/properties/a/$ref")]


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({**OLD, "properties": {"a": {"dependentRequired": "x", "deprecated": {"since": 1}}}, "unevaluatedProperties": False}, {"b": 1}, None),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"const": 3, "if": 5, "readOnly": True}}}, {"a": 4}, None),
        ({"properties": {"a": {"type": "string", "required": True}, "b": {"required": False}}}, {"a": "x"}, {}),
        ({"properties": {"a": {"minimum": 1, "exclusiveMinimum": True}}}, {"a": 2}, {"a": 1}),
    ],
)  # fmt: skip
def test_each_file_is_read_in_its_own_draft(schema: dict[str, Any], good: Any, bad: Any) -> None:
    """Keywords that the draft does not know mean nothing, and lint says so; keywords of older drafts alone make a file old."""
    form = read(schema)

    assert not check(form, good, today=TODAY)
    assert bad is None or check(form, bad, today=TODAY)
    found = lint(schema, today=TODAY)
    assert {"newer-keyword", "old-keyword"} & {fault.code for fault in found}
    assert not [fault for fault in found if fault.level == "error"]


def test_the_present_draft_knows_its_words() -> None:
    """There a wrong shape is a fault."""
    with pytest.raises(SchemaError, match="true or false"):
        read({"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {"a": {"deprecated": {}}}})
