"""Makes the pictures of the walk-through anew from a running portal: `uv run --extra browser python docs/pictures.py`."""

from __future__ import annotations

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
                walk(chromium.new_page(viewport=SIZE), f"http://127.0.0.1:{port}")
                chromium.close()
        finally:
            portal.terminate()
            portal.wait(20)


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
