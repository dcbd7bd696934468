"""Pages and posts over HTTP, against a hello page on the same server, and Django and Flask that keep what is posted as durably."""

from __future__ import annotations

import multiprocessing
import random
import re
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import psutil

from benchmarks.measure import Row, shown

SECONDS = 2.0
ROUNDS = 3
#: So many clients ask at a time; more of public pages, which every visitor asks for.
CLIENTS = 4
MANY = 64
#: So many dossiers a citizen files, within the limits of the portal.
EACH = 50
APPLY = "/procedures/sample/apply"


@attrs.frozen
class Load:
    """The requests of the clients of one measurement, in a loop."""

    path: str
    body: str | None = None
    expected: int = 200
    cookie: str = ""
    clients: int = CLIENTS
    #: Each post of *body* is followed by that of the page it leads to: the review, which files the dossier.
    files: bool = False


@attrs.frozen
class Rate:
    """Answers, or filings, a second; and seconds of processors that the server used for one, which a busy machine changes less."""

    answers: float
    processor: float


def rows() -> list[Row]:
    servers = {"portal": _portal, "hello": _hello, "pool": _hello_in_pool, **_peers()}
    peers = {name: title for name, title in (("flask", "Flask + SQLAlchemy"), ("django", "Django")) if name in servers}
    with tempfile.TemporaryDirectory(dir=".") as folder:
        running = {name: _start(serve, Path(folder)) for name, serve in servers.items()}
        try:
            rates = _medians(running, _loads(running["portal"][0], peers))
        finally:
            for _port, process in running.values():
                process.terminate()
                process.join(10)

    found: list[Row] = []

    def compare(what: str, ours: str, theirs: str, goal: float = 0.0) -> None:
        mine, other = rates[ours], rates[theirs]
        ratio, wanted = mine.answers / other.answers, f">= {goal:g}x" if goal else ""
        found.append(Row(what, f"{mine.answers:.0f}/s", f"{other.answers:.0f}/s", ratio, wanted, ratio >= goal if goal else None))
        times = shown(mine.processor), shown(other.processor)
        found.append(Row("the same: time of processors", *times, other.processor / mine.processor, "", None))

    compare("form page (blank) vs hello page on the same server", "form", "hello", 0.4)
    compare("hello page from the thread pool vs from the event loop", "pool", "hello")
    compare("form page of one's own draft, signed in, vs hello page", "own", "hello", 0.15)
    compare(f"guidance page vs hello page, {MANY} clients", "guidance", "hello-many", 0.25)
    compare(f"statistics page vs hello page, {MANY} clients", "statistics", "hello-many", 0.2)
    for name, title in peers.items():
        compare(f"form page (blank) vs {title}", "form", f"{name}-form", 50 if name == "django" else 30)
        compare(f"refused POST, kept as a draft, vs {title}", "refused", f"{name}-refused", 5)
        compare(f"accepted POST, kept as a draft, vs {title} that keeps it, too", "accepted", f"{name}-accepted")
        goal = 5 if name == "django" else 4
        compare(f"dossier filed by two POSTs, answers and review, vs {title}", "filed", f"{name}-filed", goal)
    return found


def _peers() -> dict[str, Callable[[int, Path], None]]:
    """The peers whose libraries are installed."""
    found = {}
    for name, serve, libraries in (("flask", _flask, ("flask", "sqlalchemy")), ("django", _django, ("django",))):
        try:
            for library in (*libraries, "gunicorn", "wtforms"):
                __import__(library)
            found[name] = serve
        except ImportError:
            pass
    return found


def _loads(port: int, peers: dict[str, str]) -> dict[str, tuple[str, Load]]:
    """Measurement → the server that it is of, and its load; *port* is that of the portal."""
    found = {
        "hello": ("hello", Load("/")),
        "pool": ("pool", Load("/")),
        "hello-many": ("hello", Load("/", clients=MANY)),
        "form": ("portal", Load(APPLY)),
        "own": ("portal", Load(APPLY, cookie=_signed_in(port))),
        "guidance": ("portal", Load("/procedures/sample", clients=MANY)),
        "statistics": ("portal", Load("/statistics", clients=MANY)),
        "refused": ("portal", Load(APPLY, _post("portal", "BAD"), 422)),
        "accepted": ("portal", Load(APPLY, _post("portal", "GOOD"), 303)),
        "filed": ("portal", Load(APPLY, _post("portal", "GOOD"), 303, files=True)),
    }
    for name in peers:
        found[f"{name}-form"] = (name, Load("/"))
        found[f"{name}-refused"] = (name, Load("/", _post(name, "BAD"), 422))
        found[f"{name}-accepted"] = (name, Load("/", _post(name, "GOOD"), 303))
        found[f"{name}-filed"] = (name, Load("/", _post(name, "GOOD"), 303, files=True))
    return found


