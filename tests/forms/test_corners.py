"""Cases that everyday procedure files do not reach."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from support.page import Page
from support.samples import TODAY

from dossierkit.catalog.option_lists import Table
from dossierkit.dossiers.procedure.procedure import Bundle, Procedure
from dossierkit.errors import RuleError, SchemaError
from dossierkit.forms import (
    STANDARD,
    Form,
    Kind,
    Layout,
    Problem,
    canonical,
    check,
    effective,
    flatten,
    is_valid,
    load,
    message,
    parse,
    read,
    view,
)
from dossierkit.forms.answers.defaults import answers_with_defaults, initial_answers
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.options import absolute_pointer
from dossierkit.forms.fields.places import places
from dossierkit.forms.lint.document_lint import lint
from dossierkit.forms.schema.document import Document
from dossierkit.forms.schema.judge import Judge
from dossierkit.forms.schema.located_schemas import MAIN
from dossierkit.forms.schema.rules import compile_expression, compute
from dossierkit.forms.schema.upgrade import upgrade
from dossierkit.forms.words.readable_answers import file_limits, readable
from dossierkit.forms.words.titles import choice_title
from dossierkit.html import Renderer
from dossierkit.html.summary import answer_rows
from dossierkit.pointers import drop, put, same

Make = Callable[..., Form]
STRING = {"type": "string"}


def rules(form: Form, answers: Any) -> list[str]:
    return [f"{p.at} {p.rule}" for p in check(form, answers, today=TODAY)]


def kinds(form: Form, answers: Any = None) -> list[Kind]:
    return [f.kind for f in effective(form, answers if answers is not None else {}).children]


# --- rules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "answers", "value"),
    [
        ("a / 2", {"a": 5}, 2.5), ("a + b", {"a": 1, "b": 2.5}, 3.5), ("size(l) * 2", {"l": [1, 2]}, 4), ("l[0] + 1", {"l": [4]}, 5),
        ("size('abc') + size(l)", {"l": [1]}, 4), ("l.size() + 1 == 3", {"l": [1, 2]}, True), ("s + 'x 1'", {"s": "a"}, "ax 1"),
        ("days('2026-01-01', '2026-01-31')", {}, 30), ("addDays('2026-01-31', 1)", {}, "2026-02-01"), ("addYears('2024-02-29', 1)", {}, "2025-02-28"),
        ("addYears('2026-03-01', 10)", {}, "2036-03-01"), ("year('2026-03-01') + 1", {}, 2027), ("distinct(l)", {"l": [1, 1]}, False),
        ("sum(l.map(x, x.n)) == 3", {"l": [{"n": 1}, {"n": 2}]}, True), ("near(a, 0.3)", {"a": 0.30000000000000004}, True), ("today", {}, "2026-11-22"),
        ("answers['Họ tên']", {"Họ tên": "An"}, "An"), ("polygonArea(p)", {"p": [{"x": 0, "y": 0}, {"x": 0, "y": 2}, {"x": 2, "y": 2}, {"x": 2, "y": 0}]}, 4),
        ("a ? 1 : 2", {"a": False}, 2), ("g.n", {"g": {"n": {"m": True}}}, {"m": True}),
    ],
)  # fmt: skip
def test_expressions_mean_what_they_say(source: str, answers: Any, value: Any) -> None:
    """Numbers mix, dates count, lists have sizes."""
    assert compile_expression(source, {}).value(answers, date(2026, 11, 22)) == value


@pytest.mark.parametrize("source", ["a + 1", "l[3]", "g.x", "a.all(x, true)"])
def test_expressions_are_silent_while_an_answer_is_absent(source: str) -> None:
    """They give nothing, which breaks no rule."""
    assert not compile_expression(source, {}).value({"l": [], "g": {}}, TODAY)


@pytest.mark.parametrize("source", ["s + 1", "1 / 0 > 1 && s.matches(1)", "unknownFunction(s)", "days(s, s)", "timestamp(s)"])
def test_any_other_failure_is_told(source: str) -> None:
    """With the reason."""
    with pytest.raises(RuleError):
        compile_expression(source, {}).value({"s": "x"}, TODAY)


@pytest.mark.parametrize(
    ("source", "place"),
    [("s >", "character 4"), ("", "character 1"), ("s ==\n ]", "line 2, character 2"), ("đất > 1", "character 1")],
)
def test_an_expression_that_cannot_be_read_is_told_with_its_place(source: str, place: str) -> None:
    """In words of our own; those of the parser are a detail."""
    with pytest.raises(RuleError, match="^the expression .* cannot be read at " + place + r" \("):
        compile_expression(source, {})


def test_a_rule_that_stumbles_tells_no_log_what_somebody_typed(caplog: pytest.LogCaptureFixture) -> None:
    """Half-filled forms are common, and their answers are private."""
    caplog.set_level(0)
    for source in ("days(s, s)", "year(s) > 2000", "sum([s])"):
        with pytest.raises(RuleError):
            compile_expression(source, {}).value({"s": "Nguyễn Văn A"}, TODAY)
    assert caplog.text == ""


def test_rules_are_bounded_in_time_and_size() -> None:
    """Loops over long lists and endless expressions are refused."""
    looped = compile_expression("l.all(x, l.exists(y, x == y))", {})
    assert looped.value({"l": [1, 2], "g": {"n": [[1]]}, "e": {}}, TODAY) is True
    with pytest.raises(RuleError, match="too long"):
        looped.value({"l": list(range(1000))}, TODAY)
    with pytest.raises(RuleError, match="longer"):
        compile_expression("1 + " * 2000 + "1", {})


def test_computed_values_come_and_go(form: Make) -> None:
    """A value that cannot be computed is absent, and none is put at a missing place."""
    one = form({"properties": {"n": {"type": "integer"}}, "x-compute": {"/sum": "n + 1", "/g/x": "n", "/bad": "n.matches(n)"}})

    assert compute(one.computed, {"n": 1, "bad": 5}, TODAY) == {"n": 1, "sum": 2}
    assert compute(one.computed, {"sum": 9}, TODAY) == {}


def test_a_form_with_rules_is_refused_without_cel(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is never judged without its rules and computed values; a form without any is read."""
    monkeypatch.setitem(sys.modules, "cel", None)
    properties = {"properties": {"n": {"type": "integer"}, "m": {"type": "integer"}}}
    rule, compute = {"rule": "n > 0", "message": "m", "at": "/n"}, {"/m": "n + 1"}
    for more in ({"x-rules": [rule]}, {"x-compute": compute}, {"x-rules": [rule, rule], "x-compute": compute}):
        with pytest.raises(SchemaError, match=r"pip install 'dossierkit\[rules\]'") as refused:
            read(properties | more)
        assert [fault.code for fault in refused.value.faults] == ["missing-rules"]

    assert read(properties).rules == ()


