"""Where dossiers are kept, and the changes that are made to them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

import attrs

from dossierkit.dossiers.codes import DossierCode, drawn_by
from dossierkit.dossiers.ledger.ledger import Posting, Span
from dossierkit.dossiers.ledger.reports import Figure, Sums
from dossierkit.dossiers.lifecycle.dossier import NOTHING_SAID, Dossier, Event, Query, Said
from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.money.attempts import Attempt, Progress
from dossierkit.pointers import Json
from dossierkit.ports.accounts import AccountStore, Outbox
from dossierkit.ports.payments import PaymentStore

EVERYTHING = Query()


@attrs.frozen
class Position:
    """Position of an event in the log of its dossier, known to the store alone."""

    #: Number drawn from the series; 0 if the action draws none.
    drawn: int
    #: Hash of the event before it.
    before: str
    #: Number of the event, from 1.
    number: int
    #: Last day of any posting in the ledger; None while the ledger is empty.
    posted: date | None = None


@attrs.frozen
class ActionRecord:
    """One action with everything that a store writes for it, in one transaction."""

    #: Dossier as the actor saw it: its version guards the write.  With the new answers and attachments, see *answers*.
    dossier: Dossier
    #: Makes the event for the position that the store gives it.
    event: Callable[[Position], Event]
    #: Series of the code or receipt number that the action draws: agency, and ISO day or year; None if it draws none.
    series: tuple[str, str] | None = None
    #: Write the answers and attachments of *dossier*; otherwise the stored ones remain.
    answers: bool = False
    #: New text of the search index; None keeps the present one.
    search: str | None = None
    #: Mails about the action, given the dossier after it.
    mails: Callable[[Dossier], tuple[SendMail, ...]] = lambda _: ()
    said: Said = NOTHING_SAID
    #: Erase the owner, the notes of all events and the text of the search index.
    forget: bool = False
    #: Makes the attempt that the action pays with, given the event; None if it pays nothing.
    paid: Callable[[Event], Attempt] | None = None
    #: Stored progress of that attempt, which guards the write; None for a new attempt.
    paid_before: Progress | None = None
    #: Return the stored dossier, instead of raising, if it has left the state of *dossier* meanwhile.
    once: bool = False


@attrs.frozen
class ImportedDossier:
    """A dossier with its whole history, made by another system or a simulation, see `DossierStore.load`."""

    #: State after the last event.
    dossier: Dossier
    events: tuple[Event, ...]
    postings: tuple[Posting, ...]
    spans: tuple[Span, ...] = ()
    #: Text of the search index; empty for a draft.
    search: str = ""
    #: Notes by number of their event.
    said: Mapping[int, Said] = attrs.field(factory=dict, hash=False)
    attempts: tuple[Attempt, ...] = ()


@attrs.frozen
class NumberGap:
    """Numbers of a series that stay unused, because they were given out before the store was lost and restored."""

    agency: str
    #: The day of codes, the year of receipts, the year and book of letters, see `codes.series_of`.
    series: str
    first: int
    last: int
    #: When the gap was recorded.
    at: datetime


class DossierStore(Protocol):
    """Keeps dossiers, their events and the bundles they were filed under.  Every method is one transaction."""

    @property
    def accounts(self) -> AccountStore:
        """The accounts in the same store."""
        ...

    @property
    def outbox(self) -> Outbox:
        """The mails in the same store."""
        ...

    @property
    def payments(self) -> PaymentStore:
        """The attempts to pay in the same store."""
        ...

    def create(self, dossier: Dossier, event: Event, bundle: bytes, *, sole: bool = False) -> bool:
        """Keeps a new draft, and the bundle of its revision if it is new.

        Args:
            sole: where its owner has a draft of the procedure, nothing is kept; then it gives False.
        """
        ...

    def get(self, id: str) -> Dossier | None:
        """The dossier called *id*."""
        ...

    def by_code(self, code: DossierCode) -> Dossier | None:
        """The dossier with this code."""
        ...

    def replace(self, dossier: Dossier) -> None:
        """Keeps a changed draft.

        Raises:
            StaleDossier: the stored version is not the one before *dossier*'s.
        """
        ...

    def record(self, change: ActionRecord) -> Dossier:
        """The dossier after *change*: state, event, number, answers, note, search text and mails, all or nothing.

        Raises:
            StaleDossier: somebody changed it, or the attempt that pays with it, meanwhile.
        """
        ...

    def load(self, lives: Iterable[ImportedDossier], *, at_once: int = 500) -> Iterator[int]:
        """Keeps whole lives in big transactions; gives after each how many there are so far.

        Their numbers stand for themselves: every series goes on after the highest of them.

        Raises:
            StoreError: a code, a receipt number or an id is there already; of that transaction nothing is kept.
        """
        ...

    def skip(self, gap: NumberGap) -> bool:
        """Lets a series go on after *gap*; False where it is there already."""
        ...

    def gaps(self) -> tuple[NumberGap, ...]:
        """Every gap, in the order in which they were made."""
        ...

    def revisions(self) -> Mapping[tuple[str, str], int]:
        """(procedure, revision) → how many dossiers there are of it, drafts included."""
        ...

    def latest(self, before: tuple[datetime, str, int] | None = None, *, actor: str = "", limit: int = 50) -> tuple[Event, ...]:
        """What happened last to dossiers that have a code, newest first.

        Args:
            before: the moment, dossier and number of an event; only what happened before it.
            actor: only what this one did.
        """
        ...

    def size(self) -> int:
        """How many dossiers there are, drafts included."""
        ...

    def sums(self, until: date, by: Sequence[str]) -> Sums:
        """The sums of all postings up to the day *until*, by the dimensions *by*, see `reports`."""
        ...

    def behind(self, figure: Figure, *, before: str | None = None, limit: int = 20) -> tuple[Dossier, ...]:
        """The dossiers that *figure* counts, newest first, those older than the id *before*."""
        ...

    def spans(self, year: int | None = None) -> tuple[Span, ...]:
        """How long what was completed in *year* (in any, where None) took: the sums by procedure and days."""
        ...

    def postings(self) -> Iterator[Posting]:
        """Every posting, in no order, in bounded memory."""
        ...

    def said(self, id: str) -> Mapping[int, Said]:
        """What was said with the events of a dossier, by their numbers; nothing where it was erased."""
        ...

    def by_receipt(self, receipt: str) -> Dossier | None:
        """The dossier with this receipt number."""
        ...

    def cancelled(self, before: datetime, limit: int = 100) -> tuple[Dossier, ...]:
        """Drafts that were thrown away before this instant."""
        ...

    def idle(self, until: datetime, *, after: tuple[datetime, str] | None = None, limit: int = 100) -> tuple[Dossier, ...]:
        """Drafts that nobody changed since *until*, those first that lie longest.

        Args:
            after: the last change and the id of a draft; only those that come after it.
        """
        ...

    def delete(self, id: str, version: int) -> None:
        """Forgets a draft, with its history.

        Raises:
            StaleDossier: somebody changed it meanwhile.
        """
        ...

    def find(
        self, owner: str | None, query: Query = EVERYTHING, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """The newest dossiers of *owner* that *query* is about, those older than the id *before*.

        Of everybody where *owner* is None: what an office sees, drafts apart.
        """
        ...

    def count(self, query: Query, most: int) -> int:
        """How many dossiers an office has that *query* is about, counted up to *most*; words, codes and days do not count."""
        ...

    def events(self, id: str) -> tuple[Event, ...]:
        """The history of a dossier, oldest first."""
        ...

    def owners(self, blob: str) -> frozenset[str]:
        """The owners of the dossiers that name this file."""
        ...

    def names(self, blob: str) -> bool:
        """Whether some dossier names this file."""
        ...

    def bundle(self, revision: str) -> bytes | None:
        """The bundle of a revision that a dossier was filed under."""
        ...

    def keep_bundle(self, revision: str, bundle: bytes) -> None:
        """Keeps the bundle of a revision, if it is new."""
        ...

    def every(self) -> Iterator[Dossier]:
        """All dossiers, oldest first, in bounded memory."""
        ...

    def counters(self) -> Mapping[tuple[str, str], int]:
        """(agency, ISO day or year) → the last number given: codes by day, receipts by year."""
        ...

    def marked(self) -> Mapping[tuple[str, str], int]:
        """The same, as it was noted apart from the dossiers before each number was given out; never more than `counters`."""
        ...

    def remember(self, key: str, value: Json) -> None:
        """Keeps a small fact of the installation."""
        ...

    def recall(self, key: str) -> Json:
        """The fact called *key*, or None."""
        ...

    def guard_writable(self) -> None:
        """Lets pass where it can be written, as far as that can be told without writing.

        Raises:
            UnwritableStore: it cannot.
        """
        ...

    def close(self) -> None:
        """Lets go of everything; the store is not used afterwards."""
        ...


def numbers_of(life: ImportedDossier) -> dict[tuple[str, str], int]:
    """(agency, series) → the highest number that the events of *life* drew."""
    found: dict[tuple[str, str], int] = {}
    for event in (event for event in life.events if "number" in event.facts):
        if (drawn := drawn_by(event.action, event.facts, life.dossier.agency or "")) is not None:
            place = drawn[:2]
            found[place] = max(found.get(place, 0), drawn[2])
    return found


def highest(lives: Iterable[ImportedDossier]) -> dict[tuple[str, str], int]:
    """(agency, series) → the highest number that the events of *lives* drew."""
    found: dict[tuple[str, str], int] = {}
    for life in lives:
        for place, number in numbers_of(life).items():
            found[place] = max(found.get(place, 0), number)
    return found


def batches(lives: Iterable[ImportedDossier], size: int) -> Iterator[tuple[ImportedDossier, ...]]:
    """*lives*, so many at a time."""
    rest = iter(lives)
    while batch := tuple(itertools.islice(rest, size)):
        yield batch
