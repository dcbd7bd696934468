"""Accounts through the pages: the steps of the guide, and requests that must be refused."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import attrs
import pytest
from dossierkit_web import WebConfig, create_app
from dossierkit_web.requests.cookies import DEVICES, EFFORT, SESSION, VISIT
from starlette.requests import Request
from starlette.testclient import TestClient
from support.browsing import browsers_of
from support.captcha_reader import digits
from support.page import Page
from support.visits import GOOD, MAIL, known, prove, register, sign_in

from dossierkit import Actor, Engine, open_engine
from dossierkit.dossiers.lifecycle.dossier import Attachment
from dossierkit.files.disk import DiskBlobs
from dossierkit.office.keys import installation_key
from dossierkit.people.proofs_of_work import ProofsOfWork
from dossierkit.people.throttle import Origin
from dossierkit.testing import FixedClock

APPLY = "/procedures/1.000001/apply"


@pytest.fixture
def portal(tmp_path: Path, folder: Path, clock: FixedClock, request: pytest.FixtureRequest) -> Iterator[tuple[Engine, Any]]:
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    app = create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(**getattr(request, "param", {})))
    with browsers_of(app) as browser:
        yield engine, browser
    engine.close()


def last_mail(engine: Engine, clock: FixedClock) -> str:
    found = engine.store.outbox.claim(clock.now(), clock.now() + timedelta(days=99), 99)
    return found[-1].mail.text


def confirmed(engine: Engine, clock: FixedClock, client: Any) -> None:
    """Follows the link of the last mail, which proves nothing when it is only looked at."""
    path = re.search(r"(/confirm\?token=[\w-]+)", last_mail(engine, clock))
    assert path is not None
    pairs = dict(Page(client.get(path[1]).text).pairs)
    assert client.post("/confirm", data={"token": "x"}).status_code == 410
    assert "Địa chỉ đã được xác nhận" in client.post("/confirm", data=pairs).text


def test_the_whole_way_of_an_account(portal: Any) -> None:
    """Register, sign in, choose a password, see one's name, leave."""
    _, browser = portal
    client = browser()
    page = client.get("/register").text
    for label in ("Thư điện tử", "Họ và tên"):
        assert re.search(rf'<label [^>]*>{label} <span class="star"', page)
    assert not re.search(r'<label [^>]*>Số điện thoại <span class="star"', page)

    secret = register(client)
    first = sign_in(client, secret)
    assert first.url.path == "/password"
    for url in ("/", "/profile", "/dossiers", APPLY, "/procedures", "/lookup"):
        assert client.get(url, follow_redirects=False).headers["location"] == "/password", url
    assert client.post(APPLY, data={"do": "save"}, follow_redirects=False).headers["location"] == "/password"

    weak = client.post("/password", data={"new": "matkhau123"})
    assert weak.status_code == 422
    assert "nhiều người dùng" in weak.text
    home = client.post("/password", data={"new": GOOD})
    assert "Nguyễn Văn An" in home.text
    assert sign_in(browser(), secret).status_code == 422
    client.post("/sign-out")
    assert "Nguyễn Văn An" not in client.get("/").text
    assert client.get("/profile").status_code == 401
    assert sign_in(client, GOOD).url.path == "/"


def test_loading_the_page_again_after_registering_shows_the_same_password(portal: Any) -> None:
    """A browser that sends the form once more registers no other account."""
    engine, browser = portal
    client = browser()
    sent = {**dict(Page(client.get("/register").text).pairs), "/email": MAIL, "/fullName": "Nguyễn Văn An", "do": "save"}

    first, again = (re.search(r'id="secret">([^<]+)<', client.post("/register", data=sent).text) for _ in range(2))

    assert first is not None
    assert again is not None
    assert first[1] == again[1]
    assert len(engine.store.accounts.accounts_of(MAIL)) == 1
    assert sign_in(client, first[1]).url.path == "/password"


def test_the_first_sign_in_asks_for_the_new_password_alone(portal: Any) -> None:
    """No present password, and no way back that leads here again: a person who will not choose one signs out."""
    _, browser = portal
    client = browser()
    page = sign_in(client, register(client))
    assert 'name="current"' not in page.text
    assert "lần đầu bạn đăng nhập" in page.text
    assert 'href="/profile"' not in page.text[page.text.index("<main") :]
    assert 'formaction="/sign-out"' in page.text
    refused = client.post("/password", data={"new": "ngắn"})
    assert 'name="current"' not in refused.text
    client.post("/password", data={"new": GOOD})
    assert 'name="current"' in client.get("/password").text


