"""What the office did with a dossier so far: a frozen value that follows from the events alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from dossierkit.converter import converter
from dossierkit.dossiers.states import Channel, Delivery, Outcome, Payment, State
from dossierkit.pointers import Json


@attrs.frozen
class Handling:
    """What the office did with a dossier so far; it follows from the events alone."""

    #: The unit that handles it, and what the statistics know it by.
    unit: str = ""
    sector: str = ""
    channel: Channel = Channel.ONLINE
    #: Who works on it.
    officer: str = ""
    receipt: str = ""
    accepted: datetime | None = None
    #: When the result is due; None where nothing is promised.
    due: datetime | None = None
    #: It leans on days off that are not announced yet.
    estimated: bool = False
    #: An officer set the due day: no calendar changes it.
    promised: bool = False
    #: Until when the office has to accept or refuse.
    answer_by: datetime | None = None
    #: The time limit as it was at acceptance, as its procedure stated it.
    limit: Mapping[str, Json] | None = attrs.field(default=None, hash=False)
    #: What of it was left when the clock began to run last, in its unit.
    left: int | None = None
    #: Since when the clock runs.
    running: datetime | None = None
    #: Since when the clock stands still.
    paused: datetime | None = None
    #: When it goes on by itself: a notice has then hung for as long as it has to.
    until: datetime | None = None
    #: How many working days it took from acceptance to result, and the year that this was posted in.
    days: int | None = None
    spanned: int = 0
    extensions: int = 0
    #: The state to come back to after a supplement, a payment or a pause.
    back: State | None = None
    #: The places (JSON Pointers, `document:CODE`) that a citizen may mend.
    asked: tuple[str, ...] = ()
    #: The codes of documents that were to come on paper, as was declared when it was sent.
    declared: tuple[str, ...] = ()
    #: The newer revision that the answers are to be brought to; empty where the form stays.
    update: str = ""
    #: Why, where somebody said it: place → a word of `states.REASONS`.
    reasons: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    #: The moments (`fees.Collect`) whose fees were asked for already.
    billed: tuple[str, ...] = ()
    #: A step of the procedure's own within the national state.
    step: str = ""
    payment: Payment = Payment.NONE
    #: What was asked for last, in đồng.
    amount: int = 0
    #: What came in when nothing was owed, or is not owed any more since a supplement, in đồng: to be given back.
    surplus: int = 0
    delivery: Delivery = Delivery.NONE
    outcome: Outcome | None = None
    #: Who proposed the outcome, where two have to look at it.
    proposed: str = ""
    #: When the dossier was resolved: completed, refused, stopped or withdrawn.
    resolved: datetime | None = None
    #: When the owner wrote something that nobody answered yet.
    unanswered: datetime | None = None
    #: When the owner asked for the personal data to be erased, and when that was done.
    erasure_asked: datetime | None = None
    erased: datetime | None = None


#: Nobody did anything yet.
PLAIN = Handling()

attrs.resolve_types(Handling)
#: Attribute → its type, and what reads it from JSON and writes it.
_TYPES: Mapping[str, Any] = {field.name: field.type for field in attrs.fields(Handling)}
_READERS = {name: converter.get_structure_hook(type_) for name, type_ in _TYPES.items()}
_WRITERS = {name: converter.get_unstructure_hook(type_) for name, type_ in _TYPES.items()}


def merge_facts(handling: Handling, facts: Mapping[str, Json]) -> Handling:
    """*handling* with the attributes that *facts* name, given as JSON.

    Raises:
        KeyError: Handling has no such attribute.
        ValueError: a text is no date, or no value of an enumeration.
    """
    changes: dict[str, Any] = {name: _READERS[name](value, _TYPES[name]) for name, value in facts.items()}
    return attrs.evolve(handling, **changes)


def _unstructure(handling: Handling) -> dict[str, Json]:
    """Attributes that differ from those of `PLAIN`, in the order of the class."""
    return {name: write(value) for name, write in _WRITERS.items() if (value := getattr(handling, name)) != getattr(PLAIN, name)}


converter.register_unstructure_hook(Handling, _unstructure)
converter.register_structure_hook(Handling, lambda body, _: merge_facts(PLAIN, body))
