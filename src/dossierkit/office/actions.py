"""Actions on dossiers: each is checked, recorded in one transaction, and reported by mail to the people concerned."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from time import perf_counter

import attrs

from dossierkit.converter import UnreadableValue
from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.deadlines.calendars import day_of
from dossierkit.dossiers.lifecycle.dossier import Actor, Attachment, Dossier, Note, digest, digests, works_on
from dossierkit.dossiers.lifecycle.event_facts import (
    AcceptFacts,
    AssignFacts,
    BillChange,
    CompleteFacts,
    Facts,
    MessageFacts,
    RequestSupplementFacts,
    SubmitFacts,
    SupplementFacts,
    stated_facts,
)
from dossierkit.dossiers.lifecycle.supplements import asked_for_nothing
from dossierkit.dossiers.lifecycle.transitions import guard, permitted
from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.money.attempts import Attempt, Progress
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import Action
from dossierkit.errors import ForbiddenAction, RefusedAnswers, StaleDossier
from dossierkit.forms.fields.form import Layout
from dossierkit.forms.lint.comparison import after_moves
from dossierkit.forms.views.changes import changes
from dossierkit.hidden_characters import hidden_character
from dossierkit.mail.notices import notices
from dossierkit.office.action_records import Recording, filed, search_words
from dossierkit.office.answer_checks import AnswerChecks
from dossierkit.office.contacts import keep_contact
from dossierkit.office.context import Context
from dossierkit.office.dossiers import Dossiers, printed_code
from dossierkit.office.drafts import Drafts, guard_version
from dossierkit.office.procedures import Procedures
from dossierkit.office.supplements import Supplements
from dossierkit.pointers import ABSENT, Json, get, same
from dossierkit.ports import ActionRecord
from dossierkit.request_ids import current_request

_log = logging.getLogger(__name__)

#: An actor who has missed more messages than this must reload the dossier before acting.
_MESSAGES = 50


@attrs.frozen(eq=False)
class Actions:
    """The actions on a dossier after its draft was begun."""

    context: Context
    procedures: Procedures
    checks: AnswerChecks
    dossiers: Dossiers
    drafts: Drafts
    supplements: Supplements

    def act(
        self,
        id: str,
        action: Action,
        actor: Actor,
        *,
        version: int | None = None,
        facts: Mapping[str, Json] | None = None,
        note: str = "",
        answers: Json = None,
        files: tuple[Attachment, ...] = (),
        layout: Layout | None = None,
        paid: tuple[Attempt, Progress] | None = None,
    ) -> Dossier:
        """See `Engine.act`."""
        dossier = self.dossiers.open(id, actor)
        keep_contact(self.context, actor)
        if paid is None:
            # Payments are never refused because of hidden characters in the texts of a gateway.
            _guard_readable(note, *(value for value in (facts or {}).values() if isinstance(value, str)))
        if action in (Action.SUBMIT, Action.SAVE):
            return self._submit(dossier, action, actor, dossier.version if version is None else version)
        self._guard_seen(dossier, version)
        stated = _stated(action, facts or {})
        stated = attrs.evolve(stated, note=digest(note, dossier.salt)) if note else stated
        procedure, recording = self._recording(dossier, actor, action, stated.bill)
        changed, stated = self._changed(dossier, action, stated, answers, files, layout)
        guard(dossier, action, actor, stated, procedure.workflow)
        self._guard_places(dossier, procedure, stated)
        self._guard_officer(dossier, stated)
        words = Note(note, dossier.answers if action is Action.SUPPLEMENT else None)
        search = None
        if action is Action.SUPPLEMENT:
            # The supplement may bring the dossier to a newer revision, whose form knows what its answers mean.
            search = search_words(self.supplements.wanted(dossier)[0], changed.answers)
        record = recording.change(changed, action, stated, words, answers=changed is not dossier, search=search, paid=paid)
        return self._store(action, record)

    def message(self, id: str, actor: Actor, words: str, *, files: tuple[Attachment, ...] = ()) -> Dossier:
        """See `Engine.message`."""
        while True:
            try:
                return self.act(id, Action.MESSAGE, actor, note=words, files=files)
            except StaleDossier:
                continue  # the dossier was changed meanwhile; a message fits every version

    def take_in(self, id: str, actor: Actor, code: DossierCode) -> Dossier:
        """See `Engine.take_in`."""
        dossier = self.dossiers.open(id, actor)
        own = self.procedures.of(dossier).agency or self.context.agency
        if code.text.rsplit("-", 2)[0] == own:
            raise ForbiddenAction(f"codes of {own} are issued here and cannot be imported")
        other = self.context.store.by_code(code)
        if other is not None and other.id != dossier.id:
            raise ForbiddenAction(f"there is already a dossier with the code {code}")
        return self._submit(dossier, Action.SUBMIT, actor, dossier.version, code)

    def ask_update(self, id: str, actor: Actor, *, version: int | None = None, note: str = "") -> Dossier:
        """See `Engine.ask_update`."""
        dossier = self.dossiers.open(id, actor)
        newer = self.procedures.current(dossier.procedure)
        answers = after_moves(dossier.answers, newer.moves)
        differences = changes(self.procedures.of(dossier).form, newer.form, answers)
        # Fields that only moved are answered already.
        answered = {field.pointer for field in differences if field.kind == "added" and get(answers, field.pointer) is not ABSENT}
        asked = [field.pointer for field in differences if field.kind != "removed" and field.pointer not in answered]
        if not asked:
            raise ForbiddenAction("the newer form has no other questions for this dossier")
        self.context.store.keep_bundle(newer.revision, newer.bundle.canonical())
        facts = {"asked": asked, "update": newer.revision}
        return self.act(id, Action.REQUEST_SUPPLEMENT, actor, version=version, facts=facts, note=note)

    def permitted(self, dossier: Dossier, actor: Actor) -> tuple[Action, ...]:
        """See `Engine.permitted`."""
        return permitted(dossier, actor, self.procedures.of(dossier).workflow)

    def _guard_seen(self, dossier: Dossier, version: int | None) -> None:
        """Raise StaleDossier unless *version* is current, or only messages were added since, which affect no decision."""
        behind = dossier.version - version if version is not None else 0
        since = self.dossiers.history(dossier)[-behind:] if 0 < behind <= _MESSAGES else ()
        if not since or any(event.action is not Action.MESSAGE for event in since):
            guard_version(dossier, version)

    def _changed(
        self,
        dossier: Dossier,
        action: Action,
        facts: Facts,
        answers: Json,
        files: tuple[Attachment, ...],
        layout: Layout | None,
    ) -> tuple[Dossier, Facts]:
        """*dossier* with the answers and files of *action*, and *facts* with those about them."""
        if isinstance(facts, SupplementFacts):
            typed = self.supplements.wanted(dossier)[1] if answers is None else answers
            changed = self.supplements.supplemented(dossier, typed, files, layout, facts.declared or ())
            declared = self.supplements.declared(dossier, changed.answers, facts.declared or ()) or None
            unchanged = True if declared is None and self.supplements.is_as_before(dossier, changed) else None
            bill = self.supplements.rebilled(dossier, changed)
            stated = attrs.evolve(facts, digests=digests(changed), unchanged=unchanged, declared=declared, bill=bill)
            return changed, stated
        if action in (Action.REFUSE, Action.WITHDRAW, Action.STOP):
            return dossier, attrs.evolve(facts, bill=self.supplements.refundable(dossier))
        if not files:
            return dossier, facts
        if not isinstance(facts, CompleteFacts | MessageFacts):
            raise ForbiddenAction(f"the action {action.value} takes no files")
        tag = self.context.tokens.token()
        changed = filed(dossier, facts, files, tag)
        return changed, attrs.evolve(facts, files=tag, digests=digests(changed))

    def _guard_places(self, dossier: Dossier, procedure: Procedure, facts: Facts) -> None:
        """Raise ForbiddenAction for unknown answers or documents, or an acceptance with documents missing."""
        codes = {code for code, _ in procedure.documents(dossier.answers)}
        if (
            isinstance(facts, RequestSupplementFacts)
            and not facts.update
            and (unknown := asked_for_nothing(procedure.form, dossier.answers, codes, facts.asked or ()))
        ):
            raise ForbiddenAction(f"{unknown[0]} cannot be corrected by the owner: no such answer or document", "needs-asked")
        if isinstance(facts, AcceptFacts) and (missing := {*procedure.missing(dossier)} - {*(facts.paper or ())}):
            message = f"documents are missing: {', '.join(sorted(missing))}; say which were handed in on paper"
            raise ForbiddenAction(message, "needs-paper")

    def _guard_officer(self, dossier: Dossier, facts: Facts) -> None:
        """Raise ForbiddenAction for an assignment to an account that does not work on dossiers of the unit.

        Officers without an account are the host portal's own; it knows their units.
        """
        officer = self.context.store.accounts.account(facts.officer) if isinstance(facts, AssignFacts) and facts.officer else None
        if officer is not None and not works_on(dossier, officer.actor):
            unit = dossier.handling.unit or "no unit"
            raise ForbiddenAction(f"{officer.id} does not work on dossiers of {unit}", "other-unit")

    def _recording(self, dossier: Dossier, actor: Actor, action: Action, bill: BillChange) -> tuple[Procedure, Recording]:
        procedure, owner = self.procedures.of(dossier), self.context.store.accounts.account(dossier.owner)
        # Read first, as mails are written inside the transaction, where the store allows no other reads.
        key = self.context.check_key()

        def mails(after: Dossier) -> tuple[SendMail, ...]:
            officer = self.context.store.accounts.account(after.handling.officer) if action is Action.MESSAGE else None
            if owner is None and officer is None:
                return ()
            return notices(
                owner,
                officer,
                dossier,
                after,
                procedure,
                action,
                bill,
                self.context.office,
                printed_code(key, after),
            )

        now, clock = self.context.now(), self.context.office_clock
        request = current_request.get() or None
        return procedure, Recording(procedure, actor, self.context.agency, now, day_of(now), mails, clock, request)

    def _submit(self, dossier: Dossier, action: Action, actor: Actor, version: int, code: DossierCode | None = None) -> Dossier:
        """Save or submit the draft; a dossier that was submitted already is returned unchanged."""
        if action is Action.SAVE:
            return self.drafts.save(dossier.id, dossier.answers, actor, version=version, layout=dossier.layout)
        if dossier.code is not None:
            return dossier
        guard_version(dossier, version)
        procedure, recording = self._recording(dossier, actor, Action.SUBMIT, BillChange())
        guard(dossier, Action.SUBMIT, actor, SubmitFacts(), procedure.workflow)
        form = procedure.form
        answers = self.checks.whole(form, dossier.answers, dossier.layout)
        changed = not same(answers, dossier.answers) or dossier.layout != Layout()
        if problems := (*self.checks.problems(dossier, form, answers), *procedure.unsent(dossier, answers)):
            raise RefusedAnswers(problems)
        changed = changed or bool(dossier.declared)
        ready = attrs.evolve(dossier, answers=answers, layout=Layout()) if changed else dossier
        return self._store(Action.SUBMIT, recording.submission(ready, answers=changed, code=code))

    def _store(self, action: Action, record: ActionRecord) -> Dossier:
        """Store *record* and return the dossier after *action*, which is logged without answers, names and reasons."""
        begun = perf_counter()
        dossier = self.context.store.record(record)
        self.context.observe(action, perf_counter() - begun)
        _log.info("%s of %s", action.value, dossier.code or dossier.procedure, extra={"action": action.value})
        return dossier


def _stated(action: Action, body: Mapping[str, Json]) -> Facts:
    """See `stated_facts`; raises ForbiddenAction for a fact that is not of its type."""
    try:
        return stated_facts(action, body)
    except UnreadableValue as error:
        raise ForbiddenAction(str(error), f"needs-{error.name}") from error


def _guard_readable(*texts: str) -> None:
    """Raise ForbiddenAction if one of *texts* holds a hidden character."""
    for text in texts:
        if hidden := hidden_character(text):
            raise ForbiddenAction(
                f"the text holds {hidden.code} at character {hidden.index + 1}; type it again", "hidden-character"
            )
