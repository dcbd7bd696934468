"""The visitor of a request: session, account, and the dossier that an officer files for a citizen.

The session cookie holds a random token; the store has only its hash.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs
from starlette.requests import Request

from dossierkit.dossiers.codes import parse_code
from dossierkit.dossiers.lifecycle.dossier import Actor
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.people.session_lifetime import Session, Wants
from dossierkit.dossiers.states import OFFICERS, Channel
from dossierkit.errors import CodeError
from dossierkit.people.accounts import Accounts
from dossierkit.people.sessions import SignedIn
from dossierkit.pointers import Json
from dossierkit_web.requests.addresses import path_of
from dossierkit_web.requests.cookies import FILING, SESSION, cookie


@attrs.frozen
class Filing:
    """A dossier from the counter or by post that an officer is filing."""

    channel: Channel
    #: Unique among the filings of an officer.
    token: str
    #: The code that another portal issued; empty if this portal issues one.
    code: str = ""

    @classmethod
    def of(cls, cookie: str) -> Filing | None:
        """The filing in the value of a cookie; None if it is malformed."""
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
    """The visitor of a request; without a session on the first request, or if the browser takes no cookies."""

    session: Session | None = None
    account: Account | None = None
    #: New value of the session cookie; empty: unchanged.
    token: str = ""
    #: The actor that a host portal identified.
    known: Actor | None = None
    #: The dossier that an officer files for a citizen at the counter or by post.
    filing: Filing | None = None
    #: Whether this page belongs to the filing.
    files_here: bool = False

    @property
    def actor(self) -> Actor | None:
        """The actor of the visitor; None without a session."""
        if self.files_here and self.stand_in is not None:
            return self.stand_in
        if self.known is not None:
            return self.known
        if self.account is not None:
            return self.account.actor
        return self.session.actor if self.session is not None else None

    @property
    def stand_in(self) -> Actor | None:
        """The owner of the dossier that an officer files: an actor without an account, different for each filing."""
        if self.filing is None or self.officer is None:
            return None
        return Actor(f"counter:{self.officer.id}:{self.filing.token}")

    @property
    def officer(self) -> Actor | None:
        """The visitor as an officer; None for citizens and guests."""
        actor = self.known if self.known is not None else self.account.actor if self.account is not None else None
        return actor if actor is not None and actor.role in OFFICERS else None

    @property
    def name(self) -> str:
        """The name of a visitor who is signed in, here or at a host; empty if it is unknown."""
        return self.account.name if self.account is not None else self.known.name if self.known is not None else ""

    @property
    def mail(self) -> str:
        """The address for mails about dossiers; empty if there is none, or if it is not proven."""
        if self.account is not None:
            return self.account.mail if self.account.reachable else ""
        return self.known.mail if self.known is not None else ""

    @property
    def known_values(self) -> Mapping[str, Json] | None:
        """What `x-prefill` reads: the profile of a visitor who is signed in, unless an officer files for a citizen."""
        if self.filing is not None:
            return None
        if self.account is not None:
            return {**self.account.profile, "email": self.account.mail}
        return self.known.known_values if self.known is not None else None

    @property
    def holder(self) -> str:
        """The id that challenges are bound to: the session, or the actor of a host portal; empty for anonymous visitors."""
        if self.session is not None:
            return self.session.hash
        return self.known.id if self.known is not None else ""

    @property
    def signed_in(self) -> bool:
        """Whether the visitor has an account, here or in a host portal."""
        return self.account is not None or self.known is not None

    @property
    def wants(self) -> Wants:
        """The step that the session requires before any other page."""
        return self.session.wants if self.session is not None else Wants.NOTHING


def visitor_of(accounts: Accounts, request: Request, *, secure: bool) -> Visitor:
    """The visitor that the cookies of *request* name."""
    token = cookie(request, SESSION, secure=secure)
    session = accounts.sessions.find(token) if token else None
    return _with_filing(Visitor(session, accounts.sessions.account(session)), request, secure=secure)


def visitor_of_host(actor: Actor, request: Request, *, secure: bool) -> Visitor:
    """The visitor whom a host portal names as *actor*."""
    return _with_filing(Visitor(known=actor), request, secure=secure)


def _with_filing(visitor: Visitor, request: Request, *, secure: bool) -> Visitor:
    filing = Filing.of(cookie(request, FILING, secure=secure)) if visitor.officer is not None else None
    return attrs.evolve(visitor, filing=filing, files_here=path_of(request).startswith("/procedures/"))


def with_session(accounts: Accounts, visitor: Visitor) -> Visitor:
    """*visitor*, with a new guest session if there was none."""
    return visitor if visitor.actor is not None else visitor_of_session(accounts, accounts.sessions.guest())


def visitor_of_session(accounts: Accounts, signed_in: SignedIn) -> Visitor:
    """The visitor of a new session."""
    return Visitor(signed_in.session, accounts.sessions.account(signed_in.session), signed_in.token)


def landing(visitor: Visitor, after: str) -> str:
    """The page at which a visitor continues after signing in: *after*; in place of the start page, officers get the desk."""
    works_here = visitor.account is not None and visitor.account.role in OFFICERS
    return "/desk" if works_here and after == "/" else after