@pytest.mark.parametrize("portal", [{"guests": True}], indirect=True)
def test_a_new_session_id_at_every_change(portal: Any) -> None:
    """A cookie that was planted before opens nothing afterwards."""
    engine, browser = portal
    client = browser()
    client.post(APPLY, data={"/name": "An", "do": "save"})
    seen = {client.cookies[SESSION]}
    sign_in(client, register(client))
    seen.add(client.cookies[SESSION])
    client.post("/password", data={"new": GOOD})
    seen.add(client.cookies[SESSION])
    assert len(seen) == 3
    for old in seen - {client.cookies[SESSION]}:
        other = browser(cookies={SESSION: old})
        assert other.get("/profile").status_code == 401
    assert engine.find(Actor(engine.store.accounts.account_of(MAIL).id))[0].answers == {"name": "An"}


def test_a_half_filled_form_survives_signing_in(portal: Any) -> None:
    """A stranger fills, is asked to sign in where it counts, and goes on with what was typed; nothing is kept before."""
    engine, browser = portal
    client = browser()
    known(client)
    prove(engine.store.accounts)
    client.post("/sign-out")
    asked = client.post(APPLY, data={"/name": "Nguyễn Văn An", "count:/rows": "0", "do": "continue"})
    assert asked.status_code == 401
    assert "nằm ngay trên trang này" in asked.text
    typed = dict(Page(asked.text).pairs)
    assert "Nguyễn Văn An" not in asked.text
    wrong = client.post("/sign-in", data={**typed, "mail": MAIL, "password": "sai"})
    assert dict(Page(wrong.text).pairs)["carried"] == typed["carried"]
    form = sign_in(client, GOOD, next=typed["next"], carried=typed["carried"])
    assert "đã nhập trước khi đăng nhập" in form.text
    back = client.post(APPLY, data={**dict(Page(form.text).pairs), "do": "continue"})
    assert back.url.path == f"{APPLY}/review"
    done = client.post(f"{APPLY}/review", data=dict(Page(back.text).pairs))
    assert done.url.path == "/dossiers/H29.15-261122-0001"
    assert MAIL in done.text
    assert list(engine.verify()) == []

    stranger = browser()
    known(stranger, "ba@example.vn")
    for url in ("/dossiers/H29.15-261122-0001", "/dossiers/H29.15-261122-0002"):
        assert stranger.get(url).status_code == 404
        assert stranger.post(url + "/copy").status_code == 404
    copied = client.post("/dossiers/H29.15-261122-0001/copy")
    assert 'value="Nguyễn Văn An"' in copied.text
    listed = client.get(
        "/dossiers", params={"words": "nguyen van", "since": "22/11/2026", "until": "22/11/2026", "state": "1"}
    ).text
    assert "H29.15-261122-0001" in listed
    assert "H29.15-261122-0001" not in client.get("/dossiers", params={"since": "23/11/2026"}).text
    assert "Hãy nhập ngày" in client.get("/dossiers", params={"since": "hôm qua"}).text
    assert "H29.15-261122-0001" not in stranger.get("/dossiers").text
    assert browser().get("/dossiers").url.path == "/sign-in"


def test_a_stranger_learns_at_once_that_signing_in_comes_first(portal: Any) -> None:
    """Above the form: its purpose, the files, and a way that leads back; not for visitors who are signed in."""
    _, browser = portal
    client = browser()

    page = client.get(APPLY).text

    told = page.index("bạn cần đăng nhập")
    assert told < page.index('id="fields"')
    assert "tệp đã chọn trước đó phải chọn lại" in page
    assert f'<a href="/sign-in?{urlencode({"next": APPLY})}">' in page
    known(client)
    assert "bạn cần đăng nhập" not in client.get(APPLY).text


