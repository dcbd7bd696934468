"""Pages of admins of the whole office, which no other user reaches, not even an admin of one unit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from dossierkit_web import WebConfig, create_app
from starlette.routing import Route
from starlette.testclient import TestClient
from support.browsing import browsers_of
from support.desk import act, filed
from support.page import Page
from support.people import UNIT
from support.visits import GOOD, known, sign_in
from support.waiting import wait_for

from dossierkit import Actor, Engine, Role, open_engine
from dossierkit.dossiers.mails import SendMail
from dossierkit.errors import UnknownProcedure
from dossierkit.people.staff import appoint
from dossierkit.testing import FixedClock
from dossierkit.wiring import open_accounts


def test_nobody_else_has_these_pages(office: Any) -> None:
    """From the route table: 404 for citizens, officers and an admin of one unit, a stranger signs in; nothing changes."""
    engine, browser, officer = office
    citizen, mai, unit_admin = browser(), officer("mai@office.vn"), browser()
    known(citizen)
    accounts = open_accounts(engine)
    sign_in(unit_admin, appoint(accounts, "ua@office.vn", "Ua", Role.ADMIN, UNIT), "ua@office.vn")
    unit_admin.post("/password", data={"new": GOOD})
    routes = [route for route in mai.app.routes if isinstance(route, Route) and route.path.startswith("/admin")]
    assert len(routes) == 8
    for who, code in ((citizen, 404), (mai, 404), (unit_admin, 404), (browser(), 401)):
        for route in routes:
            method = "POST" if "POST" in (route.methods or ()) else "GET"
            data = {"data": {"do": "add", "mail": "x@office.vn", "role": "admin"}} if method == "POST" else {}
            assert who.request(method, route.path.replace("{code}", "1.000001"), **data).status_code == code, route.path
    assert engine.store.accounts.account_of("x@office.vn") is None
    assert "/admin" not in mai.get("/desk").text


def test_a_session_that_ends_at_these_pages_leads_back(office: Any, clock: FixedClock) -> None:
    """After signing in again an admin is back at the page, with the person about to be added."""
    engine, _, officer = office
    root = officer("root@office.vn")
    clock.advance(timedelta(hours=9))
    for path, back in (("/admin", "/admin"), ("/admin/audit?actor=x", "/admin/audit?actor=x")):
        asked = root.get(path)
        assert (asked.status_code, dict(Page(asked.text).pairs)["next"]) == (401, back)
    for path, back in (
        ("/admin/mails", "/admin"),
        ("/admin/procedures", "/admin"),
        ("/admin/procedures/1.1", "/admin/procedures/1.1"),
    ):
        assert dict(Page(root.post(path, data={"id": "1"}).text).pairs)["next"] == back
    asked = root.post(
        "/admin/people", data={"do": "add", "mail": "moi@office.vn", "name": "Mới", "role": "approver", "unit": UNIT}
    )

    signed_in = root.post("/sign-in", data={**dict(Page(asked.text).pairs), "mail": "root@office.vn", "password": GOOD})

    assert signed_in.url.path == "/admin/people"
    pairs = Page(signed_in.text).pairs
    assert {("mail", "moi@office.vn"), ("name", "Mới"), ("role", "approver"), ("unit", UNIT)} <= {*pairs}
    assert engine.store.accounts.account_of("moi@office.vn") is None


def test_the_catalog_shows_its_health(office: Any, folder: Path, clock: FixedClock) -> None:
    """Faults, lint, revisions that dossiers are of, mail that did not get through; a mail is tried again."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    filed(engine, citizen)
    root = officer("root@office.vn")
    (folder / "broken.json").write_text("{", "utf-8")
    (folder / "odd.json").write_text(json.dumps({"type": "object", "x-procedure": {"code": "2.1", "unitt": "x"}}), "utf-8")
    engine.store.outbox.post(SendMail("k", "ai@example.vn", "s", "t"))
    (mail,) = [one for one in engine.store.outbox.claim(clock.now(), clock.now(), 99) if one.mail.to == "ai@example.vn"]
    engine.store.outbox.mark_failed(mail.id, "hộp thư đầy", None)
    engine.catalog.expire()
    page = root.get("/admin").text
    for words in ("broken.json", "unitt", "hiện hành", "ai@example.vn", "hộp thư đầy", "đã ngừng gửi", str(folder)):
        assert words in page, words
    root.post("/admin/mails", data={"id": str(mail.id)})
    assert [one.mail.to for one in engine.store.outbox.claim(clock.now() + timedelta(seconds=1), clock.now(), 99)][-1:] == [
        "ai@example.vn"
    ]


