"""Batches of jobs as transactions of SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from dossierkit.stores.group_commit import Job


class Transactions:
    """Runs the jobs of a batch on *connection* in one transaction, see `GroupCommit`.

    It is synced to the disk if a job has to be durable, and with it all before it that were not.

    A job that fails takes nothing with it: the batch is run again, each job under a savepoint of its own.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._syncs = True

    @property
    def read_only(self) -> bool:
        """Whether the connection refuses to write; waits for the commit in progress."""
        return bool(self.connection.execute("PRAGMA query_only").fetchone()[0])

    def commit(self, batch: Sequence[Job[sqlite3.Connection]]) -> None:
        """Run the jobs of *batch* and commit them."""
        self._sync(any(job.durable for job in batch))
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            for job in batch:
                job.result = job.work(self.connection)
            self.connection.execute("COMMIT")
        except Exception as error:  # one bad job must not cost the others theirs
            self._roll_back()
            if len(batch) == 1:
                raise
            del error
            self._commit_apart(batch)

    def _commit_apart(self, batch: Sequence[Job[sqlite3.Connection]]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            for job in batch:
                self.connection.execute("SAVEPOINT job")
                try:
                    job.result = job.work(self.connection)
                except Exception as error:  # noqa: BLE001  # the caller of this job gets it
                    job.error = error
                    self.connection.execute("ROLLBACK TO job")
                self.connection.execute("RELEASE job")
            self.connection.execute("COMMIT")
        except Exception:
            self._roll_back()
            raise

    def _sync(self, syncs: bool) -> None:
        """Sync the transactions from now on, or leave them to the next one that is synced."""
        if syncs is not self._syncs:
            self.connection.execute(f"PRAGMA synchronous={'FULL' if syncs else 'NORMAL'}")
            self._syncs = syncs

    def _roll_back(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
