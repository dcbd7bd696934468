"""A dossier's life over each store: the office's actions, who may do them, what the citizen is told."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.dossiers import due_day, sent
from support.people import AN, APPROVER, INTAKE, OFFICER, STRANGER, UNIT
from support.samples import NOON, SMALL

from dossierkit import Action, Actor, Dossier, Engine, RefusedAnswers, Role, State
from dossierkit.dossiers.deadlines.calendars import at
from dossierkit.dossiers.ledger.reports import Period
from dossierkit.dossiers.lifecycle.dossier import Attachment, Query
from dossierkit.dossiers.people.account import Account, Notices
from dossierkit.dossiers.states import Delivery, Outcome, Payment
from dossierkit.errors import CodeError, ForbiddenAction, StaleDossier, UnknownDossier
from dossierkit.files.disk import DiskBlobs
from dossierkit.forms import Layout
from dossierkit.office.retention import erase
from dossierkit.testing import FixedClock


@pytest.fixture
def workflow(folder: Path) -> Callable[..., None]:
    """Gives the procedure a unit, and narrows its workflow."""

    def write(**workflow: Any) -> None:
        block = {**SMALL["x-procedure"], "unit": UNIT, "sector": "dat-dai", "workflow": workflow}
        (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")

    write()
    return write


@pytest.fixture
def account(engine: Engine) -> Account:
    """The owner, who has an address."""
    account = Account("an", "an@example.vn", NOON, {"fullName": "Nguyễn An"})
    engine.store.accounts.create_account(account)
    return account


def subjects(engine: Engine) -> list[str]:
    """The subjects of the waiting mails, oldest first."""
    store = engine.store
    return [one.mail.subject for one in store.outbox.claim(NOON, NOON, 100)]


def test_from_reception_to_the_result(workflow: Callable[..., None], account: Account, engine: Engine) -> None:
    """Each step leads on, is kept in the history and mailed; the receipt number is drawn at acceptance."""
    dossier = sent(engine)
    assert (dossier.handling.unit, dossier.handling.sector) == (UNIT, "dat-dai")
    assert engine.permitted(dossier, AN) == (Action.WITHDRAW, Action.MESSAGE)

    due = "2026-12-01T10:00:00+00:00"
    accepted = engine.act(dossier.id, Action.ACCEPT, INTAKE, facts={"due": due})
    assert accepted.handling.receipt == "00001/2026/H29.15"
    assert engine.lookup(" 00001/2026/h29.15 ") == accepted
    assert engine.lookup("00002/2026/H29.15") is None
    engine.act(dossier.id, Action.ASSIGN, INTAKE, facts={"officer": "nam"})
    asked = engine.act(dossier.id, Action.REQUEST_PAYMENT, OFFICER, facts={"amount": 50_000})
    assert (asked.state, asked.handling.money.payment, asked.handling.clock.paused) == (
        State.PAYMENT_REQUESTED,
        Payment.DUE,
        NOON,
    )
    paid = engine.act(dossier.id, Action.SETTLE, INTAKE, facts={"payment": "paid"})
    assert (paid.state, paid.handling.money.payment, paid.handling.clock.paused) == (State.PROCESSING, Payment.PAID, None)
    done = engine.act(dossier.id, Action.COMPLETE, OFFICER, facts={"outcome": "approved"})
    assert (done.handling.result.outcome, done.handling.result.delivery, done.handling.result.resolved) == (
        Outcome.APPROVED,
        Delivery.READY,
        NOON,
    )
    with pytest.raises(ForbiddenAction):
        engine.act(dossier.id, Action.WITHDRAW, AN)
    handed = engine.act(dossier.id, Action.HAND_OVER, INTAKE, facts={"evidence": "counter"})
    assert handed.handling.result.delivery is Delivery.HANDED_OVER
    assert engine.permitted(handed, INTAKE) == (Action.REFUND, Action.MESSAGE)
    assert [event.action.value for event in engine.history(handed)] == [
        "begin", "submit", "accept", "assign", "request-payment", "settle", "complete", "hand-over",
    ]  # fmt: skip
    code = dossier.code
    assert subjects(engine) == [
        f"Đã nộp hồ sơ {code}",
        f"Hồ sơ {code} đã được tiếp nhận",
        f"Hồ sơ {code} đang được xử lý",
        f"Hồ sơ {code} cần nộp phí, lệ phí",
        f"Hồ sơ {code} đã hoàn thành nghĩa vụ tài chính",
        f"Hồ sơ {code} đã có kết quả",
        f"Đã trả kết quả hồ sơ {code}",
    ]
    assert list(engine.verify()) == []


def test_a_supplement_takes_only_what_was_asked_for(workflow: Callable[..., None], account: Account, engine: Engine) -> None:
    """From the state before, and back to it; reasons lie apart from the history."""
    dossier = sent(engine)
    engine.act(dossier.id, Action.REQUEST_SUPPLEMENT, INTAKE, facts={"asked": ["/copies"]}, note="Số bản chưa đúng")
    stolen = {"name": "Bình", "copies": 3}
    with pytest.raises(RefusedAnswers):
        engine.act(dossier.id, Action.SUPPLEMENT, AN, answers={"copies": 99})
    mended = engine.act(dossier.id, Action.SUPPLEMENT, AN, answers=stolen)
    assert (mended.state, mended.answers, mended.handling.supplement.asked) == (State.SUBMITTED, {"name": "An", "copies": 3}, ())
    assert engine.store.notes(dossier.id)[3].text == "Số bản chưa đúng"
    engine.act(dossier.id, Action.REQUEST_SUPPLEMENT, INTAKE, facts={"asked": ["/name"]}, note="Tên chưa đủ")
    assert engine.desk(INTAKE, Query(words="quynh")) == ()
    engine.act(dossier.id, Action.SUPPLEMENT, AN, answers={"name": "Lê Thị Quỳnh", "copies": 3})
    assert [one.id for one in engine.desk(INTAKE, Query(words="quynh"))] == [dossier.id], "found by what it says now"
    assert "chưa đúng" not in str([event.facts for event in engine.history(mended)])


def test_a_supplement_brings_the_requested_documents(folder: Path, engine: Engine) -> None:
    """Each with a file, or on paper where the procedure takes it on paper; a file of before is not enough."""
    documents = [
        {"title": "Đơn", "code": "don"},
        {"title": "Bản vẽ", "code": "ve", "paper": False},
        {"title": "Ảnh", "code": "anh"},
    ]
    block = {**SMALL["x-procedure"], "unit": UNIT, "documents": documents}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    before, file = (Attachment(code, f"{code}-1", f"{code}.pdf", 3, "application/pdf") for code in ("don", "ve"))
    draft = engine.attach(engine.begin("1.000001", AN, {"name": "An"}).id, before, AN, version=1)
    dossier = engine.submit(draft.id, AN)
    asked = ["/name", "document:don", "document:ve"]
    engine.act(dossier.id, Action.REQUEST_SUPPLEMENT, INTAKE, facts={"asked": asked}, note="Còn thiếu")
    wanted = {(): ["document:don", "document:ve"], ("don",): ["document:ve"], ("don", "ve", "anh"): ["document:ve"]}
    for declared, missing in wanted.items():
        with pytest.raises(RefusedAnswers) as refused:
            engine.act(dossier.id, Action.SUPPLEMENT, AN, answers={"name": "Bình"}, facts={"declared": list(declared)})
        assert [problem.at for problem in refused.value.problems] == missing

    sent = engine.act(dossier.id, Action.SUPPLEMENT, AN, files=(file,), facts={"declared": ["don", "ve", "anh"]})

    assert [file.document for file in sent.attachments] == ["don", "ve"]
    assert sent.handling.declared == ("don",)
    assert list(engine.verify()) == []


def test_a_supplement_keeps_the_branch_that_its_page_shows(folder: Path, engine: Engine) -> None:
    """Input in the chosen branch is there afterwards, even if another branch would accept it."""
    no, note, since = {"no": {"type": "string"}}, {"note": {"type": "string"}}, {"since": {"type": "integer"}}
    branches = [
        {"title": "Trong nước", "properties": no, "required": ["no"]},
        {"title": "Nước ngoài", "properties": {**no, **note, **since}, "required": ["no", "since"]},
    ]
    schema = {**SMALL, "properties": {**SMALL["properties"], "paper": {"type": "object", "anyOf": branches}}}
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    first = {"name": "An", "copies": 2, "paper": {"no": "a1"}}
    dossier = engine.submit(engine.begin("1.000001", AN, first).id, AN)
    root, layout = Actor("root", Role.ADMIN), Layout(branches={("/paper", "0"): (1,)})
    typed = {**first, "paper": {"no": "a2", "note": "x"}}
    draft = engine.begin("1.000001", AN, first)
    engine.save(draft.id, typed, AN, version=draft.version, layout=layout)
    as_filed = engine.submit(draft.id, AN).answers

    engine.act(dossier.id, Action.REQUEST_SUPPLEMENT, root, facts={"asked": ["/paper"]}, note="?")
    assert not engine.changes_nothing(engine.open(dossier.id, AN), typed, layout=layout)
    mended = engine.act(dossier.id, Action.SUPPLEMENT, AN, answers=typed, layout=layout)

    assert mended.answers == as_filed == typed


def test_what_is_asked_for_can_be_left_out(workflow: Callable[..., None], engine: Engine) -> None:
    """An answer that the citizen takes back is gone."""
    dossier = sent(engine)
    engine.act(dossier.id, Action.REQUEST_SUPPLEMENT, INTAKE, facts={"asked": ["/copies"]}, note="?")
    assert engine.act(dossier.id, Action.SUPPLEMENT, AN, answers={"name": "An"}).answers == {"name": "An"}


def test_an_officer_sees_the_dossiers_of_the_unit(workflow: Callable[..., None], engine: Engine) -> None:
    """Drafts and other units' dossiers do not exist; an officer has the actions of the own role alone."""
    draft, dossier = engine.begin("1.000001", AN), sent(engine)
    for actor, id in ((INTAKE, draft.id), (STRANGER, dossier.id), (Actor("x", Role.CASE_OFFICER), dossier.id)):
        with pytest.raises(UnknownDossier):
            engine.open(id, actor)
    assert engine.open(dossier.id, Actor("root", Role.ADMIN)) == dossier
    assert engine.open(dossier.id, Actor("program", Role.SYSTEM)) == dossier
    for action, actor in ((Action.ACCEPT, AN), (Action.ACCEPT, OFFICER), (Action.WITHDRAW, INTAKE)):
        with pytest.raises(ForbiddenAction, match="role"):
            engine.act(dossier.id, action, actor)


