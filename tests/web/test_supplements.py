"""Supplements: what was asked for is corrected and brought, and what is typed is kept until it is sent.

Of a list, the page shows the requested rows under their numbers, and the others keep their answers.
"""

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
from dossierkit.dossiers.deadlines.calendars import office_time

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
    assert [at["value"] for tag, at in Page(page).attributes if tag == "button" and at.get("name") == "do"] == [
        "update", "send", "save", "update"
    ]  # fmt: skip
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


DOCUMENTS = [{"title": "Đơn", "code": "don"}, {"title": "Bản vẽ", "code": "ve", "paper": False}]
SECRET = {"secret": {"title": "Mật khẩu", "type": "string", "writeOnly": True}}
WITH_DOCUMENTS = {
    **SMALL,
    "properties": {**SMALL["properties"], **SECRET},
    "x-procedure": {**SMALL["x-procedure"], "unit": UNIT, "documents": DOCUMENTS},
}
PDF = b"%PDF-1.7"


def asked_for(office: Any, folder: Path, *asked: str) -> tuple[Engine, Any, Any, Dossier, str]:
    """The engine, the browsers of a citizen and of an officer, a dossier, and the address of the requested supplement."""
    engine, browser, officer = office
    changed(engine, folder, WITH_DOCUMENTS)
    citizen, mai = browser(), officer("mai@office.vn")
    known(citizen)
    dossier = filed(engine, citizen)
    act(mai, dossier, "request-supplement", asked=asked, note="Xin sửa")
    return engine, citizen, mai, dossier, f"/dossiers/{dossier.code}/supplement"


def typed(citizen: Any, place: str, **changes: str) -> dict[str, str]:
    """The pairs that the page would submit after *changes*."""
    return {**dict(Page(citizen.get(place).text).pairs), **changes}


def test_a_requested_document_is_brought(office: Any, folder: Path) -> None:
    """Without a file the page says so at its control; paper will do where the procedure takes it, and the office is told."""
    engine, citizen, mai, dossier, place = asked_for(office, folder, "wrong:/copies", "missing:document:don", "document:ve")
    pairs = typed(citizen, place, **{"/copies": "5", "do": "send"})

    assert '<a href="#document-1">Đơn: Còn thiếu, hãy bổ sung.</a>' in citizen.get(place).text
    refused = citizen.post(place, data=pairs, files={"document:ve": ("vẽ.pdf", PDF)})

    assert refused.status_code == 422
    assert "Đã lưu nháp lúc" in refused.text
    page = Page(refused.text)
    assert '<a href="#document-1">Đơn: Hãy chọn tệp, hoặc đánh dấu vào ô nộp bản giấy.</a>' in refused.text
    assert ("document-1", "document-1-hint document-1-error") in [
        (at.get("id"), at.get("aria-describedby")) for _, at in page.attributes
    ]
    assert 'name="paper:ve"' not in refused.text, "it comes as a file"
    assert engine.lookup(str(dossier.code)).state is State.SUPPLEMENT_REQUESTED
    assert engine.lookup(str(dossier.code)).attachments == ()
    citizen.post(place, data={**pairs, "paper:don": "1"}, files={"document:ve": ("vẽ.pdf", PDF)})
    found = engine.lookup(str(dossier.code))
    assert (found.state, found.handling.declared) == (State.SUBMITTED, ("don",))
    assert "nộp bản giấy" in mai.get(f"/desk/{dossier.code}").text


def test_what_is_typed_is_kept_until_it_is_sent(office: Any, folder: Path) -> None:
    """As the page saves it by itself or as its button does; only for its author, and not for a later request."""
    engine, citizen, mai, dossier, place = asked_for(office, folder, "wrong:/copies", "document:don")
    assert "Chưa lưu" in citizen.get(place).text
    pairs = typed(citizen, place, **{"/copies": "7", "paper:don": "1", "do": "update"})

    saved = citizen.post(place, data=pairs, headers={"x-fragment": "1"})

    assert (saved.status_code, saved.headers["x-version"]) == (200, str(dossier.version + 1))
    page = citizen.get(place).text
    assert "Đã lưu nháp lúc" in page
    assert {**dict(Page(page).pairs), "do": ""} == {**pairs, "do": ""}
    citizen.post(place, data={**pairs, "/copies": "8", "do": "save"})
    assert dict(Page(citizen.get(place).text).pairs)["/copies"] == "8"
    assert engine.lookup(str(dossier.code)).answers["copies"] == 2, "nothing was sent"
    citizen.post(place, data=typed(citizen, place, do="send"))
    assert engine.lookup(str(dossier.code)).answers["copies"] == 8
    act(mai, dossier, "request-supplement", asked=["wrong:/copies"], note="Lần nữa")
    citizen.post(place, data=typed(citizen, place, **{"/copies": "3", "do": "update"}))
    citizen.post(place, data=typed(citizen, place, **{"/copies": "4", "do": "send"}))
    act(mai, dossier, "request-supplement", asked=["wrong:/copies"], note="Lần cuối")
    assert dict(Page(citizen.get(place).text).pairs)["/copies"] == "4"


