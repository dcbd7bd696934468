"""Accounts as values, and the normal form of a mail address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum

import attrs

from dossierkit.dossiers.lifecycle.dossier import Actor
from dossierkit.dossiers.states import Role
from dossierkit.pointers import Json
from dossierkit.text import nfc

#: How long a first password is valid.
FIRST_PASSWORD = timedelta(hours=24)
#: How long the link for a forgotten password is valid.
RESET = timedelta(hours=1)


_MAIL = re.compile(r"[^\s@<>\"(),;:\\\[\]\x00-\x1f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+")


class Notices(Enum):
    """The mails that a person wants about their dossiers; mails about the account are always sent."""

    ALL = "all"
    #: If the owner has to act, and about the end.
    NEEDED = "needed"
    NONE = "none"


@attrs.frozen
class Account:
    """A person who signs in.  *mail* is the sign-in name in its normal form, see `mail_address`."""

    id: str
    mail: str
    created: datetime
    #: The answers to the account form: name, identity number, telephone, address.
    profile: Json = attrs.field(hash=False, factory=dict)
    role: Role = attrs.field(default=Role.CITIZEN, converter=Role)
    #: The hash of the password; empty: the account has none.
    password: str = ""
    #: Expiry of the last first password; None once the person has chosen a password.
    first_until: datetime | None = None
    language: str = "vi"
    version: int = 1
    #: Issuer and subject of the linked single sign-on; empty: none is linked.
    subject: str = ""
    #: The unit of an officer; empty for citizens, and for admins of all units.
    unit: str = ""
    #: The mails about their dossiers that the person wants.
    notices: Notices = attrs.field(default=Notices.ALL, converter=Notices)
    #: The account cannot sign in any more; its history stays.
    disabled: bool = False
    #: Saved lists of the desk: name → query of the address.
    views: Mapping[str, str] = attrs.field(hash=False, factory=dict)
    #: The secret of the second factor, 32 letters and digits; empty: there is none.
    totp: str = attrs.field(default="", repr=False)
    #: The last time step (30 seconds) whose code was used, as each code is valid once.
    totp_used: int = 0
    #: Whether the reader of mail to the address has confirmed it; until then other accounts may claim it, too.
    proven: bool = True
    #: Digests of every issued password; none of them may be chosen.
    issued: tuple[str, ...] = attrs.field(default=(), repr=False)
    #: The person signs in at a host, which vouches for the address; there is no password here, and no claim to the address.
    hosted: bool = False

    @property
    def actor(self) -> Actor:
        """The account as an actor."""
        return Actor(self.id, self.role, self.unit)

    @property
    def reachable(self) -> bool:
        """Whether mails about dossiers go to the address: its reader confirmed it, or a host vouches for it."""
        return self.proven or self.hosted

    @property
    def name(self) -> str:
        """The full name, or else the mail address."""
        name = self.profile.get("fullName") if isinstance(self.profile, dict) else None
        return name if isinstance(name, str) and name.strip() else self.mail


def mail_address(text: str) -> str | None:
    """The normal form of a mail address; None if it is not an address that the portal writes to."""
    bare = nfc(text.strip()).casefold()
    return bare if len(bare) <= 254 and bare.isascii() and _MAIL.fullmatch(bare) else None


def masked(name: str) -> str:
    """`Nguyễn Văn An` → `N*** V** A*`, which its bearer recognises."""
    return " ".join(word[:1] + "*" * min(len(word) - 1, 3) for word in name.split())
