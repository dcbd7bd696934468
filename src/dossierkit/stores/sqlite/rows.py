"""The statements of the SQLite store on the way of a dossier, and rows as values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import attrs
import orjson

from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.ledger.ledger import postings, spans
from dossierkit.dossiers.lifecycle.dossier import Attachment, Dossier, Event, Query, blobs_of
from dossierkit.dossiers.lifecycle.handling import PLAIN, handling_json, handling_of
from dossierkit.dossiers.lifecycle.lifecycle import pays_off, step
from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.states import Action, State
from dossierkit.errors import StaleDossier
from dossierkit.forms.answers.control_names import layout, layout_pairs
from dossierkit.forms.fields.form import Layout
from dossierkit.pointers import Json
from dossierkit.ports import ActionRecord, Position
from dossierkit.stores.sqlite.ledger import keep_postings, keep_spans, last_posted
from dossierkit.stores.sqlite.payments import close_attempts, keep_attempt
from dossierkit.stores.sqlite.schema import owner_word, unit_word

COLUMNS = """SELECT d.seq, d.id, d.procedure, d.revision, d.owner, d.state, d.version, d.created, d.changed, d.submitted,
    d.agency, d.code, a.body, a.attachments, d.handling, a.salt, a.layout"""
SELECT = f"{COLUMNS} FROM dossiers d JOIN answers a ON a.seq = d.seq"
#: The control of a document that is to come on paper, before its code.
_PAPER = "paper:"
#: The search gives rows newest first; where it leads, it stops as soon as a page is full.
SEARCHED = f"{COLUMNS} FROM search CROSS JOIN dossiers d ON d.seq = search.rowid JOIN answers a ON a.seq = d.seq"


def recorded(connection: sqlite3.Connection, change: ActionRecord) -> tuple[Dossier, int]:
    """The dossier after *change*, as it is where that happened already and once is enough; and the number that was drawn.

    The number is 0 where none was.
    """
    seen = change.dossier
    row = connection.execute("SELECT seq, state, version FROM dossiers WHERE id = ?", (seen.id,)).fetchone()
    if change.once and row is not None and row[1] != seen.state:
        return dossier_of(connection.execute(f"{SELECT} WHERE d.seq = ?", (row[0],)).fetchone()), 0
    if row is None or row[2] != seen.version:
        raise stale(seen.id, seen.version)
    seq = row[0]
    before, last = connection.execute(
        "SELECT hash, number FROM events WHERE seq = ? ORDER BY number DESC LIMIT 1", (seq,)
    ).fetchone()
    drawn = _drawn(connection, change.series)
    event = change.event(Position(drawn, before, last + 1, last_posted(connection)))
    dossier = step(seen, event)
    if change.paid is not None and not keep_attempt(connection, change.paid(event), change.paid_before):
        raise StaleDossier(f"the payment for dossier {seen.id} is known already; read it again")
    if pays_off(seen, dossier):
        close_attempts(connection, seq)
    keep_postings(connection, seq, event, postings(seen, event, dossier))
    keep_spans(connection, spans(seen, event, dossier))
    _stepped(connection, seq, dossier)
    if change.answers:
        keep_answers(connection, seq, dossier)
    add_event(connection, seq, event)
    if change.forget:
        connection.execute("DELETE FROM notes WHERE seq = ?", (seq,))
        connection.execute("DELETE FROM search WHERE rowid = ?", (seq,))
        # Not with every step: the indexes of owners would be written anew for nothing.
        connection.execute("UPDATE dossiers SET owner = ? WHERE seq = ?", (dossier.owner, seq))
    if change.said:
        before = encoded(change.said.before) if change.said.before is not None else None
        connection.execute("INSERT INTO notes VALUES (?, ?, ?, ?)", (seq, event.number, change.said.text, before))
    if change.search is not None:
        words = f"{owner_word(dossier.owner)} {unit_word(dossier.handling.unit)} {change.search}"
        connection.execute("INSERT OR REPLACE INTO search (rowid, words) VALUES (?, ?)", (seq, words))
    add_mails(connection, change.mails(dossier))
    return dossier, drawn


def _drawn(connection: sqlite3.Connection, series: tuple[str, str] | None) -> int:
    """The next number of *series*."""
    if series is None:
        return 0
    number: int = connection.execute(
        """INSERT INTO counters VALUES (?, ?, 1) ON CONFLICT (agency, day) DO UPDATE SET number = number + 1
        RETURNING number""",
        series,
    ).fetchone()[0]
    return number


def _stepped(connection: sqlite3.Connection, seq: int, dossier: Dossier) -> None:
    """Keeps where *dossier* stands; what lists are made of has columns of its own."""
    handling = dossier.handling
    connection.execute(
        """UPDATE dossiers SET state = ?, revision = ?, version = ?, changed = ?, submitted = ?, agency = ?, code = ?,
        unit = ?, officer = ?, due = ?, receipt = ?, unanswered = ?, handling = ? WHERE seq = ?""",
        (
            int(dossier.state),
            dossier.revision,
            dossier.version,
            dossier.changed.isoformat(),
            dossier.submitted.isoformat() if dossier.submitted is not None else None,
            dossier.agency,
            dossier.code.text if dossier.code is not None else None,
            handling.unit,
            handling.officer,
            handling.due.isoformat() if handling.due is not None else None,
            handling.receipt or None,
            handling.unanswered is not None,
            encoded(handling_json(handling)),
            seq,
        ),
    )


def keep_answers(connection: sqlite3.Connection, seq: int, dossier: Dossier) -> None:
    """Keeps the answers and attachments of *dossier*, and which files it names."""
    files = encoded([attrs.asdict(one) for one in dossier.attachments])
    connection.execute(
        "UPDATE answers SET body = ?, attachments = ?, salt = ?, layout = ? WHERE seq = ?",
        (encoded(dossier.answers), files, dossier.salt, layout_text(dossier), seq),
    )
    keep_files(connection, seq, dossier)


def layout_text(dossier: Dossier) -> str:
    """What the page of *dossier* has open and ticked beside its answers, as the pairs of its controls."""
    opened = list(layout_pairs(dossier.layout, {})) if dossier.layout != Layout() else []
    return encoded([*opened, *((_PAPER + code, "1") for code in dossier.declared)])


def update(connection: sqlite3.Connection, dossier: Dossier, version: int) -> None:
    """Keeps *dossier*, whose stored version is *version*."""
    done = connection.execute(
        "UPDATE dossiers SET revision = ?, state = ?, version = ?, changed = ? WHERE id = ? AND version = ?",
        (dossier.revision, int(dossier.state), dossier.version, dossier.changed.isoformat(), dossier.id, version),
    ).rowcount
    if not done:
        raise stale(dossier.id, version)


def add_event(connection: sqlite3.Connection, seq: int | None, event: Event) -> None:
    """Appends to the history of the dossier *seq*."""
    connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", event_row(seq, event))


def event_row(seq: int | None, event: Event) -> tuple[Any, ...]:
    """The row of *event*."""
    facts = encoded(dict(event.facts))
    return seq, event.number, event.action.value, event.actor, event.at.isoformat(), facts, event.before, event.hash


def event_of(row: Any) -> Event:
    """The event of a row: dossier, number, action, actor, at, facts, before, hash."""
    id, number, action, actor, at, facts, before, hash = row
    return Event(id, number, Action(action), actor, datetime.fromisoformat(at), json.loads(facts), before, hash)


def found_by(owner: str | None, query: Query, before: str | None, limit: int) -> tuple[str, list[Any]]:
    """The statement that finds the newest dossiers of *owner* (of everybody) that *query* is about, and its values."""
    conditions: list[tuple[str, Any]] = [("d.owner = ?", owner)] if owner is not None else [("d.code > ?", "")]
    if query.code:
        conditions.append(("instr(replace(replace(d.code, '-', ''), '.', ''), ?) > 0", query.code))
    if query.procedure:
        conditions.append(("d.procedure = ?", query.procedure))
    if query.since is not None:
        conditions.append(("d.submitted >= ?", query.since.isoformat()))
    if query.until is not None:
        conditions.append(("d.submitted < ?", query.until.isoformat()))
    conditions += _of_the_office(query)
    select, row = SELECT, "d.seq"
    if words := query.words.split():
        select, row = SEARCHED, "search.rowid"
        typed = " ".join('"{}"*'.format(word.replace('"', '""')) for word in words)
        whose = owner_word(owner) if owner is not None else unit_word(query.unit)
        conditions.append(("search MATCH ?", typed if owner is None and not query.unit else f'"{whose}" {typed}'))
    if before is not None:
        conditions.append((f"{row} < (SELECT seq FROM dossiers WHERE id = ?)", before))
    where = " AND ".join(condition for condition, _ in conditions) + _states(query)
    # What is due is read by its day and put in order afterwards: few are, and the newest of all are seldom among them.
    order = f"+{row}" if query.due is not None and not words else row
    return f"{select} WHERE {where} ORDER BY {order} DESC LIMIT ?", [*(value for _, value in conditions), limit]


def counted(query: Query, most: int) -> tuple[str, list[Any]]:
    """The statement that counts an office's dossiers, no further than *most*, and its values."""
    conditions = _of_the_office(query)
    where = "".join(f" AND {condition}" for condition, _ in conditions) + _states(query)
    return f"SELECT COUNT(*) FROM (SELECT 1 FROM dossiers d WHERE d.code > ''{where} LIMIT ?)", [
        *(v for _, v in conditions),
        most,
    ]


