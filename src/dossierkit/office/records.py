"""Records of actions, which a store writes in one transaction: event, drawn number, search words and mails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

import attrs

from dossierkit.dossiers.codes import LETTERS, CodeTemplate, DossierCode, ReceiptTemplate, letter_number, series_of
from dossierkit.dossiers.deadlines.clock import OfficeClock
from dossierkit.dossiers.lifecycle.dossier import RESULT, Actor, Attachment, Dossier, Event, Said, chained, digests, message_files
from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.money.attempts import Attempt, Progress, attempt_ref
from dossierkit.dossiers.money.fees import Collect, fees, owed
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import Action, Payment
from dossierkit.errors import ForbiddenAction
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

    def submission(self, dossier: Dossier, *, answers: bool, code: DossierCode | None = None) -> ActionRecord:
        """A draft on its way to its code.

        Args:
            answers: whether they differ from the stored ones.
            code: the code of another portal; None draws a new one.
        """
        template, agency = CodeTemplate(self.procedure.code_template), self.procedure.agency or self.agency
        said = {
            "agency": agency,
            "day": self.today.isoformat(),
            "unit": self.procedure.unit,
            "sector": self.procedure.sector,
            "channel": int(dossier.handling.channel),
            **({"declared": [*declared]} if (declared := self.procedure.declared(dossier, dossier.answers)) else {}),
            "answer_by": self.clock.answer_by(self.now).isoformat(),
            **digests(dossier),
            "revision": dossier.revision,
            **self._costs(dossier, Collect.SUBMISSION),
        }

        def event(place: Position) -> Event:
            drawn = template.issue(agency, self.today, place.drawn).text if code is None else code.text
            facts = {"code": drawn, **({"number": place.drawn} if code is None else {"imported": True}), **said}
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
        facts: Mapping[str, Json],
        said: Said,
        *,
        answers: bool = False,
        paid: tuple[Attempt, Progress] | None = None,
    ) -> ActionRecord:
        """The record of any other action; acceptance draws a receipt number.

        Args:
            answers: whether the answers or files of *dossier* changed.
            paid: the attempt that settles it, and its progress until now.
        """
        agency, series = dossier.agency or self.agency, series_of(action, self.today)
        takes_cash = action is Action.SETTLE and paid is None and facts.get("payment") == Payment.PAID.value
        change = ActionRecord(
            _erased(dossier) if action is Action.ERASE else dossier,
            self._event(dossier, action, self._told(dossier, action, facts), cash=takes_cash),
            series=(agency, series) if series is not None else None,
            answers=answers or action is Action.ERASE,
            search=search_words(self.procedure, dossier.answers) if action is Action.SUPPLEMENT else None,
            mails=self.mails,
            said=said,
            forget=action is Action.ERASE,
        )
        if paid is not None:
            return attrs.evolve(change, paid=lambda _: paid[0], paid_before=paid[1])
        return attrs.evolve(change, paid=self._cash(dossier)) if takes_cash else change

    def _event(self, dossier: Dossier, action: Action, told: Mapping[str, Json], *, cash: bool) -> Callable[[Position], Event]:
        """A function that makes the event of *action* once the store knows its position."""
        template, agency = ReceiptTemplate(self.procedure.receipt_template), dossier.agency or self.agency

        def event(place: Position) -> Event:
            # Never before the last posting, even if the clock was set back.
            facts = {**told, "posted": max(self.today, place.posted or self.today).isoformat()}
            if action is Action.ACCEPT:
                facts |= {"receipt": template.issue(agency, self.today, place.drawn), "number": place.drawn}
            if action is Action.COMPLETE:
                facts["spanned"] = int(str(facts["posted"])[:4])
            if action in LETTERS:
                facts |= {"letter": letter_number(action, self.today, place.drawn), "number": place.drawn}
            if cash:
                facts |= {"ref": f"{attempt_ref(str(dossier.code), place.number)}C", "gateway": "cash"}
            return chained(dossier.id, place.number, action, self.actor.id, self.now, facts, place.before)

        return event

    def _told(self, dossier: Dossier, action: Action, facts: Mapping[str, Json]) -> dict[str, Json]:
        """The facts of the event of *action* that do not depend on its position."""
        timed = self.clock.facts(dossier, action, self.procedure, self.now, facts)
        costs = self._costs(dossier, Collect.RESULT) if action is Action.COMPLETE else {}
        by = {"by": "owner" if self.actor.id == dossier.owner else "office"} if action is Action.MESSAGE else {}
        return {**timed, **costs, **facts, **by, "day": self.today.isoformat()}

    def _costs(self, dossier: Dossier, collect: Collect) -> dict[str, Json]:
        """The facts of the fees that fall due at *collect*; empty if they were billed before."""
        billed = dossier.handling.money.billed
        amount = owed(fees(self.procedure, dossier.answers, dossier.handling.channel), collect)
        if amount == 0 or collect.value in billed:
            return {}
        if amount is None or dossier.handling.money.payment is Payment.UNDECIDED:
            return {"payment": Payment.UNDECIDED.value, "billed": [*billed, collect.value]}
        return {"payment": Payment.DUE.value, "amount": amount, "billed": [*billed, collect.value]}

    def _cash(self, dossier: Dossier) -> Callable[[Event], Attempt]:
        """The attempt that records cash received by an officer."""
        amount, now = dossier.handling.money.amount, self.now
        return lambda event: Attempt(event.facts["ref"], dossier.id, amount, "cash", now, Progress.PAID, at=now)


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


def filed(dossier: Dossier, action: Action, files: tuple[Attachment, ...], tag: str) -> tuple[Dossier, str]:
    """*dossier* with the *files* of a message or of its result, and the tag by which an event tells them.

    Raises:
        ForbiddenAction: nothing else that is done brings files.
    """
    kept = dossier.attachments
    if action is Action.COMPLETE:
        # The former result was withdrawn; it is stored, but not shown.
        kept, document = tuple(attrs.evolve(f, document=f"{RESULT}:void") if f.document == RESULT else f for f in kept), RESULT
    elif action is Action.MESSAGE:
        document = message_files(tag)
    else:
        raise ForbiddenAction(f"the action {action.value} takes no files")
    return attrs.evolve(dossier, attachments=(*kept, *(attrs.evolve(one, document=document) for one in files))), tag
