"""Reports: dossiers received, resolved in time or late, in progress, for any period and by any dimension.

The columns are those of form II.06a, with those reopened as a column of their own, so that no cell is ever negative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta

import attrs

from dossierkit.dossiers.ledger.ledger import IN, OUT, Measure
from dossierkit.dossiers.states import Channel

#: Dimensions of rows, in the words of the ledger.
DIMENSIONS = ("unit", "sector", "procedure", "channel")

#: The figures of a line: flows of a period, and stocks at its end; see `behind`.
FIGURES: Mapping[str, tuple[Measure, ...]] = {
    "carried-over": (), "in-progress": (), "overdue": (Measure.OVERDUE,), "received": IN, "late": (Measure.LATE,),
    "in-time": (Measure.EARLY, Measure.ON_TIME, Measure.RETURNED), "refused": (Measure.REFUSED,),
}  # fmt: skip


@attrs.frozen
class Figure:
    """Which dossiers a figure counts: those whose postings from *first* to *last* add up to something."""

    #: None: from the beginning.
    first: date | None
    last: date
    plus: tuple[Measure, ...]
    minus: tuple[Measure, ...] = ()
    #: Dimension → value.
    where: Mapping[str, str] = attrs.field(factory=dict, hash=False)

    @classmethod
    def of(cls, name: str, period: Period, as_of: date, where: Mapping[str, str]) -> Figure:
        """The figure called *name* in `FIGURES`, of a period as it is known on the day *as_of*."""
        last = min(period.last, as_of)
        if name == "carried-over":
            return cls(None, min(period.first - timedelta(days=1), as_of), IN, OUT, where)
        if name == "in-progress":
            return cls(None, last, IN, OUT, where)
        if name == "overdue":
            return cls(None, last, FIGURES[name], (), where)
        return cls(period.first, last, FIGURES[name], (), where)


#: Sums of all postings up to a day: (the values of the dimensions, channel, measure) → count.
Sums = Mapping[tuple[tuple[str, ...], Channel, Measure], int]
#: Gives the sums up to a day, that day included, by dimensions.
Summing = Callable[[date, Sequence[str]], Sums]


#: Parts of a year that offices report, by their first and last month.
PARTS = {
    "year": (1, 12), "q1": (1, 3), "q2": (4, 6), "q3": (7, 9), "q4": (10, 12), "h1": (1, 6), "h2": (7, 12), "m9": (1, 9),
}  # fmt: skip


@attrs.frozen
class Period:
    """From a day to a day, both included."""

    first: date
    last: date

    @classmethod
    def year(cls, year: int, *, nd09: bool = False) -> Period:
        """A calendar year; by the convention of decree 09/2019, from 15 December to 14 December."""
        return cls(date(year - 1, 12, 15), date(year, 12, 14)) if nd09 else cls(date(year, 1, 1), date(year, 12, 31))

    @classmethod
    def part(cls, year: int, name: str, *, nd09: bool = False) -> Period:
        """A part of *year* as `PARTS` calls it: `year`, `q1` to `q4`, `h1`, `h2`, `m9`, or a month, `1` to `12`."""
        if name in PARTS:
            return cls.months(year, *PARTS[name], nd09=nd09)
        return cls.months(year, int(name), int(name), nd09=nd09)

    def split(self, *, nd09: bool = False) -> Iterator[Period]:
        """Its months; by decree 09/2019 each from the 15th to the 14th."""
        first = self.first
        while first <= self.last:
            after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
            end = after - timedelta(days=1)
            if nd09:
                end = first.replace(day=14) if first.day < 15 else after.replace(day=14)
            yield Period(first, min(end, self.last))
            first = end + timedelta(days=1)

    @classmethod
    def months(cls, year: int, first: int, last: int, *, nd09: bool = False) -> Period:
        """The months *first* to *last* of *year*; by decree 09/2019 each from the 15th of the month before to the 14th."""
        begin = date(year, first, 1)
        end = (date(year, last, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        if nd09:
            return cls((begin - timedelta(days=1)).replace(day=15), date(year, last, 14))
        return cls(begin, end)


@attrs.frozen
class Line:
    """One line of a report; *key* are the values of the dimensions, empty for the total."""

    key: tuple[str, ...]
    #: In progress when the period began.
    carried_over: int = 0
    online: int = 0
    #: Over the counter and by post.
    direct: int = 0
    reopened: int = 0
    early: int = 0
    on_time: int = 0
    late: int = 0
    #: Given back, withdrawn or stopped; the printed form counts them among those on time.
    returned: int = 0
    #: Those in progress at the end that are past their due day.
    overdue: int = 0
    #: Not accepted; outside of all sums.
    refused: int = 0

    @property
    def received(self) -> int:
        """New in the period."""
        return self.online + self.direct

    @property
    def to_do(self) -> int:
        """Column 3: all dossiers to resolve."""
        return self.carried_over + self.received + self.reopened

    @property
    def resolved(self) -> int:
        """Column 7."""
        return self.early + self.on_time + self.late + self.returned

    @property
    def in_progress(self) -> int:
        """Column 11: in progress at the end."""
        return self.to_do - self.resolved

    @property
    def within(self) -> int:
        """Column 12: those in progress that are not overdue, waiting ones included."""
        return self.in_progress - self.overdue

    @property
    def rate(self) -> float | None:
        """The share resolved in time; None if nothing was resolved."""
        return (self.resolved - self.late) / self.resolved if self.resolved else None


@attrs.frozen
class Report:
    """The lines of one period in the order of their keys, and the total."""

    period: Period
    #: Up to here it is known; the end of the period, or earlier.
    as_of: date
    by: tuple[str, ...]
    lines: tuple[Line, ...]
    total: Line


def report(summing: Summing, period: Period, *, as_of: date, by: Sequence[str] = ()) -> Report:
    """The report of *period* as it was known on the day *as_of*.

    Raises:
        ValueError: *by* names something that is no dimension.
    """
    if unknown := [name for name in by if name not in DIMENSIONS]:
        raise ValueError(f"a report has no {unknown[0]!r}; known: {', '.join(DIMENSIONS)}")
    last = min(period.last, as_of)
    # Postings ahead of that day are not known yet.
    before = summing(min(period.first - timedelta(days=1), as_of), by)
    until = summing(last, by) if last >= period.first else before
    lines = tuple(_line(key, before, until) for key in sorted({key for key, _, _ in until}))
    lines = tuple(line for line in lines if any(getattr(line, name) for name in _CELLS))
    return Report(period, last, tuple(by), lines, _total(lines))


_CELLS = tuple(field.name for field in attrs.fields(Line) if field.name != "key")


def _line(key: tuple[str, ...], before: Sums, until: Sums) -> Line:
    def stock(sums: Sums, measures: Sequence[Measure], channels: Sequence[Channel] = tuple(Channel)) -> int:
        return sum(sums.get((key, channel, measure), 0) for measure in measures for channel in channels)

    def flow(measure: Measure, channels: Sequence[Channel] = tuple(Channel)) -> int:
        return stock(until, (measure,), channels) - stock(before, (measure,), channels)

    return Line(
        key,
        carried_over=stock(before, IN) - stock(before, OUT),
        online=flow(Measure.RECEIVED, (Channel.ONLINE,)),
        direct=flow(Measure.RECEIVED, (Channel.COUNTER, Channel.POST)),
        reopened=flow(Measure.REOPENED),
        early=flow(Measure.EARLY),
        on_time=flow(Measure.ON_TIME),
        late=flow(Measure.LATE),
        returned=flow(Measure.RETURNED),
        overdue=stock(until, (Measure.OVERDUE,)),
        refused=flow(Measure.REFUSED),
    )


def _total(lines: Sequence[Line]) -> Line:
    return Line((), **{name: sum(getattr(line, name) for line in lines) for name in _CELLS})


def months(summing: Summing, period: Period, *, as_of: date, nd09: bool = False) -> Iterator[Report]:
    """The reports of the months of *period* that have begun by *as_of*, the first and the last as far as they are within it."""
    sums: dict[date, Sums] = {}

    def remembered(until: date, by: Sequence[str]) -> Sums:
        # A month ends where the next one begins: each day is summed once.
        if until not in sums:
            sums[until] = summing(until, by)
        return sums[until]

    for part in period.split(nd09=nd09):
        if part.first <= as_of:
            yield report(remembered, part, as_of=as_of)
