"""Known devices: a browser keeps a signed mark of each account that was signed in to on it.

A mark grants no access.  It gives the owner rate limits of their own, so that other people's guesses cannot lock them out.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import attrs

from dossierkit.dossiers.people.account import Account
from dossierkit.people.tokens import signature

#: How long a device stays known after a sign-in.
LASTS = timedelta(days=180)
#: Marks kept per device, the latest first.
_MOST = 5


@attrs.frozen
class Devices:
    """Signs and verifies marks.  *key* returns the secret of the installation."""

    key: Callable[[], bytes]

    def with_mark(self, kept: str, account: Account, now: datetime) -> str:
        """The cookie value *kept* with a new mark of *account*."""
        day, name = f"{int(now.timestamp()) // 86_400:x}", secrets.token_hex(8)
        own = self._own(kept, account)
        others = [mark for mark in _split(kept) if mark != own]
        return ".".join([f"{day}-{name}-{self._signature(account, day, name)}", *others][:_MOST])

    def name_of(self, kept: str, account: Account, now: datetime) -> str:
        """The name of the device, if it has a valid mark of *account* since the last change of password; else empty."""
        day, _, rest = self._own(kept, account).partition("-")
        if not rest or int(day, 16) < int((now - LASTS).timestamp()) // 86_400:
            return ""
        return rest.partition("-")[0]

    def _own(self, kept: str, account: Account) -> str:
        for mark in _split(kept):
            day, name, signature = mark.split("-")
            if hmac.compare_digest(signature.encode(), self._signature(account, day, name).encode()):
                return mark
        return ""

    def _signature(self, account: Account, day: str, name: str) -> str:
        # The hash of the password is signed, too: a new password invalidates all marks.
        return signature(self.key(), f"device:{account.id}:{account.password}:{day}:{name}")


def _split(kept: str) -> list[str]:
    return [mark for mark in kept.split(".")[:_MOST] if kept.isascii() and mark.count("-") == 2]
