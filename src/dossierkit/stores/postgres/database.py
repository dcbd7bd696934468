"""A database of PostgreSQL: durable writes in groups, many readers, errors that say what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, overload

import attrs
import psycopg
from psycopg import errors
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict

from dossierkit.errors import StoreError, UnknownStore, UnreachableStore, UnwritableStore
from dossierkit.ports import Activity
from dossierkit.stores.group_commit import GroupCommit
from dossierkit.stores.postgres.connections import WatchedConnection
from dossierkit.stores.postgres.readers import Readers
from dossierkit.stores.postgres.transactions import Batch, Steps, Transactions

T = TypeVar("T")

#: A batch costs about this long, whatever its size.
_GATHER_SECONDS = 0.003
#: Connections of a process that read at once, at most.
_READERS = 16
#: Settings of every session, in milliseconds: nothing waits for ever.
_SESSION = {
    "statement_timeout": 30_000,
    "lock_timeout": 10_000,
    "idle_in_transaction_session_timeout": 10_000,
}
#: Words of a server that refuses a connection, for a reason that does not pass → the remedy.  libpq gives no code for them.
_REFUSALS = {
    r'password authentication failed for user "[^"\n]*"': "correct the password in the address",
    r"no password supplied": "write the password into the address, or into a password file of libpq",
    r'(database|role) "[^"\n]*" does not exist': "correct the address, or create it on the server",
    r"no pg_hba\.conf entry for [^\n]*": "let the server accept this user and machine",
}


class _Text(Loader):
    """Moments, days and JSON as their text, as rows of every store hold them."""

    def load(self, data: Buffer) -> str:
        """See `Loader.load`."""
        return bytes(data).decode()


class Database:
    """The database at *url* (`postgresql://user:password@host:port/name`).  Threads may share it.

    Args:
        patience_seconds: how long reads and writes are tried again while the server restarts or another one takes over.
        silent_seconds: see `connections.SILENT_SECONDS`.

    Raises:
        UnknownStore: *url* cannot be read.
    """

    def __init__(self, url: str, *, patience_seconds: float, silent_seconds: float) -> None:
        self.url = url
        self._silent_seconds = silent_seconds
        self.name = name_of(url)
        self.writer = Transactions(self._connect_writer, patience_seconds=patience_seconds)
        self._group: GroupCommit[Batch] = GroupCommit(self.writer.commit, gather_seconds=_GATHER_SECONDS)
        self._readers = Readers(self.connect, most=_READERS, patience_seconds=patience_seconds)

    def connect(self) -> WatchedConnection:
        """A new connection, for the caller to close."""
        connection = WatchedConnection.open(self.url, silent_seconds=self._silent_seconds)
        try:
            _configure(connection)
        except psycopg.Error:
            connection.close()
            raise
        return connection

    def _connect_writer(self) -> WatchedConnection:
        self.leave()
        return self.connect()

    def leave(self) -> None:
        """Let the next reads make new connections: the present ones may be to a server that takes no writes any more."""
        self._readers.drop()

    @overload
    def write(self, work: Callable[[Batch], Steps[T]], *, durable: bool = True) -> T: ...
    @overload
    def write(self, work: Callable[[Batch], T], *, durable: bool = True) -> T: ...
    def write(self, work: Callable[[Batch], Any], *, durable: bool = True) -> Any:
        """Run *work* in a transaction, see `transactions.Batch`; return its result once it is durable, see `GroupCommit.run`."""
        with translate_errors(self.name):
            return self._group.run(work, durable=durable)

    def read(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """Rows of a statement that writes nothing, its values marked `?` or `%s`; asked again while the server restarts."""
        with translate_errors(self.name):
            return self._readers.fetch(sql.replace("?", "%s"), values)

    def search(self, sql: str, values: tuple[object, ...]) -> list[Any]:
        """`read` for a statement whose best plan depends on its values, so that it is planned each time."""
        with translate_errors(self.name):
            return self._readers.fetch(sql, values, prepare=False)

    @property
    def activity(self) -> Activity:
        """What it does for this process."""
        reading = self._readers.activity
        return attrs.evolve(reading, writes_waiting=self._group.waiting, errors=reading.errors + self.writer.errors)

    def close(self) -> None:
        """Close every connection."""
        self._readers.close()
        self.writer.close()


def _configure(connection: psycopg.Connection) -> None:
    for kind in ("timestamptz", "date", "jsonb"):
        connection.adapters.register_loader(kind, _Text)
    settings = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SESSION.items())
    # Durable is what was acknowledged: a server or a role that was told otherwise is told so here.
    connection.execute(
        f"""SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false), {settings},
        CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
            THEN set_config('synchronous_commit', 'on', false) END"""
    )


def name_of(url: str) -> str:
    """*url* without user, password and options, for messages.

    Raises:
        UnknownStore: libpq cannot read *url*.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # Its message quotes the address, password and all.
        raise UnknownStore("no store at this address; it is written postgresql://user:password@host:port/name") from None
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"postgresql://{parts.get('host') or 'localhost'}{port}/{parts.get('dbname') or ''}"


@contextmanager
def translate_errors(name: str) -> Iterator[None]:
    """Raise errors of psycopg as those of `dossierkit.errors`, with the remedy."""
    try:
        yield
    except errors.ReadOnlySqlTransaction as error:
        raise UnwritableStore(f"{name} takes no writes; is it a standby? try again in a moment") from error
    except (errors.DiskFull, errors.OutOfMemory) as error:
        raise UnwritableStore(f"no space left for {name}; nothing was written, make room and try again") from error
    except (errors.QueryCanceled, errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure) as error:
        raise UnwritableStore(f"{name} is busy; nothing was written, try again in a moment") from error
    except errors.InsufficientPrivilege as error:
        raise UnwritableStore(f"{name}: {_first_line(error)}; give this user the right to create and write tables") from error
    except psycopg.OperationalError as error:
        for reason, remedy in _REFUSALS.items():
            if refusal := re.search(reason, str(error)):
                raise UnwritableStore(f"{name}: {refusal[0]}; {remedy}") from error
        raise UnreachableStore(f"{name} cannot be reached: {_first_line(error)}; try again in a moment") from error
    except psycopg.Error as error:
        raise StoreError(f"{name}: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
