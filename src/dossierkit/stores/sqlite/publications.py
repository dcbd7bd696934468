"""Publications in the SQLite store."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from dossierkit.ports.publications import Publication, digest_of
from dossierkit.stores.rows import publication_of, publication_row


def publish(connection: sqlite3.Connection, files: Mapping[str, bytes], author: str, at: datetime) -> Publication:
    """See `PublicationStore.publish`."""
    named = {path: digest_of(content) for path, content in files.items()}
    sql = "SELECT number, at, author, files FROM publications ORDER BY number DESC LIMIT 1"
    last = next(map(publication_of, connection.execute(sql)), None)
    if last is not None and last.files == named:
        return last
    publication = Publication(last.number + 1 if last is not None else 1, at, author, named)
    contents = ((named[path], content) for path, content in files.items())
    connection.executemany("INSERT OR IGNORE INTO published_files VALUES (?, ?)", contents)
    connection.execute("INSERT INTO publications VALUES (?, ?, ?, ?)", publication_row(publication))
    return publication
