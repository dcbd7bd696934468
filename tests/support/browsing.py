"""A running portal and a real browser, for the tests that click."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import urlopen

import attrs
import pytest
from dossierkit_web.requests.cookies import VISIT

from support.visits import GOOD
from support.waiting import wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def _status(address: str) -> int:
    try:
        with urlopen(address) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


@attrs.frozen
class Portal:
    """A portal as `dossierkit serve` runs it."""

    address: str
    procedures: Path
    data: Path
    program: subprocess.Popen[str]

    def drop(self, name: str, schema: Any) -> None:
        """Put *schema* into the folder as `name.json`, and wait until its procedure is offered."""
        code = schema["x-procedure"]["code"]
        (self.procedures / f"{name}.json").write_text(json.dumps(schema, ensure_ascii=False), "utf-8")
        wait_for(lambda: _status(f"{self.address}/procedures/{code}") == 200)

    def captcha(self, page: Page) -> str:
        """The digits in the picture of the look-up page."""
        from dossierkit.stores.sqlite.store import SqliteStore
        from dossierkit.wiring import SystemClock
        from support.captcha_reader import digits

        token = next(c["value"] for c in page.context.cookies() if c["name"] == VISIT)
        store = SqliteStore(self.data / "dossiers.db")
        try:
            return digits(store, SystemClock(), token, page.locator("[name=challenge]").get_attribute("value") or "")
        finally:
            store.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def serving(folder: Path, data: Path, *options: str) -> Iterator[Portal]:
    """A running portal over the shipped procedures, which are copied into *folder*, started as an admin starts it."""
    shutil.copytree(Path(__file__).parents[2] / "schemas" / "procedures", folder, dirs_exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = subprocess.Popen(
        [sys.executable, "-m", "dossierkit", "serve", "--port", str(port), "--procedures", str(folder), "--data", str(data), *options],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert program.stdout is not None
    try:
        assert "serves" in program.stdout.readline()
        wait_for(lambda: _listens(port))
        yield Portal(f"http://127.0.0.1:{port}", folder, data, program)
    finally:
        program.terminate()
        program.wait(60)
        program.stdout.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A running portal that guests may use."""
    with serving(tmp_path_factory.mktemp("procedures"), tmp_path_factory.mktemp("data"), "--guests") as portal:
        yield portal


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def browsers_of(app: Any) -> Iterator[Callable[..., Any]]:
    """A maker of browsers without scripts, each with cookies of its own, that send what our own pages send."""
    from starlette.testclient import TestClient

    with ExitStack() as open_now:

        def browser(**options: Any) -> TestClient:
            return open_now.enter_context(TestClient(app, headers={"sec-fetch-site": "same-origin"}, **options))

        yield browser


def visit(browser: Browser, **options: Any) -> Page:
    """A page of a new visitor."""
    page = browser.new_context(**options).new_page()
    # Other programs may be busy on the machine.
    page.set_default_timeout(30_000)
    return page


def member(served: Any, browser: Browser, mail: str, **options: Any) -> Page:
    """A page of a visitor with an account, signed in."""
    page = visit(browser, **options)
    send: dict[str, Any] = {"headers": {"sec-fetch-site": "same-origin"}}
    new = {"/email": mail, "/fullName": "Nguyễn Văn An", "do": "save"}
    secret = page.request.post(f"{served.address}/register", form=new, **send).text().partition('id="secret">')[2]
    page.request.post(f"{served.address}/sign-in", form={"mail": mail, "password": secret.partition("<")[0]}, **send)
    page.request.post(f"{served.address}/password", form={"new": GOOD}, **send)
    return page


def press(page: Page, selector: str) -> None:
    """Clicks what leads to another page, and waits for that page: a click alone returns while it is still on its way."""
    with page.expect_navigation():
        page.locator(selector).click()


#: The rules of axe; the size of targets (2.2) is among the rules only where its tag is named.
_RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


#: Rules that look at colours: the only ones that a dark page can break when the same page in light keeps them.
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def sound(page: Page, *, colours: bool = False) -> None:
    """axe finds nothing, and nothing is wider than the page.

    Args:
        colours: the same page was looked at before in other colours; they are what is new.
    """
    from axe_playwright_python.sync_playwright import Axe

    ran = Axe().run(page, options=_COLOURS if colours else _RULES)
    found = [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in ran.response["violations"]]
    assert not found, (page.url, found)
    fits(page)


def fits(page: Page) -> None:
    """Nothing is wider than the page."""
    wide = """() => [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
        .map(e => e.outerHTML.slice(0, 100)).slice(-3)"""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page.url, page.evaluate(wide))