def test_nobody_decides_on_ones_own(workflow: Callable[..., None], engine: Engine) -> None:
    """An officer who files a dossier is a citizen towards it, in the own unit and in another one."""
    for officer in (INTAKE, Actor("mai", Role.INTAKE_OFFICER, "vpdkdd"), Actor("root", Role.ADMIN)):
        own = engine.submit(engine.begin("1.000001", officer, {"name": "Mai", "copies": 1}).id, officer)
        assert engine.permitted(own, officer) == (Action.WITHDRAW, Action.MESSAGE)
        with pytest.raises(ForbiddenAction, match="role"):
            engine.act(own.id, Action.ACCEPT, officer)
        assert Action.ACCEPT in engine.permitted(own, Actor("thu", Role.INTAKE_OFFICER, UNIT))
        assert engine.act(own.id, Action.WITHDRAW, officer).state is State.WITHDRAWN


def test_what_an_action_has_to_say(workflow: Callable[..., None], engine: Engine) -> None:
    """No refusal without a reason, no assignment without an officer."""
    dossier = sent(engine)
    for note, facts in (("Thiếu\u202e", {}), ("Thiếu", {"officer": "n\u200bam"})):
        with pytest.raises(ForbiddenAction, match=r"the text holds U\+20") as refusal:
            engine.act(dossier.id, Action.REFUSE, INTAKE, note=note, facts=facts)
        assert refusal.value.why == "hidden-character"
    with pytest.raises(ForbiddenAction, match="refuse needs note"):
        engine.act(dossier.id, Action.REFUSE, INTAKE)
    refused = engine.act(dossier.id, Action.REFUSE, INTAKE, note="Thiếu thành phần")
    assert (refused.state, refused.handling.result.resolved) == (State.REFUSED, NOON)
    assert engine.permitted(refused, INTAKE) == (Action.MESSAGE,)
    other = sent(engine)
    engine.act(other.id, Action.ACCEPT, INTAKE)
    with pytest.raises(ForbiddenAction, match="assign needs officer"):
        engine.act(other.id, Action.ASSIGN, INTAKE)
    engine.act(other.id, Action.ASSIGN, INTAKE, facts={"officer": "nam"})
    wrong: tuple[tuple[Action, dict[str, Any], str], ...] = (
        (Action.REQUEST_PAYMENT, {"amount": 0}, "above 0"),
        (Action.REQUEST_PAYMENT, {"amount": True}, "above 0"),
        (Action.REQUEST_PAYMENT, {"amount": -5}, "above 0"),
        (Action.COMPLETE, {"outcome": "lost"}, "known: approved, rejected, returned"),
        (Action.COMPLETE, {"outcome": "rejected"}, "needs a reason"),
        (Action.REQUEST_SUPPLEMENT, {"asked": ["/copies"], "reasons": {"/copies": "ugly"}, "note": "x"}, "known: wrong, missing"),
        (Action.REQUEST_SUPPLEMENT, {"asked": ["/nowhere"], "note": "x"}, "/nowhere cannot be corrected"),
        (Action.REQUEST_SUPPLEMENT, {"asked": ["document:1"], "note": "x"}, "document:1 cannot be corrected"),
    )
    for action, facts, why in wrong:
        with pytest.raises(ForbiddenAction, match=why):
            engine.act(other.id, action, OFFICER, facts=facts)
    engine.act(other.id, Action.REQUEST_PAYMENT, OFFICER, facts={"amount": 1})
    with pytest.raises(ForbiddenAction, match="known: paid, waived"):
        engine.act(other.id, Action.SETTLE, OFFICER, facts={"payment": "refunded"})
    engine.act(other.id, Action.SETTLE, OFFICER, facts={"payment": "waived"})
    engine.act(other.id, Action.COMPLETE, OFFICER, facts={"outcome": "approved"})
    with pytest.raises(ForbiddenAction, match="known: counter, post, online"):
        engine.act(other.id, Action.HAND_OVER, OFFICER, facts={"evidence": "pigeon"})


