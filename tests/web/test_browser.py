"""The portal in a real browser: dropped files, saving, sending, a lost connection, the weight of pages."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from dossierkit_web.requests.cookies import SESSION
from support.browsing import fits, member, press, serving, sound, visit
from support.clicking import Browser, Page, expect
from support.visits import GOOD

pytestmark = pytest.mark.browser


CHOSEN = {
    "title": "Thử chọn trường hợp",
    "type": "object",
    "properties": {
        "home": {
            "title": "Nơi ở",
            "oneOf": [
                {
                    "title": "Trong nước",
                    "properties": {"zip": {"title": "Mã bưu chính", "type": "string", "pattern": "^[0-9]{5}$"}},
                },
                {
                    "title": "Nước ngoài",
                    "properties": {"zip": {"title": "Mã bưu chính", "type": "string", "pattern": "^[A-Z]{3}$"}},
                },
            ],
        },
        "map": {
            "title": "Người",
            "type": "object",
            "additionalProperties": {"type": "object", "properties": {"p": {"type": "string"}}},
        },
    },
}


DROPPED = {
    "title": "Đăng ký thử nghiệm",
    "type": "object",
    "required": ["name", "kind"],
    "properties": {
        "name": {"title": "Họ tên", "type": "string", "minLength": 3},
        "kind": {"title": "Loại", "enum": ["một", "hai"]},
    },
    "if": {"properties": {"kind": {"const": "hai"}}, "required": ["kind"]},
    "then": {"properties": {"count": {"title": "Số lượng", "type": "integer", "minimum": 1}}, "required": ["count"]},
}


def test_no_page_is_heavy_or_asks_another_host(served: Any, browser: Browser) -> None:
    """At most 60 KB with style, script and pictures; everything from here."""
    address, folder = served.address, served.procedures
    codes = [
        json.loads(path.read_bytes())["x-procedure"]["code"]
        for path in sorted(folder.glob("[a-z]*.json"))
        if "dropped" not in path.name
    ]
    heavy: dict[str, int] = {}
    for url in (
        "/",
        "/procedures",
        "/register",
        "/sign-in",
        "/lookup",
        "/statistics",
        *(f"/procedures/{code}/apply" for code in codes),
    ):
        page = visit(browser)
        answers: list[Any] = []
        page.on("response", lambda answer, into=answers: into.append(answer))
        page.goto(address + url)
        page.wait_for_load_state("networkidle")
        assert [answer.url for answer in answers if not answer.url.startswith((address, "data:"))] == []
        weight = sum(int(answer.headers.get("content-length", "0")) for answer in answers)
        assert weight > 5_000, "the sizes are known"
        if weight > 60_000:
            heavy[url] = weight
        page.context.close()
    assert heavy == {}


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_a_dropped_file_becomes_a_working_procedure(served: Any, browser: Browser, scripted: bool) -> None:
    """Dropped, listed, filled by keyboard, refused at the right field, corrected, coded, looked up."""
    address = served.address
    name = f"dropped-{scripted}".lower()
    served.drop(name, {**DROPPED, "x-procedure": {"code": name}})
    page = visit(browser, java_script_enabled=scripted)
    page.goto(f"{address}/procedures?q=thu+nghiem")
    page.locator(f'a[href="/procedures/{name}/apply"]').press("Enter")

    page.get_by_label("Họ tên").focus()
    page.keyboard.type("An")
    page.keyboard.press("Tab")
    page.get_by_label("hai").focus()
    page.keyboard.press("Space")
    if scripted:
        expect(page.get_by_label("Số lượng")).to_be_visible()
    page.get_by_role("button", name="Kiểm tra và nộp").press("Enter")

    summary = page.locator("#problems")
    expect(summary).to_contain_text("Họ tên: hãy nhập ít nhất 3 ký tự; hiện có 2.")
    expect(summary).to_contain_text("Số lượng: hãy nhập thông tin này.")
    if scripted:
        expect(summary).to_be_focused()
        sound(page)
    summary.get_by_role("link").first.press("Enter")
    if scripted:
        expect(page.get_by_label("Họ tên")).to_be_focused()
    page.get_by_label("Họ tên").fill("Nguyễn Văn An")
    page.get_by_label("Số lượng").fill("2")
    page.get_by_role("button", name="Kiểm tra và nộp").press("Enter")
    expect(page.get_by_text("Nguyễn Văn An")).to_be_visible()
    if scripted:
        sound(page)
    page.get_by_role("button", name="Nộp hồ sơ").press("Enter")
    code = page.locator(".code-shown").inner_text()
    if scripted:
        sound(page)
    page.goto(f"{address}/lookup")
    page.get_by_label("Mã hồ sơ").fill(code)
    if not scripted:
        page.get_by_label("Mã xác nhận").fill(served.captcha(page))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Mới đăng ký")).to_be_visible()


def test_drafts_save_themselves_and_say_loudly_when_they_cannot(served: Any, browser: Browser) -> None:
    """Input stays on the page, and the next save brings it in."""
    address = served.address
    page = visit(browser)
    page.goto(f"{address}/procedures/1.012789/apply")
    page.locator('[id="f/purpose"]').fill("lập hồ sơ vay vốn")
    expect(page.locator("#saved")).to_contain_text("Đã lưu nháp lúc")
    page.context.set_offline(True)
    page.locator('[id="f/purpose"]').fill("lập hồ sơ vay vốn ngân hàng")
    expect(page.locator("#saved.failed")).to_contain_text("Chưa lưu được")
    expect(page.locator('[id="f/purpose"]')).to_have_value("lập hồ sơ vay vốn ngân hàng")
    page.context.set_offline(False)
    page.get_by_role("button", name="Lưu nháp").click()

    page.goto(f"{address}/procedures/1.012789/apply")
    expect(page.locator('[id="f/purpose"]')).to_have_value("lập hồ sơ vay vốn ngân hàng")


def test_what_is_typed_while_the_form_updates_is_kept(served: Any, browser: Browser) -> None:
    """A slow answer does not overwrite a fast typist."""
    address = served.address
    page = visit(browser)
    page.goto(f"{address}/procedures/1.012789/apply")
    page.route("**/apply**", lambda _: None)  # holds each request back until `unroute` lets it go on
    with page.expect_request("**/apply**"):
        page.get_by_label("Cá nhân", exact=True).check()
    page.locator('[id="f/purpose"]').press_sequentially("vay vốn", delay=20)
    page.unroute("**/apply**")
    expect(page.get_by_label("Họ và tên")).to_be_visible()

    expect(page.locator('[id="f/purpose"]')).to_have_value("vay vốn")


def slowly(served: Any, browser: Browser, code: str, schema: dict[str, Any]) -> Page:
    """The form of *schema*, which is dropped as the procedure *code*; whatever the page asks for while it stays takes its time."""
    served.drop(code, {**schema, "x-procedure": {"code": code}})
    page = visit(browser)
    page.add_init_script(
        "const ask = fetch; window.fetch = async (...all) => { const answer = await ask(...all);"
        " await new Promise((done) => setTimeout(done, 700)); return answer; }"
    )
    page.goto(f"{served.address}/procedures/{code}/apply")
    return page


def test_a_hand_on_a_control_while_the_form_updates_keeps_it(served: Any, browser: Browser) -> None:
    """A press that began before the update ends after it; what is open, or half typed by an input method, stays."""
    agreed = {"title": "Tôi cam đoan", "const": True}
    page = slowly(served, browser, "hand", {**DROPPED, "properties": {"agreed": agreed, **DROPPED["properties"]}})
    page.get_by_label("Họ tên").evaluate("control => control.mine = true")
    page.get_by_label("hai").check()
    page.get_by_label("Tôi cam đoan").hover()
    page.mouse.down()
    page.get_by_label("Số lượng").wait_for()
    page.mouse.up()
    expect(page.get_by_label("Tôi cam đoan")).to_be_checked()

    page.get_by_label("một").check()
    page.get_by_label("Tôi cam đoan").focus()
    page.keyboard.down("Space")
    page.get_by_label("Số lượng").wait_for(state="detached")
    page.keyboard.up("Space")
    expect(page.get_by_label("Tôi cam đoan")).not_to_be_checked()
    expect(page.get_by_label("Tôi cam đoan")).to_be_focused()
    assert page.get_by_label("Họ tên").evaluate("control => control.mine"), "it is the same control as before"


def test_a_page_that_updates_becomes_what_the_answer_says(served: Any, browser: Browser) -> None:
    """Whatever the form was before: here the answers are those of other procedures."""
    page = visit(browser)
    codes = [json.loads(path.read_text("utf-8"))["x-procedure"]["code"] for path in sorted(served.procedures.glob("*-*.json"))]
    answers = []
    for code in codes:
        page.goto(f"{served.address}/procedures/{code}/apply")
        answers.append(page.locator("#fields").inner_html())
    assert len(set(answers)) > 10
    said: list[str] = []
    page.route("**/apply**", lambda route: route.fulfill(body=said[-1], content_type="text/html; charset=utf-8"))
    for answer in [*answers, *reversed(answers)]:
        said.append(answer)
        page.evaluate(
            "() => { const control = document.querySelector('#fields [name]'); control.dataset.live = '';"
            " control.dispatchEvent(new Event('change', { bubbles: true })); }"
        )
        page.wait_for_function(
            "html => { const fields = document.getElementById('fields'), copy = fields.cloneNode(false);"
            " copy.innerHTML = html; return fields.isEqualNode(copy); }",
            arg=answer,
        )


def test_a_long_word_widens_no_page(served: Any, browser: Browser) -> None:
    """A word without a place to break, in a title, a button or a summary, breaks anywhere."""
    page = visit(browser, viewport={"width": 320, "height": 700}, java_script_enabled=False)
    page.goto(f"{served.address}/procedures/1.012789/apply")
    texts = page.locator("#fields input[type=text]")
    for place in range(texts.count()):
        texts.nth(place).fill("9" * 60)
    page.get_by_role("button", name="Lưu nháp").click()
    long = re.compile(r"(9\.?){40}")  # numbers are grouped
    assert long.search(page.locator(".row-head").first.inner_text())
    fits(page)
    page.goto(page.url.split("&")[0].replace("/apply?", "/apply/review?"))
    expect(page.locator("dl.answers").first).to_contain_text(long)
    fits(page)


def test_a_page_sent_while_it_saves_itself_waits(served: Any, browser: Browser) -> None:
    """The version on the page is about to change: sent too early, it would look like a second window's."""
    page = slowly(served, browser, "waits", DROPPED)
    page.get_by_label("Họ tên").fill("Nguyễn Văn A")
    page.get_by_label("một").check()
    expect(page.locator("#saved")).to_contain_text("lúc")
    page.get_by_label("hai").check()
    page.wait_for_timeout(300)
    page.get_by_label("Họ tên").fill("Nguyễn Văn Đạt")
    page.get_by_role("button", name="Kiểm tra và nộp").click()
    page.wait_for_selector("#problems")
    assert page.locator("main .notice").count() == 0
    assert page.get_by_label("Họ tên").input_value() == "Nguyễn Văn Đạt"


