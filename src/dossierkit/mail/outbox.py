"""Delivery of the mails in the outbox, with retries; and the worker thread that runs it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from dossierkit.errors import MailError
from dossierkit.ports import Clock, Mailer, Outbox

#: How long a claimed mail is reserved for one process; after that, others may take it.
LEASE = timedelta(minutes=2)

#: Waiting times after each failure; after the last one the mail is given up.
BACK_OFF = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400))
_log = logging.getLogger(__name__)


def deliver(outbox: Outbox, mailer: Mailer, clock: Clock) -> tuple[int, int]:
    """Deliver every mail that is due now; returns the numbers of delivered and failed mails."""
    done = failed = 0
    while batch := outbox.claim(clock.now(), clock.now() + LEASE, 1):
        for claimed in batch:
            try:
                mailer.send(claimed.mail)
            except MailError as error:
                failed += 1
                due = None if error.final else next_try(claimed.tries + 1, clock.now())
                outbox.mark_failed(claimed.id, str(error), due)
                # Without address and text, as logs are not confidential.
                retry = "given up" if due is None else f"again at {due}"
                _log.warning("mail %s is not delivered (%s); %s", claimed.id, error, retry)
            else:
                outbox.mark_delivered(claimed.id, clock.now())
                done += 1
    return done, failed


class Worker:
    """Runs *chore* repeatedly in its own thread until it is stopped.

    Args:
        every: seconds between two runs.
    """

    def __init__(self, chore: Callable[[], object], *, every: float = 2.0) -> None:
        self._chore, self._every = chore, every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the current run."""
        self._stopped.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            try:
                self._chore()
            except Exception:  # noqa: BLE001  # one error must not end the thread and with it all later runs
                _log.exception("a background job failed; it continues with its next run")


def next_try(tries: int, now: datetime) -> datetime | None:
    """The time of the next try of a mail that failed *tries* times; None if it is given up."""
    return now + BACK_OFF[tries - 1] if tries <= len(BACK_OFF) else None
