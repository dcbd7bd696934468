"""The outbox in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from dossierkit.dossiers.mails import Outgoing, SendMail
from dossierkit.stores.rows import outgoing_of
from dossierkit.stores.sqlite.database import Database

_OUTGOING = "seq, name, receiver, subject, text, html, tries, due, error"


class SqliteOutbox:
    """An `Outbox` in *database*."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def post(self, *mails: SendMail) -> None:
        """See `Outbox.post`."""
        self._database.write(lambda connection: insert_mails(connection, mails))

    def claim(self, now: datetime, until: datetime, limit: int = 20) -> tuple[Outgoing, ...]:
        """See `Outbox.claim`."""
        if not self._database.read("SELECT 1 FROM outbox WHERE due <= ? LIMIT 1", (now.timestamp(),)):
            return ()
        sql = f"""UPDATE outbox SET due = ? WHERE seq IN (SELECT seq FROM outbox WHERE due <= ? ORDER BY seq LIMIT ?)
            RETURNING {_OUTGOING}"""
        values = (until.timestamp(), now.timestamp(), limit)
        rows = self._database.write(lambda connection: connection.execute(sql, values).fetchall())
        return tuple(sorted(map(outgoing_of, rows), key=lambda outgoing: outgoing.id))

    def mark_delivered(self, id: int, at: datetime) -> None:
        """See `Outbox.mark_delivered`."""
        # The text may hold a secret that opens an account; the outbox needs to know only that it was sent.
        sql = "UPDATE outbox SET due = NULL, delivered = ?, subject = '', text = '', html = '', error = '' WHERE seq = ?"
        self._database.write(lambda connection: connection.execute(sql, (at.isoformat(), id)))

    def mark_failed(self, id: int, error: str, due: datetime | None) -> None:
        """See `Outbox.mark_failed`."""
        sql = "UPDATE outbox SET due = ?, tries = tries + 1, error = ? WHERE seq = ?"
        values = (due.timestamp() if due is not None else None, error, id)
        self._database.write(lambda connection: connection.execute(sql, values))

    def retry(self, id: int, due: datetime) -> None:
        """See `Outbox.retry`."""
        sql = "UPDATE outbox SET due = ?, tries = 1 WHERE seq = ? AND delivered IS NULL"
        self._database.write(lambda connection: connection.execute(sql, (due.timestamp(), id)))

    def bounces(self, to: str) -> bool:
        """See `Outbox.bounces`."""
        sql = "SELECT delivered IS NULL FROM outbox WHERE receiver = ? AND due IS NULL ORDER BY seq DESC LIMIT 1"
        rows = self._database.read(sql, (to,))
        return bool(rows and rows[0][0])

    def dead_letters(self, limit: int = 200) -> tuple[Outgoing, ...]:
        """See `Outbox.dead_letters`."""
        sql = f"SELECT {_OUTGOING} FROM outbox WHERE delivered IS NULL AND due IS NULL ORDER BY seq DESC LIMIT ?"
        return tuple(map(outgoing_of, self._database.read(sql, (limit,))))

    def backlog(self) -> tuple[int, int]:
        """See `Outbox.backlog`."""
        [(count, oldest)] = self._database.read("SELECT COUNT(*), COALESCE(MIN(seq), 0) FROM outbox WHERE due IS NOT NULL")
        return count, oldest

    def failures(self) -> tuple[Outgoing, ...]:
        """See `Outbox.failures`."""
        sql = f"SELECT {_OUTGOING} FROM outbox WHERE delivered IS NULL AND tries > 0 ORDER BY seq LIMIT 500"
        return tuple(map(outgoing_of, self._database.read(sql)))


def insert_mails(connection: sqlite3.Connection, mails: Iterable[SendMail]) -> None:
    """Add *mails*, except those whose key the outbox has or had already."""
    connection.executemany(
        "INSERT OR IGNORE INTO outbox (name, receiver, subject, text, html, due) VALUES (?, ?, ?, ?, ?, 0)",
        [(mail.key, mail.to, mail.subject, mail.text, mail.html) for mail in mails],
    )
