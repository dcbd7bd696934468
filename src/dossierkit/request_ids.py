"""The id of the request under way, which ties its log lines together."""

from __future__ import annotations

import logging
import re
import secrets
from contextvars import ContextVar

_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
#: Of the request that the current thread or task works on; empty outside one.
current_request: ContextVar[str] = ContextVar("current_request", default="")


def request_id(proposed: str) -> str:
    """*proposed*, such as the `X-Request-ID` of a proxy, if it is well-formed; else a new id.

    Well-formed are 8 to 64 letters, digits, dots, hyphens and underscores: nothing that could forge a line of a log.
    """
    return proposed if _WELL_FORMED.fullmatch(proposed) else secrets.token_hex(8)


class RequestIds(logging.Filter):
    """Gives each log record the attribute *request*: the id of the request under way, or `-`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """See `logging.Filter.filter`."""
        record.request = current_request.get() or "-"
        return True
