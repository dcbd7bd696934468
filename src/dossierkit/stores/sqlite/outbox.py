"""The outbox in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from dossierkit.dossiers.mails import Outgoing, SendMail
from dossierkit.stores import reads
from dossierkit.stores.rows import OUTGOING_COLUMNS, outgoing_of
from dossierkit.stores.sqlite.database import Database


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
            RETURNING {OUTGOING_COLUMNS}"""
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
        return reads.bounces(self._database, to)

    def dead_letters(self, limit: int = 200) -> tuple[Outgoing, ...]:
        """See `Outbox.dead_letters`."""
        return reads.dead_letters(self._database, limit)

    def backlog(self) -> tuple[int, int]:
        """See `Outbox.backlog`."""
        return reads.backlog(self._database)

    def failures(self) -> tuple[Outgoing, ...]:
        """See `Outbox.failures`."""
        return reads.failures(self._database)


def insert_mails(connection: sqlite3.Connection, mails: Iterable[SendMail]) -> None:
    """Add *mails*, except those whose key the outbox has or had already."""
    connection.executemany(
        "INSERT OR IGNORE INTO outbox (name, receiver, subject, text, html, due) VALUES (?, ?, ?, ?, ?, 0)",
        [(mail.key, mail.to, mail.subject, mail.text, mail.html) for mail in mails],
    )
