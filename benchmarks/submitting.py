"""Durable submits against raw sqlite3 and the disk's own sync rate."""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measure import Row
from dossierkit import Actor, open_engine
from dossierkit.stores.last_numbers import Mark, MarkContent, write_mark

SCHEMA = {"title": "x", "properties": {"name": {"type": "string"}, "text": {"type": "string"}}, "required": ["name"]}
ANSWERS = {"name": "Nguyễn Văn A", "text": "x" * 1200}
COUNT = 600
#: Time that a slow disk adds to each commit, in seconds; the write lock is held meanwhile, as it is by a slow sync.
SLOW = 0.005


class SlowConnection(sqlite3.Connection):
    """A connection whose commits take `SLOW` longer."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql == "COMMIT":
            time.sleep(SLOW)
        return super().execute(sql, *values)


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        place = Path(folder)
        one = [(_engine(place / f"e{n}", 1), _raw(place / f"r{n}.db", 1), _sync(place / f"s{n}")) for n in range(3)]
        many = [(_engine(place / f"E{n}", 32), _raw(place / f"R{n}.db", 32)) for n in range(3)]
        with _slow_disk():
            slow, slow_raw = _engine(place / "slow", 32)[0], _raw(place / "slow.db", 32)[0]
    ours, raw, sync = (statistics.median(side[0] for side in sides) for sides in zip(*one, strict=True))
    group, compete = (statistics.median(side[0] for side in sides) for sides in zip(*many, strict=True))
    p99, raw_p99 = (statistics.median(side[1] for side in sides) for sides in zip(*many, strict=True))

    def rate(what: str, mine: float, theirs: float, goal: float) -> Row:
        return Row(what, f"{mine:.0f}/s", f"{theirs:.0f}/s", mine / theirs, f">= {goal:g}x", mine / theirs >= goal)

    noted = _noted()
    return [
        Row(
            "noting a number in the mark vs a submit",
            f"{noted * 1e6:.1f} µs",
            f"{1e6 / ours:.0f} µs",
            noted * ours,
            "<= 0.03x",
            noted * ours <= 0.03,
        ),
        rate("submit, 1 client, vs raw sqlite3 FULL, same rows", ours, raw, 0.8),
        rate("submit, 32 clients, vs raw sqlite3 with 32 connections", group, compete, 2),
        rate("submit, 32 clients, vs the disk's sync rate", group, sync, 0.8),
        rate(f"submit, 32 clients, {SLOW * 1e3:.0f} ms slower disk, vs raw with 32 connections", slow, slow_raw, 8),
        Row(
            "submit, 32 clients, p99 vs competing connections",
            f"{p99 * 1e3:.0f} ms",
            f"{raw_p99 * 1e3:.0f} ms",
            p99 / raw_p99,
            "<= 0.1x",
            p99 / raw_p99 <= 0.1,
        ),
    ]


@contextmanager
def _slow_disk() -> Iterator[None]:
    connect = sqlite3.connect
    sqlite3.connect = partial(connect, factory=SlowConnection)  # type: ignore[assignment]  # for both sides, put back below
    try:
        yield
    finally:
        sqlite3.connect = connect


def _threads(count: int, work) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    """Calls a second, and the 99th percentile of one call."""
    times: list[float] = []

    def run(number: int) -> None:
        for index in range(number, COUNT * (3 if count > 1 else 1), count):
            start = time.perf_counter()
            work(number, index)
            times.append(time.perf_counter() - start)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return len(times) / (time.perf_counter() - start), sorted(times)[int(len(times) * 0.99)]


def _engine(place: Path, clients: int) -> tuple[float, float]:
    (place / "p").mkdir(parents=True)
    (place / "p" / "x.json").write_text(json.dumps(SCHEMA))
    engine = open_engine(f"sqlite:{place / 'd.db'}", procedures=place / "p")
    actor = Actor("a")
    ids = [engine.begin("x", actor, ANSWERS).id for _ in range(COUNT * (3 if clients > 1 else 1))]
    result = _threads(clients, lambda _, index: engine.submit(ids[index], actor))
    assert list(engine.verify()) == []
    engine.close()
    return result


def _noted() -> float:
    """Seconds to note one number."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        path = Path(folder) / "d.mark"
        write_mark(path, MarkContent("i", {}))
        mark = Mark(path)
        start = time.perf_counter()
        for number in range(10_000):
            mark.note({("H29.15", "2026-11-22"): number})
        took = time.perf_counter() - start
        mark.close()
    return took / 10_000


def _raw(path: Path, clients: int) -> tuple[float, float]:
    """The same rows by hand: counter, dossier, answers, event, search."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    first = connect()
    first.executescript(
        """CREATE TABLE c (k TEXT PRIMARY KEY, n INTEGER); CREATE TABLE d (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, code TEXT UNIQUE, state INTEGER);
        CREATE TABLE a (seq INTEGER PRIMARY KEY, body TEXT); CREATE TABLE e (seq INTEGER, n INTEGER, body TEXT, PRIMARY KEY (seq, n)) WITHOUT ROWID;
        CREATE VIRTUAL TABLE s USING fts5 (words, content='');"""
    )
    connections = [connect() for _ in range(clients)]
    body = json.dumps(ANSWERS)
    for index in range(COUNT * (3 if clients > 1 else 1)):
        first.execute("INSERT INTO d (seq, id, state) VALUES (?, ?, 0)", (index + 1, str(index)))
        first.execute("INSERT INTO a VALUES (?, ?)", (index + 1, body))

    def work(number: int, index: int) -> None:
        connection = connections[number]
        connection.execute("BEGIN IMMEDIATE")
        n = connection.execute("INSERT INTO c VALUES ('k', 1) ON CONFLICT (k) DO UPDATE SET n = n + 1 RETURNING n").fetchone()[0]
        connection.execute("UPDATE d SET code = ?, state = 1 WHERE seq = ?", (f"H29.15-261122-{n:04}", index + 1))
        connection.execute("UPDATE a SET body = ? WHERE seq = ?", (body, index + 1))
        connection.execute("INSERT INTO e VALUES (?, 1, ?)", (index + 1, "x" * 300))
        connection.execute("INSERT INTO s (rowid, words) VALUES (?, ?)", (index + 1, ANSWERS["text"][:200]))
        connection.execute("COMMIT")

    result = _threads(clients, work)
    for connection in (first, *connections):
        connection.close()
    return result


def _sync(path: Path) -> tuple[float, float]:
    """One write and one fdatasync after the other."""
    with path.open("wb") as file:
        start = time.perf_counter()
        for _ in range(COUNT):
            file.write(b"x" * 24_000)
            file.flush()
            os.fdatasync(file.fileno())
        return COUNT / (time.perf_counter() - start), 0.0
