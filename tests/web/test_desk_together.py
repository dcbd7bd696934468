"""The desk: filters and kept lists, actions on many dossiers, messages, results, the changes of a supplement."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from support.desk import act, filed
from support.page import Page
from support.people import UNIT
from support.samples import SMALL
from support.visits import known, prove

from dossierkit import Action, Actor, Role, State
from dossierkit.dossiers.lifecycle.event_facts import fact
from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.money.attempts import Callback
from dossierkit.errors import MailError
from dossierkit.mail.outbox import deliver
from dossierkit.office.payments import Payments
from dossierkit.testing import FixedClock

ROOT = Actor("root", Role.ADMIN)
PDF, PNG = (
    b"%PDF-1.7",
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
    ),
)


@pytest.fixture
def documents(office: Any, folder: Path) -> None:
    """The procedure asks for a document."""
    engine, _, _ = office
    asked = [{"title": "Đơn", "code": "don", "required": True}, {"title": "Bản vẽ", "code": "ve"}]
    block = {**SMALL["x-procedure"], "unit": UNIT, "persons": {"owner": "/name"}, "documents": asked}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    engine.catalog.expire()


def test_messages_go_both_ways(office: Any) -> None:
    """With files, mailed to the other side, listed until they are answered; a page that was open stays good."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    prove(engine.store.accounts)
    dossier = filed(engine, citizen)
    mai, hoa = officer("mai@office.vn"), officer("hoa@office.vn")
    place = f"/dossiers/{dossier.code}"
    empty = citizen.post(f"{place}/messages", data={"note": "  "})
    assert empty.status_code == 422
    assert "Hãy viết nội dung" in empty.text
    hidden = citizen.post(f"{place}/messages", data={"note": "Xem \u202egnp"}, files={"files": ("a.pdf", PDF)})
    assert hidden.status_code == 422
    assert "không nhìn thấy được" in hidden.text
    assert not engine.lookup(str(dossier.code)).attachments
    wrong = citizen.post(f"{place}/messages", data={"note": "Xem <b>tệp</b>"}, files={"files": ("a.pdf", b"MZ")})
    assert wrong.status_code == 422
    assert "Xem &lt;b&gt;tệp" in wrong.text

    sent = citizen.post(f"{place}/messages", data={"note": "Khi nào xong?"}, files={"files": ("câu hỏi.pdf", PDF)})
    assert "Khi nào xong?" in sent.text
    assert "Tin nhắn chưa trả lời <b>1</b>" in mai.get("/desk").text
    assert str(dossier.code) in mai.get("/desk?view=messages").text
    assert "Tin nhắn chưa trả lời <b>0</b>" in hoa.get("/desk").text
    page = mai.get(f"/desk/{dossier.code}").text
    assert "câu hỏi.pdf" in page
    blob = engine.lookup(str(dossier.code)).attachments[0].blob
    assert mai.get(f"/files/{dossier.id}/{blob}").content == PDF
    assert hoa.get(f"/files/{dossier.id}/{blob}").status_code == 404
    stranger = browser()
    for file in (f"/files/{dossier.id}/{blob}", f"/files/{'0' * 32}/{blob}"):
        asked = stranger.get(file)
        assert (asked.status_code, dict(Page(asked.text).pairs)["next"]) == (401, file)

    stale = dict(Page(page).pairs)["version"]
    citizen.post(f"{place}/messages", data={"note": "Còn nữa…"})
    accepted = mai.post(f"/desk/{dossier.code}", data={"version": stale, "action": "accept"})
    assert accepted.status_code == 200, "a message changes nothing that was decided on"
    assert engine.lookup(str(dossier.code)).state is State.ACCEPTED
    late = mai.post(f"/desk/{dossier.code}", data={"version": stale, "action": "stop", "note": "x"})
    assert late.status_code == 409

    answered = act(mai, dossier, "message", note="Trong tuần này")
    assert "Trong tuần này" in answered.text
    assert "Trong tuần này" in citizen.get(place).text
    assert "Tin nhắn chưa trả lời <b>0</b>" in mai.get("/desk").text
    assert act(mai, dossier, "message", note="").status_code == 422
    told = [one.mail for one in engine.store.outbox.claim(engine.clock.now(), engine.clock.now(), 99)]
    assert [mail.to for mail in told if "tin nhắn mới" in mail.subject] == ["an@example.vn"]
    assert not any("Trong tuần" in mail.text + mail.html for mail in told)
    assert list(engine.verify()) == []


