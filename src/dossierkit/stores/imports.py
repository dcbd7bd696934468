"""Parts of every import of dossiers: batches of them, their rows, and the numbers that they bring."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dossierkit.dossiers.lifecycle.dossier import blobs_of, drawn_by
from dossierkit.ports import ImportedDossier
from dossierkit.stores.rows import STATE_COLUMNS, encoded, state_columns

#: Columns of the table dossiers that an import writes, see `import_row`.
IMPORT_COLUMNS = ("seq", "id", "procedure", "owner", "created", *STATE_COLUMNS)
#: Dossiers with the rows that they are written to.
Numbered = Sequence[tuple[int, ImportedDossier]]


def highest_numbers(imported: Iterable[ImportedDossier]) -> dict[tuple[str, str], int]:
    """(agency, series) → highest number that the events of *imported* drew."""
    highest: dict[tuple[str, str], int] = {}
    for arrival in imported:
        for event in arrival.events:
            if (drawn := drawn_by(event)) is not None:
                agency, (series, number) = arrival.dossier.agency or "", drawn
                highest[agency, series] = max(highest.get((agency, series), 0), number)
    return highest


def batches(imported: Iterable[ImportedDossier], size: int) -> Iterator[tuple[ImportedDossier, ...]]:
    """*imported* in tuples of *size*; the last may be shorter."""
    rest = iter(imported)
    while batch := tuple(itertools.islice(rest, size)):
        yield batch


def import_row(seq: int, imported: ImportedDossier) -> tuple[Any, ...]:
    """Values of `IMPORT_COLUMNS`."""
    dossier = imported.dossier
    return seq, dossier.id, dossier.procedure, dossier.owner, dossier.created.isoformat(), *state_columns(dossier)


def file_rows(numbered: Numbered, bodies: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Rows of the table files; *bodies* are the answers of *numbered* as JSON."""
    for (seq, imported), body in zip(numbered, bodies, strict=True):
        # Only answers whose text has the beginning of a blob id are searched: walking all of them costs too much.
        if imported.dossier.attachments or "sha256-" in body:
            yield from ((blob, seq) for blob in blobs_of(imported.dossier))


def note_rows(numbered: Numbered) -> Iterator[tuple[Any, ...]]:
    """Rows of the table notes."""
    for seq, imported in numbered:
        for number, note in imported.notes.items():
            yield seq, number, note.text, encoded(note.before) if note.before is not None else None
