"""The portal as one or several processes, stopped without losing a request; background work that is done once by any number."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest
from aiosmtpd.controller import Controller
from support.browsing import Portal, serving
from support.page import Page
from support.samples import SMALL
from support.waiting import wait_for

from dossierkit import open_engine
from dossierkit.dossiers.mails import SendMail
from dossierkit.stores.sqlite.store import SqliteStore

APPLY = "/procedures/1.000001/apply"
APPLY_TEMPLATE = "/procedures/{code}/apply"


@contextmanager
def portal_of(tmp_path: Path, *options: str) -> Iterator[Portal]:
    (tmp_path / "procedures").mkdir(exist_ok=True)
    (tmp_path / "procedures" / "small.json").write_text(json.dumps(SMALL), "utf-8")
    with serving(tmp_path / "procedures", tmp_path / "data", "--guests", *options) as portal:
        wait_for(lambda: is_ready(portal), seconds=200)
        yield portal


def is_ready(portal: Portal) -> bool:
    return httpx2.get(f"{portal.address}/readyz", timeout=60).status_code == 200


@contextmanager
def guest_of(portal: Portal) -> Iterator[httpx2.Client]:
    headers = {"sec-fetch-site": "same-origin"}
    with httpx2.Client(base_url=portal.address, headers=headers, follow_redirects=True, timeout=60) as guest:
        yield guest


def ready_to_submit(guest: httpx2.Client) -> dict[str, str]:
    """The pairs that the last button of a valid draft posts."""
    review = guest.post(APPLY, data={**dict(Page(guest.get(APPLY).text).pairs), "/name": "An", "do": "continue"})
    assert review.url.path == f"{APPLY}/review", review.text
    return dict(Page(review.text).pairs)


def is_refused(portal: Portal) -> bool:
    parts = urlsplit(portal.address)
    with socket.socket() as probe:
        return probe.connect_ex((str(parts.hostname), int(parts.port or 0))) != 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_is_under_way_is_answered_before_the_end(tmp_path: Path, workers: str) -> None:
    """SIGTERM in the middle of a submit: no new connection, the answer, then status 0; the dossier is there."""
    with portal_of(tmp_path, "--workers", workers) as portal, guest_of(portal) as guest:
        pairs = ready_to_submit(guest)
        body = urlencode(pairs).encode()
        cookies = "; ".join(f"{name}={value}" for name, value in guest.cookies.items())
        head = (
            f"POST {APPLY}/review HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\nSec-Fetch-Site: same-origin\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
        )
        parts = urlsplit(portal.address)
        with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=60) as slow:
            slow.sendall(head.encode())
            # The portal reads the body now: the request is under way.
            assert slow.recv(1024).startswith(b"HTTP/1.1 100 ")

            portal.program.send_signal(signal.SIGTERM)
            wait_for(lambda: is_refused(portal), seconds=200)
            slow.sendall(body)
            answer = b"".join(iter(lambda: slow.recv(65536), b""))

        assert answer.startswith(b"HTTP/1.1 303 "), answer[:300]
        assert portal.program.wait(60) == 0
    engine = open_engine(f"sqlite:{portal.data / 'dossiers.db'}", procedures=portal.procedures)
    [dossier] = engine.store.every()
    assert dossier.code is not None
    engine.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_several_processes_give_one_series(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    """Twelve guests at once over one database: no code twice, no gap; it is said once if it is one SQLite file.

    The metrics count what both do.
    """
    server = request.getfixturevalue("postgres") if kind == "postgresql" else ""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        metrics = f"127.0.0.1:{free.getsockname()[1]}"
    store = ["--store", server] if server else []
    with portal_of(tmp_path, "--workers", "2", "--metrics", metrics, *store) as portal, ExitStack() as clients:
        guests = [clients.enter_context(guest_of(portal)) for _ in range(12)]
        posts = [(guest, ready_to_submit(guest)) for guest in guests]

        with ThreadPoolExecutor(12) as pool:
            pages = list(pool.map(lambda post: post[0].post(f"{APPLY}/review", data=post[1]), posts))

        assert {page.status_code for page in pages} == {200}
        counted = httpx2.get(f"http://{metrics}/metrics", timeout=60).text
        assert 'dossierkit_actions_total{action="submit"} 12.0' in counted
        assert f'dossierkit_requests_total{{method="POST",route="{APPLY_TEMPLATE}/review",status="3xx"}} 12.0' in counted
        readers = re.search(r"^dossierkit_store_readers (\d+)", counted, re.MULTILINE)
        assert readers is not None
        assert (int(readers[1]) > 0) == (kind == "postgresql")
        portal.program.terminate()
        told = portal.program.stdout.read() if portal.program.stdout is not None else ""
        assert portal.program.wait(60) == 0
        assert told.count("share one SQLite database") == (kind == "sqlite")
    engine = open_engine(server or f"sqlite:{portal.data / 'dossiers.db'}", procedures=portal.procedures)
    numbers = sorted(dossier.code.text.rpartition("-")[2] for dossier in engine.store.every() if dossier.code is not None)
    assert numbers == [f"{number:04}" for number in range(1, 13)]
    assert list(engine.verify()) == []
    engine.close()


def children(program: subprocess.Popen[Any]) -> set[int]:
    """The processes that *program* started, but for Python's own tracker of resources."""
    told = subprocess.run(
        ["ps", "-ww", "--ppid", str(program.pid), "-o", "pid=,args="], capture_output=True, text=True, check=False
    )
    return {int(line.split()[0]) for line in told.stdout.splitlines() if "spawn_main" in line}


