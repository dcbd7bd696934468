"""Stories of a dossier, each a few actions long: together they take every action, with mails, payments and files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dossierkit import Action, Actor, Engine, Role
from dossierkit.dossiers.deadlines.calendars import Calendar
from dossierkit.dossiers.deadlines.dossier_clock import OfficeClock
from dossierkit.dossiers.lifecycle.dossier import Attachment
from dossierkit.dossiers.money.attempts import Answer, Callback
from dossierkit.dossiers.people.account import Account
from dossierkit.office.payments import Payments
from dossierkit.testing import CountedTokens, FixedClock
from dossierkit.wiring import open_engine
from support.samples import NOON, SMALL

AN, ADMIN, PROGRAM = Actor("an"), Actor("root", Role.ADMIN), Actor("program", Role.SYSTEM)
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
#: The last step of each is the one that a test interrupts.
STORIES = [
    "cancel", "submit", "submit accept", "submit refuse", "submit refuse ask-erasure", "submit refuse erase", f"{WORKED_ON}",
    f"{WORKED_ON} request-supplement", f"{WORKED_ON} request-supplement supplement", f"{WORKED_ON} request-payment",
    f"{WORKED_ON} request-payment begin-to-pay paid", f"{WORKED_ON} request-payment cash",
    f"{WORKED_ON} request-payment begin-to-pay withdraw", f"{WORKED_ON} request-payment begin-to-pay stop",
    f"{WORKED_ON} request-payment begin-to-pay withdraw paid", f"{WORKED_ON} request-payment begin-to-pay withdraw paid refund",
    f"{WORKED_ON} request-payment begin-to-pay cash",
    f"{WORKED_ON} request-payment cash refund", f"{WORKED_ON} suspend", f"{WORKED_ON} suspend resume", f"{WORKED_ON} extend",
    f"{WORKED_ON} redate", f"{WORKED_ON} message", f"{WORKED_ON} stop", f"{WORKED_ON} complete",
    f"{WORKED_ON} complete reopen", f"{WORKED_ON} complete hand-over", "submit withdraw",
]  # fmt: skip


def write_procedure(folder: Path) -> None:
    """Write the procedure of the stories into *folder*."""
    block = {**SMALL["x-procedure"], "unit": "so-nnmt", "timeLimit": [{"count": 3}]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")


def open_at(address: str, folder: Path) -> Engine:
    """The engine over the store at *address*, at noon, with a calendar without holidays."""
    engine = open_engine(address, procedures=folder, clock=FixedClock(NOON), tokens=CountedTokens())
    engine.context.office_clock = OfficeClock(Calendar)
    return engine


def tell(engine: Engine, steps: list[str]) -> str:
    """Begin a dossier and take *steps*: its id."""
    engine.store.accounts.create_account(Account("an", "an@example.vn", NOON))
    id = engine.begin("1.000001", AN, {"name": "An"}).id
    engine.check_code(engine.open(id, AN))  # its secret is made once, and another in each folder
    for step in steps:
        STEPS[step](engine, id)
    return id
