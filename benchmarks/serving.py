"""The form page over HTTP against a hello page and the same form in Flask + WTForms, all on loopback."""

from __future__ import annotations

import multiprocessing
import re
import socket
import statistics
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.measure import Row

SECONDS = 2.0
#: So many clients ask at a time.
CLIENTS = 4


def rows() -> list[Row]:
    sides = {"form": _portal, "hello": _hello, "pool": _hello_in_pool}
    for name, serve in (("flask", _flask), ("django", _django)):
        try:
            __import__(name)
            sides[name] = serve
        except ImportError:
            pass
    rates: dict[str, list[float]] = {name: [] for name in sides}
    posts: dict[str, list[float]] = {name: [] for name in sides if name not in ("hello", "pool")}
    kept: dict[str, list[float]] = {name: [] for name in posts}
    own: list[float] = []
    running = {name: _start(serve) for name, serve in sides.items()}
    try:
        mine = _signed_in(running["form"][0])
        for _ in range(3):
            own.append(_rate(running["form"][0], "/procedures/sample/apply", cookie=mine))
            for name, (port, _process) in running.items():
                rates[name].append(_rate(port, "/procedures/sample/apply" if name == "form" else "/"))
                if name in posts:
                    posts[name].append(_rate(port, *_post(name, "BAD"), 422))
                    kept[name].append(_rate(port, *_post(name, "GOOD"), 303 if name == "form" else 200))
    finally:
        for _port, process in running.values():
            process.terminate()
            process.join(10)
    rate = {name: statistics.median(found) for name, found in rates.items()}

    def row(what: str, theirs: float, goal: float) -> Row:
        return Row(
            what,
            f"{rate['form']:.0f}/s",
            f"{theirs:.0f}/s",
            rate["form"] / theirs,
            f">= {goal:g}x",
            rate["form"] / theirs >= goal,
        )

    pool = rate["pool"] / rate["hello"]
    known = statistics.median(own)
    found = [
        row("form page vs hello page on the same server", rate["hello"], 0.4),
        row("form page vs hello page from the thread pool", rate["pool"], 0),
        Row(
            "hello page from the thread pool vs from the event loop",
            f"{rate['pool']:.0f}/s",
            f"{rate['hello']:.0f}/s",
            pool,
            "",
            None,
        ),
    ]
    for name, peer in (("hello", "hello page"), ("flask", "Flask + WTForms"), ("django", "Django forms")):
        if name in rate:
            what = f"form page of one's own draft, signed in, vs {peer} (without sessions)"
            found.append(Row(what, f"{known:.0f}/s", f"{rate[name]:.0f}/s", known / rate[name], "", None))
    if "flask" in rate:
        found.append(row("form page vs Flask + WTForms", rate["flask"], 30))
        found.append(_compared("refused POST (kept as a draft here) vs Flask + WTForms", posts, "flask", 25))
    if "django" in rate:
        found.append(row("form page vs Django forms", rate["django"], 50))
        found.append(_compared("refused POST (kept as a draft here) vs Django forms", posts, "django", 25))
        found.append(_compared("accepted POST (durable here, not there) vs Django forms", kept, "django", 5))
    if "flask" in rate:
        found.append(_compared("accepted POST (durable here, not there) vs Flask + WTForms", kept, "flask", 5))
    return found


def _compared(what: str, posts: dict[str, list[float]], peer: str, goal: float) -> Row:
    ours, theirs = statistics.median(posts["form"]), statistics.median(posts[peer])
    return Row(what, f"{ours:.0f}/s", f"{theirs:.0f}/s", ours / theirs, f">= {goal:g}x", ours / theirs >= goal)


def _post(name: str, which: str) -> tuple[str, str]:
    """Where and what to post: the same answers in each side's own names."""
    from urllib.parse import urlencode

    from benchmarks import sample
    from benchmarks.sample import SCHEMA
    from dossierkit.forms import flatten, read

    answers = getattr(sample, which)
    if name == "form":
        pairs = [(n, v) for n, v in flatten(read(SCHEMA), answers)]
        return "/procedures/sample/apply", urlencode([*pairs, ("do", "continue")])
    from benchmarks.peers import posted
    from benchmarks.peers_django import posted as django_posted

    return "/", urlencode({n: v[0] for n, v in posted(answers).items()} if name == "flask" else django_posted(answers))


