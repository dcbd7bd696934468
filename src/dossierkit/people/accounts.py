"""Accounts as a portal uses them: register, sign in, choose a password, stay signed in, leave.

Nothing here tells whether an address has an account: answers, words and time are the same.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from datetime import timedelta

import attrs

from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.people.account import FIRST_PASSWORD, RESET, Account, mail_address
from dossierkit.dossiers.people.password_rules import password_fault
from dossierkit.dossiers.people.session import Session, Wants
from dossierkit.dossiers.states import OFFICERS
from dossierkit.errors import SignInRefused, StaleAccount, WeakPassword
from dossierkit.mail.letters import Office, letter
from dossierkit.people.devices import Devices
from dossierkit.people.throttle import Origin, Throttle
from dossierkit.people.tokens import first_password, hashed, is_token, issued_digests, mail_key, new_token
from dossierkit.pointers import Json
from dossierkit.ports import AccountStore, Clock, Hasher, Outbox

NOWHERE = Origin()
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
        key: Callable[[], bytes] | None = None,
    ) -> None:
        self.store = store
        self._outbox = outbox
        self.clock = clock
        self.hasher = hasher
        self._common = common
        self.throttle = Throttle(store, clock)
        own_key = secrets.token_bytes(32)
        self.devices = Devices(key or (lambda: own_key))
        self.office = office
        #: People of the office have to have one.
        self.second_factor = second_factor

    # --- becoming known --------------------------------------------------------------------------------------------

    def register(self, mail: str, profile: Json, *, language: str = "vi", origin: Origin = NOWHERE) -> str:
        """The first password of a new account, which is mailed, too.

        The account claims the address until somebody uses what was mailed there.  Whoever proved it before keeps it, and
        is told; the new account works all the same, so that nobody learns of the other.
        *mail* must be one that `mail_address` spells.

        Raises:
            TooManyTries: too often.
        """
        spelled = _spelled(mail)
        self.throttle.hear(f"register:{spelled}", origin)
        until = self.clock.now() + FIRST_PASSWORD
        id = secrets.token_hex(16)
        account = Account(id, spelled, self.clock.now(), profile, first_until=until, language=language, proven=False)
        secret = first_password()
        account = attrs.evolve(account, issued=tuple(issued_digests(secret)))
        self.store.create_account(account)
        self.keep_first_password(account, secret, "shown", *self._told_to_register(account, secret))
        return secret

    def _told_to_register(self, account: Account, secret: str) -> tuple[SendMail, ...]:
        # Made for everybody: what is written, and how long that takes, tells nobody of an owner.
        letter_to_claim = self.first_letter(account, secret)
        owner = self._owner(account.mail)
        if owner is not None:
            told = letter("taken", owner.language, self.office, key=mail_key("taken"), to=account.mail, path="/sign-in")
            return (told,) if self.may_tell("taken", account.mail, timedelta(hours=1), 1) else ()
        return (letter_to_claim,) if self.may_tell("registered", account.mail) else ()

    def first_password_again(self, mail: str, *, origin: Origin = NOWHERE) -> None:
        """Mails another first password to an account that never chose its own; those before open as long as they last.

        Raises:
            TooManyTries: too often.
        """
        spelled = mail_address(mail) or ""
        self.throttle.hear(f"again:{spelled}", origin)
        waiting = [account for account in self.store.accounts_of(spelled) if account.first_until is not None]
        if not self.may_tell("registered", spelled):
            return
        if not waiting or self._owner(spelled) not in (None, waiting[-1]):
            # As many writes as for somebody, or the time would tell.
            for _ in range(3):
                self.store.keep_secret(hashed(new_token()), "", self.clock.now() + RESET)
            return
        with suppress(StaleAccount):  # somebody had one sent a moment ago
            self.issue(waiting[-1], "mailed")

    def issue(self, account: Account, way: str) -> str:
        """Another first password of *account*, which is mailed; *way* says whether it is `shown`, too, or only `mailed`.

        Raises:
            StaleAccount: somebody changed the account meanwhile.
        """
        secret, until = first_password(), self.clock.now() + FIRST_PASSWORD
        issued = (*account.issued, *issued_digests(secret))
        changed = attrs.evolve(account, issued=issued, first_until=until, version=account.version + 1)
        self.store.replace_account(changed)
        self.keep_first_password(changed, secret, way, self.first_letter(changed, secret))
        return secret

    def keep_first_password(self, account: Account, secret: str, way: str, *mails: SendMail) -> None:
        """Lets *secret* open the way to a password of one's own, once, within a day."""
        assert account.first_until is not None, "whoever issues a first password says how long it lasts"
        self.store.keep_secret(_first(way, account.mail, secret), account.id, account.first_until, *mails)

    def first_letter(self, account: Account, secret: str) -> SendMail:
        """The mail with a first password, and with the link that proves the address where it is not proven yet."""
        return letter(
            "registered", account.language, self.office,
            key=mail_key("registered"), to=account.mail, path="/sign-in", secret=secret, person=account.name,
            confirm="" if account.proven else self.office.address.rstrip("/") + self._way_to_confirm(account),
        )  # fmt: skip

    def _way_to_confirm(self, account: Account) -> str:
        token = new_token()
        self.store.keep_secret(_confirms(token), f"{account.id} {account.mail}", self.clock.now() + FIRST_PASSWORD)
        return f"/confirm?token={token}"

    def ask_to_confirm(self, account: Account) -> None:
        """Mails a link that proves the address of *account*; to an address that another proved, that somebody asked."""
        if account.proven or not self.may_tell("confirm", account.mail):
            return
        path = self._way_to_confirm(account)
        if self._owner(account.mail) is not None:
            told = letter("taken", account.language, self.office, key=mail_key("taken"), to=account.mail, path="/sign-in")
        else:
            told = letter("confirm", account.language, self.office, key=mail_key("confirm"), to=account.mail, path=path)
        self._outbox.post(told)

    def confirm(self, token: str) -> None:
        """Keeps that the mail address is its account's; any other account that claims it goes on without mails.

        Raises:
            SignInRefused: the link is too old or never was, the account has another address by now, or another proved it.
        """
        id, _, mail = (self.store.secret(_confirms(token), self.clock.now()) or "").partition(" ")
        account = self.store.account(id)
        if account is None or account.mail != mail or not self._prove(account):
            raise SignInRefused("this link proves nothing any more")

    def _prove(self, account: Account) -> bool:
        if account.proven:
            return True
        return self.store.replace_account(attrs.evolve(account, proven=True, version=account.version + 1))

    def _owner(self, mail: str) -> Account | None:
        """The account that proved *mail*."""
        return next((account for account in self.store.accounts_of(mail) if account.proven), None)

    # --- coming and going ------------------------------------------------------------------------------------------

    def guest(self) -> SignedIn:
        """A session of nobody in particular."""
        return self._begin(Session("", self.clock.now(), self.clock.now()))

    def sign_in(self, mail: str, password: str, *, origin: Origin = NOWHERE, guest: Session | None = None) -> SignedIn:
        """A session of the account.

        Args:
            origin: where the request came from, for the throttle.
            guest: the session before; its drafts come along, and it ends.

        Raises:
            SignInRefused: no such account, or another password.
            TooManyTries: too often.
        """
        spelled, now = mail_address(mail) or "", self.clock.now()
        accounts, known = self.store.accounts_of(spelled), ""
        for account in accounts:
            if known := self.devices.known(origin.devices, account, now):
                accounts = (account, *(other for other in accounts if other.id != account.id))
                break
        heard = self.throttle.hear(spelled, origin, known=known)
        account, first = self._opened(spelled, accounts, password, waited_for=bool(known or origin.effort))
        self.throttle.take_back(heard)
        return self.begin(account, guest=guest, wants=Wants.PASSWORD if first else None)

    def _opened(self, mail: str, accounts: tuple[Account, ...], password: str, *, waited_for: bool) -> tuple[Account, bool]:
        """The account that *password* opens, and whether it is a first one.

        Two passwords are checked wherever none is right, however many accounts claim the address.

        Raises:
            SignInRefused: none.
        """
        for way in ("mailed", "shown"):
            id = self.store.secret(_first(way, mail, password), self.clock.now())
            account = self.store.account(id) if id else None
            if (
                account is not None
                and not account.disabled
                and self.store.take_secret(_first(way, mail, password), self.clock.now())
            ):
                if way == "mailed":
                    with suppress(StaleAccount):  # a link does it, too
                        self._prove(account)
                return account, True
        checked = [*(account.password for account in accounts), "", ""][:2]
        right = next((n for n, hash in enumerate(checked) if self.hasher.verify(hash, password, first=waited_for)), None)
        if right is None or accounts[right].disabled:
            raise SignInRefused("no such account, or another password")
        account = accounts[right]
        if account.first_until is not None:
            return self._opened_as_before(account), True
        if self.hasher.is_outdated(account.password):
            renewed = attrs.evolve(account, password=self.hasher.hash(password), version=account.version + 1)
            with suppress(StaleAccount):  # the next sign-in does it
                self.store.replace_account(renewed)
                return renewed, False
        return account, False

    def _opened_as_before(self, account: Account) -> Account:
        """*account* after its first password was used, which an older version kept as a password."""
        if account.first_until is None or self.clock.now() >= account.first_until:
            raise SignInRefused("this first password is too old")
        changed = attrs.evolve(account, password="", version=account.version + 1)
        self.store.replace_account(changed)
        return changed

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

    def get(self, id: str) -> Account | None:
        """The account called *id*."""
        return self.store.account(id)

    def officers(self, unit: str = "") -> tuple[Account, ...]:
        """The people of the office, or of one *unit* of it."""
        return self.store.officers(unit)

    def keep_views(self, account: Account, views: Mapping[str, str]) -> None:
        """Keep the named lists of the desk of *account*.

        Raises:
            StaleAccount: it was changed since it was read.
        """
        self.store.replace_account(attrs.evolve(account, views=views, version=account.version + 1))

    def is_bouncing(self, mail: str) -> bool:
        """Whether the last mail to this address was refused for good."""
        return self._outbox.bounces(mail)

    def keep_secret(self, name: str, value: str, lasts: timedelta) -> None:
        """Keep *value* under *name*, which is a hash, for a time."""
        self.store.keep_secret(name, value, self.clock.now() + lasts)

    def secret(self, name: str) -> str | None:
        """The value kept under *name*, while it lasts."""
        return self.store.secret(name, self.clock.now())

    def take_secret(self, name: str) -> str | None:
        """The value kept under *name*, which is forgotten with this."""
        return self.store.take_secret(name, self.clock.now())

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
            self.check_password(account, session, current or "")
        self._keep_password(account, new)
        # Whoever was asked for the second factor already is not asked again.
        return self.begin(account, wants=None if session.wants is Wants.PASSWORD else session.wants)

    def check_password(self, account: Account, session: Session, password: str) -> None:
        """Makes sure that whoever is signed in is the one who knows *password*.

        Raises:
            SignInRefused: it is another.
            TooManyTries: too often in this session.
        """
        heard = self.throttle.hear(account.mail, NOWHERE, known=f"session-{session.hash}")
        if account.password and not self.hasher.verify(account.password, password, first=True):
            raise SignInRefused("this is not the password until now")
        self.throttle.take_back(heard)

    def forgot(self, mail: str, *, origin: Origin = NOWHERE, language: str = "vi") -> None:
        """Mails a link with which a new password can be chosen, or that there is no account; the links before still work.

        Raises:
            TooManyTries: too often.
        """
        spelled = mail_address(mail)
        if spelled is None:
            return
        account = self.store.account_of(spelled)
        known = self.devices.known(origin.devices, account, self.clock.now()) if account is not None else ""
        self.throttle.hear(f"forgot:{spelled}", origin, known=known)
        if not self.may_tell("reset", spelled):
            return
        token = new_token()
        if account is None:
            told = letter("no-account", language, self.office, key=mail_key("reset"), to=spelled, path="/register")
            self._outbox.post(told)
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

    def reset(self, token: str, new: str) -> Account:
        """The account after *new* became its password, and after what others guessed is forgotten; it signs nobody in.

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
        if not account.proven:
            # Whoever reads the mail owns the address; a second factor that somebody else set up there goes.
            account = attrs.evolve(account, proven=self._owner(account.mail) is None, totp="", totp_used=0)
        changed = self._keep_password(account, new)
        for name in (account.mail, f"code:{account.mail}"):
            self.throttle.unlock(name)
        return changed

    def _keep_password(self, account: Account, new: str) -> Account:
        self._accept(account, new)
        changed = attrs.evolve(account, password=self.hasher.hash(new), first_until=None, version=account.version + 1)
        told = letter(
            "password-changed", account.language, self.office, key=mail_key("password"), to=account.mail, path="/forgot"
        )
        self.store.replace_account(changed, *((told,) if changed.proven or self.may_tell("password", changed.mail) else ()))
        self.store.end_sessions(account.id)
        self.store.forget_secrets(account.id)
        return changed

    def _accept(self, account: Account, new: str) -> None:
        if issued_digests(new) & set(account.issued):
            raise WeakPassword("issued")
        fault = password_fault(new, common=self._common, names=(account.mail, account.mail.partition("@")[0], account.name))
        if fault is not None:
            raise WeakPassword(fault)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _begin(self, session: Session) -> SignedIn:
        token = new_token()
        kept = attrs.evolve(session, hash=hashed(token))
        self.store.keep_session(kept)
        return SignedIn(token, kept)

    def may_tell(self, kind: str, address: str, window: timedelta = RESET / 2, most: int = 3) -> bool:
        """Whether one more mail of *kind* may go to *address*, or anybody could flood it.

        Whoever gets none has one from a moment ago, whose link or password still opens for half of its time.
        """
        return self.throttle.is_free(f"told:{kind}:{address}", window, most)


def _first(way: str, mail: str, secret: str) -> str:
    """Where a first password is kept: it is long enough that a fast hash will do."""
    return hashed(f"first:{way}:{mail}:{'-'.join(sorted(issued_digests(secret)))}")


def _confirms(token: str) -> str:
    return hashed(f"confirm:{token}")


def _spelled(mail: str) -> str:
    address = mail_address(mail)
    assert address is not None, "the form that asked for it checks this"
    return address