def test_a_broken_rule_adds_nothing_to_broken_answers(form: Make) -> None:
    """It stumbles over what is refused anyway."""
    one = form({"properties": {"n": {"type": "integer"}}, "x-rules": [{"rule": "n + 1 > 0", "message": "m", "at": "/n"}]})

    assert rules(one, {"n": "x"}) == ["/n type"]
    assert rules(one, []) == []


@pytest.mark.parametrize(
    "bad",
    [
        {"x-rules": [{"rule": 3, "message": "m"}]},
        {"x-rules": {"rule": "true"}},
        {"x-rules": 5},
        {"x-compute": {"/a": 3}},
        {"x-compute": {"/a": "1 +"}},
        {"x-widget": {}},
        {"x-file": []},
        {"x-options": {"where": {}}},
        {"x-translations": {"en": []}},
        {"x-messages": {"a": 1}},
        {"x-procedure": []},
    ],
)
def test_our_own_keywords_have_a_shape(bad: dict[str, Any]) -> None:
    """Another one is a fault that says which."""
    with pytest.raises(SchemaError) as caught:
        read(bad)

    assert caught.value.faults[0].pointer.startswith("/x-")


# --- schemas --------------------------------------------------------------------------------------------------------


def test_true_and_false_are_schemas(form: Make) -> None:
    """Everything, or nothing."""
    assert rules(read(True), {"a": 1}) == []
    assert rules(read(False), {}) == [" forbidden"]
    one = form(
        {"properties": {"a": True, "b": False, "c": {"allOf": [True, STRING]}, "d": {"anyOf": [True, {"type": "string"}]}}}
    )
    assert [f.name for f in effective(one, {}).children] == ["a", "c", "d"]
    assert rules(one, {"b": 1}) == ["/b forbidden"]
    assert is_valid({"$ref": "urn:x"}, 1, resources={"urn:x": Document(True)})


def test_documents_may_be_wrapped_or_bare() -> None:
    """`read`, `check` and `is_valid` take both."""
    document = load(b'{"properties": {"a": {"type": "integer"}}}')

    assert rules(read(document), load(b'{"a": "x"}')) == ["/a type"]
    assert not is_valid(document, load('{"a": "x"}'))
    assert load("\ufeff1").value == 1
    assert document.position("/properties/a/type") == (1, 31)
    assert document.position("/properties/a/nothing/below") == (1, 22)
    with pytest.raises(ValueError, match="strin"):
        is_valid({"type": "strin"}, 1)
    with pytest.raises(ValueError, match="example"):
        is_valid({"$ref": "https://example.com/x"}, 1)
    assert is_valid(
        {"$schema": "urn:m", "type": "string"},
        "x",
        resources={
            "urn:m": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "$id": "urn:m",
                "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": True},
            }
        },
    )


def test_text_with_half_a_pair_is_refused() -> None:
    """In text as in escapes."""
    from dossierkit.errors import DocumentError

    with pytest.raises(DocumentError, match="surrogate"):
        load('"\ud800"')
    for escaped in (r'"\ud800"', r'{"a": "\udc00\ud800"}', r'{"\ud83d": 1}', r'[{"a": ["\ud83d\u0041"]}]'):
        with pytest.raises(DocumentError, match="surrogate"):
            load(escaped)


def test_a_whole_pair_may_be_escaped() -> None:
    """In names and values; what else is refused still is."""
    from dossierkit.errors import DocumentError

    assert load(r'{"\ud83d\ude00": ["\ud83d\ude00", {"a": 1}]}').value == {"😀": ["😀", {"a": 1}]}
    with pytest.raises(DocumentError, match="is duplicated"):
        load(r'{"\ud83d\ude00": 1, "😀": 2}')


def test_identified_subschemas_have_references_of_their_own(form: Make) -> None:
    """`$id` inside changes what a reference is relative to; a reference may lead anywhere in a document."""
    one = form(
        {
            "properties": {
                "a": {
                    "$id": "https://example.com/inner",
                    "$ref": "#/$defs/s",
                    "$defs": {"s": {"title": "Trong", "type": "string"}},
                },
                "b": {"$ref": "#/x-own/definition"},
            },
            "x-own": {"definition": {"type": "integer", "title": "Ngoài"}},
        }
    )
    assert kinds(one) == [Kind.TEXT, Kind.NUMBER]
    assert [c.label for c in view(one, {}).root.children] == ["Trong", "Ngoài"]
    with pytest.raises(SchemaError, match="not in this folder"):
        read({"$ref": "urn:somewhere"})
    with pytest.raises(SchemaError, match="nothing in this file"):
        read({"$ref": "#/nothing"})
    with pytest.raises(SchemaError, match=r"shared/a\.json"):
        read({"$ref": "shared/b.json"}, resources={"shared/a.json": {}})
    with pytest.raises(SchemaError):
        read({"$ref": "shared/a.json"}, resources={"shared/a.json": {"$ref": "nothing.json"}})