def test_whoever_works_on_it_is_told_of_a_message(office: Any) -> None:
    """By mail, once the dossier is assigned."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen)
    mai = officer("mai@office.vn")
    act(mai, dossier, "accept")
    act(mai, dossier, "assign", officer=engine.store.accounts.account_of("mai@office.vn").id)
    citizen.post(f"/dossiers/{dossier.code}/messages", data={"note": "Xin hỏi"})
    told = [one.mail for one in engine.store.outbox.claim(engine.clock.now(), engine.clock.now(), 99)]
    assert [(m.to, f"/desk/{dossier.code}#thread" in m.text) for m in told if "tin nhắn mới" in m.subject] == [
        ("mai@office.vn", True)
    ]


def test_what_a_supplement_changed_is_shown(office: Any, documents: None) -> None:
    """Each place has its reason at the field; afterwards the officer sees before and after."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen)
    mai = officer("mai@office.vn")
    act(mai, dossier, "request-supplement", asked=["wrong:/copies", "missing:document:don"], note="Xin sửa")
    page = citizen.get(f"/dossiers/{dossier.code}/supplement").text
    assert "Chưa đúng, hãy sửa lại." in page
    assert "Còn thiếu, hãy bổ sung." in page
    pairs = {**dict(Page(page).pairs), "/copies": "5", "do": "send"}
    citizen.post(f"/dossiers/{dossier.code}/supplement", data=pairs, files={"document:don": ("đơn.pdf", PDF)})
    seen = mai.get(f"/desk/{dossier.code}").text
    assert "<del>2</del> <ins>5</ins>" in seen
    act(mai, dossier, "request-supplement", asked=["/copies"], note="Lần nữa")
    pairs = {**dict(Page(citizen.get(f"/dossiers/{dossier.code}/supplement").text).pairs), "/copies": "6", "do": "send"}
    citizen.post(f"/dossiers/{dossier.code}/supplement", data=pairs)
    seen = mai.get(f"/desk/{dossier.code}").text
    assert "<del>2</del> <ins>5</ins>" in seen
    assert "<del>5</del> <ins>6</ins>" in seen
    assert list(engine.verify()) == []


def test_a_supplement_that_changes_nothing_is_asked_back(office: Any, documents: None) -> None:
    """Nothing is sent without a confirmation; the officer sees it; a file alone is a change."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen)
    mai = officer("mai@office.vn")
    place = f"/dossiers/{dossier.code}/supplement"
    act(mai, dossier, "request-supplement", asked=["wrong:/copies"], note="Xin sửa")
    for typed in ("2", " 2 ", "02"):
        asked = citizen.post(place, data={**dict(Page(citizen.get(place).text).pairs), "/copies": typed, "do": "send"})
        assert asked.status_code == 422
        assert "Chưa có gì được sửa" in asked.text
        assert engine.lookup(str(dossier.code)).state is State.SUPPLEMENT_REQUESTED
    assert "Chưa có gì được sửa" not in citizen.post(place, data={"/copies": "x", "do": "send"}).text, "what is wrong comes first"
    citizen.post(place, data={**dict(Page(asked.text).pairs), "/copies": "2", "do": "send-unchanged"})
    assert engine.lookup(str(dossier.code)).state is State.SUBMITTED
    assert mai.get(f"/desk/{dossier.code}").text.count("Người nộp không sửa gì") == 1
    act(mai, dossier, "request-supplement", asked=["missing:document:don"], note="Vẫn thiếu")
    citizen.post(place, data={"do": "send"}, files={"document:don": ("đơn.pdf", PDF)})
    assert engine.lookup(str(dossier.code)).state is State.SUBMITTED
    assert mai.get(f"/desk/{dossier.code}").text.count("Người nộp không sửa gì") == 1
    assert list(engine.verify()) == []


class Refusing:
    """A mailer whose server does not know some addresses."""

    def __init__(self, *unknown: str) -> None:
        self.unknown = unknown

    def send(self, mail: SendMail) -> None:
        if mail.to in self.unknown:
            raise MailError("the address is refused (550)", final=True)


def test_mail_that_bounces_is_told_to_the_officer_and_to_the_person(office: Any) -> None:
    """At the desk of the unit and at the dossier; on the person's pages until mail gets through, or goes elsewhere."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    prove(engine.store.accounts)
    dossier = filed(engine, citizen)
    mai, hoa = officer("mai@office.vn"), officer("hoa@office.vn")
    outbox, place = engine.store.outbox, f"/desk/{dossier.code}"
    deliver(outbox, Refusing(), engine.clock)
    assert "không đến được" not in mai.get("/desk").text + mai.get(place).text + citizen.get("/dossiers").text
    act(mai, dossier, "accept")
    act(mai, dossier, "request-supplement", asked=["/copies"], note="Số bản chưa đúng")
    deliver(outbox, Refusing("an@example.vn"), engine.clock)
    assert mai.get("/desk").text.count(f'<a href="/desk/{dossier.code}">') == 1
    assert "không đến được" in mai.get(place).text
    assert "không đến được" not in hoa.get("/desk").text, "another unit"
    assert "an@example.vn không đến được" in citizen.get("/").text
    assert "không đến được" not in browser().get("/").text
    outbox.post(SendMail("later", "an@example.vn", "s", "t"))
    deliver(outbox, Refusing(), engine.clock)
    assert "không đến được" not in mai.get("/desk").text + mai.get(place).text + citizen.get("/").text


