"""The log of a running program, on standard error: lines to read, or JSON."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from dossierkit.request_ids import RequestIds

_PLAIN = "%(asctime)s %(levelname)s %(name)s [%(request)s]: %(message)s"
#: Attributes of a record that its line of JSON has beside the message.
_FACTS = ("action", "method", "route", "status", "milliseconds")


def configure_logs(form: str) -> None:
    """Write log lines from INFO on to standard error, each with the id of its request.

    Args:
        form: `plain` or `json`.
    """
    handler = logging.StreamHandler()
    handler.addFilter(RequestIds())
    handler.setFormatter(json_lines() if form == "json" else logging.Formatter(_PLAIN))
    # It writes whole addresses at INFO, and they may hold personal data or secrets.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def json_lines() -> logging.Formatter:
    """Writes each log record as one line of JSON."""
    return _JsonLines()


class _JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "request": getattr(record, "request", "-"),
            "message": record.getMessage(),
            **{name: getattr(record, name) for name in _FACTS if hasattr(record, name)},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
