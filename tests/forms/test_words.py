"""Messages of problems: the mistake, the remedy, and the field or row that has it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.counting import calls_at_most
from support.samples import TODAY

from dossierkit.findings import Problem
from dossierkit.forms import Form, Kind, as_sent, check, effective, flatten, load, load_answers, parse, read
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.schema.formats import FORMATS
from dossierkit.forms.words.catalogue import WORDS
from dossierkit.forms.words.messages import message, messages, problem_words
from dossierkit.forms.words.pattern_examples import MAX_LENGTH, examples
from dossierkit.html import Renderer
from dossierkit.html.summary import answer_rows
from dossierkit.pointers import same

_TEXT = {"type": "string"}
_EVERY_KIND = {
    "type": "object",
    "properties": {
        "text": _TEXT,
        "number": {"type": "number"},
        "boolean": {"type": "boolean"},
        "choice": {"enum": ["a", "b"]},
        "checks": {"type": "array", "uniqueItems": True, "items": {"enum": ["a", "b"]}},
        "constant": {"const": "a"},
        "accept": {"const": True},
        "group": {"type": "object", "properties": {"x": _TEXT}},
        "entries": {"type": "object", "additionalProperties": _TEXT},
        "list": {"type": "array", "items": _TEXT},
        "file": {"type": "string", "x-file": {}},
        "json": {"type": ["object", "array"], "x-widget": "json"},
    },
    "required": ["constant", "accept"],
}
#: A rule with what the judge says of it.
_RULES: dict[str, dict[str, Any]] = {
    "required": {},
    "type": {"types": ["string"], "value": "x"},
    "enum": {"options": ["a"]},
    "const": {"expected_value": "a"},
    "option": {},
    "pattern": {"pattern": "^x$", "value": "y"},
    "format": {"format": "date", "value": "x"},
    "x-file": {"limits": "PDF."},
    "no-file": {},
    "unclean": {},
    "unstored": {},
    "multipleOf": {"multiple_of": 3},
    "uniqueItems": {"count": 2},
    "contains": {"here": 0, "least": 1},
    "propertyNames": {"name": "x"},
    "additionalProperties": {"name": "x"},
    "unevaluatedProperties": {"name": "x"},
    "forbidden": {},
    "not": {},
    "oneOf": {},
    "anyOf": {},
    "branch": {},
    "anything-else": {},
    **{rule: {"limit": 2, "value": 1} for rule in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")},
    **{rule: {"limit": 2, "value": "abc"} for rule in ("minLength", "maxLength")},
    **{rule: {"limit": 2, "count": 1} for rule in ("minItems", "maxItems", "minProperties", "maxProperties")},
}


def _form(properties: dict[str, Any], **more: Any) -> Form:
    return read(load('{"type": "object"}').value | {"properties": properties, **more})


@pytest.mark.parametrize("rule", sorted(_RULES))
def test_every_rule_has_a_sentence_for_every_kind(rule: str) -> None:
    """In both languages, and not the same one."""
    form = read(_EVERY_KIND)
    fields = [*walk(effective(form, {})), None]
    assert {field.kind for field in fields if field is not None} == set(Kind)

    for field in fields:
        problem = Problem(field.pointer if field is not None else "/x", rule, _RULES[rule])
        vi, en = (problem_words(form, problem, field, language) for language in ("vi", "en"))
        assert vi != en
        for words in (vi, en):
            assert words[:1].strip()
            assert words.endswith(".")
            assert "{" not in words
            assert "None" not in words


def test_both_languages_have_every_word() -> None:
    """None is missing in one of them, and none has other blanks to fill."""
    vi, en = WORDS["vi"], WORDS["en"]

    assert vi.keys() == en.keys()


_WRONG = [
    ("date", "31/02/1985", "không có ngày 31 trong tháng 2 năm 1985; tháng đó có 28 ngày"),
    ("date", "29/02/1900", "tháng đó có 28 ngày"),
    ("date", "1985-04-31", "tháng 4 năm 1985; tháng đó có 30 ngày"),
    ("date", "12/31/2026", "không có tháng 31"),
    ("date", "12/5/22", "bốn chữ số, không phải “22”"),
    ("date", "0022-05-12", "bốn chữ số, không phải “0022”"),
    ("date", "hôm qua", "“hôm qua” không phải là ngày"),
    ("partial-date", "31/02/1985", "không có ngày 31 trong tháng 2 năm 1985"),
    ("partial-date", "85", "“85” không phải là năm"),
    ("partial-date", "0022", "bốn chữ số, không phải “0022”"),
    ("time", "25:00", "giờ không thể là 25"),
    ("time", "14:75", "phút và giây không thể là 75"),
    ("date-time", "22/11/2026", "còn thiếu giờ"),
    ("date-time", "0022-11-22T14:05:00+07:00", "bốn chữ số, không phải “0022”"),
    ("date-time", "22/11/0022 14:05", "bốn chữ số, không phải “0022”"),
    ("date-time", "31/11/2026 14:05", "không có ngày 31 trong tháng 11"),
    ("date-time", "22/11/2026 24:05", "giờ không thể là 24"),
    ("vn-phone", "09123", "đã nhập 5 chữ số"),
    ("vn-phone", "0912 345 67a", "“a” không phải là chữ số"),
    ("vn-phone", "0612345678", "không có đầu số 06"),
    ("vn-phone", "912345678", "bắt đầu bằng 0 hoặc +84"),
    ("vn-phone", "09123456789", "đã nhập 11 chữ số"),
    ("vn-personal-number", "01234567890", "đã nhập 11 chữ số; cần đủ 12"),
    ("vn-personal-number", "0790850123456", "đã nhập 13 chữ số; cần đủ 12"),
    ("vn-personal-number", "07908501234O", "“O” không phải là chữ số"),
    ("vn-personal-number", "000085012345", "không thể là 000"),
    ("vn-tax-code", "010023348", "đã nhập 9 chữ số; cần đủ 10 hoặc 12 hoặc 13"),
    ("vn-tax-code", "0100233480", "chữ số thứ mười không khớp"),
    ("vn-name", "Nguyễn Văn 4", "“4”"),
    ("vn-name", "A", "ít nhất hai chữ cái"),
    ("vn-name", "A" * 101, "tối đa 100"),
    ("vn-land-certificate", "AB 12345", "đã nhập 2 chữ cái và 5 chữ số"),
    ("vn-land-certificate", "12345", "“12345” không phải là"),
    ("email", "ten.example.vn", "thiếu dấu @"),
    ("email", "ten@", "sau dấu @"),
    ("email", "@example.vn", "trước dấu @"),
    ("email", "a@b@example.vn", "đúng một dấu @"),
    ("email", "ten @example.vn", "không được có khoảng trắng"),
    ("email", "ten@example..vn", "“ten@example..vn” không phải là"),
    ("uri", "example.vn/trang", "https://"),
    ("uri", "a b", "“a b” không phải là"),
    ("ipv4", "192.0.2.256", "“192.0.2.256” không phải là"),
]


@pytest.mark.parametrize(("format_", "typed", "words"), _WRONG)
def test_a_format_says_what_is_wrong_with_this_text(format_: str, typed: str, words: str) -> None:
    """And shows a right one, as a user types it, not as it is stored."""
    form = _form({"a": {"title": "Ô", **_TEXT, "format": format_}})
    answers = parse(form, [("/a", typed)])

    (problem,) = check(form, answers, today=TODAY)

    assert problem.rule == "format"
    assert words in message(form, problem, answers=answers)
    assert message(form, problem, answers=answers, language="en") != message(form, problem, answers=answers)


@given(
    st.sampled_from(FORMATS), st.text(st.characters(codec="utf-8"), max_size=30) | st.from_regex(r"\A[0-9/:. @+A-Za-z-]{0,20}\Z")
)
def test_every_format_has_words_for_any_text(format_: Any, text: str) -> None:
    """Whatever is refused is explained in whole sentences."""
    form = _form({"a": {**_TEXT, "format": format_.name}})

    for problem in check(form, {"a": text}, today=TODAY):
        for language in ("vi", "en"):
            assert message(form, problem, answers={"a": text}, language=language).rstrip().endswith(".")


def test_a_secret_is_not_quoted() -> None:
    """Neither a password nor a `writeOnly` answer is in a sentence."""
    form = _form(
        {"a": {**_TEXT, "pattern": "^x+$", "writeOnly": True}, "b": {**_TEXT, "format": "vn-phone", "x-widget": "password"}}
    )
    answers = {"a": "hush", "b": "hush"}

    for language in ("vi", "en"):
        assert not any("hush" in words for words in messages(form, check(form, answers, today=TODAY), language=language))
        assert not any("“h”" in words for words in messages(form, check(form, answers, today=TODAY), language=language))


@pytest.mark.parametrize(
    ("schema", "value", "words"),
    [
        ({"minimum": 5, "maximum": 10}, 12, "hãy nhập số từ 5 đến 10; hiện là 12."),
        ({"minimum": 5, "maximum": 10}, 4, "hãy nhập số từ 5 đến 10; hiện là 4."),
        ({"exclusiveMinimum": 0, "maximum": 1}, 0, "hãy nhập số lớn hơn 0 và không quá 1; hiện là 0."),
        ({"minimum": 0, "exclusiveMinimum": 0}, 0, "hãy nhập số lớn hơn 0; hiện là 0."),
        ({"minimum": 10_000, "x-unit": "m²"}, 1258.5, "hãy nhập số từ 10.000\u00a0m² trở lên; hiện là 1.258,5\u00a0m²."),
        ({"type": "integer"}, 1.5, "“1,5” không phải là số nguyên; ví dụ đúng: 12."),
        ({}, "1.5", "không rõ “1.5” là số nào: dấu phẩy cho phần thập phân, dấu chấm cho hàng nghìn, ví dụ: 1.258,5."),
        ({}, "x", "“x” không phải là số; hãy dùng dấu phẩy cho phần thập phân, ví dụ: 1.258,5."),
    ],
)
def test_a_number_is_told_its_range(schema: dict[str, Any], value: Any, words: str) -> None:
    """Both ends of it, with the unit, and the present number."""
    form = _form({"a": {"title": "Ô", "type": "number", **schema}})

    problems = check(form, {"a": value}, today=TODAY)

    assert {message(form, problem, answers={"a": value}) for problem in problems} == {f"Ô: {words}"}


# --- lists ---------------------------------------------------------------------------------------------------------------

_OWNERS = {
    "title": "Chủ",
    "type": "array",
    "items": {"type": "object", "properties": {"role": {"title": "Vai trò", "enum": ["owner", "other"]}}},
}


@pytest.mark.parametrize(
    ("contains", "items", "words"),
    [
        (
            {"properties": {"role": {"const": "owner"}}, "required": ["role"]},
            [],
            "cần ít nhất 1 mục có vai trò là “owner”; hiện có 0.",
        ),
        ({"title": "chủ hộ", "required": ["role"]}, [{}], "cần ít nhất 1 mục chủ hộ; hiện có 0."),
        ({"required": ["role"]}, [{}], "cần ít nhất 1 mục đúng loại mà biểu mẫu yêu cầu; hiện có 0."),
        (
            {"properties": {"age": {"minimum": 18}, "role": {"const": "owner"}}, "required": ["age", "role"]},
            [{"role": "owner", "age": 3}],
            "cần ít nhất 1 mục có vai trò là “owner”; hiện có 0.",
        ),
        (
            {"properties": {"age": {"minimum": 18}}, "required": ["age"]},
            [{}],
            "cần ít nhất 1 mục đúng loại mà biểu mẫu yêu cầu; hiện có 0.",
        ),
    ],
)
def test_a_list_is_told_what_it_lacks(contains: dict[str, Any], items: list[Any], words: str) -> None:
    """How many items of which kind, and how many there are."""
    form = _form({"a": {**_OWNERS, "contains": contains}})

    (problem,) = check(form, {"a": items}, today=TODAY)

    assert message(form, problem, answers={"a": items}) == f"Chủ: {words}"


def test_a_list_is_told_what_it_has_too_many_of() -> None:
    """And two kinds that are wanted are two problems."""
    wants = [
        {"contains": {"properties": {"role": {"const": "owner"}}, "required": ["role"]}, "maxContains": 1},
        {"contains": {"properties": {"role": {"enum": ["other"]}}, "required": ["role"]}, "minContains": 2},
    ]
    form = _form({"a": {**_OWNERS, "allOf": wants}})
    answers = {"a": [{"role": "owner"}, {"role": "owner"}, {"role": "other"}]}

    words = messages(form, check(form, answers, today=TODAY), answers=answers)

    assert words == (
        "Chủ: chỉ được tối đa 1 mục có vai trò là “owner”; hiện có 2.",
        "Chủ: cần ít nhất 2 mục có vai trò là “other”; hiện có 1.",
    )


def test_a_list_is_not_told_of_the_kinds_that_it_has() -> None:
    """Of two kinds that are wanted, the one that is there is no problem."""
    wants = [{"contains": {"properties": {"role": {"const": role}}, "required": ["role"]}} for role in ("owner", "other")]
    form = _form({"a": {**_OWNERS, "allOf": wants}})
    answers = {"a": [{"role": "owner"}]}

    words = messages(form, check(form, answers, today=TODAY), answers=answers)

    assert words == ("Chủ: cần ít nhất 1 mục có vai trò là “other”; hiện có 0.",)


@pytest.mark.parametrize("value", [{}, {"at": []}, {"at": [None]}, {"at": [1.5]}, {"at": [None, 2]}])
def test_a_missing_place_of_a_tuple_is_required_there(value: Any) -> None:
    """At the place itself, by its own name."""
    places = [{"title": "Vĩ độ", "type": "number"}, {"title": "Kinh độ", "type": "number"}]
    form = _form({"at": {"type": "array", "prefixItems": places, "items": False, "minItems": 2}}, required=["at"])

    problems = check(form, value, today=TODAY)

    given_ = value.get("at", [])
    lacking = [index for index in (0, 1) if index >= len(given_) or given_[index] is None]
    assert [(p.at, p.rule) for p in problems] == [(f"/at/{index}", "required") for index in lacking]
    assert [words.partition(":")[0] for words in messages(form, problems, answers=value)] == [
        ("Vĩ độ", "Kinh độ")[index] for index in lacking
    ]


@pytest.mark.parametrize("answers", [{}, {"p": []}])
def test_an_empty_required_row_says_at_once_what_it_lacks(answers: Any) -> None:
    """The page shows the row, so its own fields speak up, not the list around it."""
    row = {"title": "Người", "type": "object", "properties": {"n": {"title": "Tên", **_TEXT}, "y": _TEXT}, "required": ["n"]}
    form = _form({"p": {"title": "Những người", "type": "array", "minItems": 1, "items": row}}, required=["p"])

    problems = check(form, answers, today=TODAY)

    assert [(p.at, p.rule) for p in problems] == [("/p/0/n", "required")]


def test_a_row_that_lacks_nothing_leaves_the_list_to_speak() -> None:
    """Where a blank row would do, the list is what is too short."""
    row = {"type": "object", "properties": {"n": _TEXT}}
    form = _form({"p": {"type": "array", "minItems": 2, "items": row}})

    assert [(p.at, p.rule) for p in check(form, {"p": [{"n": "x"}]}, today=TODAY)] == [("/p", "minItems")]


# --- whose, and where -------------------------------------------------------------------------------------------------------

_ADDRESS = {"title": "Địa chỉ", "type": "object", "properties": {"p": {"title": "Tỉnh", **_TEXT}}, "required": ["p"]}


def test_problems_with_the_same_words_say_whose_they_are() -> None:
    """By the group or the row around them, as far up as it takes; on the page, too."""
    parcel = {"title": "Thửa đất", "type": "object", "properties": {"at": _ADDRESS}, "required": ["at"]}
    home = {**_ADDRESS, "title": "Nơi thường trú"}
    form = _form(
        {"home": home, "parcels": {"title": "Các thửa", "type": "array", "items": parcel}, "n": {"title": "Tên", **_TEXT}},
        required=["home", "n"],
    )
    answers = {"home": {}, "parcels": [{"at": {}}, {"at": {}}]}
    problems = check(form, answers, today=TODAY)

    words = messages(form, problems, answers=answers)

    assert words == (
        "Tỉnh của nơi thường trú: hãy nhập thông tin này.",
        "Tỉnh của địa chỉ của thửa đất 1: hãy nhập thông tin này.",
        "Tỉnh của địa chỉ của thửa đất 2: hãy nhập thông tin này.",
        "Tên: hãy nhập thông tin này.",
    )
    summary = str(Renderer().render(form, answers, problems=problems).summary)
    assert all(sentence in summary for sentence in words)


def test_a_field_that_one_row_alone_has_says_which_row() -> None:
    """A condition that holds in one of several rows leaves its field without a namesake; the row is told all the same."""
    parcel = {
        "title": "Thửa đất",
        "type": "object",
        "properties": {"term": {"title": "Thời hạn", "enum": ["long", "until"]}},
        "if": {"properties": {"term": {"const": "until"}}, "required": ["term"]},
        "then": {"properties": {"until": {"title": "Thời hạn đến", **_TEXT}}, "required": ["until"]},
    }
    form = _form({"parcels": {"title": "Các thửa", "type": "array", "items": parcel}}, required=["parcels"])

    def told(*rows: Any) -> tuple[str, ...]:
        answers = {"parcels": [*rows]}
        return messages(form, check(form, answers, today=TODAY), answers=answers)

    assert told({"term": "long"}, {"term": "until"}) == ("Thời hạn đến của thửa đất 2: hãy nhập thông tin này.",)
    assert told({"term": "until"}) == ("Thời hạn đến: hãy nhập thông tin này.",), "a single row needs no number"


def test_an_example_of_the_author_stands_in_the_sentence() -> None:
    """The example of a format is for fields without an example of their own."""
    form = _form({"d": {"title": "Ngày sinh", "type": "string", "format": "date", "examples": ["1990-05-20"]}})

    (words,) = messages(form, check(form, {"d": ""}, today=TODAY), answers={"d": ""})

    assert "20/05/1990" in words


_SECTIONED = {
    "type": "object",
    "properties": {
        "consent": {"title": "Cam đoan", "const": True},
        "kind": {"title": "Loại", "enum": ["a", "b"]},
        "other": {"title": "Khác", **_TEXT},
    },
    "required": ["consent", "kind", "other"],
    "if": {"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
    "then": {"properties": {"why": {"title": "Lý do", **_TEXT}}, "required": ["why"]},
    "x-procedure": {
        "sections": [{"title": "Nội dung", "fields": ["/kind", "/why"]}, {"title": "Xác nhận", "fields": ["/consent"]}]
    },
}


def test_problems_and_answers_follow_the_page() -> None:
    """A field of a condition is where the page shows it, and so are its problem and its line of the review."""
    form = read(_SECTIONED)

    problems = check(form, {"kind": "a"}, today=TODAY)
    assert [problem.at for problem in problems] == ["/why", "/consent", "/other"]

    answers = {"consent": True, "kind": "a", "why": "x", "other": "y"}
    rows = answer_rows(form, effective(form, answers), answers, "vi")
    assert [(row.depth, row.label) for row in rows] == [
        (0, "Nội dung"), (1, "Loại"), (1, "Lý do"), (0, "Xác nhận"), (1, "Cam đoan"), (0, "Thông tin khác"), (1, "Khác"),
    ]  # fmt: skip
    page = str(Renderer().render(form, answers).fields)
    places = [page.index(f'id="{row.id}"') for row in rows]
    assert places == sorted(places)


def test_what_nobody_is_asked_has_no_way_to_change_it() -> None:
    """A value that is read only leads to no control."""
    form = _form(
        {"a": {**_TEXT, "readOnly": True}, "g": {"type": "object", "readOnly": True, "properties": {"b": _TEXT}}, "c": _TEXT}
    )
    answers = {"a": "x", "g": {"b": "y"}, "c": "z"}

    rows = answer_rows(form, effective(form, answers), answers, "vi")

    assert {row.pointer: bool(row.id) for row in rows} == {"/a": False, "/g": False, "/g/b": False, "/c": True}


# --- examples ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "example"),
    [
        ("^[A-Z]{2}-[0-9]{4}$", "AB-3456"),
        (r"^\d{3}(?:-\d{2})?$", "123"),
        (r"^(?:HS|QD)/\d+$", "HS/1"),
        (r"^\p{Lu}\p{L}+$", "AB"),
        (r"^[^a-z]\w$", "AB"),
        (r"^\+84\d{9}$", "+84123456789"),
        (r"^a.c\s?$", "aAc"),
        (r"^[\d.]{2,}?$", "12"),
        (r"^(?<y>\d{4})$", "1234"),
        (r"^[à-ỹ]$", "Ă"),
        (r"^\S\D$", "AB"),
        (r"^[\-x]$", "x"),
    ],
)
def test_a_pattern_shows_an_example_of_its_own(pattern: str, example: str) -> None:
    """One that it accepts, as the judge says."""
    form = _form({"a": {**_TEXT, "pattern": pattern}})

    (problem,) = check(form, {"a": "?!?"}, today=TODAY)

    assert message(form, problem).endswith(f"ví dụ đúng: {example}.")
    assert check(form, {"a": example}, today=TODAY) == ()


def test_an_example_fits_the_whole_field() -> None:
    """As long as the field wants it, and in no other field's format."""
    form = _form({"a": {**_TEXT, "pattern": "^[A-Z]+$", "minLength": 4}, "b": {**_TEXT, "pattern": "^[A-Z]+$", "minLength": 40}})

    words = messages(form, check(form, {"a": "x" * 5, "b": "x" * 50}, today=TODAY))

    assert words[0] == "A: “xxxxx” chưa đúng dạng; ví dụ đúng: ABCD."
    assert words[1] == "B: hãy nhập đúng dạng."


