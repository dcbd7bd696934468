"""The clock of a dossier: a due day at acceptance, the rest of the limit at a pause, a new due day when it continues."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import attrs

from dossierkit.dossiers.deadlines.calendars import Calendar
from dossierkit.dossiers.deadlines.day_counting import Due, due, left
from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.dossiers.lifecycle.event_facts import ClockChange
from dossierkit.dossiers.lifecycle.handling import Handling
from dossierkit.dossiers.lifecycle.transitions import pauses
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import Action, State
from dossierkit.dossiers.time_limits import TimeLimit, Unit

#: Time for accepting or refusing a dossier, unless a procedure states another.
ANSWER = TimeLimit(8, Unit.HOURS)
_RETURNS = frozenset((Action.SUPPLEMENT, Action.SETTLE, Action.RESUME))


@attrs.frozen
class OfficeClock:
    """The clock of an office with *calendar*, which is only made when it is needed."""

    calendar: Callable[[], Calendar]

    def answer_by(self, now: datetime) -> datetime:
        """The time until which the office has to accept or refuse a dossier submitted *now*."""
        return due(self.calendar(), now, ANSWER).at

    def change(
        self, dossier: Dossier, action: Action, procedure: Procedure, now: datetime, stated: datetime | None
    ) -> ClockChange:
        """The change of the clock by *action*.

        Args:
            stated: the due day that an officer set.
        """
        handling = dossier.handling
        if action in _RETURNS and handling.back is State.SUBMITTED:
            return ClockChange(answer_by=self.answer_by(now))
        accepts = action is Action.ACCEPT
        limit = procedure.time_limit(dossier.answers, handling.channel) if accepts else handling.clock.limit
        if limit is None:
            return ClockChange()
        if stated is not None and action is not Action.REDATE:
            return self._set(handling, action, limit, now, stated)
        if accepts:
            return _due(due(self.calendar(), now, limit), limit, limit.count)
        if pauses(dossier, action) and dossier.state is not State.SUBMITTED:
            since = handling.clock.running or now
            return ClockChange(left=left(self.calendar(), since, now, limit, count=handling.clock.left or 0))
        if action in _RETURNS:
            rest = handling.clock.left or 0
            if action is Action.SUPPLEMENT and limit.after_supplement is not None:
                rest = limit.after_supplement
            return attrs.evolve(_due(due(self.calendar(), now, limit, count=rest), limit, rest), promised=False)
        return ClockChange()

    def _set(self, handling: Handling, action: Action, limit: TimeLimit, now: datetime, day: datetime) -> ClockChange:
        """The change by an officer who sets the due *day*: the time until then is the rest of the limit."""
        runs_since = handling.clock.running or now if action is Action.EXTEND else now
        count = -left(self.calendar(), runs_since, day, limit, count=0)
        return ClockChange(left=count, estimated=False, promised=True, limit=limit)

    def days(self, accepted: datetime, now: datetime) -> int:
        """The working days from acceptance to a result *now*."""
        return -left(self.calendar(), accepted, now, TimeLimit(0), count=0)

    def reckoned(self, handling: Handling) -> Due | None:
        """The due day by the current calendar; None if the clock is stopped, or an officer set the day."""
        limit = handling.clock.limit
        if (
            limit is None
            or handling.clock.running is None
            or handling.clock.left is None
            or handling.clock.due is None
            or handling.clock.promised
        ):
            return None
        whole = (
            None if handling.clock.left == limit.count and handling.clock.running == handling.accepted else handling.clock.left
        )
        return due(self.calendar(), handling.clock.running, limit, count=whole)

    def explained(self, handling: Handling, language: str = "vi") -> Due | None:
        """The due day, with each day that was counted; None if the clock is stopped, or an officer set the day."""
        reckoned = self.reckoned(handling)
        if reckoned is None or reckoned.at != handling.clock.due:
            return None
        calendar = self.calendar()
        days = (attrs.evolve(day, why=calendar.named(day.why, language)) for day in reckoned.days)
        return attrs.evolve(reckoned, days=tuple(days))


def _due(deadline: Due, limit: TimeLimit, count: int) -> ClockChange:
    return ClockChange(due=deadline.at, left=count, estimated=deadline.estimated, limit=limit)
