"""The desk: from reception to the result through pages alone; units see their own dossiers; failures have messages."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from starlette.routing import Route
from support.desk import act, changed, filed
from support.page import Page
from support.people import UNIT
from support.samples import SMALL
from support.visits import GOOD, known, sign_in

from dossierkit import Action, Actor, Engine, Role, State
from dossierkit.errors import SettingsError
from dossierkit.files.disk import DiskBlobs
from dossierkit.office.retention import erase
from dossierkit.people.staff import appoint, disable, reset, unlock
from dossierkit.testing import FixedClock
from dossierkit.wiring import open_accounts

PDF = b"%PDF-1.7"


def test_from_reception_to_the_result(office: Any) -> None:
    """Accepted, assigned, supplemented by the citizen, paid, completed, handed over, each by whom it is for."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen)
    mai, nam = officer("mai@office.vn"), officer("nam@office.vn")
    assert str(dossier.code) in mai.get("/desk").text
    assert "Trần Thị Bà" in mai.get("/desk").text

    assert "Đã tiếp nhận." in act(mai, dossier, "accept").text
    nams = engine.store.accounts.account_of("nam@office.vn").id
    act(mai, dossier, "assign", officer=nams, note="Nhờ anh Nam")
    assert str(dossier.code) in nam.get("/desk?view=mine").text
    assert str(dossier.code) not in mai.get("/desk?view=mine").text

    assert "Nhờ anh Nam" in nam.get(f"/desk/{dossier.code}").text
    assert "Nhờ anh Nam" not in citizen.get(f"/dossiers/{dossier.code}").text

    act(nam, dossier, "request-supplement", asked=["/copies"], note="Số bản chưa đúng")
    own = citizen.get(f"/dossiers/{dossier.code}").text
    assert "Bổ sung ngay" in own
    asked = citizen.get(f"/dossiers/{dossier.code}/supplement")
    assert "Số bản chưa đúng" in asked.text
    assert [name for _, name, _ in Page(asked.text).controls if name.startswith("/")] == ["/copies"]
    pairs = dict(Page(asked.text).pairs)
    refused = citizen.post(asked.url.path, data={**pairs, "/copies": "99", "do": "send"})
    assert refused.status_code == 422
    assert "Hãy nhập số từ 1 đến 9; hiện là 99." in refused.text
    citizen.post(asked.url.path, data={**pairs, "/copies": "3", "/name": "Kẻ gian", "do": "send"})
    mended = engine.lookup(str(dossier.code))
    assert (mended.state, mended.answers) == (State.PROCESSING, {"name": "Trần Thị Bà", "copies": 3})
    assert citizen.get(f"/dossiers/{dossier.code}/supplement").url.path == f"/dossiers/{dossier.code}"
    assert citizen.post(f"/dossiers/{dossier.code}/supplement").url.path == f"/dossiers/{dossier.code}"

    act(nam, dossier, "request-payment", amount="50.000")
    assert "Chưa nộp" in nam.get(f"/desk/{dossier.code}").text
    act(mai, dossier, "settle", payment="paid")
    act(nam, dossier, "extend", due="31/12/2026", note="Xin lỗi vì chậm trễ")
    assert "31/12/2026" in citizen.get(f"/dossiers/{dossier.code}").text
    act(nam, dossier, "complete", outcome="approved")
    done = act(mai, dossier, "hand-over", evidence="counter", note="Bà Trần đã nhận")
    assert "Đã trả kết quả" in done.text
    assert "Ghi nhận hoàn tiền" in done.text
    assert str(dossier.code) in mai.get("/desk?view=done").text
    assert list(engine.verify()) == []


@pytest.mark.parametrize("action", ["refuse", "request-supplement", "accept"])
def test_an_answer_is_due_while_the_dossier_waits_for_the_office(office: Any, action: str) -> None:
    """The day by which the office has to answer is shown until it answered, or asked the citizen for something."""
    engine, browser, officer = office
    citizen, mai = browser(), officer("mai@office.vn")
    known(citizen)
    dossier = filed(engine, citizen)
    assert "Phải trả lời trước" in mai.get(f"/desk/{dossier.code}").text

    done = act(mai, dossier, action, note="Thiếu", asked=["wrong:/copies"])

    assert done.status_code == 200
    assert "Phải trả lời trước" not in done.text


