"""The façade: what a portal does with dossiers.  Each method hands on to the service that does it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Self

from dossierkit.catalog.catalog import Catalog
from dossierkit.catalog.index import CatalogEntry
from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.deadlines.calendars import Calendar
from dossierkit.dossiers.deadlines.dossier_clock import OfficeClock
from dossierkit.dossiers.ledger.reports import Period, Report
from dossierkit.dossiers.lifecycle.dossier import Actor, Attachment, Dossier, Event, Note, Query
from dossierkit.dossiers.money.attempts import Attempt, Progress
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import Action, Channel
from dossierkit.findings import Problem
from dossierkit.forms.fields.form import Form, Layout
from dossierkit.mail.letters import Office
from dossierkit.office.actions import Actions
from dossierkit.office.administration import Administration
from dossierkit.office.answer_checks import AnswerChecks
from dossierkit.office.contacts import forget_contact
from dossierkit.office.context import Context
from dossierkit.office.dossiers import Dossiers
from dossierkit.office.drafts import Drafts
from dossierkit.office.file_disposal import unnamed_files
from dossierkit.office.procedures import Procedures
from dossierkit.office.reports import Reports
from dossierkit.office.supplements import Supplements
from dossierkit.office.verification import contradictions
from dossierkit.pointers import Json
from dossierkit.ports import BlobStore, Clock, Store, Tokens


class Engine:
    """Dossiers of the procedures in a catalog, kept in a store.

    Made by `open_engine`.  An actor who may not see a dossier gets the same answer as if there were none.
    """

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        *,
        clock: Clock,
        tokens: Tokens,
        agency: str,
        office: Office | None = None,
        calendar: Callable[[], Calendar] | None = None,
        blobs: BlobStore | None = None,
    ) -> None:
        context = Context(store, catalog, clock, tokens, agency, office or Office(), OfficeClock(calendar or Calendar), blobs)
        self.context = context
        self.offered = Procedures(context)
        self.checks = AnswerChecks(context, self.offered)
        self.dossiers = Dossiers(context)
        self.drafts = Drafts(context, self.offered, self.checks, self.dossiers)
        self.supplements = Supplements(context, self.offered, self.checks, self.dossiers)
        self.actions = Actions(context, self.offered, self.checks, self.dossiers, self.drafts, self.supplements)
        self.reports = Reports(context)
        self.administration = Administration(context)

    @property
    def store(self) -> Store:
        """The store of dossiers, for programs that run beside a portal; pages ask the services."""
        return self.context.store

    @property
    def catalog(self) -> Catalog:
        """The procedure files."""
        return self.context.catalog

    @property
    def clock(self) -> Clock:
        """The clock of the engine."""
        return self.context.clock

    @property
    def agency(self) -> str:
        """The id that dossier codes begin with."""
        return self.context.agency

    @property
    def office(self) -> Office:
        """Name and address of the office."""
        return self.context.office

    @property
    def office_clock(self) -> OfficeClock:
        """The clock of due days."""
        return self.context.office_clock

    @property
    def blobs(self) -> BlobStore | None:
        """The store of files, if one is set."""
        return self.context.blobs

    def observe_actions(self, observe: Callable[[Action, float], object]) -> None:
        """Tell *observe* of each action that is stored from now on, and how many seconds that took."""
        self.context.observe = observe

    def keep_files_in(self, blobs: BlobStore) -> None:
        """Keep files in *blobs* from now on; answers that name any other are refused."""
        self.context.blobs = blobs

    def procedures(self, query: str = "", *, language: str = "vi") -> tuple[CatalogEntry, ...]:
        """The procedures that hold all words of *query*, accents or not."""
        return self.offered.list(query, language=language)

    def procedure(self, code: str) -> Procedure:
        """The procedure as new drafts get it.

        Raises:
            UnknownProcedure: none has this code.
        """
        return self.offered.current(code)

    def procedure_of(self, dossier: Dossier) -> Procedure:
        """The procedure as it was when *dossier* was begun."""
        return self.offered.of(dossier)

    def begin(
        self, procedure: str, actor: Actor, answers: Json = None, *, channel: Channel = Channel.ONLINE, sole: bool = False
    ) -> Dossier:
        """A new draft, with the defaults of the form where no *answers* are given.

        Args:
            channel: how it reaches the office; over the counter and by post an officer begins it.
            sole: the newest draft that the actor has of the procedure, where there is one.

        Raises:
            UnknownProcedure: none has this code.
            RefusedAnswers: *answers* name files that are not the actor's own.
        """
        return self.drafts.begin(procedure, actor, answers, channel=channel, sole=sole)

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
        """A new draft with *answers*, in one transaction; if the actor has a draft of the procedure, they are saved there.

        Args:
            layout, declared: as for `save`.
            channel: as for `begin`.

        Raises:
            UnknownProcedure: none has this code.
            StaleDossier: the other draft is changed at the same time.
            RefusedAnswers: *answers* name files that are not the actor's own.
        """
        return self.drafts.begin_saved(procedure, actor, answers, layout=layout, declared=declared, channel=channel)

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
            declared: codes of the documents that come on paper; None: as before.
            layout: the layout of its page; None: branches follow from the answers.

        Raises:
            UnknownDossier: there is none, or the actor may not see it.
            StaleDossier: it is no longer at *version*.
            ForbiddenAction: it is no draft any more.
            RefusedAnswers: what is new in *answers* names files that are not the owner's own.
        """
        return self.drafts.save(id, answers, actor, version=version, layout=layout, declared=declared)

    def attach(self, id: str, attachment: Attachment, actor: Actor, *, version: int) -> Dossier:
        """The draft with one more file.

        Raises:
            UnknownDossier, StaleDossier, ForbiddenAction: as for `save`.
        """
        return self.drafts.attach(id, attachment, actor, version=version)

    def detach(self, id: str, document: str, blob: str, actor: Actor, *, version: int) -> Dossier:
        """The draft without a file; for the rest as `attach`."""
        return self.drafts.detach(id, document, blob, actor, version=version)

    def move(self, id: str, actor: Actor, *, version: int) -> Dossier:
        """The draft under the revision that new drafts get; its answers stay, or go where the procedure says they went.

        Raises:
            UnknownDossier, StaleDossier, ForbiddenAction: as for `save`.
            UnknownProcedure: the procedure is no longer offered.
        """
        return self.drafts.move(id, actor, version=version)

    def check(self, dossier: Dossier) -> tuple[Problem, ...]:
        """The problems that keep *dossier* from being submitted."""
        return self.checks.of_draft(dossier)

    def problems(self, dossier: Dossier, form: Form, answers: Json) -> tuple[Problem, ...]:
        """The problems of *answers* to *form*; a rule that raises an error is logged, too."""
        return self.checks.problems(dossier, form, answers)

    def whole(self, form: Form, answers: Json, layout: Layout | None = None) -> Json:
        """*answers* as they are submitted: canonical, with computed values.

        Args:
            layout: the chosen branches of a draft.
        """
        return self.checks.whole(form, answers, layout)

    def forget_contact(self, id: str) -> None:
        """Delete the name, address and profile of the user *id* of a host, see `Actor`; their dossiers stay.

        They are kept again when the host states them with another action.
        """
        forget_contact(self.context, id)

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
        """Do *action* and return the changed dossier; `permitted` lists what is possible.  Submitting twice gives the same code.

        Args:
            version: the version that the actor saw; None: any version.
            facts: the JSON of the facts of the action, see `event_facts`; never personal data.
            note: a reason in words; stored apart from the history, so that it can be erased.
            answers: of a supplement: all answers as the citizen has them now; only requested fields are accepted.
            files: documents of a supplement, or files of a message or a result.  Each requested document needs one, unless the
                fact `declared` says that it comes on paper.
            layout: of a supplement: the layout of its page; None: branches follow from the answers.
            paid: the attempt that settles it, and its progress until now.

        Raises:
            UnknownDossier, StaleDossier: as for `save`.
            ForbiddenAction: the state does not allow it, the actor may not do it, a fact is missing, or the officer of an
                assignment belongs to another unit.
            RefusedAnswers: a submission or a supplement with problems.
        """
        return self.actions.act(
            id, action, actor, version=version, facts=facts, note=note, answers=answers, files=files, layout=layout, paid=paid
        )

    def message(self, id: str, actor: Actor, words: str, *, files: tuple[Attachment, ...] = ()) -> Dossier:
        """Send a message of *actor* to the other side; other changes at the same time do not prevent it.

        Raises:
            UnknownDossier: as for `open`.
            ForbiddenAction: it is still a draft, or *words* is empty.
        """
        return self.actions.message(id, actor, words, files=files)

    def submit(self, id: str, actor: Actor, *, version: int | None = None) -> Dossier:
        """The dossier with its code; see `act`."""
        return self.act(id, Action.SUBMIT, actor, version=version)

    def take_in(self, id: str, actor: Actor, code: DossierCode) -> Dossier:
        """Submit a draft under the *code* that another portal issued; otherwise as `submit`.

        Raises:
            ForbiddenAction: the code belongs to a series of this portal, or is in use.
        """
        return self.actions.take_in(id, actor, code)

    def ask_update(self, id: str, actor: Actor, *, version: int | None = None, note: str = "") -> Dossier:
        """Ask the owner to bring an open dossier to the current revision: a supplement of every field that changed.

        Raises:
            UnknownDossier, UnknownProcedure, StaleDossier: as for `open`, `procedure` and `act`.
            ForbiddenAction: as for a supplement, or the newer form asks nothing new.
        """
        return self.actions.ask_update(id, actor, version=version, note=note)

    def permitted(self, dossier: Dossier, actor: Actor) -> tuple[Action, ...]:
        """The actions that *actor* can do on *dossier* now."""
        return self.actions.permitted(dossier, actor)

    def wanted(self, dossier: Dossier) -> tuple[Procedure, Json]:
        """The procedure of a supplement of *dossier*, and the answers so far.

        It is the revision of the dossier, or the newer one that the office asked for.
        """
        return self.supplements.wanted(dossier)

    def changes_nothing(
        self,
        dossier: Dossier,
        answers: Json,
        files: tuple[Attachment, ...] = (),
        *,
        layout: Layout | None = None,
        declared: Collection[str] = (),
    ) -> bool:
        """Whether a supplement with *answers* and *files* would leave *dossier* as the office has it.

        Args:
            layout: as for `act`.
            declared: codes of the requested documents that come on paper.

        Raises:
            RefusedAnswers: it would be refused.
        """
        return self.supplements.changes_nothing(dossier, answers, files, layout=layout, declared=declared)

    def outstanding(self, dossier: Dossier) -> int | None:
        """The unpaid part of the fees of *dossier* in đồng; None if it is not known yet."""
        return self.supplements.outstanding(dossier)

    def open(self, id: str, actor: Actor) -> Dossier:
        """The dossier called *id*, for its owner and, once it was submitted, for the officers of its unit.

        Raises:
            UnknownDossier: there is none, or the actor may not see it.
        """
        return self.dossiers.open(id, actor)

    def find(
        self, actor: Actor, query: Query | None = None, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """The actor's newest dossiers that match *query*, of those older than the dossier *before*."""
        return self.dossiers.find(actor, query, before=before, limit=limit)

    def desk(
        self, actor: Actor, query: Query | None = None, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """The dossiers of an officer's unit in the order of *query*, see `find`; none for other actors."""
        return self.dossiers.desk(actor, query, before=before, limit=limit)

    def desk_count(self, actor: Actor, query: Query, *, most: int = 1_000) -> int:
        """The number of dossiers of an officer's unit that match *query*, counted up to *most* + 1.

        Words, codes and days of submission in *query* are ignored.
        """
        return self.dossiers.desk_count(actor, query, most=most)

    def history(self, dossier: Dossier) -> tuple[Event, ...]:
        """The events of *dossier*."""
        return self.dossiers.history(dossier)

    def lookup(self, typed: str) -> Dossier | None:
        """The dossier with the code or the receipt number *typed*, or None.

        It is not filtered: callers must decide which parts a stranger may see.

        Raises:
            CodeError: it is neither.
        """
        return self.dossiers.lookup(typed)

    def check_code(self, dossier: Dossier) -> str:
        """The check code of *dossier*: letters beside its code on papers and mails, which prove that a person has one of them.

        Empty for a draft.
        """
        return self.dossiers.check_code(dossier)

    def report(self, period: Period, *, by: Sequence[str] = (), as_of: date | None = None) -> Report:
        """Figures of dossiers received, resolved and in progress in *period*, see `ledger.reports`.

        Args:
            by: dimensions of the lines: `unit`, `sector`, `procedure`, `channel`.
            as_of: figures as known on this day; None: today.
        """
        return self.reports.report(period, by=by, as_of=as_of)

    def behind(
        self, figure: str, period: Period, where: Mapping[str, str] | None = None, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """The dossiers that a figure of a report counts, newest first, those older than the dossier called *before*.

        Args:
            figure: a name of `reports.FIGURES`.
            where: dimension → value, as of one line of the report.
        """
        return self.reports.behind(figure, period, where, before=before, limit=limit)

    def notes(self, dossier: Dossier) -> Mapping[int, Note]:
        """The notes that came with the events of *dossier*, by the numbers of the events; none where it was erased."""
        return self.dossiers.notes(dossier)

    def key(self, name: str) -> bytes:
        """The secret of the installation called *name*, made when it is first needed."""
        return self.context.key(name)

    def verify(self, *, blobs: BlobStore | None = None, seen: Callable[[], object] = lambda: None) -> Iterator[str]:
        """A message for each contradiction in the store.

        Args:
            blobs: where the files are; they are compared with their hashes, too.
            seen: called after each dossier.
        """
        return contradictions(self.context.store, self.checks.fits, blobs=blobs, seen=seen)

    def unnamed_files(self, blobs: BlobStore) -> Iterator[str]:
        """Ids of the files in *blobs* that no dossier has named for a day, as an interrupted upload leaves them."""
        return unnamed_files(self.context.store, blobs, self.context.now() - timedelta(days=1))

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return self.context.now()

    def today(self) -> date:
        """The office's day."""
        return self.context.today()

    def close(self) -> None:
        """Close the store; `with open_engine(…) as engine` does so at its end."""
        self.context.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
