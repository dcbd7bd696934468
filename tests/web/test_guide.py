"""Every step of the guide of the portal that this one replaces, in a real browser, with JavaScript and without."""

from __future__ import annotations

import email
import email.policy
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from support.browsing import Portal, sound, visit
from support.clicking import Browser, Page, expect
from support.waiting import wait_for

from dossierkit import open_engine
from dossierkit.forms import flatten
from dossierkit.text import fold

pytestmark = pytest.mark.browser


OWN = "ngựa đúng pin kẹp giấy"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 800}}


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Page:
    return visit(browser, java_script_enabled=request.param, **PHONE)


def scripted(page: Page) -> bool:
    return page.locator("html.script").count() == 1


def checked(page: Page) -> None:
    if scripted(page):
        sound(page)


def register(page: Page, served: Portal) -> tuple[str, str]:
    """Steps 1–6 of part I.1: the mail address and the first password."""
    mail = f"c{time.monotonic_ns()}@example.vn"
    page.goto(served.address)
    page.get_by_role("banner").get_by_role("link", name="Tạo tài khoản").click()
    page.get_by_label("Thư điện tử").fill(mail)
    page.get_by_label("Họ và tên").fill("Nguyễn Văn An")
    page.get_by_role("button", name="Đăng ký tài khoản").click()
    return mail, page.locator("#secret").inner_text()


def sign_in(page: Page, mail: str, password: str) -> None:
    """Part I.2, steps 3 and 4: in the dialog, or on a page of its own without a script."""
    page.get_by_role("banner").get_by_role("link", name="Đăng nhập").click()
    within = page.get_by_role("dialog") if scripted(page) else page.locator("main")
    within.get_by_label("Thư điện tử").fill(mail)
    within.get_by_label("Mật khẩu", exact=True).or_(within.get_by_role("textbox", name=re.compile("^Mật khẩu"))).first.fill(
        password
    )
    within.get_by_role("button", name="Đăng nhập").click()


def known(page: Page, served: Portal) -> str:
    """A visitor with a password of their own, signed in."""
    mail, secret = register(page, served)
    page.goto(served.address)
    sign_in(page, mail, secret)
    page.get_by_label("Mật khẩu mới").fill(OWN)
    page.get_by_role("button", name="Lưu mật khẩu").click()
    return mail


def file(page: Page, served: Portal) -> str:
    """Part II.1: a dossier, filed; its code."""
    page.get_by_role("navigation").get_by_role("link", name="Nộp hồ sơ trực tuyến").click()
    page.get_by_label("Tìm thủ tục").fill("thong tin dat dai")
    page.get_by_role("button", name="Tìm").click()
    page.get_by_role("link", name="Cung cấp thông tin, dữ liệu đất đai", exact=True).click()
    page.get_by_role("link", name="Nộp hồ sơ trực tuyến").last.click()
    fill(page)
    for paper in page.locator('[name^="paper:"]').all():
        paper.check()
    page.get_by_role("button", name="Kiểm tra và nộp").click()
    page.get_by_role("button", name="Nộp hồ sơ").click()
    return page.locator(".code-shown").inner_text()


PROCEDURE = json.loads((Path(__file__).parents[2] / "schemas/procedures/cung-cap-du-lieu-dat-dai.json").read_bytes())
PURPOSE = PROCEDURE["x-tests"][0]["answers"]["purpose"]


def fill(page: Page) -> None:
    """Types the answers of the file's own first test as a user does; fields that appear on the way are filled in, too."""
    engine = open_engine("memory:")
    form = engine.procedure("1.012789").form
    done: set[str] = set()
    wanted = dict(flatten(form, PROCEDURE["x-tests"][0]["answers"]))
    for _ in range(4):
        for name, value in wanted.items():
            controls = page.locator(f'main form.application [name="{name}"]:not([type=hidden])')
            if name in done or not value or controls.count() == 0:
                continue
            done.add(name)
            kind = controls.first.evaluate("control => control.type")
            if kind in ("radio", "checkbox"):
                page.locator(f"[name=\"{name}\"][value='{value}']").check()
            elif kind == "select-one":
                search = page.locator(f'[name="search:{name}"]')
                if search.count():
                    choice = engine.catalog.dialect.options["communes"].recall(json.loads(value))
                    assert choice is not None
                    search.fill(choice.title)
                    if not scripted(page):
                        page.locator(f'.field:has([name="search:{name}"])').get_by_role("button", name="Tìm").click()
                page.locator(f"[name=\"{name}\"] option[value='{value}']").wait_for(state="attached")
                controls.first.select_option(value)
            else:
                controls.first.fill(value)
            if kind not in ("text", "textarea") and scripted(page):
                expect(page.locator("#saved")).to_contain_text("Đã lưu nháp lúc")
                page.wait_for_load_state("networkidle")
            elif kind not in ("text", "textarea"):
                page.get_by_role("button", name="Cập nhật biểu mẫu").last.click()
    engine.close()