def test_of_a_stranger_nothing_is_kept(portal: Any, tmp_path: Path) -> None:
    """No draft, no file, no session: the page is checked and goes on, and holds what was typed for its sender alone."""
    engine, browser = portal
    client = browser()
    before = client.get(APPLY).text
    assert "chưa được lưu" in before

    row = client.post(APPLY, data={"/name": "Người lạ", "count:/rows": "0", "do": "add:/rows"})
    assert (row.status_code, 'name="/rows/0/note"' in row.text) == (200, True)
    assert 'value="Người lạ"' in row.text
    again = client.post(APPLY, data={**dict(Page(row.text).pairs), "/rows/0/note": "một", "do": "add:/rows"})
    assert 'name="/rows/1/note"' in again.text
    assert 'value="một"' in again.text
    wrong = client.post(APPLY, data={"/name": "", "do": "continue"})
    assert wrong.status_code == 422
    silent = client.post(APPLY, data={"/name": "Người lạ", "do": "update"}, headers={"x-fragment": "1"})
    assert (silent.status_code, "x-draft" in silent.headers) == (200, False)
    file = {"document:don": ("a.pdf", b"%PDF-1.4 x", "application/pdf")}
    assert client.post(APPLY, data={"/name": "Người lạ", "do": "save"}, files=file).status_code == 401

    assert browser().get(APPLY).text == before, "a public page that is kept holds no input"
    assert list(engine.store.every()) == []
    assert SESSION not in client.cookies
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("portal", [{"identify": lambda _: None}], indirect=True)
def test_of_somebody_whom_a_host_does_not_know_nothing_is_kept(portal: Any) -> None:
    """A host signs in by its own page: ours says that nothing is saved, and holds what was typed."""
    engine, browser = portal

    page = browser().post(APPLY, data={"/name": "Người lạ", "count:/rows": "0", "do": "save"})

    assert page.status_code == 401
    assert "chưa được lưu" in page.text
    assert 'value="Người lạ"' in page.text
    assert list(engine.store.every()) == []


@pytest.mark.parametrize("portal", [{"keep_drafts": timedelta(days=90)}], indirect=True)
def test_pages_say_how_long_a_draft_stays(portal: Any) -> None:
    """On the list and on the draft itself."""
    _, browser = portal
    client = browser()
    known(client)
    draft = client.post(APPLY, data={"/name": "An", "do": "save"})
    assert "được giữ đến ngày 20/02/2027" in draft.text
    assert "không có thay đổi trong 90 ngày" in client.get("/dossiers").text


@pytest.mark.parametrize("begun", [True, False])
def test_a_session_that_ends_takes_no_answers_along(portal: Any, clock: FixedClock, begun: bool) -> None:
    """Input after the end is kept for its owner, offered back after signing in, and forgotten when it is saved."""
    engine, browser = portal
    client = browser()
    known(client)
    if begun:
        client.post(APPLY, data={"/name": "Trước", "do": "save"})
    page = dict(Page(client.get(APPLY).text).pairs)
    clock.advance(timedelta(hours=3))
    address = f"{APPLY}?draft={page['meta:draft']}" if begun else APPLY
    silent = client.post(address, data={**page, "/name": "Tự lưu"}, headers={"x-fragment": "1"})
    assert (silent.status_code, silent.text) == (401, "")
    sent = {**page, "/name": "Đang nhập", "/copies": "không phải số", "count:/rows": "1", "/rows/0/note": "dài", "do": "save"}
    ended = client.post(address, data=sent)
    assert ended.status_code == 401
    assert "Phiên làm việc của bạn đã kết thúc" in ended.text
    assert "Đang nhập" not in ended.text
    way = dict(Page(ended.text).pairs)["next"]

    other = browser()
    known(other, "ba@example.vn")
    for stranger in (browser(), other):
        assert "Đang nhập" not in stranger.get(way).text
    back = sign_in(client, GOOD, next=way)
    assert back.url.path == APPLY
    for text in ("đã nhập trước khi đăng nhập", "Đang nhập", "không phải số", "dài"):
        assert text in back.text, text
    assert {one.answers["name"] for one in engine.store.every()} == ({"Trước"} if begun else set())
    pairs = dict(Page(back.text).pairs)
    saved = client.post(address, data={**pairs, "/copies": "2", "do": "save"})
    assert saved.status_code == 200
    [draft] = engine.store.every()
    assert draft.answers == {"name": "Đang nhập", "copies": 2, "rows": [{"note": "dài"}]}
    assert "đã nhập trước khi" not in client.get(way).text


