"""What every store needs to import dossiers: batches of them, and the numbers that they bring."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from dossierkit.dossiers.codes import drawn_by
from dossierkit.ports import ImportedDossier


def highest_numbers(imported: Iterable[ImportedDossier]) -> dict[tuple[str, str], int]:
    """(agency, series) → highest number that the events of *imported* drew."""
    highest: dict[tuple[str, str], int] = {}
    for one in imported:
        for event in one.events:
            if "number" not in event.facts:
                continue
            if (drawn := drawn_by(event.action, event.facts, one.dossier.agency or "")) is not None:
                agency, series, number = drawn
                highest[agency, series] = max(highest.get((agency, series), 0), number)
    return highest


def batches(imported: Iterable[ImportedDossier], size: int) -> Iterator[tuple[ImportedDossier, ...]]:
    """*imported* in tuples of *size*; the last may be shorter."""
    rest = iter(imported)
    while batch := tuple(itertools.islice(rest, size)):
        yield batch
