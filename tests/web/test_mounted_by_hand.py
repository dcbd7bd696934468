"""The portal below a prefix of a host, in a real browser: every request stays below it, and each keeps its own look."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from dossierkit_web import WebConfig, create_app
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from support.browsing import sound, visit
from support.clicking import Browser, expect
from support.samples import SMALL
from support.visits import GOOD
from support.waiting import wait_for

from dossierkit import open_engine

pytestmark = pytest.mark.browser

PREFIX = "/a/b"
#: A host with rules as bare as they can be, whose frame has our blocks in it.
FRAME = """<!doctype html><html lang="vi"><head><title>{% block title %}Sở{% endblock %}</title>
<link rel="stylesheet" href="{{ root }}/static/style.css"><link rel="stylesheet" href="/host.css"></head>
<body><h2 id="host">Sở</h2><a id="link" href="/host">Trang của sở</a>
<div class="dossierkit"><main id="main">{% block main %}{% endblock %}</main></div></body></html>"""
STYLE = "h1 { font-size: 11px } .dossierkit { --brand: rgb(1, 2, 3) }"


@contextmanager
def answering(app: Any) -> Iterator[str]:
    """*app* on a server in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            wait_for(lambda: server.started)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


@contextmanager
def hosted(tmp_path: Path, folder: Path, **config: Any) -> Iterator[str]:
    """The address of a portal in a host."""

    def style(request: Request) -> Response:
        return Response(STYLE, media_type="text/css")

    with open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder) as engine:
        portal = create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(**config))
        routes = [Route("/host.css", style), Route("/host", lambda request: HTMLResponse("Sở")), Mount(PREFIX, portal)]
        with answering(Starlette(routes=routes, lifespan=portal.lifespan)) as address:
            yield address


def test_a_citizen_registers_saves_and_leaves(tmp_path: Path, folder: Path, browser: Browser) -> None:
    """With the script: the dialog, saving by itself, the address of the draft; nothing is asked for outside, and nothing is missing."""
    conditional = {
        **SMALL,
        "properties": {**SMALL["properties"], "kind": {"title": "Loại", "enum": ["một", "hai"]}},
        "if": {"properties": {"kind": {"const": "hai"}}, "required": ["kind"]},
        "then": {"properties": {"why": {"title": "Lý do", "type": "string"}}},
    }
    (folder / "small.json").write_text(json.dumps(conditional), "utf-8")
    with hosted(tmp_path, folder) as address:
        page, asked = visit(browser), list[tuple[str, int]]()
        page.on("response", lambda response: asked.append((response.url.removeprefix(address), response.status)))
        page.goto(f"{address}{PREFIX}/procedures")
        page.get_by_role("banner").get_by_role("link", name="Tạo tài khoản").click()
        page.get_by_label("Thư điện tử").fill("an@example.vn")
        page.get_by_label("Họ và tên").fill("Nguyễn Văn An")
        page.get_by_role("button", name="Đăng ký tài khoản").click()
        secret = page.locator("#secret").inner_text()
        page.goto(f"{address}{PREFIX}/procedures/1.000001/apply")
        page.get_by_role("banner").get_by_role("link", name="Đăng nhập").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Thư điện tử").fill("an@example.vn")
        dialog.get_by_role("textbox", name=re.compile("^Mật khẩu")).fill(secret)
        dialog.get_by_role("button", name="Đăng nhập").click()
        page.get_by_label("Mật khẩu mới").fill(GOOD)
        page.get_by_role("button", name="Lưu mật khẩu").click()
        page.wait_for_url(f"{address}{PREFIX}/procedures/1.000001/apply")
        page.get_by_label("Họ tên").fill("Trần Thị Bà")
        page.get_by_label("hai", exact=True).check()
        expect(page.get_by_label("Lý do")).to_be_visible()
        expect(page.locator("#saved")).to_contain_text("Đã lưu nháp lúc")
        page.wait_for_url(re.compile(re.escape(f"{address}{PREFIX}/procedures/1.000001/apply?draft=")))
        page.reload()
        expect(page.get_by_label("Họ tên")).to_have_value("Trần Thị Bà")
        sound(page)
        page.get_by_role("button", name="Thoát", exact=True).click()
        page.wait_for_url(f"{address}{PREFIX}/")
        page.context.close()

    assert len(asked) > 10
    assert [(path, status) for path, status in asked if status >= 400 or not path.startswith(f"{PREFIX}/")] == []


def test_a_host_and_the_portal_keep_their_own_look(tmp_path: Path, folder: Path, browser: Browser) -> None:
    """Ours begins at the root element and gives way to rules of the host; a custom property there changes it."""
    own = tmp_path / "templates"
    own.mkdir()
    (own / "base.html").write_text(FRAME, "utf-8")
    with hosted(tmp_path, folder, templates=(str(own),)) as address:
        page = visit(browser)
        page.goto(f"{address}{PREFIX}/procedures")

        def look(at: str, name: str) -> Any:
            return page.locator(at).first.evaluate(f"element => getComputedStyle(element).{name}")

        looks = look("#host", "fontSize"), look("#link", "color"), look("#main h1", "fontSize"), look("#main li a", "color")
        page.context.close()

    # 1.5em and the blue of the browser; then a rule of the host, and its colour in a rule of ours.
    assert looks == ("24px", "rgb(0, 0, 238)", "11px", "rgb(1, 2, 3)")
