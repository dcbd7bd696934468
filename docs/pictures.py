"""Makes the pictures of the walk-through anew from a running portal: `uv run --extra browser python docs/pictures.py`."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent / "pictures"
SIZE = {"width": 960, "height": 720}


def main() -> None:
    """Starts a portal, walks through it, ends it."""
    with tempfile.TemporaryDirectory() as data:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        portal = subprocess.Popen([sys.executable, "-m", "dossierkit", "serve", "--port", str(port), "--data", data])  # noqa: S603
        try:
            time.sleep(3)
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
                address = f"http://127.0.0.1:{port}"
                walk(chromium.new_page(viewport=SIZE), address)
                work(chromium.new_page(viewport=SIZE), address, Path(data))
                chromium.close()
        finally:
            portal.terminate()
            portal.wait(20)


def work(page: Page, address: str, data: Path) -> None:
    """The way of an officer, with a dossier that a citizen just sent."""
    from dossierkit import Actor, Role, open_engine
    from dossierkit.officers import appoint
    from dossierkit.wiring import open_accounts, samples

    engine = open_engine(f"sqlite:{data / 'dossiers.db'}")
    secret = appoint(open_accounts(engine), "mai@office.example", "Trần Thị Mai", Role.ADMIN)
    shipped = json.loads((samples() / "cung-cap-du-lieu-dat-dai.json").read_bytes())["x-tests"][0]["answers"]
    citizen = Actor("citizen")
    codes = [engine.submit(engine.begin("1.012789", citizen, shipped).id, citizen).code for _ in range(3)]
    engine.close()
    page.goto(f"{address}/sign-in")
    page.locator("main [type=email]").fill("mai@office.example")
    page.locator("main [type=password]").fill(secret)
    page.locator("main form[action='/sign-in'] [type=submit]").click()
    page.get_by_label("Mật khẩu mới").fill("ngựa đúng pin kẹp giấy")
    page.get_by_role("button", name="Lưu mật khẩu").click()
    for code in codes[:2]:
        page.goto(f"{address}/desk/{code}")
        page.locator(".action summary").first.click()
        page.locator(".action button").first.click()
        page.wait_for_selector("[role=status]")
    page.goto(f"{address}/desk")
    page.screenshot(path=HERE / "desk.png")
    page.goto(f"{address}/desk/{codes[0]}")
    page.locator("details.action", has_text="Yêu cầu bổ sung").locator("summary").click()
    page.screenshot(path=HERE / "desk-dossier.png")
    page.goto(f"{address}/statistics")
    page.locator("#by-unit").scroll_into_view_if_needed()
    page.screenshot(path=HERE / "statistics.png")


def walk(page: Page, address: str) -> None:
    """The way of a citizen, a picture at each stop."""

    def picture(name: str) -> None:
        page.screenshot(path=HERE / f"{name}.png")

    page.goto(address)
    picture("home")
    page.get_by_role("banner").get_by_role("link", name="Tạo tài khoản").click()
    page.get_by_label("Thư điện tử").fill("an@example.vn")
    page.get_by_label("Họ và tên").fill("Nguyễn Văn An")
    page.get_by_role("button", name="Đăng ký tài khoản").click()
    picture("registered")
    page.get_by_role("button", name="Đăng nhập và đặt mật khẩu").click()
    page.get_by_label("Mật khẩu mới").fill("ngựa đúng pin kẹp giấy")
    page.get_by_role("button", name="Lưu mật khẩu").click()
    page.goto(f"{address}/procedures?q=dat+dai")
    picture("procedures")
    page.goto(f"{address}/procedures/1.012789")
    picture("guidance")
    page.goto(f"{address}/procedures/1.012789/apply")
    page.get_by_label("Cá nhân", exact=True).check()
    page.wait_for_timeout(1000)
    picture("form")
    page.get_by_role("button", name="Kiểm tra và nộp").click()
    page.wait_for_selector("#problems")
    picture("refused")
    page.goto(f"{address}/dossiers")
    picture("dossiers")
    page.goto(f"{address}/profile")
    picture("profile")
    page.goto(f"{address}/lookup")
    picture("lookup")


if __name__ == "__main__":
    main()