def test_a_process_that_dies_is_replaced(tmp_path: Path) -> None:
    """Without an interruption; none survives its supervisor, even if that is killed."""
    with portal_of(tmp_path, "--workers", "2") as portal:
        before = children(portal.program)
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)

        after = wait_for(
            lambda: (found := children(portal.program)) - before and len(found - {min(before)}) == 2 and found, seconds=200
        )

        assert max(before) in after
        wait_for(lambda: is_ready(portal), seconds=200)
        portal.program.kill()
        wait_for(lambda: is_refused(portal), seconds=200)


@pytest.fixture
def postbox() -> Iterator[tuple[Counter[str], str]]:
    """How often each mail came, by its id, and the address of the server."""
    taken: Counter[str] = Counter()

    class Taking:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # the name that aiosmtpd calls
            taken[re.findall(rb"(?im)^message-id: <(.*?)@", envelope.content)[0].decode()] += 1
            return "250 OK"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Taking(), hostname="127.0.0.1", port=port)
    controller.start()
    yield taken, f"smtp+plain://127.0.0.1:{port}"
    controller.stop()


def test_two_workers_deliver_each_mail_once(tmp_path: Path, folder: Path, postbox: tuple[Counter[str], str]) -> None:
    """Two processes over one database; told to stop, they end with status 0."""
    taken, address = postbox
    store = SqliteStore(tmp_path / "data" / "dossiers.db")
    command = [
        sys.executable,
        "-m",
        "dossierkit",
        "work",
        "--data",
        str(tmp_path / "data"),
        "--procedures",
        str(folder),
        "--smtp",
        address,
    ]
    programs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for program in programs:
        assert program.stdout is not None
        assert "works for" in program.stdout.readline()

    mails = [SendMail(f"k{number}", "an@example.vn", "Đã nhận hồ sơ", "Chào bạn") for number in range(60)]
    store.outbox.post(*mails)

    wait_for(lambda: len(taken) == len(mails), seconds=200)
    for program in programs:
        program.terminate()
    assert [(program.communicate(timeout=60), program.returncode)[1] for program in programs] == [0, 0]
    assert taken == Counter({mail.key: 1 for mail in mails})
    assert store.outbox.failures() == ()
    store.close()


def test_a_portal_can_leave_the_work_to_others(tmp_path: Path, folder: Path) -> None:
    """`serve --no-work` delivers no mail; `work` beside it does."""
    with portal_of(tmp_path, "--no-work") as portal:
        store = SqliteStore(portal.data / "dossiers.db")
        store.outbox.post(SendMail("k", "an@example.vn", "Đã nhận hồ sơ", "Chào bạn"))
        command = [sys.executable, "-m", "dossierkit", "work", "--data", str(portal.data), "--procedures", str(folder)]
        assert not (portal.data / "mail").exists()

        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
            wait_for((portal.data / "mail" / "k.eml").exists, seconds=200)
            program.terminate()

        assert program.returncode == 0
        store.close()
