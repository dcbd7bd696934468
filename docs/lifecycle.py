"""Draws `lifecycle.md` from the table itself: `python docs/lifecycle.py`."""

from __future__ import annotations

from pathlib import Path

from dossierkit.dossiers.lifecycle.lifecycle import FINAL, TABLE, Rule
from dossierkit.dossiers.states import State

PLACE = Path(__file__).with_suffix(".md")


def drawn() -> str:
    """The page."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for rule in TABLE:
        for source in rule.sources:
            for target in _targets(rule, source):
                if source is not target:
                    arrows.setdefault((source, target), []).append(rule.action.value)
    lines = [f"    {source.name} --> {target.name}: {', '.join(actions)}" for (source, target), actions in arrows.items()]
    ends = [f"    {state.name} --> [*]" for state in sorted(FINAL)]
    codes = [f"| {state.name.lower()} | {state.national or '–'} |" for state in State]
    return _PAGE.format(arrows="\n".join([*lines, *ends]), rows="\n".join(map(_row, TABLE)), codes="\n".join(codes))


def _targets(rule: Rule, source: State) -> tuple[State, ...]:
    """Where *rule* leads from *source*; where it has no target, to wherever the dossier can have come from."""
    if source in rule.stays:
        return (source,)
    if rule.target is not None:
        return (rule.target,)
    pauses = [pause for pause in TABLE if pause.pauses and pause.target is source]
    came = tuple(state for pause in pauses for state in pause.sources if state not in pause.stays)
    return came or (source,)


def _row(rule: Rule) -> str:
    sources = ", ".join(state.name.lower() for state in rule.sources)
    target = rule.target.name.lower() if rule.target is not None else "as before"
    target += f"; as before from {', '.join(state.name.lower() for state in rule.stays)}" if rule.stays else ""
    roles, needs = ", ".join(sorted(rule.roles)), ", ".join(rule.needs) or "–"
    return f"| {rule.action.value} | {sources} | {target} | {roles} | {needs} | {'yes' if rule.pauses else ''} |"


_PAGE = """# The life of a dossier

This page is drawn from the table in `dossiers/lifecycle.py` by `python docs/lifecycle.py`; a test compares the two.

```mermaid
stateDiagram-v2
    [*] --> DRAFT: begin
{arrows}
```

After a supplement, a payment or a pause a dossier comes back to the state that it was in before; the clock stands still
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
