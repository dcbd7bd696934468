"""Batches of jobs as transactions of PostgreSQL: in pipeline mode, tried again until their end is known."""

from __future__ import annotations

import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg import errors

from dossierkit.stores.group_commit import Job

#: The server takes back such a transaction, and asks for another try.
_TRY_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected)
#: Adds up programs that ended: the one with the id, and those that have not written for a month.
_ENDED = """WITH ended AS (
    DELETE FROM writers WHERE id <> '' AND (id = %s OR seen < now() - interval '30 days') RETURNING posted)
    INSERT INTO writers SELECT '', 0, SUM(posted), now() FROM ended HAVING COUNT(*) > 0
    ON CONFLICT (id) DO UPDATE SET posted = writers.posted + excluded.posted"""
#: Cell of a table of totals: table, span, unit, sector, procedure, channel, measure.
Cell = tuple[str, str, str, str, str, int, str]
T = TypeVar("T")
#: A job that yields statements, is sent their rows, and returns its result.
Steps = Generator[psycopg.Cursor[Any], list[Any], T]


class Batch:
    """The transaction of a batch.  Statements are sent at once; only reading a result waits for the server.

    A job is a function of the batch, or a generator that yields statements and is sent their rows.  Generators of a batch go
    hand in hand: each asks before the first answer is read, so that all of them together wait as often as one.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        #: What the batch adds to totals; written last, in one order, as every program adds to the same few rows.
        self.totals: Counter[Cell] = Counter()
        #: Number of postings that the batch writes.
        self.posted = 0

    def execute(self, sql: str, values: Sequence[object] = ()) -> psycopg.Cursor[Any]:
        """Send a statement."""
        return self._connection.execute(sql, values)

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Send a statement for each of *rows*."""
        for values in rows:
            self.execute(sql, values)

    def run(self, jobs: Sequence[Job[Batch]]) -> None:
        """Run *jobs*, those that are generators step by step together."""
        steps: list[tuple[Job[Batch], Steps[Any], psycopg.Cursor[Any]]] = []
        for job in jobs:
            job.result = job.work(self)
            if isinstance(job.result, Generator):
                _advance(steps, job, job.result, None)
        while steps:
            waiting, steps = steps, []
            for job, generator, cursor in waiting:
                _advance(steps, job, generator, cursor.fetchall())

    def write_totals(self) -> None:
        """Add `totals` to the tables."""
        for (table, span, *cell), count in sorted(self.totals.items()):
            column = "half" if table == "totals" else "year"
            self.execute(
                f"""INSERT INTO {table} VALUES (%s, %s, %s, %s, %s, %s, %s)
                ON CONFLICT ({column}, unit, sector, procedure, channel, measure)
                DO UPDATE SET count = {table}.count + excluded.count""",
                (span, *cell, count),
            )
        self.totals.clear()


def _advance(steps: list[Any], job: Job[Batch], generator: Steps[Any], rows: list[Any] | None) -> None:
    try:
        cursor = generator.send(rows) if rows is not None else next(generator)
    except StopIteration as end:
        job.result = end.value
    else:
        steps.append((job, generator, cursor))


class Transactions:
    """Runs the jobs of a batch on one connection in one durable transaction, see `GroupCommit`.

    A job that fails takes nothing with it: the batch is run again, each job under a savepoint of its own.  Each batch leaves
    its number in the table `writers`; where the answer to a commit is lost, the number tells whether to run it again.

    Args:
        connect: makes a connection in autocommit mode.
        patience_seconds: how long a batch is tried again after a deadlock or a lost connection.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection], *, patience_seconds: float) -> None:
        self._connect = connect
        self._patience_seconds = patience_seconds
        self._connection: psycopg.Connection | None = None
        self._id = secrets.token_hex(8)
        self._number = 0

    def commit(self, batch: Sequence[Job[Batch]]) -> None:
        """Run the jobs of *batch* and commit them."""
        self._number += 1
        deadline, tries = time.monotonic() + self._patience_seconds, 0
        ordered = sorted(batch, key=lambda job: job.order)
        while True:
            tries += 1
            try:
                if tries == 1 or not self._is_committed():
                    self._commit_once(ordered)
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or not self._passes(error):
                    raise
                time.sleep(random.uniform(0, min(1.0, 0.01 * 2**tries)))  # noqa: S311  # programs that collided part
            else:
                return

    def _passes(self, error: Exception) -> bool:
        """Whether another try may succeed: the connection was lost, or the server took the transaction back."""
        lost = self._connection is None or self._connection.closed
        return isinstance(error, _TRY_AGAIN) or (lost and isinstance(error, psycopg.OperationalError))

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            with suppress(psycopg.OperationalError):  # it was lost meanwhile
                self._connection.execute(_ENDED, (self._id,))
            self._connection.close()
            self._connection = None

    def _open(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
            # There before the first batch: a row that is there can be waited for.
            self._connection.execute(_ENDED, ("",))
            sql = "INSERT INTO writers VALUES (%s, %s, 0, now()) ON CONFLICT DO NOTHING"
            self._connection.execute(sql, (self._id, self._number - 1))
        return self._connection

    def _is_committed(self) -> bool:
        """Whether the present batch was committed, its answer being lost; waits for the transaction that may still run."""
        row = self._open().execute("SELECT batch FROM writers WHERE id = %s FOR UPDATE", (self._id,)).fetchone()
        return row is not None and row[0] == self._number

    def _commit_once(self, jobs: Sequence[Job[Batch]]) -> None:
        connection = self._open()
        try:
            with connection.pipeline():
                batch = self._begin(connection)
                batch.run(jobs)
                end = self._end(connection, batch)
            assert end.statusmessage == "COMMIT", "a failed statement raised before"
        except Exception as error:  # one bad job must not cost the others theirs
            self._roll_back(connection)
            if self._passes(error):
                raise
            self._commit_apart(connection, jobs)

    def _commit_apart(self, connection: psycopg.Connection, jobs: Sequence[Job[Batch]]) -> None:
        try:
            batch = self._begin(connection)
            for job in jobs:
                self._run_apart(connection, batch, job)
            self._end(connection, batch)
        except Exception:
            self._roll_back(connection)
            raise

    def _run_apart(self, connection: psycopg.Connection, batch: Batch, job: Job[Batch]) -> None:
        connection.execute("SAVEPOINT job")
        job.error = None
        for again in (True, False):
            totals, posted = batch.totals.copy(), batch.posted
            try:
                batch.run((job,))
                break
            except Exception as error:  # the caller of this job gets it
                if self._passes(error):
                    raise
                batch.totals, batch.posted = totals, posted
                connection.execute("ROLLBACK TO job")
                # Another program was faster; the job sees its row now, and has words for it.
                if not (again and isinstance(error, errors.UniqueViolation)):
                    job.error = error
                    break
        connection.execute("RELEASE job")

    def _begin(self, connection: psycopg.Connection) -> Batch:
        connection.execute("BEGIN")
        connection.execute("UPDATE writers SET batch = %s, seen = now() WHERE id = %s", (self._number, self._id))
        return Batch(connection)

    def _end(self, connection: psycopg.Connection, batch: Batch) -> psycopg.Cursor[Any]:
        # The row is locked since the beginning: see `_is_committed`.
        batch.write_totals()
        if batch.posted:
            connection.execute("UPDATE writers SET posted = posted + %s WHERE id = %s", (batch.posted, self._id))
        return connection.execute("COMMIT")

    @staticmethod
    def _roll_back(connection: psycopg.Connection) -> None:
        if not connection.closed:
            connection.rollback()
