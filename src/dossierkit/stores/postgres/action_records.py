"""How the PostgreSQL store writes an action."""

from __future__ import annotations

from dossierkit.dossiers.ledger.ledger import postings, spans
from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.dossiers.lifecycle.lifecycle import pays_off, step
from dossierkit.ports import ActionRecord, Position
from dossierkit.stores.postgres import ledger
from dossierkit.stores.postgres.dossiers import insert_event, words_in, write_answers
from dossierkit.stores.postgres.outbox import insert_mails
from dossierkit.stores.postgres.payments import close_attempts, write_attempt
from dossierkit.stores.postgres.transactions import Batch, Steps
from dossierkit.stores.refusals import payment_changed, stale_dossier
from dossierkit.stores.rows import SELECT, STATE_COLUMNS, dossier_of, encoded, search_text, state_columns

# The row is locked: of two programs, the second reads what the first one wrote.
_SEEN = """SELECT d.seq, d.state, d.version, e.hash, e.number, (SELECT body FROM facts WHERE name = %s)
    FROM dossiers d CROSS JOIN LATERAL (SELECT hash, number FROM events WHERE seq = d.seq ORDER BY number DESC LIMIT 1) e
    WHERE d.id = %s FOR UPDATE OF d"""


def write_action(batch: Batch, record: ActionRecord) -> Steps[Dossier]:
    """See `DossierStore.record`."""
    seen = record.dossier
    rows = yield batch.execute(_SEEN, (ledger.LAST, seen.id))
    if record.once and rows and rows[0][1] != seen.state:
        (stored,) = batch.execute(f"{SELECT} WHERE d.seq = %s", (rows[0][0],)).fetchall()
        return dossier_of(stored)
    if not rows or rows[0][2] != seen.version:
        raise stale_dossier(seen.id, seen.version)
    ((seq, _, _, hash, number, last),) = rows
    drawn = 0
    if record.series is not None:
        ((drawn,),) = yield batch.execute(_DRAW, record.series)
    posted = ledger.day_of_fact(last)
    event = record.event(Position(drawn, hash, number + 1, posted))
    dossier = step(seen, event)
    # In a batch, the action before may have been of this dossier: only one of them finds the version.
    if not (yield batch.execute(_UPDATE, (*state_columns(dossier), seq, seen.version))):
        raise stale_dossier(seen.id, seen.version)
    if record.paid is not None and not write_attempt(batch, record.paid(event), record.paid_before):
        raise payment_changed(seen.id)
    if pays_off(seen, dossier):
        close_attempts(batch, seq)
    ledger.add(batch, seq, event, postings(seen, event, dossier), spans(seen, event, dossier), posted)
    if record.answers:
        write_answers(batch, seq, dossier)
    insert_event(batch, seq, event)
    if record.forget:
        _erase(batch, seq, dossier)
    if record.said:
        replaced = encoded(record.said.before) if record.said.before is not None else None
        batch.execute("INSERT INTO notes VALUES (%s, %s, %s, %s)", (seq, event.number, record.said.text, replaced))
    if record.search is not None:
        batch.execute(
            """INSERT INTO search VALUES (%s, array_to_tsvector(%s::text[]))
            ON CONFLICT (seq) DO UPDATE SET words = excluded.words""",
            (seq, words_in(search_text(dossier, record.search))),
        )
    insert_mails(batch, record.mails(dossier))
    return dossier


#: Next number of a series; other transactions that draw from it wait, so that no number is lost.
_DRAW = """INSERT INTO counters VALUES (%s, %s, 1) ON CONFLICT (agency, day) DO UPDATE SET number = counters.number + 1
    RETURNING number"""
_UPDATE = f"""UPDATE dossiers SET {", ".join(f"{column} = %s" for column in STATE_COLUMNS)}
    WHERE seq = %s AND version = %s RETURNING seq"""


def _erase(batch: Batch, seq: int, dossier: Dossier) -> None:
    batch.execute("DELETE FROM notes WHERE seq = %s", (seq,))
    batch.execute("DELETE FROM search WHERE seq = %s", (seq,))
    # Not with every action: that would write the indexes of owners anew for nothing.
    batch.execute("UPDATE dossiers SET owner = %s WHERE seq = %s", (dossier.owner, seq))
