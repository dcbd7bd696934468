"""Second factor: time-based codes (TOTP, RFC 6238) from an authenticator app.

The secret is stored in plain text, as codes cannot be checked otherwise; access to the store does not reveal the password.
"""

from __future__ import annotations

import re

import attrs

from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.people.session_lifetime import Session, Wants
from dossierkit.errors import SignInRefused
from dossierkit.people.accounts import NOWHERE, Accounts
from dossierkit.people.sessions import SignedIn
from dossierkit.people.throttle import CODES, Origin

_SECRET = re.compile(r"[A-Z2-7]{32}")
#: Seconds that a code is valid for, and the codes before and after it that are accepted, as clocks differ.
STEP, DRIFT = 30, 1


def new_secret() -> str:
    """A secret of 160 bits."""
    import pyotp

    return pyotp.random_base32()


def is_secret(text: str) -> bool:
    """Whether *text* is written as `new_secret` writes one."""
    return _SECRET.fullmatch(text) is not None


def address(accounts: Accounts, account: Account, secret: str) -> str:
    """The `otpauth:` address for the QR code that an app scans."""
    import pyotp

    return str(pyotp.TOTP(secret).provisioning_uri(name=account.mail, issuer_name=accounts.office.name))


def enrol(accounts: Accounts, session: Session, secret: str, code: str, *, origin: Origin = NOWHERE) -> SignedIn:
    """Make *secret* the second factor, once *code* shows that the app has it; ends all sessions and starts a new one.

    Raises:
        SignInRefused: the code is wrong.
        TooManyTries: rate limit reached.
    """
    account = _of(accounts, session)
    used = _verified_step(accounts, account, origin, secret, code)
    return _replace_and_begin(accounts, attrs.evolve(account, totp=secret, totp_used=used))


def confirm(accounts: Accounts, session: Session, code: str, *, origin: Origin = NOWHERE) -> SignedIn:
    """Check *code* after the password; ends all sessions and starts a new one with full access.

    Raises:
        SignInRefused: the code is wrong, or was used already.
        TooManyTries: rate limit reached.
    """
    account = _of(accounts, session)
    used = _verified_step(accounts, account, origin, account.totp, code)
    return _replace_and_begin(accounts, attrs.evolve(account, totp_used=used))


def drop(accounts: Accounts, session: Session, code: str, *, origin: Origin = NOWHERE) -> SignedIn:
    """Remove the second factor; ends all sessions and starts a new one.

    Raises:
        SignInRefused, TooManyTries: as for `confirm`.
    """
    account = _of(accounts, session)
    _verified_step(accounts, account, origin, account.totp, code)
    return _replace_and_begin(accounts, attrs.evolve(account, totp="", totp_used=0))


def _of(accounts: Accounts, session: Session) -> Account:
    account = accounts.sessions.account(session)
    assert account is not None, "the second factor comes after the password"
    return account


def _verified_step(accounts: Accounts, account: Account, origin: Origin, secret: str, code: str) -> int:
    """The time step of *code*, later than any step that was used before."""
    import pyotp

    known = accounts.devices.name_of(origin.devices, account, accounts.clock.now())
    attempt = accounts.throttle.hear(f"code:{account.mail}", origin, known=known, door=CODES)
    typed = "".join(code.split())
    now = int(accounts.clock.now().timestamp()) // STEP
    totp = pyotp.TOTP(secret, interval=STEP) if secret else None
    good = [step for step in range(now - DRIFT, now + DRIFT + 1) if totp is not None and totp.verify(typed, for_time=step * STEP)]
    # Used steps count for one secret only; a secret that is being enrolled has none.
    before = account.totp_used if secret == account.totp else 0
    if not good or good[-1] <= before:
        raise SignInRefused("wrong code")
    accounts.throttle.take_back(attempt)
    return good[-1]


def _replace_and_begin(accounts: Accounts, account: Account) -> SignedIn:
    accounts.store.replace_account(attrs.evolve(account, version=account.version + 1))
    accounts.store.end_sessions(account.id)
    return accounts.sessions.begin(account, wants=Wants.NOTHING)
