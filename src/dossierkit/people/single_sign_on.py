"""Accounts of people who sign in elsewhere (single sign-on): known by who they are there, never by their mail address."""

from __future__ import annotations

import secrets

import attrs

from dossierkit.dossiers.people.account import Account, mail_address
from dossierkit.dossiers.people.session import Session
from dossierkit.errors import LinkWanted, SignInRefused
from dossierkit.people.accounts import Accounts, SignedIn
from dossierkit.pointers import Json


@attrs.frozen
class Elsewhere:
    """Somebody as another sign-in knows them.  *subject* names issuer and person; *mail* is only taken when verified."""

    subject: str
    mail: str = ""
    profile: Json = attrs.field(factory=dict, hash=False)


def sign_in_from(accounts: Accounts, somebody: Elsewhere, *, session: Session | None, language: str = "vi") -> SignedIn:
    """A session of the account of *somebody*: the linked one, the one that is signed in here, or a new one.

    Raises:
        LinkWanted: the mail address has an account that nobody linked.
        SignInRefused: another account is linked already, or there is no address for a new one.
    """
    store = accounts.store
    linked = store.account_as(somebody.subject)
    here = accounts.account(session)
    if here is not None:
        if linked is not None and linked.id != here.id:
            raise SignInRefused("another account is linked to this sign-in")
        if linked is None:
            store.replace_account(attrs.evolve(here, subject=somebody.subject, version=here.version + 1))
        return accounts.begin(here, guest=session)
    if linked is None:
        linked = _new(accounts, somebody, language)
    return accounts.begin(linked, guest=session)


def _new(accounts: Accounts, somebody: Elsewhere, language: str) -> Account:
    mail = mail_address(somebody.mail)
    if mail is None:
        raise SignInRefused("there is no verified mail address to write to")
    now = accounts.clock.now()
    account = Account(secrets.token_hex(16), mail, now, somebody.profile, language=language, subject=somebody.subject)
    if not accounts.store.create_account(account):
        raise LinkWanted("this address has an account: sign in to it, then link the two")
    return account
