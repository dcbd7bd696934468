"""Attempts to pay, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from dossierkit.dossiers.money.attempts import Attempt, Progress
from dossierkit.dossiers.states import Payment
from dossierkit.stores.memory.tables import Tables
from dossierkit.stores.refusals import nothing_owed


class MemoryPayments:
    """A `PaymentStore` beside the dossiers in *tables*."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._attempts: dict[str, Attempt] = {}

    def begin(self, dossier: str, make: Callable[[int], Attempt]) -> Attempt:
        """See `PaymentStore.begin`."""
        with self._tables.lock:
            stored = self._tables.dossiers.get(dossier)
            if stored is None or stored.handling.money.payment is not Payment.DUE:
                raise nothing_owed(dossier)
            attempt = make(len(self.attempts(dossier)) + 1)
            self._attempts[attempt.ref] = attempt
            return attempt

    def attempt(self, ref: str) -> Attempt | None:
        """See `PaymentStore.attempt`."""
        with self._tables.lock:
            return self._attempts.get(ref)

    def attempts(self, dossier: str) -> tuple[Attempt, ...]:
        """See `PaymentStore.attempts`."""
        with self._tables.lock:
            return tuple(attempt for attempt in self._attempts.values() if attempt.dossier == dossier)

    def finish(self, attempt: Attempt, before: Progress) -> bool:
        """See `PaymentStore.finish`."""
        return self.write(attempt, before)

    def write(self, attempt: Attempt, before: Progress | None) -> bool:
        """Store *attempt*, a new one if *before* is None; False if its stored progress is not *before*."""
        with self._tables.lock:
            stored = self._attempts.get(attempt.ref)
            if (stored.progress if stored is not None else None) is not before:
                return False
            if stored is not None and attempt.progress is before and attempt.asked <= stored.asked:
                return False
            asked = max(attempt.asked, stored.asked if stored is not None else 0)
            self._attempts[attempt.ref] = attrs.evolve(attempt, asked=asked)
            return True

    def close(self, dossier: str) -> None:
        """Close the open attempts of the dossier."""
        with self._tables.lock:
            for attempt in self.attempts(dossier):
                if attempt.progress is Progress.OPEN:
                    self._attempts[attempt.ref] = attrs.evolve(attempt, progress=Progress.CLOSED)

    def every(self, progress: Progress | None = None) -> Iterator[Attempt]:
        """See `PaymentStore.every`."""
        with self._tables.lock:
            return iter([attempt for attempt in self._attempts.values() if progress in (None, attempt.progress)])