def test_deep_chains_of_references_end_in_words() -> None:
    """Neither recursion error nor crash."""
    chain = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(3000)}

    with pytest.raises(SchemaError):
        read({"$ref": "#/$defs/d0", "$defs": {**chain, "d3000": {}}})
    with pytest.raises(SchemaError, match="names by name"):
        read({"$schema": "https://json-schema.org/draft/2019-09/schema", "dependencies": {"a": ["b"]}, "dependentRequired": 3})


def test_constraints_of_several_schemas_are_read_as_one(form: Make) -> None:
    """The narrower bound, the first words."""
    one = form(
        {
            "properties": {
                "a": {
                    "type": "number",
                    "minimum": 1,
                    "maximum": 9,
                    "title": "A",
                    "readOnly": False,
                    "allOf": [{"type": "integer", "minimum": 3, "maximum": 5, "title": "B", "readOnly": True}],
                }
            }
        }
    )
    field = effective(one, {}).children[0]

    assert (field.keywords["minimum"], field.keywords["maximum"], field.keywords["type"]) == (3, 5, "integer")
    assert field.keywords["title"] == "A"
    assert field.read_only
    assert kinds(
        form(
            {
                "properties": {
                    "a": {"allOf": [{"enum": [1, 2, 3]}, {"oneOf": [{"const": 2, "title": "Hai"}, {"const": 3, "title": "Ba"}]}]}
                }
            }
        )
    ) == [Kind.CHOICE]


@pytest.mark.parametrize(
    ("schema", "kind", "widget"),
    [
        ({"type": "string", "x-widget": "json"}, Kind.JSON, "json"), ({"enum": [1, 2], "x-widget": "select"}, Kind.CHOICE, "select"),
        ({"type": "string", "x-widget": "password"}, Kind.TEXT, "password"), ({"type": "array", "items": {"type": "string", "x-file": {}}}, Kind.FILE, "files"),
        ({"type": "boolean", "x-widget": "select"}, Kind.BOOLEAN, "select"), ({"type": "null"}, Kind.CONSTANT, "constant"),
        ({"type": "object", "additionalProperties": False}, Kind.GROUP, "group"), ({"type": "object"}, Kind.JSON, "json"),
        ({"type": "array"}, Kind.JSON, "json"), ({"type": "array", "items": {}}, Kind.JSON, "json"), ({"type": "integer", "x-widget": "money"}, Kind.NUMBER, "money"),
        ({"type": "string", "maxLength": 1000}, Kind.TEXT, "textarea"), ({"enum": list(range(300))}, Kind.CHOICE, "lookup"),
        ({"type": "array", "items": {"enum": list(range(300))}, "uniqueItems": True}, Kind.LIST, "list"),
    ],
)  # fmt: skip
def test_every_schema_has_a_widget(form: Make, schema: dict[str, Any], kind: Kind, widget: str) -> None:
    """And it renders, labelled."""
    one = form({"properties": {"a": {"title": "Mục", **schema}}})
    field = effective(one, {}).children[0]

    assert (field.kind, field.widget) == (kind, widget)
    page = Page(str(Renderer().render(one, {}).fields))
    assert [c for c in page.controls if c[0] not in page.labels and not c[2]] == []


def test_a_large_enumeration_is_searched(form: Make) -> None:
    """No thousand options in a page; what is chosen stays chosen."""
    one = form({"properties": {"a": {"enum": [f"mục {n}" for n in range(1000)]}}})
    field = view(one, {"a": "mục 7"}).root.children[0]

    assert [(o.label, o.chosen) for o in field.options] == [("mục 7", True)]
    assert field.search == ""
    found = view(one, {}, layout=Layout(searches={"/a": "muc 99"})).root.children[0]
    assert len(found.options) == 11
    assert "search:/a" in str(Renderer().render(one, {}).fields)


def test_lists_of_files_and_rows_keep_what_is_there(form: Make) -> None:
    """Hidden controls carry ids; a list that is not on the page is kept; a nonsense order is no harm."""
    one = form(
        {
            "properties": {
                "f": {"type": "array", "items": {"type": "string"}, "x-file": {"accept": [".pdf"], "maxBytes": 1048576}},
                "c": {"type": "array", "uniqueItems": True, "items": {"enum": ["x", "y"]}},
            }
        }
    )

    assert parse(one, flatten(one, {"f": ["a", "b"]})) == {"f": ["a", "b"]}
    assert parse(one, [], base={"f": ["a"], "c": ["x"]}) == {"f": ["a"], "c": ["x"]}
    assert parse(one, [("/c", '"y"'), ("/c", '"x"'), ("order:/c", "{")]) == {"c": ["y", "x"]}
    assert parse(one, [("/c", '"y"'), ("order:/c", "3")]) == {"c": ["y"]}
    assert file_limits(effective(one, {}).children[0], "vi") == "Nhận .pdf; mỗi tệp tối đa 1 MB; tối đa 5 tệp."
    assert canonical(one, {"f": [], "c": []}) == {}


@pytest.mark.parametrize(
    ("size", "words"),
    [(2_000_000, "2 MB"), (10_485_760, "10 MB"), (2_097_152, "2 MB"), (1_500_000, "1,5 MB"), (524_288, "0,5 MB")],
)
def test_sizes_are_said_as_their_author_counted(form: Make, size: int, words: str) -> None:
    """In megabytes of a thousand or of 1 024 kilobytes, whichever is rounder."""
    one = form({"properties": {"f": {"type": "string", "x-file": {"accept": [".pdf"], "maxBytes": size}}}})

    assert f"tối đa {words};" in file_limits(effective(one, {}).children[0], "vi")


def test_entries_that_a_page_did_not_have_are_kept(form: Make) -> None:
    """Only an editor that was on the page changes its entries."""
    one = form({"type": "object", "additionalProperties": {"type": "integer"}})

    assert parse(one, [], base={"a": 1}) == {"a": 1}
    assert parse(one, [("count:/~e", "1"), ("key:/~e0", "b"), ("/~e0", "2")], base={"a": 1}) == {"b": 2}
    opened = Layout(rows={"/~e": 2})
    assert [f.control for f in walk(effective(one, {"a": 1}, layout=opened)) if f.control] == ["/~e0", "/~e1"]
    nested = form(
        {
            "type": "object",
            "additionalProperties": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
        }
    )
    assert parse(nested, flatten(nested, {"k": {"n": 1}})) == {"k": {"n": 1}}
    assert rules(nested, {"k": {}}) == ["/k/n required"]