def test_every_button_of_an_ended_session_leads_to_signing_in(portal: Any) -> None:
    """The form, its review, cancelling and restoring: never to a page that is not there."""
    _, browser = portal
    client = browser()
    known(client)
    client.post(APPLY, data={"/name": "An", "do": "save"})
    draft = dict(Page(client.get(APPLY).text).pairs)["meta:draft"]
    client.post("/sign-out")
    for path in (APPLY, f"{APPLY}/review", f"{APPLY}/cancel"):
        assert client.get(f"{path}?draft={draft}").status_code == 401
        for end in ("", "0" * 32):
            named = end or draft
            page = client.post(path, data={"meta:draft": named})
            assert page.status_code == 401
            assert dict(Page(page.text).pairs)["next"].startswith(f"{APPLY}?draft={named}")
    assert client.post(f"{APPLY}/restore", data={"meta:draft": draft}).status_code == 401


def test_nobody_learns_who_has_an_account(portal: Any, clock: FixedClock) -> None:
    """The same page for a known and an unknown address, at every door."""
    _engine, browser = portal
    known(browser())

    def page(path: str, **data: str) -> str:
        client = browser()
        answer = client.post(path, data=data)
        text = re.sub(r"(an|nobody)@example\.vn", "MAIL", answer.text)
        return f"{answer.status_code} " + re.sub(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", "SECRET", text)

    for path, data in (
        ("/sign-in", {"password": "wrong wrong wrong"}),
        ("/forgot", {}),
        ("/first-password", {}),
    ):
        assert page(path, mail=MAIL, **data) == page(path, mail="nobody@example.vn", **data), path
    new = {"/fullName": "Trần Bình", "do": "save"}
    for mail in (MAIL, "nobody@example.vn"):
        client = browser()
        assert sign_in(client, register(client, mail), mail).url.path == "/password"
    assert page("/register", **{"/email": MAIL, **new}) == page("/register", **{"/email": "nobody@example.vn", **new})


def test_a_forgotten_password(portal: Any, clock: FixedClock) -> None:
    """A link that works once and starts no session."""
    engine, browser = portal
    client = browser()
    known(client)
    client.post("/sign-out")
    assert "Hãy nhập địa chỉ thư" in client.post("/forgot", data={"mail": "an"}).text
    client.post("/forgot", data={"mail": MAIL})
    path = re.search(r"http://127\.0\.0\.1:8000(/reset\?token=[\w-]+)", last_mail(engine, clock))
    assert path is not None
    page = client.get(path[1])
    token = dict(Page(page.text).pairs)["token"]
    assert client.post("/reset", data={"token": token, "new": "ngắn"}).status_code == 422
    assert "Hãy đăng nhập" in client.post("/reset", data={"token": token, "new": "quả táo trên bàn gỗ"}).text
    assert client.post("/reset", data={"token": token, "new": "quả táo trên bàn sắt"}).status_code == 410
    assert client.get("/profile").status_code == 401
    assert sign_in(client, "quả táo trên bàn gỗ").url.path == "/"


def test_guessing_is_answered_with_a_pause(portal: Any) -> None:
    """429 with the seconds to wait, and a way on for a person who did not do it."""
    engine, browser = portal
    known(browser())
    client = browser()
    for _ in range(8):
        assert sign_in(client, "wrong").status_code == 422
    slow = client.post(
        "/sign-in", data={"mail": MAIL, "password": GOOD}, headers={"referer": "http://testserver/sign-in?next=/profile"}
    )
    assert slow.status_code == 429
    assert slow.headers["retry-after"] == "900"
    assert "không bị khóa" in slow.text
    way = re.search(r'href="(/effort\?[^"]+)"', slow.text)
    assert way is not None
    page = client.get(way[1])
    assert 'name="next" value="/sign-in?next=/profile"' in page.text
    assert worked(client, engine, page, captcha="x").status_code == 422
    assert worked(client, engine, client.get(way[1]), next="/sign-in?next=/profile").url.path == "/sign-in"
    assert sign_in(client, GOOD).url.path == "/"


def test_a_work_that_was_done_is_of_use_to_nobody_for_long(portal: Any, clock: FixedClock) -> None:
    """Not twice, not after a quarter of an hour, not written by hand, not at another place."""
    engine, browser = portal
    client = browser()
    page = client.get("/effort")
    assert worked(client, engine, page, next="//evil.example").url.path == "/"
    pairs = dict(Page(page.text).pairs)
    assert client.post("/effort", data=pairs).status_code == 422
    note = client.cookies[EFFORT]
    efforts, here = ProofsOfWork(lambda: installation_key(engine.store, "devices-key")), Origin("testclient")
    assert efforts.name(note, here, clock.now())
    assert efforts.name(note, Origin("192.0.2.1"), clock.now()) == ""
    for hostile in ("", "-", "1-2-3", "x" * 9_999, note[:-1], "9" + note, "\udcff-1-1"):
        assert efforts.name(hostile, here, clock.now()) == ""
    clock.advance(timedelta(minutes=15))
    assert efforts.name(note, here, clock.now()) == ""


def test_a_known_device_goes_on_while_others_guess(portal: Any) -> None:
    """The cookie of the last sign-in is enough; it grants no access, and is no cookie of a session."""
    _, browser = portal
    owner, attacker = browser(), browser()
    known(owner)
    owner.post("/sign-out")
    assert owner.cookies[DEVICES]
    assert owner.get("/profile").status_code == 401
    for _ in range(60):
        last = sign_in(attacker, "wrong")
    assert last.status_code == 429
    assert sign_in(browser(), GOOD).status_code == 429
    assert sign_in(owner, GOOD).url.path == "/"
    assert owner.post("/password", data={"new": "quả táo trên bàn gỗ", "current": GOOD}).status_code == 200
    stranger = browser(cookies={DEVICES: owner.cookies[DEVICES]})
    assert sign_in(stranger, GOOD).status_code == 422


def test_whoever_reads_the_mail_gets_in_whatever_others_do(portal: Any, clock: FixedClock) -> None:
    """Links of before go on to work, and the new password opens from the browser that followed one."""
    engine, browser = portal
    known(browser())
    attacker = browser()
    for _ in range(20):
        attacker.post("/forgot", data={"mail": MAIL})
        sign_in(attacker, "wrong")
    sent = engine.store.outbox.claim(clock.now(), clock.now() + timedelta(days=99), 99)
    links = [found[1] for one in sent if (found := re.search(r"(/reset\?token=[\w-]+)", one.mail.text))]
    assert 0 < len(links) <= 3
    owner = browser()
    token = dict(Page(owner.get(links[0]).text).pairs)["token"]
    assert owner.post("/reset", data={"token": token, "new": "quả táo trên bàn gỗ"}).status_code == 200
    for _ in range(20):
        sign_in(attacker, "wrong")
    assert sign_in(owner, "quả táo trên bàn gỗ").url.path == "/"


def worked(client: Any, engine: Engine, page: Any, **changed: str) -> Any:
    """The page after the digits of the picture were copied."""
    pairs = dict(Page(page.text).pairs)
    right = digits(engine.store, engine.clock, client.cookies[VISIT], pairs["challenge"])
    return client.post("/effort", data={**pairs, "captcha": right, **changed})


def test_the_profile(portal: Any, clock: FixedClock) -> None:
    """Each section is kept or left; a wrong one is refused at its field."""
    engine, browser = portal
    client = browser()
    known(client)
    assert "Nguyễn Văn An" in client.get("/profile").text
    page = client.get("/profile?edit=details").text
    pairs = dict(Page(page).pairs)
    refused = client.post("/profile/details", data={**pairs, "/phone": "12", "do": "save"})
    assert refused.status_code == 422
    assert 'href="#f/phone"' in refused.text
    kept = client.post("/profile/details", data={**pairs, "/phone": "0912 345 678", "/fullName": "Nguyễn Văn Ân", "do": "save"})
    assert kept.url.path == "/profile"
    assert "Đã lưu: Chi tiết." in kept.text
    assert "Nguyễn Văn Ân" in kept.text

    page = client.post("/profile/address", data={"/provinceCode": '"79"', "do": "update"}).text
    assert "<option" in page
    account = engine.store.accounts.account_of(MAIL)
    assert account.profile == {"fullName": "Nguyễn Văn Ân", "phone": "+84912345678"}

    assert "chưa đúng" in client.post("/profile/mail", data={"mail": "new@example.vn", "password": "wrong"}).text
    assert "ten@example.vn" in client.post("/profile/mail", data={"mail": "no", "password": GOOD}).text
    known(browser(), "ba@example.vn")
    # The page does not tell whether another account has the address.
    taken, free = (
        client.post("/profile/mail", data={"mail": mail, "password": GOOD}).text for mail in ("ba@example.vn", "new@example.vn")
    )
    assert taken.replace("ba@example.vn", "") == free.replace("new@example.vn", "")
    assert "chưa được xác nhận" in free
    confirmed(engine, clock, client)
    assert "chưa được xác nhận" not in client.get("/profile").text
    assert engine.store.accounts.account_of("new@example.vn").id == account.id
    assert client.post("/profile/role", data={"role": "admin"}, follow_redirects=False).status_code == 303
    assert engine.store.accounts.account_of("new@example.vn").role == "citizen"


@pytest.mark.parametrize(
    ("section", "sent", "there"),
    [
        ("details", {"/fullName": "Nguyễn Văn Ân", "/phone": "0912 345 678"}, ("/phone", "0912 345 678")),
        ("address", {"/detail": "Số 1, ngõ 2"}, ("/detail", "Số 1, ngõ 2")),
        ("notices", {"/notices": '"none"'}, ("/notices", '"none"')),
        ("mail", {"mail": "moi@example.vn", "password": GOOD}, ("mail", "moi@example.vn")),
        ("erase", {"password": GOOD}, ("password", "")),
    ],
)
def test_a_session_that_ends_at_the_profile_takes_nothing_along(
    portal: Any, clock: FixedClock, section: str, sent: dict[str, str], there: tuple[str, str]
) -> None:
    """Input is shown again to its owner alone, and not kept before it is sent; a password never."""
    engine, browser = portal
    client = browser()
    known(client)
    page = Page(client.get(f"/profile?edit={section}").text)
    clock.advance(timedelta(days=2))
    read = client.get(f"/profile?edit={section}")
    assert (read.status_code, dict(Page(read.text).pairs)["next"]) == (401, f"/profile?edit={section}")
    before = engine.store.accounts.account_of(MAIL)

    asked = client.post(f"/profile/{section}", data={**dict(page.pairs), **sent, "do": "save"})

    assert (asked.status_code, GOOD in asked.text) == (401, False)
    after = dict(Page(asked.text).pairs)["next"]
    signed_in = client.post("/sign-in", data={**dict(Page(asked.text).pairs), "mail": MAIL, "password": GOOD})
    assert signed_in.url.path == "/profile"
    shown = Page(signed_in.text).pairs
    assert there in shown
    assert attrs.evolve(engine.store.accounts.account_of(MAIL), version=before.version) == before
    other = browser()
    known(other, "ba@example.vn", "Trần Thị Ba")
    assert there[1] == "" or there not in Page(other.get(after).text).pairs


def test_a_name_with_a_hidden_character_is_not_registered(portal: Any) -> None:
    """Refused at its field, as in the profile: papers would show a name that looks like that of another person."""
    engine, browser = portal
    client = browser()

    refused = client.post("/register", data={"/email": MAIL, "/fullName": "Nguyễn\u200b Văn An", "do": "save"})

    assert refused.status_code == 422
    assert "ngay sau “Nguyễn” có một ký tự không nhìn thấy được (U+200B)" in refused.text
    assert engine.store.accounts.account_of(MAIL) is None
    known(client)
    changed = client.post("/profile/details", data={"/fullName": "Nguyễn Văn \u2066An", "do": "save"})
    assert "ký tự ẩn làm đảo chiều chữ (U+2066)" in changed.text
    assert engine.store.accounts.account_of(MAIL).profile["fullName"] == "Nguyễn Văn An"


def test_nothing_but_the_form_is_taken_from_whoever_registers(portal: Any) -> None:
    """No role, no id, no password of one's own choosing."""
    engine, browser = portal
    client = browser()
    client.post(
        "/register", data={"/email": MAIL, "/fullName": "An", "/role": "admin", "role": "admin", "/password": "x", "do": "save"}
    )
    account = engine.store.accounts.account_of(MAIL)
    assert account.role == "citizen"
    assert account.profile == {"fullName": "An"}


def test_what_the_account_knows_fills_forms_in(portal: Any, folder: Path) -> None:
    """At the beginning, and where a field only appears later; a cleared answer stays clear."""
    (folder / "filled.json").write_text(
        '{"x-procedure": {"code": "filled"}, "properties": {"kind": {"enum": ["a", "b"]}, "mail": {"type": "string", "x-prefill": "/email"}},'
        ' "if": {"properties": {"kind": {"const": "b"}}, "required": ["kind"]},'
        ' "then": {"properties": {"name": {"type": "string", "x-prefill": "/fullName"}}}}',
        "utf-8",
    )
    _, browser = portal
    client = browser()
    known(client)
    client.post("/sign-out")
    assert sign_in(client, GOOD).status_code == 200
    page = client.get("/procedures/filled/apply").text
    assert f'value="{MAIL}"' in page
    later = client.post("/procedures/filled/apply", data={"/mail": "", "/kind": '"b"', "do": "update"}).text
    assert 'value="Nguyễn Văn An"' in later
    assert f'value="{MAIL}"' not in later
    cleared = client.post("/procedures/filled/apply", data={"/mail": "", "/kind": '"b"', "/name": "", "do": "update"}).text
    assert 'value="Nguyễn Văn An"' not in cleared


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/a\nb", "/" + "x" * 600]
)
def test_nobody_is_led_elsewhere(portal: Any, wanted: str) -> None:
    """After signing in, the visitor stays within this portal."""
    _, browser = portal
    client = browser()
    known(client)
    client.post("/sign-out")
    assert sign_in(client, GOOD, next=wanted).url.path == "/"


