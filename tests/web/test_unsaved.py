"""Input sent without a session: carried sealed through the sign-in page, and never lost on the way."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dossierkit_web import create_app
from dossierkit_web.requests.cookies import SESSION
from support.browsing import browsers_of
from support.page import Page
from support.visits import GOOD, MAIL, known, register, sign_in

from dossierkit import Engine, open_engine
from dossierkit.testing import FixedClock

APPLY, OPEN = "/procedures/vault/apply", "/procedures/open/apply"
NAME, SECRET = "Nguyễn Văn Mật", "chim sáo đá 4711"
VAULT: Any = {
    "title": "Gửi mật khẩu",
    "properties": {
        "name": {"title": "Họ tên", "type": "string"},
        "secret": {"title": "Mã mở", "type": "string", "writeOnly": True},
        "rows": {"title": "Dòng", "type": "array", "items": {"properties": {"note": {"title": "Ghi chú", "type": "string"}}}},
    },
    "required": ["name", "secret"],
    "x-procedure": {"code": "vault"},
}
TYPED = {"/name": NAME, "/secret": SECRET, "count:/rows": "0"}


@pytest.fixture
def portal(tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[tuple[Engine, Any]]:
    (folder / "vault.json").write_text(json.dumps(VAULT, ensure_ascii=False), "utf-8")
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs")) as browser:
        yield engine, browser
    engine.close()


def asked(client: Any, **more: str) -> dict[str, str]:
    """The controls of the sign-in page, after a stranger wanted to go on."""
    page = client.post(APPLY, data={**TYPED, "do": "continue", **more})
    assert page.status_code == 401, page.text
    return dict(Page(page.text).pairs)


def drafts(engine: Engine) -> list[Any]:
    return [dossier.answers for dossier in engine.store.every()]


def save(client: Any, page: Any) -> Any:
    """The page after everything on *page* is saved as it is."""
    return client.post(APPLY, data={**dict(Page(page.text).pairs), "do": "save"})


def test_the_source_of_the_page_shows_no_answer(portal: Any) -> None:
    """Neither the answers nor their bytes, also not of a field that is never shown again; nothing is stored."""
    engine, browser = portal
    client = browser()

    page = client.post(APPLY, data={**TYPED, "do": "continue"})

    assert "đã được mã hóa" in page.text
    sealed = dict(Page(page.text).pairs)["carried"]
    for text in (NAME, SECRET, "chim", "4711"):
        assert text not in page.text
        assert text.encode() not in base64.urlsafe_b64decode(sealed)
    assert SESSION not in client.cookies
    assert drafts(engine) == []


def test_nothing_is_lost_across_signing_in(portal: Any) -> None:
    """A wrong password in between included; what is never shown again is saved with the rest."""
    engine, browser = portal
    known(browser())
    client = browser()
    controls = asked(client)
    refused = client.post("/sign-in", data={**controls, "mail": MAIL, "password": "sai rồi"})
    controls = dict(Page(refused.text).pairs)

    form = sign_in(client, GOOD, next=controls["next"], carried=controls["carried"])

    assert f'value="{NAME}"' in form.text
    assert SECRET not in form.text
    assert save(client, form).status_code == 200
    assert drafts(engine) == [{"name": NAME, "secret": SECRET}]


def test_what_was_typed_over_it_counts(portal: Any) -> None:
    """After signing in, a new value of a field that is never shown replaces the carried one."""
    engine, browser = portal
    known(browser())
    client = browser()
    controls = asked(client)
    form = sign_in(client, GOOD, next=controls["next"], carried=controls["carried"])

    client.post(APPLY, data={**dict(Page(form.text).pairs), "/secret": "khác", "/name": "Bình", "do": "save"})

    assert drafts(engine) == [{"name": "Bình", "secret": "khác"}]


def test_updating_the_page_before_loses_nothing(portal: Any) -> None:
    """Rows added and problems shown, without script and with it: each page carries what it does not show."""
    engine, browser = portal
    known(browser())
    client = browser()
    page = client.post(APPLY, data={**TYPED, "do": "add:/rows"})
    assert SECRET not in page.text
    wrong = client.post(APPLY, data={**dict(Page(page.text).pairs), "/name": "", "do": "continue"})
    assert wrong.status_code == 422
    fragment = client.post(APPLY, data={**dict(Page(wrong.text).pairs), "do": "update"}, headers={"x-fragment": "1"})
    pairs = {**dict(Page(fragment.text).pairs), "/name": NAME, "/rows/0/note": "một"}
    controls = dict(Page(client.post(APPLY, data={**pairs, "do": "save"}).text).pairs)

    save(client, sign_in(client, GOOD, next=controls["next"], carried=controls["carried"]))

    assert drafts(engine) == [{"name": NAME, "secret": SECRET, "rows": [{"note": "một"}]}]


def test_nothing_is_lost_across_registering(portal: Any) -> None:
    """In another tab: register, sign in with the first password; then this tab goes on, over the step that is due."""
    engine, browser = portal
    client = browser()
    page = client.post(APPLY, data={**TYPED, "do": "continue"})
    controls = dict(Page(page.text).pairs)
    assert re.search(r'<a href="/register[^>]*target="_blank"', page.text)
    assert sign_in(client, register(client)).url.path == "/password"

    due = client.post("/sign-in/resume", data=controls)

    assert due.url.path == "/password"
    form = client.post("/password", data={**dict(Page(due.text).pairs), "new": GOOD})
    assert form.url.path == APPLY
    save(client, form)
    assert drafts(engine) == [{"name": NAME, "secret": SECRET}]


def test_going_on_before_signing_in_loses_nothing(portal: Any) -> None:
    """The button for another tab, pressed too early, shows the page again."""
    _, browser = portal
    client = browser()
    controls = asked(client)

    early = client.post("/sign-in/resume", data=controls)

    assert early.status_code == 401
    assert "chưa đăng nhập ở thẻ khác" in early.text
    assert dict(Page(early.text).pairs)["carried"] == controls["carried"]


def test_nothing_is_lost_across_a_restart(portal: Any, tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """The key is the installation's: a page of before opens after."""
    engine, browser = portal
    known(browser())
    controls = asked(browser())
    restarted = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    with browsers_of(create_app(restarted, blobs=tmp_path / "blobs")) as again:
        client = again()
        save(client, sign_in(client, GOOD, next=controls["next"], carried=controls["carried"]))
    restarted.close()

    assert drafts(engine) == [{"name": NAME, "secret": SECRET}]


