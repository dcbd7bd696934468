"""The programs of `examples/`: short, shown in the documentation as they are, and working."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from support.page import Page
from support.samples import PROCEDURES, ROOT
from support.waiting import wait_for

from dossierkit import open_engine
from dossierkit.forms import flatten

CODE = "1.012786"
SAMPLE = PROCEDURES / "cap-lai-giay-chung-nhan.json"
ANSWERS = json.loads(SAMPLE.read_bytes())["x-tests"][0]["answers"]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_shown_as_it_is(path: Path) -> None:
    """At most forty lines, the same in `docs/hosting.md`."""
    source = path.read_text("utf-8")
    shown = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "hosting.md").read_text("utf-8"), re.DOTALL)

    assert len(source.splitlines()) <= 40
    assert source in shown
    assert len(shown) == len(EXAMPLES)


@contextmanager
def running(module: str, folder: Path) -> Iterator[str]:
    """The application `app` of an example on a server, in an empty folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(ROOT / "examples"), "--port", str(port), "--log-level", "warning", f"{module}:app"]  # fmt: skip
    program = subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_for(listens)
        yield f"http://127.0.0.1:{port}"
    finally:
        program.terminate()
        program.wait(20)


def test_the_library_lists_and_checks(tmp_path: Path) -> None:
    """Without a server and without a file of its own."""
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "library.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert "1.012786" in done.stdout
    assert "/declaration required" in done.stdout
    assert [*tmp_path.iterdir()] == []


def test_the_form_is_shown_refused_and_read(tmp_path: Path) -> None:
    """As a user sends it who forgets a field first."""
    with running("starlette_form", tmp_path) as address, httpx2.Client(base_url=address) as client:
        assert "Số người" in client.get("/").text
        assert "Họ và tên: hãy nhập thông tin này." in client.post("/", data={"/visitors": "3"}).text
        assert client.post("/", data={"/name": "An", "/visitors": "3"}).text == "<p>3 người.</p>"


def test_a_user_of_the_host_files_and_gets_a_mail(tmp_path: Path) -> None:
    """Sent to the sign-in of the host and back; the background work of the portal runs with the host."""
    with (
        running("fastapi_host", tmp_path) as address,
        httpx2.Client(base_url=address, follow_redirects=True, timeout=60) as client,
    ):
        asked = client.get("/ho-so/dossiers")
        assert asked.url.path == "/login"
        back = client.post(str(asked.url), data={"user": "an"})
        assert back.url.path == "/ho-so/dossiers"
        assert 'href="/ho-so/static/style.css"' in back.text
        assert client.get("/ho-so/static/style.css").status_code == 200
        form = f"/ho-so/procedures/{CODE}/apply"
        alone = tmp_path / "alone"
        shutil.copytree(PROCEDURES / "shared", alone / "shared")
        shutil.copy(SAMPLE, alone)
        with open_engine("memory:", procedures=alone) as engine:
            pairs = flatten(engine.procedure(CODE).form, ANSWERS)
        page = client.post(form, data={**dict(pairs), "paper:1": "1", "do": "save"})
        draft = dict(Page(page.text).pairs)["meta:draft"]
        done = client.post(f"{form}/review", data={"meta:draft": draft})
        assert re.fullmatch(r"/ho-so/dossiers/H29\.15-\d{6}-0001", done.url.path), done.text
        assert "an@example.vn" in done.text

        def mailed() -> bool:
            return any("To: an@example.vn" in path.read_text("utf-8") for path in (tmp_path / "data" / "mail").glob("*.eml"))

        wait_for(mailed)
