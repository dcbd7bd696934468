"""Sessions of visitors, with an account or as guests; the store has only the hashes of their tokens."""

from __future__ import annotations

from datetime import timedelta

import attrs

from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.people.session_lifetime import Session, Wants
from dossierkit.dossiers.states import OFFICERS
from dossierkit.errors import SignInRefused
from dossierkit.people.tokens import is_token, new_token, token_hash
from dossierkit.ports import AccountStore, Clock

#: The last use of a session is stored at most once in this time.
_SEEN = timedelta(minutes=5)


@attrs.frozen
class SignedIn:
    """A new session.  *token* goes into the cookie; the store has only its hash."""

    token: str
    session: Session


@attrs.frozen
class Sessions:
    """The sessions in *store*."""

    store: AccountStore
    clock: Clock
    #: Whether officers must use a second factor.
    second_factor: bool = False

    def guest(self) -> SignedIn:
        """A new session without an account."""
        return self._begin(Session("", self.clock.now(), self.clock.now()))

    def begin(self, account: Account, *, guest: Session | None = None, wants: Wants | None = None) -> SignedIn:
        """Start a session of *account*; the session *guest* ends, and its drafts move to the account.

        Args:
            wants: the step required before anything else; None: the second factor, if the account has or must have one.

        Raises:
            SignInRefused: the account is disabled.
        """
        if account.disabled:
            raise SignInRefused("this account is disabled")
        if guest is not None:
            self.store.end_session(guest.hash)
            if not guest.account:
                self.store.adopt(guest.actor.id, account.id)
        now = self.clock.now()
        return self._begin(Session("", now, now, account.id, self._wanted(account) if wants is None else wants))

    def _wanted(self, account: Account) -> Wants:
        if account.totp:
            return Wants.CODE
        return Wants.ENROL if self.second_factor and account.role in OFFICERS else Wants.NOTHING

    def _begin(self, session: Session) -> SignedIn:
        token = new_token()
        stored = attrs.evolve(session, hash=token_hash(token))
        self.store.keep_session(stored)
        return SignedIn(token, stored)

    def find(self, token: str) -> Session | None:
        """The session of the cookie value *token*; None if it is unknown or has expired."""
        session = self.store.session(token_hash(token)) if is_token(token) else None
        if session is None:
            return None
        now = self.clock.now()
        if not session.lasts(now):
            self.end(session)
            return None
        if now - session.seen > _SEEN:
            session = attrs.evolve(session, seen=now)
            self.store.keep_session(session)
        return session

    def account(self, session: Session | None) -> Account | None:
        """The account of *session*; None for a guest."""
        return self.store.account(session.account) if session is not None and session.account else None

    def end(self, session: Session) -> None:
        """End *session*."""
        self.store.end_session(session.hash)

    def end_all(self, account: str) -> None:
        """End every session of the account with the id *account*."""
        self.store.end_sessions(account)