@pytest.mark.parametrize("late", [True, False])
def test_what_cannot_be_opened_is_told(portal: Any, clock: FixedClock, late: bool) -> None:
    """Expired or changed: no sign-in; the page says so and keeps the rest, and signing in goes on without it."""
    engine, browser = portal
    known(browser())
    client = browser()
    controls = asked(client)
    if late:
        clock.advance(timedelta(hours=13))
    sealed = controls["carried"] if late else "A" + controls["carried"][1:]
    for path in ("/sign-in", "/sign-in/resume"):
        page = client.post(path, data={"mail": MAIL, "password": GOOD, "next": APPLY, "carried": sealed})
        assert page.status_code == 422
        assert "Không mở lại được những gì bạn đã nhập" in page.text
        assert SESSION not in client.cookies
        pairs = dict(Page(page.text).pairs)
        assert pairs["next"] == APPLY
        assert "carried" not in pairs
    assert client.post("/sign-in", data={"mail": MAIL, "password": GOOD, "next": APPLY}).url.path == APPLY
    assert drafts(engine) == []


def test_what_is_too_long_stays_on_the_page(portal: Any) -> None:
    """The form is shown again with a way to go on in another tab, which works."""
    engine, browser = portal
    known(browser())
    client = browser()
    long = {**TYPED, "/name": "a b" * 200_000}

    page = client.post(APPLY, data={**long, "do": "continue"})

    assert page.status_code == 413
    assert "quá dài để chuyển qua trang đăng nhập" in page.text
    assert long["/name"] in page.text
    sign_in(client, GOOD)
    save(client, page)
    assert [answers["name"] for answers in drafts(engine)] == [long["/name"]]


def test_what_expired_in_the_form_page_is_asked_for_again(portal: Any, clock: FixedClock) -> None:
    """The carried answer of a field that is never shown: after half a day the field is required again, and nothing else."""
    _, browser = portal
    client = browser()
    page = client.post(APPLY, data={**TYPED, "do": "update"})
    clock.advance(timedelta(hours=13))

    again = client.post(APPLY, data={**dict(Page(page.text).pairs), "do": "continue"})

    assert again.status_code == 422
    assert f'value="{NAME}"' in again.text
    assert "Mã mở" in again.text[again.text.index('id="problems"') : again.text.index("<form", again.text.index('id="problems"'))]


def test_carried_answers_belong_to_their_form(portal: Any, folder: Path) -> None:
    """A seal that is posted to another procedure, or into another page after signing in, brings nothing along."""
    engine, browser = portal
    other = {**VAULT, "required": ["name"], "x-procedure": {"code": "open"}}
    (folder / "open.json").write_text(json.dumps(other), "utf-8")
    engine.catalog.expire()
    known(browser())
    client = browser()
    page = dict(Page(client.post(APPLY, data={**TYPED, "do": "update"}).text).pairs)
    sent = {"/name": NAME, "meta:hidden": page["meta:hidden"], "do": "save"}
    elsewhere, here = (dict(Page(client.post(path, data=sent).text).pairs)["carried"] for path in (OPEN, APPLY))

    for carried in (elsewhere, here):
        form = sign_in(client, GOOD, next=OPEN, carried=carried)
        client.post(OPEN, data={**dict(Page(form.text).pairs), "do": "save"})
        assert drafts(engine) == [{"name": NAME}]
        client.post("/sign-out")