def test_money_that_comes_after_the_end_is_given_back(office: Any) -> None:
    """The officer finds it in a list, sees how much, gives it back; the citizen's page offers nothing to pay and says why."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen)
    mai = officer("mai@office.vn")
    engine.act(dossier.id, Action.ACCEPT, ROOT)
    owing = engine.act(dossier.id, Action.REQUEST_PAYMENT, ROOT, facts={"amount": 30_000})
    payments = Payments(engine)
    attempt = payments.begin(owing, "vnpay")
    citizen.post(f"/dossiers/{dossier.code}/withdraw", data={"version": str(owing.version)})
    for place in (f"/dossiers/{dossier.code}", "/dossiers"):
        assert "/pay" not in citizen.get(place).text
    assert "<form method" not in citizen.get(f"/dossiers/{dossier.code}/pay").text.partition("<article>")[2]
    for gateway in ("vnpay", "vietqr"):
        citizen.post(f"/dossiers/{dossier.code}/pay", data={"gateway": gateway})
    assert len(engine.store.payments.attempts(dossier.id)) == 1
    assert str(dossier.code) not in mai.get("/desk?view=refunds").text
    payments.apply(Callback(attempt.ref, 30_000, paid=True))
    assert str(dossier.code) in mai.get("/desk?view=refunds").text
    seen = mai.get(f"/desk/{dossier.code}").text
    assert "cần hoàn lại: <b>30.000 đ</b>" in seen
    assert "chờ hoàn lại" in citizen.get(f"/dossiers/{dossier.code}/pay").text
    act(mai, dossier, "refund", note="Đã chuyển khoản trả lại")
    assert str(dossier.code) not in mai.get("/desk?view=refunds").text
    assert "cần hoàn lại" not in mai.get(f"/desk/{dossier.code}").text
    assert "đã hoàn lại" in citizen.get(f"/dossiers/{dossier.code}/pay").text
    assert list(engine.verify()) == []


def test_nothing_is_accepted_without_what_is_required(office: Any, documents: None) -> None:
    """A file came for it, or an officer confirms that it was handed in on paper."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen)
    mai = officer("mai@office.vn")
    assert 'name="paper" value="don"' in mai.get(f"/desk/{dossier.code}").text
    assert 'name="paper" value="ve"' not in mai.get(f"/desk/{dossier.code}").text
    assert act(mai, dossier, "accept").status_code == 422
    assert act(mai, dossier, "accept", paper=["ve"]).status_code == 422
    assert act(mai, dossier, "accept", paper=["don"]).status_code == 200
    assert fact(engine.history(dossier)[-1].facts, "paper") == ("don",)