def _of_the_office(query: Query) -> list[tuple[str, Any]]:
    conditions: list[tuple[str, Any]] = []
    if query.unit:
        conditions.append(("d.unit = ?", query.unit))
    if query.officer:
        conditions.append(("d.officer = ?", query.officer))
    if query.unanswered:
        conditions.append(("d.unanswered = ?", 1))
    if query.surplus:
        conditions.append(("json_extract(d.handling, '$.surplus') > ?", 0))
    if query.due is not None:
        conditions.append(("d.due < ?", query.due.isoformat()))
    return conditions


def _states(query: Query) -> str:
    """The states, as numbers of ours."""
    if query.state is not None:
        return f" AND d.state = {int(query.state)}"
    if query.states:
        return f" AND d.state IN ({', '.join(str(int(state)) for state in query.states)})"
    return f" AND d.state <> {int(State.CANCELLED)}"


def keep_files(connection: sqlite3.Connection, seq: int | None, dossier: Dossier) -> None:
    """Notes which files *dossier* names."""
    connection.execute("DELETE FROM files WHERE seq = ?", (seq,))
    connection.executemany("INSERT INTO files VALUES (?, ?)", [(blob, seq) for blob in blobs_of(dossier)])


def add_mails(connection: sqlite3.Connection, mails: Iterable[SendMail]) -> None:
    """Keeps *mails* to be sent; one that is kept already is left out."""
    connection.executemany(
        "INSERT OR IGNORE INTO outbox (name, receiver, subject, text, html, due) VALUES (?, ?, ?, ?, ?, 0)",
        [(mail.key, mail.to, mail.subject, mail.text, mail.html) for mail in mails],
    )


