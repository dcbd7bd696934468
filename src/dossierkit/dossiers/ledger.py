"""Statistics are a ledger: each event yields postings, and every report is a sum of them.

A posting lies on a day that never precedes the day it was made.  So what is summed up to a past day never changes again.
*Overdue* is posted ahead, on the day after the due day, and taken back when somebody resolves, pauses or re-dates.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum

import attrs

from dossierkit.dossiers.calendars import day_of
from dossierkit.dossiers.dossier import Dossier, Event
from dossierkit.dossiers.lifecycle import RESOLVED
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


def postings(before: Dossier, event: Event, after: Dossier) -> tuple[Posting, ...]:
    """What *event*, which led from *before* to *after*, adds to the ledger."""
    handling, day = after.handling, posted_on(event)

    def posting(measure: Measure, count: int = 1, on: date = day) -> Posting:
        return Posting(on, handling.unit, handling.sector, after.procedure, handling.channel, measure, count)

    found = [posting(measure) for measure in _flows(before, event, after)]
    was, now = _overdue_from(before), _overdue_from(after)
    if was != now:
        # Taken back where it stood, or today where it stood earlier: what is past is never touched.
        found += [posting(Measure.OVERDUE, -1, max(day, was))] if was is not None else []
        found += [posting(Measure.OVERDUE, 1, max(day, now))] if now is not None else []
    return tuple(one for one in _netted(found) if one.count)


def posted_on(event: Event) -> date:
    """The day that *event* is posted on: its own, or the last one that was posted on where the clock was set back."""
    posted = event.facts.get("posted")
    return date.fromisoformat(posted) if posted is not None else day_of(event.at)


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
    if handling.outcome is Outcome.RETURNED:
        return Measure.RETURNED
    if handling.due is None:
        return Measure.ON_TIME
    done, due = day_of(at), day_of(handling.due)
    return Measure.EARLY if done < due else Measure.ON_TIME if done == due else Measure.LATE


def _overdue_from(dossier: Dossier) -> date | None:
    """The first day on which *dossier* is overdue if nothing happens; None while it cannot become so."""
    handling = dossier.handling
    idle = handling.accepted is None or handling.paused is not None or dossier.state in RESOLVED
    if idle or handling.due is None:
        return None
    return day_of(handling.due) + timedelta(days=1)


def _netted(found: list[Posting]) -> Iterator[Posting]:
    """The same postings, those of one place and measure as one."""
    sums: dict[Posting, int] = {}
    for one in found:
        place = attrs.evolve(one, count=0)
        sums[place] = sums.get(place, 0) + one.count
    for place, count in sums.items():
        yield attrs.evolve(place, count=count)


# --- half-months ------------------------------------------------------------------------------------------------------


def half_of(day: date) -> str:
    """The half of a month that *day* lies in: `2026-11-1` from the 1st to the 14th, `2026-11-2` from the 15th on."""
    return f"{day:%Y-%m}-{1 if day.day < 15 else 2}"


def begin_of_half(day: date) -> date:
    """The first day of the half-month that *day* lies in."""
    return day.replace(day=1 if day.day < 15 else 15)


def ends_a_half(day: date) -> bool:
    """Whether the half-month ends with *day*."""
    return half_of(day + timedelta(days=1)) != half_of(day)