@pytest.mark.parametrize(
    "pattern",
    [r"(?=x)y", r"\bx", "^$", "(", "x)", "[a", "*", r"\p{Greek}", r"\1", "a{70}", "x" * 500, r"^[\u4e00]$", "(" * 30 + ")" * 30, "\\",
     "^(?:(?:a{60}){60}){60}$", r"^\P{L}\cA$",
     "^[一-龥]+$", r"^[^\s\S]$"],
)  # fmt: skip
def test_a_pattern_beyond_us_shows_none(pattern: str) -> None:
    """A pattern that is too hard has no example."""
    assert [*examples(pattern)] == []


@given(st.text("ab01[](){}|*+?.^$\\-,dwsp:<=!", max_size=40))
def test_examples_are_short_and_few(pattern: str) -> None:
    """For any pattern."""
    made = [*examples(pattern)]

    assert len(made) <= 9
    assert all(0 < len(text) <= MAX_LENGTH for text in made)


# --- numbers -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "typed", "shown"),
    [
        ({"type": "number"}, "1.258,5", "1.258,5"),
        ({"type": "number"}, "1258,5", "1.258,5"),
        ({"type": "number"}, "1985", "1985"),
        ({"type": "integer"}, "9999", "9999"),
        ({"type": "integer"}, "10000", "10.000"),
        ({"type": "number", "x-unit": "m²"}, "1258", "1.258"),
        ({"type": "integer", "x-widget": "text"}, "700000", "700000"),
        ({"type": "number"}, "-25.000.000,25", "-25.000.000,25"),
        ({"type": "number"}, "0,1", "0,1"),
    ],
)
def test_thousands_are_grouped_alike_everywhere(schema: dict[str, Any], typed: str, shown: str) -> None:
    """An amount is grouped, a year and a code are not; on the page and in the review."""
    form = _form({"a": schema})
    answers = parse(form, [("/a", typed)])

    assert flatten(form, answers) == [("/a", shown)]
    assert answer_rows(form, effective(form, answers), answers, "vi")[0].text.split("\u00a0")[0] == shown  # type: ignore[union-attr]  # a leaf has a text


