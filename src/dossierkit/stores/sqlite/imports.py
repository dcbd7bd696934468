"""Imports into SQLite in big transactions: dossiers with their whole history."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from dossierkit.dossiers.ledger.ledger import posted_on
from dossierkit.ports import ImportedDossier
from dossierkit.stores.imports import IMPORT_COLUMNS, file_rows, highest_numbers, import_row, note_rows
from dossierkit.stores.rows import answers_columns, attempt_row, event_row, search_text
from dossierkit.stores.sqlite import ledger
from dossierkit.stores.sqlite.payments import ATTEMPTS

_DOSSIERS = f"INSERT INTO dossiers ({', '.join(IMPORT_COLUMNS)}) VALUES ({', '.join('?' * len(IMPORT_COLUMNS))})"


def import_batch(connection: sqlite3.Connection, batch: Sequence[ImportedDossier]) -> None:
    """Write the dossiers of *batch*; totals are added up before they are written."""
    first = connection.execute("SELECT COALESCE(MAX(seq), 0) + 1 FROM dossiers").fetchone()[0]
    numbered = list(enumerate(batch, first))
    answers = [(seq, *answers_columns(imported.dossier)) for seq, imported in numbered]
    connection.executemany(_DOSSIERS, (import_row(seq, imported) for seq, imported in numbered))
    connection.executemany("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", answers)
    events = (event_row(seq, event) for seq, imported in numbered for event in imported.events)
    connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", events)
    connection.executemany("INSERT INTO files VALUES (?, ?)", file_rows(numbered, [body for _, body, *_ in answers]))
    words = ((seq, search_text(imported.dossier, imported.search)) for seq, imported in numbered if imported.search)
    connection.executemany("INSERT INTO search (rowid, words) VALUES (?, ?)", words)
    connection.executemany("INSERT INTO notes VALUES (?, ?, ?, ?)", note_rows(numbered))
    ledger.add_import(connection, first, ((seq, posting) for seq, imported in numbered for posting in imported.postings))
    ledger.add_spans(connection, (span for imported in batch for span in imported.spans))
    if posted := [posted_on(event) for imported in batch if imported.postings for event in imported.events]:
        ledger.note_posted(connection, max(posted))
    attempts = (attempt_row(seq, attempt) for seq, imported in numbered for attempt in imported.attempts)
    connection.executemany(ATTEMPTS, attempts)
    connection.executemany(
        "INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT (agency, day) DO UPDATE SET number = max(number, excluded.number)",
        ((agency, series, number) for (agency, series), number in highest_numbers(batch).items()),
    )