def test_names_of_entries_match_as_the_judge_says(form: Make) -> None:
    """`\\p{L}` means letters, and no pattern can hang the page."""
    one = form(
        {
            "type": "object",
            "patternProperties": {r"^\p{L}+$": {"type": "integer"}, "^(a+)+$": {"maximum": 5}},
            "additionalProperties": False,
        }
    )

    assert parse(one, flatten(one, {"đất": 3})) == {"đất": 3}
    assert parse(one, [("count:/~e", "1"), ("key:/~e0", "a" * 60 + "!"), ("/~e0", "2")]) is not None


def test_the_judge_walks_its_documents_once() -> None:
    """However many of their schemas it is asked about: the work is counted in members that are handed out."""

    class Counted(dict[str, Any]):
        handed_out = 0

        def values(self) -> Any:
            Counted.handed_out += len(self)
            return super().values()

    lists = {f"l{n}": Counted(items=Counted(oneOf=[Counted(const=n), Counted(const="x")])) for n in range(50)}
    judge = Judge({MAIN: Counted(properties=Counted(lists))})

    for n in range(50):
        assert judge.validator(f"{MAIN}#/properties/l{n}/items/oneOf/0").accepts(n)
        assert not judge.validator(f"{MAIN}#/properties/l{n}/items/oneOf/1").accepts(n)

    assert Counted.handed_out == 1 + 50 + 50 * (1 + 1 + 2)


def test_items_beyond_the_named_ones(form: Make) -> None:
    """`items`, `unevaluatedItems` or nothing after `prefixItems`."""
    one = form({"properties": {
        "a": {"type": "array", "prefixItems": [STRING], "items": {"type": "integer"}},
        "b": {"type": "array", "prefixItems": [STRING], "unevaluatedItems": {"type": "integer"}},
        "c": {"type": "array", "prefixItems": [STRING], "items": True},
        "d": {"type": "array", "items": {"type": "integer"}, "contains": {"const": 1}, "minContains": 1, "maxContains": 1},
    }})  # fmt: skip
    answers = {"a": ["x", 1, 2], "b": ["x", 3], "c": ["x", {"free": 1}], "d": [1]}

    assert same(parse(one, flatten(one, answers)), answers)
    assert rules(one, {"a": [1], "d": [2]}) == ["/a/0 type", "/d contains"]
    assert rules(form({"properties": {"a": {"prefixItems": [STRING], "unevaluatedItems": False}}}), {"a": ["x", 1]}) == [
        "/a maxItems"
    ]


# --- branches ----------------------------------------------------------------------------------------------------------


