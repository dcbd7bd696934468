"""How a store in memory writes an action."""

from __future__ import annotations

import copy

import attrs

from dossierkit.dossiers.ledger.ledger import postings, spans
from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.dossiers.lifecycle.transitions import pays_off, step
from dossierkit.ports import ActionRecord, Position
from dossierkit.stores.memory import ledger
from dossierkit.stores.memory.outbox import MemoryOutbox
from dossierkit.stores.memory.payments import MemoryPayments
from dossierkit.stores.memory.tables import Tables, detached
from dossierkit.stores.refusals import code_taken, payment_changed


def write_action(tables: Tables, payments: MemoryPayments, outbox: MemoryOutbox, record: ActionRecord) -> Dossier:
    """See `DossierStore.record`.  Everything that can be refused comes before the first write that would have to be undone."""
    seen = record.dossier
    stored = tables.dossiers.get(seen.id)
    if record.once and stored is not None and stored.state is not seen.state:
        return detached(stored)
    stored = tables.guard(seen.id, seen.version)
    drawn = tables.counters.get(record.series, 0) + 1 if record.series is not None else 0
    events = tables.events[seen.id]
    event = record.event(Position(drawn, events[-1].hash, len(events) + 1, tables.last_posted))
    dossier = step(seen if record.answers else attrs.evolve(seen, answers=stored.answers), event)
    if dossier.code is not None and tables.codes.get(dossier.code, dossier.id) != dossier.id:
        raise code_taken(dossier.code)
    if record.paid is not None and not payments.write(record.paid(event), record.paid_before):
        raise payment_changed(seen.id)
    if pays_off(seen, dossier):
        payments.close(seen.id)
    ledger.add(tables, event, postings(seen, event, dossier), spans(seen, event, dossier))
    outbox.post(*record.mails(dossier))
    if record.series is not None:
        tables.counters[record.series] = drawn
    if record.search is not None:
        tables.search[dossier.id] = record.search
    if record.forget:
        tables.search.pop(dossier.id, None)
        tables.notes.pop(dossier.id, None)
    if record.note:
        tables.notes.setdefault(dossier.id, {})[event.number] = copy.deepcopy(record.note)
    tables.write_dossier(dossier)
    events.append(event)
    return detached(dossier)
