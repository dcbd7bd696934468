"""How long procedures take: the median of working days and the share resolved in time."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from dossierkit.dossiers.ledger.ledger import Span
from dossierkit.dossiers.ledger.reports import Period
from dossierkit.office.engine import Engine
from dossierkit.statistics.period_tables import name_of


@attrs.frozen
class Pace:
    """How long one procedure took in a year, and how often in time."""

    procedure: str
    title: str
    completed: int
    #: Half of them took no longer, in working days; None where nothing was completed.
    median: float | None
    #: The share resolved in time; None where nothing was resolved.
    rate: float | None


def paces(engine: Engine, year: int, *, language: str = "vi") -> tuple[Pace, ...]:
    """How long each procedure took in *year*, those with the most dossiers first."""
    took: dict[str, list[Span]] = {}
    for span in engine.store.spans(year):
        took.setdefault(span.procedure, []).append(span)
    found = []
    for line in engine.report(Period.year(year), by=("procedure",)).lines:
        (code,) = line.key
        spans = took.get(code, [])
        count = sum(one.count for one in spans)
        found.append(Pace(code, name_of(engine, "procedure", code, language), count, median(spans), line.rate))
    return tuple(sorted(found, key=lambda one: (-one.completed, one.title)))


def median(spans: Iterable[Span]) -> float | None:
    """The middle of the days of *spans*, the mean of both where there are two."""
    ordered = sorted((one for one in spans if one.count > 0), key=lambda one: one.days)
    count = sum(one.count for one in ordered)
    if not count:
        return None
    return (_at(ordered, (count - 1) // 2) + _at(ordered, count // 2)) / 2


def _at(ordered: list[Span], place: int) -> int:
    for one in ordered:
        if place < one.count:
            return one.days
        place -= one.count
    raise AssertionError("a place within the count")  # pragma: no cover  # the caller counted
