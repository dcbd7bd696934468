"""Accounts of officers: an admin creates and changes them."""

from __future__ import annotations

import secrets

import attrs

from dossierkit.dossiers.people.account import Account, mail_address
from dossierkit.dossiers.states import OFFICERS, Role
from dossierkit.errors import SettingsError
from dossierkit.hidden_characters import hidden_character
from dossierkit.people.accounts import Accounts


def appoint(accounts: Accounts, mail: str, name: str, role: Role, unit: str = "") -> str:
    """Create the account of an officer and return its first password, which is mailed, too.

    Raises:
        SettingsError: the address is invalid or taken, the role is a citizen's, or the unit is missing (optional for admins).
    """
    spelled = guard_officer(mail, name, role, unit)
    account = Account(secrets.token_hex(16), spelled, accounts.clock.now(), {"fullName": name}, role, unit=unit)
    if not accounts.store.create_account(account):
        raise SettingsError(f"{spelled} has an account already")
    return accounts.issue(account, "shown")


def guard_officer(mail: str, name: str, role: Role, unit: str = "") -> str:
    """The normalised mail address of a new officer, after all checks of `appoint` except whether it is taken.

    Raises:
        SettingsError: a check fails.
    """
    spelled = mail_address(mail)
    if spelled is None:
        raise SettingsError(f"{mail!r} is not a mail address")
    if not name.strip():
        raise SettingsError("the officer needs a name")
    if hidden := hidden_character(name):
        raise SettingsError(f"the name has the hidden character {hidden.code} at position {hidden.index + 1}; type it again")
    if role not in OFFICERS:
        raise SettingsError(f"{role} is not a role of an officer; known: {', '.join(sorted(OFFICERS))}")
    if not unit and role is not Role.ADMIN:
        raise SettingsError("the officer needs a unit; only an admin may have none, and then sees all units")
    return spelled


def reset(accounts: Accounts, account: Account) -> str:
    """Remove password, second factor and sessions of *account*, and return a new first password, which is mailed, too."""
    # The second factor goes as well, so that this also helps officers who lost their telephone.
    accounts.store.forget_secrets(account.id)
    secret = accounts.issue(attrs.evolve(account, password="", totp="", totp_used=0), "shown")
    accounts.store.end_sessions(account.id)
    return secret


def disable(accounts: Accounts, account: Account, *, disabled: bool = True) -> Account:
    """Disable *account* and end its sessions, or enable it again; returns the changed account."""
    changed = attrs.evolve(account, disabled=disabled, version=account.version + 1)
    accounts.store.replace_account(changed)
    accounts.store.end_sessions(account.id)
    return changed


def unlock(accounts: Accounts, account: Account) -> None:
    """Forget the failed sign-ins of *account*."""
    for name in (account.mail, f"code:{account.mail}"):
        accounts.throttle.unlock(name)
