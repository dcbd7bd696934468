"""What a store in memory holds, and what concerns all of it: how many, lives that are loaded, numbers that are skipped."""

from __future__ import annotations

import copy
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

import attrs

from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.ledger.ledger import Posting, Span, posted_on
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, Said
from dossierkit.dossiers.states import Payment
from dossierkit.errors import StoreError
from dossierkit.ports import ImportedDossier, NumberGap, batches, numbers_of
from dossierkit.stores.memory.payments import MemoryPayments


class MemoryWhole:
    """The part of a `MemoryStore` that deals with all of it at once."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._dossiers: dict[str, Dossier] = {}
        self._codes: dict[DossierCode, str] = {}
        self._events: dict[str, list[Event]] = {}
        self._search: dict[str, str] = {}
        self._said: dict[str, dict[int, Said]] = {}
        self._receipts: dict[str, str] = {}
        self._postings: list[Posting] = []
        self._by_dossier: dict[str, list[Posting]] = {}
        self._spans: Counter[tuple[int, str, int]] = Counter()
        #: The last day on which somebody did something that was posted.
        self._posted = date.min
        self._counters: dict[tuple[str, str], int] = {}
        self._gaps: list[NumberGap] = []
        self.payments = MemoryPayments(self._lock, self._owes)

    def load(self, lives: Iterable[ImportedDossier], *, at_once: int = 500) -> Iterator[int]:
        """See `DossierStore.load`."""
        done = 0
        for batch in batches(lives, at_once):
            with self._lock:
                codes = [one.dossier.code for one in batch if one.dossier.code is not None]
                known = any(code in self._codes for code in codes) or any(one.dossier.id in self._dossiers for one in batch)
                if known or len(set(codes)) < len(codes):
                    raise StoreError("a dossier that is to be loaded is there already")
                for one in batch:
                    self._live(one)
                done += len(batch)
            yield done

    def _live(self, life: ImportedDossier) -> None:
        dossier = life.dossier
        self._dossiers[dossier.id] = copied(dossier)
        self._events[dossier.id] = list(life.events)
        self._postings += life.postings
        self._by_dossier[dossier.id] = list(life.postings)
        self.add_spans(life.spans)
        self._posted = max([self._posted, *(posted_on(event) for event in life.events if life.postings)])
        if dossier.code is not None:
            self._codes[dossier.code] = dossier.id
        if dossier.handling.receipt:
            self._receipts[dossier.handling.receipt] = dossier.id
        if life.search:
            self._search[dossier.id] = life.search
        if life.said:
            self._said[dossier.id] = dict(life.said)
        for attempt in life.attempts:
            self.payments.finish(attempt, None)
        for (agency, series), number in numbers_of(life).items():
            self._counters[agency, series] = max(self._counters.get((agency, series), 0), number)

    def _owes(self, id: str) -> bool:
        return id in self._dossiers and self._dossiers[id].handling.payment is Payment.DUE

    def add_spans(self, found: Iterable[Span]) -> None:
        """Adds to how long dossiers took."""
        for one in found:
            self._spans[one.year, one.procedure, one.days] += one.count

    def spans(self, year: int | None = None) -> tuple[Span, ...]:
        """See `DossierStore.spans`."""
        with self._lock:
            return tuple(
                Span(*place, count) for place, count in sorted(self._spans.items()) if count and year in (None, place[0])
            )

    def skip(self, gap: NumberGap) -> bool:
        """See `DossierStore.skip`."""
        with self._lock:
            if self._counters.get((gap.agency, gap.series), 0) >= gap.last:
                return False
            self._counters[gap.agency, gap.series] = gap.last
            self._gaps.append(gap)
            return True

    def gaps(self) -> tuple[NumberGap, ...]:
        """See `DossierStore.gaps`."""
        with self._lock:
            return tuple(self._gaps)

    def revisions(self) -> Mapping[tuple[str, str], int]:
        """See `DossierStore.revisions`."""
        with self._lock:
            return Counter((one.procedure, one.revision) for one in self._dossiers.values())

    def latest(self, before: tuple[datetime, str, int] | None = None, *, actor: str = "", limit: int = 50) -> tuple[Event, ...]:
        """See `DossierStore.latest`."""
        with self._lock:
            sent = (event for id, events in self._events.items() if self._dossiers[id].code for event in events)
            found = [event for event in sent if actor in ("", event.actor) and (before is None or _when(event) < before)]
            return tuple(sorted(found, key=_when, reverse=True)[:limit])

    def size(self) -> int:
        """See `DossierStore.size`."""
        return len(self._dossiers)


def copied(dossier: Dossier) -> Dossier:
    """*dossier* with answers of its own."""
    return attrs.evolve(dossier, answers=copy.deepcopy(dossier.answers))


def _when(event: Event) -> tuple[datetime, str, int]:
    return event.at, event.dossier, event.number
