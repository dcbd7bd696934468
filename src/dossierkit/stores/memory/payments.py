"""Attempts to pay, in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import attrs

from dossierkit.dossiers.money.attempts import Attempt, Progress
from dossierkit.ports.payments import owes_nothing


class MemoryPayments:
    """A `PaymentStore` that a `MemoryStore` shares its lock with."""

    def __init__(self, lock: threading.RLock, owes: Callable[[str], bool]) -> None:
        self._lock = lock
        self._owes = owes
        self._attempts: dict[str, Attempt] = {}

    def begin(self, dossier: str, make: Callable[[int], Attempt]) -> Attempt:
        """See `PaymentStore.begin`."""
        with self._lock:
            if not self._owes(dossier):
                raise owes_nothing(dossier)
            made = make(len(self.attempts(dossier)) + 1)
            self._attempts[made.ref] = made
            return made

    def attempt(self, ref: str) -> Attempt | None:
        """See `PaymentStore.attempt`."""
        with self._lock:
            return self._attempts.get(ref)

    def attempts(self, dossier: str) -> tuple[Attempt, ...]:
        """See `PaymentStore.attempts`."""
        with self._lock:
            return tuple(one for one in self._attempts.values() if one.dossier == dossier)

    def finish(self, attempt: Attempt, before: Progress | None) -> bool:
        """See `PaymentStore.finish`; *before* None: it is new."""
        with self._lock:
            stored = self._attempts.get(attempt.ref)
            if (stored.progress if stored is not None else None) is not before:
                return False
            asked = max(attempt.asked, stored.asked if stored is not None else 0)
            self._attempts[attempt.ref] = attrs.evolve(attempt, asked=asked)
            return True

    def close(self, dossier: str) -> None:
        """Closes the open attempts of *dossier*."""
        with self._lock:
            for one in self.attempts(dossier):
                if one.progress is Progress.OPEN:
                    self._attempts[one.ref] = attrs.evolve(one, progress=Progress.CLOSED)

    def every(self, progress: Progress | None = None) -> Iterator[Attempt]:
        """See `PaymentStore.every`."""
        with self._lock:
            return iter([one for one in self._attempts.values() if progress in (None, one.progress)])
