"""How the PostgreSQL store writes an action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from dossierkit.dossiers.ledger.ledger import postings, spans
from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.dossiers.lifecycle.transitions import pays_off, step
from dossierkit.ports import ActionRecord, Position
from dossierkit.stores.postgres import ledger, series
from dossierkit.stores.postgres.dossiers import insert_event, write_answers, write_note, write_words
from dossierkit.stores.postgres.outbox import insert_mails
from dossierkit.stores.postgres.payments import close_attempts, write_attempt
from dossierkit.stores.postgres.transactions import Batch, Steps
from dossierkit.stores.refusals import payment_changed, stale_dossier
from dossierkit.stores.rows import SELECT, STATE_COLUMNS, dossier_of, search_text, state_columns


def write_action(batch: Batch, record: ActionRecord) -> Steps[Dossier]:
    """See `DossierStore.record`."""
    seen = record.dossier
    stored = yield _lock_rows, seen.id
    if record.once and stored is not None and stored[1] != seen.state:
        (row,) = batch.execute(f"{SELECT} WHERE d.seq = %s", (stored[0],)).fetchall()
        return dossier_of(row)
    if stored is None or stored[2] != seen.version:
        raise stale_dossier(seen.id, seen.version)
    seq, _, _, hash, number, last = stored
    drawn = (yield series.draw, record.series) if record.series is not None else 0
    posted = ledger.day_of_fact(last)
    event = record.event(Position(drawn, hash, number + 1, posted))
    dossier = step(seen, event)
    if record.paid is not None and not write_attempt(batch, record.paid(event), record.paid_before):
        raise payment_changed(seen.id)
    if pays_off(seen, dossier):
        close_attempts(batch, seq)
    _update_dossier(batch, seq, seen, dossier)
    ledger.add(batch, seq, event, postings(seen, event, dossier), spans(seen, event, dossier), posted)
    if record.answers:
        write_answers(batch, seq, dossier)
    insert_event(batch, seq, event)
    if record.forget:
        _erase(batch, seq, dossier)
    if record.note:
        write_note(batch, seq, event.number, record.note)
    if record.search is not None:
        write_words(batch, seq, search_text(dossier, record.search))
    insert_mails(batch, record.mails(dossier))
    return dossier


def _lock_rows(batch: Batch, ids: Sequence[str]) -> list[Any]:
    """Lock the rows of the dossiers *ids*; return each with its last event and the last posted day, None where there is none.

    The order is always the same: of two programs, the second reads what the first one wrote.
    """
    rows = batch.execute(
        """SELECT d.id, d.seq, d.state, d.version, e.hash, e.number, (SELECT body FROM facts WHERE name = %s) FROM dossiers d
        CROSS JOIN LATERAL (SELECT hash, number FROM events WHERE seq = d.seq ORDER BY number DESC LIMIT 1) e
        WHERE d.id = ANY(%s) ORDER BY d.seq FOR UPDATE OF d""",
        (ledger.LAST, list(ids)),
    )
    stored = {id: rest for id, *rest in rows.fetchall()}
    return [stored.get(id) for id in ids]


def _update_dossier(batch: Batch, seq: int, seen: Dossier, dossier: Dossier) -> None:
    row = {"seq": seq, "seen": seen.version, **dict(zip(STATE_COLUMNS, state_columns(dossier), strict=True))}
    row["handling"] = orjson.Fragment(row["handling"])
    # Two actions of one batch may have seen the same version of a dossier: only one of them finds it.
    batch.write_later(_UPDATE, row, refusal=stale_dossier(seen.id, seen.version))


_UPDATE = f"""WITH r AS (
        SELECT b.*, (o ->> 'seen')::integer AS seen FROM json_array_elements(%s) o,
        LATERAL json_populate_record(NULL::dossiers, o) b)
    UPDATE dossiers d SET {", ".join(f"{column} = r.{column}" for column in STATE_COLUMNS)} FROM r
    WHERE d.seq = r.seq AND d.version = r.seen RETURNING d.seq"""


def _erase(batch: Batch, seq: int, dossier: Dossier) -> None:
    batch.execute("DELETE FROM notes WHERE seq = %s", (seq,))
    batch.execute("DELETE FROM search WHERE seq = %s", (seq,))
    # Not with every action: that would write the indexes of owners anew for nothing.
    batch.execute("UPDATE dossiers SET owner = %s WHERE seq = %s", (dossier.owner, seq))
