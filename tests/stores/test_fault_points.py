"""Killed between any two statements of an action: it is whole or absent, and so are its mail, note and postings."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from conftest import NOON, SMALL

from dossierkit import Action, Actor, Engine, Role, State
from dossierkit.dossiers.accounts import Account
from dossierkit.dossiers.calendars import Calendar
from dossierkit.dossiers.clock import OfficeClock
from dossierkit.testing import FixedClock
from dossierkit.wiring import open_engine

AN, ADMIN = Actor("an"), Actor("root", Role.ADMIN)
#: More statements than any action has.
MANY = 60


class Killing(sqlite3.Connection):
    """A connection that ends the program before a statement of its choice."""

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


def opened(place: Path, folder: Path) -> Engine:
    engine = open_engine(f"sqlite:{place}", procedures=folder, clock=FixedClock(NOON))
    engine.office_clock = OfficeClock(Calendar)
    return engine


@pytest.mark.parametrize(
    ("before", "action", "facts"),
    [
        ((), Action.SUBMIT, {}),
        ((Action.SUBMIT,), Action.ACCEPT, {}),
        ((Action.SUBMIT, Action.ACCEPT, Action.ASSIGN), Action.COMPLETE, {"outcome": "approved"}),
        ((Action.SUBMIT,), Action.REFUSE, {}),
        ((Action.SUBMIT, Action.REFUSE), Action.ERASE, {}),
    ],
    ids=["submit", "accept", "complete", "refuse", "erase"],
)
def test_killed_at_every_statement(
    tmp_path: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: tuple[Action, ...],
    action: Action,
    facts: dict[str, Any],
) -> None:
    block = {**SMALL["x-procedure"], "unit": "so-nnmt", "timeLimit": [{"count": 3}]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    whole = absent = 0
    for point in range(MANY):
        place = tmp_path / f"{point}.db"
        engine = opened(place, folder)
        engine.store.accounts.create_account(Account("an", "an@example.vn", NOON))
        id = engine.begin("1.000001", AN, {"name": "An"}).id
        for one in before:
            engine.act(id, one, AN if one is Action.SUBMIT else ADMIN, facts={"officer": "nam"}, note="vì")
        was = known(engine, id)
        engine.close()
        finished = killed(place, folder, monkeypatch, point, id, action, facts)

        engine = opened(place, folder)
        now = known(engine, id)
        assert list(engine.verify()) == [], point
        if now == was:
            absent += 1
            assert not finished, "what was acknowledged is there"
            engine.act(id, action, AN if action is Action.SUBMIT else ADMIN, facts=facts, note="vì")
            now = known(engine, id)
        else:
            whole += 1
        assert now["events"] == was["events"] + 1, point
        assert now["mails"] == was["mails"] + 1, point
        assert now["state"] is not was["state"] or action is Action.ERASE
        assert bool(now["answers"]) is (action is not Action.ERASE)
        engine.close()
        if finished:
            break
    else:
        pytest.fail("the action never ended")
    assert absent > 5
    assert whole >= 1


def killed(
    place: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, point: int, id: str, action: Action, facts: dict[str, Any]
) -> bool:
    """Whether another process ended *action* before it came to the statement *point*."""
    child = os.fork()
    if child == 0:  # pragma: no cover  # it is killed, or leaves without a word
        connect = sqlite3.connect
        monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **{**k, "factory": Killing}))
        engine = opened(place, folder)
        Killing.left = point
        try:
            engine.act(id, action, AN if action is Action.SUBMIT else ADMIN, facts=facts, note="vì")
        except BaseException:  # noqa: BLE001  # whatever it was, the parent is told
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, status
    return status == 0


def known(engine: Engine, id: str) -> dict[str, Any]:
    """What there is to see of a dossier, its mails and its postings."""
    dossier = engine.store.get(id)
    assert dossier is not None
    connection = sqlite3.connect(engine.store.path)  # type: ignore[attr-defined]  # it is an SQLite store
    mails = connection.execute("SELECT COUNT(*) FROM outbox").fetchone()[0]
    postings = connection.execute("SELECT COUNT(*), SUM(count) FROM postings").fetchone()
    connection.close()
    return {
        "state": State(dossier.state), "version": dossier.version, "answers": dossier.answers, "code": dossier.code,
        "events": len(engine.history(dossier)), "mails": mails, "postings": postings, "counters": dict(engine.store.counters()),
    }  # fmt: skip
