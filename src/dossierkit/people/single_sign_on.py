"""Accounts of people who sign in elsewhere (single sign-on): matched by issuer and subject, never by mail address."""

from __future__ import annotations

import secrets

import attrs

from dossierkit.dossiers.people.account import Account, mail_address
from dossierkit.dossiers.people.session_lifetime import Session
from dossierkit.errors import LinkWanted, SignInRefused
from dossierkit.people.accounts import Accounts
from dossierkit.people.sessions import SignedIn
from dossierkit.pointers import Json


@attrs.frozen
class ExternalPerson:
    """A person as the identity provider describes them.  *subject* names issuer and person; *mail* is verified or empty."""

    subject: str
    mail: str = ""
    profile: Json = attrs.field(factory=dict, hash=False)


def sign_in_from(accounts: Accounts, person: ExternalPerson, *, session: Session | None, language: str = "vi") -> SignedIn:
    """Start a session of the account linked to *person*; if there is none, link the account of *session* or a new one.

    Raises:
        LinkWanted: the mail address has an account that is not linked.
        SignInRefused: another account is linked already, or a new account would have no mail address.
    """
    store = accounts.store
    linked = store.account_as(person.subject)
    account = accounts.sessions.account(session)
    if account is not None:
        if linked is not None and linked.id != account.id:
            raise SignInRefused("another account is linked to this sign-in")
        if linked is None:
            store.replace_account(attrs.evolve(account, subject=person.subject, version=account.version + 1))
        return accounts.sessions.begin(account, guest=session)
    if linked is None:
        linked = _new(accounts, person, language)
    return accounts.sessions.begin(linked, guest=session)


def _new(accounts: Accounts, person: ExternalPerson, language: str) -> Account:
    mail = mail_address(person.mail)
    if mail is None:
        raise SignInRefused("the identity provider gave no verified mail address")
    now = accounts.clock.now()
    account = Account(secrets.token_hex(16), mail, now, person.profile, language=language, subject=person.subject)
    if not accounts.store.create_account(account):
        raise LinkWanted("this address has an account: sign in to it, then link the two")
    return account
