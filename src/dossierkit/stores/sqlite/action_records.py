"""How the SQLite store writes an action."""

from __future__ import annotations

import sqlite3

from dossierkit.dossiers.ledger.ledger import postings, spans
from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.dossiers.lifecycle.transitions import pays_off, step
from dossierkit.ports import ActionRecord, Position
from dossierkit.stores.refusals import payment_changed, stale_dossier
from dossierkit.stores.rows import (
    SELECT,
    STATE_COLUMNS,
    dossier_of,
    encoded,
    search_text,
    state_columns,
)
from dossierkit.stores.sqlite import ledger, series
from dossierkit.stores.sqlite.dossiers import insert_event, write_answers
from dossierkit.stores.sqlite.outbox import insert_mails
from dossierkit.stores.sqlite.payments import close_attempts, write_attempt

#: Row, state and version of a dossier, hash and number of its last event, and the fact with the last posted day.
_POSITION = f"""SELECT d.seq, d.state, d.version, e.hash, e.number, ({ledger.LAST_POSTED}) FROM dossiers d
    JOIN events e ON e.seq = d.seq WHERE d.id = ? ORDER BY e.number DESC LIMIT 1"""


def write_action(connection: sqlite3.Connection, record: ActionRecord) -> tuple[Dossier, int]:
    """See `DossierStore.record`; returns the number that was drawn as well, 0 if none was."""
    seen = record.dossier
    row = connection.execute(_POSITION, (seen.id,)).fetchone()
    if record.once and row is not None and row[1] != seen.state:
        return dossier_of(connection.execute(f"{SELECT} WHERE d.seq = ?", (row[0],)).fetchone()), 0
    if row is None or row[2] != seen.version:
        raise stale_dossier(seen.id, seen.version)
    seq, _, _, hash, number, posted = row
    drawn = series.draw(connection, record.series)
    event = record.event(Position(drawn, hash, number + 1, ledger.posted_day(posted)))
    dossier = step(seen, event)
    if record.paid is not None and not write_attempt(connection, record.paid(event), record.paid_before):
        raise payment_changed(seen.id)
    if pays_off(seen, dossier):
        close_attempts(connection, seq)
    ledger.add(connection, seq, event, postings(seen, event, dossier), spans(seen, event, dossier))
    _update_dossier(connection, seq, dossier)
    if record.answers:
        write_answers(connection, seq, dossier)
    insert_event(connection, seq, event)
    if record.forget:
        _erase(connection, seq, dossier)
    if record.note:
        replaced = encoded(record.note.before) if record.note.before is not None else None
        connection.execute("INSERT INTO notes VALUES (?, ?, ?, ?)", (seq, event.number, record.note.text, replaced))
    if record.search is not None:
        words = search_text(dossier, record.search)
        connection.execute("INSERT OR REPLACE INTO search (rowid, words) VALUES (?, ?)", (seq, words))
    insert_mails(connection, record.mails(dossier))
    return dossier, drawn


def _erase(connection: sqlite3.Connection, seq: int, dossier: Dossier) -> None:
    connection.execute("DELETE FROM notes WHERE seq = ?", (seq,))
    connection.execute("DELETE FROM search WHERE rowid = ?", (seq,))
    # Not with every action: that would write the indexes of owners anew for nothing.
    connection.execute("UPDATE dossiers SET owner = ? WHERE seq = ?", (dossier.owner, seq))


_UPDATE = f"UPDATE dossiers SET {', '.join(f'{column} = ?' for column in STATE_COLUMNS)} WHERE seq = ?"


def _update_dossier(connection: sqlite3.Connection, seq: int, dossier: Dossier) -> None:
    connection.execute(_UPDATE, (*state_columns(dossier), seq))
