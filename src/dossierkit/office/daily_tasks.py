"""Daily tasks: reminders to officers, pauses that end, due days by a changed calendar.

No deadline decides anything: an overdue dossier is reported, and keeps its state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta

from dossierkit.dossiers.deadlines.calendars import ZONE, day_of
from dossierkit.dossiers.deadlines.day_counting import is_overdue
from dossierkit.dossiers.lifecycle.dossier import Actor, Dossier, Query, may_see
from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.states import Action, Role, State
from dossierkit.errors import ForbiddenAction, StaleDossier
from dossierkit.mail.letters import letter
from dossierkit.mail.notices import dossier_in
from dossierkit.office.engine import Engine

#: The actor of actions caused by a date.
PROGRAM = Actor("calendar", Role.SYSTEM)
OPEN = (State.ACCEPTED, State.PROCESSING)
#: A mail names so many dossiers and says how many more there are; the desk lists all of them.
_NAMED = 40


def remind(engine: Engine) -> int:
    """Mail each officer once a day the dossiers that are due soon, overdue or unanswered; returns the number of mails."""
    now = engine.clock.now()
    lists: dict[str, dict[str, list[Dossier]]] = {}
    soon = datetime.combine(engine.office_clock.calendar().next_working(day_of(now) + timedelta(days=1)), time(), ZONE)
    for dossier in _every(engine, Query(states=OPEN, due=soon + timedelta(days=1))):
        kind = "overdue" if is_overdue(dossier.handling.clock.due, now) else "soon"
        for officer in _readers(engine, dossier):
            lists.setdefault(officer.id, {}).setdefault(kind, []).append(dossier)
    for dossier in _every(engine, Query(state=State.SUBMITTED)):
        by = dossier.handling.clock.answer_by
        if by is not None and by < now:
            for officer in _readers(engine, dossier):
                lists.setdefault(officer.id, {}).setdefault("unanswered", []).append(dossier)
    mails = [_mail(engine, id, due, now) for id, due in lists.items()]
    engine.store.outbox.post(*(mail for mail in mails if mail is not None))
    return len(mails)


def _every(engine: Engine, query: Query) -> Iterator[Dossier]:
    before = None
    while page := engine.store.find(None, query, before=before, limit=200):
        yield from page
        before = page[-1].id


def _readers(engine: Engine, dossier: Dossier) -> list[Account]:
    """The assigned officer, or the intake officers of the unit if none is assigned."""
    accounts = engine.store.accounts
    own = accounts.account(dossier.handling.officer) if dossier.handling.officer else None
    if own is not None and not own.disabled:
        return [own]
    unit = dossier.handling.unit
    return [
        officer for officer in accounts.officers(unit) if unit and officer.role is Role.INTAKE_OFFICER and not officer.disabled
    ]


def _mail(engine: Engine, id: str, due: Mapping[str, list[Dossier]], now: datetime) -> SendMail | None:
    account = engine.store.accounts.account(id)
    if account is None or not account.reachable:
        return None
    codes = {"overdue": "", "soon": "", "unanswered": "", **{kind: _codes(dossiers) for kind, dossiers in due.items()}}
    key = f"reminder:{id}:{day_of(now).isoformat()}"
    return letter("reminder", account.language, engine.office, key=key, to=account.mail, path="/desk", **codes)


def _codes(dossiers: Sequence[Dossier]) -> str:
    more = len(dossiers) - _NAMED
    return ", ".join(str(dossier.code) for dossier in dossiers[:_NAMED]) + (f" … (+{more})" if more > 0 else "")


def resume(engine: Engine) -> int:
    """Resume dossiers whose suspension ends today or earlier; returns their number."""
    now, done = engine.clock.now(), 0
    for dossier in [*_every(engine, Query(state=State.SUSPENDED))]:
        until = dossier.handling.clock.until
        if until is not None and until <= now:
            try:
                engine.act(dossier.id, Action.RESUME, PROGRAM, version=dossier.version)
            except (StaleDossier, ForbiddenAction):
                continue  # an officer changed it meanwhile
            done += 1
    return done


def recompute(engine: Engine, *, apply: bool, note: str = "") -> Iterator[tuple[Dossier, datetime]]:
    """Open dossiers that are due on another day by the calendar as it is now, each with that day.

    A day that an officer set stays.

    Args:
        apply: change them, each by an event of its own that says *note*.
    """
    for dossier in [*_every(engine, Query(states=OPEN))]:
        handling = dossier.handling
        reckoned = engine.office_clock.reckoned(handling)
        # Days extended by an older version, which stored no promised day, stay, too.
        if reckoned is None or reckoned.at == handling.clock.due or handling.clock.extensions:
            continue
        if apply:
            facts = {"due": reckoned.at.isoformat(), "estimated": reckoned.estimated, "left": handling.clock.left}
            try:
                engine.act(dossier.id, Action.REDATE, PROGRAM, version=dossier.version, facts=facts, note=note)
            except StaleDossier:
                continue
        yield dossier, reckoned.at


def unreached(engine: Engine, actor: Actor, *, limit: int = 20) -> tuple[Dossier, ...]:
    """The dossiers of an officer whose owner cannot be reached by mail, newest first."""
    outbox, dossiers = engine.store.outbox, dict[str, Dossier]()
    for outgoing in outbox.dead_letters():
        dossier = engine.store.get(dossier_in(outgoing.mail.key))
        if dossier is None or not may_see(dossier, actor):
            continue
        owner = engine.store.accounts.account(dossier.owner)
        # Owners who have changed their address, or were reached since, are left out.
        if owner is not None and owner.mail == outgoing.mail.to and outbox.bounces(owner.mail):
            dossiers[dossier.id] = dossier
    return tuple(dossiers.values())[:limit]
