"""When a result is due: time limits, pauses, and every day counted or not, with the reason.

The day of arrival is not counted.  A dossier that arrives while the office is closed arrives when it opens next.  Calendar days
that end on a day off end on the next working day.  A pause keeps the rest of the limit; it does not cure lateness.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import attrs

from dossierkit.dossiers.deadlines.calendars import Calendar, Hours, at, day_of
from dossierkit.dossiers.time_limits import TimeLimit, Unit

OPEN = Hours()


@attrs.frozen
class Counted:
    """One day between arrival and due day."""

    day: date
    #: Its number; None if it does not count.
    number: int | None
    #: The reason why it does not count, or counts against the rule: `received`, `weekend`, the name of a day off, `rolled`.
    why: str = ""


@attrs.frozen
class Due:
    """A due moment, and the days that were counted."""

    at: datetime
    days: tuple[Counted, ...]
    #: Whether it depends on days off that are not announced yet.
    estimated: bool


def due(calendar: Calendar, received: datetime, limit: TimeLimit, hours: Hours = OPEN, *, count: int | None = None) -> Due:
    """The due moment of a dossier that was *received* then.

    Args:
        count: rest of the limit, in its unit, negative if overdue; None: the whole limit.
    """
    wanted = limit.count if count is None else count
    begun = arrival(calendar, received, hours)
    first = day_of(begun)
    if limit.unit is Unit.HOURS:
        return _in_hours(calendar, begun, wanted, hours)
    if limit.same_day and count is None and begun.timetz().replace(tzinfo=None) <= hours.same_day_until:
        return Due(at(first, hours.closes), (Counted(first, 0, "received"),), calendar.is_estimated(first, first))
    if wanted <= 0:
        # Due today, or some days ago already; when the office opens next does not matter any more.
        last = _back(calendar, day_of(received), wanted, limit.unit)
        return Due(at(last, hours.closes), (Counted(last, 0, "received"),), calendar.is_estimated(last, first))
    days = _days(calendar, first, wanted, limit.unit)
    last = days[-1].day
    return Due(at(last, hours.closes), days, calendar.is_estimated(first, last))


def _back(calendar: Calendar, day: date, count: int, unit: Unit) -> date:
    if count == 0:
        return calendar.next_working(day)
    return calendar.working_after(day, count) if unit is Unit.WORKING else day + timedelta(days=count)


def arrival(calendar: Calendar, received: datetime, hours: Hours = OPEN) -> datetime:
    """The moment of arrival: *received*, or when the office opens next."""
    day = day_of(received)
    if not calendar.works(day) or received >= at(day, hours.closes):
        day = calendar.next_working(day if not calendar.works(day) else day + timedelta(days=1))
        return at(day, hours.opens)
    return max(received.astimezone(at(day, hours.opens).tzinfo), at(day, hours.opens))


def _days(calendar: Calendar, first: date, wanted: int, unit: Unit) -> tuple[Counted, ...]:
    days = [Counted(first, 0, "received")]
    number, day = 0, first
    while True:
        day += timedelta(days=1)
        works = calendar.works(day)
        if number == wanted:  # calendar days that ended on a day off
            days.append(Counted(day, None, "rolled" if works else calendar.why(day)))
        elif works or unit is Unit.CALENDAR:
            number += 1
            days.append(Counted(day, number, calendar.why(day)))
        else:
            days.append(Counted(day, None, calendar.why(day)))
        if number == wanted and works:
            return tuple(days)


def _in_hours(calendar: Calendar, begun: datetime, wanted: int, hours: Hours) -> Due:
    left, moment = timedelta(hours=max(wanted, 0)), begun
    days = [Counted(day_of(begun), 0, "received")]
    while True:
        day = day_of(moment)
        for opens, closes in hours.shifts:
            start, end = max(moment, at(day, opens)), at(day, closes)
            if start + left <= end and start <= end:
                return Due(start + left, tuple(days), calendar.is_estimated(days[0].day, day))
            left -= max(end - start, timedelta(0))
        opened = calendar.next_working(day + timedelta(days=1))
        while day < opened:
            day += timedelta(days=1)
            days.append(Counted(day, None, calendar.why(day)))
        moment = at(opened, hours.opens)


def left(calendar: Calendar, started: datetime, paused: datetime, limit: TimeLimit, hours: Hours = OPEN, *, count: int) -> int:
    """The rest of *count* when the clock stops: days, the day of the pause used up; whole hours, begun ones used up.

    Args:
        started: when the clock started: at arrival, or when it continued last.
    """
    begun = arrival(calendar, started, hours)
    first, last = day_of(begun), day_of(paused)
    if limit.unit is Unit.HOURS:
        return count - -(-int(_worked(calendar, begun, paused, hours).total_seconds()) // 3600)
    if limit.unit is Unit.CALENDAR:
        rest, end = count - max((last - first).days, 0), calendar.next_working(first + timedelta(days=max(count, 0)))
        # Where the end was moved over days off, nothing is late on them, nor on the day it was moved to.
        return rest if rest >= 0 or count < 0 else min((end - last).days, 0)
    passed, day = 0, first
    while day < last:
        day += timedelta(days=1)
        passed += calendar.works(day)
    return count - passed


def _worked(calendar: Calendar, begun: datetime, until: datetime, hours: Hours) -> timedelta:
    total, day = timedelta(0), day_of(begun)
    while day <= day_of(until):
        if calendar.works(day):
            for opens, closes in hours.shifts:
                total += max(min(until, at(day, closes)) - max(begun, at(day, opens)), timedelta(0))
        day += timedelta(days=1)
    return total


def is_overdue(due_at: datetime | None, now: datetime) -> bool:
    """Whether the due day has passed; the time of day does not matter."""
    return due_at is not None and day_of(now) > day_of(due_at)