def test_what_could_not_be_saved_is_offered_back(served: Any, browser: Browser) -> None:
    """A line that breaks, a page that is closed: the browser still has it, until it is saved or let go."""
    address = served.address
    page = visit(browser)
    page.goto(f"{address}/procedures/1.012789/apply")
    page.context.set_offline(True)
    page.locator('[id="f/purpose"]').fill("lập hồ sơ vay vốn ngân hàng")
    expect(page.locator("#saved.failed")).to_be_visible()
    page.context.set_offline(False)
    page.goto(f"{address}/procedures/1.012789/apply")
    expect(page.locator('[id="f/purpose"]')).to_have_value("")
    expect(page.locator(".notice")).to_contain_text("chưa lưu được")
    sound(page)
    page.get_by_role("button", name="Khôi phục").click()
    expect(page.locator('[id="f/purpose"]')).to_have_value("lập hồ sơ vay vốn ngân hàng")
    expect(page.locator("#saved")).to_contain_text("Đã lưu nháp lúc")
    page.goto(f"{address}/procedures/1.012789/apply")
    expect(page.locator('[id="f/purpose"]')).to_have_value("lập hồ sơ vay vốn ngân hàng")
    assert page.get_by_role("button", name="Khôi phục").count() == 0


#: Everything that the browser stores for the portal.
STORED = "() => JSON.stringify([localStorage, sessionStorage])"