def _medians(running: Mapping[str, tuple[int, Any]], loads: Mapping[str, tuple[str, Load]]) -> dict[str, Rate]:
    """Measurement → median rate, all of them in turn; *running* holds port and process of each server."""
    found: dict[str, list[Rate]] = {name: [] for name in loads}
    for _ in range(ROUNDS):
        for name, (server, load) in loads.items():
            port, process = running[server]
            used = _processor(process.pid)
            answers = _rate(port, load)
            found[name].append(Rate(answers, (_processor(process.pid) - used) / (answers * SECONDS)))
    return {
        name: Rate(statistics.median(one.answers for one in rates), statistics.median(one.processor for one in rates))
        for name, rates in found.items()
    }


def _processor(id: int) -> float:
    """Seconds of processors that the server *id* and its workers have used."""
    server = psutil.Process(id)
    return sum(sum(process.cpu_times()[:2]) for process in (server, *server.children(recursive=True)))


def _post(name: str, which: str) -> str:
    """The same answers as a body, in each side's own names."""
    from urllib.parse import urlencode

    from benchmarks import sample
    from dossierkit.forms import flatten, read

    answers = getattr(sample, which)
    if name == "portal":
        return urlencode([*flatten(read(sample.SCHEMA), answers), ("do", "continue")])
    from benchmarks.peers import posted
    from benchmarks.peers_django import posted as django_posted

    return urlencode({n: v[0] for n, v in posted(answers).items()} if name == "flask" else django_posted(answers))


def _start(serve, folder: Path):  # type: ignore[no-untyped-def]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(port, folder), daemon=True)
    process.start()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return port, process
        time.sleep(0.05)
    raise RuntimeError("the server did not start")


def _signed_in(port: int) -> str:
    """The cookie of a user with an account and a filled-in draft."""
    from urllib.parse import urlencode
    from urllib.request import HTTPCookieProcessor, Request, build_opener

    from benchmarks import sample
    from dossierkit.forms import flatten, read

    cookies = HTTPCookieProcessor()
    opener = build_opener(cookies)

    def post(path: str, *pairs: tuple[str, str]) -> str:
        return opener.open(Request(f"http://127.0.0.1:{port}{path}", urlencode(pairs).encode())).read().decode()

    mail = ("mail", "bench@example.vn")
    page = post("/register", ("/email", mail[1]), ("/fullName", "Nguyễn Văn An"), ("do", "save"))
    secret = re.search(r'id="secret">([^<]+)<', page)
    assert secret is not None
    post("/sign-in", mail, ("password", secret[1]))
    post("/password", ("new", "ngựa đúng pin kẹp giấy"))
    post(APPLY, *flatten(read(sample.SCHEMA), sample.GOOD), ("do", "save"))
    return "; ".join(f"{one.name}={one.value}" for one in cookies.cookiejar)


def _rate(port: int, load: Load) -> float:
    """Answers, or filings, a second; the client is another process, so that it waits for the server alone."""
    place = multiprocessing.get_context("spawn").Queue()
    client = multiprocessing.get_context("spawn").Process(target=_ask, args=(place, port, load), daemon=True)
    client.start()
    count = place.get(timeout=60)
    client.join(10)
    if isinstance(count, str):
        raise RuntimeError(count)  # noqa: TRY004  # the other process says by a text what went wrong
    return float(count) / SECONDS


