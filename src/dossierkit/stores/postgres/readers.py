"""Connections that read: a few for a process, and each statement asked again until a server answers."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from dossierkit.ports import Activity
from dossierkit.stores.postgres.connections import may_pass

#: A connection that was free for so long is closed.
_IDLE_SECONDS = 600.0


class Readers:
    """Runs statements that write nothing, each on a connection of its own.

    Args:
        connect: makes a connection in autocommit mode.
        most: number of statements at once; others wait.
        patience_seconds: how long a statement waits for its turn, and is tried again after a lost connection.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection], *, most: int, patience_seconds: float) -> None:
        self._connect = connect
        self._patience_seconds = patience_seconds
        self._turns = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        #: Free connections, and since when; the last one is used next.
        self._free: list[tuple[psycopg.Connection, float]] = []
        self._is_closed = False
        self._used = self._waiting = self._errors = 0

    @property
    def activity(self) -> Activity:
        """What the connections do at this moment."""
        with self._lock:
            free = len(self._free)
            return Activity(readers=self._used + free, readers_free=free, reads_waiting=self._waiting, errors=self._errors)

    def fetch(self, sql: str, values: tuple[object, ...], *, prepare: bool | None = None) -> list[Any]:
        """Rows of a statement."""
        deadline, tries = time.monotonic() + self._patience_seconds, 0
        while True:
            tries += 1
            self._wait_for_turn(deadline)
            connection = None
            try:
                connection = self._take()
                return connection.execute(sql, values, prepare=prepare).fetchall()
            except psycopg.OperationalError as error:
                with self._lock:
                    self._errors += connection is None or connection.closed
                if time.monotonic() > deadline or not may_pass(connection, error):
                    raise
                # The others are dead as well, after a restart.
                self.drop()
            finally:
                self._put_back(connection)
                with self._lock:
                    self._used -= 1
                self._turns.release()
            time.sleep(random.uniform(0, min(1.0, 0.01 * 2**tries)))  # noqa: S311  # programs that collided part

    def _wait_for_turn(self, deadline: float) -> None:
        with self._lock:
            self._waiting += 1
        has_turn = self._turns.acquire(timeout=max(0.0, deadline - time.monotonic()))
        with self._lock:
            self._waiting -= 1
            self._used += has_turn
        if not has_turn:
            raise psycopg.OperationalError("all connections are busy")

    def drop(self) -> None:
        """Close the free connections: new ones may lead to another server."""
        with self._lock:
            free, self._free = self._free, []
        for connection, _ in free:
            connection.close()

    def close(self) -> None:
        """Close every connection, those in use once they are free."""
        self._is_closed = True
        self.drop()

    def _take(self) -> psycopg.Connection:
        with self._lock:
            if self._free:
                return self._free.pop()[0]
        return self._connect()

    def _put_back(self, connection: psycopg.Connection | None) -> None:
        if connection is None:
            return
        now, unused = time.monotonic(), []
        with self._lock:
            # One that was interrupted in a statement is of no use.
            if connection.info.transaction_status is TransactionStatus.IDLE and not self._is_closed:
                self._free.append((connection, now))
            else:
                unused.append(connection)
            while self._free and self._free[0][1] < now - _IDLE_SECONDS:
                unused.append(self._free.pop(0)[0])
        for other in unused:
            other.close()
