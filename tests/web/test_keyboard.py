"""The whole journey by keyboard alone, with a visible focus at every step."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from support.browsing import Portal, visit
from support.clicking import Browser, Page, expect

pytestmark = pytest.mark.browser


OWN = "ngựa đúng pin kẹp giấy"
SHORT = {
    "title": "Cấp bản sao bằng bàn phím",
    "type": "object",
    "required": ["name", "kind", "agreed"],
    "properties": {
        "name": {"title": "Họ tên", "type": "string", "minLength": 3},
        "kind": {"title": "Loại", "enum": ["một", "hai"]},
        "agreed": {"title": "Tôi cam đoan", "const": True},
    },
    "x-procedure": {"code": "keyboard", "documents": [{"title": "Đơn"}]},
}
#: Where the focus is: a name for it, whether it can be seen, and whether an outline shows it.
FOCUS = """() => { const e = document.activeElement; if (!e || e === document.body) return null;
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return { html: e.outerHTML.slice(0, 160), inside: box.bottom > 0 && box.top < innerHeight,
        outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        uncovered: !top || e.contains(top) || top.contains(e) || !!top.closest('label'), small: box.width < 2 }; }"""


MARKER = "s => getComputedStyle(s, '::before').content"


class Keys:
    """A user with a keyboard and no other device."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stops = 0

    def reach(self, selector: str, *, most: int = 150) -> None:
        """Goes on with Tab until *selector* has the focus; every stop on the way can be seen."""
        for _ in range(most):
            if self.page.evaluate("s => !!document.activeElement && document.activeElement.matches(s)", selector):
                return
            self.page.keyboard.press("Tab")
            self.look()
        pytest.fail(f"{selector} cannot be reached on {self.page.url}")

    def look(self) -> None:
        for _ in range(20):
            found = self.page.evaluate(FOCUS)
            if found is None:
                return  # the browser's own bar, before the page begins again
            if found["small"] or (found["outlined"] and found["inside"] and found["uncovered"]):
                self.stops += 1
                return
            self.page.wait_for_timeout(50)  # the page scrolls to it
        pytest.fail(f"the focus cannot be seen: {found}")

    def type(self, selector: str, text: str) -> None:
        self.reach(selector)
        self.page.keyboard.insert_text(text)

    def press(self, selector: str) -> None:
        """Enter on *selector*, which leads elsewhere."""
        self.reach(selector)
        self.send()

    def send(self) -> None:
        """Enter, where that leads elsewhere."""
        with self.page.expect_navigation(wait_until="networkidle"):
            self.page.keyboard.press("Enter")


def test_the_whole_journey(served: Portal, browser: Browser, tmp_path: Path) -> None:
    """Register, sign in, find a procedure, fill in, attach, check, send, follow, look up, take back, leave."""
    served.drop("keyboard", SHORT)
    (tmp_path / "đơn.pdf").write_bytes(b"%PDF-1.7 x")
    page = visit(browser, viewport={"width": 1280, "height": 720})
    keys = Keys(page)
    # From the beginning: the browser begins to report file choosers only a moment after this.
    chosen: list[Any] = []
    page.on("filechooser", lambda chooser: chosen.append(chooser))  # noqa: PLW0108  # Playwright marks what it is given
    mail = f"k{time.monotonic_ns()}@example.vn"

    page.goto(served.address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.skip')"), page.evaluate("document.activeElement.outerHTML")
    keys.press("a[href='/register']")
    keys.type("[name='/email']", mail)
    keys.type("[name='/fullName']", "Nguyễn Văn An")
    keys.press("main form button[value=save]")
    secret = page.locator("#secret").inner_text()

    keys.press("nav.tabs a[href='/']")
    keys.reach("[data-dialog]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.activeElement.matches('dialog [type=email]')"), "it starts at its first field"
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate("document.activeElement.matches('[data-dialog]')"), "the focus comes back to where it was"
    page.keyboard.press("Enter")
    keys.type("dialog [type=email]", mail)
    keys.type("dialog [type=password]", secret)
    keys.send()
    keys.type("#new", OWN)
    keys.send()

    keys.press("nav.tabs a[href='/procedures']")
    keys.type("[name=q]", "ban phim")
    keys.send()
    keys.press("a[href='/procedures/keyboard/apply']")
    keys.press("button[value=continue]")
    expect(page.locator("#problems")).to_be_focused()
    keys.press("#problems a")
    assert page.evaluate("document.activeElement.name") == "/name", "the summary leads to the field"
    page.keyboard.insert_text("Trần Bà")
    keys.reach("[name='/kind']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.wait_for_load_state("networkidle")
    keys.reach("[name='/agreed']")
    page.keyboard.press("Space")
    expect(page.locator("#saved")).to_contain_text("Đã lưu nháp lúc")
    page.wait_for_load_state("networkidle")
    keys.reach("#document-1")
    page.keyboard.press("Enter")
    for _ in range(100):
        if chosen:
            break
        page.wait_for_timeout(100)
    chosen[0].set_files(tmp_path / "đơn.pdf")
    keys.press("button[value=continue]")
    expect(page).to_have_url(re.compile("/review"))
    expect(page.locator("main")).to_contain_text("đơn.pdf")
    keys.press("form[action$='/review'] [type=submit]")
    code = page.locator(".code-shown").inner_text()

    keys.press("nav.tabs a[href='/dossiers']")
    keys.press(f"a[href='/dossiers/{code}']")
    keys.press("nav.tabs a[href='/lookup']")
    keys.type("#code", code)
    keys.press("form.lookup [type=submit]")
    expect(page.locator("main")).to_contain_text("Mới đăng ký")
    page.goto(f"{served.address}/dossiers/{code}")
    keys.press("a[href$='/withdraw']")
    keys.press("main .danger")
    expect(page.locator("main")).to_contain_text("Đã rút hồ sơ")
    keys.press("header form[action='/sign-out'] button")
    expect(page.locator("[data-dialog]")).to_be_visible()
    assert keys.stops > 100


@pytest.mark.parametrize("width", [390, 1280])
def test_what_opens_says_so(served: Portal, browser: Browser, width: int) -> None:
    """Each `details` has a marker, which turns, and takes the focus where it can be seen; a keyboard opens it."""
    page = visit(browser, viewport={"width": width, "height": 800})
    for path in ("/procedures", "/procedures/1.000001", "/procedures/1.000001/apply"):
        page.goto(f"{served.address}{path}")
        keys = Keys(page)
        for number in range(page.locator("summary").count()):
            summary = page.locator("summary").nth(number)
            before = summary.evaluate(MARKER)
            assert before.startswith('"▾"' if summary.evaluate("s => s.parentElement.open") else '"▸"'), path
            summary.focus()
            page.keyboard.press("Shift+Tab")
            page.keyboard.press("Tab")
            keys.look()
            page.keyboard.press("Enter")
            assert summary.evaluate(MARKER) != before


def test_signing_in_without_a_script_starts_at_the_first_field(served: Portal, browser: Browser) -> None:
    """The link leads to a page of its own."""
    page = visit(browser, java_script_enabled=False)
    page.goto(served.address)
    page.locator("[data-dialog]").click()
    page.keyboard.insert_text("an@example.vn")
    expect(page.locator("#in-mail")).to_have_value("an@example.vn")
