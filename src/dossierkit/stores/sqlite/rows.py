"""Dossiers and events as rows: read, written, and their values as JSON."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any

import orjson

from dossierkit.converter import converter
from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.lifecycle.dossier import Attachment, Dossier, Event, blobs_of
from dossierkit.dossiers.lifecycle.handling import PLAIN, Handling
from dossierkit.dossiers.states import Action, State
from dossierkit.forms.answers.control_names import layout, layout_pairs
from dossierkit.forms.fields.form import Layout
from dossierkit.pointers import Json
from dossierkit.stores.refusals import stale_dossier
from dossierkit.stores.sqlite.schema import owner_word, unit_word

COLUMNS = """SELECT d.seq, d.id, d.procedure, d.revision, d.owner, d.state, d.version, d.created, d.changed, d.submitted,
    d.agency, d.code, a.body, a.attachments, d.handling, a.salt, a.layout"""
SELECT = f"{COLUMNS} FROM dossiers d JOIN answers a ON a.seq = d.seq"
#: Columns of the table dossiers that an action changes, see `state_columns`.
STATE_COLUMNS = (
    "state", "revision", "version", "changed", "submitted", "agency", "code", "unit", "officer", "due", "receipt", "unanswered",
    "handling",
)  # fmt: skip
#: Control of a document that comes on paper: this, then its code.
_PAPER = "paper:"


def write_answers(connection: sqlite3.Connection, seq: int, dossier: Dossier) -> None:
    """Write the answers, attachments and layout of *dossier*, and the files that it names."""
    sql = "UPDATE answers SET body = ?, attachments = ?, salt = ?, layout = ? WHERE seq = ?"
    connection.execute(sql, (*answers_columns(dossier), seq))
    _write_files(connection, seq, dossier)


def answers_columns(dossier: Dossier) -> tuple[str, str, str, str]:
    """Columns of the table answers after its first, in their order: answers, attachments, salt, layout."""
    files = encoded(converter.unstructure(dossier.attachments)) if dossier.attachments else "[]"
    return encoded(dossier.answers), files, dossier.salt, _layout_text(dossier)


def state_columns(dossier: Dossier) -> tuple[Any, ...]:
    """Values of `STATE_COLUMNS`: what an action changes; everything that lists select by has a column."""
    handling = dossier.handling
    return (
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
        encoded(converter.unstructure(handling)),
    )


def _layout_text(dossier: Dossier) -> str:
    """Layout of the page of a draft, and its declared documents, as JSON pairs of controls."""
    opened = list(layout_pairs(dossier.layout, {})) if dossier.layout != Layout() else []
    return encoded([*opened, *((_PAPER + code, "1") for code in dossier.declared)])


def insert_draft(connection: sqlite3.Connection, dossier: Dossier, event: Event) -> None:
    """Write a new draft with its first event."""
    seq = connection.execute(
        """INSERT INTO dossiers (id, procedure, revision, owner, state, version, created, changed, handling)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            dossier.id,
            dossier.procedure,
            dossier.revision,
            dossier.owner,
            int(dossier.state),
            dossier.version,
            dossier.created.isoformat(),
            dossier.changed.isoformat(),
            encoded(converter.unstructure(dossier.handling)),
        ),
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


def insert_event(connection: sqlite3.Connection, seq: int, event: Event) -> None:
    """Append *event* to the history of the dossier in row *seq*."""
    connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", event_row(seq, event))


def event_row(seq: int, event: Event) -> tuple[Any, ...]:
    """Row of *event* in the table events."""
    facts = encoded(dict(event.facts))
    return seq, event.number, event.action.value, event.actor, event.at.isoformat(), facts, event.before, event.hash


def event_of(row: Any) -> Event:
    """Event of a row: id of the dossier, number, action, actor, at, facts, before, hash."""
    id, number, action, actor, at, facts, before, hash = row
    return Event(id, number, Action(action), actor, datetime.fromisoformat(at), json.loads(facts), before, hash)


def _write_files(connection: sqlite3.Connection, seq: int, dossier: Dossier) -> None:
    """Write which files *dossier* names."""
    connection.execute("DELETE FROM files WHERE seq = ?", (seq,))
    connection.executemany("INSERT INTO files VALUES (?, ?)", [(blob, seq) for blob in blobs_of(dossier)])


def dossier_of(row: Any) -> Dossier:
    """Dossier of a row of `SELECT`."""
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
        converter.structure(json.loads(row[13]), tuple[Attachment, ...]) if row[13] != "[]" else (),
        converter.structure(json.loads(row[14]), Handling) if row[14] != "{}" else PLAIN,
        row[15],
        *(_layout_of(json.loads(row[16])) if row[16] != "[]" else ()),
    )


def _layout_of(pairs: list[list[str]]) -> tuple[Layout, tuple[str, ...]]:
    """Layout and declared documents of the pairs that `_layout_text` made."""
    declared = tuple(name.removeprefix(_PAPER) for name, _ in pairs if name.startswith(_PAPER))
    return layout((name, value) for name, value in pairs), declared


def search_text(dossier: Dossier, text: str) -> str:
    """Words that *dossier* is found by: its owner, its unit, and its folded *text*."""
    return f"{owner_word(dossier.owner)} {unit_word(dossier.handling.unit)} {text}"


def encoded(value: Json) -> str:
    """*value* as compact JSON."""
    # orjson is several times as fast, but refuses integers of more than 64 bits, and silently writes null for NaN and
    # infinity: a result with null is written again by json.
    try:
        text = orjson.dumps(value)
    except TypeError:
        text = b"null"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if b"null" in text else text.decode()
