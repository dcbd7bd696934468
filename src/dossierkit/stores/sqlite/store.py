"""The store in one SQLite file: WAL, every acknowledged write synced, other programs welcome."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.ledger.ledger import Posting, Span
from dossierkit.dossiers.ledger.reports import Figure, Sums
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, Note, Query
from dossierkit.dossiers.states import State
from dossierkit.errors import UnwritableStore
from dossierkit.pointers import Json
from dossierkit.ports import EVERYTHING, ActionRecord, Activity, ImportedDossier, NumberGap, Publication
from dossierkit.stores import reads
from dossierkit.stores.imports import batches, highest_numbers
from dossierkit.stores.last_numbers import (
    INSTALLATION,
    Mark,
    MarkContent,
    Numbers,
    mark_of,
    missing_numbers,
    read_mark,
    write_mark,
)
from dossierkit.stores.refusals import stale_dossier
from dossierkit.stores.rows import dossier_of, encoded
from dossierkit.stores.sqlite import imports, ledger, publications, queries, series
from dossierkit.stores.sqlite.accounts import SqliteAccounts
from dossierkit.stores.sqlite.action_records import write_action
from dossierkit.stores.sqlite.database import Database, translate_errors, unwritable
from dossierkit.stores.sqlite.dossiers import insert_draft, update_draft
from dossierkit.stores.sqlite.opening import check_mark, guard_file, make_folder, prepare, sole_opening
from dossierkit.stores.sqlite.outbox import SqliteOutbox
from dossierkit.stores.sqlite.payments import SqlitePayments
from dossierkit.stores.sqlite.tables import SqliteTables

#: How long a write waits for another program.
BUSY_SECONDS = 15.0
#: Free bytes on the disk below which no write is expected to succeed.
_ROOM_BYTES = 4 * 1024 * 1024


class SqliteStore:
    """A `Store` in the file *path*, which is made if there is none; its mark is beside it, see `stores.last_numbers`.

    Args:
        new: take the database as it is, even if it is missing or older than its mark: numbers continue after the mark.
        busy_seconds: how long a statement waits for another program.

    Raises:
        CorruptStore: the file is damaged or no database.
        LostDossiers: it is missing, or older than its mark, and not *new*; nothing was changed.
        NewerStore: a newer version wrote it.
        StoreError: it is a folder.
        UnwritableStore: it, or its folder, cannot be written.
    """

    def __init__(self, path: Path | str, *, new: bool = False, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = Path(path)
        guard_file(self.path)
        make_folder(self.path)
        with translate_errors(self.path), sole_opening(self.path):
            content = check_mark(self.path, new=new)
            prepare(self.path)
            self.database = Database(self.path, busy_seconds=busy_seconds)
            self.accounts = SqliteAccounts(self.database)
            self.outbox = SqliteOutbox(self.database)
            self.payments = SqlitePayments(self.database)
            self.tables = SqliteTables(self.database)
            self.mark = Mark(self._paired_mark(content))
            self._continue_after(content)

    def _paired_mark(self, content: MarkContent | None) -> Path:
        """File of the mark, made if *content* is None; the mark and the database get the id of one installation."""
        path = mark_of(self.path)
        if content is None:
            if path.exists():  # damaged; an operator may still read something in it
                path.replace(path.with_name(f"{path.name}.damaged"))
            content = MarkContent(str(self.recall(INSTALLATION) or secrets.token_hex(8)), {})
            with suppress(FileExistsError):  # another program was faster
                write_mark(path, content)
            content = read_mark(path) or content
        if self.recall(INSTALLATION) != content.installation:
            self.remember(INSTALLATION, content.installation)
        return path

    def _continue_after(self, content: MarkContent | None) -> None:
        """Raise every series, in the database and in the mark, to the higher of the two."""
        now, counters, numbers = datetime.now(UTC), self.counters(), content.numbers if content is not None else {}
        for drawn_from, last in missing_numbers(counters, numbers).items():
            self.skip(NumberGap(*drawn_from, counters.get(drawn_from, 0) + 1, last, now))
        if ahead := missing_numbers(numbers, counters):
            self.mark.note(ahead)

    def create(self, dossier: Dossier, event: Event, bundle: bytes, *, sole: bool = False) -> bool:
        """See `DraftStore.create`."""

        def work(connection: sqlite3.Connection) -> bool:
            sql = "SELECT 1 FROM dossiers WHERE owner = ? AND procedure = ? AND state = ? LIMIT 1"
            if sole and connection.execute(sql, (dossier.owner, dossier.procedure, int(State.DRAFT))).fetchone():
                return False
            connection.execute("INSERT OR IGNORE INTO bundles VALUES (?, ?)", (dossier.revision, bundle))
            insert_draft(connection, dossier, event)
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
        self.database.write(lambda connection: update_draft(connection, dossier))

    def delete(self, id: str, version: int) -> None:
        """See `DraftStore.delete`."""

        def work(connection: sqlite3.Connection) -> None:
            if not connection.execute("DELETE FROM dossiers WHERE id = ? AND version = ?", (id, version)).rowcount:
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
        dossier, drawn = self.database.write(lambda connection: write_action(connection, record))
        if record.series is not None and drawn:
            self.mark.note({record.series: drawn})
        return dossier

    def find(
        self, owner: str | None, query: Query = EVERYTHING, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """See `DossierStore.find`."""
        if queries.has_plain_words(query):
            first = self._rows(*queries.first_of_newest(owner, query, before))
            newest = self._rows(*queries.find(owner, query, before, limit, since=first[0][0] if first else 0))
            if len(newest) == limit or not first:
                return tuple(map(dossier_of, newest))
        return tuple(map(dossier_of, self._rows(*queries.find(owner, query, before, limit))))

    def _rows(self, sql: str, values: list[Any]) -> list[Any]:
        return self.database.read(sql, tuple(values))

    def count(self, query: Query, most: int) -> int:
        """See `DossierStore.count`."""
        sql, values = queries.count(query, most)
        return int(self.database.read(sql, tuple(values))[0][0])

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
        return reads.postings(self.database, "rowid")

    # --- installation ---------------------------------------------------------------------------------------------

    def bundle(self, revision: str) -> bytes | None:
        """See `BundleStore.bundle`."""
        return reads.bundle(self.database, revision)

    def keep_bundle(self, revision: str, bundle: bytes) -> None:
        """See `BundleStore.keep_bundle`."""
        sql = "INSERT OR IGNORE INTO bundles VALUES (?, ?)"
        self.database.write(lambda connection: connection.execute(sql, (revision, bundle)))

    def revisions(self) -> Mapping[tuple[str, str], int]:
        """See `BundleStore.revisions`."""
        return reads.revisions(self.database)

    def remember(self, key: str, value: Json) -> None:
        """See `FactStore.remember`."""
        sql = "INSERT OR REPLACE INTO facts VALUES (?, ?)"
        self.database.write(lambda connection: connection.execute(sql, (key, encoded(value))))

    def remember_once(self, key: str, value: Json) -> Json:
        """See `FactStore.remember_once`."""
        sql = "INSERT OR IGNORE INTO facts VALUES (?, ?)"
        self.database.write(lambda connection: connection.execute(sql, (key, encoded(value))))
        return self.recall(key)

    def recall(self, key: str) -> Json:
        """See `FactStore.recall`."""
        return reads.recall(self.database, key)

    def counters(self) -> Mapping[tuple[str, str], int]:
        """See `SeriesStore.counters`."""
        return reads.counters(self.database)

    def counters_of_mark(self) -> Numbers:
        """See `SeriesStore.counters_of_mark`: the numbers in the mark."""
        content = read_mark(self.mark.path)
        return content.numbers if content is not None else {}

    def skip(self, gap: NumberGap) -> bool:
        """See `SeriesStore.skip`."""
        skipped = self.database.write(lambda connection: series.skip(connection, gap))
        if skipped:
            self.mark.note({(gap.agency, gap.series): gap.last})
        return skipped

    def gaps(self) -> tuple[NumberGap, ...]:
        """See `SeriesStore.gaps`."""
        return reads.gaps(self.database, "rowid")

    def publish(self, files: Mapping[str, bytes], *, author: str, at: datetime) -> Publication:
        """See `PublicationStore.publish`."""
        return self.database.write(lambda connection: publications.publish(connection, files, author, at))

    def publications(self, *, before: int | None = None, limit: int = 20) -> tuple[Publication, ...]:
        """See `PublicationStore.publications`."""
        return reads.publications(self.database, before, limit)

    def last_publication(self) -> int:
        """See `PublicationStore.last_publication`."""
        return reads.last_publication(self.database)

    def published_file(self, digest: str) -> bytes | None:
        """See `PublicationStore.published_file`."""
        return reads.published_file(self.database, digest)

    def load(self, dossiers: Iterable[ImportedDossier], *, at_once: int = 500) -> Iterator[int]:
        """See `UpkeepStore.load`."""
        imported = 0
        for batch in batches(dossiers, at_once):
            self.database.write(lambda connection, batch=batch: imports.import_batch(connection, batch))  # type: ignore[misc]  # bound now, not later
            self.mark.note(highest_numbers(batch))
            imported += len(batch)
            yield imported

    def size(self) -> int:
        """See `UpkeepStore.size`."""
        return reads.size(self.database)

    def activity(self) -> Activity:
        """See `UpkeepStore.activity`."""
        return self.database.activity

    def guard_writable(self) -> None:
        """See `UpkeepStore.guard_writable`."""
        if self.database.read_only or not all(os.access(path, os.W_OK) for path in (self.path, self.path.parent)):
            raise unwritable(self.path)
        if shutil.disk_usage(self.path.parent).free < _ROOM_BYTES:
            raise UnwritableStore(f"no space left for {self.path}; make room")

    def close(self) -> None:
        """See `UpkeepStore.close`."""
        self.mark.close()
        self.database.close()