def test_every_revision_in_use_is_listed(office: Any, folder: Path) -> None:
    """One that is served and has no dossier yet, one that only dossiers have; how many, and which is current."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    filed(engine, citizen)
    old = engine.procedure("1.000001").revision
    small = json.loads((folder / "small.json").read_text("utf-8"))
    (folder / "small.json").write_text(json.dumps({**small, "description": "Mới"}, ensure_ascii=False), "utf-8")
    (folder / "new.json").write_text(json.dumps({"type": "object", "x-procedure": {"code": "2.1"}}), "utf-8")
    engine.catalog.expire()

    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", officer("root@office.vn").get("/admin").text))

    new, current = engine.procedure("2.1").revision, engine.procedure("1.000001").revision
    assert f"{old[:12]} 1 " in page
    assert f"{current[:12]} hiện hành 0 " in page
    assert f"{new[:12]} hiện hành 0 " in page


def test_faults_of_files_are_told_once_in_the_language_of_the_page(office: Any, folder: Path) -> None:
    """By their place in the folder, with what of each file serves."""
    engine, _, officer = office
    root = officer("root@office.vn")
    sound = (folder / "small.json").read_text("utf-8")
    assert engine.procedures()
    (folder / "small.json").write_text(sound[: len(sound) // 2], "utf-8")
    (folder / "broken.json").write_text("{", "utf-8")
    (folder / "odd.json").write_text(json.dumps({"type": "object", "minLenght": 1, "x-procedure": {"code": "2.1"}}), "utf-8")
    refused = {"x-rules": [{"rule": "a >", "message": "m"}]}
    (folder / "rule.json").write_text(json.dumps({"type": "object", "x-procedure": {"code": "2.2"}, **refused}), "utf-8")
    engine.catalog.expire()

    pages = {language: re.sub(r"<[^>]+>", "", root.get(f"/admin?lang={language}").text) for language in ("vi", "en")}

    for page in pages.values():
        assert [page.count(f"{name}:1:") for name in ("small.json", "broken.json", "odd.json", "rule.json")] == [1] * 4
        assert page.count(str(folder)) == 1
    assert "small.json: tệp hiện không dùng được; phiên bản hợp lệ gần nhất vẫn được dùng" in pages["vi"]
    assert "broken.json: không được dùng" in pages["vi"]
    assert "small.json: cannot be used at present; its last valid revision is in use" in pages["en"]
    assert "Cảnh báo: 'minLenght' không có tác dụng ở đây; có phải ý bạn là 'minLength'?" in unescape(pages["vi"])
    assert "Warning: 'minLenght' means nothing here; did you mean 'minLength'?" in unescape(pages["en"])
    assert "Lỗi: không phải là JSON: tệp bị cắt giữa chừng; hãy ghi lại đầy đủ" in pages["vi"]
    assert "not JSON" not in pages["vi"]
    assert "Lỗi: biểu thức 'a >' không đọc được ở vị trí 4 (chi tiết của bộ đọc: Syntax error:" in unescape(pages["vi"])
    assert "Error: the expression 'a >' cannot be read at character 4 (Syntax error:" in unescape(pages["en"])
    assert [entry.code for entry in engine.procedures()].count("1.000001") == 1


def test_a_file_that_is_refused_now_is_told_with_the_revision_that_serves(office: Any, folder: Path) -> None:
    """It was read whole before: its dossiers go on, and the admin reads why the newer one is not used."""
    engine, _, officer = office
    root = officer("root@office.vn")
    small = json.loads((folder / "small.json").read_text("utf-8"))
    revision = engine.procedure("1.000001").revision
    (folder / "small.json").write_text(json.dumps({**small, "x-rules": [{"rule": "nowhere > 1", "message": "m"}]}), "utf-8")
    engine.catalog.expire()

    page = unescape(re.sub(r"<[^>]+>", "", root.get("/admin?lang=vi").text))

    assert engine.procedure("1.000001").revision == revision
    assert "small.json: tệp hiện không dùng được; phiên bản hợp lệ gần nhất vẫn được dùng" in page
    assert "Lỗi: quy tắc dùng 'nowhere', nhưng không có trường này" in page


def test_errors_of_files_that_serve_are_logged_while_the_portal_runs(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By the lifespan of the application, in any server, in the language of the log."""
    odd = {"type": "object", "title": "A", "x-procedure": {"code": "2.1"}, "x-translations": {"en": {"/nowhere": "B"}}}
    (folder / "odd.json").write_text(json.dumps(odd), "utf-8")
    engine = open_engine("memory:", procedures=folder, log_language="vi")

    def logged() -> list[str]:
        return [record.getMessage() for record in caplog.records if "odd.json" in record.getMessage()]

    with TestClient(create_app(engine, blobs=folder / "blobs")):
        wait_for(logged)

    assert [line.partition("odd.json:")[2] for line in logged()] == [
        "1:104: '/nowhere' không dẫn đến câu chữ nào (stale-translation); tệp vẫn được dùng"
    ]


