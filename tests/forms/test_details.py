"""Details that form engines commonly get wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import attrs
import pytest
from support.page import Page
from support.samples import TODAY

from dossierkit.catalog.option_lists import Table
from dossierkit.errors import SchemaError
from dossierkit.forms import (
    STANDARD,
    Choice,
    Field,
    Form,
    Format,
    Kind,
    Layout,
    Widget,
    canonical,
    check,
    effective,
    flatten,
    message,
    parse,
    read,
    view,
)
from dossierkit.forms.answers.control_names import name_of, pointer_of
from dossierkit.forms.answers.defaults import initial_answers
from dossierkit.forms.answers.page_layout import layout, layout_pairs
from dossierkit.forms.answers.rows import after_button
from dossierkit.forms.fields.field_tree import walk
from dossierkit.html import Renderer
from dossierkit.pointers import ABSENT

Make = Callable[..., Form]


def field(form: Form, pointer: str, answers: Any = None) -> Field:
    return next(f for f in walk(effective(form, answers if answers is not None else {})) if f.pointer == pointer)


def pointers(form: Form, answers: Any) -> list[str]:
    return [f.pointer for f in walk(effective(form, answers))]


def rules(form: Form, answers: Any, today: date = TODAY) -> list[str]:
    return [f"{p.at} {p.rule}" for p in check(form, answers, today=today)]


# --- what is blank ------------------------------------------------------------------------------------------------


def test_blank_text_is_absent_and_a_blank_required_one_is_required(form: Make) -> None:
    """Absent is the only empty."""
    one = form({"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["b"]})

    answers = parse(one, [("/a", "  "), ("/b", "\t")])

    assert answers == {}
    assert rules(one, answers) == ["/b required"]


def test_an_empty_text_is_an_answer_where_the_schema_names_it(form: Make) -> None:
    """`""` only where an enum or const contains it."""
    one = form({"properties": {"a": {"enum": ["", "x"]}}})

    assert parse(one, [("/a", '""')]) == {"a": ""}
    assert canonical(one, {"a": ""}) == {"a": ""}


@pytest.mark.parametrize(
    "field", [{"enum": ["0912 345 678", "x"]}, {"oneOf": [{"const": "0912 345 678"}, {"const": "x"}]}, {"const": "0912 345 678"}]
)
def test_a_choice_keeps_the_spelling_of_its_schema(form: Make, field: Any) -> None:
    """Its format would store it in another one, which the schema refuses."""
    one = form({"properties": {"a": {**field, "format": "vn-phone"}}, "required": ["a"]})
    answers = {"a": "0912 345 678"}

    assert parse(one, flatten(one, answers)) == canonical(one, answers) == answers
    assert check(one, answers, today=TODAY) == ()


def test_a_boolean_has_three_answers(form: Make) -> None:
    """Yes, no and none; a required one has two; `const: true` is a check box."""
    one = form({"properties": {"o": {"type": "boolean"}, "r": {"type": "boolean"}, "c": {"const": True}}, "required": ["r"]})
    shown = view(one, {}).root.children

    assert [len(c.options) for c in shown[:2]] == [3, 2]
    assert shown[2].widget == "checkbox"
    assert parse(one, [("/o", "false"), ("/r", ""), ("/c", ""), ("/c", "true")]) == {"o": False, "c": True}


def test_an_empty_list_is_told_from_one_that_was_not_on_the_page(form: Make) -> None:
    """A list that the page showed empty is emptied; one that it did not show is kept."""
    one = form({"properties": {"a": {"type": "array", "items": {"type": "string"}}}})

    assert parse(one, [("count:/a", "0")], base={"a": ["x"]}) == {}
    assert parse(one, [], base={"a": ["x"]}) == {"a": ["x"]}


def test_null_is_what_a_blank_means_where_null_is_allowed_and_required(form: Make) -> None:
    """An optional null is absent, a required one is null."""
    one = form({"properties": {"o": {"type": ["string", "null"]}, "r": {"type": ["string", "null"]}}, "required": ["r"]})

    assert parse(one, [("/o", ""), ("/r", "")]) == {"r": None}
    assert canonical(one, {"o": None, "r": None}) == {"r": None}


def test_trailing_blank_rows_go_and_an_earlier_blank_is_required(form: Make) -> None:
    """Between answers a blank row is a question left open."""
    one = form({"properties": {"a": {"type": "array", "items": {"type": "string"}}}})
    pairs = [("count:/a", "4"), ("/a/0", "x"), ("/a/1", ""), ("/a/2", "y"), ("/a/3", "")]

    answers = parse(one, pairs)

    assert answers == {"a": ["x", None, "y"]}
    assert rules(one, answers) == ["/a/1 required"]


# --- choices and branches ----------------------------------------------------------------------------------------


def test_choices_keep_values_apart(form: Make) -> None:
    """`1`, `"1"`, `true` and `null` are four answers."""
    values: list[Any] = [1, "1", True, None, 1.5, {"a": 1}]
    one = form({"properties": {"a": {"enum": values}}, "required": ["a"]})

    for value in values:
        assert parse(one, flatten(one, {"a": value})) == {"a": value}
        assert type(parse(one, flatten(one, {"a": value}))["a"]) is type(value)


def test_a_discriminator_is_its_own_chooser(form: Make) -> None:
    """Branches told apart by a constant are picked by that property, and only the picked one shows."""
    one = form(
        {
            "properties": {
                "who": {
                    "oneOf": [
                        {"title": "Cá nhân", "properties": {"kind": {"const": "p"}, "name": {"type": "string"}}, "required": ["kind", "name"]},
                        {"title": "Tổ chức", "properties": {"kind": {"const": "o"}, "tax": {"type": "string"}}, "required": ["kind", "tax"]},
                    ]
                }
            },
            "required": ["who"],
        }
    )  # fmt: skip
    assert pointers(one, {}) == ["", "/who", "/who/kind"]
    assert [c.title for c in field(one, "/who/kind").choices] == ["Cá nhân", "Tổ chức"]
    assert pointers(one, {"who": {"kind": "o"}}) == ["", "/who", "/who/kind", "/who/tax"]
    assert rules(one, {"who": {"kind": "o"}}) == ["/who/tax required"]
    assert rules(one, {"who": {}}) == ["/who/kind required"]
    assert parse(one, [("/who/kind", '"p"'), ("/who/name", "An")]) == {"who": {"kind": "p", "name": "An"}}


def test_branches_without_a_discriminator_get_a_picker(form: Make) -> None:
    """The page remembers which branch was picked before anything is answered."""
    one = form(
        {
            "properties": {
                "a": {
                    "oneOf": [
                        {"type": "object", "title": "A", "properties": {"x": {"type": "string"}}, "required": ["x"]},
                        {"type": "object", "title": "B", "properties": {"y": {"type": "string"}}, "required": ["y"]},
                    ]
                }
            },
            "required": ["a"],
        }
    )
    assert rules(one, {"a": {}}) == ["/a branch"]
    open_now = layout([("branch:/a", "1")])
    assert [f.pointer for f in walk(effective(one, {}, layout=open_now))] == ["", "/a", "/a/y"]
    assert parse(one, [("branch:/a", "1"), ("/a/y", "v")]) == {"a": {"y": "v"}}
    assert rules(one, {"a": {"x": 1}}) == ["/a/x type"]


def test_any_of_shows_every_branch_that_has_answers(form: Make) -> None:
    """With anyOf nothing of several branches is lost."""
    one = form(
        {
            "anyOf": [
                {"title": "P", "properties": {"p": {"type": "string"}}},
                {"title": "Q", "properties": {"q": {"type": "string"}}},
            ]
        }
    )

    assert parse(one, flatten(one, {"p": "1", "q": "2"})) == {"p": "1", "q": "2"}


def test_several_types_are_picked(form: Make) -> None:
    """A value that may be a number or a text says which it is."""
    one = form({"properties": {"a": {"type": ["string", "integer"]}}})

    assert parse(one, flatten(one, {"a": "12"})) == {"a": "12"}
    assert parse(one, flatten(one, {"a": 12})) == {"a": 12}
    assert [o.label for o in view(one, {}).root.children[0].pickers[0].options][:2] == ["Chữ", "Số"]


def test_a_type_that_depends_on_a_branch_is_parsed_after_the_branch_is_known(form: Make) -> None:
    """`5` is a number where the chosen case says so, and a text where it does not."""
    one = form(
        {
            "properties": {"k": {"enum": ["n", "t"]}},
            "required": ["k"],
            "if": {"properties": {"k": {"const": "n"}}, "required": ["k"]},
            "then": {"properties": {"v": {"type": "integer"}}},
            "else": {"properties": {"v": {"type": "string"}}},
        }
    )
    assert parse(one, [("/v", "5"), ("/k", '"n"')]) == {"k": "n", "v": 5}
    assert parse(one, [("/v", "5"), ("/k", '"t"')]) == {"k": "t", "v": "5"}


def test_what_a_condition_reads_always_holds(form: Make) -> None:
    """Otherwise its answer could never change the condition."""
    one = form(
        {
            "properties": {"a": {"type": "string"}},
            "allOf": [
                {"if": {"properties": {"b": {"const": 1}}, "required": ["b"]}, "then": {"properties": {"c": {"type": "string"}}}},
                {"if": {"required": ["a"]}, "then": {"properties": {"b": {"type": "integer"}}}},
            ],
        }
    )
    assert "/b" in pointers(one, {})
    assert "/c" in pointers(one, {"b": 1})


def test_stopped_fields_are_kept_while_editing_and_dropped_at_the_end(form: Make) -> None:
    """Changing one's mind back brings the answer back; the submission holds only what applies."""
    one = form(
        {
            "properties": {"k": {"enum": ["a", "b"]}},
            "if": {"properties": {"k": {"const": "a"}}, "required": ["k"]},
            "then": {"properties": {"extra": {"type": "string"}}},
        }
    )
    first = parse(one, [("/k", '"a"'), ("/extra", "kept")])
    second = parse(one, [("/k", '"b"'), ("/extra", "typed just before")], base=first)

    assert second == {"k": "b", "extra": "typed just before"}
    assert canonical(one, second) == {"k": "b"}


