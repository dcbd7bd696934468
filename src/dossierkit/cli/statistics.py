"""The command `stats`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dossierkit.cli.options import NEW_FILE, Day, Number, data_option, engine_of, language_option, procedures_option
from dossierkit.statistics.exports import FORMATS

if TYPE_CHECKING:
    from dossierkit.dossiers.ledger.reports import Period


@click.command()
@data_option
@procedures_option
@language_option
@click.option("--year", type=Number(2000, 2100), help="The year.")
@click.option("--by", default="month", show_default=True, help="month, or unit, sector, procedure, channel; several with commas.")
@click.option("--part", default="year", show_default=True, help="year, q1 to q4, h1, h2, m9 (nine months), or a month, 1 to 12.")
@click.option("--from", "first", type=Day(), help="First day; use with --to instead of --year.")
@click.option("--to", "last", type=Day(), help="Last day, included.")
@click.option("--as-of", type=Day(), help="Figures as they were known on this day.  [default: today]")
@click.option("--nd09", is_flag=True, help="Months from the 15th to the 14th, as in Decree 09/2019.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--out", type=NEW_FILE, help="Write into this file.")
def stats(
    data: Path,
    procedures: Path | str | None,
    language: str,
    year: int | None,
    by: str,
    part: str,
    first: datetime | None,
    last: datetime | None,
    as_of: datetime | None,
    nd09: bool,
    form: str,
    out: Path | None,
) -> None:
    """Count dossiers received, resolved in time or late, and in progress."""
    from dossierkit.errors import SettingsError
    from dossierkit.statistics.period_tables import table_of

    period = _period(year, part, first, last, nd09=nd09)
    if form == "xlsx" and out is None:
        raise SettingsError("a workbook cannot be printed: name a file, --out report.xlsx")
    engine, dimensions = engine_of(data, procedures), tuple(filter(None, by.split(",")))
    day = as_of.date() if as_of is not None else None
    table = table_of(engine, period, dimensions, language=language, nd09=nd09, as_of=day).written(form)
    if out is not None:
        out.write_bytes(table)
    else:
        sys.stdout.write(table.decode("utf-8"))
    engine.close()


def _period(year: int | None, part: str, first: datetime | None, last: datetime | None, *, nd09: bool) -> Period:
    from dossierkit.dossiers.ledger.reports import PARTS, Period
    from dossierkit.errors import SettingsError

    if first is not None and last is not None and year is None:
        if first > last:
            raise SettingsError("--from is after --to")
        return Period(first.date(), last.date())
    if year is None or first is not None or last is not None:
        raise SettingsError("name a year, --year 2026, or two days, --from 2026-01-01 --to 2026-03-31")
    if part not in PARTS and part not in map(str, range(1, 13)):
        raise SettingsError(f"unknown part {part!r} of a year; known: {', '.join(PARTS)}, 1 to 12")
    return Period.part(year, part, nd09=nd09)


COMMANDS = (stats,)
