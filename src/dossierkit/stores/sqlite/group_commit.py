"""Many writers, one transaction: jobs that arrive during a commit share the next one.

There is one writer at a time, and no extra thread: the first caller leads, commits its job together with all that wait,
and hands over.  So a lone caller pays for no switch of threads, and thirty-two callers share one sync.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import attrs

T = TypeVar("T")


@attrs.define(eq=False)
class _Job:
    work: Callable[[sqlite3.Connection], Any]
    done: bool = False
    result: Any = None
    error: Exception | None = None
    #: Held until the job is done, or its caller is to lead.
    turn: threading.Lock = attrs.field(factory=threading.Lock)


class GroupCommit:
    """Runs jobs on *connection* in batches, each batch one durable transaction.

    A job that fails takes nothing with it: the batch is run again, each job under a savepoint of its own.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._mutex = threading.Lock()
        self._waiting: list[_Job] = []
        self._led = False

    @property
    def read_only(self) -> bool:
        """Whether the connection refuses to write; waits for the commit in progress."""
        return bool(self.connection.execute("PRAGMA query_only").fetchone()[0])

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Result of *work*, once it is durable; *work* may run more than once and must use its argument only."""
        job = _Job(work)
        with self._mutex:
            self._waiting.append(job)
            leads, self._led = not self._led, True
            job.turn.acquire()
        if not leads:
            job.turn.acquire()
        if not job.done:
            self._lead(job)
        if job.error is not None:
            raise job.error
        return job.result  # type: ignore[no-any-return]  # the result of *work*

    def _lead(self, own: _Job) -> None:
        with self._mutex:
            batch, self._waiting = self._waiting, []
        try:
            self._commit(batch)
        except Exception as error:  # noqa: BLE001  # every waiting caller gets it
            for job in batch:
                job.error = job.error or error
        with self._mutex:
            successor = self._waiting[0] if self._waiting else None
            self._led = successor is not None
        for job in batch:
            job.done = True
            if job is not own:
                job.turn.release()
        if successor is not None:
            successor.turn.release()

    def _commit(self, batch: list[_Job]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            for job in batch:
                job.result = job.work(self.connection)
            self.connection.execute("COMMIT")
        except Exception as error:  # one bad job must not cost the others theirs
            self._roll_back()
            if len(batch) == 1:
                raise
            del error
            self._commit_apart(batch)

    def _commit_apart(self, batch: list[_Job]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            for job in batch:
                self.connection.execute("SAVEPOINT job")
                try:
                    job.result = job.work(self.connection)
                except Exception as error:  # noqa: BLE001  # the caller of this job gets it
                    job.error = error
                    self.connection.execute("ROLLBACK TO job")
                self.connection.execute("RELEASE job")
            self.connection.execute("COMMIT")
        except Exception:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
