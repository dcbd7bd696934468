"""Work of an office in a browser beside its dossiers: QR codes read off the screen, files approved, figures followed."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from dossierkit_web.requests.cookies import SESSION
from openpyxl import load_workbook
from PIL import Image
from pyotp import TOTP, parse_uri
from pypdfium2 import PdfDocument
from support.browsing import Portal, press, serving, sound, visit
from support.clicking import Browser, Page, expect
from support.samples import SMALL

from dossierkit import Action, Actor, Dossier, Engine, Role, State, open_engine
from dossierkit.dossiers.people.account import Account
from dossierkit.payments.vietqr import crc16, memo_of
from dossierkit.wiring import open_accounts

pytestmark = pytest.mark.browser

CODE, UNIT, NEW = "1.012789", "so-nnmt", "9.000002"
ROOT = Actor("root", Role.ADMIN)
ANSWERS = json.loads((Path(__file__).parents[2] / "schemas/procedures/cung-cap-du-lieu-dat-dai.json").read_bytes())["x-tests"][0]
PHONE, DESKTOP = {"width": 320, "height": 640}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Where files wait for approval and money comes in by transfer."""
    folder, data = tmp_path_factory.mktemp("procedures"), tmp_path_factory.mktemp("data")
    with serving(folder, data, "--approval", "--vietqr", "970436:1234567890:SO NN MT") as running:
        yield running


@pytest.fixture(scope="module")
def office(portal: Portal) -> Iterator[Engine]:
    """The engine behind it, with an admin and a citizen; every shipped procedure is approved."""
    engine = open_engine(f"sqlite:{portal.data / 'dossiers.db'}", procedures=portal.procedures, approval=True)
    with closing(engine):
        for id, role in (("root", Role.ADMIN), ("an", Role.CITIZEN)):
            account = Account(id, f"{id}@mau.example", engine.clock.now(), {"fullName": "Nguyễn Mẫu An"}, role)
            engine.store.accounts.create_account(account)
        for new, _ in engine.catalog.waiting():
            engine.catalog.approve(new.code, new.revision)
        yield engine


def signed_in(portal: Portal, office: Engine, browser: Browser, id: str, viewport: dict[str, int] = DESKTOP) -> Page:
    account = office.store.accounts.account(id)
    assert account is not None
    page = visit(browser, viewport=viewport)
    token = open_accounts(office).sessions.begin(account).token
    page.context.add_cookies([{"name": SESSION, "value": token, "url": portal.address}])
    return page


@pytest.fixture
def accepted(office: Engine) -> Dossier:
    an = Actor("an")
    draft = office.begin(CODE, an, ANSWERS["answers"])
    office.save(draft.id, draft.answers, an, version=draft.version, declared=["1", "2"])
    dossier = office.submit(draft.id, an)
    return office.act(dossier.id, Action.ACCEPT, ROOT, facts={"paper": ["1"]})


def read_off(picture: Image.Image) -> str:
    """The content of the only QR code on *picture*."""
    [found] = zxingcpp.read_barcodes(picture)
    return str(found.text)


def seen(page: Page) -> str:
    """The content that a telephone reads from the QR code of the page."""
    code = page.locator(".qr")
    code.scroll_into_view_if_needed()
    return read_off(Image.open(BytesIO(code.screenshot())))


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_slip_is_read_off_the_screen_and_off_paper(
    portal: Portal, office: Engine, browser: Browser, accepted: Dossier, viewport: dict[str, int]
) -> None:
    """Its address says to any reader that it is right; with one sign changed it says that it is not."""
    page = signed_in(portal, office, browser, "an", viewport)
    page.goto(f"{portal.address}/dossiers/{accepted.code}/papers/01")
    address = seen(page)
    # Chromium without a window shows no PDF: the link is followed with the same cookies.
    answer = page.request.get(f"{page.url}{page.get_by_role('link', name='PDF').first.get_attribute('href')}")
    with PdfDocument(answer.body()) as printed:
        assert read_off(printed[0].render(scale=2).to_pil()) == address

    stranger = visit(browser, viewport=viewport)
    stranger.goto(address)
    expect(stranger.get_by_role("status")).to_contain_text(str(accepted.code))
    sound(stranger)
    slip = stranger.locator("#slip").input_value()
    stranger.locator("#slip").fill(slip[:-3] + ("A" if slip[-3] != "A" else "B") + slip[-2:])
    press(stranger, "main form button")
    expect(stranger.locator("#slip-error")).to_be_visible()


