"""Connections that give up on a server that is frozen or gone."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen

T = TypeVar("T")

#: Silence after which another connection asks whether the server lives.
SILENT_SECONDS = 3.0
#: Silence after which a connection is given up, whatever the server says; longer than any statement may take.
_LONGEST_SECONDS = 45.0
#: Time for a server to answer a new connection.
CONNECT_SECONDS = 3
#: libpq notices within seconds that the machine of the server is gone.
_SOCKET: dict[str, Any] = {
    "connect_timeout": CONNECT_SECONDS, "keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}  # fmt: skip


class WatchedConnection(psycopg.Connection[Any]):
    """A connection in autocommit mode that is closed, with an OperationalError, when its server does not answer.

    The limits of the server (`statement_timeout`) end with the server, and the system of a frozen program goes on to answer for
    it.  So a wait that becomes long asks the server for a new connection: a server that is busy answers, also by a refusal.
    """

    #: See `SILENT_SECONDS`.
    silent_seconds: float
    #: The server acknowledged a commit without its standby, because an administrator ended the wait for it.
    is_unconfirmed = False

    @classmethod
    def open(cls, url: str, *, silent_seconds: float) -> WatchedConnection:
        """A connection to the first server of *url* that takes it."""
        connection = cls.connect(url, autocommit=True, **_SOCKET)
        connection.silent_seconds = silent_seconds
        connection.add_notice_handler(connection._note)
        return connection

    def _note(self, notice: errors.Diagnostic) -> None:
        # The function is the same in every language, the words are not.
        if notice.source_function == "SyncRepWaitForLSN":
            self.is_unconfirmed = True

    def guard_confirmed(self) -> None:
        """Close the connection, with an OperationalError, if a commit was acknowledged without the standby."""
        if self.is_unconfirmed:
            self.close()
            raise psycopg.OperationalError("the standby has not confirmed the commit")

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """See `psycopg.Connection.wait`."""
        return super().wait(self._watch(gen, interval), interval, timeout)

    def _watch(self, gen: PQGen[T], interval: float) -> Generator[Any, Any, T]:
        """*gen*, which learns at each *interval* that the server was silent."""
        silent = asked = 0.0
        try:
            state = next(gen)
            while True:
                ready = yield state
                if ready:
                    silent = asked = 0.0
                else:
                    silent += interval
                if silent - asked >= self.silent_seconds:
                    self._guard_alive(silent)
                    asked = silent
                state = gen.send(ready)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # the result of *gen*

    def _guard_alive(self, silent: float) -> None:
        if silent < _LONGEST_SECONDS and self._is_alive():
            return
        self.pgconn.finish()
        raise psycopg.OperationalError("the server does not answer")

    def _is_alive(self) -> bool:
        parameters: dict[str, Any] = {**self.info.get_parameters(), "password": self.info.password, **_SOCKET}
        try:
            psycopg.connect(**parameters).close()
        except errors.ConnectionTimeout:
            return False
        except psycopg.OperationalError:
            return True  # it answered
        return True


def may_pass(connection: psycopg.Connection | None, error: Exception) -> bool:
    """Whether another try may succeed: the server took the transaction back, or *connection* was lost or could not be made."""
    if isinstance(error, (errors.SerializationFailure, errors.DeadlockDetected)):
        return True
    return isinstance(error, psycopg.OperationalError) and (connection is None or connection.closed)