SECRETS: dict[str, Any] = {
    "title": "Gửi mật khẩu",
    "type": "object",
    "properties": {
        "name": {"title": "Họ tên", "type": "string"},
        "code": {"title": "Mã mở", "type": "string", "writeOnly": True},
        "pin": {"title": "Mã PIN", "type": "string", "x-widget": "password"},
        "kind": {"title": "Loại khóa", "enum": ["khóa từ", "khóa số"], "writeOnly": True},
        "inner": {
            "title": "Két",
            "type": "object",
            "writeOnly": True,
            "properties": {"note": {"title": "Ghi chú", "type": "string"}},
        },
    },
}


def test_secrets_are_not_stored_in_the_browser(served: Any, browser: Browser) -> None:
    """Input that could not be saved is stored without the answers that are never shown again; the page names these."""
    served.drop("secrets", {**SECRETS, "x-procedure": {"code": "secrets"}})
    page, address = visit(browser), f"{served.address}/procedures/secrets/apply"
    page.goto(address)
    page.context.set_offline(True)
    page.get_by_label("Mã mở").fill("4711-một")
    page.get_by_label("Mã PIN").fill("4711-hai")
    page.get_by_label("khóa từ").check()
    page.get_by_label("Ghi chú").fill("4711-ba")
    page.get_by_label("Họ tên").fill("Nguyễn Văn An")
    expect(page.locator("#saved.failed")).to_be_visible()
    page.wait_for_function("() => JSON.stringify([localStorage, sessionStorage]).includes('Nguyễn Văn An')")
    stored = page.evaluate(STORED)
    assert "4711" not in stored
    assert "khóa từ" not in stored

    page.context.set_offline(False)
    page.goto(address)
    note = "hãy nhập lại: Mã mở, Mã PIN, Loại khóa, Két."
    expect(page.locator(".notice", has_text="không giữ")).to_contain_text(note)
    sound(page)
    page.get_by_role("button", name="Khôi phục").click()
    expect(page.get_by_label("Họ tên")).to_have_value("Nguyễn Văn An")
    expect(page.locator(".notice", has_text="không giữ")).to_contain_text(note)


