"""Changes to one's own account: profile, mail address, erasure."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from dossierkit.dossiers.people.account import Account, mail_address
from dossierkit.dossiers.people.session_lifetime import Session
from dossierkit.mail.letters import letter
from dossierkit.people.accounts import Accounts
from dossierkit.people.tokens import mail_key


def keep_account(accounts: Accounts, account: Account) -> Account:
    """Store the changed *account*.

    Raises:
        StaleAccount: it was changed meanwhile.
    """
    changed = attrs.evolve(account, version=account.version + 1)
    accounts.store.replace_account(changed)
    return changed


def change_mail(accounts: Accounts, account: Account, session: Session, mail: str, password: str) -> None:
    """Change the mail address of the account to *mail*, mail a link to prove it, and notify the old address.

    The caller learns nothing about another account with the address.

    Raises:
        SignInRefused: *password* is wrong.
        TooManyTries: rate limit reached.
        StaleAccount: it was changed meanwhile.
    """
    spelled = mail_address(mail)
    assert spelled is not None, "the form validates addresses"
    accounts.check_password(account, session, password)
    if spelled == account.mail:
        return
    notice = letter("mail-changed", account.language, accounts.office, key=mail_key("mail"), to=account.mail, path="/")
    changed = attrs.evolve(account, mail=spelled, proven=False, version=account.version + 1)
    accounts.store.replace_account(changed, notice)
    accounts.store.forget_secrets(account.id)
    accounts.addresses.mail_link(changed)


def erase_account(
    accounts: Accounts, account: Account, session: Session, password: str, discard_drafts: Callable[[], None]
) -> None:
    """Delete the drafts of the account with *discard_drafts*, then the account; an interrupted run can be repeated.

    Raises:
        SignInRefused: *password* is wrong.
        TooManyTries: rate limit reached.
    """
    accounts.check_password(account, session, password)
    discard_drafts()
    notice = letter("account-deleted", account.language, accounts.office, key=mail_key("erased"), to=account.mail, path="/")
    may_notify = account.proven or accounts.throttle.may_mail("erased", account.mail)
    accounts.store.delete_account(account.id, *((notice,) if may_notify else ()))
