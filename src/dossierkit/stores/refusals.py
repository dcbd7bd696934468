"""Errors of a refused write, with the same words in every store."""

from __future__ import annotations

from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.people.account import Account
from dossierkit.errors import StaleAccount, StaleDossier, StoreError


def stale_dossier(id: str, version: int) -> StaleDossier:
    """For a write that expects *version* of the dossier."""
    return StaleDossier(f"dossier {id} is no longer at version {version}; read it again")


def stale_account(account: Account) -> StaleAccount:
    """For a write of *account* over another version than the one before."""
    return StaleAccount(f"account {account.id} is no longer at version {account.version - 1}; read it again")


def nothing_owed(dossier: str) -> StaleDossier:
    """For an attempt to pay for a dossier that owes nothing."""
    return StaleDossier(f"nothing is owed for dossier {dossier} any more; read it again")


def payment_changed(dossier: str) -> StaleDossier:
    """For an action that pays with an attempt whose progress changed meanwhile."""
    return StaleDossier(f"the payment for dossier {dossier} is known already; read it again")


def code_taken(code: DossierCode) -> StoreError:
    """For a dossier whose code another one has."""
    return StoreError(f"a dossier with the code {code} is here already")


def imported_already() -> StoreError:
    """For an import with a code or an id that exists already."""
    return StoreError("a dossier that is to be loaded is there already")