@given(
    st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)),
    st.sampled_from(["vi", "en"]),
    st.sampled_from([{"type": "number"}, {"type": "number", "x-unit": "đ"}, {"type": "number", "x-widget": "text"}]),
)
def test_a_number_that_is_shown_reads_the_same(value: float, language: str, schema: dict[str, Any]) -> None:
    """In both languages, whatever its size."""
    form = _form({"a": schema})

    assert same(parse(form, flatten(form, {"a": value}, language=language), language=language)["a"], value)


@pytest.mark.parametrize(
    "typed",
    ["12345678901234567,89", "0,1000000000000000055511151231257827", "3,14159265358979323846", "1e-400", "1e400", "-1e999999999",
     "1e-999999999"],
)  # fmt: skip
def test_a_number_with_too_many_digits_is_refused_with_words(typed: str) -> None:
    """It stays as it was typed; no digit is changed silently."""
    form = _form({"a": {"type": "number"}})

    answers = parse(form, [("/a", typed)])

    assert answers == {"a": typed}
    assert "quá nhiều chữ số" in message(form, check(form, answers, today=TODAY)[0], answers=answers)


@pytest.mark.parametrize("digits", ["12345678901234567.89", "-12345678901234567.89", "3.14159265358979323846", "1e-400", "1e400"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_json_with_too_many_digits_is_refused_with_the_words_of_the_page(digits: str, language: str) -> None:
    """At its field, in a row, and in an answer that is typed as JSON; the digits stay as they were written."""
    rows = {"type": "array", "items": {"type": "number"}}
    form = _form({"a": {"type": "number"}, "rows": rows, "json": {"type": ["object", "array"], "x-widget": "json"}})

    answers = load_answers(f'{{"a": {digits}, "rows": [1, {digits}]}}')
    problems = check(form, as_sent(form, answers, today=TODAY), today=TODAY)

    assert answers == {"a": digits, "rows": [1, digits]}
    assert load_answers("[1e99999999999999999999]") == ["1e99999999999999999999"], "an exponent beyond those of Decimal"
    assert [(problem.at, problem.rule) for problem in problems] == [("/a", "type"), ("/rows/1", "type")]
    for problem in problems:
        words = message(form, problem, language=language, answers=answers)
        assert f"“{digits}” " + {"vi": "có quá nhiều chữ số", "en": "has more digits"}[language] in words
    assert parse(form, [("/json", f"[{digits}]")], language=language)["json"] == [digits]


@given(st.decimals(allow_nan=False, allow_infinity=False), st.integers(-30, 30))
def test_json_answers_keep_every_digit(number: Decimal, shift: int) -> None:
    """Each number is read as exactly what it spells, or stays the text of its digits; no number is another one."""
    digits = format(number.scaleb(shift), "f")[:200].rstrip(".")

    [read_number] = load_answers(f"[{digits}]")

    assert read_number == digits or Decimal(repr(read_number)) == Decimal(digits)
    assert not isinstance(read_number, str) or Decimal(repr(float(digits))) != Decimal(digits)


@pytest.mark.parametrize(
    "typed", ["1" * 401, "1" * 5_000, "1," + "1" * 5_000, "1e" + "9" * 19, "1e-" + "9" * 5_000, "1" + ".111" * 500]
)
def test_a_number_of_any_length_is_read_or_stays_a_text(typed: str) -> None:
    """No typed text makes it fail."""
    form = _form({"a": {"type": "number"}})

    answers = parse(form, [("/a", typed)])

    assert answers == {"a": typed}
    assert [problem.rule for problem in check(form, answers, today=TODAY)] == ["type"]


@pytest.mark.parametrize("typed", ["12345678901234567890", "9007199254740993", "0,30000000000000004", "1e21"])
def test_a_number_that_fits_is_exact(typed: str) -> None:
    """Integers of any length, decimals as far as a double tells them apart."""
    form = _form({"a": {"type": "number"}})

    answers = parse(form, [("/a", typed)])

    assert check(form, answers, today=TODAY) == ()
    assert parse(form, flatten(form, answers)) == answers


def test_a_pattern_that_repeats_nothing_costs_bounded_work() -> None:
    """Nested counted repetitions of nothing have no example, and no page waits for one."""
    form = _form({"a": {**_TEXT, "pattern": "^x((((a{0}){60}){60}){60}){60}$"}})

    with calls_at_most(1_000_000):
        (problem,) = check(form, {"a": "y"}, today=TODAY)
        words = message(form, problem, answers={"a": "y"})

    assert "ví dụ" not in words


def test_no_hint_names_a_button_that_is_hidden() -> None:
    """A script hides the button that updates the form; what a field says holds with and without it."""
    for language in ("vi", "en"):
        assert "Cập nhật biểu mẫu" not in WORDS[language]["choose-first"]
        assert "Update the form" not in WORDS[language]["choose-first"]


@pytest.mark.parametrize(
    ("count", "heading"), [(1, "Answers that need another look: 1"), (2, "Answers that need another look: 2")]
)
def test_a_summary_fits_any_number_of_problems(count: int, heading: str) -> None:
    """The number follows the words, which are then right for one problem, too."""
    names = ["name", "place"][:count]
    form = read({"type": "object", "required": names, "properties": dict.fromkeys(names, _TEXT)})

    assert f">{heading}</h2>" in Renderer().render(form, {}, problems=check(form, {}, today=TODAY), language="en").summary
