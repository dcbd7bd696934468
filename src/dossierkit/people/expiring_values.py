"""Short texts that the store keeps for a limited time under a hashed name, such as the meaning of a mailed link."""

from __future__ import annotations

from datetime import timedelta

import attrs

from dossierkit.dossiers.mails import SendMail
from dossierkit.ports import AccountStore, Clock


@attrs.frozen
class ExpiringValues:
    """The values in *store*, by the hashes of their names."""

    store: AccountStore
    clock: Clock

    def keep(self, name: str, value: str, lasts: timedelta, *mails: SendMail) -> None:
        """Store *value* under *name* for the time *lasts*, together with *mails*."""
        self.store.keep_secret(name, value, self.clock.now() + lasts, *mails)

    def get(self, name: str) -> str | None:
        """The value stored under *name*; None if there is none, or it has expired."""
        return self.store.secret(name, self.clock.now())

    def take(self, name: str) -> str | None:
        """Delete and return the value stored under *name*; None if there is none, or it has expired."""
        return self.store.take_secret(name, self.clock.now())
