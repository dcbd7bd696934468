"""Procedures and drafts: what a citizen does before a dossier is sent.  `Engine` adds everything after."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache

import attrs

from dossierkit.catalog.catalog import Catalog
from dossierkit.catalog.index import Listed
from dossierkit.dossiers.attachments.embedded import content_of
from dossierkit.dossiers.deadlines.calendars import Calendar, day_of
from dossierkit.dossiers.deadlines.clock import OfficeClock
from dossierkit.dossiers.lifecycle.dossier import BLOB, Actor, Attachment, Dossier, Query, chained, may_see
from dossierkit.dossiers.lifecycle.handling import PLAIN
from dossierkit.dossiers.lifecycle.lifecycle import target
from dossierkit.dossiers.money.fees import unanswered
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import Action, Channel, State
from dossierkit.errors import RefusedAnswers, StaleDossier, UnknownDossier
from dossierkit.findings import Problem
from dossierkit.forms import Kind, as_sent, check, effective
from dossierkit.forms.answers.control_names import kept_layout
from dossierkit.forms.answers.defaults import initial
from dossierkit.forms.fields.form import Form, Layout, embeds
from dossierkit.forms.fields.tree import walk
from dossierkit.forms.lint.comparison import after_moves
from dossierkit.forms.schema.rules import compute
from dossierkit.mail.letters import Office
from dossierkit.pointers import ABSENT, Json, get, same, texts_in
from dossierkit.ports import BlobStore, Clock, DossierStore, Tokens

_log = logging.getLogger(__name__)


class Drafting:
    """The half of an `Engine` that knows procedures and drafts."""

    def __init__(
        self,
        store: DossierStore,
        catalog: Catalog,
        *,
        clock: Clock,
        tokens: Tokens,
        agency: str,
        check_key: Callable[[], bytes],
        office: Office | None = None,
        calendar: Callable[[], Calendar] | None = None,
        blobs: BlobStore | None = None,
    ) -> None:
        self.store = store
        #: Where the files are; without it, the ids of files are judged by their shape and their owner alone.
        self.blobs = blobs
        self.catalog = catalog
        self.agency = agency
        self.office = office or Office()
        self.clock = clock
        self.tokens = tokens
        #: Gives the secret that check codes are made with.
        self._check_key = check_key
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

    def begin(
        self, procedure: str, actor: Actor, answers: Json = None, *, channel: Channel = Channel.ONLINE, sole: bool = False
    ) -> Dossier:
        """A new draft, with the defaults of the form where no *answers* are given.

        Args:
            channel: how it reaches the office; over the counter and by post it is an officer who begins it.
            sole: the newest draft that the actor has of the procedure, where there is one.

        Raises:
            UnknownProcedure: none has this code.
            RefusedAnswers: *answers* name files that are not the actor's own.
        """
        current = self.procedure(procedure)
        now = self.clock.now()
        filled = initial(current.form) if answers is None else answers
        dossier = Dossier(
            self.tokens.token(), current.code, current.revision, actor.id, State.DRAFT, 1, now, now, filled,
            handling=attrs.evolve(PLAIN, channel=channel), salt=self.tokens.token(),
        )  # fmt: skip
        self._guard_files(dossier, current.form, filled, {})
        facts = {"revision": current.revision, **({"channel": int(channel)} if channel is not Channel.ONLINE else {})}
        event = chained(dossier.id, 1, Action.BEGIN, actor.id, now, facts, "")
        while not self.store.create(dossier, event, current.bundle.canonical(), sole=sole):
            for draft in self.store.find(actor.id, Query(procedure=current.code, state=State.DRAFT), limit=1):
                return draft
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

    def save(
        self,
        id: str,
        answers: Json,
        actor: Actor,
        *,
        version: int,
        layout: Layout | None = None,
        declared: Iterable[str] | None = None,
    ) -> Dossier:
        """The draft with *answers*, complete or not.

        Args:
            declared: the codes of the documents that are to come on paper; as before where None.
            layout: what its page has open; without one the answers alone say which branches are meant.

        Raises:
            UnknownDossier: there is none, or it is somebody else's.
            StaleDossier: it is no longer at *version*.
            ForbiddenAction: it is no draft any more.
            RefusedAnswers: what is new in *answers* names files that are not the owner's own.
        """
        dossier = self._draft(id, actor, version)
        self._guard_files(dossier, self.procedure_of(dossier).form, answers, dossier.answers)
        computed = compute(self.procedure_of(dossier).form.computed, answers, self.today())
        opened = kept_layout(layout, computed) if layout is not None else Layout()
        changed = attrs.evolve(
            dossier,
            answers=computed,
            layout=opened,
            declared=tuple(sorted(set(declared))) if declared is not None else dossier.declared,
            version=version + 1,
            changed=self.clock.now(),
        )
        self.store.replace(changed)
        return changed

    def _draft(self, id: str, actor: Actor, version: int) -> Dossier:
        dossier = self.open(id, actor)
        target(dossier, Action.SAVE)
        guard_version(dossier, version)
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
        """The draft under the revision that new drafts get; its answers stay, or go where the procedure says they went.

        Raises:
            UnknownDossier, StaleDossier, ForbiddenAction: as for `save`.
            UnknownProcedure: the procedure is no longer offered.
        """
        dossier = self._draft(id, actor, version)
        current = self.procedure(dossier.procedure)
        self.store.keep_bundle(current.revision, current.bundle.canonical())
        answers = after_moves(dossier.answers, current.moves)
        # What was chosen among the branches of one revision means nothing in another.
        changed = attrs.evolve(
            dossier,
            revision=current.revision,
            answers=answers,
            layout=Layout(filled=dossier.layout.filled),
            version=version + 1,
            changed=self.clock.now(),
        )
        self.store.replace(changed)
        return changed

    def check(self, dossier: Dossier) -> tuple[Problem, ...]:
        """What keeps *dossier* from being submitted."""
        procedure = self.procedure_of(dossier)
        answers = self.whole(procedure.form, dossier.answers, dossier.layout)
        return (*self.problems(dossier, procedure.form, answers), *procedure.unsent(dossier, answers))

    def problems(self, dossier: Dossier, form: Form, answers: Json) -> tuple[Problem, ...]:
        """What is wrong with *answers* to *form*; a rule that fails is a line in the log, too."""
        problems = check(form, answers, today=self.today(), layout=dossier.layout)
        for problem in problems:
            if "failure" in problem.params:
                _log.error("a rule of %s fails: %s", dossier.procedure, problem.params["failure"])
        wrong = {problem.at for problem in problems}
        others = (*self._of_files(dossier, form, answers), *self._of_fees(dossier, form, answers))
        return (*problems, *(problem for problem in others if problem.at not in wrong))

    def _of_fees(self, dossier: Dossier, form: Form, answers: Json) -> tuple[Problem, ...]:
        """What is not answered, and has to be for a fee that is due when the draft is sent."""
        procedure = self.procedure_of(dossier)
        if dossier.code is not None or procedure.form is not form:
            return ()
        whole = compute(form.computed, answers, self.today())
        return unanswered(procedure, whole, dossier.handling.channel, dossier.layout)

    def _guard_files(self, dossier: Dossier, form: Form, answers: Json, before: Json) -> None:
        """Lets pass *answers* whose files are the owner's own, or stood there *before*.

        Raises:
            RefusedAnswers: there are others.
        """
        problems = self._of_files(dossier, form, answers)
        if new := tuple(one for one in problems if not same(get(answers, one.at), get(before, one.at))):
            raise RefusedAnswers(new)

    def _of_files(self, dossier: Dossier, form: Form, answers: Json) -> tuple[Problem, ...]:
        """The fields whose answer names a file that is not there, or is somebody else's.

        A text in the shape of an id is judged in every field: what is a text today may be a file once another answer changes.
        """
        return tuple(
            Problem(field.pointer, "no-file", {})
            for field in walk(effective(form, answers, layout=dossier.layout))
            if field.leaf
            and (value := get(answers, field.pointer)) is not ABSENT
            and not (
                content_of(field, value) is not None
                if embeds(field)
                else all(
                    self._is_own(dossier, text) for text in texts_in(value) if field.kind is Kind.FILE or BLOB.fullmatch(text)
                )
            )
        )

    def _is_own(self, dossier: Dossier, id: str) -> bool:
        """Whether *id* is a kept file that no dossier of anybody but the owner of *dossier* names."""
        if not BLOB.fullmatch(id) or self.store.owners(id) - {dossier.owner}:
            return False
        content = self.blobs.open(id) if self.blobs is not None else None
        if content is not None:
            content.close()
        return self.blobs is None or content is not None

    def whole(self, form: Form, answers: Json, layout: Layout | None = None) -> Json:
        """*answers* as they are sent: in their one spelling, with what is computed from them.

        Args:
            layout: of a draft, which branches were chosen in it.
        """
        return as_sent(form, answers, today=self.today(), layout=layout)

    def today(self) -> date:
        """The office's day."""
        return day_of(self.clock.now())

    def close(self) -> None:
        """Lets go of the store."""
        self.store.close()


def guard_version(dossier: Dossier, version: int | None) -> None:
    """Lets pass whoever saw *dossier* as it is.

    Raises:
        StaleDossier: it is no longer at *version*.
    """
    if version not in (None, dossier.version):
        raise StaleDossier(f"dossier {dossier.id} is at version {dossier.version}, not {version}; read it again")