def test_an_outcome_is_shown_to_both_sides(office: Any, folder: Path) -> None:
    """Citizen and officer read it on the page of the dossier, in its history and in the list; a proposed one only the officer."""
    engine, browser, officer = office
    block = {**SMALL["x-procedure"], "unit": UNIT, "workflow": {"fourEyes": True}}
    changed(engine, folder, {**SMALL, "x-procedure": block})
    citizen, mai, nam, linh = browser(), *(officer(f"{name}@office.vn") for name in ("mai", "nam", "linh"))
    known(citizen)
    dossier = filed(engine, citizen)
    act(mai, dossier, "accept")
    act(mai, dossier, "assign", officer=nam_id(engine))
    own, desk = f"/dossiers/{dossier.code}", f"/desk/{dossier.code}"
    act(nam, dossier, "propose", outcome="rejected")
    assert "Đã trình kết quả: Từ chối, có lý do" in nam.get(desk).text
    assert "Từ chối, có lý do" not in "".join(citizen.get(place).text for place in (own, "/dossiers", "/"))

    act(linh, dossier, "complete", outcome="rejected", note="Không đủ điều kiện")

    state = '<span class="state">Đã xử lý xong</span> <b>Từ chối, có lý do</b>'
    for client, place in ((citizen, own), (citizen, "/dossiers"), (citizen, "/"), (nam, desk), (nam, "/desk?view=done")):
        assert state in client.get(place).text, place
    assert all("Đã xử lý xong: Từ chối, có lý do</b>" in page.text for page in (citizen.get(own), nam.get(desk)))
    assert "Completed: Rejected" in citizen.get(f"{own}?lang=en").text


def test_a_decision_is_never_chosen_in_advance(office: Any, folder: Path) -> None:
    """The outcome has to be chosen, with and without a script; the way of the result is the one that the citizen chose."""
    engine, browser, officer = office
    schema = {**SMALL, "properties": {**SMALL["properties"], "delivery": {"title": "Nhận kết quả", "enum": ["counter", "post"]}}}
    changed(engine, folder, {**schema, "x-procedure": {**SMALL["x-procedure"], "unit": UNIT}})
    citizen, mai, nam = browser(), officer("mai@office.vn"), officer("nam@office.vn")
    known(citizen)
    by_post, silent = filed(engine, citizen, **{"/delivery": "post"}), filed(engine, citizen)
    for dossier in (by_post, silent):
        act(mai, dossier, "accept")
        act(mai, dossier, "assign", officer=nam_id(engine))
        shown = nam.get(f"/desk/{dossier.code}").text
        assert '<select id="complete-outcome" name="outcome" required>' in shown
        assert ("outcome", "") in Page(shown).pairs

        refused = act(nam, dossier, "complete", outcome="")

        assert (refused.status_code, engine.lookup(str(dossier.code)).state) == (422, State.PROCESSING)
        assert '<div class="error" id="complete-outcome-error"><p>Hãy chọn kết quả.</p></div>' in refused.text
        assert 'required aria-describedby="complete-outcome-error" aria-invalid="true">' in refused.text
        act(nam, dossier, "complete", outcome="approved")
    assert ("evidence", "post") in Page(mai.get(f"/desk/{by_post.code}").text).pairs
    assert ("evidence", "") in Page(mai.get(f"/desk/{silent.code}").text).pairs


def test_each_side_writes_to_the_other(office: Any) -> None:
    """The messages are headed by the side that the reader writes to."""
    engine, browser, officer = office
    citizen, mai = browser(), officer("mai@office.vn")
    known(citizen)
    dossier = filed(engine, citizen)

    at_desk, own = mai.get(f"/desk/{dossier.code}").text, citizen.get(f"/dossiers/{dossier.code}").text

    assert '<h2 id="thread">Trao đổi với người nộp</h2>' in at_desk
    assert '<h2 id="thread">Trao đổi với cơ quan</h2>' in own


