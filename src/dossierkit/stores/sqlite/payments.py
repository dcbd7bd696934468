"""Attempts to pay in a table of the SQLite store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

from dossierkit.dossiers.money.attempts import Attempt, Progress
from dossierkit.stores.refusals import nothing_owed
from dossierkit.stores.rows import attempt_of, attempt_row, progress_row
from dossierkit.stores.sqlite.database import Database

_SELECT = """SELECT p.ref, d.id, p.amount, p.gateway, p.created, p.progress, p.number, p.at, p.surplus, p.asked, p.rowid
    FROM payments p JOIN dossiers d ON d.seq = p.seq"""


class SqlitePayments:
    """A `PaymentStore` in *database*."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, dossier: str, make: Callable[[int], Attempt]) -> Attempt:
        """See `PaymentStore.begin`."""

        def work(connection: sqlite3.Connection) -> Attempt:
            sql = "SELECT seq FROM dossiers WHERE id = ? AND json_extract(handling, '$.payment') = 'due'"
            row = connection.execute(sql, (dossier,)).fetchone()
            if row is None:
                raise nothing_owed(dossier)
            attempt = make(connection.execute("SELECT COUNT(*) FROM payments WHERE seq = ?", row).fetchone()[0] + 1)
            write_attempt(connection, attempt, None)
            return attempt

        return self._database.write(work)

    def attempt(self, ref: str) -> Attempt | None:
        """See `PaymentStore.attempt`."""
        rows = self._database.read(f"{_SELECT} WHERE p.ref = ?", (ref,))
        return attempt_of(rows[0]) if rows else None

    def attempts(self, dossier: str) -> tuple[Attempt, ...]:
        """See `PaymentStore.attempts`."""
        return tuple(map(attempt_of, self._database.read(f"{_SELECT} WHERE d.id = ? ORDER BY p.rowid", (dossier,))))

    def finish(self, attempt: Attempt, before: Progress) -> bool:
        """See `PaymentStore.finish`."""
        return self._database.write(lambda connection: write_attempt(connection, attempt, before))

    def every(self, progress: Progress | None = None) -> Iterator[Attempt]:
        """See `PaymentStore.every`."""
        last = 0
        condition = "" if progress is None else f" AND p.progress = '{progress.value}'"
        while rows := self._database.read(f"{_SELECT} WHERE p.rowid > ?{condition} ORDER BY p.rowid LIMIT 500", (last,)):
            yield from map(attempt_of, rows)
            last = rows[-1][-1]


#: Takes rows of `attempt_row`.
ATTEMPTS = """INSERT OR IGNORE INTO payments (ref, seq, amount, gateway, created, progress, number, at, surplus, asked)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


def write_attempt(connection: sqlite3.Connection, attempt: Attempt, before: Progress | None) -> bool:
    """Store *attempt*, a new one if *before* is None; False if its stored progress is not *before*."""
    if before is None:
        row = connection.execute("SELECT seq FROM dossiers WHERE id = ?", (attempt.dossier,)).fetchone()
        if row is None:
            return False
        written = connection.execute(ATTEMPTS, attempt_row(row[0], attempt))
    else:
        written = connection.execute(
            """UPDATE payments SET progress = ?, number = ?, at = ?, surplus = ?, asked = max(asked, ?)
            WHERE ref = ? AND progress = ? AND (progress <> ? OR asked < ?)""",
            (*progress_row(attempt), attempt.ref, before.value, attempt.progress.value, attempt.asked),
        )
    return written.rowcount == 1


def close_attempts(connection: sqlite3.Connection, seq: int) -> None:
    """Close the open attempts of the dossier in row *seq*."""
    connection.execute("UPDATE payments SET progress = 'closed' WHERE seq = ? AND progress = 'open'", (seq,))
