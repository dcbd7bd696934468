"""The handling of a dossier: a frozen value that follows from the events alone, and its JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

import attrs

from dossierkit.converter import converter
from dossierkit.dossiers.states import Channel, Delivery, Outcome, Payment, State
from dossierkit.dossiers.time_limits import TimeLimit
from dossierkit.pointers import Json


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
    """What the office asked the citizen to mend; empty when nothing is asked for."""

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
_PARTS: Mapping[str, type] = {
    "clock": DossierClock, "supplement": RequestedSupplement, "money": Money, "result": Result, "erasure": Erasure,
}  # fmt: skip


@attrs.frozen
class _Place:
    """The attribute of a handling that a name in JSON means."""

    #: Empty for the handling itself.
    part: str
    attribute: str
    type: Any
    read: Callable[[Json, Any], Any]
    write: Callable[[Any], Json]
    of: Callable[[Handling], Any]
    default: Any

    @classmethod
    def at(cls, path: str) -> _Place:
        """The place of an attribute, `due` of the part `clock` for `clock.due`."""
        part, _, attribute = path.rpartition(".")
        type_ = getattr(attrs.fields(attrs.resolve_types(_PARTS.get(part, Handling))), attribute).type
        read, write = converter.get_structure_hook(type_), converter.get_unstructure_hook(type_)
        return cls(part, attribute, type_, read, write, attrgetter(path), attrgetter(path)(UNHANDLED))


_PLACES = {name: _Place.at(path) for name, path in _PATHS.items()}


def _attributes(body: Mapping[str, Json]) -> dict[str, dict[str, Any]]:
    """Part → attribute → value of *body*, which is the JSON of a handling."""
    values: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for name, value in body.items():
        place = _PLACES[name]
        values[place.part][place.attribute] = place.read(value, place.type)
    return values


def merge_facts(handling: Handling, facts: Mapping[str, Json]) -> Handling:
    """*handling* with the attributes that *facts* name, given as JSON.

    Raises:
        KeyError: Handling has no such attribute.
        ValueError: a text is no date, or no value of an enumeration.
    """
    values = _attributes(facts)
    own = values.pop("", {})
    parts = {part: attrs.evolve(getattr(handling, part), **changes) for part, changes in values.items()}
    return attrs.evolve(handling, **own, **parts)


def _structure(body: Mapping[str, Json], _: Any) -> Handling:
    values = _attributes(body)
    own = values.pop("", {})
    return Handling(**own, **{part: _PARTS[part](**attributes) for part, attributes in values.items()})


def _unstructure(handling: Handling) -> dict[str, Json]:
    """Attributes that differ from those of `UNHANDLED`, in the order of `_PATHS`."""
    return {name: place.write(value) for name, place in _PLACES.items() if (value := place.of(handling)) != place.default}


converter.register_unstructure_hook(Handling, _unstructure)
converter.register_structure_hook(Handling, _structure)