def test_undeclared_members_are_kept_and_never_taken_from_the_client(form: Make) -> None:
    """A forged control changes nothing."""
    one = form({"properties": {"a": {"type": "string"}}})

    assert parse(one, [("/a", "x"), ("/paid", "true")], base={"note": "stays"}) == {"a": "x", "note": "stays"}


def test_read_only_is_never_taken_from_the_client(form: Make) -> None:
    """It is shown, and that is all."""
    one = form({"properties": {"a": {"type": "string", "readOnly": True}}})

    assert parse(one, [("/a", "forged")], base={"a": "mine"}) == {"a": "mine"}
    assert "forged" not in str(Renderer().render(one, {"a": "mine"}).fields)


def test_defaults_fill_a_new_draft_only(form: Make) -> None:
    """A default never comes back after the user emptied the field."""
    one = form(
        {
            "properties": {
                "a": {"type": "string", "default": "x"},
                "g": {"type": "object", "properties": {"b": {"type": "integer", "default": 2}}},
            }
        }
    )

    assert initial_answers(one) == {"a": "x", "g": {"b": 2}}
    assert parse(one, [("/a", "")], base={"a": "x"}) == {}
    assert initial_answers(form({"properties": {"n": {"type": "string", "x-prefill": "/name"}}}), {"name": "An"}) == {"n": "An"}


