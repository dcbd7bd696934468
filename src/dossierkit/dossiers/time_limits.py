"""Time limits: how long an office has, as `x-procedure.timeLimit` says."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import attrs
from cattrs.gen import make_dict_unstructure_fn, override

from dossierkit.converter import converter
from dossierkit.pointers import Json


class Unit(Enum):
    """The unit of a time limit."""

    WORKING = "working"
    CALENDAR = "calendar"
    HOURS = "hours"


#: Unit → about how many working days one of it is.
_WORKING_DAYS: Mapping[Unit, float] = {Unit.WORKING: 1, Unit.CALENDAR: 5 / 7, Unit.HOURS: 1 / 8}


@attrs.frozen
class TimeLimit:
    """How long an office has, as `x-procedure.timeLimit` says."""

    count: int
    unit: Unit = Unit.WORKING
    #: Due on the day it arrives, if it arrives early enough.
    same_day: bool = False
    #: So many, anew, after a supplement; None: what was left.
    after_supplement: int | None = None

    @property
    def working_days(self) -> float:
        """About how many working days it is, to tell the shorter of two limits."""
        return 0 if self.same_day else self.count * _WORKING_DAYS[self.unit]

    @classmethod
    def of(cls, entry: Mapping[str, Json]) -> TimeLimit:
        """The limit that *entry* of a procedure file states."""
        after = entry.get("afterSupplement")
        return cls(
            int(entry["count"]),
            Unit(entry.get("unit", "working")),
            entry.get("sameDay") is True,
            int(after) if after is not None else None,
        )


converter.register_structure_hook(TimeLimit, lambda entry, _: TimeLimit.of(entry))
converter.register_unstructure_hook(
    TimeLimit,
    make_dict_unstructure_fn(
        TimeLimit, converter, same_day=override(rename="sameDay"), after_supplement=override(rename="afterSupplement")
    ),
)
