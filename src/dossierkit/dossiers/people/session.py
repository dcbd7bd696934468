"""Sessions: when one ends, and what a visitor still has to do before anything else answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum

import attrs

from dossierkit.dossiers.lifecycle.dossier import Actor
from dossierkit.dossiers.states import Role

#: A session ends when nobody used it for so long, and after so long whatever happens.
IDLE = timedelta(hours=2)


ABSOLUTE = timedelta(hours=12)


#: No session and no secret lasts longer: what is older than a new one by this has ended.
ENDED = timedelta(days=1)


class Wants(IntEnum):
    """What somebody who gave the right password still has to do."""

    NOTHING = 0
    #: Choose a password of one's own.
    PASSWORD = 1
    #: Give the code of the second factor.
    CODE = 2
    #: Set a second factor up: the office asks its people for one.
    ENROL = 3


@attrs.frozen
class Session:
    """One browser that is known.  *hash* is all that is kept of its token."""

    hash: str
    started: datetime
    seen: datetime
    #: Empty for a guest.
    account: str = ""
    #: What is wanted before anything else answers.
    wants: Wants = Wants.NOTHING

    @property
    def actor(self) -> Actor:
        """Whoever sits there as one who acts."""
        return Actor(self.account) if self.account else Actor("guest:" + self.hash, Role.GUEST)

    def lasts(self, now: datetime) -> bool:
        """Whether the session is still good."""
        return now - self.seen < IDLE and now - self.started < ABSOLUTE