def _start(serve):  # type: ignore[no-untyped-def]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(port,), daemon=True)
    process.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return port, process
        time.sleep(0.05)
    raise RuntimeError("the server did not start")


def _signed_in(port: int) -> str:
    """The cookie of somebody with an account and a filled-in draft."""
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
    post("/procedures/sample/apply", *flatten(read(sample.SCHEMA), sample.GOOD), ("do", "save"))
    return "; ".join(f"{one.name}={one.value}" for one in cookies.cookiejar)


def _rate(port: int, path: str, body: str | None = None, expected: int = 200, cookie: str = "") -> float:
    """Answers a second with `CLIENTS` connections from another process, so that the client waits for nobody but the server."""
    place = multiprocessing.get_context("spawn").Queue()
    client = multiprocessing.get_context("spawn").Process(
        target=_ask, args=(place, port, path, body, expected, cookie), daemon=True
    )
    client.start()
    count = place.get(timeout=60)
    client.join(10)
    if isinstance(count, str):
        raise RuntimeError(count)  # noqa: TRY004  # the other process says by a text what went wrong
    return float(count) / SECONDS


def _ask(place, port: int, path: str, body: str | None, expected: int, cookie: str) -> None:  # type: ignore[no-untyped-def]
    counts = [0] * CLIENTS
    troubles: list[str] = []
    end = time.perf_counter() + SECONDS

    def run(number: int) -> None:
        try:
            counts[number] = _one_client(port, path, body, expected, end, cookie)
        except Exception as error:  # noqa: BLE001  # told to whoever started this process
            troubles.append(f"{path}: {error!r}")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    place.put(troubles[0] if troubles else sum(counts))


def _one_client(port: int, path: str, body: str | None, expected: int, end: float, known: str) -> int:
    """One citizen who asks, or corrects one draft, again and again; a server that hangs up is called again."""
    content = (body or "").encode()
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    if body:
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(content)}\r\n"
    count, wire = 0, None
    cookie = f"Cookie: {known}\r\n" if known else ""
    while time.perf_counter() < end:
        if wire is None:
            wire = socket.create_connection(("127.0.0.1", port), 20)
        wire.sendall(f"{head}{cookie}\r\n".encode() + content)
        above, stays = _answer(wire)
        assert above.split(b" ", 2)[1] == str(expected).encode(), above[:200]
        found = re.search(rb"(?i)\r\nset-cookie: ([^;\r]+)", above)
        if found and body:
            cookie = f"Cookie: {found[1].decode()}\r\n"
        if not stays:
            wire.close()
            wire = None
        count += 1
    return count


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


def _portal(port: int) -> None:
    import json

    import uvicorn
    from dossierkit_web import create_app

    from benchmarks.sample import SCHEMA
    from dossierkit import open_engine

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sample.json").write_text(json.dumps(SCHEMA))
        engine = open_engine(f"sqlite:{folder}/d.db", procedures=folder)
        uvicorn.run(create_app(engine, blobs=folder), port=port, log_level="error")


def _hello(port: int) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def hello(request: object) -> PlainTextResponse:
        return PlainTextResponse("hello")

    uvicorn.run(Starlette(routes=[Route("/", hello)]), port=port, log_level="error")


def _hello_in_pool(port: int) -> None:
    """The same page from a plain function, which Starlette runs in its thread pool as it does with every page of ours."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    def hello(request: object) -> PlainTextResponse:
        return PlainTextResponse("hello")

    uvicorn.run(Starlette(routes=[Route("/", hello)]), port=port, log_level="error")


def _flask(port: int) -> None:
    import logging

    from flask import Flask

    from benchmarks.peers import walk, wtforms_render

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = Flask("bench")
    render = wtforms_render()
    from flask import request

    from benchmarks.peers import WholeForm

    def page() -> object:
        if request.method == "POST":
            form = WholeForm(request.form)
            return ("ok", 200) if form.validate() else (walk(form), 422)
        return f"<!doctype html><form method=post>{render()}</form>"

    app.route("/", methods=["GET", "POST"])(page)
    app.run(port=port, threaded=True)


def _django(port: int) -> None:
    from benchmarks.peers_django import serve

    serve(port)
