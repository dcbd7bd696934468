"""Records of actions, which a store writes in one transaction: event, drawn number, search words and mails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

import attrs

from dossierkit.dossiers.codes import CodeTemplate, DossierCode, ReceiptTemplate, letter_number, series_of
from dossierkit.dossiers.deadlines.dossier_clock import OfficeClock
from dossierkit.dossiers.lifecycle.dossier import RESULT, Actor, Attachment, Dossier, Event, Note, chained, digests, message_files
from dossierkit.dossiers.lifecycle.event_facts import (
    AcceptFacts,
    BillChange,
    ClockChange,
    CompleteFacts,
    Facts,
    LetterFacts,
    MessageFacts,
    PaymentFacts,
    SubmitFacts,
    changed_by,
    fact,
)
from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.money.attempts import Attempt, Progress, attempt_ref
from dossierkit.dossiers.money.fees import Collect, fees, owed
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import Action, Payment
from dossierkit.forms import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Layout, embeds
from dossierkit.forms.fields.options import option_titles
from dossierkit.forms.views.personal_data import without_secrets
from dossierkit.pointers import Json, drop, texts_in
from dossierkit.ports import ActionRecord, Position
from dossierkit.text import fold, place_words


@attrs.frozen
class Recording:
    """Makes the record of one action by *actor* at the time *now*, with its mails."""

    procedure: Procedure
    actor: Actor
    agency: str
    now: datetime
    today: date
    mails: Callable[[Dossier], tuple[SendMail, ...]]
    clock: OfficeClock
    #: Id of the request that the action belongs to; None: none.
    request: str | None = None

    def submission(self, dossier: Dossier, *, answers: bool, code: DossierCode | None = None) -> ActionRecord:
        """A draft on its way to its code.

        Args:
            answers: whether they differ from the stored ones.
            code: the code of another portal; None draws a new one.
        """
        template, agency = CodeTemplate(self.procedure.code_template), self.procedure.agency or self.agency
        stated = SubmitFacts(
            agency=agency,
            day=self.today,
            unit=self.procedure.unit,
            sector=self.procedure.sector,
            channel=dossier.handling.channel,
            declared=self.procedure.declared(dossier, dossier.answers) or None,
            clock=ClockChange(answer_by=self.clock.answer_by(self.now)),
            digests=digests(dossier),
            revision=dossier.revision,
            bill=self._costs(dossier, Collect.SUBMISSION),
            request=self.request,
        )

        def event(place: Position) -> Event:
            if code is None:
                drawn = template.issue(agency, self.today, place.drawn).text
                facts = attrs.evolve(stated, code=drawn, number=place.drawn)
            else:
                facts = attrs.evolve(stated, code=code.text, imported=True)
            return chained(dossier.id, place.number, Action.SUBMIT, self.actor.id, self.now, facts, place.before)

        return ActionRecord(
            dossier,
            event,
            series=(agency, self.today.isoformat()) if code is None else None,
            answers=answers,
            search=search_words(self.procedure, dossier.answers),
            mails=self.mails,
            once=True,
        )

    def change(
        self,
        dossier: Dossier,
        action: Action,
        facts: Facts,
        note: Note,
        *,
        answers: bool = False,
        search: str | None = None,
        paid: tuple[Attempt, Progress] | None = None,
    ) -> ActionRecord:
        """The record of any other action; acceptance draws a receipt number.

        Args:
            answers: whether the answers or files of *dossier* changed.
            search: the words that it is found by from now on; None: those of before.
            paid: the attempt that settles it, and its progress until now.
        """
        agency, series = dossier.agency or self.agency, series_of(action, self.today)
        takes_cash = action is Action.SETTLE and paid is None and facts.bill.payment is Payment.PAID
        change = ActionRecord(
            _erased(dossier) if action is Action.ERASE else dossier,
            self._event(dossier, action, self._timed(dossier, action, facts), cash=takes_cash),
            series=(agency, series) if series is not None else None,
            answers=answers or action is Action.ERASE,
            search=search,
            mails=self.mails,
            note=note,
            forget=action is Action.ERASE,
        )
        if paid is not None:
            return attrs.evolve(change, paid=lambda _: paid[0], paid_before=paid[1])
        return attrs.evolve(change, paid=self._cash(dossier)) if takes_cash else change

    def _event(self, dossier: Dossier, action: Action, stated: Facts, *, cash: bool) -> Callable[[Position], Event]:
        """A function that makes the event of *action* once the store knows its position."""
        template, agency = ReceiptTemplate(self.procedure.receipt_template), dossier.agency or self.agency

        def event(place: Position) -> Event:
            # Never before the last posting, even if the clock was set back.
            posted = max(self.today, place.posted or self.today)
            facts = attrs.evolve(stated, posted=posted, request=self.request)
            match facts:
                case AcceptFacts():
                    receipt = template.issue(agency, self.today, place.drawn)
                    facts = attrs.evolve(facts, receipt=receipt, number=place.drawn)
                case CompleteFacts():
                    facts = attrs.evolve(facts, spanned=posted.year)
                case LetterFacts():
                    facts = attrs.evolve(facts, letter=letter_number(action, self.today, place.drawn), number=place.drawn)
                case PaymentFacts() if cash:
                    ref = f"{attempt_ref(str(dossier.code), place.number)}C"
                    facts = attrs.evolve(facts, ref=ref, gateway="cash")
            return chained(dossier.id, place.number, action, self.actor.id, self.now, facts, place.before)

        return event

    def _timed(self, dossier: Dossier, action: Action, facts: Facts) -> Facts:
        """*facts* with those about time, and those of the kind of event, that do not depend on its position."""
        clock = self.clock.change(dossier, action, self.procedure, self.now, facts.clock.due)
        timed = attrs.evolve(facts, clock=changed_by(clock, facts.clock), day=self.today)
        match timed:
            case MessageFacts():
                return attrs.evolve(timed, by="owner" if self.actor.id == dossier.owner else "office")
            case CompleteFacts():
                accepted = dossier.handling.accepted
                days = self.clock.days(accepted, self.now) if accepted is not None else None
                bill = changed_by(self._costs(dossier, Collect.RESULT), timed.bill)
                return attrs.evolve(timed, days=days, bill=bill)
        return timed

    def _costs(self, dossier: Dossier, collect: Collect) -> BillChange:
        """The change of the bill by the fees that fall due at *collect*; empty if they were billed before."""
        billed = dossier.handling.money.billed
        amount = owed(fees(self.procedure, dossier.answers, dossier.handling.channel), collect)
        if amount == 0 or collect.value in billed:
            return BillChange()
        if amount is None or dossier.handling.money.payment is Payment.UNDECIDED:
            return BillChange(payment=Payment.UNDECIDED, billed=(*billed, collect.value))
        return BillChange(payment=Payment.DUE, amount=amount, billed=(*billed, collect.value))

    def _cash(self, dossier: Dossier) -> Callable[[Event], Attempt]:
        """The attempt that records cash received by an officer."""
        amount, now = dossier.handling.money.amount, self.now

        def attempt(event: Event) -> Attempt:
            ref = fact(event.facts, "ref")
            return Attempt(str(ref), dossier.id, amount, "cash", now, Progress.PAID, at=now)

        return attempt


def _erased(dossier: Dossier) -> Dossier:
    return attrs.evolve(dossier, answers={}, attachments=(), owner="", salt="", layout=Layout())


def search_words(procedure: Procedure, answers: Json) -> str:
    """The folded words that a dossier is found by: its title, the texts in its answers, and the places that they name."""
    for field in walk(effective(procedure.form, answers)) if procedure.form.schemas.any_schema(_is_encoded) else ():
        answers = drop(answers, field.pointer) if embeds(field) else answers
    answers = without_secrets(procedure.form, answers)
    words = fold(" ".join((procedure.title(), *texts_in(answers))))
    return " ".join((words, *map(place_words, option_titles(procedure.form, answers))))


def _is_encoded(schema: Mapping[str, Json]) -> bool:
    return "contentEncoding" in schema


def filed(dossier: Dossier, facts: CompleteFacts | MessageFacts, files: tuple[Attachment, ...], tag: str) -> Dossier:
    """*dossier* with the *files* of its result or of a message, to which the event refers by *tag*."""
    kept = dossier.attachments
    if isinstance(facts, CompleteFacts):
        # The former result was withdrawn; it is stored, but not shown.
        kept, document = tuple(attrs.evolve(f, document=f"{RESULT}:void") if f.document == RESULT else f for f in kept), RESULT
    else:
        document = message_files(tag)
    return attrs.evolve(dossier, attachments=(*kept, *(attrs.evolve(file, document=document) for file in files)))
