"""The facts of events: one class for each kind of event, in `KINDS`.

An event states decisions, never personal data: answers, files and notes appear as salted digests.  An attribute is None if the
event does not state it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypeVar

import attrs

from dossierkit.converter import FlatJson, converter
from dossierkit.dossiers.lifecycle.handling import DossierClock, Money
from dossierkit.dossiers.states import Action, Channel, Outcome, Payment
from dossierkit.dossiers.time_limits import TimeLimit
from dossierkit.pointers import Json


@attrs.frozen
class ClockChange:
    """The change of a `DossierClock`."""

    due: datetime | None = None
    estimated: bool | None = None
    promised: bool | None = None
    answer_by: datetime | None = None
    limit: TimeLimit | None = None
    left: int | None = None
    until: datetime | None = None


@attrs.frozen
class BillChange:
    """The change of the fees of a dossier, see `Money`."""

    payment: Payment | None = None
    amount: int | None = None
    billed: tuple[str, ...] | None = None
    #: The amount by which the surplus changes, in đồng.
    surplus: int | None = None


@attrs.frozen
class Digests:
    """Salted digests of answers and files: they prove them, and tell nothing about them."""

    answers: str | None = None
    attachments: str | None = None


@attrs.frozen(kw_only=True)
class Facts:
    """Facts that any event may state; the class of events without facts of their own."""

    #: Digest of the note.
    note: str | None = None
    #: The local day of the action.
    day: date | None = None
    #: The day that the ledger counts it on.
    posted: date | None = None
    clock: ClockChange = ClockChange()
    bill: BillChange = BillChange()
    digests: Digests = Digests()
    #: Id of the request that caused it, which its log lines have; None: no request did.
    request: str | None = None
    #: Facts that this version does not know or would write differently; they stay as they were hashed.
    others: Mapping[str, Json] = attrs.field(factory=dict, hash=False)


@attrs.frozen(kw_only=True)
class BeginFacts(Facts):
    """A draft was begun."""

    revision: str | None = None
    #: None: online.
    channel: Channel | None = None


@attrs.frozen(kw_only=True)
class SubmitFacts(Facts):
    """A dossier was submitted."""

    code: str | None = None
    #: Number drawn for the code; None if another portal issued it.
    number: int | None = None
    imported: bool | None = None
    agency: str | None = None
    unit: str | None = None
    sector: str | None = None
    channel: Channel | None = None
    #: Codes of documents that come on paper.
    declared: tuple[str, ...] | None = None
    revision: str | None = None


@attrs.frozen(kw_only=True)
class AcceptFacts(Facts):
    """A dossier was accepted."""

    receipt: str | None = None
    #: Number drawn for the receipt.
    number: int | None = None
    #: Codes of documents that were handed in on paper.
    paper: tuple[str, ...] | None = None


@attrs.frozen(kw_only=True)
class LetterFacts(Facts):
    """A letter was sent to the owner: a refusal, an extension, a stop."""

    #: Its number in the books of the agency, and the number drawn for it.
    letter: str | None = None
    number: int | None = None


@attrs.frozen(kw_only=True)
class RequestSupplementFacts(LetterFacts):
    """The office asked for a supplement, see `RequestedSupplement`."""

    asked: tuple[str, ...] | None = None
    reasons: Mapping[str, str] | None = attrs.field(default=None, hash=False)
    update: str | None = None


@attrs.frozen(kw_only=True)
class SupplementFacts(Facts):
    """The owner sent a supplement."""

    #: Codes of requested documents that come on paper.
    declared: tuple[str, ...] | None = None
    #: True if it changed nothing.
    unchanged: bool | None = None


@attrs.frozen(kw_only=True)
class AssignFacts(Facts):
    """A dossier was assigned to an officer."""

    officer: str | None = None


@attrs.frozen(kw_only=True)
class AdvanceFacts(Facts):
    """A dossier reached a step of its procedure."""

    step: str | None = None


@attrs.frozen(kw_only=True)
class PaymentFacts(Facts):
    """Money came in, or was waived."""

    #: Reference and gateway of the attempt to pay.
    ref: str | None = None
    gateway: str | None = None


@attrs.frozen(kw_only=True)
class ProposeFacts(Facts):
    """An officer proposed an outcome."""

    outcome: Outcome | None = None


@attrs.frozen(kw_only=True)
class CompleteFacts(Facts):
    """A dossier was completed, see `Result`."""

    outcome: Outcome | None = None
    days: int | None = None
    spanned: int | None = None
    #: Tag of the files of the result.
    files: str | None = None


@attrs.frozen(kw_only=True)
class HandOverFacts(Facts):
    """The result was handed over."""

    #: A word of `states.EVIDENCE`.
    evidence: str | None = None


@attrs.frozen(kw_only=True)
class MessageFacts(Facts):
    """A message was written."""

    #: `owner` or `office`.
    by: str | None = None
    #: Tag of its files, see `message_files`.
    files: str | None = None


#: The class of the facts of each kind of event.
KINDS: Mapping[Action, type[Facts]] = {
    **dict.fromkeys(Action, Facts),
    Action.BEGIN: BeginFacts,
    Action.SUBMIT: SubmitFacts,
    Action.ACCEPT: AcceptFacts,
    Action.REFUSE: LetterFacts,
    Action.EXTEND: LetterFacts,
    Action.STOP: LetterFacts,
    Action.REQUEST_SUPPLEMENT: RequestSupplementFacts,
    Action.SUPPLEMENT: SupplementFacts,
    Action.ASSIGN: AssignFacts,
    Action.ADVANCE: AdvanceFacts,
    Action.SETTLE: PaymentFacts,
    Action.SURPLUS: PaymentFacts,
    Action.PROPOSE: ProposeFacts,
    Action.COMPLETE: CompleteFacts,
    Action.HAND_OVER: HandOverFacts,
    Action.MESSAGE: MessageFacts,
}
_JSON: Mapping[type[Facts], FlatJson[Facts]] = {kind: FlatJson(kind(), rest="others").register() for kind in {*KINDS.values()}}


def facts_of(action: Action, body: Mapping[str, Json]) -> Facts:
    """The facts of an event of this kind, from the JSON that is stored."""
    return converter.structure(body, KINDS[action])


def stated_facts(action: Action, body: Mapping[str, Json]) -> Facts:
    """The facts that a caller states for an action; empty ones count as not stated.

    Raises:
        UnreadableValue: a fact is not of its type.
    """
    stated = {name: value for name, value in body.items() if value not in (None, "", [])}
    _JSON[KINDS[action]].check(stated)
    return facts_of(action, stated)


def fact(facts: Facts, name: str) -> object:
    """The fact called *name* in JSON; None if the event does not state it.

    Raises:
        KeyError: events of this kind do not state it.
    """
    return _JSON[type(facts)].get(facts, name)


_Value = TypeVar("_Value", DossierClock, Money, ClockChange, BillChange)


def changed_by(value: _Value, change: ClockChange | BillChange) -> _Value:
    """*value* with the attributes that *change* states."""
    stated = {field.name: new for field in attrs.fields(type(change)) if (new := getattr(change, field.name)) is not None}
    return attrs.evolve(value, **stated) if stated else value
