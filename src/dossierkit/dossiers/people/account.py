"""Accounts as values: who a person is to the office, and the one spelling of a mail address."""

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

#: How long the first password, which the page shows and a mail carries, opens anything.
FIRST_PASSWORD = timedelta(hours=24)
#: How long the link for a forgotten password opens anything.
RESET = timedelta(hours=1)


_MAIL = re.compile(r"[^\s@<>\"(),;:\\\[\]\x00-\x1f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+")


class Notices(Enum):
    """How much somebody wants to be mailed of one's own dossiers; what is about the account itself always is."""

    ALL = "all"
    #: Where there is something to do, and how it ended.
    NEEDED = "needed"
    NONE = "none"


@attrs.frozen
class Account:
    """One person who signs in.  *mail* is the sign-in name, as `mail_address` spells it."""

    id: str
    mail: str
    created: datetime
    #: The answers to the account form: name, identity number, telephone, address.
    profile: Json = attrs.field(hash=False, factory=dict)
    role: Role = attrs.field(default=Role.CITIZEN, converter=Role)
    #: The hash of the password; empty where nobody can sign in with one.
    password: str = ""
    #: Set until the first password, which opens once, was replaced by one of the person's own: when the last one ends.
    first_until: datetime | None = None
    language: str = "vi"
    version: int = 1
    #: Who it is to a sign-in elsewhere, issuer and name there; empty where none is linked.
    subject: str = ""
    #: The unit that an officer works for; empty for everybody else.
    unit: str = ""
    #: How much is mailed of one's dossiers.
    notices: Notices = attrs.field(default=Notices.ALL, converter=Notices)
    #: Nobody signs in with it any more; what it did stays.
    disabled: bool = False
    #: Filtered lists of the desk that its person kept: name → the query of its address.
    views: Mapping[str, str] = attrs.field(hash=False, factory=dict)
    #: The secret of the second factor, 32 letters and digits; empty where there is none.
    totp: str = attrs.field(default="", repr=False)
    #: The last half minute whose code was used: no code opens twice.
    totp_used: int = 0
    #: Somebody used what was mailed to the address.  Until then it is a claim: others may make it, too.
    proven: bool = True
    #: Digests of every password that a page showed or a mail carried; none of them may be kept.
    issued: tuple[str, ...] = attrs.field(default=(), repr=False)

    @property
    def actor(self) -> Actor:
        """The person as one who acts."""
        return Actor(self.id, self.role, self.unit)

    @property
    def name(self) -> str:
        """What to call the person."""
        name = self.profile.get("fullName") if isinstance(self.profile, dict) else None
        return name if isinstance(name, str) and name.strip() else self.mail


def mail_address(text: str) -> str | None:
    """The one spelling of a mail address, or None where it is none that we write to."""
    bare = nfc(text.strip()).casefold()
    return bare if len(bare) <= 254 and bare.isascii() and _MAIL.fullmatch(bare) else None


def masked(name: str) -> str:
    """`Nguyễn Văn An` → `N*** V** A*`: enough for the person to know it is theirs."""
    return " ".join(word[:1] + "*" * min(len(word) - 1, 3) for word in name.split())
