"""Every page of a citizen in every state: both languages, phone and desktop, light and (in Vietnamese) dark: axe, and no scrolling aside."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dossierkit_web.requests.cookies import SESSION
from support.browsing import Portal, fits, press, sound, visit
from support.clicking import Browser, Page, expect

from dossierkit import Action, Actor, Role, open_engine
from dossierkit.dossiers.people.account import Account
from dossierkit.people.staff import appoint
from dossierkit.wiring import open_accounts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]  # each looks at more than sixty states


#: Leads a page from state to state.
Way = Callable[[Page, Portal], Iterator[None]]
ANSWERS = json.loads((Path(__file__).parents[2] / "schemas/procedures/cung-cap-du-lieu-dat-dai.json").read_bytes())["x-tests"][0]
#: Its documents, which come on paper.
PAPER = ("1", "2")
CODE = "1.012789"
OWN = "ngựa đúng pin kẹp giấy"
OFFICER = Actor("officer", Role.ADMIN)
#: How a dossier gets from one state to the next.
STEPS: tuple[tuple[Action, dict[str, Any]], ...] = (
    (Action.ACCEPT, {"due": "2026-12-01T10:00:00+00:00"}),
    (Action.ASSIGN, {"officer": "nam"}),
    (Action.REQUEST_SUPPLEMENT, {"asked": ["/purpose"]}),
)


PHONE, DESKTOP = {"width": 320, "height": 640}, {"width": 1440, "height": 900}


@pytest.mark.parametrize(("language", "viewport", "other"), [("vi", PHONE, DESKTOP), ("en", DESKTOP, PHONE)], ids=["vi", "en"])
def test_every_page_in_every_state(served: Portal, browser: Browser, language: str, viewport: Any, other: Any) -> None:
    assert looked_at(states, served, browser, language, viewport, other) > 60


def looked_at(states: Way, served: Portal, browser: Browser, language: str, viewport: Any, other: Any) -> int:
    """How many *states* of pages were sound, and fitted the *other* size, too."""
    page = visit(browser, viewport=viewport)
    page.goto(f"{served.address}/?lang={language}")
    seen = 0
    for _ in states(page, served):
        for scheme in ("light", "dark") if language == "vi" else ("light",):  # colours do not depend on the language
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its two words
            sound(page, colours=scheme == "dark")
        page.set_viewport_size(other)
        fits(page)
        page.set_viewport_size(viewport)
        seen += 1
    return seen


def states(page: Page, served: Portal) -> Iterator[None]:
    """Leads *page* through everything, and stops wherever there is something to look at."""
    yield from of_a_stranger(page, served)
    yield from of_every_form(page, served)
    yield from of_an_account(page, served)
    yield from of_filing(page, served)
    yield from of_a_dossier(page, served)
    yield from of_the_end(page, served)


def at(page: Page, served: Portal, *places: str) -> Iterator[None]:
    for place in places:
        page.goto(served.address + place)
        yield


def of_a_stranger(page: Page, served: Portal) -> Iterator[None]:
    """Without an account: lists, guidance, look-up right and wrong, what is not there, too much, too often."""
    yield from at(page, served, "/", "/procedures", "/procedures?q=zzzz", "/procedures?sector=dat-dai", f"/procedures/{CODE}")
    page.locator("details.preview summary").click()
    page.locator("details.privacy summary").click()
    yield
    yield from at(
        page,
        served,
        "/register",
        "/sign-in",
        "/forgot",
        "/reset",
        "/reset?token=x",
        "/dossiers",
        "/nope",
        "/statistics",
        "/statistics?year=2024",
        "/lookup",
    )
    instead = page.locator("form.lookup button[type=button]")
    if instead.count():
        instead.first.click()
        yield
    page.locator("#code").fill("H29.15-261122-9999")
    page.locator("#captcha").fill("1")
    press(page, "form.lookup [type=submit]")
    yield
    page.goto(served.address + "/forgot")
    page.locator("main [type=email]").fill("nobody@example.vn")
    press(page, "main [type=submit]:not([formaction])")
    yield
    page.goto(served.address)
    page.locator("[data-dialog]").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield


def of_every_form(page: Page, served: Portal) -> Iterator[None]:
    """Each procedure's form as it begins; one refused."""
    files = sorted(path for path in served.procedures.glob("[a-z]*.json") if path.name not in ("dropped.json", "waits.json"))
    codes = [json.loads(path.read_bytes())["x-procedure"]["code"] for path in files]
    yield from at(page, served, *(f"/procedures/{code}/apply" for code in codes))
    press(page, "form.application button[value=continue]")
    page.wait_for_selector("#problems")
    yield


