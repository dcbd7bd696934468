"""Accounts as a portal uses them: register, sign in, choose a password, stay signed in, leave.

Nothing here tells whether an address has an account: answers, words and time are the same.
"""

from __future__ import annotations

import secrets
from collections.abc import Container
from datetime import timedelta

import attrs

from dossierkit.dossiers.accounts import FIRST_PASSWORD, RESET, Account, Session, Wants, mail_address, password_fault
from dossierkit.dossiers.effects import SendMail
from dossierkit.dossiers.states import OFFICERS
from dossierkit.errors import SignInRefused, StaleAccount, WeakPassword
from dossierkit.forms.pointers import Json
from dossierkit.letters import Office, letter
from dossierkit.ports import AccountStore, Clock, Hasher, Outbox
from dossierkit.throttle import Throttle
from dossierkit.tokens import first_password, hashed, is_token, mail_key, new_token

#: A session is marked as used at most so often.
_SEEN = timedelta(minutes=5)


@attrs.frozen
class SignedIn:
    """A new session.  *token* goes into the cookie and is kept nowhere."""

    token: str
    session: Session


class Accounts:
    """The accounts in one store."""

    def __init__(
        self,
        store: AccountStore,
        outbox: Outbox,
        *,
        clock: Clock,
        hasher: Hasher,
        office: Office,
        common: Container[str] = frozenset(),
        second_factor: bool = False,
    ) -> None:
        self.store = store
        self._outbox = outbox
        self.clock = clock
        self.hasher = hasher
        self._common = common
        self.throttle = Throttle(store, clock)
        self.office = office
        #: People of the office have to have one.
        self.second_factor = second_factor

    # --- becoming known --------------------------------------------------------------------------------------------

    def register(self, mail: str, profile: Json, *, language: str = "vi", address: str = "") -> str:
        """The first password of a new account, which is mailed, too.

        Where the mail address is taken, the text that comes back opens nothing, and the mail tells the owner.
        *mail* must be one that `mail_address` spells.

        Raises:
            TooManyTries: too often from *address*.
        """
        spelled = _spelled(mail)
        self.throttle.hear(f"register:{spelled}", address)
        secret = first_password()
        now = self.clock.now()
        account = Account(secrets.token_hex(16), spelled, now, profile, language=language)
        account = attrs.evolve(account, password=self.hasher.hash(secret), first_until=now + FIRST_PASSWORD)
        if not self.store.create_account(account, self.first_letter(account, secret)):
            owner = self.store.account_of(spelled)
            told = letter(
                "taken", owner.language if owner else language, self.office, key=mail_key("taken"), to=spelled, path="/sign-in"
            )
            self._post(spelled, told)
        return secret

    def first_password_again(self, mail: str, *, address: str = "") -> None:
        """Mails another first password to an account that never chose its own; the one before opens nothing any more.

        Raises:
            TooManyTries: too often.
        """
        self.throttle.hear(f"again:{mail_address(mail)}", address)
        account = self.store.account_of(mail_address(mail) or "")
        secret = first_password()
        kept = self.hasher.hash(secret)
        if account is None or account.first_until is None:
            return
        changed = attrs.evolve(account, password=kept, first_until=self.clock.now() + FIRST_PASSWORD, version=account.version + 1)
        self.store.replace_account(changed, self.first_letter(changed, secret))

    def first_letter(self, account: Account, secret: str) -> SendMail:
        """The mail with a first password."""
        return letter(
            "registered", account.language, self.office,
            key=mail_key("registered"), to=account.mail, path="/sign-in", secret=secret, person=account.name,
        )  # fmt: skip

    # --- coming and going ------------------------------------------------------------------------------------------

    def guest(self) -> SignedIn:
        """A session of nobody in particular."""
        return self._begin(Session("", self.clock.now(), self.clock.now()))

    def sign_in(self, mail: str, password: str, *, address: str = "", guest: Session | None = None) -> SignedIn:
        """A session of the account.

        Args:
            address: where the request came from, for the throttle.
            guest: the session before; its drafts come along, and it ends.

        Raises:
            SignInRefused: no such account, or another password.
            TooManyTries: too often.
        """
        spelled = mail_address(mail) or ""
        self.throttle.hear(spelled, address)
        account = self.store.account_of(spelled)
        right = self.hasher.verify(account.password if account is not None else "", password)
        now = self.clock.now()
        late = account is not None and account.first_until is not None and now >= account.first_until
        if account is None or not right or late or account.disabled:
            raise SignInRefused("no such account, or another password")
        self.throttle.forget(spelled, address)
        first = account.first_until is not None
        if first:
            # It opened once; whoever reads the mail later finds it used.
            changed = attrs.evolve(account, password="", version=account.version + 1)
            try:
                self.store.replace_account(changed)
            except StaleAccount as error:
                raise SignInRefused("somebody else was a moment faster") from error
        elif self.hasher.is_outdated(account.password):
            self.store.replace_account(attrs.evolve(account, password=self.hasher.hash(password), version=account.version + 1))
        return self.begin(account, guest=guest, wants=Wants.PASSWORD if first else None)

    def begin(self, account: Account, *, guest: Session | None = None, wants: Wants | None = None) -> SignedIn:
        """A session of *account*; the drafts of *guest* come along, and its session ends.

        Args:
            wants: what is wanted first; None: the second factor, where there is one or has to be one.

        Raises:
            SignInRefused: it was disabled.
        """
        if account.disabled:
            raise SignInRefused("this account was disabled")
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

    def session(self, token: str) -> Session | None:
        """The session that a cookie names, if it still lasts."""
        found = self.store.session(hashed(token)) if is_token(token) else None
        if found is None:
            return None
        now = self.clock.now()
        if not found.lasts(now):
            self.store.end_session(found.hash)
            return None
        if now - found.seen > _SEEN:
            found = attrs.evolve(found, seen=now)
            self.store.keep_session(found)
        return found

    def account(self, session: Session | None) -> Account | None:
        """Whose session it is; None for a guest."""
        return self.store.account(session.account) if session is not None and session.account else None

    def sign_out(self, session: Session) -> None:
        """Ends *session*."""
        self.store.end_session(session.hash)

    def sign_out_everywhere(self, session: Session) -> None:
        """Ends every session of the account."""
        self.store.end_sessions(session.account)

    # --- passwords -------------------------------------------------------------------------------------------------

    def choose_password(self, session: Session, new: str, *, current: str | None = None) -> SignedIn:
        """A new session after the change; every other session of the account has ended.

        Args:
            current: the password until now; not wanted of a session that wants a new one, whose password is used up.

        Raises:
            SignInRefused: *current* is another.
            WeakPassword: *new* will not do.
        """
        account = self.account(session)
        assert account is not None, "only somebody who is signed in chooses a password"
        if session.wants is not Wants.PASSWORD:
            self.throttle.hear(account.mail, f"session:{session.hash}")
            if not self.hasher.verify(account.password, current or ""):
                raise SignInRefused("this is not the password until now")
        self._keep_password(account, new)
        # Whoever was asked for the second factor already is not asked again.
        return self.begin(account, wants=None if session.wants is Wants.PASSWORD else session.wants)

    def forgot(self, mail: str, *, address: str = "", language: str = "vi") -> None:
        """Mails a link with which a new password can be chosen, or that there is no account.

        Raises:
            TooManyTries: too often.
        """
        spelled = mail_address(mail)
        if spelled is None:
            return
        self.throttle.hear(f"forgot:{spelled}", address)
        account = self.store.account_of(spelled)
        token = new_token()
        if account is None:
            self._post(spelled, letter("no-account", language, self.office, key=mail_key("reset"), to=spelled, path="/register"))
            return
        told = letter(
            "reset",
            account.language,
            self.office,
            key=mail_key("reset"),
            to=spelled,
            path=f"/reset?token={token}",
            person=account.name,
        )
        self.store.keep_secret(hashed(token), account.id, self.clock.now() + RESET, told)

    def reset(self, token: str, new: str) -> None:
        """Keeps *new* as the password; it signs nobody in.

        Raises:
            SignInRefused: the link was used, is too old, or never was.
            WeakPassword: *new* will not do; the link still works.
        """
        now = self.clock.now()
        id = self.store.secret(hashed(token), now)
        account = self.store.account(id) if id else None
        if account is None:
            raise SignInRefused("this link opens nothing any more")
        self._accept(account, new)
        if self.store.take_secret(hashed(token), now) is None:
            raise SignInRefused("this link opens nothing any more")
        self._keep_password(account, new)

    def _keep_password(self, account: Account, new: str) -> None:
        self._accept(account, new)
        changed = attrs.evolve(account, password=self.hasher.hash(new), first_until=None, version=account.version + 1)
        told = letter(
            "password-changed", account.language, self.office, key=mail_key("password"), to=account.mail, path="/forgot"
        )
        self.store.replace_account(changed, told)
        self.store.end_sessions(account.id)

    def _accept(self, account: Account, new: str) -> None:
        fault = password_fault(new, common=self._common, names=(account.mail, account.mail.partition("@")[0], account.name))
        if fault is not None:
            raise WeakPassword(fault)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _begin(self, session: Session) -> SignedIn:
        token = new_token()
        kept = attrs.evolve(session, hash=hashed(token))
        self.store.keep_session(kept)
        return SignedIn(token, kept)

    def _post(self, address: str, mail: SendMail) -> None:
        """A mail without a change; at most one an hour for each address, or anybody could flood it."""
        if self.throttle.is_first(f"told:{address}", timedelta(hours=1)):
            self._outbox.post(mail)


def _spelled(mail: str) -> str:
    address = mail_address(mail)
    assert address is not None, "the form that asked for it checks this"
    return address
