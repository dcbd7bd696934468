"""Times things side by side."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

import attrs

_Name = TypeVar("_Name", bound=Hashable)


@attrs.frozen
class Row:
    """One line of the table: *ours* against *theirs*; *ratio* is how many times as fast (or as large) the better side is."""

    what: str
    ours: str
    theirs: str
    ratio: float
    goal: str
    met: bool | None


def medians(
    sides: Mapping[_Name, Callable[[], object]], *, seconds: float = 1.5, clock: Callable[[], float] = time.perf_counter
) -> dict[_Name, float]:
    """Name → median seconds of one call, the sides taking turns in short rounds.

    Args:
        clock: `time.process_time` for what this thread works out by itself; then neighbours on the machine do not count.
    """
    counts: dict[_Name, int] = {}
    for name, call in sides.items():
        call()
        start = clock()
        call()
        once = max(clock() - start, 1e-7)
        counts[name] = max(1, min(int(0.02 / once), 20_000))
    times: dict[_Name, list[float]] = {name: [] for name in sides}
    end = time.perf_counter() + seconds * len(sides)
    while time.perf_counter() < end or any(len(found) < 5 for found in times.values()):
        for name, call in sides.items():
            start = clock()
            for _ in range(counts[name]):
                call()
            times[name].append((clock() - start) / counts[name])
    return {name: statistics.median(found) for name, found in times.items()}


def shown(seconds: float) -> str:
    """Seconds in a fitting unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def faster(what: str, ours: float, theirs: float, goal: float) -> Row:
    """A row for "at least *goal* times as fast as"."""
    ratio = theirs / ours
    return Row(what, shown(ours), shown(theirs), ratio, f">= {goal:g}x", ratio >= goal)


def costs(what: str, ours: float, theirs: float, goal: float) -> Row:
    """A row for "at most *goal* times the time of"."""
    ratio = ours / theirs
    return Row(what, shown(ours), shown(theirs), ratio, f"<= {goal:g}x", ratio <= goal)


def table(rows: list[Row]) -> str:
    """The rows as text."""
    lines = [f"{'what':58} {'ours':>10} {'theirs':>10} {'ratio':>9} {'goal':>10}"]
    for row in rows:
        met = {True: "met", False: "MISSED", None: ""}[row.met]
        lines.append(f"{row.what:58} {row.ours:>10} {row.theirs:>10} {row.ratio:>8.2f}x {row.goal:>10} {met}")
    return "\n".join(lines)
