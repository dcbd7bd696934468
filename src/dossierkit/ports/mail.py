"""Mails on their way: the outbox in the store, and the mailer that delivers them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dossierkit.dossiers.mails import Outgoing, SendMail


class Mailer(Protocol):
    """Delivers mails."""

    def send(self, mail: SendMail) -> None:
        """Deliver *mail*.

        Raises:
            MailError: it was not delivered; its attribute `final` tells whether another try is useless.
        """
        ...


class Outbox(Protocol):
    """Mails that wait for delivery.

    A mail is due from the start, and `claim` leases it to a worker.  It ends with `mark_delivered`, or with `mark_failed`
    without another try: then it is given up.
    """

    def post(self, *mails: SendMail) -> None:
        """Add *mails*, except those whose key the outbox has or had already."""
        ...

    def claim(self, now: datetime, until: datetime, limit: int = 20) -> tuple[Outgoing, ...]:
        """Up to *limit* mails that are due *now*, oldest first; no other call returns them before *until*."""
        ...

    def mark_delivered(self, id: int, at: datetime) -> None:
        """Record that a mail was delivered, and erase its subject and text."""
        ...

    def mark_failed(self, id: int, error: str, due: datetime | None) -> None:
        """Record a failed try: the next one is at *due*; None gives the mail up."""
        ...

    def retry(self, id: int, due: datetime) -> None:
        """Try a failed mail, or one that was given up, again at *due*, with a fresh count of tries."""
        ...

    def bounces(self, to: str) -> bool:
        """Whether the last mail to the address that ended was given up."""
        ...

    def dead_letters(self, limit: int = 200) -> tuple[Outgoing, ...]:
        """Mails that were given up, newest first."""
        ...

    def backlog(self) -> tuple[int, int]:
        """Number of mails that are neither delivered nor given up, and the id of the oldest; (0, 0) if there are none."""
        ...

    def failures(self) -> tuple[Outgoing, ...]:
        """Mails that failed at least once and are not delivered, oldest first."""
        ...
