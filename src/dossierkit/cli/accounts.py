"""Accounts of the office, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dossierkit.cli.options import data_option, engine_of
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


def _known(accounts: Accounts, mail: str) -> Account:
    from dossierkit.errors import SettingsError

    found = accounts.store.account_of(mail.strip().casefold())
    if found is None:
        raise SettingsError(f"nobody signs in as {mail}; see dossierkit account list")
    return found


@account.command()
@data_option
@click.option("--name", required=True, help="What people call the officer.")
@click.option("--role", type=click.Choice(sorted(role.value for role in OFFICERS)), required=True)
@click.option("--unit", default="", help="The id of the unit; an admin without one sees all.")
@click.argument("mail")
def add(data: Path, name: str, role: str, unit: str, mail: str) -> None:
    """Add an officer who signs in as MAIL; prints the first password."""
    from dossierkit.people.staff import appoint, guard_officer

    guard_officer(mail, name, Role(role), unit)
    # An office has people before it has dossiers; a folder that is not there is a misspelt one all the same.
    secret = appoint(_accounts(data, make=data.is_dir()), mail, name, Role(role), unit)
    click.echo(f"{mail}: first password {secret} (opens once, within 24 hours)")


@account.command("list")
@data_option
def list_(data: Path) -> None:
    """List the people of the office."""
    for one in _accounts(data).store.officers():
        click.echo("\t".join((one.mail, one.name, one.role, one.unit or "-", "disabled" if one.disabled else "")).rstrip())


@account.command()
@data_option
@click.option("--again", is_flag=True, help="Let the account be used again.")
@click.argument("mail")
def disable(data: Path, again: bool, mail: str) -> None:
    """Let nobody sign in as MAIL any more."""
    from dossierkit.people.staff import disable as close

    accounts = _accounts(data)
    close(accounts, _known(accounts, mail), disabled=not again)
    click.echo(f"{mail}: {'can be used again' if again else 'disabled'}")


@account.command()
@data_option
@click.argument("mail")
def unlock(data: Path, mail: str) -> None:
    """Forget how often somebody guessed at the password of MAIL."""
    from dossierkit.people.staff import unlock as forget

    accounts = _accounts(data)
    forget(accounts, _known(accounts, mail))
    click.echo(f"{mail}: unlocked")


@account.command()
@data_option
@click.argument("mail")
def reset(data: Path, mail: str) -> None:
    """Give MAIL another first password, and print it."""
    from dossierkit.people.staff import reset as renew

    accounts = _accounts(data)
    click.echo(f"{mail}: first password {renew(accounts, _known(accounts, mail))} (opens once, within 24 hours)")


COMMANDS = (account,)
