"""Reports over the ledger of an office, and the dossiers behind each figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import attrs

from dossierkit.dossiers.ledger.reports import Figure, Period, Report, report
from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.office.context import Context


@attrs.frozen(eq=False)
class Reports:
    """Figures of the dossiers in a store."""

    context: Context

    def report(self, period: Period, *, by: Sequence[str] = (), as_of: date | None = None) -> Report:
        """Figures of dossiers received, resolved and in progress in *period*, see `ledger.reports`.

        Args:
            by: dimensions of the lines: `unit`, `sector`, `procedure`, `channel`.
            as_of: figures as known on this day; None: today.
        """
        return report(self.context.store.sums, period, as_of=as_of or self.context.today(), by=by)

    def last_posting(self) -> int:
        """The number of the last posting: a report changes no more often than it and the day."""
        return self.context.store.last_posting()

    def behind(
        self, figure: str, period: Period, where: Mapping[str, str] | None = None, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """The dossiers that a figure of a report counts, newest first, those older than the dossier called *before*.

        Args:
            figure: a name of `reports.FIGURES`.
            where: dimension → value, as of one line of the report.
        """
        return self.context.store.behind(Figure.of(figure, period, self.context.today(), where or {}), before=before, limit=limit)
