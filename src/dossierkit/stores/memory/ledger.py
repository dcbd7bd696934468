"""The ledger in memory: postings, and sums that are made when a report asks for them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import date

from dossierkit.dossiers.ledger.ledger import Measure, Posting, Span, posted_on
from dossierkit.dossiers.ledger.reports import Figure, Sums
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event
from dossierkit.dossiers.states import Channel
from dossierkit.stores.memory.tables import Tables, detached


def add(tables: Tables, event: Event, postings: Sequence[Posting], spans: Iterable[Span]) -> None:
    """Write the postings and spans of *event*."""
    tables.postings += postings
    tables.postings_of.setdefault(event.dossier, []).extend(postings)
    add_spans(tables, spans)
    if postings:
        note_posted(tables, posted_on(event))


def add_spans(tables: Tables, spans: Iterable[Span]) -> None:
    """Add the counts of *spans*."""
    for span in spans:
        tables.spans[span.year, span.procedure, span.days] += span.count


def note_posted(tables: Tables, day: date) -> None:
    """Raise the last posted day to *day*."""
    tables.last_posted = day if tables.last_posted is None else max(tables.last_posted, day)


def sums(tables: Tables, until: date, by: Sequence[str]) -> Sums:
    """See `LedgerStore.sums`."""
    counts: dict[tuple[tuple[str, ...], Channel, Measure], int] = {}
    for posting in tables.postings:
        if posting.day <= until:
            key = (tuple(str(getattr(posting, name)) for name in by), posting.channel, posting.measure)
            counts[key] = counts.get(key, 0) + posting.count
    return counts


def behind(tables: Tables, figure: Figure, before: str | None, limit: int) -> tuple[Dossier, ...]:
    """See `LedgerStore.behind`."""
    ids = [*reversed(tables.dossiers)]
    if before is not None:
        ids = ids[ids.index(before) + 1 :] if before in ids else []
    counted = (id for id in ids if _total(tables.postings_of.get(id, ()), figure) > 0)
    return tuple(detached(tables.dossiers[id]) for id in itertools.islice(counted, limit))


def _total(postings: Iterable[Posting], figure: Figure) -> int:
    """Contribution of *postings* to *figure*."""
    return sum(
        posting.count * ((posting.measure in figure.plus) - (posting.measure in figure.minus))
        for posting in postings
        if (figure.first is None or posting.day >= figure.first)
        and posting.day <= figure.last
        and all(str(getattr(posting, name)) == value for name, value in figure.where.items())
    )


def spans(tables: Tables, year: int | None) -> tuple[Span, ...]:
    """See `LedgerStore.spans`."""
    return tuple(Span(*key, count) for key, count in sorted(tables.spans.items()) if count and year in (None, key[0]))