def test_a_result_has_files(office: Any, tmp_path: Path) -> None:
    """The citizen gets them once it is done; a result that was taken back is not shown."""
    engine, browser, officer = office
    citizen, other = browser(), browser()
    known(citizen)
    known(other, "binh@example.vn")
    dossier = filed(engine, citizen)
    root = officer("root@office.vn")
    act(root, dossier, "accept")
    act(root, dossier, "assign", officer=engine.store.accounts.account_of("root@office.vn").id)

    def complete(name: str) -> Any:
        version = dict(Page(root.get(f"/desk/{dossier.code}").text).pairs)["version"]
        data = {"version": version, "action": "complete", "outcome": "approved"}
        return root.post(f"/desk/{dossier.code}", data=data, files={"files": (name, PDF)})

    assert complete("sai.exe").status_code == 422
    for wrong, code in (({"version": "1"}, 409), ({"outcome": "nothing"}, 422), ({"action": "extend"}, 422)):
        data = {"version": str(engine.lookup(str(dossier.code)).version), "action": "complete", "outcome": "approved", **wrong}
        assert root.post(f"/desk/{dossier.code}", data=data, files={"files": ("bỏ.pdf", PDF)}).status_code == code
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == [], "nothing of what was refused is kept"
    assert complete("giấy phép.pdf").status_code == 200
    page = citizen.get(f"/dossiers/{dossier.code}").text
    assert "giấy phép.pdf" in page
    blob = engine.lookup(str(dossier.code)).attachments[0].blob
    assert citizen.get(f"/files/{dossier.id}/{blob}").content == PDF
    assert other.get(f"/files/{dossier.id}/{blob}").status_code == 404
    act(root, dossier, "reopen", note="Kết quả sai")
    assert "giấy phép.pdf" not in citizen.get(f"/dossiers/{dossier.code}").text
    complete("đúng.pdf")
    page = citizen.get(f"/dossiers/{dossier.code}").text
    assert ("đúng.pdf" in page, "giấy phép.pdf" in page) == (True, False)
    assert act(root, dossier, "refund", note="x").status_code == 422
    assert list(engine.verify()) == []