def test_what_is_computed_follows_a_supplement(folder: Path, engine: Engine) -> None:
    """A value that the form works out is worked out anew from what was mended."""
    schema = {**SMALL, "x-compute": {"/name": "string(copies) + ' bản'"}}
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    dossier = sent(engine)
    assert dossier.answers["name"] == "2 bản"
    root = Actor("root", Role.ADMIN)
    engine.act(dossier.id, Action.REQUEST_SUPPLEMENT, root, facts={"asked": ["/copies"]}, note="?")
    mended = engine.act(dossier.id, Action.SUPPLEMENT, AN, answers={"name": "2 bản", "copies": 3})
    assert mended.answers == {"name": "3 bản", "copies": 3}


def test_a_procedure_narrows_its_workflow(workflow: Callable[..., None], engine: Engine) -> None:
    """No payment, no supplement, two pairs of eyes, steps of its own, no extension."""
    workflow(payment=False, supplement=False, fourEyes=True, extensions=0, steps=[{"code": "measured", "title": "Đo đạc"}])
    engine.catalog.expire()
    dossier = sent(engine)
    engine.act(dossier.id, Action.ACCEPT, INTAKE)
    working = engine.act(dossier.id, Action.ASSIGN, INTAKE, facts={"officer": "nam"})
    offered = engine.permitted(working, OFFICER)
    assert not {Action.REQUEST_PAYMENT, Action.REQUEST_SUPPLEMENT, Action.EXTEND, Action.COMPLETE} & set(offered)
    assert engine.act(dossier.id, Action.ADVANCE, OFFICER, facts={"step": "measured"}).handling.step == "measured"
    with pytest.raises(ForbiddenAction, match="known: measured"):
        engine.act(dossier.id, Action.ADVANCE, OFFICER, facts={"step": "elsewhere"})
    with pytest.raises(ForbiddenAction, match="approver"):
        engine.act(dossier.id, Action.COMPLETE, APPROVER, facts={"outcome": "approved"})
    engine.act(dossier.id, Action.PROPOSE, APPROVER, facts={"outcome": "approved"})
    with pytest.raises(ForbiddenAction, match="four-eyes"):
        engine.act(dossier.id, Action.COMPLETE, APPROVER, facts={"outcome": "approved"})
    engine.act(dossier.id, Action.PROPOSE, OFFICER, facts={"outcome": "approved"})
    assert engine.act(dossier.id, Action.COMPLETE, APPROVER, facts={"outcome": "approved"}).state is State.COMPLETED


