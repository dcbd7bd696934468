"""Access tokens of programs, from the command line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dossierkit.cli.options import data_option, engine_of, guard_unit, office_day
from dossierkit.dossiers.people.access_token import Verb
from dossierkit.dossiers.states import OFFICERS, Role

if TYPE_CHECKING:
    from dossierkit.people.access_tokens import AccessTokens


@click.group()
def token() -> None:
    """Add, list or revoke access tokens of programs that use the API."""


def _tokens(data: Path, *, make: bool = False) -> AccessTokens:
    from dossierkit.wiring import open_access_tokens

    return open_access_tokens(engine_of(data, None, make=make))


@token.command()
@data_option
@click.option("--role", type=click.Choice(sorted(role.value for role in (Role.CITIZEN, *OFFICERS))), default=Role.CITIZEN.value)
@click.option("--unit", default="", help="Id of the unit, for the role of an officer.")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="Days until it expires.")
@click.option(
    "--verb",
    "verbs",
    type=click.Choice([verb.value for verb in Verb]),
    multiple=True,
    help="What it may do; several times.  [default: all]",
)
@click.option("--procedure", "procedures", multiple=True, help="Code of a procedure that it is limited to; several times.")
@click.argument("name")
def add(data: Path, role: str, unit: str, days: int, verbs: tuple[str, ...], procedures: tuple[str, ...], name: str) -> None:
    """Add a token called NAME, and print it; it cannot be shown again."""
    from dossierkit.catalog.option_lists import tables

    guard_unit(tables(data, office_day)["units"], unit)
    allowed = tuple(map(Verb, verbs)) or tuple(Verb)
    # Tokens may be added before the first dossier, so the database may be missing; the folder may not.
    tokens = _tokens(data, make=data.is_dir())
    click.echo(tokens.issue(name, Role(role), timedelta(days=days), unit=unit, verbs=allowed, procedures=procedures))


@token.command("list")
@data_option
def list_(data: Path) -> None:
    """List the tokens with their role, their limits, their last day and their last use."""
    for kept in _tokens(data).all():
        used = f"used {kept.used:%Y-%m-%d}" if kept.used is not None else "never used"
        limits = (",".join(kept.verbs), ",".join(kept.procedures) or "all procedures")
        click.echo("\t".join((kept.name, kept.role, kept.unit or "-", *limits, f"until {kept.expires:%Y-%m-%d}", used)))


@token.command()
@data_option
@click.argument("name")
def revoke(data: Path, name: str) -> None:
    """Revoke the token called NAME: it is refused from now on."""
    _tokens(data).revoke(name)
    click.echo(f"{name}: revoked")


COMMANDS = (token,)
