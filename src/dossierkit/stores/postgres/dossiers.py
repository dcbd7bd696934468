"""Dossiers and their events in PostgreSQL: how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, blobs_of
from dossierkit.stores.postgres.transactions import Batch
from dossierkit.stores.refusals import stale_dossier
from dossierkit.stores.rows import answers_columns, draft_row, event_row

_WORD = re.compile(r"[^\W_]+")
#: Limits of a tsvector, in bytes: of a word, and of all words.
_WORD_BYTES, _ALL_BYTES = 2000, 900_000


def insert_draft(batch: Batch, dossier: Dossier, event: Event) -> None:
    """Write a new draft with its first event."""
    row = batch.execute(
        """INSERT INTO dossiers (id, procedure, revision, owner, state, version, created, changed, handling)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING seq""",
        draft_row(dossier),
    ).fetchone()
    assert row is not None, "a row was inserted"
    batch.execute("INSERT INTO answers VALUES (%s, %s, %s, %s, %s)", (row[0], *answers_columns(dossier)))
    _write_files(batch, row[0], dossier)
    insert_event(batch, row[0], event)


def update_draft(batch: Batch, dossier: Dossier) -> None:
    """Write a changed draft.

    Raises:
        StaleDossier: the stored version is not the one before the version of *dossier*.
    """
    row = batch.execute(
        """UPDATE dossiers SET revision = %s, state = %s, version = %s, changed = %s WHERE id = %s AND version = %s
        RETURNING seq""",
        (dossier.revision, int(dossier.state), dossier.version, dossier.changed, dossier.id, dossier.version - 1),
    ).fetchone()
    if row is None:
        raise stale_dossier(dossier.id, dossier.version - 1)
    write_answers(batch, row[0], dossier)


def write_answers(batch: Batch, seq: int, dossier: Dossier) -> None:
    """Write the answers, attachments and layout of *dossier*, and the files that it names."""
    sql = "UPDATE answers SET body = %s, attachments = %s, salt = %s, layout = %s WHERE seq = %s"
    batch.execute(sql, (*answers_columns(dossier), seq))
    batch.execute("DELETE FROM files WHERE seq = %s", (seq,))
    _write_files(batch, seq, dossier)


def insert_event(batch: Batch, seq: int, event: Event) -> None:
    """Append *event* to the history of the dossier in row *seq*."""
    batch.execute("INSERT INTO events VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", event_row(seq, event))


def _write_files(batch: Batch, seq: int, dossier: Dossier) -> None:
    """Write which files *dossier* names."""
    for blob in blobs_of(dossier):
        batch.execute("INSERT INTO files VALUES (%s, %s)", (blob, seq))


def words_in(text: str) -> list[str]:
    """Words of *text* as the search has them: runs of letters and digits, as many as a row can hold."""
    words, length = [], 0
    for word in dict.fromkeys(_WORD.findall(text.lower())):
        size = len(word.encode())
        length += size
        if length > _ALL_BYTES:
            break
        if size <= _WORD_BYTES:
            words.append(word)
    return words


def words_query(whole: Iterable[str], begun: Iterable[str]) -> str:
    """The tsquery that rows match which have all words *whole* and, for each of *begun*, a word that begins so."""
    return " & ".join([*(f"'{word}'" for word in whole), *(f"'{word}':*" for word in begun)])
