"""Functions that rules and computed values may call, beside those of CEL itself.

Dates are ISO texts.  Numbers are doubles; `days` and `years` of an addition are truncated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from dossierkit.pointers import Json


def _near(left: float, right: float, tolerance: float = 1e-6) -> bool:
    return abs(left - right) <= tolerance + 1e-9


def _days(start: str, end: str) -> int:
    return (date.fromisoformat(end[:10]) - date.fromisoformat(start[:10])).days


def _add_days(day: str, days: float) -> str:
    return (date.fromisoformat(day[:10]) + timedelta(days=int(days))).isoformat()


def _add_years(day: str, years: float) -> str:
    start = date.fromisoformat(day[:10])
    try:
        return start.replace(year=start.year + int(years)).isoformat()
    except ValueError:  # 29 February in a year without it
        return start.replace(year=start.year + int(years), day=28).isoformat()


def _area(points: list[Mapping[str, Any]]) -> float:
    """The area in m² of the polygon with the corners *points*, each `{x, y}` in metres (shoelace formula)."""
    pairs = zip(points, [*points[1:], *points[:1]], strict=True)
    return float(abs(sum(a["x"] * b["y"] - b["x"] * a["y"] for a, b in pairs)) / 2)


#: Name in CEL → function.
FUNCTIONS: Mapping[str, Callable[..., Json]] = {
    "sum": lambda values: float(sum(values)),
    "near": _near,
    "days": _days,
    "addDays": _add_days,
    "addYears": _add_years,
    "year": lambda day: float(day[:4]),
    "polygonArea": _area,
    "distinct": lambda values: len({repr(value) for value in values}) == len(values),
}