def test_an_optional_group_of_constants_is_asked_for(form: Make) -> None:
    """A page could not say otherwise whether it is meant."""
    one = form({"properties": {"g": {"type": "object", "properties": {"k": {"const": "v"}}, "required": ["k"]}}})

    assert parse(one, flatten(one, {})) == {}
    assert parse(one, flatten(one, {"g": {"k": "v"}})) == {"g": {"k": "v"}}
    assert "present:/g" in str(Renderer().render(one, {}).fields)


# --- lists, entries, recursion -------------------------------------------------------------------------------------


def test_free_names_have_an_editor(form: Make) -> None:
    """`additionalProperties` with a schema: names can be given, changed and left out, and none replaces another."""
    one = form({"properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "integer"}})
    pairs = [
        ("/a", "x"),
        ("count:/~e", "3"),
        ("key:/~e0", "đường"),
        ("/~e0", "5"),
        ("key:/~e1", ""),
        ("/~e1", ""),
        ("key:/~e2", "a"),
        ("/~e2", "9"),
    ]

    assert parse(one, pairs) == {"a": "x", "đường": 5, "a (2)": 9}
    assert parse(one, flatten(one, {"a": "x", "b": 1, "c": 2})) == {"a": "x", "b": 1, "c": 2}
    assert rules(one, {"b": "x"}) == ["/b type"]


def test_pattern_properties_have_the_editor_too(form: Make) -> None:
    """A name decides what its value is."""
    one = form({"type": "object", "patternProperties": {"^n": {"type": "integer"}}, "additionalProperties": {"type": "string"}})

    assert parse(one, flatten(one, {"n1": 5, "x": "5"})) == {"n1": 5, "x": "5"}


def test_a_tree_offers_one_level_more(form: Make) -> None:
    """Recursion shows as deep as the answers go."""
    tree = {"type": "object", "properties": {"v": {"type": "string"}, "one": {"$ref": "#/$defs/t"}}}
    one = form({"$ref": "#/$defs/t", "$defs": {"t": tree}})
    answers = {"v": "1", "one": {"v": "2", "one": {"v": "3"}}}

    assert parse(one, flatten(one, answers)) == answers
    folded = [f.pointer for f in walk(effective(one, answers)) if f.folded]
    assert folded == ["/one/one/one"]
    _, opened = after_button(answers, Layout(), "open:/one/one/one")
    assert "/one/one/one/v" in [f.pointer for f in walk(effective(one, answers, layout=opened))]


def test_rows_come_go_and_move() -> None:
    """Every button inside a list works without JavaScript; one that means nothing changes nothing."""
    answers = {"a": ["x", "y", "z"]}

    assert after_button(answers, Layout(), "remove:/a/1")[0] == {"a": ["x", "z"]}
    assert after_button(answers, Layout(), "up:/a/2")[0] == {"a": ["x", "z", "y"]}
    assert after_button(answers, Layout(), "down:/a/0")[0] == {"a": ["y", "x", "z"]}
    assert after_button(answers, Layout(), "add:/a")[1].rows == {"/a": 4}
    for nothing in ("up:/a/0", "down:/a/2", "up:/b/1", "up:/a/x", "remove:/q/7", "save", "fly:/a"):
        assert after_button(answers, Layout(), nothing)[0] == answers


def test_a_tuple_has_a_field_for_each_place(form: Make) -> None:
    """`prefixItems` are fields, `items` after them are rows."""
    one = form({"properties": {"a": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False}}})

    assert pointers(one, {}) == ["", "/a", "/a/0", "/a/1"]
    assert parse(one, flatten(one, {"a": ["x", 2]})) == {"a": ["x", 2]}


def test_checked_values_keep_their_order(form: Make) -> None:
    """A check list gives values in the order in which they were stored."""
    one = form({"properties": {"a": {"type": "array", "uniqueItems": True, "items": {"enum": ["x", "y", "z"]}}}})

    page = Page(str(Renderer().render(one, {"a": ["z", "x"]}).fields))

    assert parse(one, page.pairs) == {"a": ["z", "x"]}


# --- numbers, dates, text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "typed", "meant"),
    [
        ("vi", "1.258,5", 1258.5), ("vi", "1.258", 1258), ("vi", "1,5", 1.5), ("vi", "1.5", "1.5"), ("vi", "1,234.5", "1,234.5"),
        ("vi", "-3", -3), ("vi", "1 258", 1258), ("vi", "30.000 đ", 30000), ("vi", "30.000 ₫", 30000), ("vi", "abc", "abc"), ("vi", "5,0", 5), ("vi", "−2", -2),
        ("en", "1,258.5", 1258.5), ("en", "1.5", 1.5), ("en", "1,5", "1,5"), ("vi", "1e400", "1e400"), ("vi", "٣", "٣"),
    ],
)  # fmt: skip
def test_numbers_are_read_the_way_they_are_written_here(form: Make, language: str, typed: str, meant: Any) -> None:
    """Vietnamese marks in Vietnamese, English ones in English; what is ambiguous is refused, not guessed."""
    one = form({"properties": {"a": {"type": "number"}}})

    assert parse(one, [("/a", typed)], language=language) == {"a": meant}