def stale(id: str, version: int) -> StaleDossier:
    """What a second writer is told."""
    return StaleDossier(f"dossier {id} is no longer at version {version}; read it again")


def dossier_of(row: Any) -> Dossier:
    """The dossier of a row of `SELECT`."""
    return Dossier(
        row[1],
        row[2],
        row[3],
        row[4],
        State(row[5]),
        row[6],
        datetime.fromisoformat(row[7]),
        datetime.fromisoformat(row[8]),
        json.loads(row[12]),
        DossierCode(row[11]) if row[11] else None,
        datetime.fromisoformat(row[9]) if row[9] else None,
        row[10],
        tuple(Attachment(**one) for one in json.loads(row[13])) if row[13] != "[]" else (),
        handling_of(json.loads(row[14])) if row[14] != "{}" else PLAIN,
        row[15],
        *(_opened(json.loads(row[16])) if row[16] != "[]" else ()),
    )


def _opened(pairs: list[list[str]]) -> tuple[Layout, tuple[str, ...]]:
    """What `layout_text` wrote: what the page has open, and the documents that are to come on paper."""
    declared = tuple(name.removeprefix(_PAPER) for name, _ in pairs if name.startswith(_PAPER))
    return layout((name, value) for name, value in pairs), declared


def encoded(value: Json) -> str:
    """*value* as compact JSON."""
    # orjson is several times as fast, and cannot write all: it refuses whole numbers of more than 64 bits, and makes null
    # of what is no number, which is never noticed afterwards.
    try:
        quick = orjson.dumps(value)
    except TypeError:
        quick = b"null"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if b"null" in quick else quick.decode()
