"""Clients that send too much, too slowly, or disconnect: each costs little, is recognised, and harms no other client."""

from __future__ import annotations

import asyncio
import http.client
import logging
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import Any

import pytest
import uvicorn
from dossierkit_web import WebConfig, create_app
from dossierkit_web.requests.slow_clients import Patience, patient
from starlette.testclient import TestClient
from support.waiting import wait_for

from dossierkit import open_engine
from dossierkit.testing import FixedClock

FORM = b"application/x-www-form-urlencoded"
FILES = b"multipart/form-data; boundary=xyz"
FILE = b'--xyz\r\nContent-Disposition: form-data; name="upload:/name"; filename="a.pdf"\r\n\r\n%PDF-1.7'
PIECE = 64 * 1024


@pytest.fixture
def app(tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[Any]:
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    yield create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(guests=True))
    engine.close()


def ask(
    app: Any, kind: bytes, body: bytes, *, path: str = "/procedures/1.000001/apply", said: bool = False, gone: bool = False,
    headers: tuple[tuple[bytes, bytes], ...] = (), method: str = "POST", broken: bool = False,
) -> tuple[int, int]:  # fmt: skip
    """The status of the answer (0 for none), and how many pieces of *body* were read.

    Args:
        said: the length is said beforehand.
        gone: the client goes away after *body*, before its end.
        broken: the client goes away while it is answered.
    """
    pieces = [body[at : at + PIECE] for at in range(0, len(body), PIECE)]
    read = status = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        if read >= len(pieces):
            return {"type": "http.disconnect"} if gone else {"type": "http.request", "body": b"", "more_body": False}
        read += 1
        return {"type": "http.request", "body": pieces[read - 1], "more_body": gone or read < len(pieces)}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        if broken and message["type"] == "http.response.body":
            raise OSError("gone")
        status = message.get("status", status)

    length = ((b"content-length", str(len(body)).encode()),) if said else ()
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"content-type", kind), *length, *headers], "client": ("203.0.113.7", 1),
        "server": ("testserver", 80), "scheme": "http", "http_version": "1.1", "asgi": {"version": "3.0", "spec_version": "2.4"},
        "state": {},
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return status, read


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("piece", [b"&", b"a=&", b"a&", b"&&&&&&a=1", b"%26&", b"x"])
def test_a_form_that_is_too_large_is_refused_before_it_is_taken_apart(app: Any, piece: bytes, said: bool) -> None:
    """50 MB of it, anonymous: nothing is read where the length says it, else no more than there may be of fields or bytes."""
    body = piece * (50 * 2**20 // len(piece))
    for path in ("/procedures/1.000001/apply", "/sign-in", "/lookup", "/register"):
        status, read = ask(app, FORM, body, path=path, said=said)
        assert status in (400, 413)
        assert read == 0 if said else read * PIECE <= 9 * 2**20


def test_other_kinds_of_bodies_are_counted_or_left_unread(app: Any) -> None:
    """JSON, text and nonsense are not read; the parts of a form with files are counted as they come."""
    for kind in (b"application/json", b"text/plain", b"", b"multipart/mixed; boundary=xyz", b"\xff"):
        status, read = ask(app, kind, b"[" * 20 * 2**20, path="/sign-in")
        assert (read, status < 500) == (0, True), kind
    part = b'--xyz\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    status, read = ask(app, FILES, part * 400_000)
    assert status in (400, 413)
    assert read * PIECE < 2 * 20_000 * len(part)


@pytest.mark.parametrize(("language", "title"), [("vi", "Không đọc được dữ liệu gửi lên"), ("en", "The form could not be read")])
def test_too_many_parts_are_refused_on_a_page_of_ours(app: Any, language: str, title: str) -> None:
    """Too many fields, too many files, no parts at all: status 400, the portal around it, in the language of the page."""
    client = TestClient(app, headers={"sec-fetch-site": "same-origin"}, cookies={"dossierkit-lang": language})
    field = '--xyz\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    file = '--xyz\r\nContent-Disposition: form-data; name="upload:/name"; filename="a.pdf"\r\n\r\n1\r\n'
    for body in (field * 20_001 + "--xyz--", file * 500 + "--xyz--", "nonsense"):
        answer = client.post("/procedures/1.000001/apply", content=body, headers={"content-type": FILES.decode()})
        assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
        assert f"<h1>{title}</h1>" in answer.text
        assert f'<html lang="{language}"' in answer.text


@pytest.mark.parametrize("said", [True, False])
def test_files_are_only_read_where_they_are_asked_for(app: Any, said: bool) -> None:
    """A sign-in of 20 MB is none, whatever it calls itself."""
    for path in ("/sign-in", "/register", "/lookup", "/profile/details", "/desk", "/procedures/1.000001/apply/review"):
        status, read = ask(app, FILES, FILE + b"x" * 20 * 2**20, path=path, said=said)
        assert status == 413
        assert read == 0 if said else read * PIECE <= 9 * 2**20


def part(name: bytes, value: bytes, more: bytes = b"") -> bytes:
    """One part of a form with files, and its end."""
    return b'--xyz\r\nContent-Disposition: form-data; name="' + name + b'"' + more + b"\r\n\r\n" + value + b"\r\n--xyz--\r\n"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"/name=%FF&do=save"), (FORM, b"/name=\xff&do=save"), (FORM, b"/n%FFme=An&do=save"), (FORM, b"/name=a%00b&do=save"),
        (FORM, b"/name=%C3&do=save"), (FORM, b"/name=%ED%A0%80&do=save"), (FILES, part(b"/name", b"\xff")),
        (FILES, part(b"/n\xffme", b"An")), (FILES, part(b"/name", b"a\0b")),
        (FILES, part(b"upload:/file", b"%PDF-1.7", b'; filename="\xff.pdf"')), (FILES + b"; charset=latin-1", part(b"/name", b"An")),
    ],
)  # fmt: skip
def test_what_is_no_utf_8_is_refused(app: Any, kind: bytes, body: bytes) -> None:
    """In names, values and names of files, and U+0000 with them: nothing is kept as something else."""
    status, _ = ask(app, kind, body)

    assert status == 422


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, "/name=Nguyễn+Văn&do=update".encode()),
        (FORM, b"/name=%E1%BB%87%20%2B&do=update"),
        (FILES, part(b"/name", "Đặng".encode())),
    ],
)
def test_what_is_utf_8_is_read(app: Any, kind: bytes, body: bytes) -> None:
    """Escaped or not."""
    assert ask(app, kind, body)[0] in (200, 303, 401)