@pytest.mark.parametrize(
    ("format_", "typed", "stored"),
    [
        ("date", "5/2/2026", "2026-02-05"), ("date", "2026-02-05", "2026-02-05"), ("date", "31/02/2026", "31/02/2026"),
        ("time", "14:05", "14:05:00+07:00"), ("time", "14 giờ 05", "14:05:00+07:00"), ("date-time", "5/2/2026 14:05", "2026-02-05T14:05:00+07:00"),
        ("partial-date", "1985", "1985"), ("partial-date", "1/2/1985", "1985-02-01"), ("vn-phone", "0912 345 678", "+84912345678"),
        ("vn-phone", "(028) 3829 3661", "+842838293661"), ("vn-phone", "1900 1234", "19001234"), ("vn-tax-code", "01.00.112.437", "0100112437"),
        ("vn-tax-code", "0314409058-002", "0314409058-002"), ("vn-personal-number", "079 085 012345", "079085012345"),
        ("vn-land-certificate", "ab123456", "AB 123456"), ("vn-name", "Y'Bih Êban", "Y'Bih Êban"),
    ],
)  # fmt: skip
def test_formats_are_read_shown_and_judged(form: Make, format_: str, typed: str, stored: str) -> None:
    """Typed spellings become one, which reads the same when it is shown again."""
    one = form({"properties": {"a": {"type": "string", "format": format_}}})

    answers = parse(one, [("/a", typed)])

    assert answers == {"a": stored}
    assert parse(one, flatten(one, answers)) == answers
    assert (rules(one, answers) == []) == (stored != "31/02/2026")


