"""Time and chance, as ports: tests fix both."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The current time."""

    def now(self) -> datetime:
        """Now, aware, UTC."""
        ...


class Tokens(Protocol):
    """Unguessable texts."""

    def token(self) -> str:
        """A text of at least 128 random bits, safe in a URL."""
        ...
