"""Edge cases in which a small change of the code would lose or change an answer, or show a wrong message."""

from __future__ import annotations

import pytest
from support.page import Page
from support.samples import TODAY

from dossierkit.errors import SchemaError
from dossierkit.forms import Layout, as_sent, check, effective, flatten, message, parse, read, view
from dossierkit.forms.answers.control_names import name_of, pointer_of
from dossierkit.forms.answers.rows import after_button
from dossierkit.forms.checks.conditions import decide
from dossierkit.forms.views.changes import changes
from dossierkit.forms.views.personal_data import MASK, masked_answers
from dossierkit.forms.words.readable_answers import file_limits, most_bytes
from dossierkit.html import Renderer


def test_a_reference_may_be_percent_encoded() -> None:
    """Also one that only the base URI of the file resolves, which is removed afterwards."""
    form = read(
        {
            "$id": "https://example.org/form",
            "properties": {"a": {"$ref": "https://example.org/form#/$defs/H%E1%BB%8D%20t%C3%AAn"}},
            "$defs": {"Họ tên": {"type": "integer"}},
        }
    )

    assert effective(form, {}).children[0].keywords["type"] == "integer"


def test_line_ends_of_a_browser_are_no_edit() -> None:
    """A browser submits CR LF: a stored text in another normal form stays as it is."""
    form = read({"properties": {"t": {"type": "string", "x-widget": "textarea"}}})
    stored = {"t": "cafe\u0301\nhai"}

    pairs = [(name, text.replace("\n", "\r\n")) for name, text in flatten(form, stored)]

    assert parse(form, pairs, base=stored) == stored


@pytest.mark.parametrize("keyword", ["maximum", "exclusiveMaximum"])
def test_the_smallest_upper_bound_is_told(keyword: str) -> None:
    """Of bounds in several schemas, whichever comes first."""
    form = read({"properties": {"n": {"type": "number", keyword: 9, "allOf": [{keyword: 5}]}}})

    assert effective(form, {}).children[0].keywords[keyword] == 5


@pytest.mark.parametrize("keyword", ["minimum", "exclusiveMinimum"])
def test_the_largest_lower_bound_is_told(keyword: str) -> None:
    """Of bounds in several schemas, whichever comes first."""
    form = read({"properties": {"n": {"type": "number", keyword: 5, "allOf": [{keyword: 9}]}}})

    assert effective(form, {}).children[0].keywords[keyword] == 9


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"minimum": 5, "exclusiveMinimum": 5}, "lớn hơn 5"),
        ({"maximum": 5, "exclusiveMaximum": 5}, "nhỏ hơn 5"),
    ],
)
def test_of_equal_bounds_the_exclusive_one_is_told(bounds: dict[str, int], words: str) -> None:
    """5 itself is refused, so the sentence must not invite to enter it."""
    form = read({"properties": {"n": {"type": "number", **bounds}}})

    problems = check(form, {"n": 5}, today=TODAY)

    assert [message(form, problem, answers={"n": 5}) for problem in problems] == [f"N: hãy nhập số {words}; hiện là 5."]


def test_a_value_listed_twice_is_deprecated_if_one_list_says_so() -> None:
    """New drafts do not offer it."""
    choices = [{"const": "a", "deprecated": True}, {"const": "b"}]
    form = read({"properties": {"c": {"enum": ["a", "b"], "oneOf": choices}}})

    assert [choice.deprecated for choice in effective(form, {}).children[0].choices] == [True, False]


def test_positions_of_a_tuple_are_required_up_to_min_items() -> None:
    """The element after them is not."""
    element = {"type": "string"}
    form = read({"properties": {"t": {"type": "array", "prefixItems": [element, element, element], "minItems": 2}}})

    rows = effective(form, {}).children[0].children

    assert [row.required for row in rows] == [True, True, False]


def test_an_entry_that_a_pattern_describes_is_not_described_by_the_rest() -> None:
    """`additionalProperties` applies only to names that no pattern matches."""
    form = read(
        {
            "properties": {
                "g": {
                    "type": "object",
                    "patternProperties": {"^n": {"type": "integer"}},
                    "additionalProperties": {"type": "string", "maxLength": 3},
                }
            }
        }
    )

    entries = effective(form, {"g": {"n": 1, "t": "x"}}).children[0].children[0].children

    assert [(entry.name, entry.keywords.get("type"), "maxLength" in entry.keywords) for entry in entries] == [
        ("n", "integer", False),
        ("t", "string", True),
    ]


