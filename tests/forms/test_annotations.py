"""Annotations beside the type of an answer: required, nullable, readOnly, writeOnly, deprecated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.page import Page
from support.samples import NOON, TODAY

from dossierkit import Actor, open_engine
from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.forms import Form, as_sent, check, effective, flatten, parse, read
from dossierkit.forms.answers.rows import after_button, read_only_rows
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Layout
from dossierkit.forms.views.personal_data import MASK, masked_answers, without_secrets
from dossierkit.forms.views.view import view
from dossierkit.forms.words.catalogue import word
from dossierkit.html import Renderer
from dossierkit.html.summary import answer_rows
from dossierkit.testing import FixedClock

_TEXT = {"type": "string"}
_ROWS = {"type": "array", "items": {"type": "object", "properties": {"x": _TEXT}}}


def _form(properties: dict[str, Any], **more: Any) -> Form:
    return read({"type": "object", "properties": properties, **more})


def _stars(form: Form, answers: Any) -> dict[str, bool]:
    shown: dict[str, bool] = {}
    pending = [view(form, answers).root]
    while pending:
        control = pending.pop()
        shown[control.field.pointer] = control.required
        pending.extend(control.children)
    return shown


# --- required, nullable -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "starred"),
    [
        (_TEXT, True),
        ({"type": ["string", "null"]}, False),
        ({"type": ["number", "null"]}, False),
        ({"type": ["boolean", "null"]}, False),
        ({"type": "boolean"}, True),
        ({"anyOf": [{"type": "null"}, {"type": "string", "format": "date"}]}, False),
        ({"const": True}, True),
        ({"enum": ["a", "b"]}, True),
        ({"type": "array", "items": _TEXT}, False),
        ({"type": "array", "items": _TEXT, "minItems": 1}, True),
        ({"type": "array", "items": _TEXT, "contains": {"const": "a"}}, True),
        ({"type": "array", "uniqueItems": True, "items": {"enum": ["a", "b"]}}, False),
        ({"type": "array", "uniqueItems": True, "items": {"enum": ["a", "b"]}, "minItems": 1}, True),
        ({"type": "object", "properties": {"x": _TEXT}}, False),
        ({"type": "object", "properties": {"x": _TEXT}, "required": ["x"]}, True),
        ({"type": "object", "properties": {"x": {"type": ["string", "null"]}}, "required": ["x"]}, False),
        ({"type": "object", "properties": {"x": _TEXT}, "minProperties": 1}, True),
        ({"type": "array", "prefixItems": [_TEXT], "items": False, "minItems": 1}, True),
    ],
)
def test_a_star_means_that_something_has_to_be_given(schema: dict[str, Any], starred: bool) -> None:
    """Where a blank page is refused for it, and only there."""
    form = _form({"a": schema}, required=["a"])
    blank = as_sent(form, parse(form, flatten(form, {})), today=TODAY)

    assert _stars(form, {})["/a"] == starred
    assert bool(check(form, blank, today=TODAY)) == starred
    assert bool(check(form, as_sent(form, {}, today=TODAY), today=TODAY)) == starred or not form.schemas.accepts(form.root, {})


@pytest.mark.parametrize("kind", ["string", "number"])
def test_a_page_says_what_blank_means(kind: str) -> None:
    """Beside a required answer that may be null."""
    form = _form({"a": {"type": [kind, "null"]}, "b": {"type": kind}}, required=["a", "b"])

    page = str(Renderer().render(form, {}).fields)

    assert page.count("Nếu không có thì để trống.") == 1


def test_a_missing_place_of_a_tuple_is_starred() -> None:
    """As far as the list has to be long."""
    form = _form({"at": {"type": "array", "prefixItems": [_TEXT, _TEXT], "items": False, "minItems": 1}})

    assert _stars(form, {}) == {"": False, "/at": False, "/at/0": True, "/at/1": False}


# --- readOnly ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "items",
    [
        {"type": "object", "readOnly": True, "properties": {"x": _TEXT}},
        {"type": "object", "properties": {"x": {**_TEXT, "readOnly": True}, "y": {"type": "number", "readOnly": True}}},
        {**_TEXT, "readOnly": True},
    ],
)
def test_rows_that_are_read_only_stay(items: dict[str, Any]) -> None:
    """No button takes them away or moves them, and no page that leaves them out."""
    form = _form({"rows": {"type": "array", "items": items}, "n": _TEXT})
    value = {"x": "1", "y": 2} if items["type"] == "object" else "1"
    answers = {"rows": [value, value], "n": "x"}

    page = str(Renderer().render(form, answers).fields)
    assert 'value="remove:' not in page
    assert 'value="up:' not in page
    assert 'value="add:' not in page

    read_only = read_only_rows(form, answers, Layout())
    for button in ("remove:/rows/0", "up:/rows/1", "down:/rows/0"):
        assert after_button(answers, Layout(), button, read_only)[0] == answers
    assert parse(form, [("count:/rows", "0"), ("/n", "y")], base=answers) == {**answers, "n": "y"}


def test_rows_that_are_partly_read_only_go() -> None:
    """A row that the user added can be removed together with its computed values."""
    form = _form(
        {"rows": {"type": "array", "items": {"type": "object", "properties": {"x": _TEXT, "y": {**_TEXT, "readOnly": True}}}}}
    )
    answers = {"rows": [{"x": "1", "y": "2"}]}

    assert read_only_rows(form, answers, Layout()) == frozenset()
    assert 'value="remove:/rows/0"' in str(Renderer().render(form, answers).fields)


def test_read_only_holds_for_everything_below() -> None:
    """A group's word is its members'; nothing in it has a control."""
    form = _form({"g": {"type": "object", "readOnly": True, "properties": {"a": _TEXT, "rows": _ROWS}}})
    answers = {"g": {"a": "x", "rows": [{"x": "y"}]}}

    assert not [name for _, name, _ in Page(str(Renderer().render(form, answers).fields)).controls if name.startswith("/")]
    assert parse(form, [("/g/a", "z"), ("count:/g/rows", "0")], base=answers) == answers


# --- writeOnly -----------------------------------------------------------------------------------------------------------------

_SECRETS = {
    "text": {"title": "Khóa", "type": "string", "writeOnly": True},
    "password": {"type": "string", "x-widget": "password"},
    "long": {"type": "string", "writeOnly": True, "maxLength": 5000},
    "number": {"type": "integer", "writeOnly": True},
    "boolean": {"type": "boolean", "writeOnly": True},
    "choice": {"enum": ["secret-a", "secret-b"], "writeOnly": True},
    "many": {"enum": [f"secret-{n}" for n in range(400)], "writeOnly": True},
    "checks": {"type": "array", "uniqueItems": True, "items": {"enum": ["secret-a", "secret-b"]}, "writeOnly": True},
    "date": {"type": "string", "format": "date", "writeOnly": True},
    "group": {"type": "object", "writeOnly": True, "properties": {"in": _TEXT, "rows": _ROWS}},
    "json": {"type": "object", "writeOnly": True},
    "open": {"type": "string"},
}
_ANSWERS = {
    "text": "secret-text",
    "password": "secret-password",
    "long": "secret\nlong",
    "number": 271828,
    "boolean": True,
    "choice": "secret-b",
    "many": "secret-7",
    "checks": ["secret-b"],
    "date": "1999-12-31",
    "group": {"in": "secret-in", "rows": [{"x": "secret-row"}]},
    "json": {"k": "secret-json"},
    "open": "visible",
}
_LEAKS = (
    "secret-text",
    "secret-password",
    "long</",
    "271828",
    "271.828",
    "31/12/1999",
    "1999",
    "secret-in",
    "secret-row",
    "secret-json",
)


def test_what_was_entered_is_never_shown_again() -> None:
    """Neither on the page, nor chosen in a list, nor in the review."""
    form = _form(_SECRETS)

    page = str(Renderer().render(form, _ANSWERS).fields)
    assert not [leak for leak in _LEAKS if leak in page]
    assert "checked" not in page
    assert "selected" not in page
    assert "visible" in page
    assert page.count("đã nhập không hiện lại") == 12

    rows = answer_rows(form, effective(form, _ANSWERS), _ANSWERS, "vi")
    assert {row.text for row in rows if row.text is not None and row.pointer != "/open"} == {"Đã nhập"}
    assert not [leak for leak in _LEAKS if any(leak in f"{row.label} {row.text}" for row in rows)]


def test_a_page_that_does_not_touch_it_keeps_it() -> None:
    """Blank means as it was; a box takes it away, another answer takes its place."""
    form = _form(_SECRETS)
    pairs = flatten(form, _ANSWERS)
    assert not [leak for leak in _LEAKS if any(leak in text for _, text in pairs)]

    assert parse(form, pairs, base=_ANSWERS) == _ANSWERS
    assert parse(form, Page(str(Renderer().render(form, _ANSWERS).fields)).pairs, base=_ANSWERS) == _ANSWERS

    for name in _ANSWERS.keys() - {"group", "open"}:
        dropped = parse(form, [*pairs, (f"drop:/{name}", "1")], base=_ANSWERS)
        assert dropped == {other: value for other, value in _ANSWERS.items() if other != name}
    replaced = parse(form, [*pairs, ("/text", "another"), ("drop:/text", "1"), ("/choice", '"secret-a"')], base=_ANSWERS)
    assert replaced == {**_ANSWERS, "text": "another", "choice": "secret-a"}


def test_no_word_of_it_finds_a_dossier(tmp_path: Path) -> None:
    """Other words do."""
    schema = {"properties": {"w": {**_TEXT, "writeOnly": True}, "o": _TEXT}, "x-procedure": {"code": "one"}}
    (tmp_path / "one.json").write_text(json.dumps(schema))
    engine = open_engine("memory:", procedures=tmp_path, clock=FixedClock(NOON))
    draft = engine.begin("one", Actor("an"), {"w": "hidden", "o": "visible"})

    sent = engine.submit(draft.id, Actor("an"))

    assert sent.answers["w"] == "hidden"
    assert len(engine.find(Actor("an"), Query("visible"))) == 1
    assert engine.find(Actor("an"), Query("hidden")) == ()


def test_lists_and_exports_do_not_have_it() -> None:
    """It is masked for readers of personal answers, too."""
    form = _form(_SECRETS)

    shared = json.dumps([without_secrets(form, _ANSWERS), masked_answers(form, _ANSWERS)])
    assert not [leak for leak in _LEAKS if leak in shared]
    assert without_secrets(form, _ANSWERS)["text"] == MASK
    assert without_secrets(form, _ANSWERS)["open"] == "visible"
    plain = _form({"open": _TEXT})
    assert without_secrets(plain, {"open": "x"}) == {"open": "x"}


# --- deprecated -----------------------------------------------------------------------------------------------------------------


def test_what_is_deprecated_is_asked_of_nobody_new() -> None:
    """It is shown where there is an answer, can be changed, and is gone once it was cleared."""
    form = _form(
        {
            "d": {**_TEXT, "deprecated": True, "default": "x"},
            "must": {**_TEXT, "deprecated": True},
            "g": {"type": "object", "properties": {"d": {**_TEXT, "deprecated": True}, "n": _TEXT}},
            "old": {"type": "object", "deprecated": True, "properties": {"x": _TEXT}},
        },
        required=["must"],
    )

    assert [field.pointer for field in walk(effective(form, {}))] == ["", "/must", "/g", "/g/n"]
    answers = {"d": "a", "must": "b", "g": {"d": "c"}, "old": {"x": "d"}}
    assert len([*walk(effective(form, answers))]) == 8
    assert parse(form, flatten(form, answers)) == {"must": "b"}
    assert parse(form, flatten(form, answers), base=answers) == answers
    cleared = parse(form, [*flatten(form, answers), ("/d", ""), ("/old/x", "")], base=answers)
    assert cleared == {"must": "b", "g": {"d": "c"}}


def test_a_deprecated_choice_is_offered_to_whoever_has_it() -> None:
    """And to no other draft."""
    form = _form({"c": {"oneOf": [{"const": "a"}, {"const": "b", "title": "Cũ", "deprecated": True}, {"const": "c"}]}})

    assert "Cũ" not in str(Renderer().render(form, {"c": "a"}).fields)
    assert "Cũ" in str(Renderer().render(form, {"c": "b"}).fields)
    assert check(form, {"c": "b"}, today=TODAY) == ()


_NEW = {"title": "Căn cước", "properties": {"kind": {"const": "id"}, "id": _TEXT}, "required": ["id"]}
_OLD = {"title": "Chứng minh", "properties": {"kind": {"const": "old"}, "old": _TEXT}, "required": ["old"]}
_PLAIN = [{**branch, "properties": {n: s for n, s in branch["properties"].items() if n != "kind"}} for branch in (_NEW, _OLD)]
_GONE = {"deprecated": True}


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        ({"oneOf": [_PLAIN[0], _PLAIN[1] | _GONE]}, {"old": "1"}),
        ({"anyOf": [_PLAIN[0], _PLAIN[1] | _GONE]}, {"id": "1", "old": "1"}),
        ({"oneOf": [_PLAIN[0], {"$ref": "#/$defs/old"} | _GONE]}, {"old": "1"}),
        ({"oneOf": [_PLAIN[0], {"allOf": [_PLAIN[1], _GONE]}]}, {"old": "1"}),
        ({"oneOf": [_NEW, _OLD | _GONE]}, {"kind": "old", "old": "1"}),
        ({"anyOf": [_NEW, _OLD | _GONE]}, {"kind": "old", "old": "1"}),
        (
            {
                "properties": {"kind": {"oneOf": [{"const": "id", "title": "Căn cước"}, {"const": "old", "title": "Chứng minh"}]}},
                "oneOf": [_NEW, _OLD | _GONE],
            },
            {"kind": "old", "old": "1"},
        ),
        ({"oneOf": [{"title": "Căn cước", "type": "integer"}, {"title": "Chứng minh", "type": "string"} | _GONE]}, "1"),
        ({"enum": ["id", "old"], "oneOf": [{"const": "id", "title": "Căn cước"}, {"const": "old", "title": "Chứng minh"} | _GONE]}, "old"),
        ({"enum": ["Căn cước", "Chứng minh"], "oneOf": [{"const": "Căn cước"}, {"const": "Chứng minh"} | _GONE]}, "Chứng minh"),
    ],
)  # fmt: skip
def test_a_deprecated_branch_is_offered_to_whoever_has_it(schema: dict[str, Any], answer: Any) -> None:
    """However the branches are told apart; not to other drafts, nor after another branch was chosen."""
    form = read({"properties": {"who": schema}, "required": ["who"], "$defs": {"old": _PLAIN[1]}})

    def offered(answers: Any, opened: Layout | None = None) -> bool:
        page = str(Renderer().render(form, answers, layout=opened).fields)
        assert "Căn cước" in page
        return "Chứng minh" in page

    assert not offered({})
    assert offered({"who": answer})
    assert parse(form, flatten(form, {"who": answer})) == {"who": answer}
    assert check(form, {"who": answer}, today=TODAY) == ()
    other = next(
        c for c in ({"id": "2"}, {"kind": "id", "id": "2"}, 2, "id", "Căn cước") if form.schemas.accepts(form.root, {"who": c})
    )
    assert not offered({"who": other})


def test_a_deprecated_branch_that_a_page_has_open_stays() -> None:
    """Until the user chooses another one."""
    form = read({"properties": {"who": {"oneOf": [_PLAIN[0], _PLAIN[1] | _GONE]}}})

    def page(picked: int) -> str:
        return str(Renderer().render(form, {}, layout=Layout(branches={("/who", "0"): (picked,)})).fields)

    assert ("Chứng minh" in page(0), "Chứng minh" in page(1)) == (False, True)


def test_a_deprecated_branch_leaves_the_others_their_numbers() -> None:
    """The pairs of a page mean the same branch for every draft."""
    form = read({"properties": {"who": {"oneOf": [_PLAIN[1] | _GONE, _PLAIN[0]]}}})
    page = Page(str(Renderer().render(form, {}).fields))

    assert [values["value"] for _, values in page.attributes if values.get("type") == "radio"] == ["1", ""]


def test_a_mark_tells_no_alternatives_apart() -> None:
    """Branches that only narrow the schema around them are no choice, deprecated or not."""
    form = _form({"a": _TEXT, "b": _TEXT}, oneOf=[{"required": ["a"]}, {"required": ["b"], "deprecated": True}])

    assert effective(form, {}).pickers == ()


def test_a_search_finds_no_deprecated_choice() -> None:
    """And says that it found none; who has it already sees it."""
    many = [{"const": f"c{number}", "title": f"Xã {number}", "deprecated": number > 990} for number in range(1_000)]
    form = _form({"c": {"oneOf": many}})

    def options(answers: Any, query: str) -> list[str | None]:
        page = Page(str(Renderer().render(form, answers, layout=Layout(searches={"/c": query})).fields))
        return [values["value"] for tag, values in page.attributes if tag == "option" and values.get("value")]

    assert options({}, "xa 99") == ['"c99"', '"c990"']
    assert options({"c": "c995"}, "xa 99") == ['"c99"', '"c990"', '"c995"']
    nothing = str(Renderer().render(form, {}, layout=Layout(searches={"/c": "xa 995"})).fields)
    assert word("search-none", "vi") in nothing
