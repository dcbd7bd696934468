"""A citizen's pages after a dossier was sent: state, reasons, persons, withdrawing, mails, erasure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dossierkit_web import WebConfig, create_app
from support.browsing import browsers_of
from support.page import Page
from support.samples import SMALL
from support.visits import MAIL, known, look_up

from dossierkit import Action, Actor, Dossier, Engine, Role, State, open_engine
from dossierkit.dossiers.people.account import Notices
from dossierkit.testing import FixedClock

INTAKE, OFFICER = Actor("mai", Role.INTAKE_OFFICER, "so-nnmt"), Actor("nam", Role.CASE_OFFICER, "so-nnmt")
SCHEMA: dict[str, Any] = {
    **SMALL,
    "properties": {**SMALL["properties"], "deputy": {"title": "Người nộp thay", "type": "string", "x-personal": True}},
    "x-procedure": {
        **SMALL["x-procedure"],
        "unit": "so-nnmt",
        "persons": {"owner": "/name", "submitter": "/deputy"},
        "purpose": "Để cấp bản sao.",
        "retention": 5,
        "timeLimit": [{"count": 3, "unit": "working"}],
    },
}


@pytest.fixture
def portal(tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[tuple[Engine, Any]]:
    (folder / "small.json").write_text(json.dumps(SCHEMA), "utf-8")
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs", config=WebConfig())) as browser:
        yield engine, browser
    engine.close()


def filed(engine: Engine, client: Any) -> Dossier:
    """A dossier filed by the account of Nguyễn Văn An, for Trần Thị Bà, handed in by Lê Cháu."""
    known(client)
    account = engine.store.accounts.account_of(MAIL)
    assert account is not None
    answers = {"name": "Trần Thị Bà", "deputy": "Lê Cháu"}
    return engine.submit(engine.begin("1.000001", account.actor, answers).id, account.actor)


def test_three_persons_are_kept_apart(portal: Any) -> None:
    """The holder of the account, the submitter and the owner; a reader of the paper sees the owner's initials alone."""
    engine, browser = portal
    client = browser()
    dossier = filed(engine, client)
    shown = Page(client.get(f"/dossiers/{dossier.code}").text).text
    for words in ("Chủ hồ sơ Trần Thị Bà", "Người nộp hồ sơ Lê Cháu", "Tài khoản Nguyễn Văn An"):
        assert words in shown
    looked = look_up(browser(), engine, str(dossier.code), check=engine.check_code(dossier)).text
    assert "T*** T** B*" in looked
    for name in ("Trần", "Cháu", "Nguyễn", "Văn"):
        assert name not in looked


def test_a_receipt_number_finds_the_dossier(portal: Any) -> None:
    """As well as the code; what the office does shows up in plain words, reasons for the owner alone."""
    engine, browser = portal
    client = browser()
    dossier = filed(engine, client)
    accepted = engine.act(dossier.id, Action.ACCEPT, INTAKE, facts={"due": "2026-12-01T10:00:00+00:00"}, note="Đủ thành phần")
    stranger = browser()
    receipt = f" {accepted.handling.receipt.lower()} "
    found = look_up(stranger, engine, receipt, check=engine.check_code(accepted)).text
    assert "Đã tiếp nhận" in found
    assert "01/12/2026" in found
    assert "Đủ thành phần" not in found
    assert "Không có hồ sơ nào" in look_up(stranger, engine, "00009/2026/H29.15").text
    own = client.get(f"/dossiers/{dossier.code}").text
    for words in (accepted.handling.receipt, "01/12/2026", "Đủ thành phần"):
        assert words in own