def test_a_large_honest_form_is_read(app: Any) -> None:
    """Thousands of fields, and a file of some megabytes."""
    status, _ = ask(app, FORM, b"&".join(b"/rows/%d/no=1" % n for n in range(300)) + b"&do=save")
    assert status < 400 or status == 422
    status, _ = ask(app, FILES, FILE + b"&" * 3 * 2**20 + b"\r\n--xyz--\r\n", said=True)
    assert status < 500
    assert status != 413


GOING = {
    "in the middle of a form": {"kind": FORM, "body": b"/name=An&/cop"},
    "in the middle of a file": {"kind": FILES, "body": FILE + b"x" * 200_000},
    "before the body": {"kind": FORM, "body": b""},
    "while a fragment is asked for": {"kind": FORM, "body": b"/name=A", "headers": ((b"x-fragment", b"1"),)},
}


@pytest.mark.parametrize("where", GOING)
def test_a_client_that_hangs_up_is_one_line(app: Any, where: str, caplog: pytest.LogCaptureFixture) -> None:
    """Info, no traceback, no number of a failure."""
    caplog.set_level(logging.INFO)
    status, _ = ask(app, gone=True, **GOING[where])  # type: ignore[arg-type]  # each names its own
    assert status == 0
    _is_one_line(caplog)


def test_a_client_that_hangs_up_during_the_answer_is_one_line(app: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A page, a static file, an answer to a form."""
    for path, method in (("/procedures", "GET"), ("/static/portal.css", "GET"), ("/procedures/1.000001/apply", "POST")):
        caplog.clear()
        caplog.set_level(logging.INFO)
        try:
            ask(app, FORM, b"/name=An", path=path, method=method, broken=True)
        except OSError:
            continue  # the server's own: it is not told to the portal
        assert [r for r in caplog.records if r.levelno > logging.INFO and r.name.startswith("dossierkit")] == []


def _is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    lines = [record for record in caplog.records if record.name.startswith(("dossierkit", "uvicorn"))]
    (line,) = [record for record in lines if record.name != "dossierkit.requests"]
    assert [record.status for record in lines if record is not line and record.status >= 500] == []  # type: ignore[attr-defined]  # a fact of the line
    assert (line.levelno, line.exc_info) == (logging.INFO, None)
    assert "hung up" in line.getMessage()


def test_a_real_client_that_hangs_up_is_one_line(app: Any, caplog: pytest.LogCaptureFixture) -> None:
    """In the middle of an upload, and while it is answered: the server goes on, and its log stays calm."""
    caplog.set_level(logging.INFO, "dossierkit")
    with served(app, Patience()) as port:
        head = (
            b"POST /procedures/1.000001/apply HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 900000\r\n\r\n" % FILES
        )
        gone = connected(port, head + FILE + b"x" * 100_000)
        gone.close()
        for _ in range(20):
            gone = connected(port, b"GET /procedures HTTP/1.1\r\nHost: x\r\n\r\n")
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not a farewell
            gone.close()
        wait_for(lambda: any("hung up" in record.getMessage() for record in caplog.records))
        assert honest(port) == 200
    _is_one_line(caplog)


# --- no client holds the server for ever --------------------------------------------------------------------------


@contextmanager
def served(app: Any, patience: Patience) -> Iterator[int]:
    """The port of a server with *patience*."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=patient(patience), log_level="warning", backlog=256))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started)
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


def connected(port: int, sent: bytes = b"") -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=20)
    made.sendall(sent)
    return made


