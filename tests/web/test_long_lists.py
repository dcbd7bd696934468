"""A list of many rows on the form page: a page of rows at a time, for those whose draft is kept; with scripts and without."""

from __future__ import annotations

from typing import Any

import pytest
from support.browsing import member, press, sound
from support.clicking import Browser, expect
from support.page import Page
from support.visits import known

APPLY = "/procedures/1.000001/apply"
ROWS = [{"no": number, "note": f"Ghi chú {number}"} for number in range(1, 121)]
LONG: dict[str, Any] = {
    "title": "Kê khai nhiều thửa",
    "type": "object",
    "properties": {
        "name": {"title": "Họ tên", "type": "string"},
        "rows": {
            "title": "Các thửa",
            "type": "array",
            "items": {
                "title": "Thửa",
                "type": "object",
                "properties": {
                    "no": {"title": "Số", "type": "integer", "minimum": 1},
                    "note": {"title": "Ghi chú", "type": "string"},
                    "kind": {"title": "Loại", "enum": ["đất", "nhà"]},
                },
            },
        },
    },
    "x-procedure": {"code": "long-list"},
}


def filled(rows: int) -> dict[str, str]:
    """The pairs that a page of so many rows posts."""
    texts = {f"/rows/{index}/{name}": str(text) for index, row in enumerate(ROWS[:rows]) for name, text in row.items()}
    return {"/name": "An", "count:/rows": str(rows), **texts, "do": "save"}


def post(client: Any, page: Any, do: str, **typed: str) -> Any:
    """The answer to *page* with what was *typed* (`rows__0__no`), sent by the button *do*."""
    pairs = {**dict(Page(page.text).pairs), **{"/" + name.replace("__", "/"): text for name, text in typed.items()}}
    return client.post(page.url.copy_with(fragment=None), data={**pairs, "do": do})


def test_rows_of_other_pages_are_kept_and_reached(office: Any) -> None:
    """A page is turned by a button that keeps what was typed; loading it again shows the same rows."""
    engine, browser, _ = office
    client = browser()
    known(client)
    first = client.post(APPLY, data=filled(120))
    assert 'name="/rows/49/no"' in first.text
    assert 'name="/rows/50/no"' not in first.text

    second = post(client, first, "page:/rows/50", rows__3__note="mới")
    assert second.request.method == "GET"
    assert second.url.fragment == "f/rows"
    assert 'name="/rows/50/no"' in client.get(str(second.url)).text
    saved = post(client, second, "save", rows__60__note="cũng mới")
    assert 'name="/rows/50/no"' in saved.text
    post(client, saved, "add:/rows")

    [draft] = engine.store.every()
    notes = [row["note"] for row in draft.answers["rows"]]
    assert notes == ["mới" if i == 3 else "cũng mới" if i == 60 else row["note"] for i, row in enumerate(ROWS)]


def test_what_is_wrong_elsewhere_is_shown_there(office: Any) -> None:
    """The refused page leads to the button of the other page, which tells the problems on."""
    _, browser, _ = office
    client = browser()
    known(client)
    first = client.post(APPLY, data=filled(120))
    last = post(client, first, "page:/rows/100")
    wrong = post(client, last, "page:/rows/0", rows__110__no="x")
    assert "problems" not in str(wrong.url)

    refused = post(client, wrong, "continue")
    assert refused.status_code == 422
    assert 'href="#f/rows.page.100"' in refused.text
    there = post(client, refused, "page:/rows/100")
    assert 'href="#f/rows/110/no"' in there.text
    assert 'id="f/rows/110/no-error"' in there.text
    mended = post(client, there, "continue", rows__110__no="7")
    assert mended.url.path.endswith("/review")


def test_an_update_of_the_page_keeps_its_rows(office: Any) -> None:
    """The fragment that a script asks for holds the same page of rows."""
    _, browser, _ = office
    client = browser()
    known(client)
    second = post(client, client.post(APPLY, data=filled(120)), "page:/rows/50")
    fragment = client.post(APPLY, data={**dict(Page(second.text).pairs), "do": "update"}, headers={"x-fragment": "1"})

    assert 'name="/rows/50/no"' in fragment.text
    assert 'name="/rows/0/no"' not in fragment.text