def test_pauses_extensions_and_a_second_look(workflow: Callable[..., None], engine: Engine) -> None:
    """Suspended and resumed; extended once; completed, reopened, stopped."""
    dossier = sent(engine)
    engine.act(dossier.id, Action.ACCEPT, INTAKE)
    engine.act(dossier.id, Action.ASSIGN, INTAKE, facts={"officer": "nam"})
    suspended = engine.act(dossier.id, Action.SUSPEND, OFFICER, note="Chờ cơ quan thuế")
    assert (suspended.state, suspended.state.national) == (State.SUSPENDED, 8)
    assert engine.act(dossier.id, Action.RESUME, OFFICER).state is State.PROCESSING
    new_day = {"due": "2026-12-09T10:00:00+00:00"}
    assert engine.act(dossier.id, Action.EXTEND, OFFICER, facts=new_day, note="Xin lỗi").handling.clock.extensions == 1
    with pytest.raises(ForbiddenAction, match="extended"):
        engine.act(dossier.id, Action.EXTEND, OFFICER, facts=new_day, note="Xin lỗi")
    engine.act(dossier.id, Action.COMPLETE, OFFICER, facts={"outcome": "rejected"}, note="Không đủ điều kiện")
    reopened = engine.act(dossier.id, Action.REOPEN, APPROVER, note="Kết quả sai")
    assert (reopened.state, reopened.handling.result.outcome, reopened.handling.result.resolved) == (State.PROCESSING, None, None)
    stopped = engine.act(dossier.id, Action.STOP, OFFICER, note="Theo quyết định")
    assert (stopped.state, stopped.handling.result.resolved) == (State.STOPPED, NOON)