def test_a_due_day_explains_itself(portal: Any, clock: FixedClock) -> None:
    """Each day counted or not, and why, in words; the remaining time during a pause; a day that an officer set."""
    engine, browser = portal
    client = browser()
    clock.time = datetime(2026, 11, 20, 2, tzinfo=UTC)
    dossier = filed(engine, client)
    engine.act(dossier.id, Action.ACCEPT, INTAKE)
    shown = Page(client.get(f"/dossiers/{dossier.code}").text).text
    for words in (
        "Hẹn trả kết quả 26/11/2026",
        "20/11/2026: ngày nhận",
        "21/11/2026: cuối tuần",
        "24/11/2026: Ngày Văn hóa Việt Nam",
        "26/11/2026: ngày thứ 3",
    ):
        assert words in shown
    engine.act(dossier.id, Action.REQUEST_SUPPLEMENT, INTAKE, facts={"asked": ["/name"]}, note="?")
    shown = Page(client.get(f"/dossiers/{dossier.code}").text).text
    assert "cuối tuần" not in shown
    assert "đang tạm dừng" in shown
    assert "Khi đó còn 3 ngày làm việc." in shown
    engine.act(dossier.id, Action.SUPPLEMENT, Actor(dossier.owner), answers=dossier.answers)
    engine.act(dossier.id, Action.EXTEND, OFFICER, facts={"due": "2026-12-31T10:00:00+00:00"}, note="Xin lỗi")
    shown = Page(client.get(f"/dossiers/{dossier.code}").text).text
    assert "Hẹn trả kết quả 31/12/2026" in shown
    assert "do cơ quan ấn định" in shown


def test_a_dossier_is_withdrawn_after_asking_back(portal: Any) -> None:
    """Once, from the page that was seen; if the office was faster, the citizen is told."""
    engine, browser = portal
    client = browser()
    dossier = filed(engine, client)
    place = f"/dossiers/{dossier.code}"
    assert f"{place}/withdraw" in client.get(place).text
    asked = dict(Page(client.get(f"{place}/withdraw").text).pairs)
    engine.act(dossier.id, Action.ACCEPT, INTAKE)
    assert client.post(f"{place}/withdraw", data=asked).status_code == 409
    asked = dict(Page(client.get(f"{place}/withdraw").text).pairs)
    for _ in range(2):
        assert "Đã rút hồ sơ" in client.post(f"{place}/withdraw", data=asked).text
    assert engine.lookup(str(dossier.code)).state is State.WITHDRAWN
    page = client.get(place).text
    assert "/withdraw" not in page
    assert "Yêu cầu xóa dữ liệu cá nhân" in page


def test_a_citizen_asks_to_be_forgotten(portal: Any) -> None:
    """Once a dossier is done with; the office is told, the page says so."""
    engine, browser = portal
    client = browser()
    dossier = filed(engine, client)
    place = f"/dossiers/{dossier.code}"
    assert client.post(f"{place}/ask-erasure").status_code == 409
    engine.act(dossier.id, Action.REFUSE, INTAKE, note="Không đủ điều kiện")
    for _ in range(2):
        assert "hai ngày làm việc" in client.post(f"{place}/ask-erasure").text
    assert engine.lookup(str(dossier.code)).handling.erasure.asked is not None


def test_how_much_is_mailed_is_chosen_in_the_profile(portal: Any) -> None:
    """All, what is needed, or nothing; what was chosen is shown."""
    engine, browser = portal
    client = browser()
    known(client)
    assert "Mỗi lần hồ sơ thay đổi" in client.get("/profile").text
    page = client.get("/profile?edit=notices").text
    assert "Không gửi" in page
    saved = client.post("/profile/notices", data={"/notices": '"needed"', "do": "save"})
    assert "Chỉ khi tôi cần làm gì đó" in saved.text
    assert engine.store.accounts.account_of(MAIL).notices is Notices.NEEDED
    assert client.post("/profile/notices", data={"/notices": '"loud"', "do": "save"}).status_code == 422


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_everybody_is_told_what_personal_data_is_for(portal: Any, lang: str) -> None:
    """Beforehand, and before sending: who keeps it, what for, which, how long, and what one may ask."""
    _, browser = portal
    client = browser()
    known(client)
    guide = Page(client.get(f"/procedures/1.000001?lang={lang}").text).text
    client.post("/procedures/1.000001/apply", data={"/name": "An", "do": "save"})
    draft = dict(Page(client.get("/procedures/1.000001/apply").text).pairs)["meta:draft"]
    review = Page(client.get(f"/procedures/1.000001/apply/review?draft={draft}").text).text
    for page in (guide, review):
        for words in ("Để cấp bản sao.", "Người nộp thay", "5 năm" if lang == "vi" else "5 years"):
            assert words in page
