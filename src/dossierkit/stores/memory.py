"""Keeps dossiers in memory: the reference that every other store is measured by."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator, Mapping

import attrs

from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.dossier import Dossier, Event, Query, State, blobs_of
from dossierkit.dossiers.lifecycle import step
from dossierkit.errors import StaleDossier
from dossierkit.forms.pointers import Json
from dossierkit.ports import EVERYTHING, Submission
from dossierkit.stores.memory_accounts import MemoryAccounts, MemoryOutbox
from dossierkit.text import holds


class MemoryStore:
    """A `DossierStore` that forgets everything when the program ends.  Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._dossiers: dict[str, Dossier] = {}
        self._codes: dict[DossierCode, str] = {}
        self._events: dict[str, list[Event]] = {}
        self._search: dict[str, str] = {}
        self._bundles: dict[str, bytes] = {}
        self._counters: dict[tuple[str, str], int] = {}
        self._facts: dict[str, Json] = {}
        self.outbox = MemoryOutbox(self._lock)
        self.accounts = MemoryAccounts(self.outbox, self._lock, self._adopt)

    def create(self, dossier: Dossier, event: Event, bundle: bytes) -> None:
        """See `DossierStore.create`."""
        with self._lock:
            self._bundles.setdefault(dossier.revision, bundle)
            self._dossiers[dossier.id] = _copied(dossier)
            self._events[dossier.id] = [event]

    def get(self, id: str) -> Dossier | None:
        """See `DossierStore.get`."""
        with self._lock:
            found = self._dossiers.get(id)
            return None if found is None else _copied(found)

    def by_code(self, code: DossierCode) -> Dossier | None:
        """See `DossierStore.by_code`."""
        with self._lock:
            return self.get(self._codes[code]) if code in self._codes else None

    def replace(self, dossier: Dossier) -> None:
        """See `DossierStore.replace`."""
        with self._lock:
            self._guard(dossier.id, dossier.version - 1)
            self._dossiers[dossier.id] = _copied(dossier)

    def submit(self, submission: Submission) -> Dossier:
        """See `DossierStore.submit`."""
        with self._lock:
            stored = self._dossiers.get(submission.dossier.id)
            if stored is not None and stored.state is not State.DRAFT:
                return _copied(stored)
            self._guard(submission.dossier.id, submission.dossier.version)
            key = (submission.agency, submission.day.isoformat())
            code = submission.issue(self._counters.get(key, 0) + 1)
            events = self._events[submission.dossier.id]
            event = submission.event(code, events[-1].hash, len(events) + 1)
            dossier = attrs.evolve(step(submission.dossier, event), code=code, agency=submission.agency)
            self._counters[key] = self._counters.get(key, 0) + 1
            self._codes[code] = dossier.id
            self._dossiers[dossier.id] = _copied(dossier)
            self._search[dossier.id] = submission.search
            events.append(event)
            self.outbox.post(*submission.mails(code))
            return dossier

    def delete(self, id: str, version: int) -> None:
        """See `DossierStore.delete`."""
        with self._lock:
            self._guard(id, version)
            del self._dossiers[id], self._events[id]

    def find(self, owner: str, query: Query = EVERYTHING, *, before: str | None = None, limit: int = 20) -> tuple[Dossier, ...]:
        """See `DossierStore.find`."""
        with self._lock:
            ids = [d.id for d in reversed(self._dossiers.values()) if d.owner == owner]
            if before is not None:
                ids = ids[ids.index(before) + 1 :] if before in ids else []
            hits = [id for id in ids if _is_meant(self._dossiers[id], self._search.get(id, ""), query)]
            return tuple(_copied(self._dossiers[id]) for id in hits[:limit])

    def events(self, id: str) -> tuple[Event, ...]:
        """See `DossierStore.events`."""
        with self._lock:
            return tuple(self._events.get(id, ()))

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

    def remember(self, key: str, value: Json) -> None:
        """See `DossierStore.remember`."""
        self._facts[key] = copy.deepcopy(value)

    def recall(self, key: str) -> Json:
        """See `DossierStore.recall`."""
        return copy.deepcopy(self._facts.get(key))

    def close(self) -> None:
        """See `DossierStore.close`."""

    def _adopt(self, guest: str, account: str) -> None:
        with self._lock:
            for dossier in self._dossiers.values():
                if dossier.owner == guest and dossier.state is State.DRAFT:
                    self._dossiers[dossier.id] = attrs.evolve(dossier, owner=account)

    def _guard(self, id: str, version: int) -> None:
        stored = self._dossiers.get(id)
        if stored is None or stored.version != version:
            raise StaleDossier(f"dossier {id} is no longer at version {version}; read it again")


def _copied(dossier: Dossier) -> Dossier:
    return attrs.evolve(dossier, answers=copy.deepcopy(dossier.answers))


def _is_meant(dossier: Dossier, text: str, query: Query) -> bool:
    at = dossier.submitted
    return (
        holds(text, query.words)
        and query.code in (dossier.code.text if dossier.code is not None else "")
        and query.procedure in ("", dossier.procedure)
        and query.state in (None, dossier.state)
        and (query.since is None or (at is not None and at >= query.since))
        and (query.until is None or (at is not None and at < query.until))
    )
