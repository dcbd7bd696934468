"""A long list is shown a page of rows at a time: small pages, no lost answer, every row reachable."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from support.counting import calls_of
from support.page import Page
from support.strategies import forms

from dossierkit.findings import Problem
from dossierkit.forms import Layout, canonical, check, parse, read
from dossierkit.forms.answers.page_layout import layout as layout_of
from dossierkit.forms.answers.page_layout import layout_pairs
from dossierkit.forms.answers.row_pages import ROWS_A_PAGE
from dossierkit.forms.answers.rows import after_button
from dossierkit.html import Renderer
from dossierkit.pointers import get, same

TODAY = date(2026, 11, 22)
RENDERER = Renderer()
FIVE = {
    "name": {"type": "string", "title": "Tên"},
    "no": {"type": "integer", "minimum": 0},
    "day": {"type": "string", "format": "date"},
    "kind": {"enum": ["a", "b", "c"]},
    "note": {"type": "string"},
}
#: Fields of every kind that a page can lose: read-only and write-only fields, constants, groups that a box asks for.
ANY = {
    "title": "Thửa",
    "type": "object",
    "required": ["fixed"],
    "properties": {
        **FIVE,
        "fixed": {"const": "x"},
        "meant": {"type": "object", "required": ["sure"], "properties": {"sure": {"const": "yes"}}},
        "secret": {"type": "string", "writeOnly": True},
        "stamp": {"type": "string", "readOnly": True},
        "agreed": {"const": True},
        "marks": {"type": "array", "uniqueItems": True, "items": {"enum": ["p", "q", "r"]}},
        "parts": {"type": "array", "items": {"type": "string"}},
        "free": {"type": "object", "additionalProperties": {"type": "integer"}},
        "owner": {
            "oneOf": [{"title": "A", "type": "object", "properties": {"a": {"type": "string"}}}, {"title": "B", "type": "string"}]
        },
    },
}
LISTED = {"type": "object", "properties": {"rows": {"title": "Các thửa", "type": "array", "items": ANY}}}


def five(number: int) -> dict[str, Any]:
    """A row of five fields."""
    return {"name": f"n{number}", "no": number, "day": "2026-11-22", "kind": "abc"[number % 3], "note": f"t{number}"}


def row(number: int) -> dict[str, Any]:
    """A row of every kind of field, unlike its neighbours."""
    filled = {**five(number), "fixed": "x", "secret": "s", "stamp": f"m{number}", "parts": ["a"] * (number % 3 or 1)}
    filled |= {"free": {f"n{number}": 1}, "owner": {"a": "1"} if number % 2 else "b", "marks": ["r", "p"]}
    return filled | ({"agreed": True, "meant": {"sure": "yes"}} if number % 2 else {})


def shown(form: Any, answers: Any, first: int = 0, *, at: str = "/rows", **options: Any) -> Any:
    """The page of *answers* where the rows from number *first* on are open."""
    return RENDERER.render(form, answers, layout=Layout(pages={at: first}), paged=True, **options)


@pytest.mark.parametrize("first", [0, 50, 100])
def test_a_page_of_rows_sent_again_changes_nothing(first: int) -> None:
    """Whichever page is open, the others are kept, with all that a page never sends back."""
    form, answers = read(LISTED), {"rows": [row(number) for number in range(120)]}
    pairs = Page(str(shown(form, answers, first).fields)).pairs

    assert {name.split("/")[2] for name, _ in pairs if name.startswith("/rows/")} == set(
        map(str, range(first, min(first + 50, 120)))
    )
    assert same(parse(form, pairs, base=answers), answers)


@settings(max_examples=30)
@given(forms())
def test_any_row_is_kept_on_a_page_that_is_not_open(example: tuple[dict[str, Any], Any]) -> None:
    """Whatever the rows are made of."""
    schema, answer = example
    form = read({"type": "object", "properties": {"rows": {"type": "array", "items": schema}}})
    answers = canonical(form, {"rows": [answer] * (ROWS_A_PAGE + 3)})
    for first in (0, ROWS_A_PAGE):
        pairs = Page(str(shown(form, answers, first).fields)).pairs
        assert same(parse(form, pairs, base=answers), answers)


def test_an_answer_on_the_open_page_is_read() -> None:
    """Its input is taken; a row of another page cannot be changed from here."""
    form, answers = read(LISTED), {"rows": [row(number) for number in range(120)]}
    pairs = Page(str(shown(form, answers, 50).fields)).pairs
    typed = [(name, "mới" if name == "/rows/60/note" else text) for name, text in pairs]

    read_back = parse(form, [*typed, ("/rows/3/note", "lạ")], base=answers)

    assert get(read_back, "/rows/60/note") == "mới"
    assert get(read_back, "/rows/3/note") == "t3"
    assert len(read_back["rows"]) == 120


def test_rows_keep_their_numbers_where_nothing_is_stored() -> None:
    """Of a page whose answers are gone, what was typed is left, each row where it was."""
    form, answers = read(LISTED), {"rows": [row(number) for number in range(120)]}
    pairs = Page(str(shown(form, answers, 100).fields)).pairs

    assert [item.get("name") for item in parse(form, pairs)["rows"]] == [None] * 100 + [f"n{n}" for n in range(100, 120)]


def test_few_rows_look_as_ever() -> None:
    """A list of as many rows as a page shows has no pages."""
    form, answers = read(LISTED), {"rows": [row(number) for number in range(ROWS_A_PAGE)]}

    assert RENDERER.render(form, answers, paged=True) == RENDERER.render(form, answers)
    assert "row-pages" not in RENDERER.render(form, answers).fields


def test_a_thousand_rows_are_light() -> None:
    """300 KB at most, and a quarter of the work at most."""
    form = read({"properties": {"rows": {"type": "array", "items": {"type": "object", "properties": FIVE}}}})
    answers = {"rows": [five(number) for number in range(1000)]}
    whole, page = (calls_of(lambda paged=paged: Renderer().render(form, answers, paged=paged)) for paged in (False, True))  # type: ignore[misc]

    assert len(shown(form, answers).fields.encode()) < 300_000
    assert page < whole / 4


def test_what_is_wrong_on_another_page_leads_to_its_button() -> None:
    """The summary links to what opens the page; there it links to the field.  No link leads nowhere."""
    form, answers = read(LISTED), {"rows": [row(number) for number in range(120)]}
    for number in (3, 60, 61, 119):
        answers["rows"][number]["no"] = -1
    problems = check(form, answers, today=TODAY)
    links = {}
    for first in (0, 50, 100):
        rendered = shown(form, answers, first, problems=problems)
        links[first] = [part.partition('"')[0] for part in str(rendered.summary).split('href="#')[1:]]
        assert set(links[first]) <= Page(str(rendered.fields)).ids.keys()
        assert "51–100 (2 chỗ cần xem lại)</button>" in rendered.fields

    assert links[0] == ["f/rows/3/no", "f/rows.page.50", "f/rows.page.50", "f/rows.page.100"]
    assert links[50] == ["f/rows.page.0", "f/rows/60/no", "f/rows/61/no", "f/rows.page.100"]
    assert "(1 to look at again)" in RENDERER.render(form, answers, problems=problems, language="en", paged=True).fields


def test_buttons_name_their_list_and_rows() -> None:
    """For screen readers; the open page is marked, and the next one follows the last row."""
    form, answers = read(LISTED), {"rows": [row(number) for number in range(120)]}
    page = Page(str(shown(form, answers, 50).fields))
    buttons = {
        values["value"]: values for tag, values in page.attributes if tag == "button" and values["value"].startswith("page:")
    }  # type: ignore[union-attr]

    assert ("nav", "Các trang của danh sách: Các thửa") in [(tag, values.get("aria-label")) for tag, values in page.attributes]
    assert "Thửa 51–100" in page.text
    assert "Xem tiếp thửa 101–120" in page.text
    assert {value for value, values in buttons.items() if values.get("aria-current")} == {"page:/rows/50"}
    assert not [id for id, count in page.ids.items() if count > 1]
    assert "Go on to thửa 51–100" in Page(str(RENDERER.render(form, answers, language="en", paged=True).fields)).text


def pressed(answers: Any, layout: Layout, button: str) -> tuple[Any, Layout]:
    """Answers and layout after *button*, the layout as an address holds it."""
    answers, layout = after_button(answers, layout, button)
    return answers, layout_of(layout_pairs(layout, answers))


def test_buttons_open_the_page_of_their_row() -> None:
    """A row that is added or moved stays in sight; after the only row of a page is removed, the page before is open."""
    form, answers, layout = read(LISTED), {"rows": [row(number) for number in range(100)]}, Layout()

    answers, layout = pressed(answers, layout, "add:/rows")
    assert layout.pages == {"/rows": 100}
    assert 'name="/rows/100/name"' in RENDERER.render(form, answers, layout=layout, paged=True).fields
    answers, layout = pressed(answers, layout, "page:/rows/0")
    assert layout.pages == {}
    answers, layout = pressed(answers, layout, "down:/rows/49")
    assert layout.pages == {"/rows": 50}
    assert [get(answers, f"/rows/{number}/no") for number in (49, 50)] == [50, 49]
    answers, layout = pressed(answers, layout, "add:/rows")
    answers, layout = pressed(answers, layout, "remove:/rows/100")
    answers, layout = pressed(answers, layout, "remove:/rows/100")
    assert layout.pages == {"/rows": 100}
    assert 'name="/rows/99/name"' in RENDERER.render(form, answers, layout=layout, paged=True).fields


def test_a_list_in_a_row_has_pages_of_its_own() -> None:
    """Both are open at what is wrong inside, and both are kept."""
    form = read(LISTED)
    answers = {"rows": [row(number) for number in range(60)]}
    answers["rows"][55]["parts"] = [str(number) for number in range(130)]
    problem = Problem("/rows/55/parts/120", "rule", {"message": "Sai"})
    far, near = (shown(form, answers, first, problems=[problem]) for first in (0, 50))
    _, layout = after_button(answers, Layout(), "page:/rows/55/parts/120")
    there = RENDERER.render(form, answers, problems=[problem], layout=layout, paged=True)

    assert 'href="#f/rows.page.50"' in far.summary
    assert 'href="#f/rows/55/parts.page.100"' in near.summary
    assert 'href="#f/rows/55/parts/120"' in there.summary
    assert "f/rows/55/parts/120" in Page(str(there.fields)).ids
    assert same(parse(form, Page(str(there.fields)).pairs, base=answers), answers)


def test_a_hosts_list_has_pages(tmp_path: Path) -> None:
    """A template that a host brought knows nothing of pages; their buttons are there all the same."""
    (tmp_path / "list.html").write_text("<ul>{{ content }}</ul>", "utf-8")
    form, answers = read(LISTED), {"rows": [row(number) for number in range(60)]}
    page = Renderer(folders=[tmp_path]).render(form, answers, paged=True).fields

    assert 'value="page:/rows/50"' in page
    assert 'name="page:/rows" value="0"' in page


def test_a_selection_of_rows_is_shown_on_one_page() -> None:
    """Its rows have the numbers that they have in the whole list, so they do not fit pages of fifty."""
    form = read(LISTED)
    answers = {"rows": [five(number) for number in range(120)]}
    only = [f"/rows/{index}/name" for index in range(10, 120)]
    shown = Page(str(RENDERER.render(form, answers, only=only, paged=True).fields))
    assert dict(shown.pairs) == {f"/rows/{index}/name": f"n{index}" for index in range(10, 120)}