def written() -> bytes:
    """A document of Word, as small as one can be."""
    with BytesIO() as content:
        with ZipFile(content, "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
        return content.getvalue()


def test_files_are_looked_at_safely(office: Any, documents: None) -> None:
    """Pictures and PDF are beside the answers; other files are not shown, and a shown file can do nothing."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    page = citizen.post(
        "/procedures/1.000001/apply",
        data={"/name": "Trần Thị Bà", "do": "save"},
        files=[
            ("document:don", ("đơn.pdf", PDF)),
            ("document:ve", ("ảnh.png", PNG)),
            ("document:ve", ("thửa.docx", written())),
        ],
    )
    draft = dict(Page(page.text).pairs)["meta:draft"]
    code = citizen.post("/procedures/1.000001/apply/review", data={"meta:draft": draft}).url.path.rpartition("/")[2]
    dossier = engine.lookup(code)
    mai = officer("mai@office.vn")
    shown = mai.get(f"/desk/{code}").text
    assert '<iframe class="viewer"' in shown
    assert {one.name for one in dossier.attachments} == {"đơn.pdf", "ảnh.png", "thửa.docx"}
    for one in dossier.attachments:
        place = f"/files/{dossier.id}/{one.blob}"
        viewed, taken = mai.get(f"{place}?view"), mai.get(place)
        kind = "inline" if one.media_type in ("application/pdf", "image/png") else "attachment"
        assert viewed.headers["content-disposition"].startswith(kind), one.name
        assert taken.headers["content-disposition"].startswith("attachment")
        assert "script-src" not in viewed.headers["content-security-policy"]
        assert viewed.headers["content-security-policy"].count("'none'")
        assert viewed.headers["x-content-type-options"] == "nosniff"
    png = next(one for one in dossier.attachments if one.media_type == "image/png")
    assert f'<img class="viewer" src="/files/{dossier.id}/{png.blob}?view"' in mai.get(f"/desk/{code}?view={png.blob}").text


def test_many_at_once_and_each_for_itself(office: Any, clock: FixedClock) -> None:
    """Taken or accepted together; what could not be done is told; a list is kept under a name."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossiers = [filed(engine, citizen) for _ in range(3)]
    mai, nam, hoa = officer("mai@office.vn"), officer("nam@office.vn"), officer("hoa@office.vn")
    codes = [str(one.code) for one in dossiers]
    act(mai, dossiers[2], "refuse", note="x")
    done = mai.post("/desk", data={"chosen": [*codes, "H29.15-261122-0999", "x"], "action": "accept", "kept": "view=new"}).text
    assert done.count("</a>: Đã tiếp nhận") == 2
    assert [engine.lookup(code).state for code in codes] == [State.ACCEPTED, State.ACCEPTED, State.REFUSED]
    mais, hoas = (engine.store.accounts.account_of(f"{name}@office.vn").id for name in ("mai", "hoa"))
    mai.post("/desk", data={"chosen": codes[:2], "action": "assign"})
    assert {engine.lookup(code).handling.officer for code in codes[:2]} == {mais}
    nothing = mai.post("/desk", data={"chosen": codes[:2], "action": "assign", "officer": hoas})
    assert "Kết quả từng hồ sơ" not in nothing.text
    assert (nothing.status_code, '<a href="#to">Hãy chọn một cán bộ' in nothing.text) == (422, True)
    hoa.post("/desk", data={"chosen": codes[:2], "action": "assign"})
    assert {engine.lookup(code).handling.officer for code in codes[:2]} == {mais}
    assert mai.post("/desk", data={"chosen": codes, "action": "erase"}).status_code == 422
    assert citizen.post("/desk", data={"chosen": codes, "action": "accept"}).status_code == 404

    filtered = nam.get("/desk?words=tran&view=all&state=3")
    assert [code in filtered.text for code in codes] == [False, False, True]
    for no_day in ("hôm+qua", "0022-11-22", "20261122", "2026-W47-7"):
        assert "Hãy nhập ngày" in nam.get(f"/desk?since={no_day}").text
    assert codes[0] in nam.get(f"/desk?view=all&procedure=1.000001&officer={mais}&since=22/11/2026&until=22/11/2026").text
    assert codes[0] not in nam.get("/desk?view=all&until=21/11/2026").text
    kept = nam.post("/desk/views", data={"name": "Của Mai", "kept": f"officer={mais}&view=all&before=x&evil=1"})
    assert str(kept.url).endswith(f"officer={mais}&view=all")
    assert "★ Của Mai" in nam.get("/desk").text
    assert "★ Của Mai" not in mai.get("/desk").text
    nam.post("/desk/views", data={"name": "Của Mai", "kept": "view=all", "drop": "1"})
    assert "★" not in nam.get("/desk").text
    assert citizen.post("/desk/views", data={"name": "x", "kept": ""}).status_code == 404


def test_an_admin_assigns_dossiers_within_their_unit(office: Any) -> None:
    """The list names the unit of each officer; a dossier of another unit is not assigned, and the page says why."""
    engine, browser, officer = office
    citizen, mai, root = browser(), officer("mai@office.vn"), officer("root@office.vn")
    officer("hoa@office.vn")
    known(citizen)
    dossier, waiting = filed(engine, citizen), filed(engine, citizen)
    act(mai, dossier, "accept")
    mais, hoas = (engine.store.accounts.account_of(f"{name}@office.vn").id for name in ("mai", "hoa"))
    assert "Cán bộ hoa (thụ lý, vpdkdd)</option>" in root.get("/desk?view=open").text
    assert ", so-nnmt)" not in mai.get("/desk?view=open").text, "officers of one unit know it"

    chosen = {"chosen": [str(dossier.code), str(waiting.code)], "action": "assign"}
    crossed = root.post("/desk", data={**chosen, "officer": hoas}).text

    assert f"{dossier.code}</a>: Chưa giao: cán bộ được chọn không thuộc đơn vị" in crossed
    assert f"{waiting.code}</a>: Hồ sơ không còn ở trạng thái" in crossed
    assert engine.lookup(str(dossier.code)).handling.officer == ""
    assert f"{dossier.code}</a>: Đã giao cán bộ thụ lý" in root.post("/desk", data={**chosen, "officer": mais}).text
    assert engine.lookup(str(dossier.code)).handling.officer == mais


def test_nothing_is_done_together_without_saying_so(office: Any) -> None:
    """Without a choice the list says so; if no dossier allows an action, none is offered."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier, mai = filed(engine, citizen), officer("mai@office.vn")
    fresh = mai.get("/desk?view=new").text
    assert 'name="action" value="accept"' in fresh
    assert 'name="action" value="assign"' not in fresh, "a dossier is assigned after acceptance only"

    page = mai.post("/desk", data={"action": "accept", "kept": "view=new"})

    assert page.status_code == 422
    assert '<a href="#chosen">Hãy chọn ít nhất một hồ sơ' in page.text
    assert Page(page.text).ids["chosen"] == 1
    act(mai, dossier, "refuse", note="Sai nơi nộp")
    done = mai.get("/desk?view=done").text
    assert str(dossier.code) in done
    assert 'name="chosen"' not in done
    assert "Với các hồ sơ đã chọn" not in done


@pytest.mark.usefixtures("documents")
@pytest.mark.parametrize("how", ["withdrawn", "stopped", "completed"])
def test_a_due_day_goes_with_what_it_promised(office: Any, folder: Path, how: str) -> None:
    """A dossier that ended without a result promises none at the desk: neither on its page nor in a list."""
    engine, browser, officer = office
    block = {**SMALL["x-procedure"], "unit": UNIT, "timeLimit": [{"count": 5}]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    engine.catalog.expire()
    citizen = browser()
    known(citizen)
    dossier, mai, nam = filed(engine, citizen), officer("mai@office.vn"), officer("nam@office.vn")
    act(mai, dossier, "accept")
    act(nam, dossier, "assign", officer=engine.store.accounts.account_of("nam@office.vn").id)
    assert "Hẹn trả kết quả</dt>" in mai.get(f"/desk/{dossier.code}").text

    if how == "withdrawn":
        citizen.post(f"/dossiers/{dossier.code}/withdraw")
    else:
        act(nam, dossier, {"stopped": "stop", "completed": "complete"}[how], note="Xong", outcome="approved")

    due = f"{engine.lookup(str(dossier.code)).handling.clock.due:%d/%m/%Y}"
    assert ("Hẹn trả kết quả</dt>" in mai.get(f"/desk/{dossier.code}").text) is (how == "completed")
    assert (due in mai.get("/desk?view=done").text) is (how == "completed")


@pytest.mark.usefixtures("documents")
def test_a_paper_is_received_when_an_officer_says_so(office: Any) -> None:
    """A declaration of the citizen is shown, and not ticked; without the tick there is no acceptance."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier, mai = filed(engine, citizen), officer("mai@office.vn")

    page = mai.get(f"/desk/{dossier.code}").text

    assert ("paper", "don") not in Page(page).pairs
    assert "Đơn (đã khai nộp bản giấy" in Page(page).labels["accept-paper-1"]
    assert "Còn thiếu giấy tờ bắt buộc" in act(mai, dossier, "accept").text
    assert act(mai, dossier, "accept", paper="don").status_code == 200
    assert engine.lookup(str(dossier.code)).state is State.ACCEPTED


def test_a_frame_takes_no_focus_before_somebody_asks_for_it(office: Any) -> None:
    """A file that a browser shows in a frame is folded, unless its address is asked for."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier, mai = filed(engine, citizen), officer("mai@office.vn")
    citizen.post(f"/dossiers/{dossier.code}/messages", data={"note": "Tệp"}, files={"files": ("a.pdf", PDF)})
    blob = engine.lookup(str(dossier.code)).attachments[0].blob

    folded = r'<details( open)?>\s*<summary><bdi>a.pdf</bdi></summary>\s*<iframe class="viewer"'
    assert re.findall(folded, mai.get(f"/desk/{dossier.code}").text) == [""]
    assert re.findall(folded, mai.get(f"/desk/{dossier.code}?view={blob}").text) == [" open"]