def test_part_1_1_register(page: Page, served: Portal) -> None:
    """Tạo tài khoản → the form with stars → Đăng ký tài khoản → the password is shown, and mailed."""
    page.goto(served.address)
    page.get_by_role("banner").get_by_role("link", name="Tạo tài khoản").click()
    checked(page)
    stars = page.locator("label:has(.star)").all_inner_texts()
    assert [text.split(" *")[0] for text in stars] == ["Thư điện tử", "Họ và tên"]
    page.get_by_role("button", name="Đăng ký tài khoản").click()
    expect(page.locator("#problems")).to_contain_text("Họ và tên: hãy nhập thông tin này.")
    checked(page)

    mail, secret = register(page, served)
    checked(page)

    def mailed() -> bool:
        files = [path.read_bytes() for path in served.data.glob("mail/*.eml")]
        letters = [email.message_from_bytes(file, policy=email.policy.default) for file in files]
        texts = [f"{letter['To']} {letter.get_body(('plain',)).get_content()}" for letter in letters]
        return any(mail in text and secret in text for text in texts)

    wait_for(mailed)


def test_part_1_2_sign_in(page: Page, served: Portal) -> None:
    """Đăng nhập in a pop-up → a new password is asked for, the first time only."""
    mail, secret = register(page, served)
    page.goto(served.address)
    sign_in(page, mail, secret)
    expect(page.get_by_role("heading", name="Đặt mật khẩu")).to_be_visible()
    checked(page)
    page.goto(served.address + "/procedures")
    expect(page.get_by_role("heading", name="Đặt mật khẩu")).to_be_visible()
    page.get_by_label("Mật khẩu mới").fill("matkhau123")
    page.get_by_role("button", name="Lưu mật khẩu").click()
    expect(page.locator("#problems")).to_contain_text("nhiều người dùng")
    checked(page)
    page.get_by_label("Mật khẩu mới").fill(OWN)
    page.get_by_role("button", name="Lưu mật khẩu").click()
    expect(page.get_by_role("banner")).to_contain_text("Nguyễn Văn An")
    checked(page)

    page.get_by_role("button", name="Thoát", exact=True).click()
    sign_in(page, mail, OWN)
    expect(page.get_by_role("banner")).to_contain_text("Nguyễn Văn An")


def test_part_1_3_profile(page: Page, served: Portal) -> None:
    """The name at the top right → Đăng nhập, Mật khẩu, Chi tiết, Địa chỉ → kept, or left as it was."""
    known(page, served)
    page.get_by_role("banner").get_by_role("link", name="Nguyễn Văn An").click()
    for name in ("Đăng nhập", "Mật khẩu", "Chi tiết", "Địa chỉ"):
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    checked(page)
    page.get_by_role("link", name="Sửa: Chi tiết").click()
    checked(page)
    page.get_by_label("Họ và tên").fill("Nguyễn Văn Bình")
    page.get_by_role("link", name="Không lưu").click()
    expect(page.get_by_role("banner")).to_contain_text("Nguyễn Văn An")
    page.get_by_role("link", name="Sửa: Chi tiết").click()
    page.get_by_label("Họ và tên").fill("Nguyễn Văn Bình")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_role("banner")).to_contain_text("Nguyễn Văn Bình")

    page.get_by_role("link", name="Sửa: Địa chỉ").click()
    page.get_by_label("Tỉnh, thành phố").select_option(label="Thành phố Hồ Chí Minh")
    if not scripted(page):
        page.get_by_role("button", name="Cập nhật biểu mẫu").click()
    page.get_by_role("searchbox", name="Xã, phường, đặc khu").fill("benthanh")
    if not scripted(page):
        page.get_by_role("button", name="Tìm", exact=True).click()
    commune = page.get_by_role("combobox", name="Xã, phường, đặc khu")
    commune.locator("option", has_text="Phường Bến Thành").wait_for(state="attached")
    checked(page)
    commune.select_option(label="Phường Bến Thành")
    page.get_by_label("Số nhà, đường, tổ, thôn").fill("12 đường Mẫu")
    checked(page)
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_text("12 đường Mẫu")).to_be_visible()
    checked(page)


def test_part_1_4_sign_out(page: Page, served: Portal) -> None:
    """Thoát, and the way back shows nothing."""
    known(page, served)
    page.goto(served.address + "/profile")
    page.get_by_role("button", name="Thoát", exact=True).click()
    expect(page.get_by_role("banner")).not_to_contain_text("Nguyễn Văn An")
    page.go_back()
    expect(page.locator("main")).not_to_contain_text("@example.vn")


