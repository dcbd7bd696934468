"""Tables of a year: by month, or by what the ledger tells apart, with titles instead of ids."""

from __future__ import annotations

import attrs

from dossierkit.dossiers.reports import DIMENSIONS, Period, Report, months
from dossierkit.engine import Engine
from dossierkit.errors import SettingsError, UnknownProcedure
from dossierkit.exports import Rows, as_csv, as_json, as_text, as_xlsx, labelled, title
from dossierkit.lists import Table


@attrs.frozen
class YearTable:
    """One table of a year, ready to be shown or written."""

    report: Report
    rows: Rows
    language: str

    def written(self, form: str) -> bytes:
        """The table in one of `exports.FORMATS`."""
        if form == "xlsx":
            return as_xlsx(self.rows, self.language, name=f"{self.report.period.last.year}")
        made = {"json": lambda: as_json(self.report, self.rows), "csv": lambda: as_csv(self.rows, self.language)}
        return made.get(form, lambda: as_text(self.rows, self.language))().encode()


def table_of(engine: Engine, year: int, by: tuple[str, ...], *, language: str = "vi", nd09: bool = False) -> YearTable:
    """The table of *year*, by `month` or by dimensions of the ledger.

    Raises:
        SettingsError: *by* is none of them.
    """
    whole = Period.year(year, nd09=nd09)
    if by == ("month",):
        report = engine.report(whole)
        found = [
            (f"{one.period.last:%m/%Y}", one.total) for one in months(engine.store.sums, year, as_of=engine.today(), nd09=nd09)
        ]
        return YearTable(report, [*found, (title("total", language), report.total)], language)
    if unknown := [name for name in by if name not in DIMENSIONS]:
        raise SettingsError(f"there is no table by {unknown[0]!r}; known: month, {', '.join(DIMENSIONS)}")
    report = engine.report(whole, by=by)
    return YearTable(
        report, labelled(report, lambda dimension, value: _name(engine, dimension, value, language), language), language
    )


def _name(engine: Engine, dimension: str, value: str, language: str) -> str:
    if not value:
        return title("none", language)
    if dimension == "channel":
        return title(f"channel-{value}", language)
    if dimension == "procedure":
        try:
            return engine.procedure(value).title(language)
        except UnknownProcedure:
            return value
    options = engine.catalog.dialect.options.get(f"{dimension}s")
    return options.names(language).get(value, value) if isinstance(options, Table) else value