def test_people_come_and_go(office: Any) -> None:
    """Added with a first password, disabled, let in again, unlocked, reset; never oneself, never a citizen."""
    engine, browser, officer = office
    citizen, root = browser(), officer("root@office.vn")
    known(citizen)
    accounts = engine.store.accounts
    added = root.post(
        "/admin/people", data={"do": "add", "mail": "thu@office.vn", "name": "Thu", "role": "case_officer", "unit": UNIT}
    )
    assert 'id="secret"' in added.text
    thu = accounts.account_of("thu@office.vn")
    assert (thu.role, thu.unit, thu.name) == (Role.CASE_OFFICER, UNIT, "Thu")
    refused = (
        ({"mail": "thu@office.vn", "name": "Thu", "role": "admin"}, "mail", "đã có tài khoản"),
        ({"mail": "thu", "name": "Hà", "role": "admin"}, "mail", "địa chỉ thư điện tử"),
        ({"mail": "ha@office.vn", "role": "admin"}, "name", "Hãy nhập họ và tên"),
        ({"mail": "ha@office.vn", "role": "admin", "name": "Hà\u200b"}, "name", "không nhìn thấy được"),
        ({"mail": "ha@office.vn", "name": "Hà", "role": "approver"}, "unit", "Hãy chọn đơn vị"),
        ({"mail": "ha@office.vn", "name": "Hà", "role": "admin", "unit": "nowhere"}, "unit", "Hãy chọn đơn vị"),
    )
    for typed, field, words in refused:
        answer = root.post("/admin/people", data={"do": "add", **typed})
        assert answer.status_code == 422
        told = re.search(f'<a href="#{field}">.*?id="{field}-error"><p>(.*?)</p>', answer.text, re.DOTALL)
        assert told is not None
        assert words in told[1]
        shown = dict(Page(answer.text[answer.text.index('value="add"') :]).pairs)
        assert shown["mail"] == typed["mail"]
        assert shown["role"] == typed["role"]
    root.post("/admin/people", data={"do": "disable", "id": thu.id})
    assert accounts.account(thu.id).disabled
    assert "Đã khóa" in root.get("/admin/people").text
    root.post("/admin/people", data={"do": "enable", "id": thu.id})
    assert not accounts.account(thu.id).disabled
    assert root.post("/admin/people", data={"do": "unlock", "id": thu.id}).status_code == 200
    assert 'id="secret"' in root.post("/admin/people", data={"do": "reset", "id": thu.id}).text
    own = accounts.account_of("root@office.vn").id
    for id in (own, accounts.account_of("an@example.vn").id, "nobody"):
        assert root.post("/admin/people", data={"do": "disable", "id": id}).status_code == 422
    assert not accounts.account(own).disabled


