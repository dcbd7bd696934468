"""Statistics are a ledger: each event yields postings, and every report is a sum of them.

The day of a posting never precedes the day it was made, so a sum up to a past day never changes again.
*Overdue* is posted ahead, on the day after the due day, and reversed when the dossier is resolved, paused or given a new day.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum

import attrs

from dossierkit.dossiers.deadlines.calendars import day_of
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event
from dossierkit.dossiers.lifecycle.transitions import RESOLVED
from dossierkit.dossiers.states import Action, Channel, Outcome


class Measure(StrEnum):
    """The measures of the statistics."""

    RECEIVED = "received"
    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"
    #: Returned, withdrawn or stopped after acceptance.
    RETURNED = "returned"
    REFUSED = "refused"
    REOPENED = "reopened"
    #: A stock: the number of dossiers in progress that are past their due day.
    OVERDUE = "overdue"


#: Measures by which dossiers come in, and by which they leave.
IN = (Measure.RECEIVED, Measure.REOPENED)
OUT = (Measure.EARLY, Measure.ON_TIME, Measure.LATE, Measure.RETURNED)


@attrs.frozen(order=True)
class Posting:
    """A change of a measure on a day, for one unit, sector, procedure and channel."""

    day: date
    unit: str
    sector: str
    procedure: str
    channel: Channel
    measure: Measure
    count: int

    @property
    def place(self) -> Place:
        """All attributes except the count."""
        return self.day, self.unit, self.sector, self.procedure, self.channel, self.measure


#: Key of a posting: day, unit, sector, procedure, channel, measure.
Place = tuple[date, str, str, str, Channel, Measure]


def postings(before: Dossier, event: Event, after: Dossier) -> tuple[Posting, ...]:
    """The postings of *event*, which led from *before* to *after*."""
    day = posted_on(event)
    counts: dict[tuple[date, Measure], int] = {(day, measure): 1 for measure in _flows(before, event, after)}
    was, now = _overdue_from(before), _overdue_from(after)
    if was != now:
        # Reversed on its day, or today if that has passed: past days never change.
        for first, count in ((was, -1), (now, 1)):
            if first is not None:
                place = (max(day, first), Measure.OVERDUE)
                counts[place] = counts.get(place, 0) + count
    handling = after.handling
    return tuple(
        Posting(on, handling.unit, handling.sector, after.procedure, handling.channel, measure, count)
        for (on, measure), count in counts.items()
        if count
    )


@attrs.frozen(order=True)
class Span:
    """A change of the number of dossiers of a procedure, completed in a year, that took the same number of working days."""

    year: int
    procedure: str
    #: From the day of acceptance to the day of the result, whatever happened between them.
    days: int
    count: int


def spans(before: Dossier, event: Event, after: Dossier) -> tuple[Span, ...]:
    """The span of a dossier that *event* completed; reversed if it reopened the dossier."""
    done, days = before.handling.result.resolved, before.handling.result.days
    if event.action is Action.COMPLETE and after.handling.result.days is not None:
        return (Span(posted_on(event).year, after.procedure, after.handling.result.days, 1),)
    if event.action is Action.REOPEN and done is not None and days is not None:
        return (Span(before.handling.result.spanned, after.procedure, days, -1),)
    return ()


def posted_on(event: Event) -> date:
    """The day of the postings of *event*: its own, or the last posted day if the system clock was set back."""
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
    """The first day on which *dossier* is overdue if nothing happens; None if it cannot become overdue."""
    handling = dossier.handling
    idle = handling.accepted is None or handling.clock.paused is not None or dossier.state in RESOLVED
    if idle or handling.clock.due is None:
        return None
    return day_of(handling.clock.due) + timedelta(days=1)


# --- half-months ------------------------------------------------------------------------------------------------------


def half_of(day: date) -> str:
    """The half-month of *day*: `2026-11-1` from the 1st to the 14th, `2026-11-2` from the 15th on."""
    return f"{day.isoformat()[:7]}-{1 if day.day < 15 else 2}"


def begin_of_half(day: date) -> date:
    """The first day of the half-month of *day*."""
    return day.replace(day=1 if day.day < 15 else 15)


def half_ends(year: int) -> Iterator[date]:
    """The last days of the half-months of *year*."""
    for month in range(1, 13):
        yield date(year, month, 14)
        yield date(year, month, monthrange(year, month)[1])


def ends_a_half(day: date) -> bool:
    """Whether the half-month ends with *day*."""
    return half_of(day + timedelta(days=1)) != half_of(day)
