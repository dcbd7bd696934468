"""Proofs of work that were done: for a while they let somebody try where too many others did."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime

import attrs

from dossierkit.people.throttle import WINDOW, Origin
from dossierkit.people.tokens import signature


@attrs.frozen
class Efforts:
    """Signs a note for the browser, good at one place for a window.  *key* gives the secret of the installation."""

    key: Callable[[], bytes]

    def note(self, origin: Origin, now: datetime) -> str:
        """What the browser keeps after the work was done."""
        name = f"{int((now + WINDOW).timestamp())}-{secrets.token_hex(8)}"
        return f"{name}-{self._signature(name, origin)}"

    def name(self, kept: str, origin: Origin, now: datetime) -> str:
        """The name of the note, while it is good; empty otherwise."""
        name, _, signed = (kept if kept.isascii() else "").rpartition("-")
        right = hmac.compare_digest(signed, self._signature(name, origin))
        return name if right and now.timestamp() < int(name.partition("-")[0]) else ""

    def _signature(self, name: str, origin: Origin) -> str:
        return signature(self.key(), f"effort:{origin.place}:{name}")
