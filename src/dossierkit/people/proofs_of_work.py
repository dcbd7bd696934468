"""Notes of proofs of work: for a while they give a browser rate limits of its own."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime

import attrs

from dossierkit.people.throttle import WINDOW, Origin
from dossierkit.people.tokens import signature


@attrs.frozen
class ProofsOfWork:
    """Signs and verifies notes, valid for one network and one `WINDOW`.  *key* returns the secret of the installation."""

    key: Callable[[], bytes]

    def note(self, origin: Origin, now: datetime) -> str:
        """A new note, as a cookie value for the browser."""
        name = f"{int((now + WINDOW).timestamp())}-{secrets.token_hex(8)}"
        return f"{name}-{self._signature(name, origin)}"

    def name(self, kept: str, origin: Origin, now: datetime) -> str:
        """The name of the note *kept* if it is valid; else empty."""
        name, _, signed = (kept if kept.isascii() else "").rpartition("-")
        right = hmac.compare_digest(signed, self._signature(name, origin))
        return name if right and now.timestamp() < int(name.partition("-")[0]) else ""

    def _signature(self, name: str, origin: Origin) -> str:
        return signature(self.key(), f"effort:{origin.place}:{name}")
