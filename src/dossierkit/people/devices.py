"""Devices that are known: a browser in which somebody was signed in keeps a signed mark of the account.

The mark opens nothing.  It lets the owner try a password while others guess at it, so that nobody can keep the owner out.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import attrs

from dossierkit.dossiers.people.account import Account
from dossierkit.people.tokens import signature

#: A device is known for so long after a sign-in.
LASTS = timedelta(days=180)
#: So many accounts are known on one device; the one that was used last comes first.
_MOST = 5


@attrs.frozen
class Devices:
    """Signs marks and reads them.  *key* gives the secret of the installation."""

    key: Callable[[], bytes]

    def marked(self, kept: str, account: Account, now: datetime) -> str:
        """What the browser keeps from now on, in place of *kept*."""
        day, name = f"{int(now.timestamp()) // 86_400:x}", secrets.token_hex(8)
        own = self._own(kept, account)
        others = [mark for mark in _split(kept) if mark != own]
        return ".".join([f"{day}-{name}-{self._signature(account, day, name)}", *others][:_MOST])

    def known(self, kept: str, account: Account, now: datetime) -> str:
        """The name of the device, if *account* was signed in to there since its password last changed; empty otherwise."""
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
        # The password's hash is part of it: whoever knew an older password is known no more.
        return signature(self.key(), f"device:{account.id}:{account.password}:{day}:{name}")


def _split(kept: str) -> list[str]:
    return [mark for mark in kept.split(".")[:_MOST] if kept.isascii() and mark.count("-") == 2]
