"""A process killed between any two statements: an action, its mail, note and postings are stored whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.samples import NOON, SMALL

from dossierkit import Action, Actor, Engine, Role
from dossierkit.dossiers.deadlines.calendars import Calendar
from dossierkit.dossiers.deadlines.dossier_clock import OfficeClock
from dossierkit.dossiers.lifecycle.dossier import Attachment
from dossierkit.dossiers.money.attempts import Answer, Callback
from dossierkit.dossiers.people.account import Account
from dossierkit.office.payments import Payments
from dossierkit.stores.last_numbers import mark_of
from dossierkit.testing import CountedTokens, FixedClock
from dossierkit.wiring import open_engine

AN, ADMIN, PROGRAM = Actor("an"), Actor("root", Role.ADMIN), Actor("program", Role.SYSTEM)
#: More statements than any action has.
MANY = 60
FILE = Attachment("", f"sha256-{'0' * 64}-{'0' * 16}", "kết quả.pdf", 5, "application/pdf")
PUBLISHED = {"a.json": b"{}", "shared/b.json": b"[]"}
DAY = {"due": "2026-12-31T10:00:00+00:00"}


def act(
    action: Action, actor: Actor = ADMIN, files: tuple[Attachment, ...] = (), **facts: Any
) -> Callable[[Engine, str], object]:
    return lambda engine, which: engine.act(which, action, actor, facts=facts, note="vì", files=files)


def pay(engine: Engine, id: str) -> None:
    """Book the payment of the attempt that was begun."""
    (attempt,) = engine.store.payments.attempts(id)
    assert Payments(engine).apply(Callback(attempt.ref, 30_000, paid=True)) is Answer.CONFIRMED


def begin_to_pay(engine: Engine, id: str) -> None:
    Payments(engine).begin(engine.open(id, ADMIN), "vnpay")


STEPS: dict[str, Callable[[Engine, str], object]] = {
    "cancel": act(Action.CANCEL, AN),
    "submit": act(Action.SUBMIT, AN),
    "accept": act(Action.ACCEPT),
    "refuse": act(Action.REFUSE),
    "assign": act(Action.ASSIGN, officer="nam"),
    "request-supplement": act(Action.REQUEST_SUPPLEMENT, asked=["/name"], reasons={"/name": "wrong"}),
    "supplement": lambda engine, which: engine.act(which, Action.SUPPLEMENT, AN, answers={"name": "Bình"}),
    "request-payment": act(Action.REQUEST_PAYMENT, amount=30_000),
    "begin-to-pay": begin_to_pay,
    "paid": pay,
    "cash": act(Action.SETTLE, payment="paid"),
    "refund": act(Action.REFUND),
    "suspend": act(Action.SUSPEND),
    "resume": act(Action.RESUME),
    "extend": act(Action.EXTEND, **DAY),
    "redate": act(Action.REDATE, PROGRAM, **DAY),
    "message": act(Action.MESSAGE, AN, files=(FILE,)),
    "stop": act(Action.STOP),
    "complete": act(Action.COMPLETE, files=(FILE,), outcome="approved"),
    "reopen": act(Action.REOPEN),
    "hand-over": act(Action.HAND_OVER, evidence="counter"),
    "withdraw": act(Action.WITHDRAW, AN),
    "ask-erasure": act(Action.ASK_ERASURE, AN),
    "erase": act(Action.ERASE),
    "publish": lambda engine, _: engine.store.publish(PUBLISHED, author="An", at=NOON),
}
WORKED_ON = "submit accept assign"


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


def open_at(database: Path, folder: Path) -> Engine:
    engine = open_engine(f"sqlite:{database}", procedures=folder, clock=FixedClock(NOON), tokens=CountedTokens())
    engine.context.office_clock = OfficeClock(Calendar)
    return engine


@pytest.mark.parametrize(
    "story",
    [
        "cancel", "submit", "submit accept", "submit refuse", "submit refuse ask-erasure", "submit refuse erase", f"{WORKED_ON}",
        f"{WORKED_ON} request-supplement", f"{WORKED_ON} request-supplement supplement", f"{WORKED_ON} request-payment",
        f"{WORKED_ON} request-payment begin-to-pay paid", f"{WORKED_ON} request-payment cash",
        f"{WORKED_ON} request-payment begin-to-pay withdraw", f"{WORKED_ON} request-payment begin-to-pay stop",
        f"{WORKED_ON} request-payment begin-to-pay withdraw paid", f"{WORKED_ON} request-payment begin-to-pay withdraw paid refund",
        f"{WORKED_ON} request-payment begin-to-pay cash",
        f"{WORKED_ON} request-payment cash refund", f"{WORKED_ON} suspend", f"{WORKED_ON} suspend resume", f"{WORKED_ON} extend",
        f"{WORKED_ON} redate", f"{WORKED_ON} message", f"{WORKED_ON} stop", f"{WORKED_ON} complete",
        f"{WORKED_ON} complete reopen", f"{WORKED_ON} complete hand-over", "submit withdraw",
    ],
)  # fmt: skip
def test_killed_at_every_statement(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, story: str) -> None:
    """The last step of *story* is there as a whole or not at all; tried again, it is there once."""
    block = {**SMALL["x-procedure"], "unit": "so-nnmt", "timeLimit": [{"count": 3}]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    *before, last = story.split()
    database = tmp_path / "whole.db"
    id, was = prepare(database, folder, before)
    base = tmp_path / "base.db"
    copy(database, base)
    engine = open_at(database, folder)
    STEPS[last](engine, id)
    whole = state_of(engine, id)
    assert whole != was
    engine.close()
    absent = 0
    for point in range(MANY):
        database = tmp_path / f"{point}.db"
        copy(base, database)
        finished = run_and_kill(database, folder, monkeypatch, point, id, last)
        engine = open_at(database, folder)
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
        open_at(database, folder).close()
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
    engine = open_at(database, folder)
    engine.store.accounts.create_account(Account("an", "an@example.vn", NOON))
    id = engine.begin("1.000001", AN, {"name": "An"}).id
    engine.check_code(engine.open(id, AN))  # its secret is made once, and another in each folder
    for step in before:
        STEPS[step](engine, id)
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
        engine = open_at(database, folder)
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
