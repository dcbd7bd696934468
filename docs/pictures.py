"""Makes the pictures of the walk-through anew from a running portal: `uv run --group browser python docs/pictures.py`."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from dossierkit_web.requests.cookies import SESSION
from playwright.sync_api import BrowserContext, Page, ViewportSize, sync_playwright

from dossierkit import Action, Role, State, open_engine
from dossierkit.wiring import open_accounts

HERE = Path(__file__).parent / "pictures"
SIZE: ViewportSize = {"width": 960, "height": 720}
#: A picture's name, where it is taken, what is pressed before, and what has to be seen.
OFFICE = (
    ("desk", "/desk?view=open", "", "h1"),
    ("desk-dossier", "/desk/{code}", "", "h1"),
    ("due", "/desk/{code}", "details:has(ol.days) summary", "ol.days"),
    ("slip", "/desk/{code}/papers/01", "", ".qr"),
    ("counter", "/desk/counter", "", "h1"),
    ("statistics", "/statistics", "", "h1"),
    ("figures", "/statistics", "", "#by-sector"),
)
MONEY = (("pay", "/dossiers/{code}/pay", "button[value=vietqr]", "h1"),)


def main() -> None:
    """Starts a portal for a citizen and one with two years of an office behind it, walks through both, ends them."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with portal(Path(folder) / "citizen") as address:
            walk(chromium.new_page(viewport=SIZE), address)
        data = Path(folder) / "office"
        subprocess.run([sys.executable, "-m", "dossierkit", "demo", "--data", data, "--dossiers", "900"], check=True)  # noqa: S603
        with portal(data, "--vietqr", "970436:1234567890:SO NN MT") as address:
            work(chromium.new_context(viewport=SIZE), address, data)
        chromium.close()


@contextmanager
def portal(data: Path, *options: str) -> Iterator[str]:
    """The address of a portal that runs on *data*."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    program = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "dossierkit", "serve", "--port", port, "--data", str(data), *options]
    )
    try:
        time.sleep(3)
        yield f"http://127.0.0.1:{port}"
    finally:
        program.terminate()
        program.wait(20)


def work(context: BrowserContext, address: str, data: Path) -> None:
    """The way of an admin, who may do everything, through the desk, papers, money and numbers."""
    with closing(open_engine(f"sqlite:{data / 'dossiers.db'}")) as engine:
        root = next(one for one in engine.store.accounts.officers() if one.role is Role.ADMIN)
        token = open_accounts(engine).begin(root).token
        shown, asked = [
            one for one in engine.desk(root.actor, limit=500) if one.state is State.PROCESSING and one.handling.clock.due
        ][:2]
        engine.act(asked.id, Action.REQUEST_PAYMENT, root.actor, facts={"amount": 300_000})
        owner = engine.store.accounts.account(asked.owner)
        assert owner is not None
        own = open_accounts(engine).begin(owner).token
    page = context.new_page()
    for who, dossier, stops in ((token, shown, OFFICE), (own, asked, MONEY)):
        context.add_cookies([{"name": SESSION, "value": who, "url": address}])
        for name, place, pressed, seen in stops:
            page.goto(address + place.format(code=dossier.code))
            if pressed:
                page.locator(pressed).first.click()
                page.wait_for_load_state()
            page.locator(seen).first.evaluate("seen => seen.scrollIntoView({ block: 'center', behavior: 'instant' })")
            page.screenshot(path=HERE / f"{name}.png")


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
