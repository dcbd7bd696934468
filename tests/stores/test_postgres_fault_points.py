"""The store in PostgreSQL where any statement fails, or its program dies before it: an action is whole or absent."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support.stories import STEPS, STORIES, WORKED_ON, open_at, tell, write_procedure
from support.waiting import wait_for

from dossierkit import Engine
from dossierkit.errors import StoreError
from dossierkit.stores.postgres.database import Database

#: More statements than any action has.
MANY = 60
TABLES = [
    "accounts",
    "answers",
    "counters",
    "dossiers",
    "events",
    "facts",
    "files",
    "notes",
    "payments",
    "search",
    "spans",
    "totals",
    "totals_by_year",
]
#: Without the numbers that the database gives rows: those of a transaction that fails are never given again.
NUMBERED = {
    "outbox": "name, receiver, subject, text, html, tries, due, error, delivered",
    "postings": "day, seq, unit, sector, procedure, channel, measure, count",
}


class Failing:
    """Makes the connection that writes fail at the statement number *left*, and at each one after it."""

    left: int | None = None
    #: Whether the program dies there; else the server refuses the statement.
    kills = False

    def __init__(self, connection: psycopg.Connection) -> None:
        self._execute = connection.execute
        connection.execute = self.execute  # type: ignore[method-assign]  # the point of failure

    def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
        if Failing.left is not None:
            Failing.left -= 1
            if Failing.left < 0:
                if Failing.kills:
                    os.kill(os.getpid(), signal.SIGKILL)
                query, arguments = "SELECT 1 / 0", ()
        return self._execute(query, *arguments, **options)


@pytest.fixture(autouse=True)
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that write can fail."""

    def connect(database: Database) -> psycopg.Connection:
        connection = database.connect()
        Failing(connection)
        return connection

    monkeypatch.setattr(Database, "_connect_writer", connect)
    monkeypatch.setattr(Failing, "left", None)
    monkeypatch.setattr(Failing, "kills", False)


@pytest.mark.parametrize("story", STORIES)
def test_an_action_that_fails_at_any_statement_is_absent(folder: Path, postgres: str, story: str) -> None:
    """With its mails and postings; and whole once nothing fails, as the store in memory has it."""
    write_procedure(folder)
    *before, last = story.split()
    memory, engine = open_at("memory:", folder), open_at(postgres, folder)
    tell(memory, story.split())
    id = tell(engine, before)
    was = rows(postgres)
    for point in range(MANY):
        Failing.left = point
        try:
            STEPS[last](engine, id)
        except StoreError:
            Failing.left = None
            assert rows(postgres) == was, point
        else:
            break
    Failing.left = None

    assert point > 4
    assert outcome(engine, id) == outcome(memory, id)
    assert list(engine.verify()) == []
    engine.close()


@pytest.mark.parametrize("story", ["submit", f"{WORKED_ON} request-payment begin-to-pay paid"])
def test_a_program_that_is_killed_at_any_statement_leaves_nothing(folder: Path, postgres: str, story: str) -> None:
    """No half of an action, and no lock; the next program does it whole."""
    write_procedure(folder)
    *before, last = story.split()
    memory, engine = open_at("memory:", folder), open_at(postgres, folder)
    tell(memory, story.split())
    id = tell(engine, before)
    engine.close()
    was = rows(postgres)
    for point in range(MANY):
        if is_done(postgres, folder, point, id, last):
            break
        assert rows(postgres) == was, point

    assert point > 4
    engine = open_at(postgres, folder)
    assert outcome(engine, id) == outcome(memory, id)
    assert list(engine.verify()) == []
    engine.close()


def is_done(url: str, folder: Path, point: int, id: str, step: str) -> bool:
    """Take *step* in another process, which dies at the statement *point*: whether it ended before that."""
    child = os.fork()
    if child == 0:  # pragma: no cover  # it is killed, or leaves without a word
        engine = open_at(url, folder)
        Failing.left, Failing.kills = point, True
        try:
            STEPS[step](engine, id)
        except BaseException:  # noqa: BLE001  # the parent reports it
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, status
    others = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(url, autocommit=True) as connection:
        wait_for(lambda: connection.execute(others).fetchone() == (0,))
    return status == 0


def rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that actions write."""
    columns = {**dict.fromkeys(TABLES, "*"), **NUMBERED}
    with psycopg.connect(url) as connection:
        return {
            table: sorted(connection.execute(f"SELECT {names} FROM {table}").fetchall(), key=repr)  # type: ignore[call-overload]  # names of this module
            for table, names in columns.items()
        }


def outcome(engine: Engine, id: str) -> dict[str, Any]:
    """A dossier in the store with its mails and postings; without tags of files, which each try draws anew."""
    store = engine.store
    dossier = store.get(id)
    assert dossier is not None
    return {
        "dossier": (
            dossier.state,
            dossier.version,
            dossier.code,
            dossier.answers,
            dossier.handling.money,
            dossier.handling.clock,
        ),
        "actions": [event.action for event in store.events(id)],
        "notes": store.notes(id),
        "attempts": store.payments.attempts(id),
        "postings": Counter(store.postings()),
        "counters": dict(store.counters()),
        "mails": store.outbox.backlog()[0],
    }