@pytest.mark.parametrize("format_", ["date", "date-time", "partial-date"])
@pytest.mark.parametrize(
    ("year", "accepted"), [("0001", False), ("0022", False), ("0999", False), ("1000", True), ("9999", True)]
)
def test_every_format_with_a_year_takes_the_same_years(form: Make, format_: str, year: str, accepted: bool) -> None:
    """A year has four digits of its own, in any format, typed or in a file."""
    one = form({"properties": {"a": {"type": "string", "format": format_}}})
    spellings = {
        "date": (f"5/2/{year}", f"{year}-02-05"),
        "date-time": (f"5/2/{year} 14:05", f"{year}-02-05 14:05", f"{year}-02-05T14:05:00Z", f"{year}-02-05t14:05:00.5-10:00"),
        "partial-date": (year, f"5/2/{year}", f"{year}-02-05"),
    }

    for typed in spellings[format_]:
        for answers in (parse(one, [("/a", typed)]), canonical(one, {"a": typed})):
            assert (rules(one, answers) == []) == accepted, typed


@pytest.mark.parametrize(
    ("format_", "wrong"),
    [
        ("vn-tax-code", "0100233480"), ("vn-tax-code", "12345"), ("vn-personal-number", "12"), ("vn-phone", "0168 123 4567"),
        ("vn-name", "A"), ("vn-name", "N9"), ("partial-date", "1985-13"), ("vn-land-certificate", "123"), ("email", "@"),
    ],
)  # fmt: skip
def test_formats_refuse_what_is_wrong(form: Make, format_: str, wrong: str) -> None:
    """And say what would be right."""
    one = form({"properties": {"a": {"title": "Mục", "type": "string", "format": format_}}})
    problem = check(one, {"a": wrong}, today=TODAY)[0]

    assert problem.rule == "format"
    for language in ("vi", "en"):
        words = message(one, problem, language=language)
        assert words.startswith("Mục: ")
        assert STANDARD.formats[format_].example in words


def test_text_is_nfc_with_line_feeds(form: Make) -> None:
    """Two spellings of one word are one answer, in the schema too."""
    one = form(
        {"properties": {"a": {"type": "string", "maxLength": 3, "x-widget": "textarea"}, "b": {"enum": ["Ho\u0302\u0300", "x"]}}}
    )

    assert parse(one, [("/a", "e\u0302\r\nx"), ("/b", '"Hồ"')]) == {"a": "ê\nx", "b": "Hồ"}
    assert rules(one, {"a": "ê\nx", "b": "Hồ"}) == []


def test_patterns_mean_what_ecma_says(form: Make) -> None:
    """No trailing newline, no foreign digits, `\\p{L}` for letters."""
    one = form(
        {"properties": {"d": {"type": "string", "pattern": "^[0-9]{3}$"}, "l": {"type": "string", "pattern": r"^\p{L}+$"}}}
    )

    assert rules(one, {"d": "123\n"}) == ["/d pattern"]
    assert rules(one, {"d": "١٢٣"}) == ["/d pattern"]
    assert rules(one, {"l": "Nguyễn"}) == []


def test_tenths_are_exact(form: Make) -> None:
    """`multipleOf` does not stumble over binary fractions, and its words speak of decimals."""
    one = form({"properties": {"a": {"title": "Diện tích", "type": "number", "multipleOf": 0.1}}})

    assert rules(one, {"a": 19.9}) == []
    assert rules(one, {"a": 0.3}) == []
    problem = check(one, {"a": 0.25}, today=TODAY)[0]
    assert message(one, problem) == "Diện tích: hãy nhập số có tối đa 1 chữ số thập phân."