def test_a_kept_answer_that_no_page_shows_is_sent(office: Any, folder: Path) -> None:
    """A secret that was typed and kept is not typed again."""
    engine, citizen, _, dossier, place = asked_for(office, folder, "missing:/secret", "wrong:/copies")
    for copies in ("3", "4"):
        secret = {"/secret": "hoa hồng"} if copies == "3" else {}
        citizen.post(place, data=typed(citizen, place, **{"/copies": copies, **secret, "do": "update"}))
        assert "hoa hồng" not in citizen.get(place).text
    citizen.post(place, data=typed(citizen, place, do="send"))
    assert engine.lookup(str(dossier.code)).answers == {"name": "Trần Thị Bà", "copies": 4, "secret": "hoa hồng"}


def test_the_page_after_sending_says_what_follows(office: Any, folder: Path) -> None:
    """That it was sent, and by when the office answers."""
    engine, citizen, _, dossier, place = asked_for(office, folder, "wrong:/copies")

    page = citizen.post(place, data=typed(citizen, place, **{"/copies": "3", "do": "send"}))

    assert page.url.path == f"/dossiers/{dossier.code}"
    answer_by = office_time(engine.lookup(str(dossier.code)).handling.clock.answer_by)
    for words in ("Đã gửi phần bổ sung", f"Cơ quan trả lời việc tiếp nhận hồ sơ trước {answer_by:%d/%m/%Y %H:%M}."):
        assert words in page.text
    assert "Đã nộp hồ sơ" not in page.text


SECTIONED = {
    **SMALL,
    "properties": {
        **SMALL["properties"],
        "note": {"title": "Ghi chú", "type": "string"},
        "agent": {
            "title": "Người đại diện",
            "type": "object",
            "properties": {"phone": {"title": "Điện thoại", "type": "string"}},
        },
        "fee": {"title": "Phí", "type": "integer", "readOnly": True},
    },
    "x-procedure": {
        **SMALL["x-procedure"],
        "unit": UNIT,
        "documents": DOCUMENTS[:1],
        "sections": [{"title": "Người nộp", "fields": ["/name", "/agent"]}, {"title": "Nội dung", "fields": ["/copies"]}],
    },
}


def test_an_officer_can_ask_for_every_field_of_the_form(office: Any, folder: Path) -> None:
    """Answered or not, under the headings of the form; not for what nobody answers."""
    engine, browser, officer = office
    changed(engine, folder, SECTIONED)
    citizen, mai = browser(), officer("mai@office.vn")
    known(citizen)
    dossier = filed(engine, citizen, **{"count:/rows": "1", "/rows/0/no": "1"})

    page = Page(mai.get(f"/desk/{dossier.code}").text)

    legends = page.legends[page.legends.index("Người nộp") :]
    assert legends[:4] == ["Người nộp", "Nội dung", "Thông tin khác", "Giấy tờ cần có"]
    labels = [label for id, label in page.labels.items() if id.startswith("request-supplement-asked-")]
    assert labels == [
        "Họ tên: Trần Thị Bà", "Người đại diện › Điện thoại: –", "Số bản: 2", "Thửa", "Thửa › Mục 1 › Số: 1",
        "Thửa › Mục 1 › Ghi chú: –", "Ghi chú: –", "Đơn",
    ]  # fmt: skip
    asked = ["missing:/note", "missing:/agent/phone", "missing:/rows/0/note"]
    act(mai, dossier, "request-supplement", asked=asked, note="Còn thiếu")
    place = f"/dossiers/{dossier.code}/supplement"
    answers = {"/note": "Gấp", "/agent/phone": "0912 345 678", "/rows/0/note": "Góc", "do": "send"}
    citizen.post(place, data=typed(citizen, place, **answers))
    found = engine.lookup(str(dossier.code)).answers
    assert (found["note"], found["agent"]["phone"], found["rows"]) == ("Gấp", "0912 345 678", [{"no": 1, "note": "Góc"}])


def test_an_officer_can_ask_for_rows_where_there_are_none(office: Any, folder: Path) -> None:
    """The citizen adds them."""
    engine, citizen, mai, dossier, place = asked_for(office, folder, "missing:/rows")

    added = citizen.post(place, data=typed(citizen, place, do="add:/rows"))
    assert 'id="f/rows/0/no" autofocus' in added.text
    citizen.post(place, data={**dict(Page(added.text).pairs), "/rows/0/no": "7", "do": "send"})

    assert engine.lookup(str(dossier.code)).answers["rows"] == [{"no": 7}]
    assert "Thửa › Mục 1 › Số: 7" in Page(mai.get(f"/desk/{dossier.code}").text).labels.values()