def test_money_that_is_owed_keeps_the_result_back(workflow: Callable[..., None], engine: Engine) -> None:
    """Nothing is handed over while a fee is due."""
    from dossierkit.dossiers.lifecycle.dossier import chained
    from dossierkit.dossiers.lifecycle.event_facts import AcceptFacts, AssignFacts, BillChange, CompleteFacts
    from dossierkit.dossiers.lifecycle.transitions import refusal, step

    dossier = sent(engine)
    accepted = AcceptFacts(receipt="1", bill=BillChange(payment=Payment.DUE))
    owing = step(dossier, chained(dossier.id, 3, Action.ACCEPT, "x", NOON, accepted, ""))
    owing = step(owing, chained(dossier.id, 4, Action.ASSIGN, "x", NOON, AssignFacts(officer="nam"), ""))
    owing = step(owing, chained(dossier.id, 5, Action.COMPLETE, "x", NOON, CompleteFacts(outcome=Outcome.APPROVED), ""))
    assert refusal(owing, Action.HAND_OVER, INTAKE) == "unpaid"


def test_officer_and_citizen_at_once(workflow: Callable[..., None], engine: Engine) -> None:
    """One wins, the other one is told."""
    dossier = sent(engine)
    engine.act(dossier.id, Action.WITHDRAW, AN, version=dossier.version)
    with pytest.raises(StaleDossier):
        engine.act(dossier.id, Action.ACCEPT, INTAKE, version=dossier.version)
    with pytest.raises(ForbiddenAction):
        engine.act(dossier.id, Action.ACCEPT, INTAKE)


@pytest.mark.parametrize(("wanted", "count"), [(Notices.ALL, 4), (Notices.NEEDED, 2), (Notices.NONE, 0)])
def test_a_citizen_says_how_much_is_mailed(workflow: Callable[..., None], engine: Engine, wanted: Notices, count: int) -> None:
    """Everything, the necessary, or nothing; a citizen is not told of assignments."""
    engine.store.accounts.create_account(Account("an", "an@example.vn", NOON, notices=wanted))
    dossier = sent(engine)
    engine.act(dossier.id, Action.ACCEPT, INTAKE)
    for officer in ("nam", "hai"):
        engine.act(dossier.id, Action.ASSIGN, INTAKE, facts={"officer": officer})
    engine.act(dossier.id, Action.WITHDRAW, AN)
    assert len(subjects(engine)) == count


def test_a_citizen_is_forgotten(workflow: Callable[..., None], account: Account, engine: Engine, tmp_path: Path) -> None:
    """Answers, files, notes, words and owner are gone; code, state, days and history are left, and every proof holds."""
    blobs = DiskBlobs(tmp_path / "blobs")
    draft = engine.begin("1.000001", AN, {"name": "Bí Mật"})
    file = Attachment("1", blobs.put("đơn.pdf", io.BytesIO(b"%PDF-")), "đơn.pdf", 5, "application/pdf")
    engine.attach(draft.id, file, AN, version=1)
    dossier = engine.submit(draft.id, AN)
    root = Actor("root", Role.ADMIN)
    for actor, action in ((AN, Action.ASK_ERASURE), (root, Action.ERASE)):
        with pytest.raises(ForbiddenAction):
            engine.act(dossier.id, action, actor)
    engine.act(dossier.id, Action.REFUSE, INTAKE, note="Bí Mật không đủ điều kiện")
    asked = engine.act(dossier.id, Action.ASK_ERASURE, AN)
    assert asked.handling.erasure.asked == NOON
    assert Action.ASK_ERASURE not in engine.permitted(asked, AN)
    with pytest.raises(ForbiddenAction):
        engine.act(dossier.id, Action.ERASE, AN)

    erased = erase(engine, blobs, asked, root)

    assert (erased.answers, erased.attachments, erased.owner) == ({}, (), "")
    assert (erased.code, erased.state, erased.submitted) == (dossier.code, State.REFUSED, NOON)
    assert blobs.open(file.blob) is None
    assert engine.find(AN, Query(words="bi mat")) == engine.find(AN) == ()
    assert engine.store.notes(dossier.id) == {}
    assert "Bí Mật" not in repr([engine.store.get(dossier.id), engine.history(erased)])
    assert engine.lookup(str(dossier.code)) == erased
    assert engine.permitted(erased, root) == ()
    with pytest.raises(UnknownDossier):
        engine.open(dossier.id, AN)
    assert list(engine.verify()) == []
    assert [subject[:20] for subject in subjects(engine)[-2:]] == ["Đã nhận yêu cầu xóa ", "Đã xóa dữ liệu cá nh"]


LIMITED = {"timeLimit": [{"count": 5, "unit": "working", "afterSupplement": 3}]}


