"""Verification of a whole store: unchanged histories, states that follow from them, series without gaps, complete files."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from itertools import islice

import attrs

from dossierkit.dossiers.ledger.ledger import Measure, half_ends, half_of, postings, spans
from dossierkit.dossiers.ledger.ledger import Place as LedgerPlace
from dossierkit.dossiers.ledger.reports import DIMENSIONS
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, blobs_of, chained, digests, drawn_by
from dossierkit.dossiers.lifecycle.event_facts import BeginFacts, PaymentFacts, SubmitFacts
from dossierkit.dossiers.lifecycle.handling import UNHANDLED, Handling
from dossierkit.dossiers.lifecycle.transitions import FINAL, OPEN, step
from dossierkit.dossiers.money.attempts import Progress
from dossierkit.dossiers.states import Action, Channel, Payment, State
from dossierkit.errors import FilesError, ForbiddenAction
from dossierkit.ports import BlobStore, LedgerStore, NumberGap, Store

#: Files are read in pieces of so many bytes.
_PIECE = 256 * 1024
#: After every day that anything can be posted on.
_FOR_EVER = date(9998, 12, 31)
#: One figure of the totals: where it is counted (`DIMENSIONS`), and what.
Cell = tuple[tuple[str, ...], Channel, Measure]


def contradictions(
    store: Store,
    fits: Callable[[Dossier], bool],
    *,
    blobs: BlobStore | None = None,
    seen: Callable[[], object] = lambda: None,
) -> Iterator[str]:
    """A message for each contradiction in *store*.

    Args:
        fits: whether the form of a dossier accepts its answers.
        blobs: the files, which are then compared with their hashes.
        seen: called after each dossier.
    """
    drawn, money, posted = _Drawn.after(store.gaps()), _Money(), _Posted()
    took: Counter[tuple[int, str, int]] = Counter()
    for dossier in store.every():
        events = store.events(dossier.id)
        yield from _of_one(dossier, events, posted, took)
        drawn.note(events)
        money.note(dossier, events)
        if store.bundle(dossier.revision) is None:
            yield f"{dossier.id}: the bundle of its revision is gone"
        elif not fits(dossier):
            yield f"{dossier.id}: its answers do not fit the form that it was filed under"
        if blobs is not None:
            yield from _of_files(dossier, blobs)
        seen()
    in_mark, counters = store.counters_of_mark(), store.counters()
    for series, last in in_mark.items():
        if last > counters.get(series, 0):
            yield f"{series[0]} {series[1]}: {last} was given out, the database ends with {counters.get(series, 0)}"
    for series, last in counters.items():
        if missing := drawn.missing(series, last):
            yield f"{series[0]} {series[1]}: no dossier has the numbers {missing}"
    yield from _of_payments(store, money)
    yield from _of_the_ledger(store, lambda: _all_postings(store), posted)
    yield from _of_spans(store, took)


def _of_the_ledger(store: LedgerStore, events: Callable[[], Iterator[tuple[LedgerPlace, int]]], posted: _Posted) -> Iterator[str]:
    """Differences between the ledger and the events, in totals and postings.

    Args:
        events: the postings that follow from all events; read again for a year whose postings differ from them.
    """
    yield from _of_totals(store, posted)
    sums = Counter(posted.sums)
    for posting in store.postings():
        sums[posting.place[0].year] -= _share(posting.place, posting.count)
    for year in sorted(year for year, difference in sums.items() if difference):
        counts: Counter[LedgerPlace] = Counter()
        for place, count in events():
            counts[place] += count if place[0].year == year else 0
        for posting in store.postings():
            counts[posting.place] -= posting.count if posting.place[0].year == year else 0
        for (day, unit, _, procedure, _, measure), count in counts.items():
            if count:
                yield f"the ledger of {day} ({unit}, {procedure}): {measure} is off by {-count}"


def _of_totals(store: LedgerStore, posted: _Posted) -> Iterator[str]:
    """Differences between the totals of each half-month and its events."""
    years, halves = sorted(posted.sums), posted.halves
    until: Counter[Cell] = Counter()
    # Reports take whole years, whole half-months and single days from three places: each is looked at where it begins to count.
    for last in (*(day for year in years for day in half_ends(year)), _FOR_EVER):
        changes, before, until = halves.get(half_of(last), Counter()), until, Counter(store.sums(last, DIMENSIONS))
        for key in until.keys() | before.keys() | changes.keys():
            if (stored := until[key] - before[key]) != changes[key]:
                yield f"the totals of {' '.join(key[0])} until {last}: {key[2]} is {stored}, its events say {changes[key]}"


def _of_spans(store: LedgerStore, took: Counter[tuple[int, str, int]]) -> Iterator[str]:
    """Differences between the stored processing times and the events."""
    took.subtract({(span.year, span.procedure, span.days): span.count for span in store.spans()})
    for (year, procedure, days), count in sorted(took.items()):
        if count:
            yield f"the time of {procedure} in {year}: {days} days are off by {-count}"


@attrs.define
class DrawnSeries:
    """The numbers that were drawn from a series: all up to *last*, and those in *beyond*."""

    gaps: Mapping[int, int] = attrs.field(factory=dict)
    last: int = 0
    beyond: set[int] = attrs.field(factory=set)

    def add(self, number: int) -> None:
        """Note that *number* was drawn."""
        if number > self.last:
            self.beyond.add(number)
            self.settle()

    def settle(self) -> None:
        """Raise *last* as far as nothing is missing: numbers come nearly in order, so that few wait."""
        while (following := self.last + 1) in self.beyond or following in self.gaps:
            self.beyond.discard(following)
            self.last = max(following, self.gaps.get(following, 0))


@attrs.define
class _Drawn:
    """The numbers that events say were drawn, by (agency, day or year)."""

    series: dict[tuple[str, str], DrawnSeries] = attrs.field(factory=dict)

    @classmethod
    def after(cls, gaps: Iterable[NumberGap]) -> _Drawn:
        """None so far but those of *gaps*, which were never given out."""
        skipped: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)
        for gap in gaps:
            skipped[gap.agency, gap.series][gap.first] = gap.last
        return cls({series: DrawnSeries(ranges) for series, ranges in skipped.items()})

    def note(self, events: tuple[Event, ...]) -> None:
        """Add the numbers of *events*."""
        agency = ""
        for event in events:
            if isinstance(event.facts, SubmitFacts) and event.facts.agency is not None:
                agency = event.facts.agency
            if (draw := drawn_by(event)) is not None:
                series, number = draw
                self.series.setdefault((agency, series), DrawnSeries()).add(number)

    def missing(self, name: tuple[str, str], last: int) -> list[int]:
        """The first ten numbers up to *last* that were not drawn."""
        series = self.series.get(name, DrawnSeries())
        series.settle()
        skipped = [range(first, until + 1) for first, until in series.gaps.items()]
        numbers = (number for number in range(series.last + 1, last + 1) if number not in series.beyond)
        return list(islice((number for number in numbers if not any(number in gap for gap in skipped)), 10))


@attrs.define
class _Posted:
    """The ledger that follows from the events: as large as the totals of the store, however many dossiers there are."""

    #: Half-month → what is counted in it.
    halves: defaultdict[str, Counter[Cell]] = attrs.field(factory=lambda: defaultdict(Counter))
    #: Year → sum over its postings, which tells whether those of the store are the same.
    sums: Counter[int] = attrs.field(factory=Counter)

    def add(self, place: LedgerPlace, count: int) -> None:
        """Add a posting."""
        day, unit, sector, procedure, channel, measure = place
        named = {"unit": unit, "sector": sector, "procedure": procedure, "channel": str(channel)}
        self.halves[half_of(day)][tuple(named[name] for name in DIMENSIONS), channel, measure] += count
        self.sums[day.year] += _share(place, count)


def _share(place: LedgerPlace, count: int) -> int:
    """The share of a posting in the sum of its year; different postings have equal sums with a chance of 2⁻⁶⁰."""
    return hash(place) * count


@attrs.define
class _Money:
    """Payments according to the events of all dossiers."""

    #: The refs of payments that settled a debt, and of those that came in when nothing was owed.
    settled: set[str] = attrs.field(factory=set)
    surplus: set[str] = attrs.field(factory=set)
    #: The ids of dossiers that something is owed for.
    owing: set[str] = attrs.field(factory=set)

    def note(self, dossier: Dossier, events: tuple[Event, ...]) -> None:
        """Add the payments of *dossier* and its *events*."""
        for event in events:
            if isinstance(event.facts, PaymentFacts) and event.facts.ref is not None:
                (self.surplus if event.action is Action.SURPLUS else self.settled).add(event.facts.ref)
        if dossier.handling.money.payment is Payment.DUE:
            self.owing.add(dossier.id)


def _of_payments(store: Store, money: _Money) -> Iterator[str]:
    """Payments without an event, events without a payment, and open attempts where nothing is due."""
    for attempt in store.payments.every():
        if attempt.progress is Progress.OPEN and attempt.dossier not in money.owing:
            yield f"{attempt.dossier}: the attempt {attempt.ref} to pay is open, and nothing is owed"
        if attempt.progress is Progress.PAID:
            refs = money.surplus if attempt.surplus else money.settled
            if attempt.ref not in refs:
                how = "is a surplus without an event" if attempt.surplus else "settled nothing"
                yield f"{attempt.dossier}: the payment {attempt.ref} {how}"
            refs.discard(attempt.ref)
    for ref in sorted(money.settled):
        yield f"an event was settled by the payment {ref}, which is none"
    for ref in sorted(money.surplus):
        yield f"an event tells of the surplus {ref}, which was never paid"


def _of_files(dossier: Dossier, blobs: BlobStore) -> Iterator[str]:
    """Files that are missing, or whose content does not match their hash."""
    for blob in sorted(blobs_of(dossier)):
        try:
            content = blobs.open(blob)
            if content is None:
                yield f"{dossier.id}: the file {blob} is gone"
                continue
            with content:
                mixed = hashlib.sha256()
                while piece := content.read(_PIECE):
                    mixed.update(piece)
        except FilesError as error:
            yield f"{dossier.id}: the file {blob} could not be read ({error})"
            continue
        if mixed.hexdigest() not in blob:
            yield f"{dossier.id}: the file {blob} was changed"


def _of_one(dossier: Dossier, events: tuple[Event, ...], posted: _Posted, took: Counter[tuple[int, str, int]]) -> Iterator[str]:
    if dossier.state in FINAL and dossier.handling.money.payment in OPEN:
        yield f"{dossier.id}: it ended, and something is still owed for it"
    before = ""
    for number, event in enumerate(events, 1):
        again = chained(event.dossier, number, event.action, event.actor, event.at, event.facts, before)
        if again != event:
            yield f"{dossier.id}: event {number} was changed after the fact"
        before = event.hash
    yield from _of_answers(dossier, events)
    replayed = _draft(dossier, events)
    try:
        for event in events[1:]:
            previous, replayed = replayed, step(replayed, event)
            for posting in postings(previous, event, replayed):
                posted.add(posting.place, posting.count)
            for span in spans(previous, event, replayed):
                took[span.year, span.procedure, span.days] += span.count
    except (ForbiddenAction, KeyError, ValueError) as error:
        yield f"{dossier.id}: its events lead nowhere: {error}"
        return
    for name, words in (("code", "code"), ("state", "state"), ("handling", "handling"), ("submitted", "day of submission")):
        if getattr(replayed, name) != getattr(dossier, name):
            yield f"{dossier.id}: its {words} is not the one of its events"


def _draft(dossier: Dossier, events: tuple[Event, ...]) -> Dossier:
    """*dossier* before the first of its *events* changed it."""
    return attrs.evolve(dossier, state=State.DRAFT, handling=_begun(events), code=None, submitted=None, agency=None)


def _all_postings(store: Store) -> Iterator[tuple[LedgerPlace, int]]:
    """Place and count of each posting that follows from the events; histories that lead nowhere end where they do."""
    for dossier in store.every():
        events = store.events(dossier.id)
        after = _draft(dossier, events)
        with suppress(ForbiddenAction, KeyError, ValueError):
            for event in events[1:]:
                before, after = after, step(after, event)
                yield from ((posting.place, posting.count) for posting in postings(before, event, after))


def _begun(events: tuple[Event, ...]) -> Handling:
    """The handling of a draft: its channel."""
    facts = events[0].facts if events else None
    channel = facts.channel if isinstance(facts, BeginFacts) else None
    return attrs.evolve(UNHANDLED, channel=channel) if channel is not None else UNHANDLED


def _of_answers(dossier: Dossier, events: tuple[Event, ...]) -> Iterator[str]:
    """Differences between answers and files and their hashes in the events; those of an erased dossier must be gone."""
    if not dossier.salt:
        return
    for name, present in attrs.asdict(digests(dossier)).items():
        stated = [digest for event in events if (digest := getattr(event.facts.digests, name)) is not None]
        if stated and stated[-1] != present:
            yield f"{dossier.id}: its {name} are not those of its events"
