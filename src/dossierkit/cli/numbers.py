"""The numbers from the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dossierkit.cli.options import data_option, engine_of, language_option, procedures_option
from dossierkit.exports import FORMATS


@click.command()
@data_option
@procedures_option
@language_option
@click.option("--year", type=click.IntRange(2000, 2100), required=True, help="The year.")
@click.option("--by", default="month", show_default=True, help="month, or unit, sector, procedure, channel; several with commas.")
@click.option("--nd09", is_flag=True, help="Months from the 15th to the 14th, as decree 09/2019 has them.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write into this file.")
def stats(
    data: Path, procedures: Path | None, language: str, year: int, by: str, nd09: bool, form: str, out: Path | None
) -> None:
    """What came in, what was resolved in time or late, what is in progress."""
    from dossierkit.errors import SettingsError
    from dossierkit.numbers import table_of

    engine = engine_of(data, procedures)
    if form == "xlsx" and out is None:
        raise SettingsError("a workbook is no text: say where it goes, --out report.xlsx")
    made = table_of(engine, year, tuple(filter(None, by.split(","))), language=language, nd09=nd09).written(form)
    if out is not None:
        out.write_bytes(made)
    else:
        sys.stdout.write(made.decode("utf-8"))
    engine.close()


COMMANDS = (stats,)