@pytest.mark.parametrize("end", ["another account", "signing out", "half a day"])
def test_stored_input_ends(served: Any, browser: Browser, end: str) -> None:
    """It is never offered to another account, and is forgotten on signing out and after twelve hours."""
    name = end.replace(" ", "-")
    page, address = member(served, browser, f"{name}@example.vn"), f"{served.address}/procedures/1.012789/apply"
    page.goto(address)
    page.context.set_offline(True)
    page.locator('[id="f/purpose"]').fill("lập hồ sơ vay vốn")
    expect(page.locator("#saved.failed")).to_be_visible()
    page.context.set_offline(False)
    page.goto(address)
    offered = page.get_by_role("button", name="Khôi phục")
    expect(offered).to_be_visible()

    if end == "another account":
        page.context.clear_cookies(name=SESSION)
        other = member(served, browser, "other@example.vn")
        page.context.add_cookies(other.context.cookies())  # type: ignore[arg-type]
        page.goto(address)
        expect(page.locator('[id="f/purpose"]')).to_have_value("")
    elif end == "signing out":
        page.get_by_role("button", name="Thoát", exact=True).click()
        page.wait_for_function("() => !Object.keys(localStorage).length")
        page.goto(address)
    else:
        page.evaluate(
            "() => { for (const [key, text] of Object.entries(localStorage))"
            " localStorage.setItem(key, JSON.stringify({ ...JSON.parse(text), at: Date.now() - 12.1 * 3600e3 })) }"
        )
        page.goto(address)
        assert page.evaluate("() => Object.keys(localStorage)") == []

    expect(page.locator("form.application")).to_be_visible()
    expect(offered).to_have_count(0)


def test_input_without_a_session_stays_in_its_tab(served: Any, browser: Browser) -> None:
    """Two visitors who use one browser one after the other, neither of them signed in, see nothing of each other."""
    page, address = visit(browser), f"{served.address}/procedures/1.012789/apply"
    page.goto(address)
    page.context.set_offline(True)
    page.locator('[id="f/purpose"]').fill("lập hồ sơ vay vốn")
    expect(page.locator("#saved.failed")).to_be_visible()
    page.context.set_offline(False)
    page.goto(address)
    expect(page.get_by_role("button", name="Khôi phục")).to_be_visible()

    other = page.context.new_page()
    other.goto(address)
    expect(other.locator("form.application")).to_be_visible()
    expect(other.get_by_role("button", name="Khôi phục")).to_have_count(0)


