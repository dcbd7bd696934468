"""The ledger in PostgreSQL: postings for drill-down, totals by half-month for reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from dossierkit.dossiers.ledger.ledger import Posting, Span, half_of, posted_on
from dossierkit.dossiers.lifecycle.dossier import Event
from dossierkit.stores.postgres.database import Database
from dossierkit.stores.postgres.transactions import Batch

#: Fact with the last posted day.
LAST = "last posted day"


def day_of_fact(body: str | None) -> date | None:
    """The day in the fact `LAST`."""
    return date.fromisoformat(body.strip('"')) if body else None


def add(batch: Batch, seq: int, event: Event, postings: Sequence[Posting], spans: Iterable[Span], last: date | None) -> None:
    """Write the postings and spans of *event* of the dossier in row *seq*, and add them to the totals.

    Args:
        last: last posted day so far.
    """
    add_spans(batch, spans)
    if postings:
        add_postings(batch, ((seq, posting) for posting in postings))
        note_posted(batch, posted_on(event), last)


def add_postings(batch: Batch, postings: Iterable[tuple[int, Posting]]) -> None:
    """Write postings with the rows of their dossiers, and add them to the totals."""
    for seq, posting in postings:
        cell = dict(zip(_DIMENSIONS, dimensions(posting), strict=True))
        batch.write_later(_POSTINGS, {"day": posting.day.isoformat(), "seq": seq, **cell, "count": posting.count})
        batch.count_later(_TOTALS, {"half": half_of(posting.day), **cell}, posting.count)
        batch.count_later(_TOTALS_BY_YEAR, {"year": f"{posting.day:%Y}", **cell}, posting.count)
        batch.posted += 1


_DIMENSIONS = ("unit", "sector", "procedure", "channel", "measure")
_POSTINGS = """INSERT INTO postings (day, seq, unit, sector, procedure, channel, measure, count)
    SELECT day, seq, unit, sector, procedure, channel, measure, count FROM json_populate_recordset(NULL::postings, %s)"""
_TOTALS = """INSERT INTO totals SELECT * FROM json_populate_recordset(NULL::totals, %s)
    ON CONFLICT (half, unit, sector, procedure, channel, measure) DO UPDATE SET count = totals.count + excluded.count"""
_TOTALS_BY_YEAR = """INSERT INTO totals_by_year SELECT * FROM json_populate_recordset(NULL::totals_by_year, %s)
    ON CONFLICT (year, unit, sector, procedure, channel, measure)
    DO UPDATE SET count = totals_by_year.count + excluded.count"""
_SPANS = """INSERT INTO spans SELECT * FROM json_populate_recordset(NULL::spans, %s)
    ON CONFLICT (year, procedure, days) DO UPDATE SET count = spans.count + excluded.count"""


def dimensions(posting: Posting) -> tuple[str, str, str, int, str]:
    """Columns of *posting* that sums are made by: unit, sector, procedure, channel, measure."""
    return posting.unit, posting.sector, posting.procedure, int(posting.channel), posting.measure.value


def note_posted(batch: Batch, day: date, last: date | None) -> None:
    """Raise the last posted day to *day* if *last*, the one that was read, is before it."""
    # Not with every action: programs that write the same row wait for each other.
    if last is None or last < day:
        batch.execute(
            """INSERT INTO facts VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET body = excluded.body
            WHERE facts.body < excluded.body""",
            (LAST, f'"{day.isoformat()}"'),
        )


def add_spans(batch: Batch, spans: Iterable[Span]) -> None:
    """Add the counts of *spans*."""
    for span in spans:
        batch.count_later(_SPANS, {"year": span.year, "procedure": span.procedure, "days": span.days}, span.count)


def last_posting(database: Database) -> int:
    """See `LedgerStore.last_posting`: the number of postings, as rows of programs that write at once come out of order."""
    return int(database.read("SELECT COALESCE(SUM(posted), 0) FROM writers")[0][0])
