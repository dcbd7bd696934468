"""The store in memory."""

from __future__ import annotations

import copy
import heapq
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.ledger.ledger import Posting, Span
from dossierkit.dossiers.ledger.reports import Figure, Sums
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, Note, Query, blobs_of
from dossierkit.dossiers.states import State
from dossierkit.pointers import Json
from dossierkit.ports import EVERYTHING, ActionRecord, Activity, ImportedDossier, NumberGap, Publication
from dossierkit.stores.imports import batches
from dossierkit.stores.memory import imports, ledger, publications, queries, series
from dossierkit.stores.memory.accounts import MemoryAccounts
from dossierkit.stores.memory.action_records import write_action
from dossierkit.stores.memory.outbox import MemoryOutbox
from dossierkit.stores.memory.payments import MemoryPayments
from dossierkit.stores.memory.tables import Tables, detached


class MemoryStore:
    """A `Store` that ends with the program.  Threads may share it.

    Tests that damage its data write to *tables*.
    """

    def __init__(self) -> None:
        self.tables = Tables()
        self.outbox = MemoryOutbox(self.tables.lock)
        self.accounts = MemoryAccounts(self.tables, self.outbox)
        self.payments = MemoryPayments(self.tables)

    def create(self, dossier: Dossier, event: Event, bundle: bytes, *, sole: bool = False) -> bool:
        """See `DraftStore.create`."""
        with self.tables.lock:
            drafts = (stored for stored in self.tables.dossiers.values() if stored.state is State.DRAFT)
            if sole and any((draft.owner, draft.procedure) == (dossier.owner, dossier.procedure) for draft in drafts):
                return False
            self.tables.bundles.setdefault(dossier.revision, bundle)
            self.tables.write_dossier(dossier)
            self.tables.events[dossier.id] = [event]
            return True

    def get(self, id: str) -> Dossier | None:
        """See `DossierStore.get`."""
        with self.tables.lock:
            stored = self.tables.dossiers.get(id)
            return detached(stored) if stored is not None else None

    def by_code(self, code: DossierCode) -> Dossier | None:
        """See `DossierStore.by_code`."""
        with self.tables.lock:
            return self.get(self.tables.codes.get(code, ""))

    def by_receipt(self, receipt: str) -> Dossier | None:
        """See `DossierStore.by_receipt`."""
        with self.tables.lock:
            return self.get(self.tables.receipts.get(receipt, ""))

    def replace(self, dossier: Dossier) -> None:
        """See `DraftStore.replace`."""
        with self.tables.lock:
            self.tables.guard(dossier.id, dossier.version - 1)
            self.tables.write_dossier(dossier)

    def delete(self, id: str, version: int) -> None:
        """See `DraftStore.delete`."""
        with self.tables.lock:
            self.tables.guard(id, version)
            del self.tables.dossiers[id], self.tables.events[id]
            self.tables.notes.pop(id, None)

    def cancelled_drafts(self, before: datetime, limit: int = 100) -> tuple[Dossier, ...]:
        """See `DraftStore.cancelled_drafts`."""
        with self.tables.lock:
            stored = self.tables.dossiers.values()
            ended = (dossier for dossier in stored if dossier.state is State.CANCELLED and dossier.changed < before)
            return tuple(map(detached, itertools.islice(ended, limit)))

    def idle_drafts(self, until: datetime, *, after: tuple[datetime, str] | None = None, limit: int = 100) -> tuple[Dossier, ...]:
        """See `DraftStore.idle_drafts`."""
        with self.tables.lock:
            drafts = (dossier for dossier in self.tables.dossiers.values() if dossier.state is State.DRAFT)
            changes = ((draft.changed, draft.id) for draft in drafts if draft.changed <= until)
            first = heapq.nsmallest(limit, (change for change in changes if after is None or change > after))
            return tuple(detached(self.tables.dossiers[id]) for _, id in first)

    def record(self, record: ActionRecord) -> Dossier:
        """See `DossierStore.record`."""
        with self.tables.lock:
            return write_action(self.tables, self.payments, self.outbox, record)

    def find(
        self, owner: str | None, query: Query = EVERYTHING, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """See `DossierStore.find`."""
        with self.tables.lock:
            return queries.find(self.tables, owner, query, before, limit)

    def count(self, query: Query, most: int) -> int:
        """See `DossierStore.count`."""
        with self.tables.lock:
            return queries.count(self.tables, query, most)

    def every(self) -> Iterator[Dossier]:
        """See `DossierStore.every`."""
        with self.tables.lock:
            ids = list(self.tables.dossiers)
        for id in ids:
            dossier = self.get(id)
            if dossier is not None:
                yield dossier

    def events(self, id: str) -> tuple[Event, ...]:
        """See `DossierStore.events`."""
        with self.tables.lock:
            return tuple(self.tables.events.get(id, ()))

    def latest(self, before: tuple[datetime, str, int] | None = None, *, actor: str = "", limit: int = 50) -> tuple[Event, ...]:
        """See `DossierStore.latest`."""
        with self.tables.lock:
            return queries.latest(self.tables, before, actor, limit)

    def notes(self, id: str) -> Mapping[int, Note]:
        """See `DossierStore.notes`."""
        with self.tables.lock:
            return copy.deepcopy(self.tables.notes.get(id, {}))

    def owners(self, blob: str) -> frozenset[str]:
        """See `DossierStore.owners`."""
        with self.tables.lock:
            return frozenset(dossier.owner for dossier in self.tables.dossiers.values() if blob in blobs_of(dossier))

    def is_named(self, blob: str) -> bool:
        """See `DossierStore.is_named`."""
        with self.tables.lock:
            return any(blob in blobs_of(dossier) for dossier in self.tables.dossiers.values())

    # --- ledger ---------------------------------------------------------------------------------------------------

    def sums(self, until: date, by: Sequence[str]) -> Sums:
        """See `LedgerStore.sums`."""
        with self.tables.lock:
            return ledger.sums(self.tables, until, by)

    def last_posting(self) -> int:
        """See `LedgerStore.last_posting`."""
        with self.tables.lock:
            return len(self.tables.postings)

    def behind(self, figure: Figure, *, before: str | None = None, limit: int = 20) -> tuple[Dossier, ...]:
        """See `LedgerStore.behind`."""
        with self.tables.lock:
            return ledger.behind(self.tables, figure, before, limit)

    def spans(self, year: int | None = None) -> tuple[Span, ...]:
        """See `LedgerStore.spans`."""
        with self.tables.lock:
            return ledger.spans(self.tables, year)

    def postings(self) -> Iterator[Posting]:
        """See `LedgerStore.postings`."""
        with self.tables.lock:
            return iter(tuple(self.tables.postings))

    # --- installation ---------------------------------------------------------------------------------------------

    def bundle(self, revision: str) -> bytes | None:
        """See `BundleStore.bundle`."""
        with self.tables.lock:
            return self.tables.bundles.get(revision)

    def keep_bundle(self, revision: str, bundle: bytes) -> None:
        """See `BundleStore.keep_bundle`."""
        with self.tables.lock:
            self.tables.bundles.setdefault(revision, bundle)

    def revisions(self) -> Mapping[tuple[str, str], int]:
        """See `BundleStore.revisions`."""
        with self.tables.lock:
            return queries.revisions(self.tables)

    def remember(self, key: str, value: Json) -> None:
        """See `FactStore.remember`."""
        with self.tables.lock:
            self.tables.facts[key] = copy.deepcopy(value)

    def remember_once(self, key: str, value: Json) -> Json:
        """See `FactStore.remember_once`."""
        with self.tables.lock:
            return copy.deepcopy(self.tables.facts.setdefault(key, copy.deepcopy(value)))

    def recall(self, key: str) -> Json:
        """See `FactStore.recall`."""
        with self.tables.lock:
            return copy.deepcopy(self.tables.facts.get(key))

    def counters(self) -> Mapping[tuple[str, str], int]:
        """See `SeriesStore.counters`."""
        with self.tables.lock:
            return dict(self.tables.counters)

    def counters_of_mark(self) -> Mapping[tuple[str, str], int]:
        """See `SeriesStore.counters_of_mark`: the same as `counters`, as the store has no mark."""
        return self.counters()

    def skip(self, gap: NumberGap) -> bool:
        """See `SeriesStore.skip`."""
        with self.tables.lock:
            return series.skip(self.tables, gap)

    def gaps(self) -> tuple[NumberGap, ...]:
        """See `SeriesStore.gaps`."""
        with self.tables.lock:
            return tuple(self.tables.gaps)

    def publish(self, files: Mapping[str, bytes], *, author: str, at: datetime) -> Publication:
        """See `PublicationStore.publish`."""
        with self.tables.lock:
            return publications.publish(self.tables, files, author, at)

    def publications(self, *, before: int | None = None, limit: int = 20) -> tuple[Publication, ...]:
        """See `PublicationStore.publications`."""
        with self.tables.lock:
            older = (
                publication for publication in reversed(self.tables.publications) if before is None or publication.number < before
            )
            return tuple(itertools.islice(older, limit))

    def last_publication(self) -> int:
        """See `PublicationStore.last_publication`."""
        return len(self.tables.publications)

    def published_file(self, digest: str) -> bytes | None:
        """See `PublicationStore.published_file`."""
        return self.tables.published_files.get(digest)

    def load(self, dossiers: Iterable[ImportedDossier], *, at_once: int = 500) -> Iterator[int]:
        """See `UpkeepStore.load`."""
        imported = 0
        for batch in batches(dossiers, at_once):
            with self.tables.lock:
                imports.import_batch(self.tables, self.payments, batch)
            imported += len(batch)
            yield imported

    def size(self) -> int:
        """See `UpkeepStore.size`."""
        return len(self.tables.dossiers)

    def activity(self) -> Activity:
        """See `UpkeepStore.activity`."""
        return Activity()

    def guard_writable(self) -> None:
        """See `UpkeepStore.guard_writable`."""

    def close(self) -> None:
        """See `UpkeepStore.close`."""