def test_other_sites_cannot_sign_somebody_in_or_out(portal: Any) -> None:
    """Every change wants to come from our own pages."""
    _, browser = portal
    client = browser()
    known(client)
    for path in ("/sign-in", "/sign-out", "/password", "/register", "/forgot", "/reset", "/profile/mail", "/profile/details"):
        assert client.post(path, data={}, headers={"sec-fetch-site": "cross-site"}).status_code == 403, path
    assert client.get("/profile").status_code == 200


def test_personal_pages_are_kept_by_nobody(portal: Any) -> None:
    """Neither by a cache nor by the way back after signing out."""
    _, browser = portal
    client = browser()
    known(client)
    for url in ("/", "/profile", "/dossiers", "/password", APPLY):
        assert client.get(url).headers["cache-control"] == "no-store", url


def test_a_session_ends_by_itself(portal: Any, clock: FixedClock) -> None:
    """After two hours without a request."""
    _, browser = portal
    client = browser()
    known(client)
    clock.advance(timedelta(hours=2))
    assert client.get("/profile").status_code == 401


def test_leaving_everywhere(portal: Any) -> None:
    """Every other device has to sign in again."""
    _, browser = portal
    here, there = browser(), browser()
    known(here)
    sign_in(there, GOOD)
    here.post("/sign-out", data={"everywhere": "1"})
    assert there.get("/profile").status_code == 401


