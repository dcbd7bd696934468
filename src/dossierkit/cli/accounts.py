"""Accounts of the office, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dossierkit.cli.options import data_option, engine_of, guard_unit, office_day
from dossierkit.dossiers.states import OFFICERS, Role

if TYPE_CHECKING:
    from dossierkit.dossiers.people.account import Account
    from dossierkit.people.accounts import Accounts


@click.group()
def account() -> None:
    """Add, list, disable, unlock or reset accounts of the office."""


def _accounts(data: Path, *, make: bool = False) -> Accounts:
    from dossierkit.wiring import open_accounts

    return open_accounts(engine_of(data, None, make=make))


def _account_of(accounts: Accounts, mail: str) -> Account:
    from dossierkit.errors import SettingsError

    account = accounts.store.account_of(mail.strip().casefold())
    if account is None:
        raise SettingsError(f"no account has the mail address {mail}; see dossierkit account list")
    return account


@account.command()
@data_option
@click.option("--name", required=True, help="Full name of the officer.")
@click.option("--role", type=click.Choice(sorted(role.value for role in OFFICERS)), required=True)
@click.option("--unit", default="", help="Id of the unit; an admin without a unit sees all units.")
@click.argument("mail")
def add(data: Path, name: str, role: str, unit: str, mail: str) -> None:
    """Add an officer who signs in as MAIL; prints the first password."""
    from dossierkit.catalog.option_lists import tables
    from dossierkit.people.staff import appoint, guard_officer

    guard_officer(mail, name, Role(role), unit)
    guard_unit(tables(data, office_day)["units"], unit)
    # Officers may be added before the first dossier, so the database may be missing; the folder may not.
    secret = appoint(_accounts(data, make=data.is_dir()), mail, name, Role(role), unit)
    click.echo(f"{mail}: first password {secret} (valid once, for 24 hours)")


@account.command("list")
@data_option
def list_(data: Path) -> None:
    """List the accounts of officers."""
    for officer in _accounts(data).store.officers():
        state = "disabled" if officer.disabled else ""
        click.echo("\t".join((officer.mail, officer.name, officer.role, officer.unit or "-", state)).rstrip())


@account.command()
@data_option
@click.option("--again", is_flag=True, help="Enable the account again.")
@click.argument("mail")
def disable(data: Path, again: bool, mail: str) -> None:
    """Disable the account of MAIL: it cannot sign in any more."""
    from dossierkit.people.staff import disable as close

    accounts = _accounts(data)
    close(accounts, _account_of(accounts, mail), disabled=not again)
    click.echo(f"{mail}: {'enabled again' if again else 'disabled'}")


@account.command()
@data_option
@click.argument("mail")
def unlock(data: Path, mail: str) -> None:
    """Forget the failed sign-ins of MAIL, so that it is not locked."""
    from dossierkit.people.staff import unlock as forget

    accounts = _accounts(data)
    forget(accounts, _account_of(accounts, mail))
    click.echo(f"{mail}: unlocked")


@account.command()
@data_option
@click.argument("mail")
def reset(data: Path, mail: str) -> None:
    """Give MAIL a new first password, and print it; password and second factor are removed."""
    from dossierkit.people.staff import reset as renew

    accounts = _accounts(data)
    click.echo(f"{mail}: first password {renew(accounts, _account_of(accounts, mail))} (valid once, for 24 hours)")


COMMANDS = (account,)
