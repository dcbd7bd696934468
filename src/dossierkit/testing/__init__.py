"""Implementations of ports for tests: a store in memory, a fixed clock, predictable tokens, a recording mailer.

store = MemoryStore()
clock = FixedClock(datetime(2026, 11, 22, 7, tzinfo=UTC))
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import attrs

from dossierkit.dossiers.mails import SendMail
from dossierkit.stores.memory.store import MemoryStore

__all__ = ["CountedTokens", "FixedClock", "MemoryStore", "RecordingMailer"]


@attrs.define
class FixedClock:
    """A `Clock` that shows *time* until it is moved."""

    time: datetime

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self.time

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self.time += by


class CountedTokens:
    """Predictable `Tokens`: t1, t2, …"""

    def __init__(self) -> None:
        self._count = 0
        self._lock = threading.Lock()

    def token(self) -> str:
        """See `Tokens.token`."""
        with self._lock:
            self._count += 1
            return f"t{self._count}"


@attrs.define
class RecordingMailer:
    """A `Mailer` that keeps mails in *sent*."""

    sent: list[SendMail] = attrs.field(factory=list)

    def send(self, mail: SendMail) -> None:
        """See `Mailer.send`."""
        self.sent.append(mail)
