"""The bill of a dossier: fees asked for and paid, and their change when the answers change.

Payments stay.  Before acceptance the difference is owed, or is a surplus to be refunded; after it, an officer decides whether
more is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from dossierkit.dossiers.lifecycle.dossier import Event
from dossierkit.dossiers.lifecycle.event_facts import BillChange
from dossierkit.dossiers.lifecycle.handling import Handling
from dossierkit.dossiers.lifecycle.transitions import OPEN
from dossierkit.dossiers.money.fees import Collect, Fee, owed
from dossierkit.dossiers.states import Action, Payment


@attrs.frozen
class Account:
    """The payments for a dossier, in đồng."""

    #: Payments of fees that were asked for, without those refunded.
    paid: int = 0
    #: The part that became a surplus, by a supplement or an end without a result, and is not refunded yet.
    spare: int = 0
    #: An officer asked for a fee after acceptance.
    requested: bool = False


def account(history: Sequence[Event]) -> Account:
    """The payments for a dossier according to its events."""
    amount = paid = surplus = late = 0
    accepted = requested = False
    for event in history:
        bill = event.facts.bill
        amount = bill.amount if bill.amount is not None else amount
        accepted = accepted or event.action is Action.ACCEPT
        match event.action:
            case Action.REQUEST_PAYMENT:
                requested = requested or accepted
            case Action.SETTLE if bill.payment is Payment.PAID:
                paid += amount
            case Action.SUPPLEMENT | Action.REFUSE | Action.WITHDRAW | Action.STOP:
                surplus += bill.surplus or 0
            case Action.SURPLUS:
                late += bill.surplus or 0
            case Action.REFUND:
                # A surplus is refunded before payments of fees.
                paid = paid - surplus if surplus + late else 0
                surplus = late = 0
    return Account(paid, surplus, requested)


def outstanding(charged: tuple[Fee, ...], handling: Handling, money: Account) -> int | None:
    """The unpaid part of the fees asked for so far; None if an amount is not known."""
    cost = owed(charged, *_collected(handling, money))
    return None if cost is None else max(0, cost - money.paid)


def rebilled(before: tuple[Fee, ...], after: tuple[Fee, ...], handling: Handling, money: Account) -> BillChange:
    """The change of the bill when the fees change from *before* to *after*."""
    moments = _collected(handling, money)
    was, cost = owed(before, *moments), owed(after, *moments)
    if _of(before, moments) == _of(after, moments) or (was is not None and was == cost):
        return BillChange()
    billed = tuple(dict.fromkeys((*handling.money.billed, Collect.SUBMISSION.value)))
    undecided = BillChange(payment=Payment.UNDECIDED, billed=billed)
    if handling.money.payment in (Payment.WAIVED, Payment.REFUNDED):
        # The officer waived or refunded the amount of that time.
        return BillChange() if cost is not None and cost <= (was or 0) else undecided
    if cost is None:
        return undecided
    spare = max(0, money.paid - cost) - money.spare
    change = BillChange(surplus=spare or None)
    if cost > money.paid:
        due = BillChange(payment=Payment.DUE, amount=cost - money.paid, billed=billed)
        return attrs.evolve(due if handling.accepted is None else undecided, surplus=change.surplus)
    if handling.money.payment in OPEN:
        return attrs.evolve(change, payment=Payment.PAID if money.paid else Payment.NONE)
    return change


def refundable(money: Account) -> BillChange:
    """The change of the bill when a dossier ends without a result: everything that was paid becomes a surplus."""
    rest = money.paid - money.spare
    return BillChange(payment=Payment.NONE, surplus=rest) if rest else BillChange()


def _collected(handling: Handling, money: Account) -> tuple[Collect, ...]:
    """The moments whose fees were asked for by now."""
    requested = (Collect.REQUEST,) if money.requested else ()
    billed = tuple(Collect(moment) for moment in handling.money.billed if moment != Collect.SUBMISSION.value)
    return (Collect.SUBMISSION, *requested, *billed)


def _of(charged: tuple[Fee, ...], moments: tuple[Collect, ...]) -> list[tuple[str, int | None]]:
    return [(fee.title, fee.amount) for fee in charged if fee.collect in moments]