def test_a_host_portal_brings_its_own_sign_in(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """The visitor that the host names acts; the portal's own sign-in is closed."""
    engine = open_engine("memory:", procedures=folder, clock=clock)

    def identify(request: Request) -> Actor | None:
        name = request.headers.get("x-user")
        return Actor("host:" + name) if name else None

    app = create_app(engine, blobs=tmp_path, config=WebConfig(identify=identify))
    with TestClient(app, headers={"sec-fetch-site": "same-origin"}) as client:
        assert client.get("/sign-in").status_code == 404
        assert "Đăng nhập" not in client.get("/").text
        client.post(APPLY, data={"/name": "An", "do": "save"}, headers={"x-user": "an"})
        assert [one.answers for one in engine.find(Actor("host:an"))] == [{"name": "An"}]
        assert 'value="An"' not in client.get(APPLY, headers={"x-user": "ba"}).text
        assert 'value="An"' in client.get(APPLY, headers={"x-user": "an"}).text


@pytest.mark.parametrize(
    ("address", "begins"), [("/login", "/login?"), ("https://host.example/in?by=us", "https://host.example/in?by=us&")]
)
def test_a_host_portal_says_where_its_sign_in_is(
    tmp_path: Path, folder: Path, clock: FixedClock, address: str, begins: str
) -> None:
    """A visitor whom it does not know is sent there, with the way back; a draft is named in it."""
    engine = open_engine("memory:", procedures=folder, clock=clock)
    config = WebConfig(identify=lambda _: None, sign_in_at=address)
    with TestClient(create_app(engine, blobs=tmp_path, config=config), follow_redirects=False) as client:
        for path in ("/dossiers", "/dossiers/H29.15-261122-0001", "/desk", "/admin", f"{APPLY}?draft=a1"):
            answer = client.get(path)

            assert (answer.status_code, answer.headers["location"]) == (303, f"{begins}{urlencode({'next': path})}")


def test_the_header_leads_to_the_sign_in_of_the_host(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """For visitors whom the host does not know; the portal has no sign-in page of its own to lead to."""
    engine = open_engine("memory:", procedures=folder, clock=clock)
    config = WebConfig(
        identify=lambda request: Actor("host:an") if "x-user" in request.headers else None, sign_in_at="/login?by=us"
    )
    with TestClient(create_app(engine, blobs=tmp_path, config=config)) as client:
        page = client.get("/procedures").text

        assert '<a href="/login?by=us&amp;next=%2Fprocedures">Đăng nhập</a>' in page
        assert "/sign-in" not in page
        assert "/login" not in client.get("/procedures", headers={"x-user": "an"}).text


def test_a_host_portal_without_an_address_asks_in_words(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """No redirect to a sign-in that is not there."""
    engine = open_engine("memory:", procedures=folder, clock=clock)
    config = WebConfig(identify=lambda _: None)
    with TestClient(create_app(engine, blobs=tmp_path, config=config), follow_redirects=False) as client:
        for path in ("/dossiers", "/desk"):
            answer = client.get(path, headers={"accept-language": "en"})

            assert answer.status_code == 401
            assert "Hãy đăng nhập trước" in answer.text


def test_somebody_takes_all_of_it_along(portal: Any) -> None:
    """Account, dossiers, history and files of this person alone, and no hash of a password."""
    engine, browser = portal
    client, other = browser(), browser()
    known(client)
    known(other, "ba@example.vn")
    other.post(APPLY, data={"/name": "Trần Bình", "do": "save"})
    client.post(APPLY, data={"/name": "Nguyễn Văn An", "do": "save"})
    actor = Actor(engine.store.accounts.account_of(MAIL).id)
    [draft] = engine.find(actor)
    blob = DiskBlobs(Path(engine.store.path).parent / "blobs").put("đơn.pdf", io.BytesIO(b"%PDF-1.7"))
    draft = engine.attach(draft.id, Attachment("1", blob, "đơn.pdf", 8, "application/pdf"), actor, version=draft.version)
    named = DiskBlobs(Path(engine.store.path).parent / "blobs").put("bản vẽ.pdf", io.BytesIO(b"%PDF-2"))
    draft = engine.save(draft.id, {**draft.answers, "rest": named}, actor, version=draft.version)
    dossier = engine.submit(draft.id, actor)

    with zipfile.ZipFile(io.BytesIO(client.get("/profile/data").content)) as archive:
        place = f"dossiers/{dossier.code}"
        assert sorted(archive.namelist()) == [
            "account.json",
            f"{place}/dossier.json",
            f"{place}/files/1-đơn.pdf",
            f"{place}/files/2-bản vẽ.pdf",
        ]
        assert json.loads(archive.read("account.json"))["profile"] == {"fullName": "Nguyễn Văn An"}
        kept = json.loads(archive.read(f"{place}/dossier.json"))
        assert kept["answers"] == {"name": "Nguyễn Văn An", "rest": named}
        assert [one["action"] for one in kept["history"]] == ["begin", "submit"]
        assert archive.read(f"{place}/files/1-đơn.pdf") == b"%PDF-1.7"
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"argon2" not in everything
    assert "Trần".encode() not in everything
    assert browser().get("/profile/data").status_code == 401


def test_somebody_is_forgotten(portal: Any, clock: FixedClock) -> None:
    """Account, drafts, sessions; what was submitted stays with the office, and its code still works."""
    engine, browser = portal
    client, elsewhere = browser(), browser()
    known(client)
    sign_in(elsewhere, GOOD)
    actor = Actor(engine.store.accounts.account_of(MAIL).id)
    dossier = engine.submit(engine.begin("1.000001", actor, {"name": "An"}).id, actor)
    client.post(APPLY, data={"/name": "Nháp", "do": "save"})
    page = client.get("/profile?edit=erase").text
    assert "lưu theo quy định" in page
    assert client.post("/profile/erase", data={"password": "wrong"}).status_code == 422
    assert engine.store.accounts.account_of(MAIL) is not None

    done = client.post("/profile/erase", data={"password": GOOD})
    assert "đã được xóa" in done.text
    assert "Nguyễn Văn An" not in done.text
    assert engine.store.accounts.account_of(MAIL) is None
    assert [one.id for one in engine.store.every()] == [dossier.id]
    assert list(engine.verify()) == []
    for browser_ in (client, elsewhere):
        assert browser_.get("/profile").status_code == 401
    assert sign_in(browser(), GOOD).status_code == 422
    assert engine.lookup(str(dossier.code)) is not None
    assert "đã được xóa" in last_mail(engine, clock)