def honest(port: int) -> int:
    """The status of a page, on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/procedures")
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


HEAD = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n"


@pytest.mark.parametrize("sent", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", HEAD, HEAD + b"\r\n", HEAD + b"\r\na=1&b"])
def test_nobody_is_waited_for_for_ever(app: Any, sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Wherever it stops: the connection ends by itself, with a word where one can be said; others are served meanwhile."""
    with served(app, Patience(head=0.3, body=0.3)) as port:
        slow = connected(port, sent)
        assert honest(port) == 200
        answer = b""
        while piece := slow.recv(4096):
            answer += piece
        assert answer.startswith(b"HTTP/1.1 408 ")
        slow.close()
        assert honest(port) == 200
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_a_drop_at_a_time_is_too_slow(app: Any) -> None:
    """A byte now and then does not hold a connection, neither in the head nor in a body, nor after an answer."""
    for begin in (b"GET /", HEAD + b"\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /"):
        with served(app, Patience(head=0.4, body=0.4, rate=1_000_000)) as port:
            slow = connected(port, begin)
            assert _is_ended(slow)
            slow.close()


def _is_ended(slow: socket.socket) -> bool:
    """Whether the server ends the connection *slow* while a byte comes every 20 milliseconds, for at most 8 seconds."""
    try:
        for _ in range(400):
            if select([slow], [], [], 0.02)[0] and not slow.recv(4096):
                return True
            slow.sendall(b"a")
    except OSError:  # reset or broken pipe, as the system likes
        return True
    return False


def test_a_slow_but_steady_body_is_taken(app: Any) -> None:
    """It lasts longer than a body may pause, and comes at the required rate."""
    body = b"mail=an%40example.vn&password=" + b"x" * 2_000
    head = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    with served(app, Patience(head=5, body=0.5, rate=500)) as port:
        slow = connected(port, head + b"Content-Length: %d\r\n\r\n" % len(body))
        for at in range(0, len(body), 100):
            slow.sendall(body[at : at + 100])
            assert at + 100 >= len(body) or not select([slow], [], [], 0.04)[0], "the server ended it"
        assert slow.recv(4096).startswith(b"HTTP/1.1 ")
        slow.close()


def test_who_waits_longest_goes_first(app: Any) -> None:
    """Half-sent requests beyond the limit of a place push each other out, and never a client that asks for a page."""
    with served(app, Patience(head=60, body=60, place=20)) as port:
        held = [connected(port, HEAD) for _ in range(20)]
        assert [honest(port) for _ in range(30)] == [200] * 30
        held += [connected(port, HEAD) for _ in range(40)]
        assert [honest(port) for _ in range(30)] == [200] * 30
        ended = 0
        for one in held:
            one.settimeout(0.01)
            try:
                ended += one.recv(1) == b""
            except ConnectionError:
                ended += 1
            except TimeoutError:
                pass
        assert 40 <= ended <= len(held)
        for one in held:
            one.close()


def test_a_limit_for_all_holds_for_a_proxy_too(app: Any) -> None:
    """The address of a proxy is shared by all clients: it has no limit of its own."""
    with served(app, Patience(head=60, body=60, place=2, total=15, proxies=("127.0.0.1",))) as port:
        held = [connected(port, HEAD) for _ in range(14)]
        assert honest(port) == 200
        held += [connected(port, HEAD) for _ in range(20)]
        assert [honest(port) for _ in range(10)] == [200] * 10
        for one in held:
            one.close()
