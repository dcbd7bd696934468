"""Publications in the PostgreSQL store, and how programs learn of a new one."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import datetime

import psycopg

from dossierkit.ports.publications import Publication, digest_of
from dossierkit.stores import reads
from dossierkit.stores.postgres.database import Database
from dossierkit.stores.postgres.transactions import Batch
from dossierkit.stores.rows import publication_of, publication_row

#: The server tells programs that listen to this channel of each publication.
_CHANNEL = "dossierkit_publications"
#: A program asks at least this often, as its listening connection may be dead without a sign.
_ASKED_SECONDS = 0.7


def publish(batch: Batch, files: Mapping[str, bytes], author: str, at: datetime) -> Publication:
    """See `PublicationStore.publish`."""
    named = {path: digest_of(content) for path, content in files.items()}
    # Programs that publish at once take turns; those that read do not wait.
    batch.execute("LOCK TABLE publications IN SHARE ROW EXCLUSIVE MODE")
    sql = "SELECT number, at, author, files FROM publications ORDER BY number DESC LIMIT 1"
    last = next(map(publication_of, batch.execute(sql).fetchall()), None)
    if last is not None and last.files == named:
        return last
    publication = Publication(last.number + 1 if last is not None else 1, at, author, named)
    contents = {named[path]: content for path, content in files.items()}
    # Most files are those of the publication before: they need not travel again.
    known = batch.execute("SELECT digest FROM published_files WHERE digest = ANY(%s)", ([*contents],)).fetchall()
    for digest in contents.keys() - {digest for (digest,) in known}:
        batch.execute("INSERT INTO published_files VALUES (%s, %s) ON CONFLICT DO NOTHING", (digest, contents[digest]))
    batch.execute("INSERT INTO publications VALUES (%s, %s, %s, %s)", publication_row(publication))
    batch.execute("SELECT pg_notify(%s, '')", (_CHANNEL,))
    return publication


class LastPublication:
    """Number of the newest publication in *database*: asked for when the server tells of one, and every second anyway."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        #: Made when the number is first asked for: a program that reads a folder needs none.
        self._listening: psycopg.Connection | None = None
        self._number = 0
        self._asked = float("-inf")

    def number(self) -> int:
        """See `PublicationStore.last_publication`."""
        with self._lock:
            if self._is_told() or time.monotonic() - self._asked >= _ASKED_SECONDS:
                self._number = reads.last_publication(self._database)
                self._asked = time.monotonic()
            return self._number

    def expire(self) -> None:
        """Ask the next time, for a program that has just published."""
        with self._lock:
            self._asked = float("-inf")

    def close(self) -> None:
        """Close the listening connection."""
        with self._lock:
            self._hang_up()

    def _is_told(self) -> bool:
        """Whether there may be another publication; a look at what has arrived, without a question to the server."""
        try:
            if self._listening is None:
                self._listening = self._database.connect()
                self._listening.execute(f"LISTEN {_CHANNEL}")
                return True
            return bool([*self._listening.notifies(timeout=0)])
        except psycopg.OperationalError:
            self._hang_up()
            return True

    def _hang_up(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