@pytest.mark.parametrize(("count", "holds"), [(0, False), (1, True), (2, True), (3, False)])
def test_a_condition_counts_rows_within_bounds(count: int, holds: bool) -> None:
    """`maxContains` bounds `contains` in a condition, too."""
    form = read({"properties": {"l": {"type": "array", "items": {"type": "integer"}}}})
    condition = {"properties": {"l": {"contains": {"const": 1}, "maxContains": 2}}, "required": ["l"]}

    assert decide(form, condition, {"l": [1] * count}).holds is holds


@pytest.mark.parametrize(("text", "number"), [("\u22125", -5), ("-5", -5), ("+5", 5), ("−1.258,5", -1258.5)])
def test_a_minus_sign_may_be_typographic(text: str, number: float) -> None:
    """U+2212 as word processors write it, or the hyphen of a keyboard."""
    form = read({"properties": {"n": {"type": "number"}}})

    assert parse(form, [("/n", text)]) == {"n": number}


@pytest.mark.parametrize("name", ["a/b", "a~b", "~1", "a b"])
def test_rows_inside_an_entry_move_whatever_its_name(name: str) -> None:
    """The name of an entry is a token of a pointer, and escaped as one."""
    answers = {name: [1, 2]}
    layout = Layout(names={"/~e0": name}, rows={"/~e": 1})

    assert after_button(answers, layout, "down:/~e0/0")[0] == {name: [2, 1]}
    assert after_button(answers, layout, "remove:/~e0/0")[0] == {name: [2]}


@pytest.mark.parametrize("character", ["\x00", "\t", "\x1f", "\x7f"])
def test_control_characters_are_not_in_names_of_controls(character: str) -> None:
    """Browsers change them; the name is escaped, and read back."""
    pointer = f"/a{character}b"

    assert character not in name_of(pointer)
    assert pointer_of(name_of(pointer)) == ("", pointer)


def test_a_secret_is_not_quoted() -> None:
    """Neither by a pattern, nor by a format, nor beside a hidden character."""
    secret = {"type": "string", "writeOnly": True}
    schema = {"properties": {"p": {**secret, "pattern": "^[a-z]+$"}, "f": {**secret, "format": "vn-phone"}, "h": secret}}
    answers = {"p": "S3CRET", "f": "S3CRET", "h": "S3CRET\u200b"}
    form = read(schema)

    sentences = [message(form, problem, answers=answers) for problem in check(form, answers, today=TODAY)]

    assert len(sentences) == 3
    assert "S3CRET" not in "".join(sentences)


def test_a_file_that_is_an_answer_is_small() -> None:
    """It travels in the page: the limit that the author wrote is lowered to 700 000 bytes, and told so."""
    embedded = {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}
    form = read(
        {
            "properties": {
                "small": {**embedded, "x-file": {"maxBytes": 1_000}},
                "large": {**embedded, "x-file": {"maxBytes": 9_000_000}},
                "stored": {"type": "string", "x-file": {"maxBytes": 9_000_000}},
            }
        }
    )

    small, large, stored = effective(form, {}).children

    assert list(map(most_bytes, (small, large, stored))) == [1_000, 700_000, 9_000_000]
    assert "0.7 MB" in file_limits(large, "en")


def test_two_fields_of_one_title_are_told_apart() -> None:
    """The sentence names the group of each; a unique title needs none."""
    person = {"type": "object", "properties": {"n": {"title": "Tên", "type": "integer"}}}
    form = read(
        {
            "properties": {
                "a": {"title": "Bên mua", **person},
                "b": {"title": "Bên bán", **person},
                "c": {"title": "Ngày", "type": "integer"},
            }
        }
    )
    answers = {"a": {"n": "x"}, "b": {"n": "x"}, "c": "x"}

    sentences = [message(form, problem, answers=answers) for problem in check(form, answers, today=TODAY)]

    assert [sentence.partition(":")[0] for sentence in sentences] == ["Tên của bên mua", "Tên của bên bán", "Ngày"]


def test_no_browser_cuts_a_text_that_is_short_enough() -> None:
    """`maxlength` counts UTF-16 units before normalization: a letter with accents takes up to four."""
    form = read({"properties": {"t": {"type": "string", "maxLength": 3}}})

    control = view(form, {}).root.children[0]

    assert int(control.attributes["maxlength"]) >= len("\U0001f600\U0001f600\U0001f600".encode("utf-16-le")) // 2
    assert int(control.attributes["maxlength"]) >= len("e\u0302\u0323e\u0302\u0323e\u0302\u0323")


def test_secrets_are_masked_with_personal_answers() -> None:
    """A list for readers without a need to know holds neither."""
    form = read(
        {
            "properties": {
                "name": {"type": "string", "x-personal": True},
                "pin": {"type": "string", "writeOnly": True},
                "area": {"type": "integer"},
            }
        }
    )

    assert masked_answers(form, {"name": "An", "pin": "1234", "area": 5}) == {"name": MASK, "pin": MASK, "area": 5}