def _ask(place, port: int, load: Load) -> None:  # type: ignore[no-untyped-def]
    counts = [0] * load.clients
    troubles: list[str] = []
    end = time.perf_counter() + SECONDS

    def run(number: int) -> None:
        try:
            counts[number] = _one_client(port, load, end)
        except Exception as error:  # noqa: BLE001  # reported to the parent process
            troubles.append(f"{load.path}: {error!r}")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(load.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    place.put(troubles[0] if troubles else sum(counts))


@attrs.define
class Browser:
    """One citizen, with cookies and an address; a server that hangs up is called again."""

    port: int
    cookies: dict[str, str]
    address: str
    wire: socket.socket | None = None

    def ask(self, path: str, body: str | None, expected: int) -> bytes:
        """The headers of the answer."""
        content = (body or "").encode()
        head = f"{'POST' if body is not None else 'GET'} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        head += f"X-Forwarded-For: {self.address}\r\n"
        if body is not None:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(content)}\r\n"
        if self.cookies:
            head += f"Cookie: {'; '.join(f'{name}={value}' for name, value in self.cookies.items())}\r\n"
        if self.wire is None:
            self.wire = socket.create_connection(("127.0.0.1", self.port), 20)
        self.wire.sendall(f"{head}\r\n".encode() + content)
        above, stays = _answer(self.wire)
        assert above.split(b" ", 2)[1] == str(expected).encode(), above[:200]
        for name, value in re.findall(rb"(?i)\r\nset-cookie: ([^=\r]+)=([^;\r]*)", above):
            self.cookies[name.decode()] = value.decode()
        if not stays:
            self.wire.close()
            self.wire = None
        return above


def _one_client(port: int, load: Load, end: float) -> int:
    """One citizen who asks, or corrects one draft; or citizens, each of whom files a few dossiers within the limits."""
    known = dict(pair.split("=", 1) for pair in load.cookie.split("; ")) if load.cookie else {}
    browser, count = Browser(port, known, _address()), 0
    while time.perf_counter() < end:
        if load.files and count % EACH == EACH - 1:
            browser.cookies.clear()
            browser.address = _address()
        above = browser.ask(load.path, load.body, load.expected)
        if load.files:
            review = re.search(rb"(?i)\r\nlocation: ([^?\r]+)\?draft=([^&\r]+)", above)
            assert review is not None, above
            browser.ask(review[1].decode(), f"meta%3Adraft={review[2].decode()}", 303)
        count += 1
    return count


def _address() -> str:
    """An address that no other client has."""
    return f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}"


def _answer(wire: socket.socket) -> tuple[bytes, bool]:
    """Status and headers of the next answer, and whether the server goes on listening."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        some = wire.recv(65_536)
        assert some, "the server hung up"
        answer += some
    above, _, rest = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", above)
    missing = int(length[1]) - len(rest) if length else 10**9
    while missing > 0 and (some := wire.recv(65_536)):
        missing -= len(some)
    stays = bool(length) and above.startswith(b"HTTP/1.1") and not re.search(rb"(?i)\r\nconnection: close", above)
    return above, stays


def _portal(port: int, folder: Path) -> None:
    """The portal as a guest uses it, with dossiers to count."""
    import json

    import uvicorn
    from dossierkit_web import WebConfig, create_app

    from benchmarks.sample import GOOD, SCHEMA
    from dossierkit import Action, Actor, Role, open_engine

    place = folder / "portal"
    place.mkdir()
    (place / "sample.json").write_text(json.dumps(SCHEMA))
    engine = open_engine(f"sqlite:{place}/d.db", procedures=place)
    for _ in range(50):
        dossier = engine.submit(engine.begin("sample", Actor("a"), GOOD).id, Actor("a"))
        engine.act(dossier.id, Action.ACCEPT, Actor("root", Role.ADMIN))
    uvicorn.run(create_app(engine, blobs=place, config=WebConfig(guests=True)), port=port, log_level="error")


def _hello(port: int, folder: Path) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def hello(request: object) -> PlainTextResponse:
        return PlainTextResponse("hello")

    uvicorn.run(Starlette(routes=[Route("/", hello)]), port=port, log_level="error")


def _hello_in_pool(port: int, folder: Path) -> None:
    """The same page from a plain function, which Starlette runs in its thread pool as it does with most pages of ours."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    def hello(request: object) -> PlainTextResponse:
        return PlainTextResponse("hello")

    uvicorn.run(Starlette(routes=[Route("/", hello)]), port=port, log_level="error")


def _flask(port: int, folder: Path) -> None:
    from benchmarks.durable_flask import serve

    serve(port, folder)


def _django(port: int, folder: Path) -> None:
    from benchmarks.durable_django import serve

    serve(port, folder)