def test_a_transfer_is_read_off_the_screen(portal: Portal, office: Engine, browser: Browser, accepted: Dossier) -> None:
    """The values that a bank's program reads there: account, sum and memo, under a checksum."""
    office.act(accepted.id, Action.REQUEST_PAYMENT, ROOT, facts={"amount": 330_000})
    page = signed_in(portal, office, browser, "an", PHONE)
    page.goto(f"{portal.address}/dossiers/{accepted.code}/pay")
    press(page, "button[value=vietqr]")
    read = seen(page)
    assert crc16(read[:-4].encode()) == int(read[-4:], 16)
    [attempt] = [one for one in office.store.payments.attempts(accepted.id) if one.gateway == "vietqr"]
    for part in ("970436", "1234567890", "5406330000", memo_of(attempt.ref)):
        assert part in read, part


def test_a_second_factor_is_read_off_the_screen(portal: Portal, office: Engine, browser: Browser) -> None:
    page = signed_in(portal, office, browser, "root")
    page.goto(f"{portal.address}/second-factor/set-up")
    said = parse_uri(seen(page))
    assert isinstance(said, TOTP)
    assert said.secret == page.locator("main code").inner_text().replace(" ", "")


def test_a_dropped_file_waits_for_an_admin(portal: Portal, office: Engine, browser: Browser) -> None:
    """New ones together; a change after a look at what it would do to open dossiers; then it serves."""
    citizen, admin = signed_in(portal, office, browser, "an"), signed_in(portal, office, browser, "root")
    schema = {**SMALL, "title": "Thủ tục thả vào", "x-procedure": {"code": NEW, "unit": UNIT, "sector": "dat-dai"}}
    dropped = portal.procedures / "dropped-by-hand.json"
    dropped.write_text(json.dumps(schema), "utf-8")

    def listed() -> int:
        citizen.goto(f"{portal.address}/procedures?q=tha+vao")
        return citizen.get_by_role("link", name="Thủ tục thả vào", exact=True).count()

    assert listed() == 0
    admin.goto(f"{portal.address}/admin")
    expect(admin.get_by_role("link", name="Thủ tục thả vào")).to_be_visible()
    sound(admin)
    press(admin, "form[action='/admin/procedures'] button")
    expect(admin.get_by_role("link", name="Thủ tục thả vào")).to_have_count(0)
    assert listed() == 1
    an = Actor("an")
    dossier = office.submit(office.begin(NEW, an, {"name": "Nguyễn Mẫu An", "copies": 2}).id, an)

    changed = {**schema, "properties": {**SMALL["properties"], "why": {"title": "Vì sao", "type": "string"}}, "required": ["why"]}
    dropped.write_text(json.dumps(changed), "utf-8")
    citizen.wait_for_timeout(300)
    citizen.goto(f"{portal.address}/procedures/{NEW}/apply")
    expect(citizen.get_by_label("Họ tên")).to_be_visible()
    expect(citizen.get_by_label("Vì sao")).to_have_count(0)
    admin.goto(f"{portal.address}/admin")
    press(admin, f"a[href='/admin/procedures/{NEW}']")
    expect(admin.get_by_role("cell", name="/why")).to_be_visible()
    expect(admin.locator("main")).to_contain_text("1 hồ sơ, 1 sẽ bị từ chối")
    sound(admin)
    press(admin, "main form button")
    citizen.goto(f"{portal.address}/procedures/{NEW}/apply")
    expect(citizen.get_by_label("Vì sao")).to_be_visible()

    # The citizen is asked to bring the open dossier to the new form.
    admin.goto(f"{portal.address}/desk/{dossier.code}")
    form = admin.locator("details.action:has(input[name=update])")
    form.locator("summary").click()
    form.locator("#update-note").fill("Biểu mẫu có thêm một mục")
    with admin.expect_navigation():
        form.locator("button").click()
    citizen.goto(f"{portal.address}/dossiers/{dossier.code}/supplement")
    citizen.get_by_label("Vì sao").fill("Để đối chiếu")
    press(citizen, "button[value=send]")
    found = office.lookup(str(dossier.code))
    assert (found.answers["why"], found.revision) == ("Để đối chiếu", office.procedure(NEW).revision)