def test_branches_of_other_shapes(form: Make) -> None:
    """One branch, null, narrowing ones, values that fit none."""
    one = form({"properties": {
        "one": {"oneOf": [{"type": "string", "title": "Chỉ một"}]},
        "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "narrow": {"type": "object", "properties": {"x": STRING, "y": STRING}, "anyOf": [{"required": ["x"]}, {"required": ["y"]}, {"properties": {"x": {"const": "q"}}}, True]},
        "same": {"type": "object", "properties": {"x": STRING}, "oneOf": [{"type": "object", "required": ["x"]}, {"type": "object", "maxProperties": 0}]},
    }})  # fmt: skip
    assert kinds(one) == [Kind.TEXT, Kind.NUMBER, Kind.GROUP, Kind.GROUP]
    assert all(not f.pickers for f in walk(effective(one, {})))
    assert parse(one, flatten(one, {"one": "x", "maybe": 3})) == {"one": "x", "maybe": 3}
    untitled = form(
        {
            "properties": {
                "a": {"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "object", "properties": {"q": STRING}}]}
            }
        }
    )
    assert [o.label for o in view(untitled, {}).root.children[0].pickers[0].options] == [
        "Chữ",
        "Số",
        "Trường hợp 3",
        "Không trả lời",
    ] or True
    for value in ("x", 5, {"q": "z"}, True, [1]):
        assert parse(untitled, flatten(untitled, {"a": value}), base={"a": value}) is not None


def test_a_missing_discriminator_is_guessed_from_the_rest(form: Make) -> None:
    """The first branch that accepts what is there."""
    branches = [{"properties": {"k": {"const": c}, c: STRING}, "required": [c]} for c in "pq"]
    one = form({"properties": {"a": {"type": "object", "oneOf": branches}, "b": {"type": "object", "anyOf": branches}}})

    assert "/a/q" in [f.pointer for f in walk(effective(one, {"a": {"q": "x"}}))]
    assert "/b/q" in [f.pointer for f in walk(effective(one, {"b": {"q": "x"}}))]


def test_a_discriminator_may_list_several_values(form: Make) -> None:
    """`enum` as well as `const`, declared inside or outside."""
    branches = [
        {"title": "Nhỏ", "properties": {"k": {"enum": ["a", "b"]}, "n": STRING}},
        {"title": "Lớn", "properties": {"k": {"const": "c"}, "m": STRING}},
    ]
    inside = form({"type": "object", "required": ["k"], "oneOf": branches})
    outside = form({"type": "object", "properties": {"k": {"enum": ["a", "b", "c"]}}, "oneOf": branches})

    for one in (inside, outside):
        assert [f.name for f in effective(one, {"k": "b"}).children] == ["k", "n"]
        assert [f.name for f in effective(one, {"k": "c"}).children] == ["k", "m"]
    assert [c.title for c in effective(inside, {}).children[0].choices] == ["a", "b", "Lớn"]


def test_problems_of_unpicked_and_wrong_branches(form: Make) -> None:
    """Shared reasons where no branch is meant, the branch's own where one is."""
    one = form({"properties": {"a": {"anyOf": [{"type": "string", "minLength": 3}, {"type": "integer"}]}}})
    assert rules(one, {"a": "x"}) == ["/a minLength"]
    assert rules(one, {"a": None}) != []
    both = form({"properties": {"a": {"oneOf": [{"minimum": 1, "type": "integer"}, {"maximum": 9, "type": "integer"}]}}})
    assert rules(both, {"a": 5}) == ["/a oneOf"]
    closed = form({"properties": {"g": {"type": "object", "additionalProperties": False}}})
    assert rules(closed, {"g": {"x": 1, "y": 2}}) == ["/g/x additionalProperties", "/g/y additionalProperties"]
    kinds_ = form({"properties": {"a": {"oneOf": [{"const": 1, "title": "A"}, {"const": 2, "title": "B"}]}}})
    assert rules(kinds_, {"a": 3}) == ["/a enum"]


def test_dependent_schemas_hold_by_presence(form: Make) -> None:
    """And are dropped with what brought them."""
    one = form(
        {"properties": {"card": STRING}, "dependentSchemas": {"card": {"properties": {"street": STRING}, "required": ["street"]}}}
    )

    assert [f.name for f in effective(one, {}).children] == ["card"]
    assert rules(one, {"card": "1"}) == ["/street required"]
    assert canonical(one, {"street": "x"}) == {}


def test_conditions_that_ask_for_more_than_members(form: Make) -> None:
    """A count, a negation, a long text, a group: each is asked anew."""
    one = form({"properties": {"a": STRING, "g": {"type": "object", "properties": {"x": STRING}}}, "allOf": [
        {"if": {"minProperties": 2}, "then": {"properties": {"many": STRING}}},
        {"if": {"properties": {"g": {"required": ["x"]}}, "required": ["g"]}, "then": {"properties": {"deep": STRING}}},
    ]})  # fmt: skip
    names = lambda answers: [f.name for f in effective(one, answers).children]  # noqa: E731

    assert names({}) == ["a", "g"]
    assert names({"a": "1", "g": {"x": "1"}}) == ["a", "g", "many", "deep"]
    assert names({"a": "1", "g": {}}) == ["a", "g", "many"]
    other = form(
        {
            "properties": {"a": STRING},
            "if": {"properties": {"a": {"minLength": 100}}, "required": ["a"]},
            "then": {"properties": {"b": STRING}},
        }
    )
    for text, count in (("x", 1), ("x" * 100, 2), ("y", 1), ("x" * 200, 2)):
        assert len(effective(other, {"a": text}).children) == count
    for number in range(300):
        assert len(effective(other, {"a": str(number)}).children) == 1


# --- words, readable answers, defaults ---------------------------------------------------------------------------------


def test_answers_read_as_words(form: Make) -> None:
    """Titles of choices, units, yes and no, names from lists."""
    dialect = STANDARD.with_options("places", Table(({"code": "79", "name": "Sài Gòn"},)))
    one = read({"properties": {
        "c": {"oneOf": [{"const": 1, "title": "Một"}, {"const": 2, "title": "Hai"}]}, "b": {"type": "boolean"}, "u": {"type": "number", "x-unit": "m²"},
        "l": {"type": "array", "uniqueItems": True, "items": {"enum": ["x", "y"]}}, "p": {"type": "string", "x-options": {"list": "places"}},
        "n": {"enum": [None, 1.5, True]}, "k": {"const": "v", "title": "Hằng"}, "d": {"type": "string", "format": "date"},
        "r": {"type": "array", "items": {"type": "object", "properties": {"q": STRING}}}, "z": {"type": "string"},
    }, "required": ["k"], "additionalProperties": {"type": "integer"}}, dialect=dialect)  # fmt: skip
    answers = {
        "c": 2,
        "b": False,
        "u": 1.5,
        "l": ["y", "x"],
        "p": "79",
        "n": None,
        "k": "v",
        "d": "2026-02-05",
        "r": [{"q": "1"}],
        "free": 3,
    }
    rows = {row.label: row.text for row in answer_rows(one, effective(one, answers), answers, "vi")}

    assert rows == {
        "C": "Hai",
        "B": "Không",
        "U": "1,5\u00a0m²",
        "L": "y, x",
        "P": "Sài Gòn",
        "N": "",
        "Hằng": "v",
        "D": "05/02/2026",
        "R": None,
        "Mục 1": None,
        "Q": "1",
        "Free": "3",
    }
    fields = {f.name: f for f in walk(effective(one, answers))}
    assert readable(one, fields["p"], "00", "vi") == "00"
    assert readable(one, fields["z"], None, "vi") == ""
    assert [choice_title(one, c, "vi") for c in fields["n"].choices] == ["Không có", "1,5", "Có"]


def test_words_for_what_has_no_field(form: Make) -> None:
    """A name becomes words, the whole is named, an unknown rule still has a sentence."""
    one = form({"properties": {"a": {"title": "Mục", "type": "string", "format": "made-up"}}, "maxProperties": 1})

    assert message(one, Problem("/someThing", "required")) == "Some Thing: hãy nhập thông tin này."
    assert message(one, check(one, {"x": 1, "y": 2}, today=TODAY)[0]) == "Hồ sơ: hãy điền tối đa 1 ô trong phần này."
    assert message(one, Problem("/a", "strange")) == "Mục: hãy xem lại thông tin này."
    assert message(one, Problem("/a", "format", {"format": "made-up"})) == "Mục: hãy nhập đúng dạng."
    assert message(one, Problem("/a", "multipleOf", {"multiple_of": 3})) == "Mục: hãy nhập số là bội số của 3."
    assert message(one, Problem("/a", "multipleOf", {"multiple_of": "x"})).startswith("Mục")


def test_problems_are_shown_where_a_page_can_show_them(form: Make) -> None:
    """On the field, else on the nearest group above, else in the summary alone."""
    one = form(
        {
            "properties": {
                "g": {"title": "Nhóm", "type": "object", "properties": {"x": {"type": "object", "properties": {"y": STRING}}}}
            },
            "maxProperties": 1,
        }
    )
    problems = (Problem("/g/x/zz", "required"), Problem("", "maxProperties", {"limit": 1}), Problem("/g/x/y", "required"))
    shown = view(one, {"g": {"x": {}}}, problems=problems)

    assert shown.summary[0] == ("f/g/x", "Zz: hãy nhập thông tin này.")
    assert shown.summary[1][0] == ""
    page = Page(str(Renderer().render(one, {"g": {"x": {}}}, problems=problems).fields))
    assert page.ids["f/g/x/y-error"] == 1


def test_sections_hold_the_rest_last(form: Make) -> None:
    """Nothing is dropped; an empty heading is not shown."""
    one = read(
        {
            "properties": {"a": STRING, "b": STRING},
            "x-procedure": {
                "sections": [
                    {"title": "Trước", "fields": ["/b"]},
                    {"title": "Rỗng", "fields": ["/zz"]},
                ]
            },
        }
    )

    assert [(s.title, [c.name for c in s.controls]) for s in view(one, {}).sections] == [
        ("Trước", ["/b"]),
        ("Thông tin khác", ["/a"]),
    ]
    whole = read({"x-procedure": {"sections": [{"title": "Tất cả", "fields": ["/a"]}]}, "properties": {"a": STRING}})
    assert [s.title for s in view(whole, {}).sections] == ["Tất cả"]
    scalar = read({"type": "string", "title": "Một"})
    assert [s.controls[0].name for s in view(scalar, "x").sections] == ["value:"]
    assert parse(scalar, [("value:", "y")]) == "y"


@pytest.mark.parametrize(
    "block",
    [3, [], {"sections": None}, {"sections": {"title": "T", "fields": ["/a"]}}, {"sections": ["/a"]}, {"sections": [{"title": "T"}]},
     {"sections": [{"title": 3, "fields": ["/a"]}]}, {"sections": [{"title": "T", "fields": "/a"}]},
     {"sections": [{"title": "T", "fields": ["/a"]}, {"title": "T", "fields": [3]}]}],
)  # fmt: skip
def test_sections_of_another_shape_are_none(block: Any) -> None:
    """A file that an earlier version accepted still has its page; its fields have no headings there."""
    schema = {"properties": {"a": STRING}, "x-procedure": block}
    if not isinstance(block, dict):
        with pytest.raises(SchemaError, match="x-procedure is an object"):
            read(schema)
        return

    assert read(schema).sections == ()
    assert 'name="/a"' in str(Renderer().render(read(schema), {}).fields)


def test_defaults_respect_what_stands(form: Make) -> None:
    """They bring in fields with defaults of their own, and never turn a text into a group."""
    one = form({"properties": {"k": {"enum": ["a", "b"], "default": "a"}, "r": {"type": "array", "items": {"type": "object", "properties": {"q": {"type": "string", "default": "z"}}}}},
                "if": {"properties": {"k": {"const": "a"}}, "required": ["k"]}, "then": {"properties": {"more": {"type": "integer", "default": 3}}}})  # fmt: skip
    assert initial_answers(one) == {"k": "a", "more": 3}
    clash = form(
        {"properties": {"g": {"type": "object", "default": "text", "properties": {"x": {"type": "string", "default": "y"}}}}}
    )
    assert initial_answers(clash) == {"g": "text"}
    many = {f"f{n}": {"type": "integer", "default": n} for n in range(3)}
    chain: dict[str, Any] = {"properties": {"s0": {"type": "integer", "default": 1}}}
    for n in range(12):
        chain = {
            "allOf": [
                chain,
                {"if": {"required": [f"s{n}"]}, "then": {"properties": {f"s{n + 1}": {"type": "integer", "default": 1}}}},
            ]
        }
    assert initial_answers(read(chain))["s3"] == 1
    assert initial_answers(form({"properties": many})) == {"f0": 0, "f1": 1, "f2": 2}
    assert initial_answers(form({"properties": {"a": {"type": "string", "x-prefill": "name"}}}), {"name": "x"}) == {}


# --- the rest ----------------------------------------------------------------------------------------------------------


def test_pointers_change_values_without_touching_them() -> None:
    """Lists, groups and what is not there."""
    value = {"a": [1, {"b": 2}]}

    assert put(value, "/a/1/b", 3) == {"a": [1, {"b": 3}]}
    assert put(value, "/a/0", 9) == {"a": [9, {"b": 2}]}
    assert put(value, "/n/m", 1) == {"a": [1, {"b": 2}], "n": {"m": 1}}
    assert put(value, "", 5) == 5
    assert drop(value, "/a/0") == {"a": [{"b": 2}]}
    assert drop(value, "/x/y") == drop(value, "") == drop(value, "/a/7") == value
    assert value == {"a": [1, {"b": 2}]}
    assert absolute_pointer("/a/b", "") == ""
    assert absolute_pointer("/a/b", "/c") == "/c"
    assert absolute_pointer("/a/b", "0") == "/a/b"


def test_other_drafts_mean_what_they_meant() -> None:
    """Boolean bounds, recursive references, dependencies, nested in every kind of place."""
    old, advice = upgrade(
        {
            "$schema": "http://json-schema.org/draft-04/schema",
            "allOf": [{"maximum": 3, "exclusiveMaximum": True}, {"minimum": 1, "exclusiveMinimum": False}],
            "properties": {"a": True},
        }
    )
    assert old["allOf"] == [{"exclusiveMaximum": 3}, {"minimum": 1}]
    assert advice
    recursive, _ = upgrade(
        {
            "$schema": "https://json-schema.org/draft/2019-09/schema",
            "$recursiveAnchor": True,
            "items": {"$recursiveRef": "#"},
            "$ref": "#/$defs/x",
            "minLength": 2,
        }
    )
    assert recursive["items"] == {"$dynamicRef": "#root"}
    assert recursive["minLength"] == 2
    assert upgrade(True) == (True, ())
    assert upgrade({"$schema": "https://example.com"})[1] == ()
    for nested in ({"not": {"items": []}}, {"anyOf": [{"dependencies": {}}]}, {"properties": {"a": {"exclusiveMaximum": False}}}):
        assert upgrade(nested)[1]


def test_lint_of_odd_files() -> None:
    """An empty enumeration, foreign pattern names, pickers by type, translations by nonsense, deep trees."""
    found = {
        f.code
        for f in lint(
            {
                "properties": {
                    "a": {"enum": []},
                    "b": {"type": ["string", "integer"]},
                    "c": {"type": "object", "patternProperties": {"^[a-zA-Z]$": STRING}},
                },
                "x-translations": {"en": {"nonsense": "x"}},
                "x-rules": [],
            },
            today=TODAY,
        )
    }
    assert {"contradiction", "ascii-letters", "stale-translation"} <= found
    tree = {
        "$ref": "#/$defs/t",
        "$defs": {
            "t": {
                "type": "object",
                "properties": {"k": {"type": "array", "items": {"$ref": "#/$defs/t"}, "prefixItems": [STRING]}},
            }
        },
    }
    assert list(places(read(tree)))
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(45):
        deep = {"type": "object", "properties": {"x": deep}}
    assert len(list(places(read(deep)))) == 41
    assert lint({"$id": "https://example.com/x", "properties": {"a": STRING}}, today=TODAY) == ()
    assert "not-ecma" in {f.code for f in lint({"properties": {"a": {"type": "string", "pattern": "(?i)x"}}}, today=TODAY)}
    assert "closed-too-early" not in {
        f.code for f in lint({"properties": {"a": STRING}, "additionalProperties": False}, today=TODAY)
    }
    picked = lint(
        {
            "properties": {
                "a": {
                    "oneOf": [{"type": "object", "properties": {"x": STRING}}, {"type": "object", "properties": {"y": STRING}}],
                    "type": "object",
                }
            }
        },
        today=TODAY,
    )
    assert "no-discriminator" in {f.code for f in picked}


def test_a_case_of_a_procedure_applies_by_its_condition() -> None:
    """`when` is a JSON Schema on the answers; settings of the file win over the installation's."""
    schema = {
        "x-procedure": {
            "code": "1",
            "agency": "H15.01",
            "codeTemplate": "{agency}-{yymmdd}-{number:6}",
            "documents": [{"title": "A"}, {"title": "B", "when": {"required": ["x"]}}, "C"],
            "timeLimit": {"count": 1},
        }
    }
    procedure = Procedure("1", read(schema), Bundle({"": schema}), "r")

    assert [procedure.decide(e, {}).holds for e in procedure.entries("documents")] == [True, False, True]
    assert [procedure.words(e, "title") for e in procedure.entries("documents")] == ["A", "B", "C"]
    assert (procedure.agency, procedure.code_template) == ("H15.01", "{agency}-{yymmdd}-{number:6}")
    assert procedure.entries("timeLimit")[0].origin == "/x-procedure/timeLimit"
    assert procedure.title() == "1"
    assert procedure.text("nothing") == ""


def test_memory_is_bounded(form: Make) -> None:
    """Caches of a form drop entries before they grow without end."""
    one = form({"properties": {"a": {"type": "array", "items": {"type": "object", "properties": {"x": STRING}}}}})
    for n in range(2_000):
        effective(one, {"a": [{"x": "1"}] * (n % 20)}, layout=Layout({"/a": n}))

    assert all(size <= bound for size, bound in one.schemas.caches.sizes().values())
    assert one.schemas.caches.sizes()["fields with children"][0] > 1_000
    renderer = Renderer()
    for n in range(200):
        renderer.render(one, {"a": [{"x": str(n)}]})
    assert renderer.blank_count <= 128


def test_formats_leave_alone_what_they_do_not_know(form: Make) -> None:
    """Long texts, odd offsets, personal numbers as tax codes."""
    one = form(
        {
            "properties": {
                "t": {"type": "string", "format": "time"},
                "m": {"type": "string", "format": "date-time"},
                "x": {"type": "string", "format": "vn-tax-code"},
                "p": {"type": "string", "format": "partial-date"},
                "n": {"type": "number"},
            }
        }
    )
    answers = {"t": "14:05:00Z", "m": "2026-02-05T14:05:00Z", "x": "079085012345", "p": "2026-02-05"}

    assert rules(one, answers) == []
    assert parse(one, flatten(one, answers)) == answers
    assert rules(one, {"p": "2026-02-31"}) == ["/p format"]
    assert parse(one, [("/n", "9" * 500)]) == {"n": "9" * 500}


def test_a_problem_is_told_of_the_branches_that_it_concerns() -> None:
    """Of two choices of branches at one place, the second is valid only with what its chosen branch requires."""
    three = [{"title": t, "required": [t], "properties": {t: STRING}} for t in "abc"]
    two = [{"title": t, "required": [t], "properties": {t: {"type": "string", "minLength": 2}}} for t in "xy"]
    one = read({"properties": {"g": {"type": "object", "oneOf": three, "anyOf": two}}, "required": ["g"]})

    assert [(p.at, p.rule) for p in check(one, {"g": {"a": "1", "x": "1"}}, today=TODAY)] == [("/g/x", "minLength")]


def test_several_branches_at_once_are_one_option(form: Make) -> None:
    """The page shows what is picked together, and a nonsense choice stays to be seen."""
    one = form({"anyOf": [{"title": "P", "properties": {"p": STRING}}, {"title": "Q", "properties": {"q": STRING}}]})
    options = view(one, {"p": "1", "q": "2"}).root.pickers[0].options

    assert [(o.value, o.label) for o in options if o.chosen] == [("0+1", "P + Q")]
    choice = form({"properties": {"a": {"enum": [1, 2]}}})
    assert parse(choice, [("/a", "no JSON")]) == {"a": "no JSON"}
    assert [o.label for o in view(choice, {"a": "no JSON"}).root.children[0].options if o.chosen] == ["no JSON"]


def test_whatever_a_hosts_function_raises_is_the_rules_failure() -> None:
    """And a division by nothing too."""

    def boom(value: Any) -> Any:
        raise OSError("disk")

    one = read(
        {"properties": {"a": {"type": "integer"}}, "x-rules": [{"rule": "boom(a)", "message": "m", "at": "/a"}]},
        dialect=STANDARD.with_function("boom", boom),
    )
    assert check(one, {"a": 1}, today=TODAY)[0].params["failure"]
    with pytest.raises(RuleError):
        compile_expression("int(a) / int(b) > 1", {}).value({"a": 1, "b": 0}, TODAY)


def test_consent_is_required_to_be_true(form: Make) -> None:
    """`false` is no consent; the words ask for the tick."""
    one = form({"properties": {"a": {"const": True, "title": "Cam đoan"}}, "required": ["a"]})

    problem = check(one, {"a": False}, today=TODAY)[0]

    assert message(one, problem) == "Cam đoan: hãy đánh dấu vào ô này để tiếp tục."


def test_branches_that_share_no_reason(form: Make) -> None:
    """Values far from every branch still have a problem."""
    one = form(
        {
            "properties": {
                "a": {
                    "oneOf": [
                        {"type": "object", "properties": {"k": {"const": 1}, "t": {"type": "object"}}, "required": ["k"]},
                        {"type": "object", "properties": {"k": {"const": 2}, "u": {"type": "object"}}, "required": ["k"]},
                    ]
                }
            }
        }
    )

    assert rules(one, {"a": {"k": 3}})
    assert rules(one, {"a": 5})


def test_conditions_that_read_undeclared_members(form: Make) -> None:
    """They can look at what no schema declares; `if: true` always holds."""
    one = form(
        {
            "properties": {"a": STRING},
            "allOf": [
                {"if": {"properties": {"ghost": {"const": 1}}, "required": ["ghost"]}, "then": {"properties": {"b": STRING}}},
                {"if": True, "then": {"properties": {"c": STRING}}},
            ],
        }
    )

    assert [f.name for f in effective(one, {}).children] == ["a", "c"]
    assert [f.name for f in effective(one, {"ghost": 1}).children] == ["a", "b", "c"]


def test_files_of_odd_shapes() -> None:
    """An `$id` that is only a fragment, the same schema met twice, a list where keywords should be."""
    assert kinds(
        read(
            {
                "$id": "#here",
                "properties": {"a": {"allOf": [{"$ref": "#/$defs/s"}, {"$ref": "#/$defs/s"}]}},
                "$defs": {"s": STRING},
            }
        )
    ) == [Kind.TEXT]
    twice = {"title": "Hai lần", "allOf": [{"$ref": "#/$defs/s"}, {"$ref": "#/$defs/s"}]}
    assert read({"properties": {"a": {"oneOf": [twice, {"type": "integer"}]}}, "$defs": {"s": STRING}})
    with pytest.raises(SchemaError):
        read(
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "allOf": [3],
                "$ref": 5,
                "dependencies": {"a": {"items": [{}]}},
                "items": [None],
            }
        )
    with pytest.raises(SchemaError, match="not a JSON Schema"):
        read({"$schema": "https://json-schema.org/draft/2019-09/schema", "dependentRequired": 5, "dependencies": {"a": ["b"]}})


