"""Attempts to pay in a table of the PostgreSQL store."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dossierkit.dossiers.money.attempts import Attempt, Progress
from dossierkit.stores.postgres.database import Database
from dossierkit.stores.postgres.transactions import Batch
from dossierkit.stores.refusals import nothing_owed
from dossierkit.stores.rows import attempt_of, attempt_row, progress_row

_SELECT = """SELECT p.ref, d.id, p.amount, p.gateway, p.created, p.progress, p.number, p.at, p.surplus, p.asked, p.place
    FROM payments p JOIN dossiers d ON d.seq = p.seq"""


class PostgresPayments:
    """A `PaymentStore` in *database*."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, dossier: str, make: Callable[[int], Attempt]) -> Attempt:
        """See `PaymentStore.begin`."""

        def work(batch: Batch) -> Attempt:
            # The row is locked, so that attempts get one number after the other.
            sql = "SELECT seq FROM dossiers WHERE id = %s AND handling ->> 'payment' = 'due' FOR UPDATE"
            row = batch.execute(sql, (dossier,)).fetchone()
            if row is None:
                raise nothing_owed(dossier)
            ((number,),) = batch.execute("SELECT COUNT(*) + 1 FROM payments WHERE seq = %s", row).fetchall()
            attempt = make(number)
            write_attempt(batch, attempt, None)
            return attempt

        return self._database.write(work)

    def attempt(self, ref: str) -> Attempt | None:
        """See `PaymentStore.attempt`."""
        rows = self._database.read(f"{_SELECT} WHERE p.ref = %s", (ref,))
        return attempt_of(rows[0]) if rows else None

    def attempts(self, dossier: str) -> tuple[Attempt, ...]:
        """See `PaymentStore.attempts`."""
        return tuple(map(attempt_of, self._database.read(f"{_SELECT} WHERE d.id = %s ORDER BY p.place", (dossier,))))

    def finish(self, attempt: Attempt, before: Progress) -> bool:
        """See `PaymentStore.finish`."""
        return self._database.write(lambda batch: write_attempt(batch, attempt, before))

    def every(self, progress: Progress | None = None) -> Iterator[Attempt]:
        """See `PaymentStore.every`."""
        last = 0
        condition = "" if progress is None else f" AND p.progress = '{progress.value}'"
        while rows := self._database.read(f"{_SELECT} WHERE p.place > %s{condition} ORDER BY p.place LIMIT 500", (last,)):
            yield from map(attempt_of, rows)
            last = rows[-1][-1]


#: Columns of `attempt_row`.
ATTEMPT_COLUMNS = ("ref", "seq", "amount", "gateway", "created", "progress", "number", "at", "surplus", "asked")
_ATTEMPT = f"""INSERT INTO payments ({", ".join(ATTEMPT_COLUMNS)})
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (ref) DO NOTHING RETURNING ref"""


def write_attempt(batch: Batch, attempt: Attempt, before: Progress | None) -> bool:
    """Store *attempt*, a new one if *before* is None; False if its stored progress is not *before*."""
    if before is None:
        row = batch.execute("SELECT seq FROM dossiers WHERE id = %s", (attempt.dossier,)).fetchone()
        if row is None:
            return False
        written = batch.execute(_ATTEMPT, attempt_row(row[0], attempt))
    else:
        written = batch.execute(
            """UPDATE payments SET progress = %s, number = %s, at = %s, surplus = %s, asked = GREATEST(asked, %s)
            WHERE ref = %s AND progress = %s AND (progress <> %s OR asked < %s) RETURNING ref""",
            (*progress_row(attempt), attempt.ref, before.value, attempt.progress.value, attempt.asked),
        )
    return written.fetchone() is not None


def close_attempts(batch: Batch, seq: int) -> None:
    """Close the open attempts of the dossier in row *seq*."""
    batch.execute("UPDATE payments SET progress = 'closed' WHERE seq = %s AND progress = 'open'", (seq,))