def test_a_supplement_brings_files_and_what_follows_from_an_answer(office: Any, folder: Path) -> None:
    """Documents that were asked for come along; a field that only holds because of the new answer is asked for, too."""
    engine, browser, officer = office
    schema = {
        **SMALL,
        "if": {"properties": {"copies": {"minimum": 5}}, "required": ["copies"]},
        "then": {"properties": {"why": {"title": "Vì sao nhiều", "type": "string"}}, "required": ["why"]},
        "x-procedure": {
            **SMALL["x-procedure"],
            "unit": UNIT,
            "documents": [{"title": "Đơn", "code": "don"}, {"title": "Bản vẽ", "code": "ve"}],
        },
    }
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    engine.catalog.expire()
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen)
    mai = officer("mai@office.vn")
    act(mai, dossier, "request-supplement", asked=["/copies", "document:don"], note="Thiếu đơn")
    place = f"/dossiers/{dossier.code}/supplement"
    page = citizen.get(place).text
    assert "Bản vẽ" not in page
    pairs = {**dict(Page(page).pairs), "/copies": "7", "do": "send"}
    refused = citizen.post(place, data=pairs)
    assert refused.status_code == 422
    assert "Vì sao nhiều" in refused.text
    pairs = {**dict(Page(refused.text).pairs), "/copies": "7", "/why": "Cho năm người", "do": "send"}
    bad = citizen.post(place, data=pairs, files={"document:don": ("đơn.pdf", b"MZ")})
    assert "không khớp với tên" in bad.text
    files = {"document:don": ("đơn.pdf", b"%PDF-1.7"), "document:ve": ("vẽ.pdf", b"%PDF-1.7")}
    assert citizen.post(place, data=pairs, files=files).url.path == f"/dossiers/{dossier.code}"
    found = engine.lookup(str(dossier.code))
    assert found.answers == {"name": "Trần Thị Bà", "copies": 7, "why": "Cho năm người"}
    assert [(one.document, one.name) for one in found.attachments] == [("don", "đơn.pdf")]
    assert "đơn.pdf" in mai.get(f"/desk/{dossier.code}").text
    assert mai.get(f"/files/{dossier.id}/{found.attachments[0].blob}").content == b"%PDF-1.7"
    assert list(engine.verify()) == []


def test_files_that_answer_a_field_are_seen_mended_and_forgotten(office: Any, folder: Path, tmp_path: Path) -> None:
    """The citizen and the officer open them; a supplement replaces one; those of others stay closed; erased ones are gone."""
    engine, browser, officer = office
    file = {"type": "string", "title": "Ảnh", "x-file": {"accept": [".pdf"]}}
    several = {"type": "array", "title": "Trang", "items": {"type": "string"}, "x-file": {"accept": [".pdf"]}}
    properties = {**SMALL["properties"], "photo": file, "pages": several}
    block = {**SMALL["x-procedure"], "unit": UNIT}
    (folder / "small.json").write_text(json.dumps({**SMALL, "properties": properties, "x-procedure": block}), "utf-8")
    engine.catalog.expire()
    apply, citizen, other = "/procedures/1.000001/apply", browser(), browser()
    for client, mail in ((citizen, "a@example.vn"), (other, "b@example.vn")):
        known(client, mail)
    body = {"/name": "Trần Thị Bà", "do": "save"}
    uploads = [("upload:/photo", ("ảnh.pdf", PDF)), *(("upload:/pages", (f"trang {n}.pdf", PDF)) for n in (1, 2, 3))]
    page = citizen.post(apply, data=body, files=uploads).text
    draft = next(iter(engine.store.every()))
    gone = draft.answers["pages"][1]
    pairs = [(name, value) for name, value in Page(page).pairs if value != gone]
    review = citizen.post(apply, data={**lists(pairs), "do": "continue"}).text
    assert "ảnh.pdf" in review
    assert "trang 1.pdf" in review
    assert "trang 2.pdf" not in review
    link = next(href for href in hrefs(review) if href.startswith("/files/"))
    assert citizen.get(link).content == PDF
    assert "filename*=" in citizen.get(link).headers["content-disposition"]
    code = citizen.post(f"{apply}/review", data=dict(Page(review).pairs)).url.path.rpartition("/")[2]
    dossier = engine.lookup(code)
    assert citizen.get(link).status_code == 200

    stolen = dossier.answers["photo"]
    taken = other.post(apply, data={**body, "/photo": stolen, "/pages": [stolen]})
    assert "ảnh.pdf" not in taken.text
    assert [one.answers for one in engine.store.every() if one.code is None] == [{"name": "Trần Thị Bà"}]
    assert other.get(link).status_code == 404

    mai = officer("mai@office.vn")
    desk = mai.get(f"/desk/{code}").text
    assert desk.count("ảnh.pdf") >= 3, "its answer, a choice of what is wrong, and what is shown beside"
    assert mai.get(f"/files/{dossier.id}/{stolen}?view").headers["content-type"] == "application/pdf"
    assert officer("hoa@office.vn").get(f"/files/{dossier.id}/{stolen}").status_code == 404
    act(mai, dossier, "request-supplement", asked=["/photo"], note="Ảnh mờ")
    place = f"/dossiers/{code}/supplement"
    pairs = {**dict(Page(citizen.get(place).text).pairs), "do": "send"}
    other.post(apply, data=body, files={"upload:/photo": ("kín.pdf", PDF)})
    foreign = next(one.answers["photo"] for one in engine.store.every() if one.code is None)
    assert "kín.pdf" not in citizen.post(place, data={**pairs, "/photo": foreign, "do": "update"}).text
    for name, content, words in (("ảnh.exe", b"MZ", "Hãy chọn tệp khác"), ("ảnh.pdf", b"MZ", "Hãy chọn tệp khác")):
        refused = citizen.post(place, data=pairs, files={"upload:/photo": (name, content)})
        assert refused.status_code == 422
        assert words in refused.text
    assert citizen.post(place, data=pairs, files={"upload:/photo": ("rõ.pdf", PDF)}).url.path == f"/dossiers/{code}"
    desk = mai.get(f"/desk/{code}").text
    assert "ảnh.pdf" in desk, "what the supplement changed"
    assert "rõ.pdf" in desk
    assert engine.lookup(code).answers["photo"] != stolen
    assert list(engine.verify(blobs=DiskBlobs(tmp_path / "blobs"))) == []

    act(mai, dossier, "refuse", note="Không đủ")
    erase(engine, DiskBlobs(tmp_path / "blobs"), engine.lookup(code), Actor("root", Role.ADMIN))
    assert {path.stem for path in (tmp_path / "blobs").rglob("*") if path.is_file()} == {foreign}