def test_a_text_that_is_no_number_stays_to_be_seen(form: Make) -> None:
    """Nothing typed is lost: it is in its control again beside the advice."""
    one = form({"properties": {"a": {"title": "Số", "type": "integer"}}})
    answers = parse(one, [("/a", "mười")])

    assert answers == {"a": "mười"}
    problems = check(one, answers, today=TODAY)
    assert 'value="mười"' in str(Renderer().render(one, answers, problems=problems).fields)
    assert message(one, problems[0]) == "Số: “mười” không phải là số nguyên; ví dụ đúng: 12."


def test_money_is_grouped_and_a_year_is_not(form: Make) -> None:
    """Thousands are marked where they help."""
    one = form({"properties": {"m": {"type": "integer", "x-unit": "đ"}, "y": {"type": "integer"}}})

    assert flatten(one, {"m": 1234567, "y": 2026}) == [("/m", "1.234.567"), ("/y", "2026")]
    assert flatten(one, {"m": 1234567, "y": 2026}, language="en") == [("/m", "1,234,567"), ("/y", "2026")]


# --- problems and words ----------------------------------------------------------------------------------------------


def test_problems_sit_on_the_missing_field(form: Make) -> None:
    """`required` and `dependentRequired` speak of the child, not of its parent."""
    one = form({"properties": {"a": {}, "b": {}, "c": {}}, "required": ["a"], "dependentRequired": {"b": ["c"]}})

    assert rules(one, {"b": 1}) == ["/a required", "/c required"]


def test_a_stale_branch_is_named_and_a_wrong_one_brings_no_noise(form: Make) -> None:
    """An answer of a field that holds is not called unexpected because something in it is wrong."""
    one = form(
        {
            "properties": {"k": {"enum": ["a", "b"]}},
            "if": {"properties": {"k": {"const": "a"}}, "required": ["k"]},
            "then": {"properties": {"n": {"type": "integer"}}},
            "unevaluatedProperties": False,
        }
    )
    assert rules(one, {"k": "a", "n": "x"}) == ["/n type"]
    assert rules(one, {"k": "b", "n": 1}) == ["/n unevaluatedProperties"]


@pytest.mark.parametrize(
    ("schema", "answers", "words"),
    [
        ({"type": "string", "minLength": 5}, "ab", "Mục: hãy nhập ít nhất 5 ký tự; hiện có 2."),
        ({"type": "string", "maxLength": 2}, "abcd", "Mục: hãy nhập tối đa 2 ký tự; hiện có 4."),
        ({"type": "number", "minimum": 1000.5}, 1, "Mục: hãy nhập số từ 1.000,5 trở lên; hiện là 1."),
        ({"type": "number", "exclusiveMaximum": 3}, 3, "Mục: hãy nhập số nhỏ hơn 3; hiện là 3."),
        ({"type": "string", "pattern": "^x$", "examples": ["x"]}, "y", "Mục: “y” chưa đúng dạng; ví dụ đúng: x."),
        ({"type": "string", "pattern": "^x$"}, "y", "Mục: “y” chưa đúng dạng; ví dụ đúng: x."),
        ({"enum": ["a", "b"]}, "c", "Mục: hãy chọn một mục trong danh sách."),
        ({"const": "a"}, "c", "Mục: giá trị phải là a."),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, ["a", "a"], "Mục: có mục bị lặp lại; mỗi mục chỉ để một lần."),
        ({"type": "array", "items": False, "prefixItems": [{}]}, [1, 2], "Mục: hãy bỏ các mục thừa."),
        ({"not": {"const": 1}}, 1, "Mục: giá trị này không được chấp nhận; hãy nhập giá trị khác."),
        ({"type": "object", "propertyNames": {"maxLength": 1}}, {"ab": 1}, "Ab: hãy đặt tên khác cho mục này."),
        ({"type": "string", "x-messages": {"minLength": "Dài hơn nữa."}, "minLength": 3}, "a", "Mục: dài hơn nữa."),
    ],
)  # fmt: skip
def test_words_name_the_field_and_say_what_would_be_right(form: Make, schema: dict[str, Any], answers: Any, words: str) -> None:
    """Never a regular expression, never what Python would print."""
    one = form({"properties": {"a": {"title": "Mục", **schema}}})
    problem = check(one, {"a": answers}, today=TODAY)[0]

    if problem.at.startswith("/a/") and problem.rule == "forbidden":
        problem = attrs.evolve(problem, at="/a", rule="maxItems")
    assert message(one, problem, answers={"a": answers}) == words
    assert message(one, problem, answers={"a": answers}, language="en")


