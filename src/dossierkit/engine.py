"""The façade: what a portal does with dossiers, in about ten methods."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache

import attrs

from dossierkit.catalog import Catalog
from dossierkit.dossiers.calendars import ZONE
from dossierkit.dossiers.codes import CodeTemplate, DossierCode, parse_code
from dossierkit.dossiers.dossier import Action, Actor, Attachment, Dossier, Event, Query, State, chained, digest
from dossierkit.dossiers.effects import SendMail
from dossierkit.dossiers.lifecycle import target
from dossierkit.dossiers.procedure import Procedure
from dossierkit.errors import RefusedAnswers, StaleDossier, UnknownDossier
from dossierkit.forms import canonical, check
from dossierkit.forms.defaults import initial
from dossierkit.forms.form import Form, Problem
from dossierkit.forms.pointers import Json, same, texts_in
from dossierkit.forms.rules import compute
from dossierkit.letters import Office, letter
from dossierkit.listing import Listed
from dossierkit.ports import Clock, DossierStore, Submission, Tokens
from dossierkit.text import fold
from dossierkit.verifying import contradictions

_log = logging.getLogger(__name__)


class Engine:
    """Dossiers of the procedures in a catalog, kept in a store.

    Made by `open_engine`.  An actor who may not see a dossier gets the same answer as if there were none.
    """

    def __init__(
        self, store: DossierStore, catalog: Catalog, *, clock: Clock, tokens: Tokens, agency: str, office: Office | None = None
    ) -> None:
        self.store = store
        self.catalog = catalog
        self.agency = agency
        self.office = office or Office()
        self.clock = clock
        self._tokens = tokens
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
        """The dossier called *id*, for its owner.

        Raises:
            UnknownDossier: there is none, or it is somebody else's.
        """
        dossier = self.store.get(id)
        if dossier is None or dossier.owner != actor.id:
            raise UnknownDossier("no such dossier")
        return dossier

    def save(self, id: str, answers: Json, actor: Actor, *, version: int) -> Dossier:
        """The draft with *answers*, complete or not.

        Raises:
            UnknownDossier: there is none, or it is somebody else's.
            StaleDossier: it is no longer at *version*.
            ForbiddenAction: it is no draft any more.
        """
        dossier = self.open(id, actor)
        target(dossier.state, Action.SAVE)
        _guard(dossier, version)
        computed = compute(self.procedure_of(dossier).form.computed, answers, self.today())
        changed = attrs.evolve(dossier, answers=computed, version=version + 1, changed=self.clock.now())
        self.store.replace(changed)
        return changed

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
        dossier = self.open(id, actor)
        target(dossier.state, Action.SAVE)
        _guard(dossier, version)
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
        dossier = self.open(id, actor)
        target(dossier.state, Action.SAVE)
        _guard(dossier, version)
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

    def act(self, id: str, action: Action, actor: Actor, *, version: int | None = None) -> Dossier | None:
        """The dossier after *action*; None where it is gone (a cancelled draft).

        Submitting twice gives the same dossier with the same code.

        Args:
            version: what the actor saw; None takes whatever is stored.

        Raises:
            UnknownDossier, StaleDossier, ForbiddenAction: as for `save`.
            RefusedAnswers: a submission with problems.
        """
        dossier = self.open(id, actor)
        if action is Action.SUBMIT:
            return self._submit(dossier, actor, version)
        target(dossier.state, action)
        if action is Action.CANCEL:
            self.store.delete(id, dossier.version if version is None else version)
            return None
        return self.save(id, dossier.answers, actor, version=dossier.version if version is None else version)

    def submit(self, id: str, actor: Actor, *, version: int | None = None) -> Dossier:
        """The dossier with its code; see `act`."""
        dossier = self.act(id, Action.SUBMIT, actor, version=version)
        assert dossier is not None
        return dossier

    def find(
        self, actor: Actor, query: Query | None = None, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """The actor's newest dossiers that *query* is about, those older than the dossier called *before*."""
        wanted = query or Query()
        asked = attrs.evolve(wanted, words=fold(wanted.words), code="".join(wanted.code.split()).upper())
        return self.store.find(actor.id, asked, before=before, limit=limit)

    def history(self, dossier: Dossier) -> tuple[Event, ...]:
        """What happened to *dossier*, oldest first."""
        return self.store.events(dossier.id)

    def copy(self, dossier: Dossier, actor: Actor) -> Dossier:
        """A new draft of the procedure as it is today, with the answers of an earlier dossier.

        Raises:
            UnknownProcedure: the procedure is no longer offered.
        """
        return self.begin(dossier.procedure, actor, dossier.answers)

    def lookup(self, code: str) -> Dossier | None:
        """The dossier with the code that somebody typed, or None.

        It comes whole: what a stranger may see of it is the caller's to choose.

        Raises:
            CodeError: it cannot be a code.
        """
        return self.store.by_code(parse_code(code))

    def today(self) -> date:
        """The office's day."""
        return self.clock.now().astimezone(ZONE).date()

    def close(self) -> None:
        """Lets go of the store."""
        self.store.close()

    # --- inside ------------------------------------------------------------------------------------------------

    def _submit(self, dossier: Dossier, actor: Actor, version: int | None) -> Dossier:
        if dossier.state is not State.DRAFT:
            return dossier
        if version is not None:
            _guard(dossier, version)
        procedure = self.procedure_of(dossier)
        form, today = procedure.form, self.today()
        answers = canonical(form, dossier.answers)
        if form.computed:
            answers = canonical(form, compute(form.computed, answers, today))
        changed = not same(answers, dossier.answers)
        ready = attrs.evolve(dossier, answers=answers) if changed else dossier
        if problems := self._problems(dossier, form, answers):
            raise RefusedAnswers(problems)
        template, agency = CodeTemplate(procedure.code_template), procedure.agency or self.agency
        now, salt = self.clock.now(), self._tokens.token()

        def event(code: DossierCode, before: str, number: int) -> Event:
            facts = {
                "code": code.text,
                "agency": agency,
                "day": today.isoformat(),
                "answers": digest(answers, salt),
                "attachments": digest([[one.document, one.blob] for one in dossier.attachments], salt),
                "revision": dossier.revision,
            }
            return chained(dossier.id, number, Action.SUBMIT, actor.id, now, facts, before)

        def code(number: int) -> DossierCode:
            return template.issue(agency, today, number)

        def letters(code: DossierCode) -> tuple[SendMail, ...]:
            return self._letters(dossier, procedure, code)

        words = fold(" ".join((procedure.title(), *texts_in(answers))))
        return self.store.submit(Submission(ready, agency, today, words, code, event, changed, letters))

    def _letters(self, dossier: Dossier, procedure: Procedure, code: DossierCode) -> tuple[SendMail, ...]:
        """What the owner of a new dossier is told; a guest has no address."""
        owner = self.store.accounts.account(dossier.owner)
        if owner is None:
            return ()
        told = {"code": code.text, "procedure": procedure.title(owner.language)}
        key, path = f"submitted:{dossier.id}", f"/dossiers/{code.text}"
        return (letter("submitted", owner.language, self.office, key=key, to=owner.mail, path=path, **told),)

    def verify(self) -> Iterator[str]:
        """Everything in the store that contradicts something else, in words; nothing where all is well."""
        return contradictions(self.store)


def _guard(dossier: Dossier, version: int) -> None:
    if dossier.version != version:
        raise StaleDossier(f"dossier {dossier.id} is at version {dossier.version}, not {version}; read it again")