def test_the_clock_of_a_dossier(workflow: Callable[..., None], folder: Path, engine: Engine, clock: FixedClock) -> None:
    """Due at acceptance, paused during a request, a fresh time after a supplement, the remaining time after a pause."""
    block = {**SMALL["x-procedure"], "unit": UNIT, **LIMITED}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    clock.time = datetime(2026, 11, 20, 2, tzinfo=UTC)  # Friday, nine o'clock at the office
    dossier = sent(engine)
    assert dossier.handling.clock.answer_by == at(date(2026, 11, 23), time(9))
    accepted = engine.act(dossier.id, Action.ACCEPT, INTAKE)
    assert due_day(accepted) == "2026-11-30"
    assert not accepted.handling.clock.estimated
    engine.act(dossier.id, Action.ASSIGN, INTAKE, facts={"officer": "nam"})
    clock.advance(timedelta(days=3))  # Monday
    asked = engine.act(dossier.id, Action.REQUEST_SUPPLEMENT, OFFICER, facts={"asked": ["/copies"]}, note="?")
    assert (asked.handling.clock.left, asked.handling.clock.running) == (4, None)
    clock.advance(timedelta(days=7))
    back = engine.act(dossier.id, Action.SUPPLEMENT, AN, answers={"name": "An", "copies": 1})
    assert (due_day(back), back.handling.clock.left) == ("2026-12-03", 3)
    clock.advance(timedelta(days=2))
    suspended = engine.act(dossier.id, Action.SUSPEND, OFFICER, note="chờ")
    assert suspended.handling.clock.left == 1
    clock.advance(timedelta(days=20))
    resumed = engine.act(dossier.id, Action.RESUME, OFFICER)
    assert due_day(resumed) == "2026-12-23"
    new_day = at(date(2026, 12, 31), time(17)).isoformat()
    assert resumed.handling.clock.running == clock.now()
    clock.advance(timedelta(days=1))
    assert explained(engine, resumed) == ["2026-12-22", "2026-12-23"]
    extended = engine.act(dossier.id, Action.EXTEND, OFFICER, facts={"due": new_day}, note="Xin lỗi")
    assert (due_day(extended), extended.handling.clock.promised, explained(engine, extended)) == ("2026-12-31", True, [])
    assert extended.handling.clock.left == 7, "from the 22nd, when the clock began to run"
    paused = engine.act(dossier.id, Action.SUSPEND, OFFICER, note="chờ")
    assert paused.handling.clock.left == 6, "from the 24th to the new day: an extension outlasts a pause"
    clock.advance(timedelta(days=30))
    going_on = engine.act(dossier.id, Action.RESUME, OFFICER)
    assert (due_day(going_on), going_on.handling.clock.promised) == ("2027-02-01", False)
    assert len(explained(engine, going_on)) > 6
    assert list(engine.verify()) == []


def explained(engine: Engine, dossier: Dossier) -> list[str]:
    """The days up to the due day that the clock names."""
    found = engine.office_clock.explained(dossier.handling)
    return [one.day.isoformat() for one in found.days] if found is not None else []


