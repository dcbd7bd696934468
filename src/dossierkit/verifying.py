"""Proves a whole store: histories unchanged, codes without gaps, nothing missing."""

from __future__ import annotations

from collections.abc import Iterator

from dossierkit.dossiers.calendars import ZONE
from dossierkit.dossiers.dossier import Action, Dossier, Event, chained
from dossierkit.ports import DossierStore


def contradictions(store: DossierStore) -> Iterator[str]:
    """Everything in *store* that contradicts something else, in words; nothing where all is well."""
    numbers: dict[tuple[str, str], set[int]] = {}
    for dossier in store.every():
        yield from _of_one(dossier, store.events(dossier.id))
        if store.bundle(dossier.revision) is None:
            yield f"{dossier.id}: the bundle of its revision is gone"
        if dossier.code is not None:
            assert dossier.agency is not None, "a code names its agency"
            assert dossier.submitted is not None, "a code has a day"
            day = dossier.submitted.astimezone(ZONE).date().isoformat()
            number = dossier.code.text.rpartition("-")[2]
            numbers.setdefault((dossier.agency, day), set()).add(int(number) if number.isdigit() else 0)
    for (agency, day), last in store.counters().items():
        missing = set(range(1, last + 1)) - numbers.get((agency, day), set())
        if missing:
            yield f"{agency} {day}: no dossier has the numbers {sorted(missing)[:10]}"


def _of_one(dossier: Dossier, events: tuple[Event, ...]) -> Iterator[str]:
    before = ""
    for number, event in enumerate(events, 1):
        again = chained(event.dossier, number, event.action, event.actor, event.at, event.facts, before)
        if again != event:
            yield f"{dossier.id}: event {number} was changed after the fact"
        before = event.hash
    codes = [event.facts.get("code") for event in events if event.action is Action.SUBMIT]
    if codes != ([dossier.code.text] if dossier.code else []):
        yield f"{dossier.id}: its code is not the one of its events"
