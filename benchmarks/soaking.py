"""Memory of the portal after a long mixed load, against its memory after the first tenth of it."""

from __future__ import annotations

import re
import tempfile
import threading
from functools import lru_cache
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.measure import Row
from benchmarks.serving import APPLY, CLIENTS, Browser, _portal, _start
from dossierkit.forms import Form, flatten, read

WARM, WHOLE = 2_000, 20_000


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        port, process = _start(_portal, Path(folder))
        assert process.pid is not None
        try:
            numbers = count()
            _load(port, numbers, WARM)
            before = _resident(process.pid)
            _load(port, numbers, WHOLE - WARM)
            after = _resident(process.pid)
        finally:
            process.terminate()
            process.join(10)
    what = f"memory after {WHOLE} mixed requests vs after the first {WARM}"
    return [Row(what, f"{after / 1e6:.0f} MB", f"{before / 1e6:.0f} MB", after / before, "<= 1.05x", after <= 1.05 * before)]


def _resident(id: int) -> int:
    """Bytes that a process holds in memory."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{id}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def _load(port: int, numbers: count[int], requests: int) -> None:
    """So many requests by several citizens at once, each with answers of its own."""
    troubles: list[Exception] = []

    def run() -> None:
        done = 0
        try:
            while done < requests // CLIENTS:
                done += _visit(Browser(port, {}), next(numbers))
        except Exception as error:  # noqa: BLE001  # raised again below
            troubles.append(error)

    threads = [threading.Thread(target=run) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if troubles:
        raise troubles[0]


def _visit(browser: Browser, number: int) -> int:
    """One citizen looks around, fills the form in wrongly and rightly, files it and looks at it; how many requests that took."""
    from benchmarks.sample import BAD, GOOD

    def body(answers: dict[str, object], button: str) -> str:
        mine = {**answers, "purpose": f"việc số {number} của tôi", "reason": f"lý do số {number}"}
        return urlencode([*flatten(_form(), mine), ("do", button)])

    pages = (
        "/",
        "/procedures",
        "/procedures?q=dang+ky",
        "/procedures/sample",
        APPLY,
        "/statistics",
        "/lookup",
        "/sign-in",
        "/nope",
    )
    for path in pages:
        browser.ask(path, None, 404 if path == "/nope" else 200)
    browser.ask(APPLY, body(BAD, "continue"), 422)
    browser.ask(APPLY, body(GOOD, "save"), 303)
    browser.ask(APPLY, None, 200)
    for language in ("en", "vi"):
        browser.ask(f"{APPLY}?lang={language}", None, 200)
    above = browser.ask(APPLY, body(GOOD, "continue"), 303)
    review = re.search(rb"(?i)\r\nlocation: ([^?\r]+)\?draft=([^&\r]+)", above)
    assert review is not None, above
    browser.ask(f"{review[1].decode()}?draft={review[2].decode()}", None, 200)
    above = browser.ask(review[1].decode(), f"meta%3Adraft={review[2].decode()}", 303)
    dossier = re.search(rb"(?i)\r\nlocation: ([^?\r]+)", above)
    assert dossier is not None, above
    browser.ask(dossier[1].decode(), None, 200)
    browser.ask("/dossiers", None, 200)
    return len(pages) + 10


@lru_cache
def _form() -> Form:
    from benchmarks.sample import SCHEMA

    return read(SCHEMA)
