"""Processing times of procedures: the median in working days and the share resolved in time."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from dossierkit.dossiers.ledger.ledger import Span
from dossierkit.dossiers.ledger.reports import Period
from dossierkit.office.engine import Engine
from dossierkit.statistics.period_tables import name_of


@attrs.frozen
class Pace:
    """Processing time of one procedure in a year."""

    procedure: str
    title: str
    completed: int
    #: Median in working days; None if no dossier was completed.
    median: float | None
    #: Share resolved in time, 0 to 1; None if no dossier was resolved.
    rate: float | None


def paces(engine: Engine, year: int, *, language: str = "vi") -> tuple[Pace, ...]:
    """The processing time of each procedure in *year*, those with the most dossiers first."""
    took: dict[str, list[Span]] = {}
    for span in engine.store.spans(year):
        took.setdefault(span.procedure, []).append(span)
    result = []
    for line in engine.report(Period.year(year), by=("procedure",)).lines:
        (code,) = line.key
        spans = took.get(code, [])
        count = sum(span.count for span in spans)
        result.append(Pace(code, name_of(engine, "procedure", code, language), count, median(spans), line.rate))
    return tuple(sorted(result, key=lambda pace: (-pace.completed, pace.title)))


def median(spans: Iterable[Span]) -> float | None:
    """The median of the days of *spans*, weighted by count; None if there are none."""
    ordered = sorted((span for span in spans if span.count > 0), key=lambda span: span.days)
    count = sum(span.count for span in ordered)
    if not count:
        return None
    return (_at(ordered, (count - 1) // 2) + _at(ordered, count // 2)) / 2


def _at(ordered: list[Span], position: int) -> int:
    for span in ordered:
        if position < span.count:
            return span.days
        position -= span.count
    raise AssertionError("position beyond the count")  # pragma: no cover  # callers stay within the count
