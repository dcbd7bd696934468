"""Real parts for tests, ours and yours: a store in memory, a clock that stands, tokens that count.

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
        """Moves the clock on."""
        self.time += by


class CountedTokens:
    """`Tokens` that can be foreseen: t1, t2, …"""

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
    """A `Mailer` that keeps what it was given."""

    sent: list[SendMail] = attrs.field(factory=list)

    def send(self, mail: SendMail) -> None:
        """See `Mailer.send`."""
        self.sent.append(mail)