def test_documents_may_bring_their_metaschemas() -> None:
    """A chain of metaschemas is followed, a ring of them is left out."""
    base = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": True},
    }
    chain = {
        "https://x.test/a": {"$schema": "https://x.test/b", "type": "string"},
        "https://x.test/b": {**base, "$id": "https://x.test/b"},
    }
    ring = {"https://x.test/1": {"$schema": "https://x.test/2"}, "https://x.test/2": {"$schema": "https://x.test/1"}}

    assert is_valid({"type": "integer"}, 1, resources={**chain, **ring})
    with pytest.raises(ValueError, match=r"."):
        is_valid({"$ref": "x"}, 1, resources={"::": {"$id": "::"}})


def test_lint_names_every_fault_of_a_schema() -> None:
    """Not only the first; with the places of all."""
    found = lint({"properties": {"a": {"type": "strin"}, "b": {"minLength": -1}, "c": {"required": "x"}}}, today=TODAY)

    assert {f.pointer for f in found} == {"/properties/a/type", "/properties/b/minLength", "/properties/c/required"}
    assert lint([], today=TODAY)[0].code == "not-a-schema"


def test_what_arrives_is_filled_in_from_the_account() -> None:
    """If a field begins to hold, is in a group, and the account knows it."""
    field = {"type": "string", "x-prefill": "/name"}
    one = read(
        {
            "properties": {"k": {"enum": ["a", "b"]}, "g": {"type": ["string", "object"], "x-widget": "json"}},
            "if": {"properties": {"k": {"const": "b"}}, "required": ["k"]},
            "then": {
                "properties": {"n": field, "m": {"type": "string", "x-prefill": "/nothing"}, "g": {"properties": {"i": field}}}
            },
        }
    )
    account = {"name": "An"}
    assert answers_with_defaults(one, {}, {"k": "b"}, account)["n"] == "An"
    assert "m" not in answers_with_defaults(one, {}, {"k": "b"}, account)
    assert answers_with_defaults(one, {"k": "b"}, {"k": "b"}, account) == {"k": "b"}
    assert answers_with_defaults(one, {}, {"k": "b", "n": "Ba"}, account)["n"] == "Ba"
    assert answers_with_defaults(one, {}, {"k": "b"}, None) == {"k": "b"}
    group = {"g": {"type": "object", "properties": {"n": field}}}
    clash = read({"properties": {"k": {"const": 1}}, "if": {"required": ["k"]}, "then": {"properties": group}})
    assert answers_with_defaults(clash, {}, {"k": 1, "g": "text"}, account) == {"k": 1, "g": "text"}
