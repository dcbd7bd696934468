"""Every action of officers and citizens on a dossier, by the pages in a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from dossierkit_web.requests.cookies import SESSION
from pyotp import TOTP
from support.browsing import Portal, press, visit
from support.clicking import Browser, Page, expect
from support.samples import SMALL

from dossierkit import Action, Actor, Dossier, Engine, Role, State, open_engine
from dossierkit.dossiers.people.account import Account
from dossierkit.wiring import open_accounts

pytestmark = pytest.mark.browser

CODE, UNIT = "9.000001", "so-nnmt"
PEOPLE = {
    "an": Role.CITIZEN, "mai": Role.INTAKE_OFFICER, "nam": Role.CASE_OFFICER, "linh": Role.APPROVER, "root": Role.ADMIN,
}  # fmt: skip


@pytest.fixture(scope="module")
def office(served: Portal) -> Iterator[Engine]:
    """A procedure that takes two pairs of eyes, and the people who handle it."""
    workflow = {"fourEyes": True, "steps": [{"code": "measured", "title": "Đo đạc"}]}
    block = {"code": CODE, "unit": UNIT, "sector": "dat-dai", "timeLimit": [{"count": 5}], "workflow": workflow}
    (served.procedures / "by-hand.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    with closing(open_engine(f"sqlite:{served.data / 'dossiers.db'}", procedures=served.procedures)) as engine:
        for id, role in PEOPLE.items():
            unit = UNIT if role not in (Role.CITIZEN, Role.ADMIN) else ""
            account = Account(id, f"{id}@mau.example", engine.clock.now(), {"fullName": "Nguyễn Mẫu An"}, role, unit=unit)
            engine.store.accounts.create_account(account)
        yield engine


@pytest.fixture
def people(served: Portal, browser: Browser, office: Engine) -> Iterator[dict[str, Page]]:
    """Each person at a browser of their own, signed in."""
    accounts = open_accounts(office)
    opened = {}
    for id in PEOPLE:
        account = office.store.accounts.account(id)
        assert account is not None
        page = visit(browser)
        page.context.add_cookies([{"name": SESSION, "value": accounts.sessions.begin(account).token, "url": served.address}])
        opened[id] = page
    yield opened
    for page in opened.values():
        page.context.close()


def filed(office: Engine) -> Dossier:
    an = Actor("an")
    return office.submit(office.begin(CODE, an, {"name": "Nguyễn Mẫu An", "copies": 2}).id, an)


def act(page: Page, address: str, action: str, **typed: str) -> None:
    """Opens the dossier, then the action, fills it in and sends it; the page says that it is done."""
    page.goto(address)
    form = page.locator(f"details.action:has(input[value='{action}'])")
    form.locator("summary").click()
    for name, value in typed.items():
        choice = form.locator(f"select[name='{name}']:has(option[value='{value}'])")
        if choice.count():
            choice.select_option(value)
        else:
            form.locator(f"[name='{name}']").fill(value)
    form.locator("button").click()
    expect(page.locator("[role=status]")).to_be_visible()


def test_from_reception_to_the_result(served: Portal, office: Engine, people: dict[str, Page]) -> None:
    dossier = filed(office)
    desk, own = f"{served.address}/desk/{dossier.code}", f"{served.address}/dossiers/{dossier.code}"
    mai, nam, linh, an = (people[id] for id in ("mai", "nam", "linh", "an"))
    act(mai, desk, "accept")
    mai.locator("details:has(ol.days) summary").click()
    expect(mai.locator("ol.days li").last).to_contain_text("5")
    act(mai, desk, "assign", officer="nam", note="Nhờ anh Nam")
    act(nam, desk, "advance", step="measured")
    act(nam, desk, "suspend", note="Chờ ý kiến")
    act(nam, desk, "resume")
    act(nam, desk, "extend", due="31/12/2027", note="Xin lỗi vì chậm trễ")
    act(nam, desk, "request-payment", amount="50.000")
    an.goto(f"{own}/pay")
    an.locator("button[value=vnpay]").click()
    an.locator("button[name=outcome]").first.click()
    expect(an.locator("[role=status]")).to_be_visible()
    act(mai, desk, "refund", note="Nộp thừa")
    act(nam, desk, "request-supplement", asked="wrong:/copies", note="Số bản chưa đúng")

    an.goto(f"{own}/supplement")
    an.locator("[id='f/copies']").fill("3")
    an.locator("button[value=send]").click()
    expect(an).to_have_url(f"{own}?done=supplement")
    an.locator("#message").fill("Khi nào xong?")
    an.locator("form:has(#message) button").click()
    expect(an.locator("main")).to_contain_text("Khi nào xong?")
    nam.goto(desk)
    expect(nam.locator("main")).to_contain_text("Khi nào xong?")
    expect(nam.locator(".mended ins")).to_contain_text("3")

    act(nam, desk, "propose", outcome="approved")
    act(linh, desk, "complete", outcome="approved")
    act(linh, desk, "reopen", note="Sai tên")
    act(nam, desk, "propose", outcome="approved")
    act(linh, desk, "complete", outcome="approved")
    act(mai, desk, "hand-over", evidence="counter", note="Đã nhận")
    an.goto(own)
    found = office.lookup(str(dossier.code))
    assert (found.state, found.answers["copies"]) == (State.RETURNED, 3)
    happened = {event.action for event in office.history(found)}
    assert {Action.SUSPEND, Action.RESUME, Action.EXTEND, Action.SETTLE, Action.REFUND, Action.MESSAGE, Action.REOPEN} <= happened
    assert list(office.verify()) == []


def test_a_button_that_needs_a_script_is_hidden_without_one(
    served: Portal, browser: Browser, office: Engine, people: dict[str, Page]
) -> None:
    """The print button does nothing without JavaScript, so only a page with JavaScript shows it."""
    own = f"{served.address}/dossiers/{filed(office).code}"
    scripted, plain = people["an"], visit(browser, java_script_enabled=False)
    plain.context.add_cookies([{"name": SESSION, "value": scripted.context.cookies()[0]["value"], "url": served.address}])
    for page in (scripted, plain):
        page.goto(own)

    expect(scripted.locator("[data-print]")).to_be_visible()
    expect(plain.locator("[data-print]")).to_be_hidden()
    plain.context.close()


def test_what_ends_otherwise(served: Portal, office: Engine, people: dict[str, Page]) -> None:
    """Refused, stopped by the office, withdrawn by the citizen."""
    refused, stopped, withdrawn = (filed(office) for _ in range(3))
    desk = f"{served.address}/desk"
    act(people["mai"], f"{desk}/{refused.code}", "refuse", note="Không thuộc thẩm quyền")
    act(people["mai"], f"{desk}/{stopped.code}", "accept")
    act(people["mai"], f"{desk}/{stopped.code}", "assign", officer="nam")
    act(people["nam"], f"{desk}/{stopped.code}", "request-payment", amount="20.000")
    act(people["mai"], f"{desk}/{stopped.code}", "settle", payment="paid")
    act(people["nam"], f"{desk}/{stopped.code}", "stop", note="Người nộp không bổ sung")
    page = people["an"]
    page.goto(f"{served.address}/dossiers/{withdrawn.code}/withdraw")
    page.locator("main form button").click()
    expect(page).to_have_url(f"{served.address}/dossiers/{withdrawn.code}")
    states = [office.lookup(str(one.code)).state for one in (refused, stopped, withdrawn)]
    assert states == [State.REFUSED, State.STOPPED, State.WITHDRAWN]


def test_at_the_counter(served: Portal, office: Engine, people: dict[str, Page]) -> None:
    """An officer files for a walk-in on the same form, accepts it at once, and finds it by a word."""
    page = people["mai"]
    page.goto(f"{served.address}/desk/counter")
    page.locator("#procedure").select_option(CODE)
    page.locator("main form [type=submit]").click()
    page.locator("[id='f/name']").fill("Trần Mẫu Bình")
    page.locator("[id='f/copies']").fill("2")
    page.locator("button[value=continue]").click()
    page.locator("main form .bar button[type=submit]").click()
    page.wait_for_url("**/desk/H*")
    act(page, page.url, "accept")
    page.goto(f"{served.address}/desk?view=open&words=binh")
    expect(page.locator(".dossiers tbody tr")).to_have_count(1)


def test_many_at_once_and_a_list_that_is_kept(served: Portal, office: Engine, people: dict[str, Page]) -> None:
    some = [filed(office) for _ in range(2)]
    page = people["mai"]
    page.goto(f"{served.address}/desk?view=new&procedure={CODE}")
    for one in some:
        page.locator(f"[name=chosen][value='{one.code}']").check()
    page.locator("button[name=action][value=accept]").click()
    expect(page.locator("section[role=status] li")).to_have_count(2)
    assert [office.lookup(str(one.code)).state for one in some] == [State.ACCEPTED] * 2
    page.goto(f"{served.address}/desk?view=open&procedure={CODE}")
    page.locator("#name").fill("Cấp bản sao")
    press(page, "form:has(#name) button")
    page.goto(f"{served.address}/desk")
    page.locator(".views a", has_text="★ Cấp bản sao").click()
    expect(page.locator(".dossiers tbody")).to_contain_text(str(some[0].code))


def test_people_and_a_second_factor(served: Portal, people: dict[str, Page]) -> None:
    page = people["root"]
    page.goto(f"{served.address}/admin/people")
    page.locator("#mail").fill("moi@mau.example")
    page.locator("#name").fill("Lê Mẫu Hà")
    page.locator("#role").select_option(Role.CASE_OFFICER.value)
    page.locator("#unit").select_option(UNIT)
    page.locator("form.account button").click()
    expect(page.locator("#secret")).to_be_visible()
    page.locator("tr", has_text="moi@mau.example").locator("button[value=disable]").click()
    expect(page.locator("tr", has_text="moi@mau.example").locator("button[value=enable]")).to_be_visible()
    page.goto(f"{served.address}/admin/audit")
    expect(page.locator("main h1")).to_be_visible()

    page.goto(f"{served.address}/second-factor/set-up")
    page.locator("#code").fill(TOTP(page.locator("main code").inner_text()).now())
    press(page, "form.account button")
    page.goto(f"{served.address}/second-factor/set-up")
    expect(page.locator("main button.plain")).to_be_visible()
    assert page.locator(".qr").count() == 0
