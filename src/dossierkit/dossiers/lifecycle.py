"""The life of a dossier: which action leads from which state to which."""

from __future__ import annotations

from datetime import datetime

import attrs

from dossierkit.dossiers.dossier import Action, Dossier, Event, State
from dossierkit.errors import ForbiddenAction

#: (state, action) → state; None: the dossier is gone.
TRANSITIONS: dict[tuple[State, Action], State | None] = {
    (State.DRAFT, Action.SAVE): State.DRAFT,
    (State.DRAFT, Action.SUBMIT): State.SUBMITTED,
    (State.DRAFT, Action.CANCEL): None,
}


def target(state: State, action: Action) -> State | None:
    """Where *action* leads from *state*.

    Raises:
        ForbiddenAction: it leads nowhere.
    """
    if (state, action) not in TRANSITIONS:
        allowed = ", ".join(sorted(a.value for s, a in TRANSITIONS if s is state)) or "nothing"
        raise ForbiddenAction(f"{action.value} is not possible in state {state.name.lower()}; possible: {allowed}")
    return TRANSITIONS[state, action]


def step(dossier: Dossier, event: Event) -> Dossier:
    """*dossier* after *event*; answers lie apart and are not its concern.

    Raises:
        ForbiddenAction: the state does not allow it.
    """
    state = target(dossier.state, event.action)
    assert state is not None, "a cancelled draft is deleted, not stepped"
    submitted: datetime | None = event.at if event.action is Action.SUBMIT else dossier.submitted
    return attrs.evolve(dossier, state=state, version=dossier.version + 1, changed=event.at, submitted=submitted)
