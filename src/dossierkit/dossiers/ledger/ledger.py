"""Statistics are a ledger: each event yields postings, and every report is a sum of them.

A posting lies on a day that never precedes the day it was made.  So what is summed up to a past day never changes again.
*Overdue* is posted ahead, on the day after the due day, and taken back when somebody resolves, pauses or re-dates.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum

import attrs

from dossierkit.dossiers.deadlines.calendars import day_of
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event
from dossierkit.dossiers.lifecycle.lifecycle import RESOLVED
from dossierkit.dossiers.states import Action, Channel, Outcome


class Measure(StrEnum):
    """What is counted."""

    RECEIVED = "received"
    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"
    #: Given back, withdrawn or stopped after it was accepted.
    RETURNED = "returned"
    REFUSED = "refused"
    REOPENED = "reopened"
    #: A stock: how many of those in progress are past their due day.
    OVERDUE = "overdue"


#: What brings a dossier in, and what takes it out.
IN = (Measure.RECEIVED, Measure.REOPENED)
OUT = (Measure.EARLY, Measure.ON_TIME, Measure.LATE, Measure.RETURNED)


@attrs.frozen(order=True)
class Posting:
    """So many more (or fewer) on a day, for one unit, sector, procedure and channel."""

    day: date
    unit: str
    sector: str
    procedure: str
    channel: Channel
    measure: Measure
    count: int

    @property
    def place(self) -> Place:
        """Everything but the count."""
        return self.day, self.unit, self.sector, self.procedure, self.channel, self.measure


#: Where something is posted: day, unit, sector, procedure, channel, measure.
Place = tuple[date, str, str, str, Channel, Measure]


def postings(before: Dossier, event: Event, after: Dossier) -> tuple[Posting, ...]:
    """What *event*, which led from *before* to *after*, adds to the ledger."""
    day = posted_on(event)
    found: dict[tuple[date, Measure], int] = {(day, measure): 1 for measure in _flows(before, event, after)}
    was, now = _overdue_from(before), _overdue_from(after)
    if was != now:
        # Taken back where it stood, or today where it stood earlier: what is past is never touched.
        for first, count in ((was, -1), (now, 1)):
            if first is not None:
                place = (max(day, first), Measure.OVERDUE)
                found[place] = found.get(place, 0) + count
    handling = after.handling
    return tuple(
        Posting(on, handling.unit, handling.sector, after.procedure, handling.channel, measure, count)
        for (on, measure), count in found.items()
        if count
    )


@attrs.frozen(order=True)
class Span:
    """So many more (or fewer) dossiers of a procedure, completed in a year, that took so many working days."""

    year: int
    procedure: str
    #: From the day of acceptance to the day of the result, whatever happened between them.
    days: int
    count: int


def spans(before: Dossier, event: Event, after: Dossier) -> tuple[Span, ...]:
    """How long it took, where *event* completed the dossier; taken back where it reopened it."""
    done, days = before.handling.result.resolved, before.handling.result.days
    if event.action is Action.COMPLETE and after.handling.result.days is not None:
        return (Span(posted_on(event).year, after.procedure, after.handling.result.days, 1),)
    if event.action is Action.REOPEN and done is not None and days is not None:
        return (Span(before.handling.result.spanned, after.procedure, days, -1),)
    return ()


def posted_on(event: Event) -> date:
    """The day that *event* is posted on: its own, or the last one that was posted on where the clock was set back."""
    return event.facts.posted or day_of(event.at)


def _flows(before: Dossier, event: Event, after: Dossier) -> Iterator[Measure]:
    match event.action:
        case Action.ACCEPT:
            yield Measure.RECEIVED
        case Action.REFUSE:
            yield Measure.REFUSED
        case Action.COMPLETE:
            yield _resolved(after, event.at)
        case Action.WITHDRAW | Action.STOP if before.handling.accepted is not None:
            yield Measure.RETURNED
        case Action.REOPEN:
            yield Measure.REOPENED


def _resolved(dossier: Dossier, at: datetime) -> Measure:
    handling = dossier.handling
    if handling.result.outcome is Outcome.RETURNED:
        return Measure.RETURNED
    if handling.clock.due is None:
        return Measure.ON_TIME
    done, due = day_of(at), day_of(handling.clock.due)
    return Measure.EARLY if done < due else Measure.ON_TIME if done == due else Measure.LATE


def _overdue_from(dossier: Dossier) -> date | None:
    """The first day on which *dossier* is overdue if nothing happens; None while it cannot become so."""
    handling = dossier.handling
    idle = handling.accepted is None or handling.clock.paused is not None or dossier.state in RESOLVED
    if idle or handling.clock.due is None:
        return None
    return day_of(handling.clock.due) + timedelta(days=1)


# --- half-months ------------------------------------------------------------------------------------------------------


def half_of(day: date) -> str:
    """The half of a month that *day* lies in: `2026-11-1` from the 1st to the 14th, `2026-11-2` from the 15th on."""
    return f"{day.isoformat()[:7]}-{1 if day.day < 15 else 2}"


def begin_of_half(day: date) -> date:
    """The first day of the half-month that *day* lies in."""
    return day.replace(day=1 if day.day < 15 else 15)


def half_ends(year: int) -> Iterator[date]:
    """The last days of the half-months of *year*."""
    for month in range(1, 13):
        yield date(year, month, 14)
        yield date(year, month, monthrange(year, month)[1])


def ends_a_half(day: date) -> bool:
    """Whether the half-month ends with *day*."""
    return half_of(day + timedelta(days=1)) != half_of(day)
