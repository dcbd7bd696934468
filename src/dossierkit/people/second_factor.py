"""A second factor: codes of half a minute (TOTP, RFC 6238) that an app on a telephone shows.

The secret lies in the store, as it has to: whoever has the store can make codes, and needs the password all the same.
"""

from __future__ import annotations

import re

import attrs

from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.people.session import Session, Wants
from dossierkit.errors import SignInRefused
from dossierkit.people.accounts import NOWHERE, Accounts, SignedIn
from dossierkit.people.throttle import CODES, Origin

_SECRET = re.compile(r"[A-Z2-7]{32}")
#: Seconds that a code is good for; and so many codes before and after it, for clocks that differ.
STEP, DRIFT = 30, 1


def new_secret() -> str:
    """A secret of 160 bits."""
    import pyotp

    return pyotp.random_base32()


def is_secret(text: str) -> bool:
    """Whether *text* is written as `new_secret` writes one."""
    return _SECRET.fullmatch(text) is not None


def address(accounts: Accounts, account: Account, secret: str) -> str:
    """What the QR code for an app says."""
    import pyotp

    return str(pyotp.TOTP(secret).provisioning_uri(name=account.mail, issuer_name=accounts.office.name))


def enrol(accounts: Accounts, session: Session, secret: str, code: str, *, origin: Origin = NOWHERE) -> SignedIn:
    """A new session after *secret* became the second factor, which *code* proves to be in the app.

    Raises:
        SignInRefused: the code is another.
        TooManyTries: too often.
    """
    account = _of(accounts, session)
    used = _used(accounts, account, origin, secret, code)
    return _passed(accounts, attrs.evolve(account, totp=secret, totp_used=used))


def confirm(accounts: Accounts, session: Session, code: str, *, origin: Origin = NOWHERE) -> SignedIn:
    """A new session, from which nothing is kept back any more.

    Raises:
        SignInRefused: the code is another, or was used already.
        TooManyTries: too often.
    """
    account = _of(accounts, session)
    used = _used(accounts, account, origin, account.totp, code)
    return _passed(accounts, attrs.evolve(account, totp_used=used))


def drop(accounts: Accounts, session: Session, code: str, *, origin: Origin = NOWHERE) -> SignedIn:
    """A new session after the second factor is no more.

    Raises:
        SignInRefused, TooManyTries: as for `confirm`.
    """
    account = _of(accounts, session)
    _used(accounts, account, origin, account.totp, code)
    return _passed(accounts, attrs.evolve(account, totp="", totp_used=0))


def _of(accounts: Accounts, session: Session) -> Account:
    account = accounts.account(session)
    assert account is not None, "only somebody who gave a password gets here"
    return account


def _used(accounts: Accounts, account: Account, origin: Origin, secret: str, code: str) -> int:
    """The half minute that *code* is of, later than any that was used before."""
    import pyotp

    known = accounts.devices.known(origin.devices, account, accounts.clock.now())
    heard = accounts.throttle.hear(f"code:{account.mail}", origin, known=known, door=CODES)
    typed = "".join(code.split())
    now = int(accounts.clock.now().timestamp()) // STEP
    totp = pyotp.TOTP(secret, interval=STEP) if secret else None
    good = [step for step in range(now - DRIFT, now + DRIFT + 1) if totp is not None and totp.verify(typed, for_time=step * STEP)]
    # The secret is new when it is enrolled: what was used of another one says nothing.
    before = account.totp_used if secret == account.totp else 0
    if not good or good[-1] <= before:
        raise SignInRefused("this is not the code")
    accounts.throttle.take_back(heard)
    return good[-1]


def _passed(accounts: Accounts, account: Account) -> SignedIn:
    accounts.store.replace_account(attrs.evolve(account, version=account.version + 1))
    accounts.store.end_sessions(account.id)
    return accounts.begin(account, wants=Wants.NOTHING)
