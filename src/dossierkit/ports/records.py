"""Values that a store writes as a whole: an action, an imported dossier, a gap in a series of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

import attrs

from dossierkit.dossiers.ledger.ledger import Posting, Span
from dossierkit.dossiers.lifecycle.dossier import NO_NOTE, Dossier, Event, Note
from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.money.attempts import Attempt, Progress


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
    note: Note = NO_NOTE
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
    """A dossier with its whole history, made by another system or a simulation, see `UpkeepStore.load`."""

    #: State after the last event.
    dossier: Dossier
    events: tuple[Event, ...]
    postings: tuple[Posting, ...]
    spans: tuple[Span, ...] = ()
    #: Text of the search index; empty for a draft.
    search: str = ""
    #: Notes by number of their event.
    notes: Mapping[int, Note] = attrs.field(factory=dict, hash=False)
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