def test_a_secret_is_not_in_the_summary_list() -> None:
    """Neither a text, nor the content or the name of a file."""
    file = {"type": "string", "contentEncoding": "base64", "contentMediaType": "text/plain", "writeOnly": True}
    form = read({"properties": {"f": {"title": "Tệp", **file}, "p": {"title": "Mật khẩu", "type": "string", "writeOnly": True}}})

    rows = Renderer().rows(form, {"f": "U0VDUkVU", "p": "SECRET"})

    assert [(row.text, row.files) for row in rows] == [("Đã nhập", ()), ("Đã nhập", ())]


def test_a_field_that_was_required_before_is_no_change() -> None:
    """Only a field that becomes required is."""
    field = {"type": "string"}
    old = read({"properties": {"a": field, "b": field}, "required": ["a"]})
    new = read({"properties": {"a": field, "b": field}, "required": ["a", "b"]})

    assert [(change.kind, change.pointer) for change in changes(old, new, {})] == [("required", "/b")]


@pytest.mark.parametrize("text", ["một dòng", "hai\ndòng"])
@pytest.mark.parametrize("widget", ["text", "money"])
def test_a_line_break_survives_its_control(text: str, widget: str) -> None:
    """A stored text with a line break gets a text area, whatever its widget."""
    form = read({"properties": {"t": {"type": "string", "x-widget": widget}}})

    markup = str(Renderer().render(form, {"t": text}).fields)

    assert ("<textarea" in markup) == ("\n" in text)
    assert parse(form, Page(markup).pairs) == {"t": text}


def test_a_list_grows_up_to_its_bound() -> None:
    """The button for a further row goes with the last row that is allowed."""
    form = read({"properties": {"l": {"type": "array", "items": {"type": "string"}, "maxItems": 2}}})

    markup = {count: str(Renderer().render(form, {"l": ["x"] * count}).fields) for count in (1, 2, 3)}

    assert ['value="add:/l"' in markup[count] for count in (1, 2, 3)] == [True, False, False]


def test_what_users_type_is_no_markup() -> None:
    """In controls, headings of rows and names of entries."""
    evil = "<u>&\"'</u>"
    form = read(
        {
            "properties": {
                "t": {"type": "string"},
                "l": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "string"}}}},
                "g": {"type": "object", "additionalProperties": {"type": "string"}},
            }
        }
    )

    markup = str(Renderer().render(form, {"t": evil, "l": [{"n": evil}], "g": {evil: evil}}).fields)

    assert "<u>" not in markup
    assert markup.count("&lt;u&gt;") >= 5


def test_a_blank_form_is_cached_by_language() -> None:
    """A page in English after one in Vietnamese is in English."""
    form = read({"properties": {"b": {"title": "B", "type": "boolean"}}})
    renderer = Renderer()

    assert "Có" in renderer.render(form, {}, language="vi").fields
    assert "Yes" in renderer.render(form, {}, language="en").fields


def test_rows_are_counted_from_one_for_readers() -> None:
    """In headings; names of controls count from 0."""
    form = read({"properties": {"l": {"title": "L", "type": "array", "items": {"title": "Thửa", "type": "integer"}}}})

    markup = str(Renderer().render(form, {"l": [7, 8]}).fields)

    assert "Thửa 1" in markup
    assert "Thửa 2" in markup
    assert "Thửa 0" not in markup
    assert 'name="/l/1"' in markup


def test_a_computed_value_waits_for_its_group() -> None:
    """It does not make an optional group that has no answer."""
    pytest.importorskip("cel")
    group = {"type": "object", "properties": {"a": {"type": "integer"}, "sum": {"type": "integer", "readOnly": True}}}
    form = read({"properties": {"g": group, "n": {"type": "integer"}}, "x-compute": {"/g/sum": "n * 2"}})

    assert as_sent(form, {"n": 2}, today=TODAY) == {"n": 2}
    assert as_sent(form, {"n": 2, "g": {"a": 1}}, today=TODAY) == {"n": 2, "g": {"a": 1, "sum": 4}}


def test_names_of_a_file_are_in_one_normal_form() -> None:
    """An accent may be a character of its own in the file; answers have the composed letter.  Two such names are a fault."""
    name, decomposed = "Họ", "Ho\u0323"
    field = {"type": "string"}

    form = read({"properties": {decomposed: field}, "required": [decomposed]})

    assert parse(form, [(f"/{name}", "An")]) == {name: "An"}
    assert check(form, {name: "An"}, today=TODAY) == ()
    with pytest.raises(SchemaError, match="accents"):
        read({"properties": {name: field, decomposed: field}})
