"""Dossiers of the small procedure, as far as a test needs them."""

from __future__ import annotations

from dossierkit import Action, Dossier, Engine
from dossierkit.dossiers.deadlines.calendars import day_of
from support.people import AN, ROOT


def sent(engine: Engine) -> Dossier:
    """A submitted dossier of the citizen."""
    return engine.submit(engine.begin("1.000001", AN, {"name": "An", "copies": 2}).id, AN)


def owing(engine: Engine, amount: int = 30_000) -> Dossier:
    """An accepted dossier for which *amount* is due."""
    engine.act((dossier := sent(engine)).id, Action.ACCEPT, ROOT)
    return engine.act(dossier.id, Action.REQUEST_PAYMENT, ROOT, facts={"amount": amount})


def due_day(dossier: Dossier) -> str:
    """The local day on which *dossier* is due, in ISO format."""
    assert dossier.handling.clock.due is not None
    return day_of(dossier.handling.clock.due).isoformat()
