"""Draws `lifecycle.md` by taking every step that a dossier can take: `python docs/lifecycle.py`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from dossierkit.dossiers.lifecycle.dossier import Dossier, chained
from dossierkit.dossiers.lifecycle.event_facts import facts_of
from dossierkit.dossiers.lifecycle.transitions import FINAL, TABLE, Transition, pauses, step
from dossierkit.dossiers.states import Action, State
from dossierkit.errors import ForbiddenAction

PLACE = Path(__file__).with_suffix(".md")
_MORNING = datetime(2026, 11, 26, 1, tzinfo=UTC)
#: Facts that some action reads; the others ignore them.
_FACTS = {"code": "H29.15-261126-0001", "agency": "H29.15", "posted": "2026-11-26"}


class Step(NamedTuple):
    """One action that `step` allows."""

    source: State
    action: Action
    target: State
    pauses: bool


def steps() -> Iterator[Step]:
    """Every step that a dossier can take from its draft on, found by taking it."""
    waiting = [Dossier("", "", "", "", State.DRAFT, 1, _MORNING, _MORNING)]
    visited = set()
    while waiting:
        dossier = waiting.pop()
        # Where a paused dossier comes back to depends on where it was.
        if (dossier.state, dossier.handling.back) in visited:
            continue
        visited.add((dossier.state, dossier.handling.back))
        for action in Action:
            event = chained("", dossier.version, action, "", _MORNING, facts_of(action, _FACTS), "")
            try:
                after = step(dossier, event)
            except ForbiddenAction:
                continue
            yield Step(dossier.state, action, after.state, pauses(dossier, action))
            waiting.append(after)


def drawn() -> str:
    """The page."""
    taken = sorted(set(steps()), key=lambda step: (_order(step.source), _order(step.target), [*Action].index(step.action)))
    moves = groupby((step for step in taken if step.source is not step.target), key=lambda step: (step.source, step.target))
    lines = [
        f"    {source.name} --> {target.name}: {', '.join(step.action.value for step in group)}"
        for (source, target), group in moves
    ]
    ends = [f"    {state.name} --> [*]" for state in sorted(FINAL)]
    rows = [_row(transition, [step for step in taken if step.action is transition.action]) for transition in TABLE]
    codes = [f"| {state.name.lower()} | {state.national or '–'} |" for state in State]
    return _PAGE.format(arrows="\n".join([*lines, *ends]), rows="\n".join(rows), codes="\n".join(codes))


def _order(state: State) -> int:
    return [*State].index(state)


def _row(transition: Transition, taken: list[Step]) -> str:
    sources = _names(step.source for step in taken)
    leaves = _names(step.target for step in taken if step.source is not step.target)
    stays = any(step.source is step.target for step in taken)
    target = leaves if not stays else "stays" if not leaves else f"{leaves}; stays elsewhere"
    roles, needs = ", ".join(sorted(transition.roles)), ", ".join(transition.needs) or "–"
    halts = any(step.pauses for step in taken)
    return f"| {transition.action.value} | {sources} | {target} | {roles} | {needs} | {'yes' if halts else ''} |"


def _names(states: Iterator[State]) -> str:
    return ", ".join(state.name.lower() for state in sorted(set(states), key=_order))


_PAGE = """# The life of a dossier

This page is drawn by `python docs/lifecycle.py`, which takes every step that `dossiers.lifecycle.transitions.step` allows; a test
compares the two.

```mermaid
stateDiagram-v2
    [*] --> DRAFT: begin
{arrows}
```

After a supplement, a payment or a pause a dossier returns to the state that it was in before; the clock is paused
meanwhile.

| action | from | to | who | has to say | pauses |
|---|---|---|---|---|---|
{rows}

Payment and delivery are axes of their own beside the state.  `x-procedure.workflow` takes payment, supplements or extensions
away, adds steps inside the processing, or asks for two pairs of eyes: one officer proposes the outcome, another one, who
approves, completes.

A fee whose amount does not follow from the answers is *undecided*: until an officer says how much it is (`request-payment`), or
that nothing is to be paid (`settle`, waived), a dossier is not accepted, and a result is not handed over.  Before acceptance
and after completion that is all that `request-payment` is for, and the dossier stays in its state.

| state | national code |
|---|--:|
{codes}
"""


if __name__ == "__main__":
    PLACE.write_text(drawn(), "utf-8")
