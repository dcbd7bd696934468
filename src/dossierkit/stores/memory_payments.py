"""Attempts to pay, in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from dossierkit.dossiers.payments import Attempt, Progress


class MemoryPayments:
    """A `PaymentStore` that a `MemoryStore` shares its lock with."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._attempts: dict[str, Attempt] = {}

    def begin(self, dossier: str, make: Callable[[int], Attempt]) -> Attempt:
        """See `PaymentStore.begin`."""
        with self._lock:
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
            self._attempts[attempt.ref] = attempt
            return True

    def every(self, progress: Progress | None = None) -> Iterator[Attempt]:
        """See `PaymentStore.every`."""
        with self._lock:
            return iter([one for one in self._attempts.values() if progress in (None, one.progress)])
