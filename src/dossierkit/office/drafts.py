"""Drafts: begun, saved and moved to a newer revision before a dossier is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from dossierkit.dossiers.lifecycle.dossier import Actor, Attachment, Dossier, Query, chained
from dossierkit.dossiers.lifecycle.event_facts import BeginFacts
from dossierkit.dossiers.lifecycle.handling import UNHANDLED
from dossierkit.dossiers.lifecycle.transitions import target
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import Action, Channel, State
from dossierkit.errors import StaleDossier
from dossierkit.forms.answers.defaults import initial_answers
from dossierkit.forms.answers.page_layout import stored_layout
from dossierkit.forms.fields.form import Form, Layout
from dossierkit.forms.lint.comparison import after_moves
from dossierkit.forms.schema.rules import compute
from dossierkit.office.answer_checks import AnswerChecks
from dossierkit.office.contacts import keep_contact
from dossierkit.office.context import Context
from dossierkit.office.dossiers import Dossiers
from dossierkit.office.file_disposal import discard, release
from dossierkit.office.procedures import Procedures
from dossierkit.pointers import Json
from dossierkit.request_ids import current_request


@attrs.frozen(eq=False)
class Drafts:
    """The drafts of citizens, and of officers who file for them."""

    context: Context
    procedures: Procedures
    checks: AnswerChecks
    dossiers: Dossiers

    def begin(
        self, procedure: str, actor: Actor, answers: Json = None, *, channel: Channel = Channel.ONLINE, sole: bool = False
    ) -> Dossier:
        """See `Engine.begin`."""
        current = self.procedures.current(procedure)
        keep_contact(self.context, actor)
        begun = self._new(current, actor, initial_answers(current.form) if answers is None else answers, channel)
        return self._create(begun, current, sole=sole) or begun

    def begin_saved(
        self,
        procedure: str,
        actor: Actor,
        answers: Json,
        *,
        layout: Layout,
        declared: Iterable[str] = (),
        channel: Channel = Channel.ONLINE,
    ) -> Dossier:
        """See `Engine.begin_saved`."""
        current = self.procedures.current(procedure)
        keep_contact(self.context, actor)
        begun = self._filled(self._new(current, actor, answers, channel), current.form, answers, layout, declared)
        if (other := self._create(begun, current, sole=True)) is None:
            return begun
        return self.save(other.id, answers, actor, version=other.version, layout=layout, declared=declared)

    def _new(self, current: Procedure, actor: Actor, answers: Json, channel: Channel) -> Dossier:
        """A draft that is in no store yet."""
        now = self.context.now()
        dossier = Dossier(
            self.context.tokens.token(), current.code, current.revision, actor.id, State.DRAFT, 1, now, now, answers,
            handling=attrs.evolve(UNHANDLED, channel=channel), salt=self.context.tokens.token(),
        )  # fmt: skip
        self.checks.guard_files(dossier, current.form, answers, {})
        return dossier

    def _create(self, draft: Dossier, current: Procedure, *, sole: bool) -> Dossier | None:
        """Store *draft*; if it is to be the *sole* one and its owner has another, do not, and return that."""
        channel = draft.handling.channel
        facts = BeginFacts(
            revision=current.revision,
            channel=channel if channel is not Channel.ONLINE else None,
            request=current_request.get() or None,
        )
        event = chained(draft.id, 1, Action.BEGIN, draft.owner, draft.created, facts, "")
        while not self.context.store.create(draft, event, current.bundle.canonical(), sole=sole):
            for other in self.context.store.find(draft.owner, Query(procedure=current.code, state=State.DRAFT), limit=1):
                return other
        return None

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
        """See `Engine.save`."""
        dossier = self._draft(id, actor, version)
        form = self.procedures.of(dossier).form
        self.checks.guard_files(dossier, form, answers, dossier.answers)
        filled = self._filled(dossier, form, answers, layout, declared)
        changed = attrs.evolve(filled, version=version + 1, changed=self.context.now())
        self.context.store.replace(changed)
        return changed

    def _filled(
        self, draft: Dossier, form: Form, answers: Json, layout: Layout | None, declared: Iterable[str] | None
    ) -> Dossier:
        """*draft* with *answers* and computed values, the layout of its page and the declared documents."""
        computed = compute(form.computed, answers, self.context.today())
        return attrs.evolve(
            draft,
            answers=computed,
            layout=stored_layout(layout, computed) if layout is not None else Layout(),
            declared=tuple(sorted(set(declared))) if declared is not None else draft.declared,
        )

    def attach(self, id: str, attachment: Attachment, actor: Actor, *, version: int) -> Dossier:
        """See `Engine.attach`."""
        return self._with_files(id, actor, version, lambda files: (*files, attachment))

    def detach(self, id: str, document: str, blob: str, actor: Actor, *, version: int) -> Dossier:
        """See `Engine.detach`."""
        return self._with_files(
            id, actor, version, lambda files: tuple(f for f in files if (f.document, f.blob) != (document, blob))
        )

    def move(self, id: str, actor: Actor, *, version: int) -> Dossier:
        """See `Engine.move`."""
        dossier = self._draft(id, actor, version)
        current = self.procedures.current(dossier.procedure)
        self.context.store.keep_bundle(current.revision, current.bundle.canonical())
        answers = after_moves(dossier.answers, current.moves)
        # Chosen branches belong to one revision and mean nothing in another.
        changed = attrs.evolve(
            dossier,
            revision=current.revision,
            answers=answers,
            layout=Layout(filled=dossier.layout.filled),
            version=version + 1,
            changed=self.context.now(),
        )
        self.context.store.replace(changed)
        return changed

    def owner_of(self, id: str) -> str:
        """The owner of the draft called *id*; empty where there is none."""
        draft = self.context.store.get(id)
        return draft.owner if draft is not None else ""

    def discard(self, draft: Dossier) -> bool:
        """Delete *draft* and its files for good; False where it was changed meanwhile."""
        assert self.context.blobs is not None, "drafts are deleted only with a store of files"
        return discard(self.context.store, self.context.blobs, draft)

    def release(self, ids: Iterable[str]) -> None:
        """Delete those of the files *ids* that no dossier names any more."""
        assert self.context.blobs is not None, "files are released only with a store of files"
        release(self.context.store, self.context.blobs, ids)

    def _draft(self, id: str, actor: Actor, version: int) -> Dossier:
        dossier = self.dossiers.open(id, actor)
        target(dossier, Action.SAVE)
        guard_version(dossier, version)
        return dossier

    def _with_files(
        self, id: str, actor: Actor, version: int, change: Callable[[tuple[Attachment, ...]], tuple[Attachment, ...]]
    ) -> Dossier:
        dossier = self._draft(id, actor, version)
        files = change(dossier.attachments)
        changed = attrs.evolve(dossier, attachments=files, version=version + 1, changed=self.context.now())
        self.context.store.replace(changed)
        return changed


def guard_version(dossier: Dossier, version: int | None) -> None:
    """Check that *version* is the current version of *dossier*.

    Raises:
        StaleDossier: it is no longer at *version*.
    """
    if version not in (None, dossier.version):
        raise StaleDossier(f"dossier {dossier.id} is at version {dossier.version}, not {version}; read it again")
