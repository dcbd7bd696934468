"""Keeps dossiers in one SQLite file: WAL, every acknowledged write synced, other processes welcome."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import attrs

from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.ledger.ledger import Posting, Span
from dossierkit.dossiers.ledger.reports import Figure, Sums
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, Query, Said
from dossierkit.dossiers.lifecycle.handling import handling_json
from dossierkit.dossiers.states import State
from dossierkit.errors import CorruptStore, StoreError, UnwritableStore
from dossierkit.pointers import Json
from dossierkit.ports import EVERYTHING, ActionRecord, NumberGap
from dossierkit.private_files import make_private_file, make_private_folder
from dossierkit.stores.group_commit import GroupCommit
from dossierkit.stores.mark import INSTALLATION, Mark, Noted, Numbers, lacking, mark_of, read_mark, write_mark
from dossierkit.stores.sqlite.accounts import SqliteAccounts, SqliteOutbox
from dossierkit.stores.sqlite.guard import guarded, opened_alone
from dossierkit.stores.sqlite.ledger import behind, every_posting, every_span, sums
from dossierkit.stores.sqlite.payments import SqlitePayments
from dossierkit.stores.sqlite.rows import (
    SELECT,
    add_event,
    counted,
    dossier_of,
    encoded,
    event_of,
    found_by,
    keep_answers,
    keep_files,
    layout_text,
    recorded,
    stale,
    update,
)
from dossierkit.stores.sqlite.whole import SqliteWhole

T = TypeVar("T")
#: Bytes that have to be free on the disk for a write to be expected to succeed.
_ROOM = 4 * 1024 * 1024

#: How long a write waits for another process, in milliseconds.
BUSY_MS = 15_000
#: Databases up to this size are checked page by page when they are opened.
CHECKED_BYTES = 64 * 1024 * 1024


class SqliteStore(SqliteWhole):
    """A `DossierStore` in the file *path*, which is made where there is none; its mark lies beside it, see `mark`.

    Args:
        new: take the database as it is, also where it is missing, or older than its mark: numbers go on after the mark.

    Raises:
        CorruptStore: the file is damaged or no database.
        LostDossiers: it is missing, or older than its mark, and not *new*; nothing was changed.
        NewerStore: a newer version wrote it.
        UnwritableStore: it, or its folder, cannot be written.
    """

    def __init__(self, path: Path | str, *, new: bool = False) -> None:
        self.path = Path(path)
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        with _explained(self.path):
            self._make_folder()
            with opened_alone(self.path):
                self._open(new=new)

    def _open(self, *, new: bool) -> None:
        noted = guarded(self.path, new=new)
        self._prepare()
        self._writer = GroupCommit(self._connect(shared=True))
        self.accounts = SqliteAccounts(self._write, self._read)
        self.payments = SqlitePayments(self._write, self._read)
        self.outbox = SqliteOutbox(self._write, self._read)
        self._mark = Mark(self._marked(noted))
        self._go_on_after(noted)

    def _make_folder(self) -> None:
        try:
            make_private_folder(self.path.parent)
        except OSError as error:
            raise UnwritableStore(f"cannot make the folder {self.path.parent}: {error.strerror}") from error

    def _prepare(self) -> None:
        from dossierkit.stores.sqlite.schema import migrate

        # Its journals are made with the rights of the database.
        make_private_file(self.path)
        migrate(self.path)
        if self.path.stat().st_size <= CHECKED_BYTES:
            connection = sqlite3.connect(self.path)
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            connection.close()
            if found != "ok":
                raise CorruptStore(_corrupt(self.path))

    def _marked(self, noted: Noted | None) -> Path:
        """The mark beside the database, which is made where there is none; both are of one installation."""
        place = mark_of(self.path)
        if noted is None:
            if place.exists():  # of what is damaged nothing can be read; it is kept for whoever can
                place.replace(place.with_name(f"{place.name}.damaged"))
            noted = Noted(str(self.recall(INSTALLATION) or secrets.token_hex(8)), {})
            with suppress(FileExistsError):  # another program was a moment faster
                write_mark(place, noted)
            noted = read_mark(place) or noted
        if self.recall(INSTALLATION) != noted.installation:
            self.remember(INSTALLATION, noted.installation)
        return place

    def _go_on_after(self, noted: Noted | None) -> None:
        """Brings every series and the mark to where the other one is, if that is further."""
        now, counters, numbers = datetime.now(UTC), self.counters(), noted.numbers if noted is not None else {}
        for (agency, series), last in lacking(counters, numbers).items():
            self.skip(NumberGap(agency, series, counters.get((agency, series), 0) + 1, last, now))
        if ahead := lacking(numbers, counters):
            self._mark.note(ahead)

    def marked(self) -> Numbers:
        """See `DossierStore.marked`."""
        noted = read_mark(mark_of(self.path))
        return noted.numbers if noted is not None else {}

    def _connect(self, *, shared: bool = False) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=not shared, timeout=BUSY_MS / 1000)
        connection.execute("PRAGMA foreign_keys=ON")
        # NORMAL can lose an acknowledged commit at power loss, and so give one code to two dossiers.
        connection.execute("PRAGMA synchronous=FULL")
        self._opened.append(connection)
        return connection

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect(shared=True)
        return connection

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with _explained(self.path):
            return self._writer.run(work)

    def _read(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        with _explained(self.path):
            return self._reader().execute(sql, values).fetchall()

    # --- dossiers ---------------------------------------------------------------------------------------------

    def create(self, dossier: Dossier, event: Event, bundle: bytes, *, sole: bool = False) -> bool:
        """See `DossierStore.create`."""

        def work(connection: sqlite3.Connection) -> bool:
            sql = "SELECT 1 FROM dossiers WHERE owner = ? AND procedure = ? AND state = ? LIMIT 1"
            if sole and connection.execute(sql, (dossier.owner, dossier.procedure, int(State.DRAFT))).fetchone():
                return False
            connection.execute("INSERT OR IGNORE INTO bundles VALUES (?, ?)", (dossier.revision, bundle))
            seq = connection.execute(
                """INSERT INTO dossiers (id, procedure, revision, owner, state, version, created, changed, handling)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    dossier.id,
                    dossier.procedure,
                    dossier.revision,
                    dossier.owner,
                    int(dossier.state),
                    dossier.version,
                    dossier.created.isoformat(),
                    dossier.changed.isoformat(),
                    encoded(handling_json(dossier.handling)),
                ),
            ).lastrowid
            files = encoded([attrs.asdict(one) for one in dossier.attachments])
            row = seq, encoded(dossier.answers), files, dossier.salt, layout_text(dossier)
            connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", row)
            keep_files(connection, seq, dossier)
            add_event(connection, seq, event)
            return True

        return bool(self._write(work))

    def get(self, id: str) -> Dossier | None:
        """See `DossierStore.get`."""
        rows = self._read(f"{SELECT} WHERE d.id = ?", (id,))
        return dossier_of(rows[0]) if rows else None

    def by_code(self, code: DossierCode) -> Dossier | None:
        """See `DossierStore.by_code`."""
        rows = self._read(f"{SELECT} WHERE d.code = ?", (code.text,))
        return dossier_of(rows[0]) if rows else None

    def replace(self, dossier: Dossier) -> None:
        """See `DossierStore.replace`."""

        def work(connection: sqlite3.Connection) -> None:
            update(connection, dossier, dossier.version - 1)
            seq = connection.execute("SELECT seq FROM dossiers WHERE id = ?", (dossier.id,)).fetchone()[0]
            keep_answers(connection, seq, dossier)

        self._write(work)

    def record(self, change: ActionRecord) -> Dossier:
        """See `DossierStore.record`."""
        dossier, drawn = self._write(lambda connection: recorded(connection, change))
        if change.series is not None and drawn:
            self._mark.note({change.series: drawn})
        return dossier

    def sums(self, until: date, by: Sequence[str]) -> Sums:
        """See `DossierStore.sums`."""
        return sums(self._read, until, by)

    def behind(self, figure: Figure, *, before: str | None = None, limit: int = 20) -> tuple[Dossier, ...]:
        """See `DossierStore.behind`."""
        sql, values = behind(figure, before, limit)
        return tuple(map(dossier_of, self._read(f"{SELECT} WHERE d.seq IN ({sql}) ORDER BY d.seq DESC", tuple(values))))

    def spans(self, year: int | None = None) -> tuple[Span, ...]:
        """See `DossierStore.spans`."""
        return every_span(self._read, year)

    def postings(self) -> Iterator[Posting]:
        """See `DossierStore.postings`."""
        return every_posting(self._read)

    def said(self, id: str) -> Mapping[int, Said]:
        """See `DossierStore.said`."""
        sql = "SELECT n.number, n.body, n.before FROM notes n JOIN dossiers d ON d.seq = n.seq WHERE d.id = ?"
        return {number: Said(text, json.loads(before) if before else None) for number, text, before in self._read(sql, (id,))}

    def by_receipt(self, receipt: str) -> Dossier | None:
        """See `DossierStore.by_receipt`."""
        rows = self._read(f"{SELECT} WHERE d.receipt = ?", (receipt,))
        return dossier_of(rows[0]) if rows else None

    def cancelled(self, before: datetime, limit: int = 100) -> tuple[Dossier, ...]:
        """See `DossierStore.cancelled`."""
        wanted = (int(State.CANCELLED), before.isoformat(), limit)
        return tuple(map(dossier_of, self._read(f"{SELECT} WHERE d.state = ? AND d.changed < ? LIMIT ?", wanted)))

    def idle(self, until: datetime, *, after: tuple[datetime, str] | None = None, limit: int = 100) -> tuple[Dossier, ...]:
        """See `DossierStore.idle`."""
        # The state stands in the words, or the index of drafts would not be used.
        sql = f"{SELECT} WHERE d.state = {int(State.DRAFT)} AND d.changed <= ?"
        values: list[object] = [until.isoformat()]
        if after is not None:
            sql, values = f"{sql} AND (d.changed, d.id) > (?, ?)", [*values, after[0].isoformat(), after[1]]
        return tuple(map(dossier_of, self._read(f"{sql} ORDER BY d.changed, d.id LIMIT ?", (*values, limit))))

    def delete(self, id: str, version: int) -> None:
        """See `DossierStore.delete`."""

        def work(connection: sqlite3.Connection) -> None:
            done = connection.execute("DELETE FROM dossiers WHERE id = ? AND version = ?", (id, version)).rowcount
            if not done:
                raise stale(id, version)

        self._write(work)

    def find(
        self, owner: str | None, query: Query = EVERYTHING, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """See `DossierStore.find`."""
        sql, values = found_by(owner, query, before, limit)
        rows = self._read(sql, tuple(values))
        return tuple(map(dossier_of, rows))

    def count(self, query: Query, most: int) -> int:
        """See `DossierStore.count`."""
        sql, values = counted(query, most)
        return int(self._read(sql, tuple(values))[0][0])

    def events(self, id: str) -> tuple[Event, ...]:
        """See `DossierStore.events`."""
        rows = self._read(
            """SELECT d.id, e.number, e.action, e.actor, e.at, e.facts, e.before, e.hash
            FROM events e JOIN dossiers d ON d.seq = e.seq WHERE d.id = ? ORDER BY e.number""",
            (id,),
        )
        return tuple(map(event_of, rows))

    def owners(self, blob: str) -> frozenset[str]:
        """See `DossierStore.owners`."""
        sql = "SELECT DISTINCT d.owner FROM files f JOIN dossiers d ON d.seq = f.seq WHERE f.blob = ?"
        return frozenset(str(owner) for (owner,) in self._read(sql, (blob,)))

    def names(self, blob: str) -> bool:
        """See `DossierStore.names`."""
        return bool(self._read("SELECT 1 FROM files WHERE blob = ? LIMIT 1", (blob,)))

    def bundle(self, revision: str) -> bytes | None:
        """See `DossierStore.bundle`."""
        rows = self._read("SELECT body FROM bundles WHERE revision = ?", (revision,))
        return bytes(rows[0][0]) if rows else None

    def keep_bundle(self, revision: str, bundle: bytes) -> None:
        """See `DossierStore.keep_bundle`."""
        self._write(lambda connection: connection.execute("INSERT OR IGNORE INTO bundles VALUES (?, ?)", (revision, bundle)))

    def every(self) -> Iterator[Dossier]:
        """See `DossierStore.every`."""
        seq = 0
        while rows := self._read(f"{SELECT} WHERE d.seq > ? ORDER BY d.seq LIMIT 500", (seq,)):
            yield from map(dossier_of, rows)
            seq = rows[-1][0]

    def counters(self) -> Mapping[tuple[str, str], int]:
        """See `DossierStore.counters`."""
        return {(r[0], r[1]): r[2] for r in self._read("SELECT agency, day, number FROM counters")}

    def remember(self, key: str, value: Json) -> None:
        """See `DossierStore.remember`."""
        self._write(lambda connection: connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (key, encoded(value))))

    def recall(self, key: str) -> Json:
        """See `DossierStore.recall`."""
        rows = self._read("SELECT body FROM facts WHERE name = ?", (key,))
        return json.loads(rows[0][0]) if rows else None

    def guard_writable(self) -> None:
        """See `DossierStore.guard_writable`."""
        with _explained(self.path):
            read_only = self._writer.read_only
        if read_only or not all(os.access(path, os.W_OK) for path in (self.path, self.path.parent)):
            raise UnwritableStore(f"{self.path} cannot be written; give this user the right to write the file and its folder")
        if shutil.disk_usage(self.path.parent).free < _ROOM:
            raise UnwritableStore(f"no space left for {self.path}; make room")

    def close(self) -> None:
        """See `DossierStore.close`."""
        self._mark.close()
        for connection in self._opened:
            connection.close()
        self._opened.clear()


def _corrupt(path: Path) -> str:
    return f"{path} is damaged; stop here, keep a copy of it, and restore the last back-up"


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into ours, which say what to do."""
    try:
        yield
    except sqlite3.Error as error:
        text = str(error).lower()
        if "malformed" in text or "not a database" in text or "corrupt" in text:
            raise CorruptStore(_corrupt(path)) from error
        if "readonly" in text or "read-only" in text or "unable to open" in text:
            raise UnwritableStore(
                f"{path} cannot be written; give this user the right to write the file and its folder"
            ) from error
        if "full" in text or "disk i/o" in text:
            raise UnwritableStore(f"no space left for {path}; nothing was written, make room and try again") from error
        if "locked" in text or "busy" in text:
            raise UnwritableStore(f"{path} is held by another program; try again in a moment") from error
        raise StoreError(f"{path}: {error}") from error
