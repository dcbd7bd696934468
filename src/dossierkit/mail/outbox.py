"""Delivery of the mails in the outbox, with retries."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from dossierkit.errors import MailError
from dossierkit.ports import Clock, Mailer, Outbox

#: How long a claimed mail is reserved for one process; after that, others may take it.
LEASE = timedelta(minutes=2)

#: Waiting times after each failure; after the last one the mail is given up.
BACK_OFF = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400))
_log = logging.getLogger(__name__)


def deliver(outbox: Outbox, mailer: Mailer, clock: Clock, *, stopping: Callable[[], bool] = lambda: False) -> tuple[int, int]:
    """Deliver every mail that is due now; returns the numbers of delivered and failed mails.

    Args:
        stopping: asked before each mail whether to leave the rest to the next run.
    """
    done = failed = 0
    while not stopping() and (batch := outbox.claim(clock.now(), clock.now() + LEASE, 1)):
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


def next_try(tries: int, now: datetime) -> datetime | None:
    """The time of the next try of a mail that failed *tries* times; None if it is given up."""
    return now + BACK_OFF[tries - 1] if tries <= len(BACK_OFF) else None
