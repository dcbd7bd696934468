"""Series of numbers in memory: numbers are drawn, skipped and listed."""

from __future__ import annotations

from dossierkit.ports import NumberGap
from dossierkit.stores.memory.tables import Tables


def skip(tables: Tables, gap: NumberGap) -> bool:
    """See `SeriesStore.skip`."""
    series = gap.agency, gap.series
    if tables.counters.get(series, 0) >= gap.last:
        return False
    tables.counters[series] = gap.last
    tables.gaps.append(gap)
    return True
