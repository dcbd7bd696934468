"""People whom a host signs in: how mails and papers reach and name them while they are not here."""

from __future__ import annotations

import attrs

from dossierkit.dossiers.lifecycle.dossier import Actor
from dossierkit.dossiers.people.account import Account, mail_address
from dossierkit.errors import StaleAccount
from dossierkit.office.context import Context


def forget_contact(context: Context, id: str) -> None:
    """Delete what is kept of the user *id* of a host; their dossiers stay, and mails about them end."""
    account = context.store.accounts.account(id)
    if account is not None and account.hosted:
        context.store.accounts.delete_account(id)


def keep_contact(context: Context, actor: Actor) -> None:
    """Keep the name, the address and the language of *actor* as the host states them now; without an address nothing is kept.

    They are an account without a sign-in.  An account with a sign-in here keeps the details that its owner gave.
    """
    mail = mail_address(actor.mail)
    if mail is None:
        return
    accounts = context.store.accounts
    before = accounts.account(actor.id)
    if before is not None and not before.hosted:
        return
    base = before or Account(actor.id, mail, context.now(), hosted=True, proven=False)
    profile = {key: value for key, value in actor.known_values.items() if key != "email"}
    stated = attrs.evolve(
        base, mail=mail, profile=profile, role=actor.role, unit=actor.unit, language=actor.language or base.language
    )
    if before is None:
        accounts.create_account(stated)  # if another request has just done so, it stated the same
    elif stated != before or stated.profile != before.profile:
        try:
            accounts.replace_account(attrs.evolve(stated, version=before.version + 1))
        except StaleAccount:
            return  # another request states it