def test_a_result_on_the_same_day_explains_itself(
    workflow: Callable[..., None], folder: Path, engine: Engine, clock: FixedClock
) -> None:
    """A dossier resolved early is due today; after a pause it is due on the remaining day."""
    block = {**SMALL["x-procedure"], "unit": UNIT, "timeLimit": [{"count": 1, "sameDay": True}]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    clock.time = datetime(2026, 11, 23, 2, tzinfo=UTC)  # Monday, nine o'clock; Tuesday is a day off
    dossier = sent(engine)
    accepted = engine.act(dossier.id, Action.ACCEPT, INTAKE)
    assert (due_day(accepted), explained(engine, accepted)) == ("2026-11-23", ["2026-11-23"])
    engine.act(dossier.id, Action.ASSIGN, INTAKE, facts={"officer": "nam"})
    engine.act(dossier.id, Action.SUSPEND, OFFICER, note="chờ")
    clock.advance(timedelta(hours=1))
    resumed = engine.act(dossier.id, Action.RESUME, OFFICER)
    assert (due_day(resumed), explained(engine, resumed)) == ("2026-11-25", ["2026-11-23", "2026-11-24", "2026-11-25"])


def test_an_answer_to_a_supplement_is_looked_at_in_a_fresh_time(
    workflow: Callable[..., None], engine: Engine, clock: FixedClock
) -> None:
    """A dossier that comes back to be accepted or refused has a new limit."""
    dossier = sent(engine)
    engine.act(dossier.id, Action.REQUEST_SUPPLEMENT, INTAKE, facts={"asked": ["/copies"]}, note="?")
    clock.advance(timedelta(days=10))
    back = engine.act(dossier.id, Action.SUPPLEMENT, AN, answers={"name": "An", "copies": 1})
    assert dossier.handling.clock.answer_by is not None
    assert back.handling.clock.answer_by is not None
    assert back.handling.clock.answer_by - dossier.handling.clock.answer_by >= timedelta(days=7)


def test_a_day_that_an_officer_sets_outlasts_a_pause(
    workflow: Callable[..., None], folder: Path, engine: Engine, clock: FixedClock
) -> None:
    """At acceptance or when it goes on: what is left is counted to that day."""
    block = {**SMALL["x-procedure"], "unit": UNIT, **LIMITED}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    clock.time = datetime(2026, 11, 23, 2, tzinfo=UTC)  # Monday
    dossier = sent(engine)
    until = {"due": at(date(2026, 12, 10), time(17)).isoformat()}
    assert engine.act(dossier.id, Action.ACCEPT, INTAKE, facts=until).handling.clock.left == 12
    engine.act(dossier.id, Action.ASSIGN, INTAKE, facts={"officer": "nam"})
    clock.advance(timedelta(days=2))
    assert engine.act(dossier.id, Action.SUSPEND, OFFICER, note="chờ").handling.clock.left == 11
    assert engine.act(dossier.id, Action.RESUME, OFFICER, facts=until).handling.clock.left == 11


@pytest.mark.parametrize(
    ("role", "unit"), [(Role.CASE_OFFICER, "vpdkdd"), (Role.CASE_OFFICER, ""), (Role.ADMIN, "vpdkdd"), (Role.CITIZEN, "")]
)
def test_a_dossier_is_assigned_within_its_unit(
    workflow: Callable[..., None], account: Account, engine: Engine, role: Role, unit: str
) -> None:
    """An account that cannot open the dossier is not given it, the owner's neither; the dossier stays as it is."""
    people = engine.store.accounts
    people.create_account(Account("hoa", "hoa@office.vn", NOON, role=role, unit=unit))
    people.create_account(Account("nam", "nam@office.vn", NOON, role=Role.CASE_OFFICER, unit=UNIT))
    people.create_account(Account("root", "root@office.vn", NOON, role=Role.ADMIN))
    accepted = engine.act(sent(engine).id, Action.ACCEPT, INTAKE)

    for officer in ("hoa", account.id):
        with pytest.raises(ForbiddenAction, match=f"{officer} does not work on dossiers of {UNIT}"):
            engine.act(accepted.id, Action.ASSIGN, INTAKE, facts={"officer": officer})

    assert engine.open(accepted.id, INTAKE) == accepted
    for officer in ("nam", "root"):
        assert engine.act(accepted.id, Action.ASSIGN, INTAKE, facts={"officer": officer}).handling.officer == officer


def test_a_proposed_outcome_is_none_yet(workflow: Callable[..., None], engine: Engine) -> None:
    """The outcome of a dossier is that of its completion, also after the hand-over; one that was only proposed ends with a stop."""
    workflow(fourEyes=True)
    dossier, stopped = sent(engine), sent(engine)
    for each in (dossier, stopped):
        engine.act(each.id, Action.ACCEPT, INTAKE)
        engine.act(each.id, Action.ASSIGN, INTAKE, facts={"officer": "nam"})
        assert engine.act(each.id, Action.PROPOSE, OFFICER, facts={"outcome": "approved"}).outcome is None

    assert engine.act(stopped.id, Action.STOP, OFFICER, note="Hết thẩm quyền").outcome is None
    assert engine.act(dossier.id, Action.COMPLETE, APPROVER, facts={"outcome": "approved"}).outcome is Outcome.APPROVED
    assert engine.act(dossier.id, Action.HAND_OVER, INTAKE, facts={"evidence": "post"}).outcome is Outcome.APPROVED


def test_nothing_is_due_where_nothing_is_promised(workflow: Callable[..., None], engine: Engine) -> None:
    """A procedure without a time limit, or one that says so."""
    accepted = engine.act(sent(engine).id, Action.ACCEPT, INTAKE)
    assert (accepted.handling.clock.due, accepted.handling.clock.limit) == (None, None)


def test_what_has_no_due_day_is_never_late(workflow: Callable[..., None], engine: Engine) -> None:
    """It counts as on time, as in the printed form."""
    dossier = sent(engine)
    for action, facts in ((Action.ACCEPT, {}), (Action.ASSIGN, {"officer": "nam"}), (Action.COMPLETE, {"outcome": "approved"})):
        engine.act(dossier.id, action, Actor("root", Role.ADMIN), facts=facts)
    engine.act(dossier.id, Action.REOPEN, OFFICER, note="xem lại")
    engine.act(dossier.id, Action.COMPLETE, OFFICER, facts={"outcome": "returned"}, note="Trả lại")
    total = engine.report(Period.year(2026)).total
    assert (total.received, total.reopened, total.on_time, total.returned, total.in_progress) == (1, 1, 1, 1, 0)
    assert list(engine.verify()) == []


def test_a_receipt_number_is_found_however_it_is_written(folder: Path, engine: Engine) -> None:
    """A template without strokes, and with small letters and spaces."""
    block = {**SMALL["x-procedure"], "unit": UNIT, "receiptTemplate": "bn {year} {number:4} {agency}"}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    accepted = engine.act(sent(engine).id, Action.ACCEPT, INTAKE)
    assert accepted.handling.receipt == "BN20260001H29.15"
    assert engine.lookup("bn 2026 0001 h29.15") == accepted
    with pytest.raises(CodeError):
        engine.lookup("bn 2026 0002 h29.15")


def test_only_an_office_has_a_desk(workflow: Callable[..., None], engine: Engine) -> None:
    """Citizens and officers of no unit see nothing there."""
    dossier = sent(engine)
    for actor in (AN, Actor("x", Role.CASE_OFFICER)):
        assert engine.desk(actor) == ()
        assert engine.desk_count(actor, Query()) == 0
    assert engine.desk(INTAKE) == engine.desk(Actor("root", Role.ADMIN)) == (dossier,)
    assert engine.desk(STRANGER) == ()
    assert engine.desk_count(INTAKE, Query()) == 1


def test_codes_and_numbers_survive_a_clock_that_goes_back(
    workflow: Callable[..., None], engine: Engine, clock: FixedClock
) -> None:
    """A day back and on again, and across midnight and New Year: no number twice, none left out, the ledger right."""
    clock.time = datetime(2026, 12, 31, 16, 58, tzinfo=UTC)  # two minutes before midnight at the office
    codes = []
    for minutes in (0, 1, 2, -24 * 60, 0, 24 * 60, -3, 5, -2 * 24 * 60, 2 * 24 * 60):
        clock.advance(timedelta(minutes=minutes))
        dossier = sent(engine)
        accepted = engine.act(dossier.id, Action.ACCEPT, INTAKE)
        codes.append((str(dossier.code), accepted.handling.receipt))
    assert len(set(codes)) == len({code for code, _ in codes}) == len({receipt for _, receipt in codes}) == 10
    by_day: dict[str, list[int]] = {}
    for code, _ in codes:
        by_day.setdefault(code[:-5], []).append(int(code[-4:]))
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_day.values())
    assert {code[7:13] for code, _ in codes} >= {"261230", "261231", "270101"}
    assert list(engine.verify()) == []
    totals = [engine.report(Period.year(year)).total for year in (2026, 2027)]
    assert sum(total.received for total in totals) == 10
    assert totals[0].in_progress == totals[1].carried_over


