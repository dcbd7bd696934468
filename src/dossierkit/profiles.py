"""What somebody does with an account of their own: keep a profile, change the mail address, leave for good."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from dossierkit.accounts import Accounts
from dossierkit.dossiers.accounts import Account, mail_address
from dossierkit.errors import SignInRefused
from dossierkit.letters import letter
from dossierkit.tokens import mail_key


def keep_account(accounts: Accounts, account: Account) -> Account:
    """Keeps *account*, which was changed since it was read.

    Raises:
        StaleAccount: somebody else changed it meanwhile.
    """
    changed = attrs.evolve(account, version=account.version + 1)
    accounts.store.replace_account(changed)
    return changed


def change_mail(accounts: Accounts, account: Account, mail: str, password: str) -> bool:
    """Lets the account sign in with *mail*, and tells the address before; False where it is another's.

    Raises:
        SignInRefused: *password* is another.
        TooManyTries: too often.
    """
    spelled = mail_address(mail)
    assert spelled is not None, "the form that asked for it checks this"
    accounts.throttle.hear(account.mail, "change-mail")
    if not accounts.hasher.verify(account.password, password):
        raise SignInRefused("this is not the password")
    told = letter("mail-changed", account.language, accounts.office, key=mail_key("mail"), to=account.mail, path="/")
    return accounts.store.replace_account(attrs.evolve(account, mail=spelled, version=account.version + 1), told)


def erase_account(accounts: Accounts, account: Account, password: str, discard_drafts: Callable[[], None]) -> None:
    """Forgets the account, once *discard_drafts* has deleted its drafts: whoever is stopped between the two can begin again.

    Raises:
        SignInRefused: *password* is another.
        TooManyTries: too often.
    """
    accounts.throttle.hear(account.mail, "erase")
    if account.password and not accounts.hasher.verify(account.password, password):
        raise SignInRefused("this is not the password")
    discard_drafts()
    told = letter("account-deleted", account.language, accounts.office, key=mail_key("erased"), to=account.mail, path="/")
    accounts.store.delete_account(account.id, told)