def test_whoever_has_no_account_has_all_rows_on_the_page(office: Any) -> None:
    """A guest's session may end before the page is sent: then the page is all that is left."""
    _, browser, _ = office
    client = browser()
    page = client.post(APPLY, data={**filled(60), "do": "update"})

    assert 'name="/rows/0/no"' in page.text
    assert 'name="/rows/59/no"' in page.text


@pytest.mark.browser
@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_a_long_list_in_a_browser(served: Any, browser: Browser, scripted: bool) -> None:
    """Pages turn by keyboard, focus goes to the list, an update in place keeps the page, nothing is lost."""
    served.drop("long-list", LONG)
    page = member(served, browser, f"{scripted}@example.vn".lower(), java_script_enabled=scripted)
    address = f"{served.address}/procedures/long-list/apply"
    page.request.post(address, form=filled(120), headers={"sec-fetch-site": "same-origin"})
    page.goto(address)
    if scripted:
        sound(page)
    page.locator('[id="f/rows/0/note"]').fill("đổi ở trang đầu")
    with page.expect_navigation():
        page.get_by_role("button", name="Thửa 51–100", exact=True).press("Enter")
    expect(page.locator('[id="f/rows/50/note"]')).to_have_value("Ghi chú 51")
    expect(page.locator('[id="f/rows.page.50"]')).to_have_attribute("aria-current", "page")
    if scripted:
        expect(page.locator('[id="f/rows"]')).to_be_focused()
        page.locator('[id="f/rows/60/kind"]').check()
        expect(page.locator("#saved")).to_contain_text("Đã lưu nháp lúc")
        page.reload()
        expect(page.locator('[id="f/rows/60/kind"]')).to_be_checked()
    page.locator('[id="f/rows/60/no"]').fill("0")
    press(page, '[id="f/rows.page.100"]')
    if scripted:
        press(page, '[id="f/rows.add"]')
        expect(page.locator('[id="f/rows/120/no"]')).to_be_focused()
        press(page, 'button[value="remove:/rows/120"]')
        expect(page.locator('[id="f/rows.add"]')).to_be_focused()
    press(page, "button[value=continue]")
    page.locator("#problems a").press("Enter")
    with page.expect_navigation():
        page.locator('[id="f/rows.page.50"]').press("Enter")
    expect(page.locator('[id="f/rows/60/no-error"]')).to_be_visible()
    page.locator('[id="f/rows/60/no"]').fill("61")
    press(page, "button[value=continue]")
    expect(page.locator("dl.answers").first).to_contain_text("đổi ở trang đầu")
    assert page.get_by_text("Ghi chú", exact=True).count() == 120


@pytest.mark.browser
def test_unsaved_rows_of_another_page_are_offered_back(served: Any, browser: Browser) -> None:
    """Restoring leads to the page of rows that the input was typed into; there it is restored and saved."""
    served.drop("long-list", LONG)
    page = member(served, browser, "rows@example.vn")
    address = f"{served.address}/procedures/long-list/apply"
    page.request.post(address, form=filled(120), headers={"sec-fetch-site": "same-origin"})
    page.goto(address)
    press(page, '[id="f/rows.page.50"]')
    page.context.set_offline(True)
    page.locator('[id="f/rows/60/note"]').fill("chưa lưu")
    expect(page.locator("#saved.failed")).to_be_visible()
    page.context.set_offline(False)

    page.goto(address)
    with page.expect_navigation():
        page.get_by_role("button", name="Khôi phục").click()
    expect(page.locator('[id="f/rows/60/note"]')).to_have_value("chưa lưu")
    expect(page.locator("#saved")).to_contain_text("Đã lưu nháp lúc")
    page.reload()
    expect(page.locator('[id="f/rows/60/note"]')).to_have_value("chưa lưu")
    expect(page.get_by_role("button", name="Khôi phục")).to_have_count(0)
