"""Who sits at the other end: the cookie holds an unguessable token, the store only its hash."""

from __future__ import annotations

import re

import attrs
from starlette.requests import Request

from dossierkit.dossiers.codes import parse_code
from dossierkit.dossiers.lifecycle.dossier import Actor
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.people.session import Session, Wants
from dossierkit.dossiers.states import OFFICERS, Channel
from dossierkit.errors import CodeError
from dossierkit.people.accounts import Accounts, SignedIn
from dossierkit_web.requests.cookies import FILING, SESSION, cookie


@attrs.frozen
class Filing:
    """A dossier that came over the counter or by post, on its way in."""

    channel: Channel
    #: Tells it from every other filing of the same officer.
    token: str
    #: The code that another portal issued; empty where we issue one.
    code: str = ""

    @classmethod
    def of(cls, cookie: str) -> Filing | None:
        """What the cookie says; None where it says nothing that we wrote."""
        match = _FILING.fullmatch(cookie)
        if match is None:
            return None
        try:
            code = parse_code(match[3]).text if match[3] else ""
        except CodeError:
            return None
        return cls(Channel(int(match[1])), match[2], code)

    def __str__(self) -> str:
        return f"{int(self.channel)}.{self.token}.{self.code}"


_FILING = re.compile(r"([13])\.([0-9a-f]{16})\.([A-Z0-9.-]{0,40})")


@attrs.frozen
class Visitor:
    """Whoever asks.  Without a session it is somebody who was not here before, or takes no cookies."""

    session: Session | None = None
    account: Account | None = None
    #: What the cookie has to hold from now on; empty where it stays as it is.
    token: str = ""
    #: Who a host portal says it is.
    known: Actor | None = None
    #: What an officer files for somebody who came to the counter, or wrote.
    filing: Filing | None = None
    #: This page belongs to that filing.
    files_here: bool = False

    @property
    def actor(self) -> Actor | None:
        """The visitor as one who acts."""
        if self.files_here and self.stand_in is not None:
            return self.stand_in
        if self.known is not None:
            return self.known
        if self.account is not None:
            return self.account.actor
        return self.session.actor if self.session is not None else None

    @property
    def stand_in(self) -> Actor | None:
        """Whose dossier it is that an officer files: somebody's who has no account here, another for each filing."""
        if self.filing is None or self.account is None:
            return None
        return Actor(f"counter:{self.account.id}:{self.filing.token}")

    @property
    def holder(self) -> str:
        """What a challenge is tied to: the session, or whoever a host portal says it is; empty for a stranger."""
        if self.session is not None:
            return self.session.hash
        return self.known.id if self.known is not None else ""

    @property
    def signed_in(self) -> bool:
        """Whether it is somebody, and not a guest."""
        return self.account is not None or self.known is not None

    @property
    def wants(self) -> Wants:
        """What has to be done before anything else answers."""
        return self.session.wants if self.session is not None else Wants.NOTHING


def visitor_of(accounts: Accounts, request: Request, *, secure: bool) -> Visitor:
    """Whoever the cookies name."""
    token = cookie(request, SESSION, secure=secure)
    session = accounts.session(token) if token else None
    account = accounts.account(session)
    filing = Filing.of(cookie(request, FILING, secure=secure)) if account is not None and account.role in OFFICERS else None
    return Visitor(session, account, filing=filing, files_here=request.url.path.startswith("/procedures/"))


def seated(accounts: Accounts, visitor: Visitor) -> Visitor:
    """*visitor* with a session, a guest's where there was none."""
    return visitor if visitor.actor is not None else arrived(accounts, accounts.guest())


def arrived(accounts: Accounts, signed_in: SignedIn) -> Visitor:
    """The visitor of a new session."""
    return Visitor(signed_in.session, accounts.account(signed_in.session), signed_in.token)
