"""Hidden characters: which ones they are, where they are refused, and the messages about them."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples import TODAY

from dossierkit.forms import check, flatten, is_valid, message, parse, read
from dossierkit.forms.lint.document_lint import lint
from dossierkit.hidden_characters import Hidden, hidden_character, without_hidden

TEXT = {"type": "string"}

HIDDEN = [
    ("\u202eabc", 0, Hidden.DIRECTION), ("a\u202db", 1, Hidden.DIRECTION), ("a\u202ab\u202c", 1, Hidden.DIRECTION),
    ("a\u2066b\u2069", 1, Hidden.DIRECTION), ("a\u200e", 1, Hidden.DIRECTION), ("a\u200fb", 1, Hidden.DIRECTION), ("\u061ca", 0, Hidden.DIRECTION),
    ("Nguy\u200bễn", 4, Hidden.INVISIBLE), ("An\u200d", 2, Hidden.INVISIBLE), ("A\u200cn", 1, Hidden.INVISIBLE), ("\ufeffAn", 0, Hidden.INVISIBLE),
    ("A\u2060n", 1, Hidden.INVISIBLE), ("A\u00adn", 1, Hidden.INVISIBLE), ("A\u034fn", 1, Hidden.INVISIBLE), ("\u3164", 0, Hidden.INVISIBLE),
    ("\uffa0", 0, Hidden.INVISIBLE), ("\u115f", 0, Hidden.INVISIBLE), ("\u2800", 0, Hidden.INVISIBLE), ("A\ufe0f", 1, Hidden.INVISIBLE),
    ("1\ufe0f2", 1, Hidden.INVISIBLE), ("A\U000e0041", 1, Hidden.INVISIBLE), ("A\U000e0101", 1, Hidden.INVISIBLE), ("A\ufff9b\ufffa", 1, Hidden.INVISIBLE),
    ("A\u2063", 1, Hidden.INVISIBLE), ("A\u206a", 1, Hidden.INVISIBLE), ("\u17b5", 0, Hidden.INVISIBLE), ("a\u180eb", 1, Hidden.INVISIBLE),
    ("a\u2028b", 1, Hidden.BREAK), ("a\u2029b", 1, Hidden.BREAK), ("a\x07", 1, Hidden.CONTROL), ("a\x7f", 1, Hidden.CONTROL),
    ("a\x85b", 1, Hidden.CONTROL), ("a\x0bb", 1, Hidden.CONTROL), ("\x1b[31m", 0, Hidden.CONTROL), ("\ue000", 0, Hidden.PRIVATE),
    ("a\U000f0000", 1, Hidden.PRIVATE), ("a\U0010fffd", 1, Hidden.PRIVATE), ("a\u0378", 1, Hidden.UNASSIGNED), ("a\uffff", 1, Hidden.UNASSIGNED),
    ("a\U000e0080", 1, Hidden.UNASSIGNED), ("a\ud800", 1, Hidden.UNASSIGNED),
    # Right in one place, wrong in another.
    ("\u200d\U0001f468", 0, Hidden.INVISIBLE), ("\U0001f468\u200d", 1, Hidden.INVISIBLE), ("\U0001f44d\ufe0f\ufe0f", 2, Hidden.INVISIBLE),
    ("\u0645\u06cc\u200c\u200c\u062e", 2, Hidden.INVISIBLE), ("\u200c\u0645", 0, Hidden.INVISIBLE), ("\U0001f3f4\U000e0067a", 1, Hidden.INVISIBLE),
    ("\u1797\u200b", 1, Hidden.INVISIBLE), ("dòng một\ndòng\u200b hai", 13, Hidden.INVISIBLE),
]  # fmt: skip
VISIBLE = [
    "", "Nguyễn Văn Mẫu", unicodedata.normalize("NFD", "Đặng Ngọc Ánh"), "một\r\nhai\tba", "a\u00a0b\u202f\u3000c", "ⵣ ∑ ✓ ₫",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f9d1\U0001f3fd\u200d\U0001f680",
    "\U0001f441\ufe0f\u200d\U0001f5e8\ufe0f", "\U0001f636\u200d\U0001f32b\ufe0f", "\u26f9\U0001f3ff\u200d\u2642\ufe0f", "\u2764\ufe0f", "\u263a\ufe0e",
    "1\ufe0f\u20e3 #\ufe0f\u20e3 *\ufe0f\u20e3", "\u00a9\ufe0f \u2122\ufe0f", "\U0001f1fb\U0001f1f3", "\U0001f44d\U0001f3fd", "\U0001fae8 \U0001fae9",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\u0915\u094d\u200d\u0937", "\u0dc1\u0dca\u200d\u0dbb\u0dd3", "\u0d28\u0d4d\u200d", "\u1797\u17b6\u179f\u17b6\u200b\u1781\u17d2\u1798\u17c2\u179a",
    "\u845b\U000e0100", "\u2801\u2800\u2803", "\u182d\u180b", "\u0600\u0661", "\U00031350",
]  # fmt: skip


@pytest.mark.parametrize(("text", "index", "kind"), HIDDEN, ids=[ascii(text) for text, _, _ in HIDDEN])
def test_hidden_characters_are_found(text: str, index: int, kind: Hidden) -> None:
    """With their place and kind; without them the text has none."""
    found = hidden_character(text)

    assert found is not None
    assert (found.index, found.kind, found.character) == (index, kind, text[index])
    assert found.code == f"U+{ord(text[index]):04X}"
    assert hidden_character(without_hidden(text)) is None


@pytest.mark.parametrize("text", VISIBLE, ids=ascii)
def test_emoji_and_scripts_keep_their_joiners(text: str) -> None:
    """Sequences, flags, keycaps, selectors, the joiners of Persian and Indic, the breaks of Khmer; blanks and line ends too."""
    assert hidden_character(text) is None
    assert without_hidden(text) == text


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Lo", "So", "Zl", "Zp"))))
def test_letters_and_signs_are_never_hidden(text: str) -> None:
    """Visible characters are left alone."""
    assert without_hidden(text) == text


@given(st.text(), st.sampled_from("\u202e\u200b\ufeff\u2028\ue000\x07\u2066"), st.text())
def test_a_hidden_character_is_found_in_any_text(before: str, hidden: str, after: str) -> None:
    """Whatever text is around it, the first one found is at its place or before it."""
    found = hidden_character(before + "x" + hidden + after)

    assert found is not None
    assert found.index <= len(before) + 1
    assert without_hidden(without_hidden(before + after)) == without_hidden(before + after)


FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"title": "Họ tên", "type": "string", "format": "vn-name"},
        "note": {"title": "Ghi chú", "type": "string", "x-widget": "textarea", "maxLength": 40},
        "secret": {"title": "Mã", "type": "string", "writeOnly": True},
        "free": {"title": "Khác", "type": "object", "additionalProperties": TEXT},
        "rows": {
            "title": "Thửa",
            "type": "array",
            "items": {"type": "object", "properties": {"no": {"title": "Số", "type": "string"}}},
        },
        "own": {"title": "Riêng", "type": "string", "x-messages": {"hidden-character": "Gõ lại mục này."}},
    },
}


@pytest.mark.parametrize(
    ("answers", "at", "vi", "en"),
    [
        ({"name": "Nguyễn\u202e Văn A"}, "/name", "Họ tên: ngay sau “Nguyễn” có một ký tự ẩn làm đảo chiều chữ (U+202E)", "right after “Nguyễn”"),
        ({"note": "\ufeffxin"}, "/note", "ở đầu có một ký tự không nhìn thấy được (U+FEFF)", "at the beginning"),
        ({"note": "một\n\u200bhai"}, "/note", "ở ký tự thứ 5 có", "at character 5"), ({"note": "a\u2028b"}, "/note", "dấu ngắt dòng", "line break"),
        ({"note": "a\x07"}, "/note", "ký tự điều khiển", "control character"), ({"note": "a\ue000"}, "/note", "phông chữ", "one font"),
        ({"note": "a\uffff"}, "/note", "không ứng với chữ nào (U+FFFF)", "no character (U+FFFF)"),
        ({"secret": "mật\u200bkhẩu"}, "/secret", "ở ký tự thứ 4 có", "at character 4"),
        ({"rows": [{"no": "1"}, {"no": "2\u200b"}]}, "/rows/1/no", "ngay sau “2”", "right after “2”"),
        ({"free": {"A\u200bn": "x"}}, "/free/A\u200bn", "An: trong tên mục này, ngay sau “A”", "in the name of this item: right after “A”"),
        ({"free": {"\u200b": "x"}}, "/free/\u200b", "Tên mục: trong tên", "Name: in the name"),
        ({"free": {"An": "\u200bx"}}, "/free/An", "An: ở đầu", "An: at the beginning"),
        ({"other": ["a", {"b": "\u202e"}]}, "/other/1/b", "ở đầu", "at the beginning"),
        ({"own": "a\u200b"}, "/own", "Riêng: gõ lại mục này.", "Riêng: gõ lại mục này."),
    ],
)  # fmt: skip
def test_hidden_text_is_refused_at_its_field(answers: Any, at: str, vi: str, en: str) -> None:
    """With its kind and its place; nothing else is said of the same text, a secret is not quoted, and no sentence has the sign."""
    form = read(FORM)

    [problem] = check(form, answers, today=TODAY)

    assert (problem.at, problem.rule) == (at, "hidden-character")
    for language, words in (("vi", vi), ("en", en)):
        said = message(form, problem, language=language, answers=answers)
        assert words in said
        assert hidden_character(said) is None


def test_the_judge_of_json_schema_knows_no_hidden_text() -> None:
    """`is_valid` asks the schema alone."""
    assert is_valid(FORM, {"note": "\u202eabc"})
    assert check(read(FORM), "\u202eabc", today=TODAY)[-1].rule == "hidden-character"
    assert [problem.rule for problem in check(read(FORM), "abc", today=TODAY)] == ["type"]


AUTHORS: list[tuple[dict[str, Any], Any]] = [
    ({"enum": ["a\u200b", "b"]}, "a\u200b"), ({"const": "a\u200b"}, "a\u200b"), ({"type": "string", "default": "a\u200b"}, "a\u200b"),
    ({"oneOf": [{"const": "a\u200b", "title": "A"}, {"const": "b", "title": "B"}]}, "a\u200b"),
    ({"type": "array", "uniqueItems": True, "items": {"enum": ["a\u200b", "b"]}}, ["b", "a\u200b"]),
    ({"enum": [{"n\u200b": ["a\u200b"]}, {"n": []}]}, {"n\u200b": ["a\u200b"]}), ({"type": "object", "properties": {"n\u200b": TEXT}}, {"n\u200b": "x"}),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "answer"), AUTHORS)
def test_what_the_author_wrote_can_be_chosen(schema: dict[str, Any], answer: Any) -> None:
    """A user cannot mend it in the form; lint tells its author."""
    form = read({"type": "object", "properties": {"a": schema}})

    assert check(form, {"a": answer}, today=TODAY) == ()
    assert [problem.rule for problem in check(form, {"a": answer, "b": "\u200b"}, today=TODAY)] == ["hidden-character"]
    faults = [fault for fault in lint({"properties": {"a": schema}}, today=TODAY) if fault.code == "hidden-character"]
    assert faults
    assert all(fault.level == "warning" and fault.pointer.startswith("/properties/a") for fault in faults)
    assert all("character 2" in fault.message and "U+200B" in fault.message for fault in faults)


def test_a_computed_text_is_the_authors() -> None:
    """Its sources are refused at their own fields."""
    form = read({"properties": {"a": TEXT, "b": TEXT}, "x-compute": {"/b": "a + '.'"}})

    assert [problem.at for problem in check(form, {"a": "x\u200b", "b": "x\u200b."}, today=TODAY)] == ["/a"]


def test_a_test_of_a_file_may_hold_hidden_text() -> None:
    """To show that it is refused."""
    schema = {"title": "A", "properties": {"a": TEXT}}
    tests = [{"name": "ẩn", "answers": {"a": "x\u200b"}, "problems": ["/a hidden-character"]}]

    assert {fault.code for fault in lint({**schema, "x-tests": tests}, today=TODAY)} == {"no-translations"}
    titled = lint({**schema, "title": "A\u202e"}, today=TODAY)
    assert [(fault.code, fault.pointer) for fault in titled if fault.code == "hidden-character"] == [
        ("hidden-character", "/title")
    ]


def test_what_was_typed_stays_on_the_page() -> None:
    """Nothing is taken out of an answer silently."""
    form = read(FORM)
    answers = {"note": "a\u200bb", "free": {"A\u200bn": "x"}}

    assert parse(form, flatten(form, answers)) == answers


@given(
    st.lists(
        st.text(st.sampled_from('aạ9#\\"/\n\t\x00\x08\x0c\x1b\x7f\u200b\u202e\u200d\ufe0f\u20e3\U0001f600\ud800')), max_size=4
    )
)
def test_texts_that_are_looked_at_together_hide_nothing(texts: list[str]) -> None:
    """Beside any other text, in any spelling of JSON, its hidden character is found, and none is made up."""
    form = read({"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}})
    names = {problem.at for problem in check(form, {"entry": texts}, today=TODAY)}

    assert names == {f"/entry/{index}" for index, text in enumerate(texts) if hidden_character(text)}
