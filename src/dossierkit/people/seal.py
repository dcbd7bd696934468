"""Texts that a browser carries for the portal: encrypted, protected against changes, and valid for a limited time."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


@attrs.frozen
class Seal:
    """Seals and opens texts.  *key* returns the secret of the installation, 32 bytes; *lasts* is how long a seal is valid."""

    key: Callable[[], bytes]
    lasts: timedelta

    def seal(self, text: str, now: datetime) -> str:
        """*text* compressed and encrypted: letters, digits, `-`, `_` and `=`."""
        return self._cipher().encrypt_at_time(zlib.compress(text.encode()), int(now.timestamp())).decode()

    def open(self, sealed: str, now: datetime) -> str | None:
        """The text in *sealed*; None if it was changed, has expired, or was sealed with another key."""
        from cryptography.fernet import InvalidToken

        try:
            packed = self._cipher().decrypt_at_time(sealed.encode(), int(self.lasts.total_seconds()), int(now.timestamp()))
        except InvalidToken:
            return None
        # Only this installation can have sealed it, so that its size unpacked is one that was accepted before.
        return zlib.decompress(packed).decode()

    def _cipher(self) -> Fernet:
        from cryptography.fernet import Fernet

        return Fernet(base64.urlsafe_b64encode(self.key()))