def test_what_happened_is_listed(office: Any, clock: FixedClock) -> None:
    """Newest first, of one officer, page by page; no answers, no reasons, no citizen's name."""
    engine, browser, officer = office
    citizen, root, mai = browser(), officer("root@office.vn"), officer("mai@office.vn")
    known(citizen)
    dossiers = []
    for _ in range(30):
        clock.advance(timedelta(seconds=1))
        dossiers.append(filed(engine, citizen))
    act(mai, dossiers[0], "refuse", note="Lý do riêng tư")
    page = root.get("/admin/audit").text
    assert "Đã từ chối tiếp nhận" in page
    assert "Cán bộ mai" in page
    assert "riêng tư" not in page
    assert "Trần Thị Bà" not in page
    assert page.count("<tr>") == 51
    older = page.split('class="pages"><a href="')[1].split('"')[0].replace("&amp;", "&")
    rest = root.get(older).text
    assert rest.count("<tr>") == 12
    own = root.get("/admin/audit", params={"actor": engine.store.accounts.account_of("mai@office.vn").id}).text
    assert own.count("<tr>") == 2
    assert root.get("/admin/audit?before=x").status_code == 200


@pytest.mark.parametrize("place", ["memory:", "sqlite:"])
def test_what_happened_last_is_the_same_in_every_store(place: str, folder: Path, tmp_path: Path, clock: FixedClock) -> None:
    engine = open_engine(place + (str(tmp_path / "d.db") if place == "sqlite:" else ""), procedures=folder, clock=clock)
    an = Actor("an")
    for number in range(6):
        clock.advance(timedelta(minutes=number % 2))
        engine.submit(engine.begin("1.000001", an, {"name": "An"}).id, an)
    engine.begin("1.000001", an)
    whole = engine.store.latest()
    assert len(whole) == 12
    paged, before = [], None
    while page := engine.store.latest(before, limit=5):
        paged += page
        before = (page[-1].at, page[-1].dossier, page[-1].number)
    assert tuple(paged) == whole
    assert [one.at for one in whole] == sorted((one.at for one in whole), reverse=True)
    assert engine.store.latest(actor="nobody") == ()
    assert sum(engine.store.revisions().values()) == engine.store.size() == 7
    engine.close()


# --- approval ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def careful(tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[tuple[Engine, Any]]:
    """A portal in which files wait, and an admin's browser."""
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock, approval=True)
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs", config=WebConfig())) as browser:
        root = browser()
        sign_in(root, appoint(open_accounts(engine), "root@office.vn", "Root", Role.ADMIN), "root@office.vn")
        root.post("/password", data={"new": GOOD})
        yield engine, root
    engine.close()


