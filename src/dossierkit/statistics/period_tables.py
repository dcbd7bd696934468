"""Tables of a period, by month or by dimensions of the ledger, with titles instead of ids."""

from __future__ import annotations

from datetime import date

import attrs

from dossierkit.catalog.option_lists import Table
from dossierkit.dossiers.ledger.reports import DIMENSIONS, Period, Report, months
from dossierkit.errors import SettingsError, UnknownProcedure
from dossierkit.office.engine import Engine
from dossierkit.statistics.exports import Rows, as_csv, as_json, as_text, as_xlsx, labelled, title


@attrs.frozen
class PeriodTable:
    """A table of a period, with labels in *language*."""

    report: Report
    rows: Rows
    language: str

    def written(self, form: str) -> bytes:
        """The table in one of `exports.FORMATS`."""
        if form == "xlsx":
            return as_xlsx(self.rows, self.language, name=f"{self.report.period.last.year}")
        writers = {"json": lambda: as_json(self.report, self.rows), "csv": lambda: as_csv(self.rows, self.language)}
        return writers.get(form, lambda: as_text(self.rows, self.language))().encode()


def table_of(
    engine: Engine, period: Period, by: tuple[str, ...], *, language: str = "vi", nd09: bool = False, as_of: date | None = None
) -> PeriodTable:
    """The table of *period*, by `month` or by dimensions of the ledger, as known on the day *as_of* (default: today).

    Raises:
        SettingsError: *by* names an unknown dimension.
    """
    if by == ("month",):
        report = engine.report(period, as_of=as_of)
        parts = months(engine.store.sums, period, as_of=as_of or engine.today(), nd09=nd09)
        rows = [(f"{month.period.last:%m/%Y}", month.total) for month in parts]
        return PeriodTable(report, [*rows, (title("total", language), report.total)], language)
    if unknown := [name for name in by if name not in DIMENSIONS]:
        raise SettingsError(f"there is no table by {unknown[0]!r}; known: month, {', '.join(DIMENSIONS)}")
    report = engine.report(period, by=by, as_of=as_of)
    lines = labelled(report, lambda dimension, value: name_of(engine, dimension, value, language), language)
    return PeriodTable(report, lines, language)


def name_of(engine: Engine, dimension: str, value: str, language: str) -> str:
    """The title of a value of a dimension; the value itself if it has no title."""
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
