"""The bill of a dossier over its life: what was asked for and paid, and what becomes of it when the answers change.

What is paid stays paid.  Before acceptance the difference is owed, or is a surplus to be given back; after it, an officer says
whether more is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from dossierkit.dossiers.lifecycle.dossier import Event
from dossierkit.dossiers.lifecycle.handling import Handling
from dossierkit.dossiers.lifecycle.lifecycle import OPEN
from dossierkit.dossiers.money.fees import Collect, Fee, owed
from dossierkit.dossiers.states import Action, Payment
from dossierkit.pointers import Json


@attrs.frozen
class Account:
    """What came in for a dossier, in đồng."""

    #: What settled something that was asked for, and was not given back.
    paid: int = 0
    #: So much of it became a surplus, by a supplement or by an end without a result, and waits to be given back.
    spare: int = 0
    #: An officer asked for a fee after acceptance.
    requested: bool = False


def account(history: Sequence[Event]) -> Account:
    """What the events of a dossier say of its money."""
    asked = paid = spare = late = 0
    accepted = requested = False
    for event in history:
        asked = int(event.facts.get("amount", asked))
        accepted = accepted or event.action is Action.ACCEPT
        match event.action:
            case Action.REQUEST_PAYMENT:
                requested = requested or accepted
            case Action.SETTLE if event.facts.get("payment") == Payment.PAID.value:
                paid += asked
            case Action.SUPPLEMENT | Action.REFUSE | Action.WITHDRAW | Action.STOP:
                spare += int(event.facts.get("surplus", 0))
            case Action.SURPLUS:
                late += int(event.facts["surplus"])
            case Action.REFUND:
                # A surplus is given back before what settled something.
                paid = paid - spare if spare + late else 0
                spare = late = 0
    return Account(paid, spare, requested)


def outstanding(charged: tuple[Fee, ...], handling: Handling, money: Account) -> int | None:
    """What the fees that were collected so far come to beyond what is paid; None while that is not known."""
    cost = owed(charged, *_collected(handling, money))
    return None if cost is None else max(0, cost - money.paid)


def rebilled(before: tuple[Fee, ...], after: tuple[Fee, ...], handling: Handling, money: Account) -> dict[str, Json]:
    """What an event says of the payment that changes the fees from *before* to *after*; nothing where the bill stays.

    `payment`, `amount` and `billed` are as for every event; `surplus` is the change of what is to be given back.
    """
    moments = _collected(handling, money)
    was, cost = owed(before, *moments), owed(after, *moments)
    if _of(before, moments) == _of(after, moments) or (was is not None and was == cost):
        return {}
    billed = [*dict.fromkeys((*handling.money.billed, Collect.SUBMISSION.value))]
    undecided: dict[str, Json] = {"payment": Payment.UNDECIDED.value, "billed": billed}
    if handling.money.payment in (Payment.WAIVED, Payment.REFUNDED):
        # Whoever let it go did so for what it was then.
        return {} if cost is not None and cost <= (was or 0) else undecided
    if cost is None:
        return undecided
    spare = max(0, money.paid - cost) - money.spare
    told: dict[str, Json] = {"surplus": spare} if spare else {}
    if cost > money.paid:
        asks = {"payment": Payment.DUE.value, "amount": cost - money.paid, "billed": billed}
        return {**told, **(asks if handling.accepted is None else undecided)}
    if handling.money.payment in OPEN:
        told["payment"] = (Payment.PAID if money.paid else Payment.NONE).value
    return told


def refundable(money: Account) -> dict[str, Json]:
    """Return the facts of an event that ends a dossier without a result: everything that was paid becomes a surplus."""
    rest = money.paid - money.spare
    return {"payment": Payment.NONE.value, "surplus": rest} if rest else {}


def _collected(handling: Handling, money: Account) -> tuple[Collect, ...]:
    """The moments whose fees were asked for by now."""
    requested = (Collect.REQUEST,) if money.requested else ()
    billed = tuple(Collect(moment) for moment in handling.money.billed if moment != Collect.SUBMISSION.value)
    return (Collect.SUBMISSION, *requested, *billed)


def _of(charged: tuple[Fee, ...], moments: tuple[Collect, ...]) -> list[tuple[str, int | None]]:
    return [(fee.title, fee.amount) for fee in charged if fee.collect in moments]