def test_a_supplement_saves_by_itself_and_asks_before_it_is_left(
    portal: Portal, office: Engine, browser: Browser, accepted: Dossier
) -> None:
    """As the form does: what was typed is there again; a click during a save is not lost; a chosen file is not forgotten."""
    facts = {"asked": ["/purpose", "/copies", "document:1"], "reasons": {"/purpose": "wrong"}}
    office.act(accepted.id, Action.REQUEST_SUPPLEMENT, ROOT, facts=facts, note="Xin ghi rõ mục đích")
    page = signed_in(portal, office, browser, "an", PHONE)
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    place = f"{portal.address}/dossiers/{accepted.code}/supplement"
    purpose, saved, back = page.locator('[id="f/purpose"]'), page.locator("#saved"), page.locator(".bar a.button")
    page.goto(place)
    sound(page)
    purpose.fill("Để so sánh bản đồ")
    back.click(no_wait_after=True)
    expect(saved).to_contain_text("Đã lưu nháp lúc")
    assert (asked, page.url) == (["beforeunload"], place)
    page.goto(place)
    expect(purpose).to_have_value("Để so sánh bản đồ")

    with page.expect_response(place):
        page.set_input_files("#document-1", {"name": "đơn.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
    expect(saved).to_contain_text("Đã lưu nháp lúc")
    back.click(no_wait_after=True)
    page.wait_for_function("() => document.hasFocus()")
    assert asked == ["beforeunload"] * 2
    page.set_input_files("#document-1", [])
    page.locator("#document-1-paper").check()
    page.route(place, lambda _: None)  # holds the save back until `unroute` lets it go on
    with page.expect_request(place):
        purpose.fill("Để so sánh bản đồ cũ")
    page.locator("button[value=send]").click(no_wait_after=True)
    with page.expect_navigation():
        page.unroute(place)
    expect(page.get_by_role("status")).to_contain_text("Đã gửi phần bổ sung")
    sound(page)
    found = office.lookup(str(accepted.code))
    assert (found.state, found.answers["purpose"]) == (State.ACCEPTED, "Để so sánh bản đồ cũ")


def test_figures_lead_on_and_are_taken_along(portal: Portal, office: Engine, browser: Browser, accepted: Dossier) -> None:
    """From a figure to as many dossiers as it says, and to one of them; tables as CSV and XLSX say what the page does."""
    page = signed_in(portal, office, browser, "root")
    year = (office.clock.now() + timedelta(hours=7)).year
    page.goto(f"{portal.address}/statistics?year={year}")
    total = page.locator("section[aria-labelledby=by-unit] tr.total td").nth(1)
    count = int(total.inner_text())
    assert count >= 1
    for form in ("CSV", "XLSX"):
        with page.expect_download() as downloading:
            page.locator("section[aria-labelledby=by-unit] .taken").get_by_role("link", name=form).click()
        path = downloading.value.path()
        if form == "CSV":
            table = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
        else:
            table = [[str(cell.value) for cell in row] for row in load_workbook(BytesIO(path.read_bytes())).active.iter_rows()]
        assert str(count) in table[-1], (form, table[-1])
    with page.expect_navigation():
        total.locator("a").click()
    expect(page.locator(".dossiers tbody tr")).to_have_count(count)
    with page.expect_navigation():
        page.get_by_role("link", name=str(accepted.code)).click()
    assert re.search(f"/desk/{accepted.code}$", page.url)