def test_a_message_fits_every_version(workflow: Callable[..., None], engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message sent a moment earlier only delays it; a page that is fifty messages old is read again."""
    dossier, record = sent(engine), engine.store.record
    faster = [Action.ACCEPT]

    def slow(change: Any) -> Dossier:
        if faster:
            engine.act(dossier.id, faster.pop(), INTAKE)
        return record(change)

    monkeypatch.setattr(engine.store, "record", slow)
    told = engine.message(dossier.id, AN, "Xin hỏi")
    assert (told.state, told.version) == (State.ACCEPTED, dossier.version + 2)
    monkeypatch.undo()
    seen = told.version
    for _ in range(50):
        engine.message(dossier.id, INTAKE, "…")
    engine.act(dossier.id, Action.ASSIGN, INTAKE, version=seen, facts={"officer": "nam"})
    for _ in range(51):
        engine.message(dossier.id, AN, "…")
    with pytest.raises(StaleDossier):
        engine.act(dossier.id, Action.SUSPEND, OFFICER, version=seen + 51, note="x")


@pytest.mark.parametrize(("change", "told"), [({}, True), ({"disabled": True}, False), ({"proven": False}, False)])
def test_a_message_is_mailed_to_the_assigned_officer(
    workflow: Callable[..., None], account: Account, engine: Engine, change: dict[str, bool], told: bool
) -> None:
    """Unless the account is disabled, or its address unproven; the answer goes to the owner."""
    officer = Account(OFFICER.id, "nam@office.vn", NOON, {"fullName": "Nam"}, Role.CASE_OFFICER, unit=UNIT, **change)
    engine.store.accounts.create_account(officer)
    dossier = sent(engine)
    engine.act(dossier.id, Action.ACCEPT, INTAKE)
    engine.act(dossier.id, Action.ASSIGN, INTAKE, facts={"officer": OFFICER.id})
    subjects(engine)

    engine.message(dossier.id, AN, "Xin hỏi")
    engine.message(dossier.id, OFFICER, "Trả lời")

    receivers = [waiting.mail.to for waiting in engine.store.outbox.claim(NOON, NOON, 100) if "message:" in waiting.mail.key]
    assert receivers == [*(["nam@office.vn"] if told else []), account.mail]
