"""The store in PostgreSQL: every acknowledged write synced, any number of programs on any number of machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial

from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.ledger.ledger import Posting, Span
from dossierkit.dossiers.ledger.reports import Figure, Sums
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, Note, Query
from dossierkit.dossiers.states import State
from dossierkit.errors import UnwritableStore
from dossierkit.pointers import Json
from dossierkit.ports import EVERYTHING, ActionRecord, Activity, ImportedDossier, NumberGap, Publication
from dossierkit.stores import reads
from dossierkit.stores.imports import batches
from dossierkit.stores.postgres import imports, ledger, publications, queries, series
from dossierkit.stores.postgres.accounts import PostgresAccounts
from dossierkit.stores.postgres.action_records import write_action
from dossierkit.stores.postgres.connections import SILENT_SECONDS
from dossierkit.stores.postgres.database import Database, translate_errors
from dossierkit.stores.postgres.dossiers import insert_draft, update_draft
from dossierkit.stores.postgres.origin import guard_origin
from dossierkit.stores.postgres.outbox import PostgresOutbox
from dossierkit.stores.postgres.payments import PostgresPayments
from dossierkit.stores.postgres.schema import migrate
from dossierkit.stores.postgres.tables import PostgresTables
from dossierkit.stores.postgres.transactions import Batch
from dossierkit.stores.refusals import stale_dossier
from dossierkit.stores.rows import dossier_of, encoded

#: A fail-over takes about twenty seconds.
PATIENCE_SECONDS = 30.0


class PostgresStore:
    """A `Store` in the database at *url*, whose tables are made if there are none.

    Args:
        url: `postgresql://user:password@host:port/name`, or another address that libpq takes.
        patience_seconds: how long reads and writes are tried again while the server restarts or another one takes over.
        silent_seconds: see `connections.SILENT_SECONDS`.
        new: accept the rows of another database, see `origin.guard_origin`.

    Raises:
        LostDossiers: the rows were restored from a dump, and not *new*.
        NewerStore: a newer version wrote the tables.
        UnknownStore: *url* cannot be read.
        UnwritableStore: the database cannot be reached, or its user may not create tables.
    """

    def __init__(
        self,
        url: str,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        silent_seconds: float = SILENT_SECONDS,
        new: bool = False,
    ) -> None:
        self.database = Database(url, patience_seconds=patience_seconds, silent_seconds=silent_seconds)
        with translate_errors(self.database.name):
            connection = self.database.connect()
            try:
                migrate(connection, self.database.name)
                guard_origin(connection, self.database.name, new=new)
            finally:
                connection.close()
        self.accounts = PostgresAccounts(self.database)
        self.outbox = PostgresOutbox(self.database)
        self.payments = PostgresPayments(self.database)
        self.tables = PostgresTables(self.database)
        self._last_publication = publications.LastPublication(self.database)

    def create(self, dossier: Dossier, event: Event, bundle: bytes, *, sole: bool = False) -> bool:
        """See `DraftStore.create`."""

        def work(batch: Batch) -> bool:
            batch.execute(_BUNDLE, (dossier.revision, bundle))
            if sole:
                # Of programs that begin a sole draft at once, the second waits here, and sees the draft of the first.
                batch.execute("SELECT 1 FROM bundles WHERE revision = %s FOR NO KEY UPDATE", (dossier.revision,))
                sql = "SELECT 1 FROM dossiers WHERE owner = %s AND procedure = %s AND state = %s LIMIT 1"
                if batch.execute(sql, (dossier.owner, dossier.procedure, int(State.DRAFT))).fetchone():
                    return False
            insert_draft(batch, dossier, event)
            return True

        return self.database.write(work)

    def get(self, id: str) -> Dossier | None:
        """See `DossierStore.get`."""
        return reads.dossier(self.database, "id", id)

    def by_code(self, code: DossierCode) -> Dossier | None:
        """See `DossierStore.by_code`."""
        return reads.dossier(self.database, "code", code.text)

    def by_receipt(self, receipt: str) -> Dossier | None:
        """See `DossierStore.by_receipt`."""
        return reads.dossier(self.database, "receipt", receipt)

    def replace(self, dossier: Dossier) -> None:
        """See `DraftStore.replace`."""
        self.database.write(lambda batch: update_draft(batch, dossier))

    def delete(self, id: str, version: int) -> None:
        """See `DraftStore.delete`."""

        def work(batch: Batch) -> None:
            sql = "DELETE FROM dossiers WHERE id = %s AND version = %s RETURNING id"
            if batch.execute(sql, (id, version)).fetchone() is None:
                raise stale_dossier(id, version)

        self.database.write(work)

    def cancelled_drafts(self, before: datetime, limit: int = 100) -> tuple[Dossier, ...]:
        """See `DraftStore.cancelled_drafts`."""
        return reads.cancelled_drafts(self.database, before, limit)

    def idle_drafts(self, until: datetime, *, after: tuple[datetime, str] | None = None, limit: int = 100) -> tuple[Dossier, ...]:
        """See `DraftStore.idle_drafts`."""
        return reads.idle_drafts(self.database, until, after, limit)

    def record(self, record: ActionRecord) -> Dossier:
        """See `DossierStore.record`."""
        return self.database.write(lambda batch: write_action(batch, record))

    def find(
        self, owner: str | None, query: Query = EVERYTHING, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """See `DossierStore.find`."""
        sql, values = queries.find(owner, query, before, limit)
        return tuple(map(dossier_of, self.database.search(sql, tuple(values))))

    def count(self, query: Query, most: int) -> int:
        """See `DossierStore.count`."""
        sql, values = queries.count(query, most)
        return int(self.database.search(sql, tuple(values))[0][0])

    def every(self) -> Iterator[Dossier]:
        """See `DossierStore.every`."""
        return reads.every(self.database)

    def events(self, id: str) -> tuple[Event, ...]:
        """See `DossierStore.events`."""
        return reads.events(self.database, id)

    def latest(self, before: tuple[datetime, str, int] | None = None, *, actor: str = "", limit: int = 50) -> tuple[Event, ...]:
        """See `DossierStore.latest`."""
        return reads.latest(self.database, before, actor, limit)

    def notes(self, id: str) -> Mapping[int, Note]:
        """See `DossierStore.notes`."""
        return reads.notes(self.database, id)

    def owners(self, blob: str) -> frozenset[str]:
        """See `DossierStore.owners`."""
        return reads.owners(self.database, blob)

    def is_named(self, blob: str) -> bool:
        """See `DossierStore.is_named`."""
        return reads.is_named(self.database, blob)

    # --- ledger ---------------------------------------------------------------------------------------------------

    def sums(self, until: date, by: Sequence[str]) -> Sums:
        """See `LedgerStore.sums`."""
        return reads.sums(self.database, until, by)

    def last_posting(self) -> int:
        """See `LedgerStore.last_posting`."""
        return ledger.last_posting(self.database)

    def behind(self, figure: Figure, *, before: str | None = None, limit: int = 20) -> tuple[Dossier, ...]:
        """See `LedgerStore.behind`."""
        return reads.behind(self.database, figure, before, limit)

    def spans(self, year: int | None = None) -> tuple[Span, ...]:
        """See `LedgerStore.spans`."""
        return reads.spans(self.database, year)

    def postings(self) -> Iterator[Posting]:
        """See `LedgerStore.postings`."""
        return reads.postings(self.database, "place")

    # --- installation ---------------------------------------------------------------------------------------------

    def bundle(self, revision: str) -> bytes | None:
        """See `BundleStore.bundle`."""
        return reads.bundle(self.database, revision)

    def keep_bundle(self, revision: str, bundle: bytes) -> None:
        """See `BundleStore.keep_bundle`."""
        self.database.write(lambda batch: batch.execute(_BUNDLE, (revision, bundle)))

    def revisions(self) -> Mapping[tuple[str, str], int]:
        """See `BundleStore.revisions`."""
        return reads.revisions(self.database)

    def remember(self, key: str, value: Json) -> None:
        """See `FactStore.remember`."""
        sql = "INSERT INTO facts VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET body = excluded.body"
        self.database.write(lambda batch: batch.execute(sql, (key, encoded(value))))

    def remember_once(self, key: str, value: Json) -> Json:
        """See `FactStore.remember_once`."""
        sql = "INSERT INTO facts VALUES (%s, %s) ON CONFLICT (name) DO NOTHING"
        self.database.write(lambda batch: batch.execute(sql, (key, encoded(value))))
        return self.recall(key)

    def recall(self, key: str) -> Json:
        """See `FactStore.recall`."""
        return reads.recall(self.database, key)

    def counters(self) -> Mapping[tuple[str, str], int]:
        """See `SeriesStore.counters`."""
        return reads.counters(self.database)

    def counters_of_mark(self) -> Mapping[tuple[str, str], int]:
        """See `SeriesStore.counters_of_mark`: the same as `counters`, as a server has no mark."""
        return self.counters()

    def skip(self, gap: NumberGap) -> bool:
        """See `SeriesStore.skip`."""
        return self.database.write(lambda batch: series.skip(batch, gap))

    def gaps(self) -> tuple[NumberGap, ...]:
        """See `SeriesStore.gaps`."""
        return reads.gaps(self.database, "place")

    def publish(self, files: Mapping[str, bytes], *, author: str, at: datetime) -> Publication:
        """See `PublicationStore.publish`."""
        publication = self.database.write(lambda batch: publications.publish(batch, files, author, at))
        self._last_publication.expire()
        return publication

    def publications(self, *, before: int | None = None, limit: int = 20) -> tuple[Publication, ...]:
        """See `PublicationStore.publications`."""
        return reads.publications(self.database, before, limit)

    def last_publication(self) -> int:
        """See `PublicationStore.last_publication`: told by the server, and asked for behind that."""
        return self._last_publication.number()

    def published_file(self, digest: str) -> bytes | None:
        """See `PublicationStore.published_file`."""
        return reads.published_file(self.database, digest)

    def load(self, dossiers: Iterable[ImportedDossier], *, at_once: int = 500) -> Iterator[int]:
        """See `UpkeepStore.load`."""
        imported = 0
        for some in batches(dossiers, at_once):
            self.database.write(partial(imports.import_batch, dossiers=some))
            imported += len(some)
            yield imported

    def size(self) -> int:
        """See `UpkeepStore.size`."""
        return reads.size(self.database)

    def activity(self) -> Activity:
        """See `UpkeepStore.activity`."""
        return self.database.activity

    def guard_writable(self) -> None:
        """See `UpkeepStore.guard_writable`."""
        ((read_only,),) = self.database.read("SELECT current_setting('transaction_read_only')")
        if read_only == "on":
            self.database.leave()
            raise UnwritableStore(f"{self.database.name} takes no writes; is it a standby? try again in a moment")

    def close(self) -> None:
        """See `UpkeepStore.close`."""
        self._last_publication.close()
        self.database.close()


_BUNDLE = "INSERT INTO bundles VALUES (%s, %s) ON CONFLICT (revision) DO NOTHING"
