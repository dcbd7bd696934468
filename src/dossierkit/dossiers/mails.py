"""What should happen outside, as values: kept in the transaction that makes it so, done afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

#: How long to wait after each failure; after the last one somebody has to look.
BACK_OFF = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400))


@attrs.frozen
class SendMail:
    """A mail.  Two with the same *key* are one, however often it is asked for."""

    key: str
    to: str
    subject: str
    text: str
    html: str = ""


@attrs.frozen
class Outgoing:
    """A kept mail on its way: how often it was tried, when it is tried next, what went wrong last."""

    id: int
    mail: SendMail
    tries: int = 0
    due: datetime | None = None
    error: str = ""


def next_try(tries: int, now: datetime) -> datetime | None:
    """When a mail that failed *tries* times is tried again; None where it is given up."""
    return now + BACK_OFF[tries - 1] if tries <= len(BACK_OFF) else None
