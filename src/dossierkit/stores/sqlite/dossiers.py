"""Dossiers and their events in SQLite: how they are written."""

from __future__ import annotations

import sqlite3

from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, blobs_of
from dossierkit.stores.refusals import stale_dossier
from dossierkit.stores.rows import answers_columns, draft_row, event_row


def insert_draft(connection: sqlite3.Connection, dossier: Dossier, event: Event) -> None:
    """Write a new draft with its first event."""
    seq = connection.execute(
        """INSERT INTO dossiers (id, procedure, revision, owner, state, version, created, changed, handling)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        draft_row(dossier),
    ).lastrowid
    assert seq is not None, "a row was inserted"
    connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", (seq, *answers_columns(dossier)))
    _write_files(connection, seq, dossier)
    insert_event(connection, seq, event)


def update_draft(connection: sqlite3.Connection, dossier: Dossier) -> None:
    """Write a changed draft.

    Raises:
        StaleDossier: the stored version is not the one before the version of *dossier*.
    """
    row = connection.execute(
        "UPDATE dossiers SET revision = ?, state = ?, version = ?, changed = ? WHERE id = ? AND version = ? RETURNING seq",
        (
            dossier.revision,
            int(dossier.state),
            dossier.version,
            dossier.changed.isoformat(),
            dossier.id,
            dossier.version - 1,
        ),
    ).fetchone()
    if row is None:
        raise stale_dossier(dossier.id, dossier.version - 1)
    write_answers(connection, row[0], dossier)


def write_answers(connection: sqlite3.Connection, seq: int, dossier: Dossier) -> None:
    """Write the answers, attachments and layout of *dossier*, and the files that it names."""
    sql = "UPDATE answers SET body = ?, attachments = ?, salt = ?, layout = ? WHERE seq = ?"
    connection.execute(sql, (*answers_columns(dossier), seq))
    _write_files(connection, seq, dossier)


def insert_event(connection: sqlite3.Connection, seq: int, event: Event) -> None:
    """Append *event* to the history of the dossier in row *seq*."""
    connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", event_row(seq, event))


def _write_files(connection: sqlite3.Connection, seq: int, dossier: Dossier) -> None:
    """Write which files *dossier* names."""
    connection.execute("DELETE FROM files WHERE seq = ?", (seq,))
    connection.executemany("INSERT INTO files VALUES (?, ?)", [(blob, seq) for blob in blobs_of(dossier)])
