"""Whole lives into SQLite: rows of many dossiers at once, totals added up before they are written."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any

import attrs

from dossierkit.dossiers.dossier import blobs_of
from dossierkit.dossiers.handling import handling_json
from dossierkit.dossiers.ledger import half_of, posted_on
from dossierkit.ports import Life, numbers_of
from dossierkit.stores.sqlite_ledger import keep_spans, note_posted
from dossierkit.stores.sqlite_payments import keep_attempt
from dossierkit.stores.sqlite_rows import encoded, event_row
from dossierkit.stores.sqlite_schema import owner_word, unit_word

_DOSSIERS = """INSERT INTO dossiers (seq, id, procedure, revision, owner, state, version, created, changed, submitted, agency,
    code, unit, officer, due, receipt, unanswered, handling) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


def load(connection: sqlite3.Connection, lives: Sequence[Life]) -> None:
    """Writes *lives*."""
    first = connection.execute("SELECT COALESCE(MAX(seq), 0) + 1 FROM dossiers").fetchone()[0]
    numbered = list(enumerate(lives, first))
    many = connection.executemany
    many(_DOSSIERS, (_dossier(seq, life) for seq, life in numbered))
    many("INSERT INTO answers VALUES (?, ?, ?, ?)", (_answers(seq, life) for seq, life in numbered))
    many("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (event_row(seq, e) for seq, life in numbered for e in life.events))
    many("INSERT INTO files VALUES (?, ?)", ((blob, seq) for seq, life in numbered for blob in blobs_of(life.dossier)))
    many("INSERT INTO search (rowid, words) VALUES (?, ?)", (_search(seq, life) for seq, life in numbered if life.search))
    many("INSERT INTO notes VALUES (?, ?, ?, ?)", (row for seq, life in numbered for row in _said(seq, life)))
    _postings(connection, numbered)
    keep_spans(connection, (span for life in lives for span in life.spans))
    for _, life in numbered:
        for attempt in life.attempts:
            keep_attempt(connection, attempt, None)
    _counters(connection, lives)


def _dossier(seq: int, life: Life) -> tuple[Any, ...]:
    one, handling = life.dossier, life.dossier.handling
    return (
        seq, one.id, one.procedure, one.revision, one.owner, int(one.state), one.version, one.created.isoformat(),
        one.changed.isoformat(), one.submitted.isoformat() if one.submitted is not None else None, one.agency,
        one.code.text if one.code is not None else None, handling.unit, handling.officer,
        handling.due.isoformat() if handling.due is not None else None, handling.receipt or None,
        handling.unanswered is not None, encoded(handling_json(handling)),
    )  # fmt: skip


def _answers(seq: int, life: Life) -> tuple[Any, ...]:
    files = encoded([attrs.asdict(one) for one in life.dossier.attachments]) if life.dossier.attachments else "[]"
    return seq, encoded(life.dossier.answers), files, life.dossier.salt


def _search(seq: int, life: Life) -> tuple[int, str]:
    return seq, f"{owner_word(life.dossier.owner)} {unit_word(life.dossier.handling.unit)} {life.search}"


def _said(seq: int, life: Life) -> list[tuple[Any, ...]]:
    return [(seq, number, one.text, encoded(one.before) if one.before is not None else None) for number, one in life.said.items()]


def _postings(connection: sqlite3.Connection, numbered: Sequence[tuple[int, Life]]) -> None:
    rows: list[tuple[Any, ...]] = []
    totals: dict[str, Counter[tuple[Any, ...]]] = {"totals": Counter(), "totals_by_year": Counter()}
    last = None
    for seq, life in numbered:
        for one in life.postings:
            place = (one.unit, one.sector, one.procedure, int(one.channel), one.measure.value)
            rows.append((one.day.isoformat(), seq, *place, one.count))
            totals["totals"][half_of(one.day), *place] += one.count
            totals["totals_by_year"][f"{one.day:%Y}", *place] += one.count
        if life.postings:
            days = [posted_on(event) for event in life.events]
            last = max(days) if last is None else max(last, *days)
    connection.executemany("INSERT INTO postings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    for table, sums in totals.items():
        connection.executemany(
            f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            ((*place, count) for place, count in sums.items()),
        )
    if last is not None:
        note_posted(connection, last)


def _counters(connection: sqlite3.Connection, lives: Sequence[Life]) -> None:
    highest: dict[tuple[str, str], int] = {}
    for life in lives:
        for place, number in numbers_of(life).items():
            highest[place] = max(highest.get(place, 0), number)
    connection.executemany(
        "INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT (agency, day) DO UPDATE SET number = max(number, excluded.number)",
        ((*place, number) for place, number in highest.items()),
    )
