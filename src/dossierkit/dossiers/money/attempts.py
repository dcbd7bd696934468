"""Attempts to pay: one for each start of a payment, successful or not.

A gateway knows an attempt by its *ref*.  A paid attempt stays paid; a failed one may still turn out to be paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

import attrs

from dossierkit.dossiers.lifecycle.dossier import Event
from dossierkit.dossiers.lifecycle.event_facts import PaymentFacts
from dossierkit.dossiers.states import Action


class Progress(Enum):
    """The result of an attempt."""

    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"
    #: Nothing is owed any more: it cannot be continued.  A payment that still comes in is a surplus.
    CLOSED = "closed"


@attrs.frozen
class Attempt:
    """One attempt to pay for the dossier with the id *dossier*."""

    ref: str
    dossier: str
    #: Đồng.
    amount: int
    #: `vnpay`, `vietqr`, `cash`.
    gateway: str
    created: datetime
    progress: Progress = Progress.OPEN
    #: Number of the payment at the gateway or the bank.
    number: str = ""
    #: When it was paid, or failed.
    at: datetime | None = None
    #: It was paid when nothing was owed any more: to be given back.
    surplus: bool = False
    #: How often the gateway was asked what came of it.
    asked: int = 0


#: So long after it was begun a gateway is asked about an attempt that no callback told of: once for each, then no more.
ASKED_AFTER = (timedelta(minutes=16), timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))


@attrs.frozen
class Callback:
    """A verified message of a gateway about an attempt."""

    ref: str
    #: Đồng.
    amount: int
    paid: bool
    number: str = ""


class Answer(Enum):
    """The answer to a gateway: the codes of VNPay's PAY API 2.1.0."""

    CONFIRMED = ("00", "Confirm Success")
    UNKNOWN = ("01", "Order not found")
    ALREADY = ("02", "Order already confirmed")
    WRONG_AMOUNT = ("04", "Invalid amount")
    FORGED = ("97", "Invalid signature")
    FAILED = ("99", "Unknown error")


def attempt_ref(code: str, number: int) -> str:
    """The ref of the *number*-th attempt for the dossier with *code*: letters, digits, hyphens."""
    return f"{code.replace('.', '')}-{number:02}"


def judged(attempt: Attempt | None, callback: Callback) -> Answer:
    """The answer to *callback* for *attempt*; only CONFIRMED changes anything."""
    if attempt is None:
        return Answer.UNKNOWN
    if callback.amount != attempt.amount:
        return Answer.WRONG_AMOUNT
    if attempt.progress is Progress.PAID or (attempt.progress is not Progress.OPEN and not callback.paid):
        return Answer.ALREADY
    return Answer.CONFIRMED


def finished(attempt: Attempt, callback: Callback, now: datetime, *, surplus: bool = False) -> Attempt:
    """*attempt* after *callback* was confirmed."""
    progress = Progress.PAID if callback.paid else Progress.FAILED
    return attrs.evolve(attempt, progress=progress, number=callback.number, at=now, surplus=surplus and callback.paid)


def asked_by(attempt: Attempt, now: datetime) -> Attempt | None:
    """*attempt* once the query that is due *now* is counted; None if none is due.

    Queries that were missed are counted with it: a gateway is never queried twice at once to catch up.
    """
    unknown = attempt.progress in (Progress.OPEN, Progress.CLOSED)
    due = sum(now >= attempt.created + wait for wait in ASKED_AFTER)
    return attrs.evolve(attempt, asked=due) if unknown and attempt.asked < due else None


def to_give_back(history: Sequence[Event]) -> tuple[str, ...]:
    """The refs of the payments that came in when nothing was owed, and were not given back yet."""
    refs: tuple[str, ...] = ()
    for event in history:
        if event.action is Action.SURPLUS and isinstance(event.facts, PaymentFacts):
            refs = (*refs, str(event.facts.ref))
        elif event.action is Action.REFUND:
            refs = ()
    return refs
