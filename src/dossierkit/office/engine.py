"""The façade: what a portal does with dossiers, in about ten methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

import attrs

from dossierkit.dossiers.codes import DossierCode, check_code, meant_codes, meant_receipts
from dossierkit.dossiers.deadlines.calendars import day_of
from dossierkit.dossiers.ledger.reports import Figure, Period, Report, report
from dossierkit.dossiers.lifecycle.dossier import BLOB, Actor, Attachment, Dossier, Event, Query, Said, digest, digests
from dossierkit.dossiers.lifecycle.lifecycle import guard, permitted
from dossierkit.dossiers.lifecycle.supplements import asked_for_nothing, mended, with_documents
from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.money.attempts import Attempt, Progress
from dossierkit.dossiers.money.billing import account, outstanding, rebilled
from dossierkit.dossiers.money.fees import fees
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import Action, Role
from dossierkit.errors import CodeError, ForbiddenAction, RefusedAnswers, StaleDossier
from dossierkit.forms import Kind, effective
from dossierkit.forms.answers.control_names import kept_layout
from dossierkit.forms.checks.problems import fits
from dossierkit.forms.fields.form import Layout, embeds
from dossierkit.forms.fields.tree import walk
from dossierkit.forms.lint.comparison import after_moves
from dossierkit.forms.views.changes import changes
from dossierkit.mail.notices import notices
from dossierkit.office.actions import Acting, filed
from dossierkit.office.drafts import Drafting, guard_version
from dossierkit.office.verification import contradictions
from dossierkit.pointers import ABSENT, Json, get, same, texts_in
from dossierkit.ports import BlobStore

#: After so many messages somebody reads a dossier again before deciding.
_MESSAGES = 50


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
        layout: Layout | None = None,
        paid: tuple[Attempt, Progress] | None = None,
    ) -> Dossier:
        """The dossier after *action*; `permitted` lists what an actor can do.  Submitting twice gives the same code.

        Args:
            version: what the actor saw; None takes whatever is stored.
            facts: what the action decides, see `lifecycle.TABLE`; never anything personal.
            note: a reason in words; it lies apart from the history, and can be erased.
            answers: with a supplement, as the citizen has them now; only what was asked for is taken.
            files: with a supplement for the documents that were asked for; with a message or a result, whatever comes along.
            layout: with a supplement, what its page has open; without one the answers alone say which branches are meant.
            paid: the attempt that settles it, and what had come of it before.

        Raises:
            UnknownDossier, StaleDossier: as for `save`.
            ForbiddenAction: not in this state, not for this actor, or *facts* say too little.
            RefusedAnswers: a submission or a supplement with problems.
        """
        dossier = self.open(id, actor)
        if action in (Action.SUBMIT, Action.SAVE):
            return self._sent(dossier, action, actor, dossier.version if version is None else version)
        self._guard_seen(dossier, version)
        procedure, acting = self._acting(dossier, actor, action, facts or {})
        changed, told = self._changed(dossier, action, answers, files, layout)
        told |= {**(facts or {}), **({"note": digest(note, dossier.salt)} if note else {})}
        guard(dossier, action, actor, told, procedure.workflow)
        self._guard_places(dossier, procedure, action, told)
        said = Said(note, dossier.answers if action is Action.SUPPLEMENT else None)
        return self.store.record(acting.change(changed, action, told, said, answers=changed is not dossier, paid=paid))

    def message(self, id: str, actor: Actor, words: str, *, files: tuple[Attachment, ...] = ()) -> Dossier:
        """The dossier with a message of *actor* to the other side, whatever else happens to it meanwhile.

        Raises:
            UnknownDossier: as for `open`.
            ForbiddenAction: it is a draft still, or there are no *words*.
        """
        while True:
            try:
                return self.act(id, Action.MESSAGE, actor, note=words, files=files)
            except StaleDossier:
                continue  # somebody was a moment faster; a message fits every version

    def _guard_seen(self, dossier: Dossier, version: int | None) -> None:
        """Lets pass whoever saw all but messages: they change nothing that anybody decides on."""
        behind = dossier.version - version if version is not None else 0
        since = self.history(dossier)[-behind:] if 0 < behind <= _MESSAGES else ()
        if not since or any(event.action is not Action.MESSAGE for event in since):
            guard_version(dossier, version)

    def _changed(
        self, dossier: Dossier, action: Action, answers: Json, files: tuple[Attachment, ...], layout: Layout | None
    ) -> tuple[Dossier, dict[str, Json]]:
        """*dossier* with the answers and files that come with *action*, and what its event says of them."""
        if action is Action.SUPPLEMENT:
            changed = self._supplemented(dossier, self.wanted(dossier)[1] if answers is None else answers, files, layout)
            unchanged = {"unchanged": True} if self._is_as_before(dossier, changed) else {}
            return changed, {**digests(changed), **unchanged, **self._rebilled(dossier, changed)}
        if not files:
            return dossier, {}
        changed, tag = filed(dossier, action, files, self.tokens.token())
        return changed, {"files": tag, **digests(changed)}

    def _rebilled(self, dossier: Dossier, supplemented: Dossier) -> dict[str, Json]:
        """What a supplement makes of the bill."""
        channel = dossier.handling.channel
        before = fees(self.procedure_of(dossier), dossier.answers, channel)
        after = fees(self.wanted(dossier)[0], supplemented.answers, channel)
        return rebilled(before, after, dossier.handling, account(self.history(dossier)))

    def outstanding(self, dossier: Dossier) -> int | None:
        """What the fees of *dossier* come to beyond what is paid, in đồng; None while that is not known."""
        charged = fees(self.procedure_of(dossier), dossier.answers, dossier.handling.channel)
        return outstanding(charged, dossier.handling, account(self.history(dossier)))

    def _supplemented(self, dossier: Dossier, answers: Json, files: tuple[Attachment, ...], layout: Layout | None) -> Dossier:
        (procedure, before), asked = self.wanted(dossier), dossier.handling.asked
        form, opened = procedure.form, kept_layout(layout, answers) if layout is not None else Layout()
        whole = self.whole(form, mended(form, before, answers, asked, layout=opened), opened)
        # A file that was missing before and is not asked for is no reason to refuse what is.
        problems = tuple(
            problem
            for problem in self.problems(attrs.evolve(dossier, layout=opened), form, whole)
            if problem.rule != "no-file" or problem.at in asked or not same(get(whole, problem.at), get(before, problem.at))
        )
        if problems:
            raise RefusedAnswers(problems)
        return attrs.evolve(dossier, answers=whole, attachments=with_documents(dossier.attachments, files, asked))

    def changes_nothing(
        self, dossier: Dossier, answers: Json, files: tuple[Attachment, ...] = (), *, layout: Layout | None = None
    ) -> bool:
        """Whether a supplement with *answers* and *files* would leave *dossier* as the office has it.

        Args:
            layout: as for `act`.

        Raises:
            RefusedAnswers: it would be refused.
        """
        return self._is_as_before(dossier, self._supplemented(dossier, answers, files, layout))

    def _is_as_before(self, dossier: Dossier, supplemented: Dossier) -> bool:
        procedure, before = self.wanted(dossier)
        as_before = same(supplemented.answers, self.whole(procedure.form, before))
        return as_before and supplemented.attachments == dossier.attachments

    def wanted(self, dossier: Dossier) -> tuple[Procedure, Json]:
        """The procedure that a supplement of *dossier* is about, and the answers that there are for it.

        It is the one that it was filed under, or the newer revision that the office wants it brought to.
        """
        if not dossier.handling.update:
            return self.procedure_of(dossier), dossier.answers
        newer = self._restored(dossier.handling.update, dossier.procedure)
        return newer, after_moves(dossier.answers, newer.moves)

    def ask_update(self, id: str, actor: Actor, *, version: int | None = None, note: str = "") -> Dossier:
        """Asks the owner to bring an open dossier to the revision that new drafts get: what that asks otherwise.

        Raises:
            UnknownDossier, UnknownProcedure, StaleDossier: as for `open`, `procedure` and `act`.
            ForbiddenAction: as for a supplement, or the newer form asks nothing else.
        """
        dossier = self.open(id, actor)
        newer = self.procedure(dossier.procedure)
        answers = after_moves(dossier.answers, newer.moves)
        found = changes(self.procedure_of(dossier).form, newer.form, answers)
        # What only went to another place is answered already.
        there = {one.pointer for one in found if one.kind == "added" and get(answers, one.pointer) is not ABSENT}
        asked = [one.pointer for one in found if one.kind != "removed" and one.pointer not in there]
        if not asked:
            raise ForbiddenAction("the newer form asks nothing else of this dossier")
        self.store.keep_bundle(newer.revision, newer.bundle.canonical())
        facts = {"asked": asked, "update": newer.revision}
        return self.act(id, Action.REQUEST_SUPPLEMENT, actor, version=version, facts=facts, note=note)

    def _guard_places(self, dossier: Dossier, procedure: Procedure, action: Action, told: Mapping[str, Json]) -> None:
        """Lets pass what names answers and documents that there are, and an acceptance of everything that is required."""
        codes = {code for code, _ in procedure.documents(dossier.answers)}
        if (
            action is Action.REQUEST_SUPPLEMENT
            and not told.get("update")
            and (unknown := asked_for_nothing(procedure.form, dossier.answers, codes, told["asked"]))
        ):
            raise ForbiddenAction(f"{unknown[0]} is nothing that its owner can mend or bring", "needs-asked")
        if action is Action.ACCEPT and (missing := {*procedure.missing(dossier)} - {*told.get("paper", ())}):
            message = f"documents are missing: {', '.join(sorted(missing))}; say which were handed in on paper"
            raise ForbiddenAction(message, "needs-paper")

    def permitted(self, dossier: Dossier, actor: Actor) -> tuple[Action, ...]:
        """What *actor* can do to *dossier* now."""
        return permitted(dossier, actor, self.procedure_of(dossier).workflow)

    def _acting(self, dossier: Dossier, actor: Actor, action: Action, facts: Mapping[str, Json]) -> tuple[Procedure, Acting]:
        procedure, owner = self.procedure_of(dossier), self.store.accounts.account(dossier.owner)
        # Mails are written inside the transaction, where the store cannot be asked for anything else.
        key = self._check_key()

        def mails(after: Dossier) -> tuple[SendMail, ...]:
            officer = self.store.accounts.account(after.handling.officer) if action is Action.MESSAGE else None
            return notices(owner, officer, dossier, after, procedure, action, facts, self.office, self._check_code(key, after))

        now = self.clock.now()
        return procedure, Acting(procedure, actor, self.agency, now, day_of(now), mails, self.office_clock)

    def submit(self, id: str, actor: Actor, *, version: int | None = None) -> Dossier:
        """The dossier with its code; see `act`."""
        return self.act(id, Action.SUBMIT, actor, version=version)

    def take_in(self, id: str, actor: Actor, code: DossierCode) -> Dossier:
        """The dossier with the *code* that another portal issued; for the rest as `submit`.

        Raises:
            ForbiddenAction: the code is of a series of ours, or is there already.
        """
        dossier = self.open(id, actor)
        own = self.procedure_of(dossier).agency or self.agency
        if code.text.rsplit("-", 2)[0] == own:
            raise ForbiddenAction(f"{own} issues codes here; one of ours is never taken in")
        known = self.store.by_code(code)
        if known is not None and known.id != dossier.id:
            raise ForbiddenAction(f"a dossier with the code {code} is here already")
        return self._sent(dossier, Action.SUBMIT, actor, dossier.version, code)

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

    def desk_count(self, actor: Actor, query: Query, *, most: int = 1_000) -> int:
        """How many dossiers of an officer's unit *query* is about, counted up to one more than *most*.

        Words, codes and days of submission do not count.
        """
        seen = _of_the_desk(actor, query)
        return self.store.count(seen, most + 1) if seen is not None else 0

    def history(self, dossier: Dossier) -> tuple[Event, ...]:
        """What happened to *dossier*."""
        return self.store.events(dossier.id)

    def lookup(self, typed: str) -> Dossier | None:
        """The dossier with the code or the receipt number that somebody typed, or None.

        It comes whole: what a stranger may see of it is the caller's to choose.

        Raises:
            CodeError: it is neither.
        """
        codes, receipts = meant_codes(typed), meant_receipts(typed, self.agency)
        by_code = filter(None, map(self.store.by_code, codes))
        by_receipt = filter(None, map(self.store.by_receipt, receipts))
        dossier = next(chain(by_code, by_receipt), None)
        if dossier is None and not codes and len(receipts) == 1 and "/" not in typed:
            raise CodeError(f"{typed!r} is no dossier code and no receipt number; one looks like H29.15-261122-0001")
        return dossier

    def check_code(self, dossier: Dossier) -> str:
        """The letters that stand beside the code of *dossier* on papers and mails, and show that somebody has one of them.

        Empty for a draft.
        """
        return self._check_code(self._check_key(), dossier)

    @staticmethod
    def _check_code(key: bytes, dossier: Dossier) -> str:
        return check_code(key, dossier.code) if dossier.code is not None else ""

    def report(self, period: Period, *, by: Sequence[str] = (), as_of: date | None = None) -> Report:
        """What came in, was resolved and is in progress in *period*, see `ledger.reports`.

        Args:
            by: dimensions that lines are told apart by: `unit`, `sector`, `procedure`, `channel`.
            as_of: the day up to which things are known; today where None.
        """
        return report(self.store.sums, period, as_of=as_of or self.today(), by=by)

    def behind(
        self, figure: str, period: Period, where: Mapping[str, str] | None = None, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """The dossiers that a figure of a report counts, newest first, those older than the dossier called *before*.

        Args:
            figure: a name of `reports.FIGURES`.
            where: dimension → value, as of one line of the report.
        """
        return self.store.behind(Figure.of(figure, period, self.today(), where or {}), before=before, limit=limit)

    def _sent(self, dossier: Dossier, action: Action, actor: Actor, version: int, code: DossierCode | None = None) -> Dossier:
        """The draft saved, or submitted; what was submitted already comes as it is."""
        if action is Action.SAVE:
            return self.save(dossier.id, dossier.answers, actor, version=version, layout=dossier.layout)
        if dossier.code is not None:
            return dossier
        guard_version(dossier, version)
        procedure, acting = self._acting(dossier, actor, Action.SUBMIT, {})
        guard(dossier, Action.SUBMIT, actor, {}, procedure.workflow)
        form = procedure.form
        answers = self.whole(form, dossier.answers, dossier.layout)
        changed = not same(answers, dossier.answers) or dossier.layout != Layout()
        if problems := (*self.problems(dossier, form, answers), *procedure.unsent(dossier, answers)):
            raise RefusedAnswers(problems)
        changed = changed or bool(dossier.declared)
        ready = attrs.evolve(dossier, answers=answers, layout=Layout()) if changed else dossier
        return self.store.record(acting.submission(ready, answers=changed, code=code))

    def verify(self, *, blobs: BlobStore | None = None, seen: Callable[[], object] = lambda: None) -> Iterator[str]:
        """What in the store contradicts something else, in words: each fault once.

        Args:
            blobs: where the files are; they are compared with their hashes, too.
            seen: is called after each dossier.
        """
        return contradictions(self.store, self._fits, blobs=blobs, seen=seen)

    def _fits(self, dossier: Dossier) -> bool:
        """Whether the revision that *dossier* was filed under accepts its answers; a draft may hold anything."""
        sent = dossier.submitted is not None and dossier.handling.erased is None
        if not sent:
            return True
        form = self.procedure_of(dossier).form
        return fits(form, dossier.answers) and all(
            BLOB.fullmatch(text)
            for field in walk(effective(form, dossier.answers))
            if field.kind is Kind.FILE and not embeds(field)
            for text in texts_in(get(dossier.answers, field.pointer))
        )


def _of_the_desk(actor: Actor, query: Query) -> Query | None:
    """*query* within what *actor* may see; None where that is nothing."""
    if actor.is_citizen or not (actor.unit or actor.role is Role.ADMIN):
        return None
    return attrs.evolve(query, unit=actor.unit or query.unit)
