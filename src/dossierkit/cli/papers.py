"""Commands for papers: verify acceptance slips, write the register."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from dossierkit.cli.options import NEW_FILE, Day, counted, data_option, engine_of, guard_unit, language_option, procedures_option


@click.command("slip-key")
@data_option
def slip_key(data: Path) -> None:
    """Print the public key for verifying acceptance slips; publish it."""
    click.echo(_public(data))


@click.command("verify-slip")
@data_option
@click.option("--key", "public", default="", help="The public key.  [default: that of the data folder]")
@click.argument("slip")
def verify_slip(data: Path, public: str, slip: str) -> None:
    """Verify SLIP, the text in the QR code of an acceptance slip, offline."""
    from dossierkit.papers.slip import check_slip

    verified = check_slip(slip, public or _public(data))
    for name in ("code", "receipt", "accepted", "revision", "answers"):
        click.echo(f"{name:10} {getattr(verified, name)}")


def _public(data: Path) -> str:
    from dossierkit.papers.slip import SlipKey, installed_key

    path = data / "slip.key"
    if path.exists():
        return SlipKey.load_or_create(path).public
    engine = engine_of(data, None)
    try:
        return installed_key(engine.store, path).public
    finally:
        engine.close()


@click.command()
@data_option
@procedures_option
@language_option
@click.option("--since", type=Day(), required=True, help="First day of acceptance.")
@click.option("--until", type=Day(), required=True, help="Last day of acceptance.")
@click.option("--unit", default="", help="Id of a unit.  [default: all units]")
@click.option("--out", type=NEW_FILE, required=True, help="The workbook.")
def register(
    data: Path, procedures: Path | str | None, language: str, since: datetime, until: datetime, unit: str, out: Path
) -> None:
    """Write the register (form 07) into a workbook."""
    from dossierkit.errors import SettingsError
    from dossierkit.papers.register import register as write

    if since > until:
        raise SettingsError("--since is after --until")
    engine = engine_of(data, procedures)
    guard_unit(engine.catalog.dialect.options["units"], unit)
    with out.open("wb") as file:
        count = write(engine, file, since.date(), until.date(), unit=unit, language=language)
    engine.close()
    click.echo(f"{counted(count, 'dossier')} in {out}")


COMMANDS = (slip_key, verify_slip, register)
