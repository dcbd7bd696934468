"""The contract of `LedgerStore`."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import attrs

from dossierkit.dossiers.ledger.ledger import Measure, Span
from dossierkit.dossiers.ledger.reports import Figure, Period, report
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event
from dossierkit.dossiers.states import Action, Channel
from dossierkit.ports import Position, Store
from dossierkit.testing.contract.samples import DAY, NOON, acceptance, action, new_draft, submission


def _accepted(store: Store, id: str, at: datetime = NOON, unit: str = "x") -> Dossier:
    sent = store.record(submission(new_draft(store, id), unit=unit))
    return store.record(action(sent, Action.ACCEPT, at, due=(at + timedelta(days=3)).isoformat()))


def _completed(store: Store, dossier: Dossier, at: datetime, days: int) -> Dossier:
    assigned = store.record(action(dossier, Action.ASSIGN, at, officer="nam"))
    return store.record(action(assigned, Action.COMPLETE, at, outcome="approved", days=days, spanned=at.year))


class LedgerContract:
    """The contract of every `LedgerStore`."""

    def test_sums_count_up_to_and_including_a_day(self, store: Store) -> None:
        """On any day of a month, at the ends of half-months and years, by any dimension."""
        days = (date(2025, 12, 14), date(2025, 12, 15), date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 15))
        for number, day in enumerate(days):
            _accepted(store, f"a{number}", datetime(day.year, day.month, day.day, 5, tzinfo=NOON.tzinfo), unit="xy"[number % 2])

        for number, day in enumerate(days):
            for until, count in ((day - timedelta(days=1), number), (day, number + 1)):
                assert store.sums(until, ()).get(((), Channel.ONLINE, Measure.RECEIVED), 0) == count, until
        by_unit = store.sums(days[-1], ("unit",))
        assert [by_unit[(unit,), Channel.ONLINE, Measure.RECEIVED] for unit in "xy"] == [3, 2]

    def test_a_report_follows_the_actions(self, store: Store) -> None:
        """Received, resolved in time, in progress and overdue."""
        first, _ = _accepted(store, "a"), _accepted(store, "b")
        _completed(store, first, NOON + timedelta(days=1), 1)

        total = report(store.sums, Period.year(2026), as_of=date(2026, 12, 31)).total

        assert (total.received, total.early, total.in_progress, total.overdue) == (2, 1, 1, 1)
        assert sum(posting.count for posting in store.postings() if posting.measure is Measure.RECEIVED) == 2

    def test_the_last_posting_has_the_highest_number(self, store: Store) -> None:
        """It grows with every posting, and with nothing else."""
        assert store.last_posting() == 0
        dossier = _accepted(store, "a")
        accepted = store.last_posting()
        store.record(submission(new_draft(store, "b")))
        assert store.last_posting() == accepted > 0
        _completed(store, dossier, NOON, 0)
        assert store.last_posting() > accepted

    def test_the_dossiers_of_a_figure_are_found(self, store: Store) -> None:
        """Newest first, page by page."""
        for number in range(3):
            _accepted(store, f"a{number}", unit="xyx"[number])
        _completed(store, _accepted(store, "done"), NOON, 0)
        figure = Figure.of("in-progress", Period.year(2026), date(2026, 12, 31), {})
        of_unit = Figure.of("in-progress", Period.year(2026), date(2026, 12, 31), {"unit": "x"})

        first = store.behind(figure, limit=2)

        assert [dossier.id for dossier in first] == ["a2", "a1"]
        assert [dossier.id for dossier in store.behind(figure, before=first[-1].id)] == ["a0"]
        assert [dossier.id for dossier in store.behind(of_unit)] == ["a2", "a0"]

    def test_durations_are_counted_and_taken_back(self, store: Store) -> None:
        """By year and procedure; a reopened dossier counts no more."""
        done = [_completed(store, _accepted(store, id), NOON, days) for id, days in (("a", 2), ("b", 2), ("c", 5))]

        assert store.spans() == (Span(2026, "1.000001", 2, 2), Span(2026, "1.000001", 5, 1))
        assert store.spans(2025) == ()
        store.record(action(done[2], Action.REOPEN))
        assert store.spans(2026) == (Span(2026, "1.000001", 2, 2),)

    def test_the_last_posted_day_is_told(self, store: Store) -> None:
        """An action gets the last day of any posting, so that none is posted before it."""
        days: list[date | None] = []
        first, second = (store.record(submission(new_draft(store, id))) for id in "ab")

        def accept(dossier: Dossier) -> None:
            record = acceptance(dossier)

            def event(position: Position) -> Event:
                days.append(position.posted)
                return record.event(position)

            store.record(attrs.evolve(record, event=event))

        accept(first)
        accept(second)

        assert days == [None, DAY]
