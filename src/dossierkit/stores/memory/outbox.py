"""The outbox in memory."""

from __future__ import annotations

import threading
from datetime import datetime

import attrs

from dossierkit.dossiers.mails import Outgoing, SendMail


class MemoryOutbox:
    """An `Outbox` that shares *lock* with its store."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._mails: dict[int, Outgoing] = {}
        #: Id → when the mail is due, None at once; given up or delivered mails have no entry.
        self._due: dict[int, datetime | None] = {}
        self._keys: set[str] = set()
        #: Address → id of the newest mail that was delivered there.
        self._reached: dict[str, int] = {}

    def post(self, *mails: SendMail) -> None:
        """See `Outbox.post`."""
        with self._lock:
            for mail in mails:
                if mail.key not in self._keys:
                    self._keys.add(mail.key)
                    id = len(self._keys)
                    self._mails[id] = Outgoing(id, mail)
                    self._due[id] = None

    def claim(self, now: datetime, until: datetime, limit: int = 20) -> tuple[Outgoing, ...]:
        """See `Outbox.claim`."""
        with self._lock:
            due = [id for id, at in self._due.items() if at is None or at <= now][:limit]
            for id in due:
                self._due[id] = until
            return tuple(attrs.evolve(self._mails[id], due=until) for id in due)

    def mark_delivered(self, id: int, at: datetime) -> None:  # noqa: ARG002  # a store that lasts keeps it
        """See `Outbox.mark_delivered`."""
        with self._lock:
            self._due.pop(id, None)
            delivered = self._mails.pop(id, None)
            if delivered is not None:
                self._reached[delivered.mail.to] = max(id, self._reached.get(delivered.mail.to, 0))

    def mark_failed(self, id: int, error: str, due: datetime | None) -> None:
        """See `Outbox.mark_failed`."""
        with self._lock:
            before = self._mails[id]
            self._mails[id] = attrs.evolve(before, tries=before.tries + 1, error=error, due=due)
            if due is None:
                self._due.pop(id, None)
            else:
                self._due[id] = due

    def retry(self, id: int, due: datetime) -> None:
        """See `Outbox.retry`."""
        with self._lock:
            if id in self._mails:
                self._mails[id] = attrs.evolve(self._mails[id], tries=1, due=due)
                self._due[id] = due

    def bounces(self, to: str) -> bool:
        """See `Outbox.bounces`."""
        with self._lock:
            dead = (outgoing.id for outgoing in self.dead_letters(len(self._mails)) if outgoing.mail.to == to)
            return next(dead, 0) > self._reached.get(to, 0)

    def dead_letters(self, limit: int = 200) -> tuple[Outgoing, ...]:
        """See `Outbox.dead_letters`."""
        with self._lock:
            return tuple(outgoing for id, outgoing in sorted(self._mails.items(), reverse=True) if id not in self._due)[:limit]

    def backlog(self) -> tuple[int, int]:
        """See `Outbox.backlog`."""
        with self._lock:
            return len(self._due), min(self._due, default=0)

    def failures(self) -> tuple[Outgoing, ...]:
        """See `Outbox.failures`."""
        with self._lock:
            return tuple(outgoing for outgoing in self._mails.values() if outgoing.tries)