def test_translations_are_used(form: Make) -> None:
    """Titles, choices, messages and rules speak the language of the page."""
    one = read(
        {
            "title": "Đơn",
            "properties": {"a": {"title": "Mục", "oneOf": [{"const": 1, "title": "Một"}, {"const": 2, "title": "Hai"}]}},
            "x-rules": [{"rule": "a == 1", "message": "Phải là một.", "at": "/a"}],
            "x-translations": {"en": {"/title": "Form", "/properties/a/title": "Item", "/properties/a/oneOf/0/title": "One", "/x-rules/0/message": "It must be one."}},
        }
    )  # fmt: skip
    shown = view(one, {"a": 2}, problems=check(one, {"a": 2}, today=TODAY), language="en")

    assert shown.title == "Form"
    assert shown.root.children[0].label == "Item"
    assert [o.label for o in shown.root.children[0].options] == ["One", "Hai", "No answer"] or shown.root.children[0].options[
        0
    ].label == "One"
    assert shown.summary == (("f/a", "Item: it must be one."),)


# --- extension, lists, names -----------------------------------------------------------------------------------------


def test_a_host_adds_a_format_a_widget_and_a_function() -> None:
    """By evolving the dialect; the standard one stays as it is."""
    dialect = (
        STANDARD.with_format(Format("plate", {"vi": "biển số", "en": "a plate"}, "59A-123.45", lambda text: text.startswith("5")))
        .with_widget(Widget("stars", '<input type="range" id="{{ id }}" name="{{ name }}" value="{{ value }}">', int))
        .with_function("double_of", lambda number: number * 2)
    )
    one = read(
        {
            "properties": {"p": {"type": "string", "format": "plate"}, "s": {"type": "integer", "x-widget": "stars"}},
            "x-rules": [{"rule": "double_of(s) < 9.0", "message": "ít hơn", "at": "/s"}],
        },
        dialect=dialect,
    )
    assert rules(one, {"p": "6", "s": 5}) == ["/p format", "/s rule"]
    assert parse(one, [("/s", "3")]) == {"s": 3}
    assert 'type="range"' in str(Renderer(widgets=dialect.widgets).render(one, {"s": 3}).fields)
    assert "plate" not in STANDARD.formats


def test_a_long_list_is_narrowed_by_another_answer() -> None:
    """Province → commune: nothing to choose before, few after, and a wrong pair is refused."""
    communes = Table(tuple({"code": f"{p}{n:03}", "name": f"Xã {n}", "province": p} for p in ("01", "79") for n in range(400)))
    dialect = STANDARD.with_options("communes", communes)
    one = read(
        {
            "properties": {
                "p": {"enum": ["01", "79"]},
                "c": {"type": "string", "x-options": {"list": "communes", "where": {"province": "1/p"}}},
            }
        },
        dialect=dialect,
    )
    assert view(one, {}).root.children[1].options == ()
    shown = view(one, {"p": "79", "c": "79399"}).root.children[1]
    assert [(option.label, option.chosen) for option in shown.options] == [("Xã 399", True)]
    assert shown.search == ""
    found = view(one, {"p": "79"}, layout=Layout(searches={"/c": "xa 12"})).root.children[1]
    assert {option.label for option in found.options} == {"Xã 12", *(f"Xã 12{n}" for n in range(10))}
    many = view(one, {"p": "79", "c": "79399"}, layout=Layout(searches={"/c": "xa"})).root.children[1]
    assert (len(many.options), many.options[0].label) == (21, "Xã 399")
    assert many.search_note == "Còn nhiều mục khác, chỉ hiện 20 mục đầu; hãy gõ thêm chữ."
    none = view(one, {"p": "79"}, layout=Layout(searches={"/c": "phường"})).root.children[1]
    assert (none.options, none.search_note) == ((), "Không có mục nào có tên như vậy.")
    assert rules(one, {"p": "01", "c": "79399"}) == ["/c option"]
    assert rules(one, {"p": "79", "c": "79399"}) == []


