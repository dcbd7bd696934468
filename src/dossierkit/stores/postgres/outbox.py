"""The outbox in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from dossierkit.dossiers.mails import Outgoing, SendMail
from dossierkit.stores import reads
from dossierkit.stores.postgres.database import Database
from dossierkit.stores.postgres.transactions import Batch
from dossierkit.stores.rows import OUTGOING_COLUMNS, outgoing_of


class PostgresOutbox:
    """An `Outbox` in *database*."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def post(self, *mails: SendMail) -> None:
        """See `Outbox.post`."""
        self._database.write(lambda batch: insert_mails(batch, mails))

    def claim(self, now: datetime, until: datetime, limit: int = 20) -> tuple[Outgoing, ...]:
        """See `Outbox.claim`: programs that claim at once skip each other's mails."""
        if not self._database.read("SELECT 1 FROM outbox WHERE due <= %s LIMIT 1", (now.timestamp(),)):
            return ()
        sql = f"""UPDATE outbox SET due = %s WHERE seq IN (
            SELECT seq FROM outbox WHERE due <= %s ORDER BY seq LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING {OUTGOING_COLUMNS}"""
        values = (until.timestamp(), now.timestamp(), limit)
        rows = self._database.write(lambda batch: batch.execute(sql, values).fetchall())
        return tuple(sorted(map(outgoing_of, rows), key=lambda outgoing: outgoing.id))

    def mark_delivered(self, id: int, at: datetime) -> None:
        """See `Outbox.mark_delivered`."""
        # The text may hold a secret that opens an account; the outbox needs to know only that it was sent.
        sql = "UPDATE outbox SET due = NULL, delivered = %s, subject = '', text = '', html = '', error = '' WHERE seq = %s"
        self._database.write(lambda batch: batch.execute(sql, (at, id)))

    def mark_failed(self, id: int, error: str, due: datetime | None) -> None:
        """See `Outbox.mark_failed`."""
        sql = "UPDATE outbox SET due = %s, tries = tries + 1, error = %s WHERE seq = %s"
        values = (due.timestamp() if due is not None else None, error, id)
        self._database.write(lambda batch: batch.execute(sql, values))

    def retry(self, id: int, due: datetime) -> None:
        """See `Outbox.retry`."""
        sql = "UPDATE outbox SET due = %s, tries = 1 WHERE seq = %s AND delivered IS NULL"
        self._database.write(lambda batch: batch.execute(sql, (due.timestamp(), id)))

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


def insert_mails(batch: Batch, mails: Iterable[SendMail]) -> None:
    """Add *mails*, except those whose key the outbox has or had already."""
    for mail in mails:
        row = {"name": mail.key, "receiver": mail.to, "subject": mail.subject, "text": mail.text, "html": mail.html}
        batch.write_later(_MAILS, row)


_MAILS = """INSERT INTO outbox (name, receiver, subject, text, html, due)
    SELECT name, receiver, subject, text, html, 0 FROM json_populate_recordset(NULL::outbox, %s) ON CONFLICT (name) DO NOTHING"""
