"""Dossiers and their events in PostgreSQL: how they are written."""

from __future__ import annotations

from collections.abc import Iterable

from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, Note, blobs_of
from dossierkit.stores.postgres.transactions import Batch
from dossierkit.stores.refusals import stale_dossier
from dossierkit.stores.rows import answers_columns, draft_row, encoded, event_row, words_in


def insert_draft(batch: Batch, dossier: Dossier, event: Event) -> None:
    """Write a new draft with its first event."""
    row = batch.execute(
        """INSERT INTO dossiers (id, procedure, revision, owner, state, version, created, changed, handling)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING seq""",
        draft_row(dossier),
    ).fetchone()
    assert row is not None, "a row was inserted"
    insert_answers(batch, row[0], dossier)
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
    batch.write_later(_ANSWERS, {"seq": seq, **dict(zip(ANSWERS, answers_columns(dossier), strict=True))})
    batch.write_later(_FORGOTTEN_FILES, {"seq": seq})
    _write_files(batch, seq, dossier)


def insert_event(batch: Batch, seq: int, event: Event) -> None:
    """Append *event* to the history of the dossier in row *seq*."""
    batch.write_later(EVENTS, dict(zip(_EVENT, event_row(seq, event), strict=True)))


def _write_files(batch: Batch, seq: int, dossier: Dossier) -> None:
    """Write which files *dossier* names."""
    for blob in blobs_of(dossier):
        batch.write_later(FILES, {"blob": blob, "seq": seq})


def write_words(batch: Batch, seq: int, text: str) -> None:
    """Let the search find the dossier in row *seq* by the words of *text*."""
    batch.write_later(_WORDS, {"seq": seq, "words": words_in(text)})


def write_note(batch: Batch, seq: int, number: int, note: Note) -> None:
    """Write the note of the event *number*."""
    before = encoded(note.before) if note.before is not None else None
    batch.write_later(_NOTES, {"seq": seq, "number": number, "body": note.text, "before": before})


#: Columns of the table answers after its first, see `answers_columns`.
ANSWERS = ("body", "attachments", "salt", "layout")
_EVENT = ("seq", "number", "action", "actor", "at", "facts", "before", "hash")
_ANSWERS = """UPDATE answers a SET body = r.body, attachments = r.attachments, salt = r.salt, layout = r.layout
    FROM json_populate_recordset(NULL::answers, %s) r WHERE a.seq = r.seq"""
_NEW_ANSWERS = "INSERT INTO answers SELECT * FROM json_populate_recordset(NULL::answers, %s)"
_FORGOTTEN_FILES = "DELETE FROM files f USING json_populate_recordset(NULL::files, %s) r WHERE f.seq = r.seq"
FILES = "INSERT INTO files SELECT * FROM json_populate_recordset(NULL::files, %s)"
EVENTS = "INSERT INTO events SELECT * FROM json_populate_recordset(NULL::events, %s)"
_NOTES = "INSERT INTO notes SELECT * FROM json_populate_recordset(NULL::notes, %s)"
_WORDS = """INSERT INTO search SELECT seq, array_to_tsvector(words) FROM json_to_recordset(%s) AS r (seq bigint, words text[])
    ON CONFLICT (seq) DO UPDATE SET words = excluded.words"""


def insert_answers(batch: Batch, seq: int, dossier: Dossier) -> None:
    """Write the answers of a new dossier, and the files that it names."""
    batch.write_later(_NEW_ANSWERS, {"seq": seq, **dict(zip(ANSWERS, answers_columns(dossier), strict=True))})
    _write_files(batch, seq, dossier)


def words_query(begun: Iterable[str]) -> str:
    """The tsquery that rows match which have, for each of *begun*, a word that begins so."""
    return " & ".join(f"'{word}':*" for word in begun)
