"""Whole lives into SQLite: rows of many dossiers at once, totals added up before they are written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from dossierkit.dossiers.ledger.ledger import Posting, posted_on
from dossierkit.dossiers.lifecycle.dossier import blobs_of
from dossierkit.dossiers.lifecycle.handling import handling_json
from dossierkit.ports import ImportedDossier, highest
from dossierkit.stores.sqlite.ledger import HALF, YEAR, keep_spans, note_posted
from dossierkit.stores.sqlite.payments import ATTEMPTS, attempt_row
from dossierkit.stores.sqlite.rows import encoded, event_row
from dossierkit.stores.sqlite.schema import owner_word, unit_word

_DOSSIERS = """INSERT INTO dossiers (seq, id, procedure, revision, owner, state, version, created, changed, submitted, agency,
    code, unit, officer, due, receipt, unanswered, handling) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


def load(connection: sqlite3.Connection, lives: Sequence[ImportedDossier]) -> None:
    """Writes *lives*."""
    first = connection.execute("SELECT COALESCE(MAX(seq), 0) + 1 FROM dossiers").fetchone()[0]
    numbered = list(enumerate(lives, first))
    many = connection.executemany
    many(_DOSSIERS, (_dossier(seq, life) for seq, life in numbered))
    answers = [_answers(seq, life) for seq, life in numbered]
    many("INSERT INTO answers (seq, body, attachments, salt) VALUES (?, ?, ?, ?)", answers)
    many("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (event_row(seq, e) for seq, life in numbered for e in life.events))
    many("INSERT INTO files VALUES (?, ?)", _files(numbered, answers))
    many("INSERT INTO search (rowid, words) VALUES (?, ?)", (_search(seq, life) for seq, life in numbered if life.search))
    many("INSERT INTO notes VALUES (?, ?, ?, ?)", (row for seq, life in numbered for row in _said(seq, life)))
    _postings(connection, numbered)
    keep_spans(connection, (span for life in lives for span in life.spans))
    many(ATTEMPTS, (attempt_row(seq, one) for seq, life in numbered for one in life.attempts))
    _counters(connection, lives)


def _dossier(seq: int, life: ImportedDossier) -> tuple[Any, ...]:
    one, handling = life.dossier, life.dossier.handling
    return (
        seq, one.id, one.procedure, one.revision, one.owner, int(one.state), one.version, one.created.isoformat(),
        one.changed.isoformat(), one.submitted.isoformat() if one.submitted is not None else None, one.agency,
        one.code.text if one.code is not None else None, handling.unit, handling.officer,
        handling.due.isoformat() if handling.due is not None else None, handling.receipt or None,
        handling.unanswered is not None, encoded(handling_json(handling)),
    )  # fmt: skip


def _answers(seq: int, life: ImportedDossier) -> tuple[int, str, str, str]:
    files = encoded([attrs.asdict(one) for one in life.dossier.attachments]) if life.dossier.attachments else "[]"
    return seq, encoded(life.dossier.answers), files, life.dossier.salt


def _files(
    numbered: Sequence[tuple[int, ImportedDossier]], answers: Sequence[tuple[int, str, str, str]]
) -> Iterator[tuple[str, int]]:
    """The files of each; only answers whose text holds the beginning of a file's name are looked through."""
    for (seq, life), (_, body, _, _) in zip(numbered, answers, strict=True):
        if life.dossier.attachments or "sha256-" in body:
            yield from ((blob, seq) for blob in blobs_of(life.dossier))


def _search(seq: int, life: ImportedDossier) -> tuple[int, str]:
    return seq, f"{owner_word(life.dossier.owner)} {unit_word(life.dossier.handling.unit)} {life.search}"


def _said(seq: int, life: ImportedDossier) -> list[tuple[Any, ...]]:
    return [(seq, number, one.text, encoded(one.before) if one.before is not None else None) for number, one in life.said.items()]


def _postings(connection: sqlite3.Connection, numbered: Sequence[tuple[int, ImportedDossier]]) -> None:
    rows = ((one.day.isoformat(), seq, *_place(one), one.count) for seq, life in numbered for one in life.postings)
    connection.executemany("INSERT INTO postings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    for table, part in (("totals", HALF), ("totals_by_year", YEAR)):
        connection.execute(
            f"""INSERT INTO {table} SELECT {part}, unit, sector, procedure, channel, measure, SUM(count)
            FROM postings WHERE seq >= ? GROUP BY 1, 2, 3, 4, 5, 6 ON CONFLICT DO UPDATE SET count = count + excluded.count""",
            (numbered[0][0],),
        )
    days = [posted_on(event) for _, life in numbered if life.postings for event in life.events]
    if days:
        note_posted(connection, max(days))


def _place(posting: Posting) -> tuple[str, str, str, int, str]:
    return posting.unit, posting.sector, posting.procedure, int(posting.channel), posting.measure.value


def _counters(connection: sqlite3.Connection, lives: Sequence[ImportedDossier]) -> None:
    connection.executemany(
        "INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT (agency, day) DO UPDATE SET number = max(number, excluded.number)",
        ((*place, number) for place, number in highest(lives).items()),
    )
