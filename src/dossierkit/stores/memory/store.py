"""Keeps dossiers in memory: the reference that every other store is measured by."""

from __future__ import annotations

import copy
import heapq
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

import attrs

from dossierkit.dossiers.codes import DossierCode, bare
from dossierkit.dossiers.ledger.ledger import Measure, Posting, posted_on, postings, spans
from dossierkit.dossiers.ledger.reports import Figure, Sums
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, Query, Said, blobs_of
from dossierkit.dossiers.lifecycle.lifecycle import pays_off, step
from dossierkit.dossiers.states import Channel, State
from dossierkit.errors import StaleDossier, StoreError
from dossierkit.pointers import Json
from dossierkit.ports import EVERYTHING, ActionRecord, Position
from dossierkit.stores.memory.accounts import MemoryAccounts, MemoryOutbox
from dossierkit.stores.memory.whole import MemoryWhole, copied
from dossierkit.text import holds


class MemoryStore(MemoryWhole):
    """A `DossierStore` that forgets everything when the program ends.  Threads may share it."""

    def __init__(self) -> None:
        super().__init__()
        self._bundles: dict[str, bytes] = {}
        self._facts: dict[str, Json] = {}
        self.outbox = MemoryOutbox(self._lock)
        self.accounts = MemoryAccounts(self.outbox, self._lock, self._adopt)

    def create(self, dossier: Dossier, event: Event, bundle: bytes, *, sole: bool = False) -> bool:
        """See `DossierStore.create`."""
        with self._lock:
            drafts = (one for one in self._dossiers.values() if one.state is State.DRAFT)
            if sole and any((one.owner, one.procedure) == (dossier.owner, dossier.procedure) for one in drafts):
                return False
            self._bundles.setdefault(dossier.revision, bundle)
            self._dossiers[dossier.id] = copied(dossier)
            self._events[dossier.id] = [event]
            return True

    def get(self, id: str) -> Dossier | None:
        """See `DossierStore.get`."""
        with self._lock:
            found = self._dossiers.get(id)
            return None if found is None else copied(found)

    def by_code(self, code: DossierCode) -> Dossier | None:
        """See `DossierStore.by_code`."""
        with self._lock:
            return self.get(self._codes[code]) if code in self._codes else None

    def replace(self, dossier: Dossier) -> None:
        """See `DossierStore.replace`."""
        with self._lock:
            self._guard(dossier.id, dossier.version - 1)
            self._dossiers[dossier.id] = copied(dossier)

    def record(self, change: ActionRecord) -> Dossier:
        """See `DossierStore.record`."""
        with self._lock:
            seen = change.dossier
            stored = self._dossiers.get(seen.id)
            if change.once and stored is not None and stored.state is not seen.state:
                return copied(stored)
            stored = self._guard(seen.id, seen.version)
            number = self._counters.get(change.series, 0) + 1 if change.series is not None else 0
            events = self._events[seen.id]
            posted = self._posted if self._postings else None
            event = change.event(Position(number, events[-1].hash, len(events) + 1, posted))
            dossier = step(seen if change.answers else attrs.evolve(seen, answers=stored.answers), event)
            if change.paid is not None and not self.payments.finish(change.paid(event), change.paid_before):
                raise StaleDossier(f"the payment for dossier {seen.id} is known already; read it again")
            if dossier.code is not None and self._codes.get(dossier.code, dossier.id) != dossier.id:
                raise StoreError(f"a dossier with the code {dossier.code} is here already")
            if pays_off(seen, dossier):
                self.payments.close(seen.id)
            made = postings(seen, event, dossier)
            self._postings += made
            self._by_dossier.setdefault(seen.id, []).extend(made)
            self.add_spans(spans(seen, event, dossier))
            self._posted = max([self._posted, *(posted_on(event) for _ in made[:1])])
            self.outbox.post(*change.mails(dossier))
            if change.series is not None:
                self._counters[change.series] = number
            if dossier.code is not None:
                self._codes[dossier.code] = dossier.id
            if dossier.handling.receipt:
                self._receipts[dossier.handling.receipt] = dossier.id
            if change.search is not None:
                self._search[dossier.id] = change.search
            if change.forget:
                self._search.pop(dossier.id, None)
                self._said.pop(dossier.id, None)
            if change.said:
                self._said.setdefault(dossier.id, {})[event.number] = copy.deepcopy(change.said)
            self._dossiers[dossier.id] = copied(dossier)
            events.append(event)
            return copied(dossier)

    def sums(self, until: date, by: Sequence[str]) -> Sums:
        """See `DossierStore.sums`."""
        found: dict[tuple[tuple[str, ...], Channel, Measure], int] = {}
        with self._lock:
            for one in self._postings:
                if one.day <= until:
                    key = (tuple(str(getattr(one, name)) for name in by), one.channel, one.measure)
                    found[key] = found.get(key, 0) + one.count
        return found

    def behind(self, figure: Figure, *, before: str | None = None, limit: int = 20) -> tuple[Dossier, ...]:
        """See `DossierStore.behind`."""
        with self._lock:
            ids = [*reversed(self._dossiers)]
            if before is not None:
                ids = ids[ids.index(before) + 1 :] if before in ids else []
            found = (id for id in ids if _adds_up(self._by_dossier.get(id, ()), figure))
            return tuple(copied(self._dossiers[id]) for id in itertools.islice(found, limit))

    def postings(self) -> Iterator[Posting]:
        """See `DossierStore.postings`."""
        with self._lock:
            return iter(tuple(self._postings))

    def said(self, id: str) -> Mapping[int, Said]:
        """See `DossierStore.said`."""
        with self._lock:
            return copy.deepcopy(self._said.get(id, {}))

    def by_receipt(self, receipt: str) -> Dossier | None:
        """See `DossierStore.by_receipt`."""
        with self._lock:
            return self.get(self._receipts[receipt]) if receipt in self._receipts else None

    def cancelled(self, before: datetime, limit: int = 100) -> tuple[Dossier, ...]:
        """See `DossierStore.cancelled`."""
        with self._lock:
            found = (d for d in self._dossiers.values() if d.state is State.CANCELLED and d.changed < before)
            return tuple(copied(d) for d in itertools.islice(found, limit))

    def idle(self, until: datetime, *, after: tuple[datetime, str] | None = None, limit: int = 100) -> tuple[Dossier, ...]:
        """See `DossierStore.idle`."""
        with self._lock:
            drafts = ((d.changed, d.id) for d in self._dossiers.values() if d.state is State.DRAFT and d.changed <= until)
            places = heapq.nsmallest(limit, (place for place in drafts if after is None or place > after))
            return tuple(copied(self._dossiers[id]) for _, id in places)

    def delete(self, id: str, version: int) -> None:
        """See `DossierStore.delete`."""
        with self._lock:
            self._guard(id, version)
            del self._dossiers[id], self._events[id]
            self._said.pop(id, None)

    def find(
        self, owner: str | None, query: Query = EVERYTHING, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """See `DossierStore.find`."""
        with self._lock:
            ids = [d.id for d in reversed(self._dossiers.values()) if d.owner == owner or (owner is None and d.code)]
            if before is not None:
                ids = ids[ids.index(before) + 1 :] if before in ids else []
            hits = [id for id in ids if _is_meant(self._dossiers[id], self._search.get(id, ""), query)]
            return tuple(copied(self._dossiers[id]) for id in hits[:limit])

    def count(self, query: Query, most: int) -> int:
        """See `DossierStore.count`."""
        wanted = attrs.evolve(query, words="", code="", procedure="", since=None, until=None)
        with self._lock:
            return min(most, sum(1 for d in self._dossiers.values() if d.code and _is_meant(d, "", wanted)))

    def events(self, id: str) -> tuple[Event, ...]:
        """See `DossierStore.events`."""
        with self._lock:
            return tuple(self._events.get(id, ()))

    def owners(self, blob: str) -> frozenset[str]:
        """See `DossierStore.owners`."""
        with self._lock:
            return frozenset(dossier.owner for dossier in self._dossiers.values() if blob in blobs_of(dossier))

    def names(self, blob: str) -> bool:
        """See `DossierStore.names`."""
        with self._lock:
            return any(blob in blobs_of(dossier) for dossier in self._dossiers.values())

    def bundle(self, revision: str) -> bytes | None:
        """See `DossierStore.bundle`."""
        return self._bundles.get(revision)

    def keep_bundle(self, revision: str, bundle: bytes) -> None:
        """See `DossierStore.keep_bundle`."""
        self._bundles.setdefault(revision, bundle)

    def every(self) -> Iterator[Dossier]:
        """See `DossierStore.every`."""
        with self._lock:
            ids = list(self._dossiers)
        for id in ids:
            found = self.get(id)
            if found is not None:
                yield found

    def counters(self) -> Mapping[tuple[str, str], int]:
        """See `DossierStore.counters`."""
        with self._lock:
            return dict(self._counters)

    def marked(self) -> Mapping[tuple[str, str], int]:
        """See `DossierStore.marked`."""
        return self.counters()

    def remember(self, key: str, value: Json) -> None:
        """See `DossierStore.remember`."""
        self._facts[key] = copy.deepcopy(value)

    def recall(self, key: str) -> Json:
        """See `DossierStore.recall`."""
        return copy.deepcopy(self._facts.get(key))

    def guard_writable(self) -> None:
        """See `DossierStore.guard_writable`."""

    def close(self) -> None:
        """See `DossierStore.close`."""

    def _adopt(self, guest: str, account: str) -> None:
        with self._lock:
            for dossier in self._dossiers.values():
                if dossier.owner == guest and dossier.state is State.DRAFT:
                    self._dossiers[dossier.id] = attrs.evolve(dossier, owner=account)

    def _guard(self, id: str, version: int) -> Dossier:
        stored = self._dossiers.get(id)
        if stored is None or stored.version != version:
            raise StaleDossier(f"dossier {id} is no longer at version {version}; read it again")
        return stored


def _adds_up(made: Iterable[Posting], figure: Figure) -> bool:
    total = 0
    for one in made:
        here = (figure.first is None or one.day >= figure.first) and one.day <= figure.last
        if here and all(str(getattr(one, name)) == value for name, value in figure.where.items()):
            total += one.count * ((one.measure in figure.plus) - (one.measure in figure.minus))
    return total > 0


def _in_state(state: State, query: Query) -> bool:
    if query.state is not None:
        return query.state is state
    return state in query.states if query.states else state is not State.CANCELLED


def _is_meant(dossier: Dossier, text: str, query: Query) -> bool:
    at = dossier.submitted
    return (
        holds(text, query.words)
        and query.code in (bare(dossier.code.text) if dossier.code is not None else "")
        and query.procedure in ("", dossier.procedure)
        and _in_state(dossier.state, query)
        and query.unit in ("", dossier.handling.unit)
        and query.officer in ("", dossier.handling.officer)
        and (not query.unanswered or dossier.handling.unanswered is not None)
        and (not query.surplus or dossier.handling.surplus > 0)
        and (query.due is None or (dossier.handling.due is not None and dossier.handling.due < query.due))
        and (query.since is None or (at is not None and at >= query.since))
        and (query.until is None or (at is not None and at < query.until))
    )
