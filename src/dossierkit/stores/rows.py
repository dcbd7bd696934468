"""Rows of stores with tables: dossiers, events, accounts, mails and payments, and their values as JSON."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import orjson
from cattrs.gen import make_dict_unstructure_fn, override

from dossierkit.converter import converter
from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.lifecycle.dossier import Attachment, Dossier, Event
from dossierkit.dossiers.lifecycle.event_facts import facts_of
from dossierkit.dossiers.lifecycle.handling import UNHANDLED, Handling
from dossierkit.dossiers.mails import Outgoing, SendMail
from dossierkit.dossiers.money.attempts import Attempt, Progress
from dossierkit.dossiers.people.access_token import AccessToken
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.people.session_lifetime import Session
from dossierkit.dossiers.states import Action, State
from dossierkit.forms.answers.page_layout import layout, layout_pairs
from dossierkit.forms.fields.form import Layout
from dossierkit.pointers import Json
from dossierkit.ports.publications import Publication

#: How a dossier is read, see `dossier_of`; `SELECT` without its tables.
COLUMNS = """SELECT d.seq, d.id, d.procedure, d.revision, d.owner, d.state, d.version, d.created, d.changed, d.submitted,
    d.agency, d.code, a.body, a.attachments, d.handling, a.salt, a.layout"""
SELECT = f"{COLUMNS} FROM dossiers d JOIN answers a ON a.seq = d.seq"
#: Columns of the table dossiers that an action changes, see `state_columns`.
STATE_COLUMNS = (
    "state", "revision", "version", "changed", "submitted", "agency", "code", "unit", "officer", "due", "receipt", "unanswered",
    "handling",
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+")
#: Limits of a tsvector, in bytes: of a word, and of all words.
_WORD_BYTES, _ALL_BYTES = 2000, 900_000
_Files = tuple[Attachment, ...]
# Looked up once: lists read a hundred rows at a time.
_read_files, _read_handling = converter.get_structure_hook(_Files), converter.get_structure_hook(Handling)
#: Control of a document that comes on paper: this, then its code.
_PAPER = "paper:"


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
        handling.clock.due.isoformat() if handling.clock.due is not None else None,
        handling.receipt or None,
        handling.unanswered is not None,
        encoded(converter.unstructure(handling)),
    )


def _layout_text(dossier: Dossier) -> str:
    """Layout of the page of a draft, and its declared documents, as JSON pairs of controls."""
    opened = list(layout_pairs(dossier.layout, {})) if dossier.layout != Layout() else []
    return encoded([*opened, *((_PAPER + code, "1") for code in dossier.declared)])


def draft_row(dossier: Dossier) -> tuple[Any, ...]:
    """Values of a new row of `dossiers`: id, procedure, revision, owner, state, version, created, changed, handling."""
    return (
        dossier.id,
        dossier.procedure,
        dossier.revision,
        dossier.owner,
        int(dossier.state),
        dossier.version,
        dossier.created.isoformat(),
        dossier.changed.isoformat(),
        encoded(converter.unstructure(dossier.handling)),
    )


def event_row(seq: int, event: Event) -> tuple[Any, ...]:
    """Row of *event* in the table events."""
    facts = encoded(converter.unstructure(event.facts))
    return seq, event.number, event.action.value, event.actor, event.at.isoformat(), facts, event.before, event.hash


def event_of(row: Any) -> Event:
    """Event of a row: id of the dossier, number, action, actor, at, facts, before, hash."""
    id, number, action, actor, at, facts, before, hash = row
    kind = Action(action)
    return Event(id, number, kind, actor, datetime.fromisoformat(at), facts_of(kind, json.loads(facts)), before, hash)


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
        _read_files(json.loads(row[13]), _Files) if row[13] != "[]" else (),
        _read_handling(json.loads(row[14]), Handling) if row[14] != "{}" else UNHANDLED,
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


def owner_word(owner: str) -> str:
    """Word of an owner in the search."""
    return "o" + owner.encode().hex()


def unit_word(unit: str) -> str:
    """Word of a unit in the search."""
    return "u" + unit.encode().hex()


#: Columns of the table accounts, see `account_row`.
ACCOUNT_COLUMNS = "id, mail, version, body, subject, proven"
#: Seconds after which a try is deleted: longer than any window of a throttle.
KEPT_TRIES = 86_400


def account_row(account: Account) -> tuple[object, ...]:
    """Values of `ACCOUNT_COLUMNS`."""
    return account.id, account.mail, account.version, body_of_account(account), account.subject, account.proven


def body_of_account(account: Account) -> str:
    """Attributes of *account* without a column, as JSON."""
    return encoded(_write_body(account))


def account_of_row(row: Any) -> Account:
    """The account of a row of `accounts`: (id, mail, version, body, subject, proven)."""
    id, mail, version, body, subject, proven = row
    columns = {"id": id, "mail": mail, "version": version, "subject": subject, "proven": bool(proven)}
    return converter.structure({**json.loads(body), **columns}, Account)


_IN_COLUMN = override(omit=True)
_write_body = make_dict_unstructure_fn(
    Account,
    converter,
    id=_IN_COLUMN,
    mail=_IN_COLUMN,
    version=_IN_COLUMN,
    subject=_IN_COLUMN,
    proven=_IN_COLUMN,
    # Rows of earlier versions have no such member, and are written again as they are.
    hosted=override(omit_if_default=True),
)


_SESSION = ("hash", "account", "started", "seen", "wants")


def session_row(session: Session) -> tuple[Any, ...]:
    """Row of *session* in the table sessions: hash, account, started, seen, wants."""
    values = converter.unstructure(session)
    return tuple(values[name] for name in _SESSION)


def session_of(row: Any) -> Session:
    """Session of a row that `session_row` made."""
    return converter.structure(dict(zip(_SESSION, row, strict=True)), Session)


def access_token_row(token: AccessToken) -> tuple[Any, ...]:
    """Row of *token* in the table access_tokens: hash, name, body."""
    return token.hash, token.name, encoded(converter.unstructure(token))


def access_token_of(row: Any) -> AccessToken:
    """Access token of a row (body)."""
    return converter.structure(json.loads(row[0]), AccessToken)


def valid_secret(rows: list[Any], now: datetime) -> str | None:
    """Account of the secret in *rows* (account, until); None if there is none, or it ended before *now*."""
    return str(rows[0][0]) if rows and now < datetime.fromisoformat(rows[0][1]) else None


def attempt_row(seq: int, attempt: Attempt) -> tuple[Any, ...]:
    """Row of *attempt* at the dossier in row *seq*: ref, seq, amount, gateway, created, then `progress_row`."""
    return (
        attempt.ref,
        seq,
        attempt.amount,
        attempt.gateway,
        attempt.created.isoformat(),
        *progress_row(attempt),
    )


def progress_row(attempt: Attempt) -> tuple[Any, ...]:
    """Columns of *attempt* that change: progress, number, at, surplus, asked."""
    at = attempt.at.isoformat() if attempt.at is not None else None
    return attempt.progress.value, attempt.number, at, attempt.surplus, attempt.asked


def attempt_of(row: Any) -> Attempt:
    """Attempt of a row: ref, id of the dossier, amount, gateway, created, progress, number, at, surplus, asked, place."""
    ref, dossier, amount, gateway, created, progress, number, at, surplus, asked, _ = row
    moment = datetime.fromisoformat(at) if at else None
    return Attempt(
        ref, dossier, amount, gateway, datetime.fromisoformat(created), Progress(progress), number, moment, bool(surplus), asked
    )


#: Columns of `outgoing_of`.
OUTGOING_COLUMNS = "seq, name, receiver, subject, text, html, tries, due, error"


def outgoing_of(row: Any) -> Outgoing:
    """Mail of a row: seq, key, receiver, subject, text, HTML, tries, due in seconds, error."""
    id, name, to, subject, text, html, tries, due, error = row
    moment = datetime.fromtimestamp(due).astimezone() if due is not None else None
    return Outgoing(id, SendMail(name, to, subject, text, html), tries, moment, error)


def publication_row(publication: Publication) -> tuple[Any, ...]:
    """Row of *publication*: number, at, author, files."""
    return publication.number, publication.at.isoformat(), publication.author, encoded(dict(sorted(publication.files.items())))


def publication_of(row: Any) -> Publication:
    """Publication of a row."""
    number, at, author, files = row
    return Publication(number, datetime.fromisoformat(at), author, json.loads(files))


def encoded(value: Json) -> str:
    """*value* as compact JSON."""
    # orjson is several times as fast, but refuses integers of more than 64 bits, and silently writes null for NaN and
    # infinity: a result with null is written again by json.
    try:
        text = orjson.dumps(value)
    except TypeError:
        text = b"null"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if b"null" in text else text.decode()
