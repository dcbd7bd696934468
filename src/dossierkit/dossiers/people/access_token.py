"""Access tokens: the name, role and limits of a program that uses the API."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from dossierkit.dossiers.lifecycle.dossier import Actor
from dossierkit.dossiers.states import Role


class Verb(StrEnum):
    """A kind of operation that an access token allows."""

    #: Read procedures and dossiers.
    READ = "read"
    #: Begin, fill and submit drafts.
    FILE = "file"
    #: Act on dossiers that were submitted.
    ACT = "act"


@attrs.frozen
class AccessToken:
    """An access token.  *hash* is that of its text, which is not stored."""

    #: Unique; histories of dossiers name the program by it.
    name: str
    hash: str
    created: datetime
    #: It is refused from this moment on.
    expires: datetime
    role: Role = Role.CITIZEN
    #: The unit of an officer's role.
    unit: str = ""
    verbs: tuple[Verb, ...] = tuple(Verb)
    #: Codes of the procedures that it is limited to; empty: all.
    procedures: tuple[str, ...] = ()
    #: When it was used last, to about five minutes.
    used: datetime | None = None

    @property
    def actor(self) -> Actor:
        """The program as an actor."""
        return Actor(f"token:{self.name}", self.role, self.unit)
