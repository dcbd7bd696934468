"""Proof that a mail address belongs to the owner of an account: its reader follows a link, or uses a mailed password.

Several accounts may claim an address; at most one has proven it.
"""

from __future__ import annotations

import attrs

from dossierkit.dossiers.people.account import FIRST_PASSWORD, Account
from dossierkit.errors import SignInRefused
from dossierkit.mail.letters import Office, letter
from dossierkit.people.expiring_values import ExpiringValues
from dossierkit.people.throttle import Throttle
from dossierkit.people.tokens import mail_key, new_token, token_hash
from dossierkit.ports import AccountStore, Outbox


@attrs.frozen
class Addresses:
    """The mail addresses of the accounts in *store*."""

    store: AccountStore
    outbox: Outbox
    expiring: ExpiringValues
    throttle: Throttle
    office: Office

    def owner(self, mail: str) -> Account | None:
        """The account that has proven *mail*."""
        return next((account for account in self.store.accounts_of(mail) if account.proven), None)

    def prove(self, account: Account) -> bool:
        """Mark the address of *account* as proven; False if another account has proven it.

        Raises:
            StaleAccount: the account was changed meanwhile.
        """
        if account.proven:
            return True
        return self.store.replace_account(attrs.evolve(account, proven=True, version=account.version + 1))

    def new_link(self, account: Account) -> str:
        """The path of a new link that proves the address of *account*."""
        token = new_token()
        self.expiring.keep(_name(token), f"{account.id} {account.mail}", FIRST_PASSWORD)
        return f"/confirm?token={token}"

    def mail_link(self, account: Account) -> None:
        """Mail a link that proves the address of *account*; if another account has proven it, notify that one instead."""
        if account.proven or not self.throttle.may_mail("confirm", account.mail):
            return
        path = self.new_link(account)
        if self.owner(account.mail) is not None:
            notice = letter("taken", account.language, self.office, key=mail_key("taken"), to=account.mail, path="/sign-in")
        else:
            notice = letter("confirm", account.language, self.office, key=mail_key("confirm"), to=account.mail, path=path)
        self.outbox.post(notice)

    def confirm(self, token: str) -> None:
        """Prove the address that the link *token* is for; other accounts with the same address get no mails.

        Raises:
            SignInRefused: the link is unknown or expired, the account has changed its address, or another account has proven it.
        """
        id, _, mail = (self.expiring.get(_name(token)) or "").partition(" ")
        account = self.store.account(id)
        if account is None or account.mail != mail or not self.prove(account):
            raise SignInRefused("this link is no longer valid")


def _name(token: str) -> str:
    return token_hash(f"confirm:{token}")