def test_part_2_1_file(page: Page, served: Portal) -> None:
    """The tab, the list, the guidance, the form, Nộp hồ sơ, the dossier code; Hủy hồ sơ on the way."""
    known(page, served)
    page.get_by_role("navigation").get_by_role("link", name="Nộp hồ sơ trực tuyến").click()
    checked(page)
    page.get_by_role("link", name="Nộp hồ sơ: Cung cấp thông tin, dữ liệu đất đai", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cung cấp thông tin, dữ liệu đất đai")
    page.get_by_role("button", name="Lưu nháp").click()
    page.get_by_role("button", name="Hủy hồ sơ").click()
    checked(page)
    page.get_by_role("button", name="Hủy hồ sơ").click()

    code = file(page, served)
    assert re.fullmatch(r"H29\.15-\d{6}-\d{4,}", code)
    checked(page)


def test_part_2_3_manage(page: Page, served: Portal) -> None:
    """Quản lý hồ sơ: look for a dossier, open it, see its state, begin another from it."""
    known(page, served)
    code = file(page, served)
    page.get_by_role("navigation").get_by_role("link", name="Quản lý hồ sơ").click()
    checked(page)
    page.get_by_label("Từ có trong hồ sơ").fill(fold(PURPOSE))
    page.get_by_label("Nộp từ ngày").fill("1/1/2026")
    page.get_by_role("button", name="Tra cứu").click()
    checked(page)
    page.get_by_role("link", name=code).click()
    expect(page.locator(".timeline")).to_contain_text("Đã nộp")
    expect(page.locator("main")).to_contain_text(PURPOSE)
    checked(page)
    page.get_by_role("button", name="Nộp hồ sơ mới từ hồ sơ này").click()
    expect(page.get_by_label(re.compile("^Mục đích sử dụng dữ liệu"))).to_have_value(PURPOSE)
    page.get_by_role("navigation").get_by_role("link", name="Quản lý hồ sơ").click()
    page.get_by_label("Từ có trong hồ sơ").fill("khong co")
    page.get_by_role("button", name="Tra cứu").click()
    expect(page.locator("main")).to_contain_text("Không có hồ sơ nào khớp")


def test_part_2_2_look_up(page: Page, served: Portal) -> None:
    """Tra cứu kết quả hồ sơ: a code and the confirmation code."""
    known(page, served)
    code = file(page, served)
    check = page.locator(".check-code").inner_text()
    page.get_by_role("button", name="Thoát", exact=True).click()
    page.get_by_role("navigation").get_by_role("link", name="Tra cứu kết quả hồ sơ").click()
    checked(page)
    page.get_by_label("Mã hồ sơ").fill("H29.15-261122-9999")
    if scripted(page):
        page.get_by_role("button", name="Tự nhập mã xác nhận").click()
    page.get_by_label("Mã xác nhận").fill("1")
    page.get_by_role("button", name="Tra cứu").click()
    expect(page.locator("#problems")).to_contain_text("Mã xác nhận chưa đúng")
    checked(page)
    page.get_by_label("Mã xác nhận").fill(served.captcha(page))
    page.get_by_role("button", name="Tra cứu").click()
    expect(page.locator("#problems")).to_contain_text("Không có hồ sơ nào có mã hoặc số này")
    checked(page)
    page.get_by_label("Mã hồ sơ").fill(code.lower())
    page.get_by_label("Mã kiểm tra").fill(check.lower())
    if not scripted(page):
        page.get_by_label("Mã xác nhận").fill(served.captcha(page))
    page.get_by_role("button", name="Tra cứu").click()
    expect(page.locator("main")).to_contain_text("Mới đăng ký")
    expect(page.locator("main")).to_contain_text("N*** V** A")
    checked(page)


def test_part_2_4_statistics(page: Page, served: Portal) -> None:
    """Thống kê: the tab, a year, its numbers."""
    page.goto(served.address)
    page.get_by_role("navigation").get_by_role("link", name="Thống kê").click()
    checked(page)
    page.get_by_label("Năm", exact=True).select_option(label="2025")
    page.get_by_role("button", name="Xem thống kê").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thống kê 2025")
    expect(page.locator("main")).to_contain_text("12/2025")
    checked(page)


def test_a_second_click_sends_nothing(browser: Browser, served: Portal) -> None:
    """It would send a first password that the first click has used up."""
    page = visit(browser)
    register(page, served)
    form = page.locator("form[action='/sign-in']").first
    click = "form => form.dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }))"
    assert [form.evaluate(click), form.evaluate(click)] == [True, False]
    page.goto(served.address + "/sign-in")
    assert page.locator("form[action='/sign-in']").first.evaluate(click)
