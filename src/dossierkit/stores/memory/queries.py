"""Dossiers and events in memory by what is asked for: queries, revisions, latest events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

import attrs

from dossierkit.dossiers.codes import bare
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, Query
from dossierkit.dossiers.states import State
from dossierkit.stores.memory.tables import Tables, detached
from dossierkit.text import holds


def find(tables: Tables, owner: str | None, query: Query, before: str | None, limit: int) -> tuple[Dossier, ...]:
    """See `DossierStore.find`."""
    ids = [
        dossier.id
        for dossier in reversed(tables.dossiers.values())
        if (dossier.owner == owner if owner is not None else dossier.code is not None)
    ]
    if query.by_due_day:
        ids.sort(key=lambda key: _due_day_and_code(tables.dossiers[key]))
    if before is not None:
        ids = ids[ids.index(before) + 1 :] if before in ids else []
    matching = [id for id in ids if _matches(tables.dossiers[id], tables.search.get(id, ""), query)]
    return tuple(detached(tables.dossiers[id]) for id in matching[:limit])


def _due_day_and_code(dossier: Dossier) -> tuple[datetime, str]:
    code = dossier.code.text if dossier.code is not None else ""
    return dossier.handling.clock.due or datetime.max.replace(tzinfo=UTC), code


def count(tables: Tables, query: Query, most: int) -> int:
    """See `DossierStore.count`."""
    condition = attrs.evolve(query, words="", code="", procedure="", since=None, until=None)
    submitted = (dossier for dossier in tables.dossiers.values() if dossier.code is not None)
    return min(most, sum(1 for dossier in submitted if _matches(dossier, "", condition)))


def _matches(dossier: Dossier, text: str, query: Query) -> bool:
    submitted, handling = dossier.submitted, dossier.handling
    return (
        holds(text, query.words)
        and query.code in (bare(dossier.code.text) if dossier.code is not None else "")
        and query.procedure in ("", dossier.procedure)
        and _has_state(dossier.state, query)
        and query.unit in ("", handling.unit)
        and query.officer in ("", handling.officer)
        and (not query.unanswered or handling.unanswered is not None)
        and (not query.surplus or handling.money.surplus > 0)
        and (query.due is None or (handling.clock.due is not None and handling.clock.due < query.due))
        and (query.since is None or (submitted is not None and submitted >= query.since))
        and (query.until is None or (submitted is not None and submitted < query.until))
    )


def _has_state(state: State, query: Query) -> bool:
    if query.state is not None:
        return query.state is state
    return state in query.states if query.states else state is not State.CANCELLED


def revisions(tables: Tables) -> Mapping[tuple[str, str], int]:
    """See `BundleStore.revisions`."""
    return Counter((dossier.procedure, dossier.revision) for dossier in tables.dossiers.values())


def latest(tables: Tables, before: tuple[datetime, str, int] | None, actor: str, limit: int) -> tuple[Event, ...]:
    """See `DossierStore.latest`."""
    submitted = (event for id, events in tables.events.items() if tables.dossiers[id].code for event in events)
    matching = [event for event in submitted if actor in ("", event.actor) and (before is None or _moment(event) < before)]
    return tuple(sorted(matching, key=_moment, reverse=True)[:limit])


def _moment(event: Event) -> tuple[datetime, str, int]:
    return event.at, event.dossier, event.number
