"""The office's days: which ones it works, and why it does not work the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import attrs

#: The office's day, whatever the server's clock says.
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_DAY = timedelta(days=1)
_SATURDAY = 5


@attrs.frozen
class Calendar:
    """Monday to Friday, without the days off, with the Saturdays that are worked instead."""

    #: Day off → what it is called.
    off: Mapping[date, str] = attrs.field(hash=False, factory=dict)
    #: Worked all the same → why.
    worked: Mapping[date, str] = attrs.field(hash=False, factory=dict)
    #: Years whose days off were announced; those of other years are worked out, and may shift.
    published: frozenset[int] = frozenset()
    #: Name of a day → its name in English.
    english: Mapping[str, str] = attrs.field(hash=False, factory=dict)

    def __repr__(self) -> str:
        return f"<Calendar with {len(self.off)} days off, published {sorted(self.published)}>"

    def named(self, why: str, language: str) -> str:
        """The reason that `why` gives, in *language* if there is a translation."""
        return self.english.get(why, why) if language == "en" else why

    def works(self, day: date) -> bool:
        """Whether the office works on *day*."""
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.off)

    def why(self, day: date) -> str:
        """The name of *day* if it is a day off, or worked in place of another; `weekend`; otherwise empty."""
        if day in self.worked:
            return self.worked[day]
        return self.off.get(day) or ("weekend" if day.weekday() >= _SATURDAY else "")

    def next_working(self, day: date) -> date:
        """*day*, or the first day after it that is worked."""
        while not self.works(day):
            day += _DAY
        return day

    def working_after(self, day: date, count: int) -> date:
        """The *count*-th day that is worked after *day*; before it where *count* is negative; *day* itself for 0."""
        step = _DAY if count > 0 else -_DAY
        for _ in range(abs(count)):
            day += step
            while not self.works(day):
                day += step
        return day

    def is_estimated(self, first: date, last: date) -> bool:
        """Whether a day from *first* to *last* is in a year whose days off are not announced."""
        return any(year not in self.published for year in range(first.year, last.year + 1))


@attrs.frozen
class Hours:
    """When the office is open."""

    #: Local times, from and until.
    shifts: tuple[tuple[time, time], ...] = ((time(7), time(11, 30)), (time(13, 30), time(17)))
    #: Dossiers that arrive later are not resolved on the same day.
    same_day_until: time = time(15)

    @property
    def opens(self) -> time:
        """When the day begins."""
        return self.shifts[0][0]

    @property
    def closes(self) -> time:
        """When the day ends."""
        return self.shifts[-1][1]


def at(day: date, moment: time) -> datetime:
    """*moment* of *day* at the office."""
    return datetime.combine(day, moment, ZONE)


def end_of_later_day(day: date, today: date) -> datetime:
    """The moment at which an office closes on *day*, such as a new due day.

    Raises:
        ValueError: it is not after *today*.
    """
    if day <= today:
        raise ValueError("a new due day is still to come")
    return at(day, Hours().closes)


def office_time(moment: datetime) -> datetime:
    """*moment* as the office's clock shows it, with its zone.

    Pages, papers and the terminal show office time; stores keep UTC.
    """
    return moment.astimezone(ZONE)


def day_of(moment: datetime) -> date:
    """The office's day of *moment*."""
    return office_time(moment).date()
