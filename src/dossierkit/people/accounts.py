"""Accounts as a portal uses them: registration, sign-in, passwords, sessions.

No method reveals whether an address has an account: results, messages and timing are the same in both cases.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Container
from contextlib import suppress
from datetime import timedelta

import attrs

from dossierkit import pointers
from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.people.account import FIRST_PASSWORD, RESET, Account, mail_address
from dossierkit.dossiers.people.password_rules import password_fault
from dossierkit.dossiers.people.session_lifetime import Session, Wants
from dossierkit.errors import SignInRefused, StaleAccount, WeakPassword
from dossierkit.mail.letters import Office, letter
from dossierkit.people.addresses import Addresses
from dossierkit.people.devices import Devices
from dossierkit.people.expiring_values import ExpiringValues
from dossierkit.people.sessions import Sessions, SignedIn
from dossierkit.people.throttle import Origin, Throttle
from dossierkit.people.tokens import first_password, is_token, issued_digests, mail_key, new_token, token_hash
from dossierkit.pointers import Json
from dossierkit.ports import AccountStore, Clock, Hasher, Outbox

NOWHERE = Origin()


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
        self.expiring = ExpiringValues(store, clock)
        self.addresses = Addresses(store, outbox, self.expiring, self.throttle, office)
        self.sessions = Sessions(store, clock, second_factor)
        own_key = secrets.token_bytes(32)
        self.devices = Devices(key or (lambda: own_key))
        self.office = office

    def register(self, mail: str, profile: Json, *, language: str = "vi", origin: Origin = NOWHERE, once: str = "") -> str:
        """Create an account and return its first password, which is mailed, too.

        The address is unproven until its owner uses the mailed password or link.  If another account has proven the address,
        that account is notified and keeps the address; the new account works, so that the other one is not revealed.
        *mail* must be a valid address, see `mail_address`.

        Args:
            once: a token of the form page; the same token and details give the same password and no second account.

        Raises:
            TooManyTries: rate limit reached.
        """
        spelled = _spelled(mail)
        secret = first_password(pointers.key([once, spelled, profile]) if is_token(once) else "")
        issued = tuple(sorted(issued_digests(secret)))
        if any(account.issued[: len(issued)] == issued for account in self.store.accounts_of(spelled)):
            return secret
        self.throttle.hear(f"register:{spelled}", origin)
        until = self.clock.now() + FIRST_PASSWORD
        id = secrets.token_hex(16)
        account = Account(id, spelled, self.clock.now(), profile, first_until=until, language=language, proven=False)
        account = attrs.evolve(account, issued=issued)
        self.store.create_account(account)
        self.keep_first_password(account, secret, "shown", *self._registration_mails(account, secret))
        return secret

    def _registration_mails(self, account: Account, secret: str) -> tuple[SendMail, ...]:
        # Made in every case, so that timing does not reveal whether the address has an owner.
        letter_to_claim = self.first_letter(account, secret)
        owner = self.addresses.owner(account.mail)
        if owner is not None:
            notice = letter("taken", owner.language, self.office, key=mail_key("taken"), to=account.mail, path="/sign-in")
            return (notice,) if self.throttle.may_mail("taken", account.mail, timedelta(hours=1), 1) else ()
        return (letter_to_claim,) if self.throttle.may_mail("registered", account.mail) else ()

    def first_password_again(self, mail: str, *, origin: Origin = NOWHERE) -> None:
        """Mail another first password to an account without a password of its own; earlier ones stay valid until they expire.

        Raises:
            TooManyTries: rate limit reached.
        """
        spelled = mail_address(mail) or ""
        self.throttle.hear(f"again:{spelled}", origin)
        waiting = [account for account in self.store.accounts_of(spelled) if account.first_until is not None]
        if not self.throttle.may_mail("registered", spelled):
            return
        if not waiting or self.addresses.owner(spelled) not in (None, waiting[-1]):
            # As many writes as for an existing account, so that timing does not reveal it.
            for _ in range(3):
                self.expiring.keep(token_hash(new_token()), "", RESET)
            return
        with suppress(StaleAccount):  # a parallel request has just sent one
            self.issue(waiting[-1], "mailed")

    def issue(self, account: Account, way: str) -> str:
        """Create and mail another first password of *account*; *way* is `shown` if the caller displays it, too, else `mailed`.

        Raises:
            StaleAccount: the account was changed meanwhile.
        """
        secret, until = first_password(), self.clock.now() + FIRST_PASSWORD
        issued = (*account.issued, *issued_digests(secret))
        changed = attrs.evolve(account, issued=issued, first_until=until, version=account.version + 1)
        self.store.replace_account(changed)
        self.keep_first_password(changed, secret, way, self.first_letter(changed, secret))
        return secret

    def keep_first_password(self, account: Account, secret: str, way: str, *mails: SendMail) -> None:
        """Store the first password *secret*: it signs in once, until `first_until`, to choose a password."""
        assert account.first_until is not None, "a first password has an expiry"
        self.store.keep_secret(_first(way, account.mail, secret), account.id, account.first_until, *mails)

    def first_letter(self, account: Account, secret: str) -> SendMail:
        """The mail with a first password, and with a link to prove the address if it is unproven."""
        return letter(
            "registered", account.language, self.office,
            key=mail_key("registered"), to=account.mail, path="/sign-in", secret=secret, person=account.name,
            confirm="" if account.proven else self.office.address.rstrip("/") + self.addresses.new_link(account),
        )  # fmt: skip

    def sign_in(self, mail: str, password: str, *, origin: Origin = NOWHERE, guest: Session | None = None) -> SignedIn:
        """Start a session of the account with *mail* and *password*.

        Args:
            origin: the origin of the request, for rate limits.
            guest: the session until now; it ends, and its drafts move to the account.

        Raises:
            SignInRefused: unknown account or wrong password.
            TooManyTries: rate limit reached.
        """
        spelled, now = mail_address(mail) or "", self.clock.now()
        accounts, known = self.store.accounts_of(spelled), ""
        for account in accounts:
            if known := self.devices.name_of(origin.devices, account, now):
                accounts = (account, *(other for other in accounts if other.id != account.id))
                break
        attempt = self.throttle.hear(spelled, origin, known=known)
        account, first = self._account_opened_by(spelled, accounts, password, waited_for=bool(known or origin.effort))
        self.throttle.take_back(attempt)
        return self.sessions.begin(account, guest=guest, wants=Wants.PASSWORD if first else None)

    def _account_opened_by(
        self, mail: str, accounts: tuple[Account, ...], password: str, *, waited_for: bool
    ) -> tuple[Account, bool]:
        """The account that *password* belongs to, and whether it is a first password.

        A failure always takes two password checks, independent of the number of accounts with the address.

        Raises:
            SignInRefused: it belongs to none.
        """
        for way in ("mailed", "shown"):
            id = self.expiring.get(_first(way, mail, password))
            account = self.store.account(id) if id else None
            if account is not None and not account.disabled and self.expiring.take(_first(way, mail, password)):
                if way == "mailed":
                    with suppress(StaleAccount):  # the link in the mail proves the address, too
                        self.addresses.prove(account)
                return account, True
        checked = [*(account.password for account in accounts), "", ""][:2]
        right = next((n for n, hash in enumerate(checked) if self.hasher.verify(hash, password, first=waited_for)), None)
        if right is None or accounts[right].disabled:
            raise SignInRefused("unknown account or wrong password")
        account = accounts[right]
        if account.first_until is not None:
            return self._use_legacy_first_password(account), True
        if self.hasher.is_outdated(account.password):
            renewed = attrs.evolve(account, password=self.hasher.hash(password), version=account.version + 1)
            with suppress(StaleAccount):  # the next sign-in renews the hash
                self.store.replace_account(renewed)
                return renewed, False
        return account, False

    def _use_legacy_first_password(self, account: Account) -> Account:
        """Use up a first password that an older version stored as the password of *account*."""
        if account.first_until is None or self.clock.now() >= account.first_until:
            raise SignInRefused("this first password has expired")
        changed = attrs.evolve(account, password="", version=account.version + 1)
        self.store.replace_account(changed)
        return changed

    def get(self, id: str) -> Account | None:
        """The account called *id*."""
        return self.store.account(id)

    def officers(self, unit: str = "") -> tuple[Account, ...]:
        """The people of the office, or of one *unit* of it."""
        return self.store.officers(unit)

    def is_bouncing(self, mail: str) -> bool:
        """Whether the last mail to this address was refused for good."""
        return self._outbox.bounces(mail)

    def choose_password(self, session: Session, new: str, *, current: str | None = None) -> SignedIn:
        """Change the password, end every session of the account, and start a new one.

        Args:
            current: the current password; not needed if the session requires a new password.

        Raises:
            SignInRefused: *current* is wrong.
            WeakPassword: *new* breaks a password rule.
        """
        account = self.sessions.account(session)
        assert account is not None, "a guest has no password"
        if session.wants is not Wants.PASSWORD:
            self.check_password(account, session, current or "")
        self._keep_password(account, new)
        # A second factor that was given in the old session counts for the new one.
        return self.sessions.begin(account, wants=None if session.wants is Wants.PASSWORD else session.wants)

    def check_password(self, account: Account, session: Session, password: str) -> None:
        """Check *password* again before a sensitive change.

        Raises:
            SignInRefused: it is wrong.
            TooManyTries: rate limit of this session reached.
        """
        attempt = self.throttle.hear(account.mail, NOWHERE, known=f"session-{session.hash}")
        if account.password and not self.hasher.verify(account.password, password, first=True):
            raise SignInRefused("this is not the current password")
        self.throttle.take_back(attempt)

    def mail_reset_link(self, mail: str, *, origin: Origin = NOWHERE, language: str = "vi") -> None:
        """Mail a link for choosing a new password, or a note that there is no account; earlier links stay valid.

        Raises:
            TooManyTries: rate limit reached.
        """
        spelled = mail_address(mail)
        if spelled is None:
            return
        account = self.store.account_of(spelled)
        account = None if account is not None and account.hosted else account
        known = self.devices.name_of(origin.devices, account, self.clock.now()) if account is not None else ""
        self.throttle.hear(f"forgot:{spelled}", origin, known=known)
        if not self.throttle.may_mail("reset", spelled):
            return
        token = new_token()
        if account is None:
            notice = letter("no-account", language, self.office, key=mail_key("reset"), to=spelled, path="/register")
            self._outbox.post(notice)
            return
        notice = letter(
            "reset",
            account.language,
            self.office,
            key=mail_key("reset"),
            to=spelled,
            path=f"/reset?token={token}",
            person=account.name,
        )
        self.expiring.keep(token_hash(token), account.id, RESET, notice)

    def reset(self, token: str, new: str) -> Account:
        """Set the password of the account that the link *token* is for, and forget failed sign-ins; starts no session.

        Raises:
            SignInRefused: the link was used, has expired or is unknown.
            WeakPassword: *new* breaks a password rule; the link stays valid.
        """
        id = self.expiring.get(token_hash(token))
        account = self.store.account(id) if id else None
        if account is None:
            raise SignInRefused("this link is no longer valid")
        self._accept(account, new)
        if self.expiring.take(token_hash(token)) is None:
            raise SignInRefused("this link is no longer valid")
        if not account.proven:
            # The reader of the mail owns the address; a second factor set up before may be another person's.
            account = attrs.evolve(account, proven=self.addresses.owner(account.mail) is None, totp="", totp_used=0)
        changed = self._keep_password(account, new)
        for name in (account.mail, f"code:{account.mail}"):
            self.throttle.unlock(name)
        return changed

    def _keep_password(self, account: Account, new: str) -> Account:
        self._accept(account, new)
        changed = attrs.evolve(account, password=self.hasher.hash(new), first_until=None, version=account.version + 1)
        notice = letter(
            "password-changed", account.language, self.office, key=mail_key("password"), to=account.mail, path="/forgot"
        )
        may_notify = changed.proven or self.throttle.may_mail("password", changed.mail)
        self.store.replace_account(changed, *((notice,) if may_notify else ()))
        self.sessions.end_all(account.id)
        self.store.forget_secrets(account.id)
        return changed

    def _accept(self, account: Account, new: str) -> None:
        if issued_digests(new) & set(account.issued):
            raise WeakPassword("issued")
        fault = password_fault(new, common=self._common, names=(account.mail, account.mail.partition("@")[0], account.name))
        if fault is not None:
            raise WeakPassword(fault)


def _first(way: str, mail: str, secret: str) -> str:
    """The name that a first password is stored under; it is random enough for a fast hash."""
    return token_hash(f"first:{way}:{mail}:{'-'.join(sorted(issued_digests(secret)))}")


def _spelled(mail: str) -> str:
    address = mail_address(mail)
    assert address is not None, "the form validates addresses"
    return address
