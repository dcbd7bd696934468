"""Supplements about a list: the page shows the requested rows under their numbers, and the others keep their answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.desk import act, changed, filed
from support.page import Page
from support.people import UNIT
from support.samples import SMALL
from support.visits import known

from dossierkit import Dossier, Engine, State

ROWS = [{"no": 1, "note": "Thợ"}, {"no": 2, "note": "Thầy"}, {"no": 3, "note": "Lính"}]
POSTED_ROWS = {"count:/rows": "3"} | {f"/rows/{index}/{name}": str(row[name]) for index, row in enumerate(ROWS) for name in row}
#: A list of texts, a list inside a row, and a group with free names.
NESTED = {
    **SMALL,
    "properties": {
        "name": SMALL["properties"]["name"],
        "tags": {"title": "Nhãn", "type": "array", "items": {"type": "string"}},
        "rows": {
            "title": "Thửa",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "note": {"title": "Ghi chú", "type": "string"},
                    "owners": {"title": "Chủ", "type": "array", "items": {"type": "string"}},
                },
            },
        },
        "areas": {
            "title": "Diện tích",
            "type": "object",
            "properties": {"total": {"title": "Tổng", "type": "integer"}},
            "additionalProperties": {"type": "integer"},
        },
    },
    "x-procedure": {**SMALL["x-procedure"], "unit": UNIT},
}
POSTED_NESTED = {
    "count:/tags": "3", "/tags/0": "a", "/tags/1": "b", "/tags/2": "c",
    "count:/rows": "2", "/rows/0/note": "x", "count:/rows/0/owners": "1", "/rows/0/owners/0": "An",
    "/rows/1/note": "y", "count:/rows/1/owners": "3",
    "/rows/1/owners/0": "Ba", "/rows/1/owners/1": "Tư", "/rows/1/owners/2": "Sáu",
    "/areas/total": "9", "count:/areas/~e": "2",
    "key:/areas/~e0": "ao", "/areas/~e0": "4", "key:/areas/~e1": "vườn", "/areas/~e1": "5",
}  # fmt: skip


def requested(office: Any, posted: dict[str, str], *asked: str) -> tuple[Engine, Any, Dossier]:
    """The engine, the browser of a citizen, and the dossier of *posted* controls with the supplement *asked* for."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen, **posted)
    act(officer("mai@office.vn"), dossier, "request-supplement", asked=[f"wrong:{place}" for place in asked], note="Xin sửa")
    assert engine.lookup(str(dossier.code)).handling.supplement.asked == asked
    return engine, citizen, dossier


def sent(citizen: Any, dossier: Dossier, changes: dict[str, str]) -> Any:
    """The page after *changes* were typed into the supplement page and sent."""
    place = f"/dossiers/{dossier.code}/supplement"
    pairs = dict(Page(citizen.get(place).text).pairs)
    return citizen.post(place, data={**pairs, **changes, "do": "send"})


@pytest.mark.parametrize(
    ("asked", "changes"),
    [
        (["/rows/1/note"], {"/rows/1/note": "Kỹ sư"}),
        (["/rows/0/no", "/rows/2/no"], {"/rows/0/no": "10", "/rows/2/no": "30"}),
        (["/rows/1/note"], {"/rows/1/note": ""}),
        (["/rows/1"], {"/rows/1/no": "20", "/rows/1/note": "Kỹ sư"}),
    ],
)
def test_fields_of_some_rows_are_mended(office: Any, asked: list[str], changes: dict[str, str]) -> None:
    """The requested fields have the new answers, all other answers of all rows are as before."""
    engine, citizen, dossier = requested(office, POSTED_ROWS, *asked)
    assert sent(citizen, dossier, changes).status_code == 200
    mended = engine.lookup(str(dossier.code))
    expected: list[dict[str, Any]] = [dict(row) for row in ROWS]
    for control, text in changes.items():
        _, _, index, name = control.split("/")
        expected[int(index)][name] = int(text) if name == "no" else text
    expected = [{name: value for name, value in row.items() if value != ""} for row in expected]
    assert mended.answers == {"name": "Trần Thị Bà", "copies": 2, "rows": expected}
    assert mended.state is State.SUBMITTED


