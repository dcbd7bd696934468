"""Mails as values: kept in the transaction that makes them true, sent afterwards."""

from __future__ import annotations

from datetime import datetime

import attrs


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
