"""A process killed between any two statements: an action, its mail, note and postings are stored whole or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from support.stories import STEPS, STORIES, open_at, tell, write_procedure

from dossierkit import Engine
from dossierkit.stores.last_numbers import mark_of

#: More statements than any action has.
MANY = 60


class Killing(sqlite3.Connection):
    """A connection that kills the program before the statement number *left*."""

    left: int | None = None

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        self._count()
        return super().execute(*arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        self._count()
        return super().executemany(*arguments)

    def _count(self) -> None:
        if Killing.left is not None:
            Killing.left -= 1
            if Killing.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("story", STORIES)
def test_killed_at_every_statement(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, story: str) -> None:
    """The last step of *story* is there as a whole or not at all; tried again, it is there once."""
    write_procedure(folder)
    *before, last = story.split()
    database = tmp_path / "whole.db"
    id, was = prepare(database, folder, before)
    base = tmp_path / "base.db"
    copy(database, base)
    engine = open_at(f"sqlite:{database}", folder)
    STEPS[last](engine, id)
    whole = state_of(engine, id)
    assert whole != was
    engine.close()
    absent = 0
    for point in range(MANY):
        database = tmp_path / f"{point}.db"
        copy(base, database)
        finished = run_and_kill(database, folder, monkeypatch, point, id, last)
        engine = open_at(f"sqlite:{database}", folder)
        now = state_of(engine, id)
        assert now in (was, whole), point
        assert list(engine.verify()) == [], point
        if now == was:
            absent += 1
            assert not finished, "what was acknowledged is there"
            STEPS[last](engine, id)
            assert state_of(engine, id) == whole, point
        engine.close()
        if finished:
            break
    else:
        pytest.fail("the action never ended")
    assert absent > 4


def test_a_publication_is_whole_or_nothing_at_every_statement(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files without their publication are never there, nor a publication without its files."""
    absent = 0
    for point in range(MANY):
        database = tmp_path / f"{point}.db"
        open_at(f"sqlite:{database}", folder).close()
        finished = run_and_kill(database, folder, monkeypatch, point, "", "publish")
        connection = sqlite3.connect(database)
        rows = [
            connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in ("publications", "published_files")
        ]
        connection.close()
        assert rows in ([0, 0], [1, 2]), point
        absent += rows == [0, 0]
        if finished:
            assert rows == [1, 2]
            break
    else:
        pytest.fail("the publication never ended")
    assert absent > 3


def copy(source: Path, target: Path) -> None:
    """Copy a database with its mark."""
    shutil.copy(source, target)
    shutil.copy(mark_of(source), mark_of(target))


def prepare(database: Path, folder: Path, before: list[str]) -> tuple[str, dict[str, Any]]:
    """Make a dossier, take the steps *before*, and close the file: the id of the dossier, and its state."""
    engine = open_at(f"sqlite:{database}", folder)
    id = tell(engine, before)
    was = state_of(engine, id)
    engine.close()
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return id, was


def run_and_kill(database: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, point: int, id: str, step: str) -> bool:
    """Take *step* in another process, which dies at the statement *point*: whether it ended before that."""
    child = os.fork()
    if child == 0:  # pragma: no cover  # it is killed, or leaves without a word
        connect = sqlite3.connect
        monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **{**k, "factory": Killing}))
        engine = open_at(f"sqlite:{database}", folder)
        Killing.left = point
        try:
            STEPS[step](engine, id)
        except BaseException:  # noqa: BLE001  # the parent reports it
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, status
    return status == 0


def state_of(engine: Engine, id: str) -> dict[str, Any]:
    """Everything stored of a dossier, and the tables that its actions write."""
    dossier = engine.store.get(id)
    assert dossier is not None
    connection = sqlite3.connect(engine.store.path)  # type: ignore[attr-defined]  # it is an SQLite store
    tables = {
        name: connection.execute(f"SELECT * FROM {name}").fetchall()
        for name in (
            "outbox",
            "postings",
            "totals",
            "totals_by_year",
            "spans",
            "payments",
            "counters",
            "notes",
            "files",
            "search",
        )
    }
    connection.close()
    return {"dossier": dossier, "answers": dossier.answers, "history": engine.history(dossier), **tables}
