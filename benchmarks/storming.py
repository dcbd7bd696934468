"""A storm of sign-ins: what is left of other pages' speed while passwords are checked."""

from __future__ import annotations

import http.client
import multiprocessing
import statistics
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.measure import Row
from benchmarks.serving import _portal, _start

SECONDS = 5.0
CLIENTS = 8


def rows() -> list[Row]:
    folder = tempfile.TemporaryDirectory(dir=".")
    port, process = _start(_portal, Path(folder.name))
    try:
        idle = _p99(port)
        over = multiprocessing.get_context("spawn").Event()
        rates = multiprocessing.get_context("spawn").Queue()
        storm = multiprocessing.get_context("spawn").Process(target=_storm, args=(port, over, rates), daemon=True)
        storm.start()
        time.sleep(0.5)
        busy = _p99(port)
        over.set()
        rate = rates.get(timeout=30)
        storm.join(10)
    finally:
        process.terminate()
        process.join(10)
        folder.cleanup()
    bare = _bare()
    return [
        Row(
            "form page's p99 during a sign-in storm vs idle",
            f"{busy * 1e3:.1f} ms",
            f"{idle * 1e3:.1f} ms",
            busy / idle,
            "<= 3x",
            busy <= 3 * idle,
        ),
        Row(
            "sign-ins a second vs bare argon2 in one thread",
            f"{rate:.1f}/s",
            f"{bare:.1f}/s",
            rate / bare,
            ">= 0.8x",
            rate >= 0.8 * bare,
        ),
    ]


def _p99(port: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times: list[float] = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        connection.request("GET", "/procedures/sample/apply")
        connection.getresponse().read()
        times.append(time.perf_counter() - start)
        time.sleep(0.002)
    connection.close()
    return statistics.quantiles(times, n=100)[98]


def _storm(port: int, over, rates) -> None:  # type: ignore[no-untyped-def]
    counts = [0] * CLIENTS
    start = time.perf_counter()

    def run(number: int) -> None:
        while not over.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", port)
            # Another name from another address every time: the throttle is not what is measured.
            address = f"10.{number}.{counts[number] // 250}.{counts[number] % 250}"
            body = urlencode({"mail": f"n{number}-{counts[number]}@example.vn", "password": "wrong password"})
            connection.request(
                "POST", "/sign-in", body, {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": address}
            )
            answer = connection.getresponse()
            answer.read()
            connection.close()
            counts[number] += answer.status == 422

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    rates.put(sum(counts) / (time.perf_counter() - start))


def _bare() -> float:
    from dossierkit.people.passwords import Argon2

    argon = Argon2()
    kept = argon.hash("some password")
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < 2:
        argon.verify(kept, "wrong password")
        count += 1
    return count / (time.perf_counter() - start)
