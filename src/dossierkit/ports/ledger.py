"""The ledger of a store: postings, and the sums that reports are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol

from dossierkit.dossiers.ledger.ledger import Posting, Span
from dossierkit.dossiers.ledger.reports import Figure, Sums
from dossierkit.dossiers.lifecycle.dossier import Dossier


class LedgerStore(Protocol):
    """Reads the ledger; only `DossierStore.record` and imports write it."""

    def sums(self, until: date, by: Sequence[str]) -> Sums:
        """Sums of all postings up to and including the day *until*, by the dimensions *by*, see `reports.DIMENSIONS`."""
        ...

    def last_posting(self) -> int:
        """Number of the last posting, higher than that of any posting before; 0 while there is none."""
        ...

    def behind(self, figure: Figure, *, before: str | None = None, limit: int = 20) -> tuple[Dossier, ...]:
        """Dossiers that *figure* counts, newest first.

        Args:
            before: id of a dossier; only older ones are returned.
        """
        ...

    def spans(self, year: int | None = None) -> tuple[Span, ...]:
        """Number of dossiers completed in *year*, or ever, by procedure and working days from acceptance to result."""
        ...

    def postings(self) -> Iterator[Posting]:
        """Every posting, in no order, read in pages."""
        ...
