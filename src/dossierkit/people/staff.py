"""People of the office: who they are is said by an admin, never by themselves."""

from __future__ import annotations

import secrets

import attrs

from dossierkit.dossiers.people.account import Account, mail_address
from dossierkit.dossiers.states import OFFICERS, Role
from dossierkit.errors import SettingsError
from dossierkit.people.accounts import Accounts


def appoint(accounts: Accounts, mail: str, name: str, role: Role, unit: str = "") -> str:
    """The first password of a new officer, which is mailed, too.

    Raises:
        SettingsError: the address is none or taken, the role is a citizen's, or nobody but an admin is of no unit.
    """
    spelled = guard_officer(mail, name, role, unit)
    account = Account(secrets.token_hex(16), spelled, accounts.clock.now(), {"fullName": name}, role, unit=unit)
    if not accounts.store.create_account(account):
        raise SettingsError(f"{spelled} has an account already")
    return accounts.issue(account, "shown")


def guard_officer(mail: str, name: str, role: Role, unit: str = "") -> str:
    """The address of a new officer as accounts spell it.

    Raises:
        SettingsError: as for `appoint`, but that it is taken.
    """
    spelled = mail_address(mail)
    if spelled is None:
        raise SettingsError(f"{mail!r} is no mail address")
    if not name.strip():
        raise SettingsError("say what people call the officer")
    if role not in OFFICERS:
        raise SettingsError(f"{role} is no role of the office; known: {', '.join(sorted(OFFICERS))}")
    if not unit and role is not Role.ADMIN:
        raise SettingsError("say which unit: only an admin may be of none, and then sees all of them")
    return spelled


def reset(accounts: Accounts, account: Account) -> str:
    """Another first password, which is mailed; the password until now, the second factor and every session end."""
    # Whoever lost the telephone gets in again, too: a new password proves as much as a new telephone would.
    accounts.store.forget_secrets(account.id)
    secret = accounts.issue(attrs.evolve(account, password="", totp="", totp_used=0), "shown")
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
    for name in (account.mail, f"code:{account.mail}"):
        accounts.throttle.unlock(name)