def of_an_account(page: Page, served: Portal) -> Iterator[None]:
    """Registered wrongly and rightly, refused, confined, a weak password, the profile with each section open and refused."""
    page.goto(f"{served.address}/register")
    press(page, "main [type=submit]:not([formaction])")
    yield
    mail = f"axe{time.monotonic_ns()}@example.vn"
    page.locator('[name="/email"]').fill(mail)
    page.locator('[name="/fullName"]').fill("Nguyễn Văn An")
    press(page, "main [type=submit]:not([formaction])")
    secret = page.locator("#secret").inner_text()
    yield
    page.goto(f"{served.address}/sign-in")
    for word in ("wrong password", secret):
        page.locator("main [type=email]").fill(mail)
        page.locator("main [type=password]").fill(word)
        press(page, "main form[action='/sign-in'] [type=submit]")
        yield
    page.locator("#new").fill("ngắn")
    press(page, "main [type=submit]:not([formaction])")
    yield
    page.locator("#new").fill(OWN)
    press(page, "main [type=submit]:not([formaction])")
    expect(page.locator("#new")).to_have_count(0)
    yield from at(page, served, "/", "/profile", "/password?next=/profile", "/dossiers", "/dossiers?since=x", "/lookup")
    for section in ("mail", "details", "address", "notices", "erase"):
        yield from at(page, served, f"/profile?edit={section}")
    page.goto(f"{served.address}/profile?edit=mail")
    page.locator("#mail").fill("x")
    press(page, "form[action='/profile/mail'] [type=submit]")
    yield
    page.goto(f"{served.address}/profile?edit=details")
    page.locator('[name="/fullName"]').fill("")
    press(page, "form[action='/profile/details'] button[value=save]")
    yield


def of_filing(page: Page, served: Portal) -> Iterator[None]:
    """A draft begun, with a file, with a file that is refused, offered again, changed elsewhere, checked, cancelled."""
    place = f"{served.address}/procedures/{CODE}/apply"
    page.goto(place)
    page.locator('[id="f/purpose"]').fill("lập hồ sơ")
    page.locator("#document-1").set_input_files({"name": "đơn.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"})
    page.locator("form.application button[value=save]").click()
    page.wait_for_selector(".files .file")
    yield
    page.locator("#document-1").set_input_files({"name": "sai.pdf", "mimeType": "application/pdf", "buffer": b"MZ"})
    page.locator("form.application button[value=save]").click()
    page.wait_for_selector("#problems")
    yield
    page.goto(place)
    yield
    draft = page.locator("[name='meta:draft']").first.get_attribute("value") or ""
    with office(served) as engine:
        stored = engine.store.get(draft)
        assert stored is not None
        owner = Actor(stored.owner)
        stored = engine.save(draft, ANSWERS["answers"], owner, version=stored.version, declared=PAPER)
    press(page, "form.application button[value=continue]")
    yield
    yield from at(
        page, served, f"/procedures/{CODE}/apply/review?draft={draft}", f"/procedures/{CODE}/apply/cancel?draft={draft}"
    )
    press(page, "main .danger")
    yield
    yield from at(page, served, "/dossiers?state=12")


def of_a_dossier(page: Page, served: Portal) -> Iterator[None]:
    """Just sent, and after each thing that the office does; the list; the look-up that finds it."""
    press(page, "main form[action$='restore'] button")
    draft = page.locator("[name='meta:draft']").first.get_attribute("value") or ""
    page.goto(f"{served.address}/procedures/{CODE}/apply/review?draft={draft}")
    press(page, "form[action$='/review'] [type=submit]")
    page.wait_for_selector(".code-shown")
    yield
    code = page.locator(".code-shown").inner_text()
    yield from at(page, served, f"/dossiers/{code}", "/dossiers", f"/dossiers?code={code}&state=1", "/dossiers?words=zzzz")
    with office(served) as engine:
        for action, facts in STEPS:
            engine.act(draft, action, OFFICER, facts=facts, note="Vì lý do ghi ở đây")
            yield from at(page, served, f"/dossiers/{code}")
    page.goto(f"{served.address}/lookup?code={code}")
    press(page, "form.lookup [type=submit]")
    page.wait_for_selector("main section[aria-live]")
    yield
    yield from at(page, served, f"/dossiers/{code}/withdraw")
    press(page, "main .danger")
    yield
    press(page, "form[action$='ask-erasure'] button")
    yield


def of_the_end(page: Page, served: Portal) -> Iterator[None]:
    """An account that is deleted."""
    page.goto(f"{served.address}/profile?edit=erase")
    page.locator("#erase-password").fill("wrong password")
    press(page, "form[action='/profile/erase'] [type=submit]")
    yield
    page.locator("#erase-password").fill(OWN)
    press(page, "form[action='/profile/erase'] [type=submit]")
    yield


