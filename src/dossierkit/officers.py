"""People of the office: who they are is said by an admin, never by themselves."""

from __future__ import annotations

import secrets

import attrs

from dossierkit.accounts import Accounts
from dossierkit.dossiers.accounts import FIRST_PASSWORD, Account, mail_address
from dossierkit.dossiers.states import OFFICERS, Role
from dossierkit.errors import SettingsError
from dossierkit.tokens import first_password


def appoint(accounts: Accounts, mail: str, name: str, role: Role, unit: str = "") -> str:
    """The first password of a new officer, which is mailed, too.

    Raises:
        SettingsError: the address is none or taken, the role is a citizen's, or nobody but an admin is of no unit.
    """
    spelled = mail_address(mail)
    if spelled is None:
        raise SettingsError(f"{mail!r} is no mail address")
    if role not in OFFICERS:
        raise SettingsError(f"{role} is no role of the office; known: {', '.join(sorted(OFFICERS))}")
    if not unit and role is not Role.ADMIN:
        raise SettingsError("say which unit: only an admin may be of none, and then sees all of them")
    account = Account(secrets.token_hex(16), spelled, accounts.clock.now(), {"fullName": name}, role, unit=unit)
    secret, renewed = _renewed(accounts, account)
    if not accounts.store.create_account(renewed, accounts.first_letter(renewed, secret)):
        raise SettingsError(f"{spelled} has an account already")
    return secret


def reset(accounts: Accounts, account: Account) -> str:
    """Another first password, which is mailed; the password until now, the second factor and every session end."""
    # Whoever lost the telephone gets in again, too: a new password proves as much as a new telephone would.
    secret, renewed = _renewed(accounts, attrs.evolve(account, totp="", totp_used=0))
    accounts.store.replace_account(attrs.evolve(renewed, version=account.version + 1), accounts.first_letter(renewed, secret))
    accounts.store.end_sessions(account.id)
    return secret


def disable(accounts: Accounts, account: Account, *, disabled: bool = True) -> Account:
    """The account closed, with every session ended, or open again."""
    changed = attrs.evolve(account, disabled=disabled, version=account.version + 1)
    accounts.store.replace_account(changed)
    accounts.store.end_sessions(account.id)
    return changed


def unlock(accounts: Accounts, account: Account) -> None:
    """Forgets how often somebody guessed at the password."""
    accounts.throttle.unlock(account.mail)


def _renewed(accounts: Accounts, account: Account) -> tuple[str, Account]:
    secret = first_password()
    until = accounts.clock.now() + FIRST_PASSWORD
    return secret, attrs.evolve(account, password=accounts.hasher.hash(secret), first_until=until)
