"""The façade: what a portal does with dossiers, in about ten methods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import attrs

from dossierkit.acting import Acting
from dossierkit.dossiers.calendars import day_of
from dossierkit.dossiers.codes import parse_code, spelled_receipt
from dossierkit.dossiers.dossier import Actor, Attachment, Dossier, Event, Query, digest
from dossierkit.dossiers.effects import SendMail
from dossierkit.dossiers.lifecycle import guard, permitted
from dossierkit.dossiers.procedure import Procedure
from dossierkit.dossiers.reports import Period, Report, report
from dossierkit.dossiers.states import Action, Role
from dossierkit.dossiers.supplements import asked_for_nothing, mended, with_documents
from dossierkit.drafting import Drafting, guard_version
from dossierkit.errors import CodeError, ForbiddenAction, RefusedAnswers
from dossierkit.forms.pointers import Json, same
from dossierkit.notices import notices
from dossierkit.verifying import contradictions


class Engine(Drafting):
    """Dossiers of the procedures in a catalog, kept in a store.

    Made by `open_engine`.  An actor who may not see a dossier gets the same answer as if there were none.
    """

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
    ) -> Dossier:
        """The dossier after *action*; `permitted` lists what an actor can do.

        Submitting twice gives the same dossier with the same code.

        Args:
            version: what the actor saw; None takes whatever is stored.
            facts: what the action decides, see `lifecycle.TABLE`; never anything personal.
            note: a reason in words; it lies apart from the history, and can be erased.
            answers, files: with a supplement, as the citizen has them now; only what was asked for is taken.

        Raises:
            UnknownDossier, StaleDossier: as for `save`.
            ForbiddenAction: not in this state, not for this actor, or *facts* say too little.
            RefusedAnswers: a submission or a supplement with problems.
        """
        dossier = self.open(id, actor)
        if action is Action.SUBMIT:
            return self._submit(dossier, actor, version)
        if action is Action.SAVE:
            return self.save(id, dossier.answers, actor, version=dossier.version if version is None else version)
        guard_version(dossier, version)
        procedure, acting = self._acting(dossier, actor, action, facts or {})
        said = {**(facts or {}), **({"note": digest(note, acting.salt)} if note else {})}
        if action is Action.SUPPLEMENT:
            dossier = self._supplemented(dossier, procedure, dossier.answers if answers is None else answers, files)
            said |= acting.digests(dossier)
        guard(dossier, action, actor, said, procedure.workflow)
        if action is Action.REQUEST_SUPPLEMENT:
            self._guard_asked(dossier, procedure, said["asked"])
        return self.store.record(acting.change(dossier, action, said, note))

    def _supplemented(self, dossier: Dossier, procedure: Procedure, answers: Json, files: tuple[Attachment, ...]) -> Dossier:
        form, asked = procedure.form, dossier.handling.asked
        whole = self.whole(form, mended(form, dossier.answers, answers, asked))
        if problems := self.problems(dossier, form, whole):
            raise RefusedAnswers(problems)
        return attrs.evolve(dossier, answers=whole, attachments=with_documents(dossier.attachments, files, asked))

    def _guard_asked(self, dossier: Dossier, procedure: Procedure, asked: Sequence[str]) -> None:
        codes = {code for code, _ in procedure.documents(dossier.answers)}
        if unknown := asked_for_nothing(procedure.form, dossier.answers, codes, asked):
            raise ForbiddenAction(f"{unknown[0]} is no answer and no document of this dossier")

    def permitted(self, dossier: Dossier, actor: Actor) -> tuple[Action, ...]:
        """What *actor* can do to *dossier* now."""
        return permitted(dossier, actor, self.procedure_of(dossier).workflow)

    def _acting(self, dossier: Dossier, actor: Actor, action: Action, facts: Mapping[str, Json]) -> tuple[Procedure, Acting]:
        procedure, owner = self.procedure_of(dossier), self.store.accounts.account(dossier.owner)

        def mails(after: Dossier) -> tuple[SendMail, ...]:
            return notices(owner, dossier, after, procedure, action, facts, self.office)

        now = self.clock.now()
        return procedure, Acting(procedure, actor, self.agency, now, day_of(now), self.tokens.token(), mails, self.office_clock)

    def submit(self, id: str, actor: Actor, *, version: int | None = None) -> Dossier:
        """The dossier with its code; see `act`."""
        return self.act(id, Action.SUBMIT, actor, version=version)

    def find(
        self, actor: Actor, query: Query | None = None, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """The actor's newest dossiers that *query* is about, those older than the dossier called *before*."""
        return self.store.find(actor.id, (query or Query()).folded(), before=before, limit=limit)

    def desk(
        self, actor: Actor, query: Query | None = None, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """What an officer's unit has, newest first, see `find`; nothing for anybody else."""
        seen = _of_the_desk(actor, query or Query())
        return self.store.find(None, seen.folded(), before=before, limit=limit) if seen is not None else ()

    def desk_count(self, actor: Actor, query: Query) -> int:
        """How many dossiers of an officer's unit *query* is about; words, codes and days of submission do not count."""
        seen = _of_the_desk(actor, query)
        return sum(self.store.count(seen).values()) if seen is not None else 0

    def history(self, dossier: Dossier) -> tuple[Event, ...]:
        """What happened to *dossier*."""
        return self.store.events(dossier.id)

    def lookup(self, typed: str) -> Dossier | None:
        """The dossier with the code or the receipt number that somebody typed, or None.

        It comes whole: what a stranger may see of it is the caller's to choose.

        Raises:
            CodeError: it is neither.
        """
        try:
            return self.store.by_code(parse_code(typed))
        except CodeError:
            found = self.store.by_receipt(spelled_receipt(typed))
            if found is None and "/" not in typed:
                raise
            return found

    def report(self, period: Period, *, by: Sequence[str] = (), as_of: date | None = None) -> Report:
        """What came in, was resolved and is in progress in *period*, see `dossiers.reports`.

        Args:
            by: dimensions that lines are told apart by: `unit`, `sector`, `procedure`, `channel`.
            as_of: the day up to which things are known; today where None.
        """
        return report(self.store.sums, period, as_of=as_of or self.today(), by=by)

    def _submit(self, dossier: Dossier, actor: Actor, version: int | None) -> Dossier:
        if dossier.code is not None:
            return dossier
        guard_version(dossier, version)
        procedure, acting = self._acting(dossier, actor, Action.SUBMIT, {})
        guard(dossier, Action.SUBMIT, actor, {}, procedure.workflow)
        form = procedure.form
        answers = self.whole(form, dossier.answers)
        changed = not same(answers, dossier.answers)
        if problems := self.problems(dossier, form, answers):
            raise RefusedAnswers(problems)
        ready = attrs.evolve(dossier, answers=answers) if changed else dossier
        return self.store.record(acting.submission(ready, answers=changed))

    def verify(self) -> Iterator[str]:
        """What in the store contradicts something else, in words."""
        return contradictions(self.store)


def _of_the_desk(actor: Actor, query: Query) -> Query | None:
    """*query* within what *actor* may see; None where that is nothing."""
    if actor.is_citizen or not (actor.unit or actor.role is Role.ADMIN):
        return None
    return attrs.evolve(query, unit=actor.unit or query.unit)