def test_a_guest_whose_first_page_was_saved_is_offered_the_rest(served: Any, browser: Browser) -> None:
    """The first save begins the session of a guest; what is stored after it belongs to that session."""
    page, address = visit(browser), f"{served.address}/procedures/1.012789/apply"
    page.goto(address)
    page.locator('[id="f/purpose"]').fill("một")
    expect(page.locator("#saved")).to_contain_text("Đã lưu nháp lúc")
    page.context.set_offline(True)
    page.locator('[id="f/purpose"]').fill("một hai")
    expect(page.locator("#saved.failed")).to_be_visible()
    page.context.set_offline(False)
    page.goto(address)
    page.get_by_role("button", name="Khôi phục").click()
    expect(page.locator('[id="f/purpose"]')).to_have_value("một hai")


def test_a_session_that_ended_is_said_and_nothing_typed_is_lost(served: Any, browser: Browser) -> None:
    """The page says so by itself; a button leads to signing in, and from there back to the input, which no other person sees."""
    page, form = member(served, browser, "het@example.vn"), "/procedures/1.013978/apply"
    page.goto(served.address + form)
    page.context.clear_cookies(name=SESSION)
    field = page.locator("#fields input[type=text]:not([readonly])").first
    field.fill("Chữ của tôi")
    expect(page.locator("#saved")).to_contain_text("Phiên làm việc đã kết thúc", timeout=15_000)
    press(page, "button[value=save]")
    expect(page.locator("[role=status]").first).to_contain_text("đã kết thúc")
    page.locator("main [name=mail]").fill("het@example.vn")
    page.locator("main [name=password]").fill(GOOD)
    press(page, "main form.account button[type=submit]")
    assert page.url.startswith(served.address + form)
    expect(page.locator("#fields input[type=text]:not([readonly])").first).to_have_value("Chữ của tôi")

    page.context.clear_cookies(name=SESSION)
    page.goto(served.address + form)
    expect(page.locator(".notice")).to_have_count(0)
    page.context.close()


def test_a_stranger_who_leaves_for_registration_loses_nothing(tmp_path: Any, browser: Browser) -> None:
    """The browser asks before the form or the sign-in page is left; registration goes on in another tab, and the input comes along."""
    with serving(tmp_path / "procedures", tmp_path / "data") as portal:
        page, mail = visit(browser), "moi@example.vn"
        asked: list[str] = []

        def stay(dialog: Any) -> None:
            asked.append(dialog.type)
            dialog.dismiss()

        page.on("dialog", stay)
        page.goto(f"{portal.address}/procedures/1.012789/apply")
        form = page.url
        page.locator('[id="f/purpose"]').fill("lập hồ sơ vay vốn")
        page.locator(".who a[href='/register']").click(no_wait_after=True)
        page.wait_for_function("() => document.hasFocus()")
        assert (asked, page.url) == (["beforeunload"], form)

        press(page, "button[value=save]")
        expect(page.locator("[name=carried]").first).to_be_attached()
        page.locator("nav.tabs a[href='/lookup']").click(no_wait_after=True)
        expect(page.locator("[name=carried]").first).to_be_attached()
        assert asked == ["beforeunload"] * 2

        with page.context.expect_page() as opening:
            page.locator(".who a[href='/register']").click()
        other = opening.value
        other.get_by_label("Thư điện tử").first.fill(mail)
        other.get_by_label("Họ và tên").first.fill("Nguyễn Văn Mới")
        press(other, "button[value=save]")
        press(other, "main form[action='/sign-in'] button")
        press(page, "form[action='/sign-in/resume'] button")
        page.locator("#new").fill(GOOD)
        press(page, "main form.account button[type=submit]:not([formaction])")
        expect(page.locator('[id="f/purpose"]')).to_have_value("lập hồ sơ vay vốn")
        assert asked == ["beforeunload"] * 2
        page.context.close()


