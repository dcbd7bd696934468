"""What somebody does with an account of their own: keep a profile, change the mail address, leave for good."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from dossierkit.dossiers.people.account import Account, mail_address
from dossierkit.dossiers.people.session import Session
from dossierkit.mail.letters import letter
from dossierkit.people.accounts import Accounts
from dossierkit.people.tokens import mail_key


def keep_account(accounts: Accounts, account: Account) -> Account:
    """Keeps *account*, which was changed since it was read.

    Raises:
        StaleAccount: somebody else changed it meanwhile.
    """
    changed = attrs.evolve(account, version=account.version + 1)
    accounts.store.replace_account(changed)
    return changed


def change_mail(accounts: Accounts, account: Account, session: Session, mail: str, password: str) -> None:
    """Lets the account sign in with *mail*, which has to be proven, and tells the address before.

    Whoever asks is told nothing of another account that has the address.

    Raises:
        SignInRefused: *password* is another.
        TooManyTries: too often.
        StaleAccount: somebody else changed it meanwhile.
    """
    spelled = mail_address(mail)
    assert spelled is not None, "the form that asked for it checks this"
    accounts.check_password(account, session, password)
    if spelled == account.mail:
        return
    told = letter("mail-changed", account.language, accounts.office, key=mail_key("mail"), to=account.mail, path="/")
    changed = attrs.evolve(account, mail=spelled, proven=False, version=account.version + 1)
    accounts.store.replace_account(changed, told)
    accounts.store.forget_secrets(account.id)
    accounts.ask_to_confirm(changed)


def erase_account(
    accounts: Accounts, account: Account, session: Session, password: str, discard_drafts: Callable[[], None]
) -> None:
    """Forgets the account, once *discard_drafts* has deleted its drafts: whoever is stopped between the two can begin again.

    Raises:
        SignInRefused: *password* is another.
        TooManyTries: too often.
    """
    accounts.check_password(account, session, password)
    discard_drafts()
    told = letter("account-deleted", account.language, accounts.office, key=mail_key("erased"), to=account.mail, path="/")
    accounts.store.delete_account(account.id, *((told,) if account.proven or accounts.may_tell("erased", account.mail) else ()))