def test_names_of_controls_are_injective() -> None:
    """Two pointers never share a control, and no control of ours can be mistaken for an answer."""
    names = ["", "/", "/a", "/a/b", "/a~1b", "/count:", "/\n", "/~x0a".replace("~", "~0"), "/value:", "//"]

    written = [name_of(pointer) for pointer in names] + [name_of(pointer, "count") for pointer in names]

    assert len(set(written)) == len(written)
    assert [pointer_of(name_of(pointer)) for pointer in names] == [("", pointer) for pointer in names]


def test_a_file_without_titles_still_has_words(form: Make) -> None:
    """A bare schema works: names become labels."""
    one = form({"properties": {"fullName": {"type": "string"}, "ho_ten": {"type": "string"}, "Họ tên": {"type": "string"}}})

    assert [child.label for child in view(one, {}).root.children] == ["Full Name", "Ho ten", "Họ tên"]


def test_shared_files_bring_their_own_translations() -> None:
    """A definition in another file speaks for itself."""
    person = {
        "title": "Người",
        "properties": {"name": {"title": "Tên", "type": "string"}},
        "x-translations": {"en": {"/title": "Person", "/properties/name/title": "Name"}},
    }
    one = read({"properties": {"who": {"$ref": "shared/person.json"}}}, resources={"shared/person.json": person})
    shown = view(one, {}, language="en").root.children[0]

    assert (shown.label, shown.children[0].label) == ("Person", "Name")


def test_old_drafts_are_upgraded_with_advice() -> None:
    """Drafts 4 to 7 mean here what they meant there."""
    one = read(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "definitions": {"d": {"type": "string", "minLength": 2}},
            "properties": {
                "a": {"$ref": "#/definitions/d", "minLength": 9},
                "t": {"type": "array", "items": [{"type": "string"}], "additionalItems": False},
            },
            "dependencies": {"a": ["t"], "t": {"required": ["a"]}},
        }
    )
    assert rules(one, {"a": "xy"}) == ["/t required"]
    assert rules(one, {"a": "xy", "t": ["a", "b"]}) != []
    assert {fault.level for fault in one.advice} == {"advice"}
    four = read(
        {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "id": "http://x.test/s",
            "properties": {"n": {"minimum": 3, "exclusiveMinimum": True}},
        }
    )
    assert rules(four, {"n": 3}) == ["/n exclusiveMinimum"]


def test_anchors_and_dynamic_references_are_followed() -> None:
    """Every way of pointing at a schema leads there."""
    one = read(
        {
            "$id": "https://example.com/form",
            "properties": {
                "a": {"$ref": "#name"},
                "b": {"$ref": "https://example.com/form#/$defs/n"},
                "c": {"$dynamicRef": "#dyn"},
            },
            "$defs": {
                "n": {"$anchor": "name", "title": "Tên", "type": "string"},
                "d": {"$dynamicAnchor": "dyn", "type": "integer"},
            },
        }
    )
    assert [f.kind for f in effective(one, {}).children] == [Kind.TEXT, Kind.TEXT, Kind.NUMBER]


def test_absent_is_no_value() -> None:
    """It is false, and nothing that JSON has."""
    assert not ABSENT
    assert repr(ABSENT) == "ABSENT"
    assert Choice(1, "a") == Choice(1, "a")
    with pytest.raises(SchemaError):
        read({"$ref": "shared/nothing.json"})


def test_a_layout_comes_back_from_its_pairs() -> None:
    """The open parts of a page survive an address, without those that follow from the answers."""
    shown = Layout(
        {"/rows": 3, "/known": 2, "/none": 0, "/free/~e": 1},
        {("/who", "0"): (1,), ("/who", "type"): (), ("/who", "1"): (0, 2)},
        frozenset({"/child", "/here"}),
        {"/place": "Đà", "/blank": " "},
    )
    answers = {"known": [1, 2], "none": [], "here": {}}
    again = layout(list(layout_pairs(shown, answers)))
    assert again == Layout({"/rows": 3, "/none": 0, "/free/~e": 1}, shown.branches, frozenset({"/child"}), {"/place": "Đà"})


def test_the_index_of_many_different_pages_stays_small() -> None:
    """The cache of pages drops entries, and the results stay the same."""
    one = read({"properties": {"rows": {"type": "array", "items": {"properties": {"a": {"type": "string", "minLength": 2}}}}}})
    for count in range(1, 300):
        problems = check(one, {"rows": [{"a": "x"}] * count}, today=TODAY)
        assert problems[-1].at == f"/rows/{count - 1}/a"
    size, bound = one.schemas.caches.sizes()["indexes"]
    assert 128 <= size <= bound == 256