def test_a_list_in_part_has_the_numbers_of_its_rows_and_no_buttons(office: Any) -> None:
    """The page neither counts the rows nor offers to add, move or remove one."""
    _, citizen, dossier = requested(office, POSTED_ROWS, "/rows/1/note", "/rows/2/note")
    page = citizen.get(f"/dossiers/{dossier.code}/supplement").text
    assert [at["aria-label"] for tag, at in Page(page).attributes if at.get("class") == "row"] == ["Mục 2 – Thầy", "Mục 3 – Lính"]
    assert [at["value"] for tag, at in Page(page).attributes if tag == "button" and at.get("name") == "do"] == ["send", "update"]
    assert "count:/rows" not in dict(Page(page).pairs)


def test_a_whole_list_keeps_its_buttons(office: Any) -> None:
    """A row can be removed and one added, without JavaScript."""
    engine, citizen, dossier = requested(office, POSTED_ROWS, "/rows")
    place = f"/dossiers/{dossier.code}/supplement"
    page = citizen.get(place)
    for button in ("remove:/rows/0", "add:/rows"):
        assert f'value="{button}"' in page.text
        page = citizen.post(place, data={**dict(Page(page.text).pairs), "do": button})
    citizen.post(place, data={**dict(Page(page.text).pairs), "/rows/2/no": "4", "do": "send"})
    assert engine.lookup(str(dossier.code)).answers["rows"] == [*ROWS[1:], {"no": 4}]


@pytest.mark.parametrize(
    ("asked", "changes", "at", "expected"),
    [
        ("/tags/1", {"/tags/1": "B"}, "tags", ["a", "B", "c"]),
        ("/rows/1/owners/2", {"/rows/1/owners/2": "Bảy"}, "rows",
         [{"note": "x", "owners": ["An"]}, {"note": "y", "owners": ["Ba", "Tư", "Bảy"]}]),
        ("/areas/vườn", {"/areas/~e1": "6"}, "areas", {"total": 9, "ao": 4, "vườn": 6}),
        ("/areas/total", {"/areas/total": "10"}, "areas", {"total": 10, "ao": 4, "vườn": 5}),
    ],
)  # fmt: skip
def test_one_of_nested_rows_and_entries_is_mended(
    office: Any, folder: Path, asked: str, changes: dict[str, str], at: str, expected: Any
) -> None:
    """Rows inside rows and entries with free names keep their places, too."""
    changed(office[0], folder, NESTED)
    engine, citizen, dossier = requested(office, POSTED_NESTED, asked)
    before = dossier.answers
    assert [name for _, name, _ in Page(citizen.get(f"/dossiers/{dossier.code}/supplement").text).controls if name in changes]
    assert sent(citizen, dossier, changes).status_code == 200
    assert engine.lookup(str(dossier.code)).answers == {**before, at: expected}


def test_the_rows_of_a_whole_row_keep_their_buttons(office: Any, folder: Path) -> None:
    """The list around the requested row has no buttons, the list inside it has."""
    changed(office[0], folder, NESTED)
    engine, citizen, dossier = requested(office, POSTED_NESTED, "/rows/1")
    place = f"/dossiers/{dossier.code}/supplement"
    page = citizen.get(place)
    assert 'value="remove:/rows/1"' not in page.text
    assert 'value="add:/rows"' not in page.text
    assert 'value="remove:/rows/1/owners/0"' in page.text
    page = citizen.post(place, data={**dict(Page(page.text).pairs), "do": "remove:/rows/1/owners/0"})
    citizen.post(place, data={**dict(Page(page.text).pairs), "do": "send"})
    assert engine.lookup(str(dossier.code)).answers["rows"][1] == {"note": "y", "owners": ["Tư", "Sáu"]}


@pytest.mark.parametrize("asked", ["/rows/1/note", "/rows/2/note"])
def test_a_page_that_counts_the_rows_it_shows_removes_none(office: Any, asked: str) -> None:
    """A page that was opened before an upgrade, or that a host's own template made, says how many rows it shows."""
    engine, citizen, dossier = requested(office, POSTED_ROWS, asked)
    assert sent(citizen, dossier, {asked: "Kỹ sư", "count:/rows": "1"}).status_code == 200
    expected: list[dict[str, Any]] = [dict(row) for row in ROWS]
    expected[int(asked.split("/")[2])]["note"] = "Kỹ sư"
    assert engine.lookup(str(dossier.code)).answers["rows"] == expected
