"""Sessions as values: their ends, and the steps that they require."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum

import attrs

from dossierkit.dossiers.lifecycle.dossier import Actor
from dossierkit.dossiers.states import Role

#: A session ends after this time without a request.
IDLE = timedelta(hours=2)
#: A session ends after this time in any case.
ABSOLUTE = timedelta(hours=12)
#: Sessions and expiring values that are older than a new one by this have ended.
ENDED = timedelta(days=1)


class Wants(IntEnum):
    """The step that a session requires before any other page."""

    NOTHING = 0
    #: Choose a password.
    PASSWORD = 1
    #: Enter the code of the second factor.
    CODE = 2
    #: Set up a second factor, which the operator requires.
    ENROL = 3


@attrs.frozen
class Session:
    """A session of a browser.  *hash* is that of its token, which is not stored."""

    hash: str
    started: datetime
    seen: datetime
    #: Empty for a guest.
    account: str = ""
    #: The step that is required before any other page.
    wants: Wants = Wants.NOTHING

    @property
    def actor(self) -> Actor:
        """The account or guest as an actor."""
        return Actor(self.account) if self.account else Actor("guest:" + self.hash, Role.GUEST)

    def lasts(self, now: datetime) -> bool:
        """Whether the session has not ended at *now*."""
        return now - self.seen < IDLE and now - self.started < ABSOLUTE