def lists(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    """*pairs* by name."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def hrefs(page: str) -> list[str]:
    """Where *page* leads."""
    return [href for _, one in Page(page).attributes if (href := one.get("href"))]


def test_what_does_not_work_is_told(office: Any) -> None:
    """Without a reason, with a bad amount, without an officer; input stays; a race has one winner."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen)
    mai = officer("mai@office.vn")
    for action, facts in (
        ("refuse", {}), ("request-supplement", {"note": "vì"}), ("complete", {"outcome": "approved"}), ("submit", {}), ("nonsense", {}),
        ("assign", {"officer": ""}), ("request-payment", {"amount": "rất nhiều"}), ("extend", {"due": "mai mốt", "note": "x"}),
    ):  # fmt: skip
        answer = act(mai, dossier, action, **facts)
        assert answer.status_code == 422, action
        assert "Chưa làm được" in answer.text
    assert "<textarea" in act(mai, dossier, "request-supplement", note="Thiếu <b>chữ</b>").text
    assert "Thiếu &lt;b&gt;chữ" in act(mai, dossier, "request-supplement", note="Thiếu <b>chữ</b>").text
    page = mai.get(f"/desk/{dossier.code}").text
    version = re.search(r'name="version" value="(\d+)"', page)
    citizen.post(
        f"/dossiers/{dossier.code}/withdraw", data=dict(Page(citizen.get(f"/dossiers/{dossier.code}/withdraw").text).pairs)
    )
    late = mai.post(f"/desk/{dossier.code}", data={"version": version[1], "action": "accept"})
    assert late.status_code == 409
    assert "người khác thay đổi" in late.text
    assert engine.lookup(str(dossier.code)).state is State.WITHDRAWN


@pytest.mark.parametrize(
    ("action", "facts", "words", "control"),
    [
        ("refuse", {}, "Hãy ghi lý do.", "refuse-note"),
        ("request-supplement", {"note": "Thiếu"}, "Hãy chọn ít nhất một mục mà người nộp phải sửa hoặc bổ sung.", ""),
        (
            "request-payment",
            {"amount": "mười nghìn"},
            "Hãy nhập số tiền lớn hơn 0, chỉ gồm chữ số, ví dụ: 150000.",
            "request-payment-amount",
        ),
        (
            "extend",
            {"due": "01/01/2020", "note": "Chờ"},
            "Hãy nhập ngày hẹn mới, sau hôm nay, theo dạng ngày/tháng/năm.",
            "extend-due",
        ),
        ("assign", {"officer": "nobody"}, "Hãy chọn một cán bộ của đơn vị.", "assign-officer"),
        ("complete", {"outcome": "rejected"}, "Hãy ghi lý do.", "complete-note"),
        ("hand-over", {"evidence": "counter"}, "Hồ sơ không còn ở trạng thái cho phép làm việc này. Hãy xem lại hồ sơ.", ""),
        ("message", {}, "Hãy viết nội dung trước khi gửi.", "message"),
        ("message", {"note": "Thiếu\u200b"}, "Nội dung có ký tự không nhìn thấy được", "message"),
        ("refuse", {"note": "\u2066Thiếu"}, "Nội dung có ký tự không nhìn thấy được", ""),
    ],
)
def test_a_refusal_says_what_is_missing(office: Any, action: str, facts: Any, words: str, control: str) -> None:
    """In the words of the form at hand, with a link to the control that it is about."""
    engine, browser, officer = office
    nam, mai, citizen = officer("nam@office.vn"), officer("mai@office.vn"), browser()
    known(citizen, "an@example.vn")
    dossier = filed(engine, citizen)
    if action != "refuse":
        act(mai, dossier, "accept")
        act(mai, dossier, "assign", officer=nam_id(engine))

    page = act(mai if action in ("refuse", "assign") else nam, dossier, action, **facts)

    assert page.status_code == 422
    assert words in page.text.partition('id="problems"')[2].partition("</section>")[0]
    if control:
        assert f'href="#{control}"' in page.text
        assert f'id="{control}"' in page.text


@pytest.mark.parametrize(
    ("action", "sent"),
    [
        ("accept", {"paper": ["ve"]}),
        ("accept", {"paper": []}),
        ("request-supplement", {"asked": ["wrong:/name", "outdated:document:don"]}),
        ("request-payment", {"amount": ["ba trăm <nghìn>"]}),
        ("extend", {"due": ["31/12/2026"]}),
        ("suspend", {"until": ["mai"]}),
        ("complete", {"outcome": ["rejected"]}),
    ],
)
def test_a_refused_action_keeps_what_was_picked(office: Any, folder: Path, action: str, sent: Any) -> None:
    """Every control of the action shows what was sent, whatever the refusal is about."""
    engine, browser, officer = office
    papers = [{"title": title, "code": code, "required": True} for title, code in (("Đơn", "don"), ("Bản vẽ", "ve"))]
    changed(engine, folder, {**SMALL, "x-procedure": {**SMALL["x-procedure"], "unit": UNIT, "documents": papers}})
    nam, mai, citizen = officer("nam@office.vn"), officer("mai@office.vn"), browser()
    known(citizen)
    dossier = filed(engine, citizen, **{"paper:ve": "1"})
    if action != "accept":
        act(mai, dossier, "accept", paper=["don", "ve"])
        act(mai, dossier, "assign", officer=nam_id(engine))

    page = act(mai if action == "accept" else nam, dossier, action, **sent)

    assert page.status_code == 422
    form = next(one for one in page.text.split("<form")[1:] if f'value="{action}"' in one).partition("</form>")[0]
    (name, picked), *_ = sent.items()
    assert [value for control, value in Page(form).pairs if control == name and value] == picked


def test_a_session_that_ends_at_the_desk_takes_no_words_along(office: Any, clock: FixedClock) -> None:
    """The reader or writer is asked to sign in, comes back to the dossier, and may send the text then."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier, mai = filed(engine, citizen), officer("mai@office.vn")
    act(mai, dossier, "request-supplement", asked=["/copies"], note="Chưa đúng")
    ways = {
        (citizen, f"/dossiers/{dossier.code}/messages"): ({"note": "Tôi <hỏi>"}, f"/dossiers/{dossier.code}", "note", "Tôi <hỏi>"),
        (citizen, f"/dossiers/{dossier.code}/supplement"): (
            {"/copies": "7", "do": "send"}, f"/dossiers/{dossier.code}/supplement", "/copies", "7",
        ),
        (mai, f"/desk/{dossier.code}"): ({"action": "message", "note": "Dài"}, f"/desk/{dossier.code}", "note", "Dài"),
    }  # fmt: skip
    clock.advance(timedelta(hours=9))
    before = engine.lookup(str(dossier.code))
    for (client, place), (sent, back, name, value) in ways.items():
        read = client.get(back)
        assert (read.status_code, dict(Page(read.text).pairs)["next"]) == (401, back)
        asked = client.post(place, data=sent)
        assert asked.status_code == 401
        assert "Phiên làm việc của bạn đã kết thúc" in asked.text
        pairs = dict(Page(asked.text).pairs)
        signed_in = client.post(
            "/sign-in",
            data={**pairs, "mail": "mai@office.vn" if client is mai else "an@example.vn", "password": GOOD},
        )
        assert (signed_in.status_code, signed_in.url.path) == (200, back)
        assert (name, value) in Page(signed_in.text).pairs
        assert engine.lookup(str(dossier.code)) == before, "nothing is done before it is sent once more"
        client.post("/sign-out")
    stranger = browser()
    for code in (dossier.code, "H29.15-261122-0099"):
        assert stranger.get(f"/dossiers/{code}").status_code == stranger.get(f"/desk/{code}").status_code == 401
    for place, back in (("/desk/views", "/desk"), (f"/dossiers/{dossier.code}/copy", f"/dossiers/{dossier.code}")):
        assert dict(Page(stranger.post(place).text).pairs)["next"] == back
    assert dict(Page(stranger.get("/desk?view=done").text).pairs)["next"] == "/desk?view=done"


def test_the_citizen_sees_which_document_each_file_is(office: Any, folder: Path) -> None:
    """A file is below its document, as it is at the desk."""
    engine, browser, officer = office
    papers = [{"title": "Đơn xin", "code": "don"}, {"title": "Bản vẽ", "code": "ve"}, {"title": "Ảnh", "code": "anh"}]
    changed(engine, folder, {**SMALL, "x-procedure": {**SMALL["x-procedure"], "unit": UNIT, "documents": papers}})
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen, files={"document:ve": ("vẽ.pdf", PDF)})

    for page in (citizen.get(f"/dossiers/{dossier.code}"), officer("mai@office.vn").get(f"/desk/{dossier.code}")):
        lines = Page(page.text.partition('<ul class="documents">')[2].partition("<h2")[0]).text
        assert lines.startswith("Đơn xin (đã khai nộp bản giấy tại quầy hoặc qua bưu chính) Bản vẽ vẽ.pdf 1 KB Ảnh chưa đính kèm")


def test_nobody_is_asked_to_mend_what_is_computed(office: Any, folder: Path) -> None:
    """The desk offers no value that its owner cannot change, and takes no request for one alone."""
    engine, browser, officer = office
    schema = {
        **SMALL,
        "properties": {
            **SMALL["properties"],
            "twice": {"title": "Gấp đôi", "type": "integer"},
            "fee": {"title": "Mức", "type": "string", "default": "một", "readOnly": True},
            "sums": {"title": "Tổng", "type": "object", "properties": {"all": {"title": "Cả", "type": "integer"}}},
        },
        "x-compute": {"/twice": "copies * 2", "/sums/all": "copies * 3"},
        "x-procedure": {**SMALL["x-procedure"], "unit": UNIT},
    }
    changed(engine, folder, schema)
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen)
    assert dossier.answers["twice"] == 4
    mai = officer("mai@office.vn")
    page = mai.get(f"/desk/{dossier.code}").text
    assert "Gấp đôi" in page
    offered = set(re.findall(r'value="wrong:([^"]+)"', page))
    assert offered == {"/name", "/copies", "/rows"}
    for place in ("/twice", "/fee", "/sums", "/sums/all"):
        refused = act(mai, dossier, "request-supplement", asked=[f"wrong:{place}", "/copies"], note="Chưa đúng")
        assert refused.status_code == 422, place
        assert "Hãy chọn ít nhất một mục" in refused.text
    assert engine.lookup(str(dossier.code)).state is State.SUBMITTED


def nam_id(engine: Engine) -> str:
    account = engine.store.accounts.account_of("nam@office.vn")
    assert account is not None
    return account.id


def test_only_what_an_office_can_say_is_taken(office: Any, clock: FixedClock) -> None:
    """No officer of another unit, no day in the past, no unknown place, no unknown word."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen)
    root, _ = officer("root@office.vn"), officer("hoa@office.vn")
    act(root, dossier, "accept")
    people = engine.store.accounts
    hoas, ans = people.account_of("hoa@office.vn").id, people.account_of("an@example.vn").id
    for stranger in (hoas, ans, "nobody"):
        assert act(root, dossier, "assign", officer=stranger).status_code == 422
    act(root, dossier, "assign", officer=people.account_of("root@office.vn").id)
    for action, facts in (
        ("extend", {"due": "22/11/2026"}), ("request-payment", {"amount": "0"}), ("complete", {"outcome": "lost"}),
        ("request-supplement", {"asked": ["/nowhere"]}), ("request-supplement", {"asked": ["document:x"]}),
    ):  # fmt: skip
        assert act(root, dossier, action, note="x", **facts).status_code == 422, action
    act(root, dossier, "request-payment", amount="1.000")
    assert act(root, dossier, "settle", payment="refunded").status_code == 422
    act(root, dossier, "settle", payment="waived")
    act(root, dossier, "complete", outcome="rejected", note="x")
    assert act(root, dossier, "hand-over", evidence="pigeon").status_code == 422


def test_a_desk_names_its_own_people_alone(office: Any) -> None:
    """Actions of the citizen have no name: the answers tell the owner, as long as they are kept."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen)
    mai = officer("mai@office.vn")
    page = act(mai, dossier, "refuse", note="Thiếu").text
    assert "Cán bộ mai" in page
    assert "Nguyễn Văn An" not in page


def test_a_supplement_that_comes_too_late_leaves_no_files(office: Any, folder: Path, tmp_path: Path) -> None:
    """Uploaded files are deleted if the dossier has moved on meanwhile; their number is limited."""
    engine, browser, officer = office
    block = {**SMALL["x-procedure"], "unit": UNIT, "documents": [{"title": "Đơn", "code": "don"}]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    engine.catalog.expire()
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen)
    mai = officer("mai@office.vn")
    act(mai, dossier, "request-supplement", asked=["document:don"], note="Thiếu đơn")
    place = f"/dossiers/{dossier.code}/supplement"
    pairs = {**dict(Page(citizen.get(place).text).pairs), "do": "send"}
    blobs = tmp_path / "blobs"
    kept = [path for path in blobs.rglob("*") if path.is_file()]
    files = [("document:don", (f"{n}.pdf", b"%PDF-1.7")) for n in range(11)]
    many = citizen.post(place, data=pairs, files=files)
    assert many.status_code == 422
    assert "Đã đủ 10 tệp" in many.text
    late = citizen.post(place, data={**pairs, "meta:version": "1"}, files=files[:1])
    assert late.status_code == 409
    assert [path for path in blobs.rglob("*") if path.is_file()] == kept


def test_lists_are_of_the_unit_and_paged(office: Any, clock: FixedClock) -> None:
    """New, mine, open, due soon, overdue, waiting, done; words and code; older ones by key."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    actor = engine.store.accounts.account_of("an@example.vn").actor
    codes = [str(engine.submit(engine.begin("1.000001", actor, {"name": f"Người {n}"}).id, actor).code) for n in range(23)]
    mai = officer("mai@office.vn")
    first = mai.get("/desk")
    assert "Chờ tiếp nhận <b>23</b>" in first.text
    assert [code in first.text for code in (codes[0], codes[19], codes[20])] == [True, True, False], "the oldest first"
    older = re.search(r'href="(/desk\?[^"]*before=[^"]+)"', first.text)
    second = mai.get(older[1].replace("&amp;", "&")).text
    assert [code in second for code in (codes[19], codes[20], codes[22])] == [False, True, True]
    root = engine.store.accounts.account_of("mai@office.vn").actor
    engine.act(engine.lookup(codes[0]).id, Action.ACCEPT, root)
    assert codes[0] in mai.get("/desk?view=open").text
    for hours, view in ((24 * 7, "soon"), (24 * 5, "overdue")):
        clock.advance(timedelta(hours=hours))
        sign_in(mai, GOOD, "mai@office.vn")
        page = mai.get(f"/desk?view={view}").text
        assert codes[0] in page, view
    assert "Trễ hẹn</b>" in page
    assert codes[7] in mai.get("/desk?words=nguoi+7").text
    assert codes[8] not in mai.get("/desk?words=nguoi+7").text
    assert codes[5] in mai.get(f"/desk?code={codes[5]}").text
    assert "Không có hồ sơ nào ở đây" in mai.get("/desk?words=zzzz").text
    assert mai.get("/desk?view=nonsense").status_code == 200


def test_open_work_is_listed_by_due_day(office: Any, clock: FixedClock) -> None:
    """The earliest first, without a due day last, then by code; the page says so; what is done is listed the newest first."""
    engine, browser, officer = office
    known(browser())
    actor = engine.store.accounts.account_of("an@example.vn").actor
    mai = officer("mai@office.vn")
    at_desk = engine.store.accounts.account_of("mai@office.vn").actor
    dossiers = [engine.submit(engine.begin("1.000001", actor, {"name": f"Người {n}"}).id, actor) for n in range(4)]
    for dossier, day in zip(dossiers, (9, 2, 2, 5), strict=True):
        due = (clock.now() + timedelta(days=day)).isoformat()
        engine.act(dossier.id, Action.ACCEPT, at_desk, facts={"due": due})

    def listed(address: str) -> list[str]:
        page = Page(mai.get(address).text)
        links = [at["href"] for tag, at in page.attributes if tag == "a" and (at.get("href") or "").startswith("/desk/H")]
        return [str(link).rpartition("/")[2] for link in links]

    first, second, third, fourth = (str(dossier.code) for dossier in dossiers)
    assert listed("/desk?view=open") == [second, third, fourth, first]
    assert "Xếp theo ngày hẹn trả, sớm nhất trước" in mai.get("/desk?view=open").text
    assert listed("/desk?view=all") == listed("/desk?view=open&words=nguoi") == [fourth, third, second, first]
    assert "mới nhất trước" in mai.get("/desk?view=all").text


def test_officers_begin_at_the_desk(office: Any) -> None:
    """Unless they came from another page; citizens begin at the start page."""
    _, browser, officer = office
    citizen = browser()
    known(citizen)
    mai = officer("mai@office.vn")
    for client, mail, after, place in (
        (mai, "mai@office.vn", "/", "/desk"),
        (mai, "mai@office.vn", "/statistics", "/statistics"),
        (citizen, "an@example.vn", "/", "/"),
    ):
        client.post("/sign-out")
        assert sign_in(client, GOOD, mail, next=after).url.path == place


DAYS = {"since": "01/01/2026", "until": "31/12/2026", "format": "json"}


def told_by(answer: Any) -> str:
    """Everything that *answer* says, in the cells of a workbook, too."""
    if not answer.content.startswith(b"PK"):
        return str(answer.text)
    sheets = load_workbook(BytesIO(answer.content)).worksheets
    return "\n".join(str(cell.value) for sheet in sheets for row in sheet.iter_rows() for cell in row)


def test_a_unit_sees_nothing_of_another(office: Any) -> None:
    """On every route of the desk; for citizens there is no desk, and strangers are asked to sign in, whatever they name."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen)
    hoa, root, mai = officer("hoa@office.vn"), officer("root@office.vn"), officer("mai@office.vn")
    act(mai, dossier, "accept")
    assert "<b>0</b>" in hoa.get("/desk").text
    for words in ("", "&words=tran"):
        assert str(dossier.code) not in hoa.get(f"/desk?view=all{words}").text
        assert str(dossier.code) in root.get(f"/desk?view=all{words}").text
    routes = [route for route in hoa.app.routes if isinstance(route, Route) and route.path.startswith("/desk")]
    assert len(routes) == 13
    before = engine.lookup(str(dossier.code))
    stranger = browser()
    for who in (hoa, citizen, stranger):
        for route in routes:
            for method in ("GET", "POST"):
                real, none = (
                    route.path.replace("{code}", code).replace("{name}", "01") + "?view=all&figure=received&year=2026"
                    for code in (str(dossier.code), "H29.15-261122-0999")
                )
                data = {"data": {"action": "refuse", "note": "x", "version": "3", "chosen": str(dossier.code), **DAYS}}
                first, second = (who.request(method, place, **(data if method == "POST" else {})) for place in (real, none))
                if who is hoa and "{code}" not in route.path:
                    shown = told_by(first)
                    for words in ("Trần Thị Bà", *(() if route.path == "/desk" else (str(dossier.code),)), "Cán bộ mai"):
                        assert words not in shown, (method, route.path, words)
                    continue
                assert first.status_code == second.status_code in ((401, 405, 404) if who is stranger else (404, 405))
                differs = r'H29\.15-261122-\d{4}|name="carried" value="[\w=-]+"'  # a seal differs each time
                assert len({re.sub(differs, "", page.text) for page in (first, second)}) == 1
    assert hoa.get(f"/files/{dossier.id}/x").status_code == 404
    for who in (root, mai):
        assert "Trần Thị Bà" in told_by(who.post("/desk/register", data=DAYS)), "or nothing above says anything"
        assert "Cán bộ mai" in who.get("/desk?view=all").text
        assert "Trần Thị Bà" in who.get("/desk/figures?figure=received&year=2026").text
    assert engine.lookup(str(dossier.code)) == before


def test_people_of_the_office(office: Any, clock: FixedClock) -> None:
    """Added, disabled with every session, let in again, reset; wrong ones are told."""
    engine, browser, officer = office
    accounts = open_accounts(engine)
    nam = officer("nam@office.vn")
    assert "Bàn làm việc" in nam.get("/").text
    account = engine.store.accounts.account_of("nam@office.vn")
    closed = disable(accounts, account)
    assert nam.get("/desk").status_code == 401
    assert sign_in(browser(), GOOD, "nam@office.vn").status_code == 422
    opened = disable(accounts, closed, disabled=False)
    assert sign_in(browser(), GOOD, "nam@office.vn").status_code == 200
    for _ in range(9):
        sign_in(browser(), "wrong", "nam@office.vn")
    for _ in range(50):
        engine.store.accounts.try_again({f"name:{account.mail}": 9_999}, clock.now(), clock.now())
    assert sign_in(browser(), GOOD, "nam@office.vn").status_code == 429
    unlock(accounts, opened)
    assert sign_in(browser(), GOOD, "nam@office.vn").status_code == 200
    secret = reset(accounts, engine.store.accounts.account_of("nam@office.vn"))
    assert sign_in(browser(), GOOD, "nam@office.vn").status_code == 422
    assert sign_in(browser(), secret, "nam@office.vn").url.path == "/password"
    for mail, role, unit in (
        ("x", Role.ADMIN, ""),
        ("x@y.vn", Role.CITIZEN, "u"),
        ("x@y.vn", Role.APPROVER, ""),
        ("nam@office.vn", Role.ADMIN, ""),
    ):
        with pytest.raises(SettingsError):
            appoint(accounts, mail, "X", role, unit)
