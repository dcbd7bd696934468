"""The façade: what a portal does with dossiers, in about ten methods."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import lru_cache

import attrs

from dossierkit.acting import Acting
from dossierkit.catalog import Catalog
from dossierkit.dossiers.calendars import Calendar, day_of
from dossierkit.dossiers.clock import OfficeClock
from dossierkit.dossiers.codes import parse_code, spelled_receipt
from dossierkit.dossiers.dossier import Actor, Attachment, Dossier, Event, Query, chained, digest, may_see
from dossierkit.dossiers.effects import SendMail
from dossierkit.dossiers.lifecycle import guard, permitted, target
from dossierkit.dossiers.procedure import Procedure
from dossierkit.dossiers.states import Action, State
from dossierkit.dossiers.supplements import asked_for
from dossierkit.errors import RefusedAnswers, StaleDossier, UnknownDossier
from dossierkit.forms import canonical, check
from dossierkit.forms.defaults import initial
from dossierkit.forms.form import Form, Problem
from dossierkit.forms.pointers import Json, same
from dossierkit.forms.rules import compute
from dossierkit.letters import Office
from dossierkit.listing import Listed
from dossierkit.notices import notices
from dossierkit.ports import Clock, DossierStore, Tokens
from dossierkit.verifying import contradictions

_log = logging.getLogger(__name__)


class Engine:
    """Dossiers of the procedures in a catalog, kept in a store.

    Made by `open_engine`.  An actor who may not see a dossier gets the same answer as if there were none.
    """

    def __init__(
        self,
        store: DossierStore,
        catalog: Catalog,
        *,
        clock: Clock,
        tokens: Tokens,
        agency: str,
        office: Office | None = None,
        calendar: Callable[[], Calendar] | None = None,
    ) -> None:
        self.store = store
        self.catalog = catalog
        self.agency = agency
        self.office = office or Office()
        self.clock = clock
        self._tokens = tokens
        self.office_clock = OfficeClock(calendar or Calendar)
        self._restored = lru_cache(maxsize=256)(self._restore)

    # --- procedures ----------------------------------------------------------------------------------------------

    def procedures(self, query: str = "", *, language: str = "vi") -> tuple[Listed, ...]:
        """The procedures that hold all words of *query*, accents or not."""
        return self.catalog.list(query=query, language=language)

    def procedure(self, code: str) -> Procedure:
        """The procedure as new drafts get it.

        Raises:
            UnknownProcedure: none has this code.
        """
        return self.catalog.procedure(code)

    def procedure_of(self, dossier: Dossier) -> Procedure:
        """The procedure as it was when *dossier* was begun."""
        return self._restored(dossier.revision, dossier.procedure)

    def _restore(self, revision: str, code: str) -> Procedure:
        bundle = self.store.bundle(revision)
        assert bundle is not None, f"the bundle of revision {revision} is gone from the store"
        return self.catalog.restored(bundle, code)

    # --- the citizen's side --------------------------------------------------------------------------------------

    def begin(self, procedure: str, actor: Actor, answers: Json = None) -> Dossier:
        """A new draft, with the defaults of the form where no *answers* are given.

        Raises:
            UnknownProcedure: none has this code.
        """
        current = self.procedure(procedure)
        now = self.clock.now()
        filled = initial(current.form) if answers is None else answers
        dossier = Dossier(self._tokens.token(), current.code, current.revision, actor.id, State.DRAFT, 1, now, now, filled)
        event = chained(dossier.id, 1, Action.BEGIN, actor.id, now, {"revision": current.revision}, "")
        self.store.create(dossier, event, current.bundle.canonical())
        return dossier

    def open(self, id: str, actor: Actor) -> Dossier:
        """The dossier called *id*, for its owner and, once it was submitted, for the officers of its unit.

        Raises:
            UnknownDossier: there is none, or it is somebody else's.
        """
        dossier = self.store.get(id)
        if dossier is None or not may_see(dossier, actor):
            raise UnknownDossier("no such dossier")
        return dossier

    def save(self, id: str, answers: Json, actor: Actor, *, version: int) -> Dossier:
        """The draft with *answers*, complete or not.

        Raises:
            UnknownDossier: there is none, or it is somebody else's.
            StaleDossier: it is no longer at *version*.
            ForbiddenAction: it is no draft any more.
        """
        dossier = self._draft(id, actor, version)
        computed = compute(self.procedure_of(dossier).form.computed, answers, self.today())
        changed = attrs.evolve(dossier, answers=computed, version=version + 1, changed=self.clock.now())
        self.store.replace(changed)
        return changed

    def _draft(self, id: str, actor: Actor, version: int) -> Dossier:
        dossier = self.open(id, actor)
        target(dossier, Action.SAVE)
        _guard(dossier, version)
        return dossier

    def attach(self, id: str, attachment: Attachment, actor: Actor, *, version: int) -> Dossier:
        """The draft with one more file.

        Raises:
            UnknownDossier, StaleDossier, ForbiddenAction: as for `save`.
        """
        return self._with_files(id, actor, version, lambda files: (*files, attachment))

    def detach(self, id: str, document: str, blob: str, actor: Actor, *, version: int) -> Dossier:
        """The draft without a file; for the rest as `attach`."""
        return self._with_files(
            id, actor, version, lambda files: tuple(f for f in files if (f.document, f.blob) != (document, blob))
        )

    def _with_files(
        self, id: str, actor: Actor, version: int, change: Callable[[tuple[Attachment, ...]], tuple[Attachment, ...]]
    ) -> Dossier:
        dossier = self._draft(id, actor, version)
        files = change(dossier.attachments)
        changed = attrs.evolve(dossier, attachments=files, version=version + 1, changed=self.clock.now())
        self.store.replace(changed)
        return changed

    def move(self, id: str, actor: Actor, *, version: int) -> Dossier:
        """The draft under the revision that new drafts get; its answers stay as they are.

        Raises:
            UnknownDossier, StaleDossier, ForbiddenAction: as for `save`.
            UnknownProcedure: the procedure is no longer offered.
        """
        dossier = self._draft(id, actor, version)
        current = self.procedure(dossier.procedure)
        self.store.keep_bundle(current.revision, current.bundle.canonical())
        changed = attrs.evolve(dossier, revision=current.revision, version=version + 1, changed=self.clock.now())
        self.store.replace(changed)
        return changed

    def check(self, dossier: Dossier) -> tuple[Problem, ...]:
        """What keeps *dossier* from being submitted."""
        form = self.procedure_of(dossier).form
        return self._problems(dossier, form, canonical(form, dossier.answers))

    def _problems(self, dossier: Dossier, form: Form, answers: Json) -> tuple[Problem, ...]:
        problems = check(form, answers, today=self.today())
        for problem in problems:
            if "failure" in problem.params:
                _log.error("a rule of %s fails: %s", dossier.procedure, problem.params["failure"])
        return problems

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
    ) -> Dossier:
        """The dossier after *action*; `permitted` lists what an actor can do.

        Submitting twice gives the same dossier with the same code.

        Args:
            version: what the actor saw; None takes whatever is stored.
            facts: what the action decides, see `lifecycle.TABLE`; never anything personal.
            note: a reason in words; it lies apart from the history, and can be erased.
            answers: with a supplement, the answers as the citizen has them now; only what was asked for is taken.

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
        _guard(dossier, version)
        procedure, acting = self._acting(dossier, actor, action, facts or {})
        said = {**(facts or {}), **({"note": digest(note, acting.salt)} if note else {})}
        if action is Action.SUPPLEMENT:
            dossier = self._supplemented(dossier, procedure, dossier.answers if answers is None else answers)
            said["answers"] = digest(dossier.answers, acting.salt)
        guard(dossier, action, actor, said, procedure.workflow)
        return self.store.record(acting.change(dossier, action, said, note))

    def _supplemented(self, dossier: Dossier, procedure: Procedure, answers: Json) -> Dossier:
        mended = canonical(procedure.form, asked_for(dossier.answers, answers, dossier.handling.asked))
        if problems := self._problems(dossier, procedure.form, mended):
            raise RefusedAnswers(problems)
        return attrs.evolve(dossier, answers=mended)

    def permitted(self, dossier: Dossier, actor: Actor) -> tuple[Action, ...]:
        """What *actor* can do to *dossier* now."""
        return permitted(dossier, actor, self.procedure_of(dossier).workflow)

    def _acting(self, dossier: Dossier, actor: Actor, action: Action, facts: Mapping[str, Json]) -> tuple[Procedure, Acting]:
        procedure, owner = self.procedure_of(dossier), self.store.accounts.account(dossier.owner)

        def mails(after: Dossier) -> tuple[SendMail, ...]:
            return notices(owner, dossier, after, procedure, action, facts, self.office)

        now = self.clock.now()
        return procedure, Acting(procedure, actor, self.agency, now, day_of(now), self._tokens.token(), mails, self.office_clock)

    def submit(self, id: str, actor: Actor, *, version: int | None = None) -> Dossier:
        """The dossier with its code; see `act`."""
        return self.act(id, Action.SUBMIT, actor, version=version)

    def find(
        self, actor: Actor, query: Query | None = None, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """The actor's newest dossiers that *query* is about, those older than the dossier called *before*."""
        return self.store.find(actor.id, (query or Query()).folded(), before=before, limit=limit)

    def history(self, dossier: Dossier) -> tuple[Event, ...]:
        """What happened to *dossier*."""
        return self.store.events(dossier.id)

    def lookup(self, typed: str) -> Dossier | None:
        """The dossier with the code or the receipt number that somebody typed, or None.

        It comes whole: what a stranger may see of it is the caller's to choose.

        Raises:
            CodeError: it can be neither.
        """
        if "/" in typed:
            return self.store.by_receipt(spelled_receipt(typed))
        return self.store.by_code(parse_code(typed))

    def today(self) -> date:
        """The office's day."""
        return day_of(self.clock.now())

    def close(self) -> None:
        """Lets go of the store."""
        self.store.close()

    def _submit(self, dossier: Dossier, actor: Actor, version: int | None) -> Dossier:
        if dossier.code is not None:
            return dossier
        _guard(dossier, version)
        procedure, acting = self._acting(dossier, actor, Action.SUBMIT, {})
        guard(dossier, Action.SUBMIT, actor, {}, procedure.workflow)
        form = procedure.form
        answers = canonical(form, dossier.answers)
        if form.computed:
            answers = canonical(form, compute(form.computed, answers, acting.today))
        changed = not same(answers, dossier.answers)
        if problems := self._problems(dossier, form, answers):
            raise RefusedAnswers(problems)
        ready = attrs.evolve(dossier, answers=answers) if changed else dossier
        return self.store.record(acting.submission(ready, answers=changed))

    def verify(self) -> Iterator[str]:
        """What in the store contradicts something else, in words."""
        return contradictions(self.store)


def _guard(dossier: Dossier, version: int | None) -> None:
    if version not in (None, dossier.version):
        raise StaleDossier(f"dossier {dossier.id} is at version {dossier.version}, not {version}; read it again")
