"""Drafts: a text that a page showed as typed is in the next page and in the dossier, or has a problem at its field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from support.drafts import leaves, lost, sent, silent
from support.page import Page
from support.samples import TODAY
from support.strategies import unfinished

from dossierkit.errors import SchemaError
from dossierkit.forms import Field, Form, Kind, Layout, Problem, canonical, check, effective, flatten, parse, read, view
from dossierkit.forms.answers.control_names import branch_name, name_of
from dossierkit.forms.answers.defaults import answers_with_defaults, initial_answers, layout_with_defaults
from dossierkit.forms.answers.page_layout import layout, layout_pairs, merged_layout
from dossierkit.forms.answers.rows import after_button
from dossierkit.forms.answers.texts import encode
from dossierkit.forms.fields.field_tree import walk
from dossierkit.html import Renderer
from dossierkit.pointers import ABSENT, get, same

RENDERER = Renderer()
Pairs = list[tuple[str, str]]


def shown(form: Form, answers: Any, opened: Layout | None) -> Pairs:
    """The pairs that a browser submits from the page of a draft."""
    return Page(str(RENDERER.render(form, answers, layout=opened).fields)).pairs


@given(unfinished())
def test_a_page_sent_as_it_was_shown_changes_nothing(case: tuple[dict[str, Any], Any]) -> None:
    """No answer of a draft is lost or changed, valid or not; the second time nothing at all is."""
    form, answers = read(case[0]), case[1]
    once, opened = sent(form, shown(form, answers, None), answers, Layout())
    note(f"{once} {opened}")

    assert lost(form, answers, once) == []
    again, still = sent(form, shown(form, once, opened), once, opened)
    assert same(again, once)
    assert still == opened
    assert silent(form, once, opened) == []


@given(unfinished())
def test_flattened_drafts_come_back(case: tuple[dict[str, Any], Any]) -> None:
    """The same without markup."""
    form, answers = read(case[0]), case[1]
    once, opened = sent(form, flatten(form, answers), answers, Layout())

    assert lost(form, answers, once) == []
    assert same(sent(form, flatten(form, once, layout=opened), once, opened)[0], once)


@given(unfinished(), st.data())
def test_an_edit_changes_what_was_edited_alone(case: tuple[dict[str, Any], Any], data: st.DataObject) -> None:
    """Three edits of a draft: what was typed or chosen is in the next page, and so is everything else that still holds."""
    form, answers, opened = read(case[0]), case[1], Layout()
    for _ in range(3):
        before = shown(form, answers, opened)
        field = data.draw(st.sampled_from([f for f in walk(effective(form, answers, layout=opened)) if _can_edit(f)] or [None]))
        if field is None:
            return
        name, text = data.draw(st.sampled_from(_edits(field)))
        pairs = [pair for pair in before if pair[0] != name] + [(name, text)]
        note(f"{name} = {text!r} of {answers} {opened}")
        answers, opened = sent(form, pairs, answers, opened)
        after = dict(shown(form, answers, opened))

        assert after.get(name) == text
        again = sent(form, list(shown(form, answers, opened)), answers, opened)[0]
        # A blank of a field that came just now means null only once it was shown.
        assert lost(form, answers, again) == lost(form, again, answers) == []
        assert silent(form, answers, opened) == []
        where = name.partition(":")[2] if ":" in name and not name.startswith("/") else name
        gone = [
            other
            for other, was in before
            if was.strip() and other in after and after[other] != was
            if not (other in (name, where) or other.startswith(f"{where}/") or other.endswith(f":{where}"))
            if dict(before)[other] == was and other.partition(":")[0] not in ("count", "order")
        ]
        assert gone == []


def _can_edit(field: Field) -> bool:
    return bool(field.pickers) or (field.leaf and not field.several and field.kind is not Kind.CONSTANT)


def _edits(field: Field) -> list[tuple[str, str]]:
    """Texts that a user could leave in the controls of *field*."""
    edits = [(branch_name(field.control, p.name), str(n)) for p in field.pickers for n in range(len(p.choices))]
    if field.leaf and field.kind is not Kind.CONSTANT:
        texts = [encode(choice.value) for choice in field.choices] or (
            ["true", "false"] if field.kind is Kind.BOOLEAN else ["sai", "12"]
        )
        edits += [(name_of(field.control), text) for text in texts]
    return edits


# --- each kind by hand --------------------------------------------------------------------------------------------------

KIN = {
    "oneOf": [
        {"properties": {"bio": {"const": True}}, "required": ["bio"]},
        {"properties": {"bio": {"const": False}, "rel": {"const": "STEPCHILD"}}, "required": ["bio", "rel"]},
        {"properties": {"bio": {"const": False}, "rel": {"const": "ADOPTED"}}, "required": ["bio", "rel"]},
    ]
}
ADDRESS = {
    "type": "object",
    "oneOf": [
        {"properties": {"country": {"enum": ["USA"]}, "state": {"type": "string"}, "zip": {"type": "string", "pattern": "^[0-9]{5}$"}}},
        {"properties": {"country": {"enum": ["CAN"]}, "state": {"type": "string"}, "zip": {"type": "string", "pattern": "^[A-Z][0-9][A-Z]$"}}},
        {"properties": {"country": {"not": {"enum": ["USA", "CAN"]}, "type": "string"}, "state": {"type": "string"}, "zip": {"type": "string"}}},
    ],
}  # fmt: skip


def typed(form: Form, answers: Any, opened: Layout, **controls: str) -> tuple[Any, Layout]:
    """The draft after some controls of its page were filled in (`/` is written `__`, the rest as it is)."""
    new = {name.replace("__", "/").replace("_of", ":"): text for name, text in controls.items()}
    pairs = [pair for pair in shown(form, answers, opened) if pair[0] not in new]
    return sent(form, [*pairs, *new.items()], answers, opened)


def test_a_branch_that_accepts_wins() -> None:
    """One that declares more and would overwrite what was answered is not shown in its place."""
    form = read({"properties": {"kin": KIN}})
    draft, opened = typed(form, {}, Layout(), branch_of__kin="0")
    draft, opened = typed(form, draft, opened, __kin__bio="true")

    assert draft == {"kin": {"bio": True}}
    assert check(form, canonical(form, draft, layout=opened), today=TODAY, layout=opened) == ()
    # A dossier has no layout: its answers tell the branch.
    assert parse(form, shown(form, draft, None), base=draft) == draft
    for kin in ({"bio": True}, {"bio": False, "rel": "STEPCHILD"}, {"bio": False, "rel": "ADOPTED"}):
        assert parse(form, flatten(form, {"kin": kin})) == {"kin": kin}


def test_what_a_branch_refuses_stays_in_it() -> None:
    """The branch that was chosen stays chosen after the draft was stored, and the problem sits at the field."""
    form = read({"properties": {"home": ADDRESS}})
    draft, opened = typed(form, {}, Layout(), branch_of__home="1")
    draft, opened = typed(form, draft, opened, __home__state="ON", __home__zip="sai")
    page = shown(form, draft, opened)

    assert {("branch:/home", "1"), ("/home/zip", "sai"), ("/home/state", "ON")} <= set(page)
    whole = canonical(form, draft, layout=opened)
    assert whole["home"] == {"state": "ON", "zip": "sai"}
    assert canonical(form, draft)["home"]["zip"] == "sai"


def test_values_of_no_branch_are_not_overwritten() -> None:
    """If every branch would change an answer, the user has to choose one first."""
    form = read({"properties": {"kin": KIN}, "required": ["kin"]})
    draft = {"kin": {"bio": "có lẽ", "rel": "STEPCHILD"}}

    once, opened = sent(form, shown(form, draft, None), draft, Layout())

    assert once == draft
    assert [p.rule for p in check(form, once, today=TODAY, layout=opened)] == ["branch"]


def test_a_constant_stands_beside_a_pattern() -> None:
    """Both are kept, each choice has a name of its own, and what one of them refuses stays in it."""
    form = read({"properties": {"u": {"oneOf": [{"type": "string", "pattern": "^[A-Z0-9]{12}$"}, {"const": "GSA_MIGRATION"}]}}})
    for answer in ("GSA_MIGRATION", "ABCDEFGH1234", "sai"):
        assert parse(form, flatten(form, {"u": answer})) == {"u": answer}
        assert canonical(form, {"u": answer}) == {"u": answer}
    assert parse(form, flatten(form, {})) == {}
    picker = RENDERER.render(form, {}).fields
    assert "GSA_MIGRATION" in picker
    assert [p.at for p in check(form, {"u": "sai"}, today=TODAY)] == ["/u"]
    draft, opened = typed(form, {"u": "sai"}, Layout(), branch_of__u="1")
    assert draft == {"u": "GSA_MIGRATION"}
    assert typed(form, draft, opened, branch_of__u="0")[0] == {}
    assert typed(form, draft, opened, branch_of__u="")[0] == {}


def test_every_branch_has_a_name_of_its_own() -> None:
    """Its title, its values, its format, an example, its type; a number where two would be called the same."""
    branches = [
        {"type": "string", "pattern": "^a"},
        {"type": "string", "pattern": "^b"},
        {"type": "string", "examples": ["AB12"]},
        {"const": True},
        {"const": False},
        {"const": 12},
        {"enum": ["p", "q", "r", "s", "t"]},
        {"type": "string", "format": "date"},
        {"type": "string", "format": "chưa-biết"},
        {"title": "Tựa", "type": "object"},
        {"type": "object", "properties": {"x": {"type": "string"}}},
    ]
    form = read({"properties": {"u": {"oneOf": branches}}})
    picker = view(form, {}, language="vi").root.children[0].pickers[0]

    assert [option.label for option in picker.options] == [
        "Chữ (1)", "Chữ (2)", "Theo mẫu AB12", "Có", "Không", "12", "p, q, r, s …", "Ngày", "Chưa-biết", "Tựa",
        "Trường hợp 11", "Không trả lời",
    ]  # fmt: skip


def test_the_name_of_an_entry_is_an_answer() -> None:
    """It is kept where its group may be blank, and asks for what its group requires."""
    inner: dict[str, Any] = {"type": "object", "properties": {"p": {"type": "string"}}}
    for required in ([], ["p"]):
        form = read({"properties": {"m": {"type": "object", "additionalProperties": {**inner, "required": required}}}})
        draft, opened = sent(
            form, [("count:/m/~e", "2"), ("key:/m/~e0", ""), ("key:/m/~e1", "An"), ("/m/~e1/p", "")], {}, Layout()
        )

        assert draft == {"m": {"An": {}}}
        assert ("key:/m/~e1", "An") in shown(form, draft, opened)
        assert canonical(form, draft, layout=opened) == draft
        assert [f"{p.at} {p.rule}" for p in check(form, draft, today=TODAY)] == (["/m/An/p required"] if required else [])
        assert parse(form, flatten(form, draft)) == draft


def test_blank_entries_ask_for_their_value() -> None:
    """A name without a value is told so; a value without a name is kept; none replaces another."""
    form = read({"properties": {"m": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}}}})
    pairs = [
        ("count:/m/~e", "5"), ("key:/m/~e0", "An"), ("/m/~e0", ""), ("key:/m/~e1", "An"), ("/m/~e1", "x"), ("key:/m/~e2", ""),
        ("/m/~e2", "y"), ("key:/m/~e3", ""), ("/m/~e3", "z"), ("key:/m/~e4", ""), ("/m/~e4", ""),
    ]  # fmt: skip
    draft, opened = sent(form, pairs, {}, Layout())

    assert draft == {"m": {"An": None, "An (2)": "x", "": "y", "(2)": "z"}}
    assert [f"{p.at} {p.rule}" for p in check(form, draft, today=TODAY)] == ["/m/An required"]
    assert sent(form, shown(form, draft, opened), draft, opened)[0] == draft


def test_a_row_without_a_name_is_shown_as_any_entry_would_be() -> None:
    """Its value is kept under no name, with a problem that says so."""
    form = read(
        {"properties": {"m": {"type": "object", "patternProperties": {"^n": {"type": "integer"}}, "additionalProperties": False}}}
    )
    draft = sent(form, [("count:/m/~e", "1"), ("key:/m/~e0", ""), ("/m/~e0", "12")], {}, Layout())[0]

    assert draft == {"m": {"": 12}}
    assert [f"{p.at} {p.rule}" for p in check(form, draft, today=TODAY)] == ["/m/ additionalProperties"]


def test_an_entry_keeps_its_value_under_a_new_name() -> None:
    """Answers that its page cannot show are renamed with it."""
    inner = {"type": "object", "properties": {"p": {"type": "string"}, "r": {"type": "string", "readOnly": True}}}
    form = read({"properties": {"m": {"type": "object", "additionalProperties": inner}}})
    draft = {"m": {"An": {"p": "1", "r": "kept"}}}

    assert typed(form, draft, Layout(), **{"key_of__m__~e0": "Bình"})[0] == {"m": {"Bình": {"p": "1", "r": "kept"}}}


def test_branches_and_rows_in_an_entry_stay() -> None:
    """Their controls are named after the place in the editor, whatever the entry is called."""
    inner = {"properties": {"u": ADDRESS, "rows": {"type": "array", "items": {"type": "string"}}}}
    form = read({"properties": {"m": {"type": "object", "additionalProperties": inner}}})
    draft, opened = sent(form, [("count:/m/~e", "1"), ("key:/m/~e0", "A/n")], {}, Layout())
    draft, opened = typed(form, draft, opened, **{"branch_of__m__~e0__u": "1"})
    draft, opened = typed(form, draft, opened, **{"__m__~e0__u__zip": "sai", "count_of__m__~e0__rows": "2"})
    draft, opened = typed(form, draft, opened, **{"__m__~e0__rows__0": "a", "__m__~e0__rows__1": "b"})

    assert draft == {"m": {"A/n": {"u": {"zip": "sai"}, "rows": ["a", "b"]}}}
    assert ("branch:/m/~e0/u", "1") in shown(form, draft, opened)
    assert after_button(draft, opened, "add:/m/~e0/rows")[1].rows["/m/~e0/rows"] == 3
    assert after_button(draft, opened, "remove:/m/~e0/rows/0")[0]["m"]["A/n"]["rows"] == ["b"]


def test_every_level_that_was_opened_stays() -> None:
    """Recursion that a branch requires: opened, chosen, updated, and fifteen levels deep."""
    cond = {
        "type": "object",
        "oneOf": [
            {"properties": {"op": {"const": "not"}, "of": {"$ref": "#/$defs/c"}}, "required": ["op", "of"]},
            {"properties": {"op": {"const": "eq"}, "f": {"type": "string"}}, "required": ["op", "f"]},
        ],
    }
    form = read({"properties": {"c": {"$ref": "#/$defs/c"}}, "required": ["c"], "$defs": {"c": cond}})
    draft, opened = typed(form, {}, Layout(), __c__op='"not"')
    draft, opened = after_button(draft, opened, "open:/c/of")
    assert ("open:/c/of", "1") in shown(form, draft, opened)
    draft, opened = typed(form, draft, opened)
    draft, opened = typed(form, draft, opened, __c__of__op='"not"')
    assert draft["c"]["of"]["op"] == "not"
    answers: Any = {"op": "eq", "f": "x"}
    for _ in range(15):
        answers = {"op": "not", "of": answers}
    assert parse(form, flatten(form, {"c": answers})) == {"c": answers}
    assert parse(form, shown(form, {"c": answers}, None)) == {"c": answers}


def test_a_default_is_filled_in_when_its_field_comes() -> None:
    """By a condition, in a new row, in the branch that was chosen; what was cleared stays cleared."""
    unit = {"type": "string", "default": "kg"}
    form = read(
        {
            "properties": {
                "k": {"enum": ["a", "b"]},
                "rows": {"type": "array", "items": {"properties": {"n": {"type": "string"}, "unit": unit}}},
                "tags": {"type": "array", "items": unit},
                "u": {"oneOf": [{"properties": {"x": {"const": 1, "default": 1}}}, {"properties": {"d": unit}}]},
            },
            "if": {"properties": {"k": {"const": "b"}}, "required": ["k"]},
            "then": {"properties": {"d": unit}},
        }
    )

    def turned(draft: Any, opened: Layout, button: str = "", **controls: str) -> tuple[Any, Layout]:
        return followed(form, (draft, opened), typed(form, draft, opened, **controls), button)

    draft, opened = turned({}, Layout(), __k='"b"')
    assert draft == {"k": "b", "d": "kg"}
    draft, opened = turned(draft, opened, __d="")
    draft, opened = turned(draft, opened, __k='"a"')
    draft, opened = turned(draft, opened, __k='"b"')
    assert draft == {"k": "b"}
    draft, opened = turned(draft, opened, "add:/rows")
    assert draft["rows"] == [{"unit": "kg"}]
    draft, opened = turned(draft, opened, __rows__0__unit="", __rows__0__n="1")
    draft, opened = turned(draft, opened, "add:/rows")
    assert draft["rows"] == [{"n": "1"}, {"unit": "kg"}]
    draft, opened = turned(draft, opened, "remove:/rows/1")
    draft, opened = turned(draft, opened, "add:/rows")
    assert draft["rows"] == [{"n": "1"}, {"unit": "kg"}]
    draft, opened = turned(draft, opened, "add:/tags")
    assert draft["tags"] == ["kg"]
    assert "u" not in draft
    draft, opened = turned(draft, opened, branch_of__u="1")
    assert draft["u"] == {"d": "kg"}


def followed(form: Form, before: tuple[Any, Layout], after: tuple[Any, Layout], button: str) -> tuple[Any, Layout]:
    """The draft that the page *before* became, after what its button does, with the defaults of the fields that came."""
    answers, opened = after_button(*after, button)
    answers = answers_with_defaults(form, before[0], answers, None, shown=before[1], layout=opened)
    return answers, layout_with_defaults(form, answers, opened)


_DEFAULTS: list[dict[str, Any]] = [
    {"type": "string", "default": "kg"},
    {"type": "integer", "default": 3},
    {"type": "boolean", "default": True},
    {"enum": ["p", "q"], "default": "q"},
]


@st.composite
def offering(draw: st.DrawFn) -> dict[str, Any]:
    """A form whose defaults come with a choice, with another default, with a row, or with a branch."""
    default = st.sampled_from(_DEFAULTS)
    brought_by = draw(st.sampled_from(["condition", "row", "branch", "discriminator"]))
    match brought_by:
        case "condition":
            first, chained = draw(default), {"properties": {"d": {"const": "kg"}}, "required": ["d"]}
            chosen = [{"properties": {"k": {"const": kind}}, "required": ["k"]} for kind in "ab"]
            return {
                "properties": {"k": {"enum": ["a", "b", "c"]}},
                "allOf": [
                    {"if": chosen[0], "then": {"properties": {"d": first, "only": draw(default)}}},
                    {"if": chosen[1], "then": {"properties": {"d": first, "g": {"properties": {"in": draw(default)}}}}},
                    {"if": chained, "then": {"properties": {"e": draw(default)}}},
                ],
            }
        case "row":
            row = {"properties": {"n": {"type": "string"}, "u": draw(default)}}
            return {"properties": {"rows": {"type": "array", "items": row, "minItems": draw(st.integers(0, 1))}}}
    either: list[dict[str, Any]] = [
        {"properties": {f"x{n}": draw(default), "same": {"type": "string", "default": unit}}} for n, unit in enumerate("gt")
    ]
    if brought_by == "discriminator":
        for number, branch in enumerate(either):
            branch["properties"] = {"which": {"const": f"w{number}"}, **branch["properties"]}
    return {"properties": {"who": {"oneOf": either}}}


@given(offering(), st.data())
def test_a_default_is_filled_in_once(schema: dict[str, Any], data: st.DataObject) -> None:
    """When its field first holds, never in a branch that is not chosen; a changed or cleared answer stays so for good."""
    form = read(schema)
    draft, opened = initial_answers(form), Layout()
    expected: dict[str, Any] = {}
    met: set[str] = set()
    for _ in range(8):
        fields = [*walk(effective(form, draft, layout=opened))]
        offers = [field for field in fields if "default" in field.keywords]
        for field in offers:
            expected.setdefault(field.control, field.keywords["default"])
        note(f"{draft} {opened}")
        assert {field.control: get(draft, field.pointer) for field in offers} == {f.control: expected[f.control] for f in offers}
        met.update(field.pointer for field in fields)
        assert {at for at, _ in leaves(draft)} <= met

        buttons = [(f"add:{field.control}", None, None) for field in fields if field.kind is Kind.LIST]
        buttons += [(f"remove:{field.control}", None, None) for field in fields if field.row]
        choices = [
            ("update", field, pair) for field in fields if _can_edit(field) and field not in offers for pair in _edits(field)
        ]
        changes = [("update", field, pair) for field in offers for pair in [*_edits(field)[:1], (name_of(field.control), "")]]
        steps = [step for step in (buttons, choices, changes) if step]
        button, field, edit = data.draw(st.sampled_from(steps).flatmap(st.sampled_from))
        pairs = [pair for pair in shown(form, draft, opened) if edit is None or pair[0] != edit[0]]
        after = sent(form, [*pairs, edit] if edit else pairs, draft, opened)
        draft, opened = followed(form, (draft, opened), after, button)
        if field in offers:
            expected[field.control] = get(draft, field.pointer)
            assert edit[1] or expected[field.control] is ABSENT
        if button.startswith("remove:"):
            expected = _without_row(expected, int(button.rpartition("/")[2]))


def _without_row(expected: dict[str, Any], gone: int) -> dict[str, Any]:
    """The answers *expected* after the row *gone* was removed: those behind it move up."""
    rows = [expected[f"/rows/{row}/u"] for row in range(len(expected)) if row != gone]
    return {f"/rows/{row}/u": value for row, value in enumerate(rows)}


def test_rows_that_must_be_there_begin_with_their_defaults() -> None:
    """As rows that come later do."""
    row = {"type": "object", "properties": {"unit": {"type": "string", "default": "kg"}}}
    form = read({"properties": {"rows": {"type": "array", "items": row, "minItems": 2}}, "required": ["rows"]})

    assert initial_answers(form) == {"rows": [{"unit": "kg"}, {"unit": "kg"}]}


def test_choices_in_rows_go_where_the_rows_go() -> None:
    """Moving and removing rows takes along what was chosen in them, valid or not."""
    form = read({"properties": {"rows": {"type": "array", "items": ADDRESS}}})
    draft, opened = sent(form, [("count:/rows", "2")], {}, Layout())
    draft, opened = typed(form, draft, opened, branch_of__rows__0="0", branch_of__rows__1="1")
    draft, opened = typed(form, draft, opened, __rows__0__zip="sai", __rows__1__zip="cũng sai")
    draft, opened = after_button(draft, opened, "up:/rows/1")

    assert [row["zip"] for row in draft["rows"]] == ["cũng sai", "sai"]
    assert {("branch:/rows/0", "1"), ("branch:/rows/1", "0")} <= set(shown(form, draft, opened))
    draft, opened = after_button(draft, opened, "remove:/rows/0")
    assert ("branch:/rows/0", "0") in shown(form, draft, opened)
    assert not [at for at, _ in opened.branches if at.startswith("/rows/1")]


def test_what_stands_in_the_wrong_kind_of_field_is_kept() -> None:
    """A draft that another program wrote: text for a group, a number for a text, a word for yes or no."""
    form = read(
        {
            "properties": {
                "group": {"type": "object", "properties": {"a": {"type": "string"}}},
                "rows": {"type": "array", "items": {"type": "string"}},
                "text": {"type": "string"},
                "yes": {"type": "boolean"},
                "agree": {"const": True},
                "several": {"type": "array", "uniqueItems": True, "items": {"enum": ["p", "q"]}},
                "more": {"type": "array", "uniqueItems": True, "items": {"enum": ["p", "q"]}},
            }
        }
    )
    draft = {"group": "x", "rows": "y", "text": 5, "yes": "co", "agree": "z", "several": ["p", "p"], "more": {"p": 1}}

    once, opened = sent(form, shown(form, draft, None), draft, Layout())

    assert once == draft
    assert typed(form, draft, opened, __group__a="mới")[0]["group"] == {"a": "mới"}
    assert typed(form, draft, opened, __text="6")[0]["text"] == "6"


def test_a_layout_does_not_grow_without_end() -> None:
    """The layout of a draft drops entries that page after page adds."""
    opened = Layout()
    for turn in range(4):
        opened = merged_layout(
            opened, Layout(opened=frozenset(f"/{turn}/{n}" for n in range(1500)), filled=frozenset([f"/{turn}"]))
        )

    assert len(opened.opened) <= 3_000
    assert len(opened.filled) == 4


def test_entries_in_rows_are_answers_too() -> None:
    """A row that only names an entry is there; a blank one at the end is not."""
    entry = {"type": "object", "properties": {"p": {"type": "string"}, "unit": {"type": "string", "default": "kg"}}}
    row = {"type": "object", "properties": {"m": {"type": "object", "additionalProperties": entry}, "none": {"type": "null"}}}
    form = read({"properties": {"l": {"type": "array", "items": row}, "t": {"type": "array", "items": {"type": "string"}}}})
    draft, opened = sent(
        form, [("count:/l", "2"), ("count:/l/0/m/~e", "2"), ("key:/l/0/m/~e0", "An"), ("key:/l/0/m/~e1", "")], {}, Layout()
    )

    assert draft == {"l": [{"m": {"An": {}}}]}
    assert canonical(form, draft) == draft
    assert canonical(form, {**draft, "t": ["a", "", " "]}) == {**draft, "t": ["a"]}
    assert canonical(form, {"l": [{"m": {}}], "t": [""]}) == {}
    assert answers_with_defaults(form, {}, draft, None, layout=opened) == {"l": [{"m": {"An": {"unit": "kg"}}}]}


def test_a_form_without_defaults_offers_nothing() -> None:
    """Nothing arrives, and nothing is remembered."""
    form = read({"properties": {"a": {"type": "string"}}})

    assert answers_with_defaults(form, {}, {"a": "x"}, None) == {"a": "x"}
    assert layout_with_defaults(form, {"a": "x"}, Layout()) == Layout()


def test_a_choice_belongs_to_its_alternatives() -> None:
    """Others at the same place, under another answer or beside them, are not chosen with it, and it comes back with them."""
    x, y, z, w = ({"title": n, "properties": {n: {"type": "string"}}, "required": [n]} for n in "xyzw")
    kind: dict[str, Any] = {
        "properties": {"k": {"enum": ["a", "b"]}},
        "if": {"properties": {"k": {"const": "a"}}, "required": ["k"]},
    }
    at_one_place = read(
        {**kind, "then": {"properties": {"c": {"oneOf": [x, y]}}}, "else": {"properties": {"c": {"oneOf": [z, w]}}}}
    )
    draft, opened = typed(at_one_place, {"k": "a"}, Layout(), branch_of__c="1")
    draft, opened = typed(at_one_place, draft, opened, __k='"b"')
    assert ("branch:/c", "1") not in shown(at_one_place, draft, opened)
    draft, opened = typed(at_one_place, draft, opened, __k='"a"')
    assert ("branch:/c", "1") in shown(at_one_place, draft, opened)
    beside = read({**kind, "then": {"oneOf": [x, y]}, "anyOf": [z, w]})
    draft, opened = typed(beside, {}, Layout(), **{"branch:": "1"})
    draft, opened = typed(beside, draft, opened, __k='"a"')
    pickers = {p.choices[0].title: p.picked for p in effective(beside, draft, layout=opened).pickers}
    assert pickers == {"x": (), "z": (1,)}


def test_a_page_without_marks_is_right_too() -> None:
    """A request posted by hand names the branch, whatever was chosen before."""
    form = read({"properties": {"home": ADDRESS}})
    draft, opened = typed(form, {}, Layout(), branch_of__home="1")

    assert merged_layout(opened, layout([("branch:/home", "0")])).branches == {("/home", "0"): (0,)}
    assert layout(list(layout_pairs(opened, draft))) == opened


def test_an_answer_beside_branches_chooses_none_of_them() -> None:
    """Without an answer of a branch none is chosen, and its default is not filled in."""
    unit = {"type": "object", "properties": {"unit": {"type": "string", "default": "kg"}}}
    form = read(
        {"properties": {"k": {"type": "string"}}, "oneOf": [unit, {"properties": {"e": {"type": "integer"}}, "required": ["e"]}]}
    )
    draft, opened = typed(form, {}, Layout(), __k="x")

    assert ("branch:", "0") not in shown(form, draft, opened)
    assert answers_with_defaults(form, {}, draft, None, layout=opened) == initial_answers(form) | {"k": "x"} == {"k": "x"}


def test_a_page_unfolds_so_far_and_no_further() -> None:
    """A request for more rows than any page can show is refused."""
    rows = {
        "type": "array",
        "items": {"type": "object", "properties": {"n": {"enum": [1, 2]}}, "if": {"required": ["n"]}, "then": {}},
    }
    form = read({"properties": {"a": rows, "b": rows}})

    with pytest.raises(SchemaError, match="unfolds"):
        effective(form, {}, layout=Layout({"/a": 19_999, "/b": 19_999}))


def test_a_problem_of_what_is_filled_in_by_itself_is_told_above_it() -> None:
    """A constant has no control that could be looked at."""
    group = {"type": "object", "properties": {"k": {"const": 1}, "n": {"type": "string"}}, "required": ["k"]}
    form = read({"properties": {"g": group}, "required": ["g"]})

    assert 'href="#f/g"' in RENDERER.render(form, {"g": {"k": 2}}, problems=[Problem("/g/k", "const")]).summary


def test_a_removed_row_takes_everything_that_was_chosen_in_it_along() -> None:
    """Its branches, levels, searches, names and filled defaults go; those of the rows below it move up; other lists stay."""
    answers = {"rows": [{"a": 1}, {"a": 2}, {"a": 3}], "others": [1, 2]}
    opened = Layout(
        rows={"/rows": 3, "/rows/1/parts": 2, "/rows/2/parts": 4, "/others": 2},
        branches={("/rows/0", "0"): (0,), ("/rows/1", "0"): (1,), ("/rows/2/x", "0"): (2,), ("/others/1", "0"): (3,)},
        opened=frozenset(("/rows/1/child", "/rows/2/child", "/rowsets/1")),
        searches={"/rows/1/place": "gone", "/rows/2/place": "kept"},
        names={"/rows/1/~e0": "gone", "/rows/2/~e0": "kept"},
        filled=frozenset(("/rows/0/a", "/rows/1/b", "/rows/2/c")),
    )

    after, layout = after_button(answers, opened, "remove:/rows/1")

    assert after == {"rows": [{"a": 1}, {"a": 3}], "others": [1, 2]}
    assert layout == Layout(
        rows={"/rows": 2, "/rows/1/parts": 4, "/others": 2},
        branches={("/rows/0", "0"): (0,), ("/rows/1/x", "0"): (2,), ("/others/1", "0"): (3,)},
        opened=frozenset(("/rows/1/child", "/rowsets/1")),
        searches={"/rows/1/place": "kept"},
        names={"/rows/1/~e0": "kept"},
        filled=frozenset(("/rows/0/a", "/rows/1/c")),
    )
