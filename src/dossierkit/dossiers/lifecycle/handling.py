"""The handling of a dossier: a frozen value that follows from the events alone, and its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from dossierkit.converter import FlatJson
from dossierkit.dossiers.states import Channel, Delivery, Outcome, Payment, State
from dossierkit.dossiers.time_limits import TimeLimit


@attrs.frozen
class DossierClock:
    """The time that the office has for a dossier."""

    #: When the result is due; None if the procedure has no time limit.
    due: datetime | None = None
    #: Whether *due* depends on days off that are not announced yet.
    estimated: bool = False
    #: Whether an officer set *due*: no calendar changes it.
    promised: bool = False
    #: Until when the office has to accept or refuse.
    answer_by: datetime | None = None
    #: The time limit at acceptance.
    limit: TimeLimit | None = None
    #: Rest of the limit, in its unit, when the clock started last.
    left: int | None = None
    #: When the clock started; None while it is stopped.
    running: datetime | None = None
    #: When the clock was stopped; None while it runs.
    paused: datetime | None = None
    #: When a suspension ends by itself.
    until: datetime | None = None
    #: How often an officer extended the time.
    extensions: int = 0


@attrs.frozen
class RequestedSupplement:
    """The corrections that the office asked the citizen for; empty if it asked for none."""

    #: Places (JSON Pointers, `document:CODE`) that the citizen may change.
    asked: tuple[str, ...] = ()
    #: The newer revision that the answers are brought to; empty if the form stays.
    update: str = ""
    #: Place → a word of `states.REASONS`.
    reasons: Mapping[str, str] = attrs.field(factory=dict, hash=False)


@attrs.frozen
class Money:
    """Fees of a dossier, in đồng."""

    #: Moments (`fees.Collect`) whose fees were asked for already.
    billed: tuple[str, ...] = ()
    payment: Payment = Payment.NONE
    #: The amount asked for last.
    amount: int = 0
    #: Amount to be given back: it came in when nothing was owed, or is not owed any more.
    surplus: int = 0


@attrs.frozen
class Result:
    """The outcome of a dossier, and the delivery of its result."""

    #: Working days from acceptance to the result, and the year whose statistics count them.
    days: int | None = None
    spanned: int = 0
    delivery: Delivery = Delivery.NONE
    outcome: Outcome | None = None
    #: The officer who proposed the outcome, if a second one has to approve it.
    proposed: str = ""
    #: When the dossier was completed, refused, stopped or withdrawn.
    resolved: datetime | None = None


@attrs.frozen
class Erasure:
    """The erasure of personal data."""

    #: When the owner asked for it.
    asked: datetime | None = None
    done: datetime | None = None


@attrs.frozen
class Handling:
    """The work of the office on a dossier; it follows from the events alone."""

    #: The unit that handles it.
    unit: str = ""
    sector: str = ""
    channel: Channel = Channel.ONLINE
    #: The officer that it is assigned to.
    officer: str = ""
    receipt: str = ""
    accepted: datetime | None = None
    #: The state to return to after a supplement, a payment or a suspension.
    back: State | None = None
    #: Codes of documents that the owner declared to hand in on paper.
    declared: tuple[str, ...] = ()
    #: A step of the procedure's own within the national state.
    step: str = ""
    #: When the owner wrote the message that the office has not answered yet.
    unanswered: datetime | None = None
    clock: DossierClock = DossierClock()
    supplement: RequestedSupplement = RequestedSupplement()
    money: Money = Money()
    result: Result = Result()
    erasure: Erasure = Erasure()


#: The handling of a dossier before its first event.
UNHANDLED = Handling()

#: Attributes by their names in JSON, in which all parts are one flat object in this order.
_PATHS: Mapping[str, str] = {
    "unit": "unit", "sector": "sector", "channel": "channel", "officer": "officer", "receipt": "receipt", "accepted": "accepted",
    "due": "clock.due", "estimated": "clock.estimated", "promised": "clock.promised", "answer_by": "clock.answer_by",
    "limit": "clock.limit", "left": "clock.left", "running": "clock.running", "paused": "clock.paused", "until": "clock.until",
    "days": "result.days", "spanned": "result.spanned", "extensions": "clock.extensions", "back": "back",
    "asked": "supplement.asked", "declared": "declared", "update": "supplement.update", "reasons": "supplement.reasons",
    "billed": "money.billed", "step": "step", "payment": "money.payment", "amount": "money.amount", "surplus": "money.surplus",
    "delivery": "result.delivery", "outcome": "result.outcome", "proposed": "result.proposed", "resolved": "result.resolved",
    "unanswered": "unanswered", "erasure_asked": "erasure.asked", "erased": "erasure.done",
}  # fmt: skip

FlatJson(UNHANDLED, _PATHS).register()