def test_files_are_sent_with_a_progress_bar(served: Any, browser: Browser, tmp_path: Any) -> None:
    """On a slow line it is seen; afterwards the file is listed; a refused one is told; a broken line loses nothing."""
    address = served.address
    page = visit(browser)
    page.goto(f"{address}/procedures/1.012789/apply")
    page.locator('[id="f/purpose"]').fill("lập hồ sơ vay vốn")
    (tmp_path / "đơn.pdf").write_bytes(b"%PDF-1.7" + b"x" * 2_000_000)
    (tmp_path / "sai.pdf").write_bytes(b"MZ")
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 20, "downloadThroughput": 4_000_000, "uploadThroughput": 1_000_000}
    line.send("Network.emulateNetworkConditions", slow)
    page.locator("#document-1").set_input_files(tmp_path / "đơn.pdf")
    page.get_by_role("button", name="Lưu nháp").click(no_wait_after=True)
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator(".field:has(#document-1) .files")).to_contain_text("đơn.pdf", timeout=20_000)
    expect(page.locator('[id="f/purpose"]')).to_have_value("lập hồ sơ vay vốn")

    page.locator("#document-1").set_input_files(tmp_path / "sai.pdf")
    page.get_by_role("button", name="Lưu nháp").click()
    expect(page.locator("#problems")).to_contain_text("không khớp với tên")
    expect(page.locator(".field:has(#document-1) .files")).to_contain_text("đơn.pdf")

    page.locator("#document-1").set_input_files(tmp_path / "đơn.pdf")
    line.send("Network.emulateNetworkConditions", {**slow, "offline": True})
    page.get_by_role("button", name="Lưu nháp").click(no_wait_after=True)
    expect(page.locator("#saved.failed")).to_be_visible()
    expect(page.get_by_role("button", name="Lưu nháp")).to_be_enabled()


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_the_list_of_sections_says_what_is_done(served: Any, browser: Browser, scripted: bool) -> None:
    """Step by step, as it is typed or, without a script, as it is saved."""
    schema = {
        "title": "Hai phần",
        "type": "object",
        "required": ["name", "count"],
        "properties": {"name": {"title": "Họ tên", "type": "string"}, "count": {"title": "Số lượng", "type": "integer"}},
        "x-procedure": {
            "code": "two",
            "sections": [{"title": "Người nộp", "fields": ["/name"]}, {"title": "Nội dung", "fields": ["/count"]}],
        },
    }
    served.drop("two", schema)
    page = visit(browser, java_script_enabled=scripted)
    page.goto(f"{served.address}/procedures/two/apply")
    steps = page.locator(".steps")
    for label, value, now, done in (
        ("Họ tên", "An", "Bước 2/2: Nội dung", 1),
        ("Số lượng", "x", "Bước 2/2: Nội dung", 1),
        ("Số lượng", "3", "Bước 2/2: Nội dung", 2),
    ):
        page.get_by_label(label).fill(value)
        if not scripted:
            page.get_by_role("button", name="Lưu nháp").click()
        expect(steps.locator("summary")).to_have_text(now)
        expect(steps.locator("li.done")).to_have_count(done)
    expect(steps.locator("li").last).to_contain_text("(đã xong)")
    page.reload()
    expect(steps.locator("li.done")).to_have_count(2)
    if scripted:
        sound(page)


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_what_was_chosen_and_typed_is_there_on_the_next_day(served: Any, browser: Browser, scripted: bool) -> None:
    """A branch, what it refuses, and the name of an entry: saved, left, opened again."""
    name = f"chosen-{scripted}".lower()
    served.drop(name, {**CHOSEN, "x-procedure": {"code": name}})
    page = visit(browser, java_script_enabled=scripted)
    page.goto(f"{served.address}/procedures/{name}/apply")

    page.get_by_label("Nước ngoài").focus()
    page.keyboard.press("Space")
    if not scripted:
        page.get_by_role("button", name="Cập nhật biểu mẫu").press("Enter")
    page.get_by_label("Mã bưu chính").fill("sai")
    page.get_by_role("button", name="Thêm mục").press("Enter")
    page.get_by_label("Tên mục").fill("An")
    page.get_by_role("button", name="Lưu nháp").press("Enter")
    page.goto(f"{served.address}/procedures/{name}/apply")

    expect(page.get_by_label("Nước ngoài")).to_be_checked()
    expect(page.get_by_label("Mã bưu chính")).to_have_value("sai")
    expect(page.get_by_label("Tên mục")).to_have_value("An")
    page.get_by_role("button", name="Kiểm tra và nộp").press("Enter")
    expect(page.locator("#problems")).to_contain_text("Mã bưu chính")