def test_what_is_new_is_approved_at_once_and_shown_to_nobody_before(careful: Any, folder: Path) -> None:
    """One button for all; not what changed after the page was shown, nor what changes something that serves."""
    engine, root = careful
    assert "1.000001" not in root.get("/procedures").text
    assert root.get("/procedures/1.000001").status_code == 404
    schema = json.loads((folder / "small.json").read_text("utf-8"))
    for code in ("1.000002", "1.000003"):
        other = {**schema, "title": f"Thủ tục {code}", "x-procedure": {**schema["x-procedure"], "code": code}}
        (folder / f"{code}.json").write_text(json.dumps(other), "utf-8")
    engine.catalog.expire()
    page = root.get("/admin").text
    assert "Duyệt tất cả thủ tục mới (3)" in page
    new = re.findall(r'name="new" value="(.+?)"', page)
    (folder / "1.000003.json").write_text(json.dumps({**other, "title": "Khác đi"}), "utf-8")
    engine.catalog.expire()
    assert root.post("/admin/procedures", data={"new": new}).url.path == "/admin"
    assert {one.code for one in engine.procedures()} == {"1.000001", "1.000002"}

    changed = json.loads((folder / "1.000002.json").read_text("utf-8"))
    (folder / "1.000002.json").write_text(json.dumps({**changed, "title": "Chưa ai duyệt"}), "utf-8")
    engine.catalog.expire()
    page = root.get("/admin").text
    assert "Duyệt tất cả thủ tục mới (1)" in page
    served = engine.procedure("1.000002").revision
    assert {one.title for one in engine.procedures()} == {"Cấp bản sao", "Thủ tục 1.000002"}
    assert engine.procedure("1.000002") is engine.procedure("1.000002")
    waiting = {new.code: new.revision for new, _ in engine.catalog.waiting()}
    root.post("/admin/procedures", data={"new": [f"{waiting['1.000002']} 1.000002"]})
    assert engine.procedure("1.000002").revision == served


def test_approval_begins_with_what_served_before(folder: Path, tmp_path: Path, clock: FixedClock) -> None:
    """Turning it on loses no procedure; a file that becomes another procedure is a new one."""
    place = f"sqlite:{tmp_path / 'd.db'}"
    with closing(open_engine(place, procedures=folder, clock=clock)) as engine:
        served = engine.procedure("1.000001").revision
    with closing(open_engine(place, procedures=folder, clock=clock, approval=True)) as engine:
        assert [one.code for one in engine.procedures()] == ["1.000001"]
        assert engine.procedure("1.000001").revision == served
        assert engine.catalog.waiting() == ()
        schema = json.loads((folder / "small.json").read_text("utf-8"))
        schema["x-procedure"]["code"] = "1.000009"
        (folder / "small.json").write_text(json.dumps(schema), "utf-8")
        engine.catalog.expire()
        assert engine.procedures() == ()
        with pytest.raises(UnknownProcedure, match="waits"):
            engine.procedure("1.000009")


def test_a_file_waits_until_it_is_approved(careful: Any, folder: Path) -> None:
    """The approved file serves meanwhile; the page shows the changes; a later change is not approved by mistake."""
    engine, root = careful
    with pytest.raises(UnknownProcedure, match="waits"):
        engine.procedure("1.000001")
    assert "Cấp bản sao (1.000001)" in root.get("/admin").text

    def approve() -> Any:
        page = root.get("/admin/procedures/1.000001").text
        revision = page.split('name="revision" value="')[1].split('"')[0]
        return revision, root.post("/admin/procedures/1.000001", data={"revision": revision})

    revision, answer = approve()
    assert answer.url.path == "/admin"
    assert engine.procedure("1.000001").revision == revision
    an = Actor("an")
    engine.submit(engine.begin("1.000001", an, {"name": "An", "copies": 2}).id, an)

    schema = json.loads((folder / "small.json").read_text("utf-8"))
    schema["properties"]["why"] = {"title": "Vì sao", "type": "string"}
    schema["required"].append("why")
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    engine.catalog.expire()
    assert engine.procedure("1.000001").revision == revision
    page = root.get("/admin/procedures/1.000001").text
    for words in ("Có thể bị từ chối", "/why", "1 hồ sơ, 1 sẽ bị từ chối"):
        assert words in page, words
    assert root.post("/admin/procedures/1.000001", data={"revision": "0" * 64}).url.path == "/admin/procedures/1.000001"
    assert engine.procedure("1.000001").revision == revision
    newer, _ = approve()
    assert engine.procedure("1.000001").revision == newer != revision
    assert root.get("/admin/procedures/1.000001").url.path == "/admin"
