"""What the clock adds to an action: a due day at acceptance, what is left at a pause, a new due day when it goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import attrs

from dossierkit.dossiers.calendars import Calendar
from dossierkit.dossiers.deadlines import Due, TimeLimit, Unit, due, left
from dossierkit.dossiers.dossier import Dossier
from dossierkit.dossiers.handling import Handling
from dossierkit.dossiers.lifecycle import pauses
from dossierkit.dossiers.procedure import Procedure
from dossierkit.dossiers.states import Action, State
from dossierkit.forms.pointers import Json

#: An office answers what it was sent within so many working hours, unless a procedure says otherwise.
ANSWER = TimeLimit(8, Unit.HOURS)
_RETURNS = frozenset((Action.SUPPLEMENT, Action.SETTLE, Action.RESUME))


@attrs.frozen
class OfficeClock:
    """The clock of an office with *calendar*, which is only made when it is needed."""

    calendar: Callable[[], Calendar]

    def answer_by(self, now: datetime) -> datetime:
        """Until when the office has to accept or refuse what it was sent *now*."""
        return due(self.calendar(), now, ANSWER).at

    def facts(
        self, dossier: Dossier, action: Action, procedure: Procedure, now: datetime, said: Mapping[str, Json]
    ) -> dict[str, Json]:
        """What the clock says to *action*, where *said* does not say it already."""
        handling = dossier.handling
        if action is Action.ACCEPT and "due" not in said:
            limit = procedure.time_limit(dossier.answers, handling.channel)
            if limit is None:
                return {}
            return _due(due(self.calendar(), now, limit), limit, limit.count)
        limit = _limit_of(handling)
        if limit is None:
            return {}
        if pauses(action) and dossier.state is not State.SUBMITTED:
            since = handling.running or now
            return {"left": left(self.calendar(), since, now, limit, count=handling.left or 0)}
        if action in _RETURNS and handling.back is not State.SUBMITTED and "due" not in said:
            rest = handling.left or 0
            if action is Action.SUPPLEMENT and limit.after_supplement is not None:
                rest = limit.after_supplement
            return _due(due(self.calendar(), now, limit, count=rest), limit, rest)
        return {}

    def explained(self, handling: Handling) -> Due | None:
        """How the due day came about, day by day; None where the clock stands still, or somebody set the day."""
        limit = _limit_of(handling)
        if limit is None or handling.running is None or handling.left is None or handling.due is None:
            return None
        whole = None if handling.left == limit.count and handling.running == handling.accepted else handling.left
        found = due(self.calendar(), handling.running, limit, count=whole)
        return found if found.at == handling.due else None


def _due(found: Due, limit: TimeLimit, count: int) -> dict[str, Json]:
    stated = {"unit": limit.unit.value, "sameDay": limit.same_day, "afterSupplement": limit.after_supplement}
    return {"due": found.at.isoformat(), "left": count, "estimated": found.estimated, "limit": {"count": limit.count, **stated}}


def _limit_of(handling: Handling) -> TimeLimit | None:
    return TimeLimit.of(handling.limit) if handling.limit is not None else None
