"""Batches of jobs as transactions of PostgreSQL: in pipeline mode, tried again until their end is known."""

from __future__ import annotations

import random
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import orjson
import psycopg
from psycopg import errors

from dossierkit.stores.group_commit import Job
from dossierkit.stores.postgres.connections import WatchedConnection, may_pass

#: Adds up programs that ended: the one with the id, and those that have not written for a month.
_ENDED = """WITH ended AS (
    DELETE FROM writers WHERE id <> '' AND (id = %s OR seen < now() - interval '30 days') RETURNING posted)
    INSERT INTO writers SELECT '', 0, SUM(posted), now() FROM ended HAVING COUNT(*) > 0
    ON CONFLICT (id) DO UPDATE SET posted = writers.posted + excluded.posted"""
T = TypeVar("T")
#: Answers keys of several jobs with one statement, in their order.
Question = Callable[["Batch", Sequence[Any]], Sequence[Any]]
#: A job in steps: it yields a question with its key, and is sent the answer.
Steps = Generator[tuple[Question, Any], Any, T]


class Batch:
    """The transaction of a batch.  Statements are sent at once; only reading a result waits for the server.

    A job is a function of the batch, or a generator of `Steps`.  Generators advance together: their questions of one step are
    one statement, and so are the rows that they write to one table, see `write_later`.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._later: dict[str, list[Mapping[str, object]]] = {}
        self._refusals: dict[str, Exception] = {}
        #: Additions to counts: statement → row without its count → count.
        self._counts: defaultdict[str, Counter[tuple[tuple[str, object], ...]]] = defaultdict(Counter)
        #: Number of postings that the batch writes.
        self.posted = 0

    def execute(self, sql: str, values: Sequence[object] = ()) -> psycopg.Cursor[Any]:
        """Send a statement."""
        return self._connection.execute(sql, values)

    def write_later(self, sql: str, row: Mapping[str, object], *, refusal: Exception | None = None) -> None:
        """Write *row* with all others of the statement, whose one parameter is a JSON array of rows.

        Args:
            refusal: raised if the statement, which returns the rows that it wrote, wrote fewer.
        """
        self._later.setdefault(sql, []).append(row)
        if refusal is not None:
            self._refusals[sql] = refusal

    def count_later(self, sql: str, row: Mapping[str, object], count: int) -> None:
        """Add *count* to *row*, with all others of the statement; its parameter is a JSON array of rows with their counts.

        Programs write to the same few of these rows: they do it last, and in one order.
        """
        self._counts[sql][tuple(row.items())] += count

    def run(self, jobs: Sequence[Job[Batch]]) -> None:
        """Run *jobs*: functions first, then those that are generators, step by step together; write what waits."""
        waiting: list[tuple[Job[Batch], Steps[Any], tuple[Question, Any]]] = []
        for job in jobs:
            job.result = job.work(self)
        for job in jobs:
            if isinstance(job.result, Generator):
                _advance(waiting, job, job.result, None)
        while waiting:
            step, waiting = waiting, []
            answers = self._answers([asked for _, _, asked in step])
            for (job, generator, _), answer in zip(step, answers, strict=True):
                _advance(waiting, job, generator, answer)
        self._write()

    def _answers(self, asked: Sequence[tuple[Question, Any]]) -> list[Any]:
        answers: list[Any] = [None] * len(asked)
        for question in dict.fromkeys(question for question, _ in asked):
            places = [place for place, (other, _) in enumerate(asked) if other is question]
            for place, answer in zip(places, question(self, [asked[place][1] for place in places]), strict=True):
                answers[place] = answer
        return answers

    def _write(self) -> None:
        written = {sql: self.execute(sql, (_json(rows),)) for sql, rows in self._later.items()}
        for sql, refusal in self._refusals.items():
            if len(written[sql].fetchall()) < len(self._later[sql]):
                raise refusal
        self._later.clear()
        self._refusals.clear()

    def write_counts(self) -> None:
        """Write what `count_later` was given."""
        for sql, counts in sorted(self._counts.items()):
            rows = sorted(counts.items(), key=lambda item: tuple(str(value) for _, value in item[0]))
            self.execute(sql, (_json([{**dict(row), "count": count} for row, count in rows]),))
        self._counts.clear()

    def savepoint(self) -> Callable[[], None]:
        """Remember what waits; the result brings it back."""
        counts, posted = {sql: counter.copy() for sql, counter in self._counts.items()}, self.posted

        def bring_back() -> None:
            self._later.clear()
            self._refusals.clear()
            self._counts.clear()
            self._counts.update(counts)
            self.posted = posted

        return bring_back


def _json(rows: Sequence[Mapping[str, object]]) -> str:
    return orjson.dumps(rows).decode()


def _advance(waiting: list[Any], job: Job[Batch], generator: Steps[Any], answer: Any) -> None:
    try:
        asked = generator.send(answer)
    except StopIteration as end:
        job.result = end.value
    else:
        waiting.append((job, generator, asked))


class Transactions:
    """Runs the jobs of a batch on one connection in one transaction, durable if a job has to be, see `GroupCommit`.

    A job that fails takes nothing with it: the batch is run again, each job under a savepoint of its own.  Each batch leaves
    its number in the table `writers`; where the answer to a commit is lost, the number tells whether to run it again.

    Args:
        connect: makes a connection in autocommit mode.
        patience_seconds: how long a batch is tried again after a deadlock or a lost connection.
    """

    def __init__(self, connect: Callable[[], WatchedConnection], *, patience_seconds: float) -> None:
        self._connect = connect
        self._patience_seconds = patience_seconds
        self._connection: WatchedConnection | None = None
        self._id = secrets.token_hex(8)
        self._number = 0
        #: Number of connections that were lost or could not be made.
        self.errors = 0

    def commit(self, batch: Sequence[Job[Batch]]) -> None:
        """Run the jobs of *batch* and commit them."""
        self._number += 1
        deadline, tries = time.monotonic() + self._patience_seconds, 0
        while True:
            tries += 1
            try:
                if tries == 1 or not self._is_committed():
                    self._commit_once(batch)
            except errors.ReadOnlySqlTransaction:
                self._disconnect()  # the next batch may find the server that takes writes
                raise
            except psycopg.OperationalError as error:
                self.errors += self._connection is None or self._connection.closed
                if time.monotonic() > deadline or not may_pass(self._connection, error):
                    raise
                time.sleep(random.uniform(0, min(1.0, 0.01 * 2**tries)))  # noqa: S311  # programs that collided part
            else:
                return

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            with suppress(psycopg.OperationalError):  # it was lost meanwhile
                self._connection.execute(_ENDED, (self._id,))
            self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> WatchedConnection:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
            try:
                # There before the first batch: a row that is there can be waited for.
                self._connection.execute(_ENDED, ("",))
                sql = "INSERT INTO writers VALUES (%s, %s, 0, now()) ON CONFLICT DO NOTHING"
                self._connection.execute(sql, (self._id, self._number - 1))
            except psycopg.Error:
                self._disconnect()  # without its row, a batch whose answer is lost would be run twice
                raise
        return self._connection

    def _is_committed(self) -> bool:
        """Whether the present batch was committed, its answer being lost; waits for the transaction that may still run.

        The lock is a write: its own commit waits for the standby, and so for all that was committed before.
        """
        connection = self._open()
        row = connection.execute("SELECT batch FROM writers WHERE id = %s FOR UPDATE", (self._id,)).fetchone()
        connection.guard_confirmed()
        return row is not None and row[0] == self._number

    def _commit_once(self, jobs: Sequence[Job[Batch]]) -> None:
        connection = self._open()
        try:
            with connection.pipeline():
                batch = self._begin(connection, jobs)
                batch.run(jobs)
                end = self._end(connection, batch)
            assert end.statusmessage == "COMMIT", "a failed statement raised before"
            connection.guard_confirmed()
        except Exception as error:  # one bad job must not cost the others theirs
            self._roll_back(connection)
            if may_pass(self._connection, error):
                raise
            self._commit_apart(connection, jobs)

    def _commit_apart(self, connection: WatchedConnection, jobs: Sequence[Job[Batch]]) -> None:
        try:
            batch = self._begin(connection, jobs)
            for job in jobs:
                self._run_apart(connection, batch, job)
            self._end(connection, batch)
            connection.guard_confirmed()
        except Exception:
            self._roll_back(connection)
            raise

    def _run_apart(self, connection: psycopg.Connection, batch: Batch, job: Job[Batch]) -> None:
        connection.execute("SAVEPOINT job")
        job.error = None
        for again in (True, False):
            bring_back = batch.savepoint()
            try:
                batch.run((job,))
                break
            except Exception as error:  # the caller of this job gets it
                if may_pass(self._connection, error):
                    raise
                bring_back()
                connection.execute("ROLLBACK TO job")
                # Another program was faster; the job sees its row now, and has words for it.
                if not (again and isinstance(error, errors.UniqueViolation)):
                    job.error = error
                    break
        connection.execute("RELEASE job")

    def _begin(self, connection: psycopg.Connection, jobs: Sequence[Job[Batch]]) -> Batch:
        connection.execute("BEGIN")
        if not any(job.durable for job in jobs):
            connection.execute("SET LOCAL synchronous_commit = off")
        connection.execute("UPDATE writers SET batch = %s, seen = now() WHERE id = %s", (self._number, self._id))
        return Batch(connection)

    def _end(self, connection: psycopg.Connection, batch: Batch) -> psycopg.Cursor[Any]:
        # The row is locked since the beginning: see `_is_committed`.
        batch.write_counts()
        if batch.posted:
            connection.execute("UPDATE writers SET posted = posted + %s WHERE id = %s", (batch.posted, self._id))
        return connection.execute("COMMIT")

    @staticmethod
    def _roll_back(connection: psycopg.Connection) -> None:
        if not connection.closed:
            connection.rollback()