def office(served: Portal) -> Any:
    """The engine of the running portal, as the office would use it from another program."""
    from contextlib import closing

    return closing(open_engine(f"sqlite:{served.data / 'dossiers.db'}", procedures=served.procedures))


def test_the_desk_in_every_state(served: Portal, browser: Browser) -> None:
    """Lists, a dossier after each action, every action's form open, what was refused; the citizen's supplement."""
    assert looked_at(of_the_desk, served, browser, "vi", PHONE, DESKTOP) == 32


def of_the_desk(page: Page, served: Portal) -> Iterator[None]:
    mail = f"desk{time.monotonic_ns()}@office.vn"
    with office(served) as engine:
        accounts = open_accounts(engine)
        secret = appoint(accounts, mail, "Trần Thị Mai", Role.ADMIN)
        citizen = Account(f"c{time.monotonic_ns()}", f"c{mail}", engine.clock.now(), {"fullName": "Nguyễn Văn An"})
        engine.store.accounts.create_account(citizen)
        draft = engine.begin(CODE, citizen.actor, ANSWERS["answers"])
        draft = engine.save(draft.id, draft.answers, citizen.actor, version=draft.version, declared=PAPER)
        dossier = engine.submit(draft.id, citizen.actor)
        token = accounts.sessions.begin(citizen).token
    page.goto(f"{served.address}/sign-in")
    page.locator("main [type=email]").fill(mail)
    page.locator("main [type=password]").fill(secret)
    press(page, "main form[action='/sign-in'] [type=submit]")
    page.locator("#new").fill(OWN)
    press(page, "main [type=submit]:not([formaction])")
    expect(page.locator("#new")).to_have_count(0)
    yield from at(page, served, "/desk", "/desk?view=done", "/desk?words=zzzz")
    place = f"{served.address}/desk/{dossier.code}"
    steps: tuple[tuple[str, dict[str, str]], ...] = (
        ("accept", {}), ("assign", {}), ("request-supplement", {"note": "Chưa rõ mục đích"}),
    )  # fmt: skip
    for action, typed in steps:
        page.goto(place)
        for summary in page.locator(".action summary").all():
            summary.click()
        yield
        form = page.locator(f"details:has(input[value='{action}'])")
        if action == "request-supplement":
            form.locator("button").click()
            page.wait_for_selector("#problems")
            yield
            form.locator("select:has(option[value='wrong:/purpose'])").select_option("wrong:/purpose")
        for paper in form.locator("[name=paper]").all():
            paper.check()
        for name, value in typed.items():
            form.locator(f"[name={name}]").fill(value)
        form.locator("button").click()
        page.wait_for_selector("[role=status]")
        yield
    yield from at(page, served, "/desk?view=waiting")
    page.context.clear_cookies(name=SESSION)
    page.context.add_cookies([{"name": SESSION, "value": token, "url": served.address}])
    yield from at(page, served, f"/dossiers/{dossier.code}", f"/dossiers/{dossier.code}/supplement")
    page.locator('[id="f/purpose"]').fill("")
    press(page, "button[value=send]")
    page.wait_for_selector("#problems")
    yield
    page.locator('[id="f/purpose"]').fill("Lập dự án trồng cây ở phường")
    press(page, "button[value=send]")
    expect(page).to_have_url(re.compile(rf"/dossiers/{dossier.code}\?done=supplement$"))
    yield
    with office(served) as engine:
        engine.message(dossier.id, citizen.actor, "Khi nào có kết quả?")
        engine.act(dossier.id, Action.REQUEST_PAYMENT, OFFICER, facts={"amount": 330_000})
    place = f"/dossiers/{dossier.code}"
    yield from at(page, served, place, f"{place}/papers/01", f"{place}/pay", "/verify-slip?slip=x")
    page.goto(f"{served.address}{place}/pay")
    press(page, "button[value=vnpay]")
    yield
    press(page, "button[value=cancelled]")
    yield
    page.context.clear_cookies(name=SESSION)
    page.goto(f"{served.address}/sign-in")
    page.locator("main [type=email]").fill(mail)
    page.locator("main [type=password]").fill(OWN)
    press(page, "main form[action='/sign-in'] [type=submit]")
    yield from at(page, served, f"/desk/{dossier.code}", f"/desk/{dossier.code}/papers/06", "/desk?view=messages&words=nguyen")
    yield from at(
        page, served, "/admin", "/admin/people", "/admin/audit", "/desk/counter", "/second-factor/set-up", "/statistics"
    )
    yield from at(page, served, "/desk/figures?figure=in-progress", "/statistics?part=q1")
