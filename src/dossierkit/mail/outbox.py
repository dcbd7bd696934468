"""Delivers what the outbox holds: each mail once it is due, again and later where it fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from dossierkit.errors import MailError
from dossierkit.ports import Clock, Mailer, Outbox

#: Nobody else takes a claimed mail for so long; a program that dies gives it back by that.
LEASE = timedelta(minutes=2)

#: How long to wait after each failure; after the last one somebody has to look.
BACK_OFF = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400))
_log = logging.getLogger(__name__)


def deliver(outbox: Outbox, mailer: Mailer, clock: Clock) -> tuple[int, int]:
    """Delivers every mail that is due now: (delivered, failed)."""
    done = failed = 0
    while batch := outbox.claim(clock.now(), clock.now() + LEASE, 1):
        for one in batch:
            try:
                mailer.send(one.mail)
            except MailError as error:
                failed += 1
                due = None if error.final else next_try(one.tries + 1, clock.now())
                outbox.failed(one.id, str(error), due)
                # Neither the address nor the words: a log is read by others.
                _log.warning("mail %s is not delivered (%s); %s", one.id, error, "given up" if due is None else f"again at {due}")
            else:
                outbox.delivered(one.id, clock.now())
                done += 1
    return done, failed


class Worker:
    """Does a *chore* again and again, in a thread of its own, until it is stopped.

    Args:
        every: seconds between two times.
    """

    def __init__(self, chore: Callable[[], object], *, every: float = 2.0) -> None:
        self._chore, self._every = chore, every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after what is in hand."""
        self._stopped.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            try:
                self._chore()
            except Exception:  # noqa: BLE001  # whatever it was, the next mail is to go out
                # A worker that dies of one surprise would keep all mails back.
                _log.exception("a worker stumbled; going on")


def next_try(tries: int, now: datetime) -> datetime | None:
    """When a mail that failed *tries* times is tried again; None where it is given up."""
    return now + BACK_OFF[tries - 1] if tries <= len(BACK_OFF) else None
