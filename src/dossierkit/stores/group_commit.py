"""Many writers, one transaction: jobs that arrive during a commit share the next one.

There is one writer at a time, and no extra thread: the first caller leads, commits its job together with all that wait,
and hands over.  So a lone caller pays for no switch of threads, and thirty-two callers share one sync.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import attrs

T = TypeVar("T")
C = TypeVar("C")


@attrs.define(eq=False)
class Job(Generic[C]):
    """Work of one caller, which gets its result or its error."""

    work: Callable[[C], Any]
    #: Whether it has to outlive a power failure once it is done.
    durable: bool = True
    done: bool = False
    result: Any = None
    error: Exception | None = None
    #: Held until the job is done, or its caller is to lead.
    turn: threading.Lock = attrs.field(factory=threading.Lock)


class GroupCommit(Generic[C]):
    """Hands jobs to *commit* in batches; it does the work of each, and returns once all is durable that has to be.

    Args:
        commit: sets `result` or `error` of every job; an error that it raises goes to each job without one.
        gather_seconds: how long the leader waits, at most, until as many callers have come as the last batch had.  Callers
            that return from a batch come again at about the same time: without a pause the first of them would lead alone,
            and all others wait for its commit.  A lone caller never waits.
    """

    def __init__(self, commit: Callable[[Sequence[Job[C]]], None], *, gather_seconds: float = 0.0) -> None:
        self._commit = commit
        self._gather_seconds = gather_seconds
        self._mutex = threading.Condition(threading.Lock())
        self._waiting: list[Job[C]] = []
        self._led = False
        #: Number of jobs of the last batch.
        self._last = 1

    @property
    def waiting(self) -> int:
        """Number of jobs that wait for their batch."""
        return len(self._waiting)

    def run(self, work: Callable[[C], T], *, durable: bool = True) -> T:
        """Result of *work*, once it is durable; *work* may run more than once and must use its argument only.

        Args:
            durable: False: return once it is written.  It outlives the program; a power failure can undo it.
        """
        job: Job[C] = Job(work, durable)
        with self._mutex:
            self._waiting.append(job)
            if len(self._waiting) == self._last:
                self._mutex.notify()  # the leader that gathers
            leads, self._led = not self._led, True
            job.turn.acquire()
        if not leads:
            job.turn.acquire()
        if not job.done:
            self._lead(job)
        if job.error is not None:
            raise job.error
        return job.result  # type: ignore[no-any-return]  # the result of *work*

    def _lead(self, own: Job[C]) -> None:
        with self._mutex:
            if self._gather_seconds:
                self._mutex.wait_for(lambda: len(self._waiting) >= self._last, self._gather_seconds)
            batch, self._waiting = self._waiting, []
            self._last = len(batch)
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
