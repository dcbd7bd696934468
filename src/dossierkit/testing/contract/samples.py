"""Drafts, actions, accounts and mails that the contracts share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import attrs

from dossierkit.dossiers.codes import CodeTemplate, ReceiptTemplate
from dossierkit.dossiers.ledger.ledger import postings, spans
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, Note, chained
from dossierkit.dossiers.lifecycle.event_facts import AcceptFacts, BeginFacts, ClockChange, SubmitFacts, facts_of
from dossierkit.dossiers.lifecycle.transitions import step
from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.states import Action, State
from dossierkit.ports import ActionRecord, ImportedDossier, Position, Store

DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
AGENCY = "H29.15"


def new_draft(store: Store, id: str, owner: str = "an") -> Dossier:
    """A draft in *store*."""
    dossier = Dossier(id, "1.000001", "r1", owner, State.DRAFT, 1, NOON, NOON, {"a": [1, {"b": "đất"}]})
    store.create(dossier, chained(id, 1, Action.BEGIN, owner, NOON, BeginFacts(), ""), b"bundle")
    return dossier


def action(dossier: Dossier, action: Action, at: datetime = NOON, **rest: Any) -> ActionRecord:
    """*action* on *dossier*; of *rest*, attributes of `ActionRecord` are those, everything else is a fact of the event."""
    attributes = {name: rest.pop(name) for name in [*rest] if name in attrs.fields_dict(ActionRecord)}

    def event(position: Position) -> Event:
        return chained(dossier.id, position.number, action, "officer", at, facts_of(action, rest), position.before)

    return ActionRecord(dossier, event, **attributes)


def submission(dossier: Dossier, agency: str = AGENCY, search: str = "dat dai", unit: str = "") -> ActionRecord:
    """The submission of a draft, with the next code of the day."""

    def event(position: Position) -> Event:
        facts = SubmitFacts(code=CodeTemplate().issue(agency, DAY, position.drawn).text, agency=agency, unit=unit)
        return chained(dossier.id, position.number, Action.SUBMIT, dossier.owner, NOON, facts, position.before)

    return ActionRecord(dossier, event, series=(agency, DAY.isoformat()), answers=True, search=search, once=True)


def acceptance(dossier: Dossier, note: str = "", due: datetime = NOON) -> ActionRecord:
    """The acceptance of a dossier, with the next receipt number of the year."""

    def event(position: Position) -> Event:
        receipt = ReceiptTemplate().issue(AGENCY, DAY, position.drawn)
        facts = AcceptFacts(receipt=receipt, clock=ClockChange(due=due))
        return chained(dossier.id, position.number, Action.ACCEPT, "officer", NOON, facts, position.before)

    return ActionRecord(dossier, event, series=(AGENCY, "2026"), note=Note(note))


def imported(id: str, number: int) -> ImportedDossier:
    """An accepted dossier of another system, with the code of this number of the day."""
    draft = Dossier(id, "1.000001", "r1", "an", State.DRAFT, 1, NOON, NOON, {"name": "An"})
    begun = chained(id, 1, Action.BEGIN, "an", NOON, BeginFacts(), "")
    code = CodeTemplate().issue(AGENCY, DAY, number).text
    facts = SubmitFacts(code=code, agency=AGENCY, number=number, day=DAY)
    submitted = chained(id, 2, Action.SUBMIT, "an", NOON, facts, begun.hash)
    sent = step(draft, submitted)
    accepted = chained(id, 3, Action.ACCEPT, "officer", NOON, AcceptFacts(clock=ClockChange(due=NOON)), submitted.hash)
    dossier = step(sent, accepted)
    return ImportedDossier(
        dossier,
        (begun, submitted, accepted),
        postings(sent, accepted, dossier),
        spans(sent, accepted, dossier),
        search="nguyen an",
        notes={3: Note("đủ")},
    )


def account(id: str, mail: str = "", **rest: Any) -> Account:
    """An account whose address is *mail*, or made of its id."""
    return Account(id, mail or f"{id}@example.vn", NOON, **rest)


def mail(key: str, to: str = "an@example.vn") -> SendMail:
    """A mail with both forms of its text."""
    return SendMail(key, to, "Tiêu đề", "chữ", "<p>chữ</p>")
