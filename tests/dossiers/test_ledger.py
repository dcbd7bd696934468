"""The ledger: for random dossiers, every report equals a naive count of the events, and past reports never change."""

from __future__ import annotations

import itertools
import json
import random
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.samples import NOON, SMALL, TODAY

from dossierkit import Action, Actor, Dossier, Engine, Role, State
from dossierkit.dossiers.deadlines.calendars import day_of
from dossierkit.dossiers.deadlines.day_counting import arrival
from dossierkit.dossiers.ledger.ledger import Measure, Span
from dossierkit.dossiers.ledger.reports import DIMENSIONS, FIGURES, Line, Period, months, report
from dossierkit.dossiers.lifecycle.transitions import RESOLVED, step
from dossierkit.dossiers.states import Channel, Outcome
from dossierkit.office.vietnam_calendar import office_calendar
from dossierkit.statistics.durations import median
from dossierkit.testing import CountedTokens, FixedClock
from dossierkit.wiring import open_engine

AN, ADMIN, APPROVER = Actor("an"), Actor("root", Role.ADMIN), Actor("linh", Role.APPROVER, "so-nnmt")
UNITS = {"1.000001": ("so-nnmt", "dat-dai"), "1.000002": ("vpdkdd", "dat-dai"), "1.000003": ("so-nnmt", "moi-truong")}


#: How often an action is taken, where not 1 in the sum of these: most of what comes in is accepted, worked on and completed.
OFTEN = {
    Action.ACCEPT: 30, Action.ASSIGN: 10, Action.COMPLETE: 10, Action.RESUME: 10, Action.SUPPLEMENT: 10, Action.SETTLE: 10,
    Action.REFUSE: 2, Action.SUSPEND: 2, Action.EXTEND: 2, Action.REOPEN: 2, Action.REFUND: 0.1, Action.MESSAGE: 0.1,
    Action.ERASE: 0, Action.ASK_ERASURE: 0,
}  # fmt: skip


@contextmanager
def offices(*stores: str) -> Iterator[tuple[FixedClock, list[Engine]]]:
    """Engines that live through the same days."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "procedures"
        folder.mkdir()
        for code, (unit, sector) in UNITS.items():
            block = {"code": code, "unit": unit, "sector": sector, "timeLimit": [{"count": 3, "afterSupplement": 2}]}
            (folder / f"{code}.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
        clock = FixedClock(NOON - timedelta(days=200))
        engines = [
            open_engine(
                store + (f"{place}/d.db" if store == "sqlite:" else ""), procedures=folder, clock=clock, tokens=CountedTokens()
            )
            for store in stores
        ]
        yield clock, engines
        for engine in engines:
            engine.close()


def lived(clock: FixedClock, engines: list[Engine], seed: int, steps: int) -> Iterator[None]:
    """Random lives, the same in all of *engines*; stops after each step."""
    chance = random.Random(seed)
    ids: list[str] = []
    clock.advance(timedelta(days=chance.randint(0, 200)))
    for _ in range(steps):
        clock.advance(timedelta(hours=chance.choice((0, 0, 0, 1, 1, 5, 24, 48, 240))))
        if not ids or chance.random() < 0.15:
            code = chance.choice(list(UNITS))
            drafts = [engine.begin(code, AN, {"name": "An"}) for engine in engines]
            for engine, draft in zip(engines, drafts, strict=True):
                engine.submit(draft.id, AN)
            ids.append(drafts[0].id)
        else:
            act(clock, engines, chance.choice(ids[-4:]), chance)
        yield


def act(clock: FixedClock, engines: list[Engine], id: str, chance: random.Random) -> None:
    dossier = engines[0].store.get(id)
    assert dossier is not None
    offered = [(actor, action) for actor in (AN, ADMIN) for action in engines[0].permitted(dossier, actor)]
    weights = [OFTEN.get(action, 1) for _, action in offered]
    if not any(weights):
        return
    actor, action = chance.choices(offered, weights)[0]
    due, now = dossier.handling.clock.due or engines[0].clock.now(), engines[0].clock.now()
    if action is Action.COMPLETE and due > now and chance.random() < 0.5:
        clock.advance(due - now)
    facts = {
        "officer": "nam", "asked": ["/copies"], "amount": 1, "payment": "paid", "evidence": "post", "step": "x",
        "outcome": chance.choice([one.value for one in Outcome]),
        **({"due": (due + timedelta(days=chance.randint(1, 20))).isoformat()} if action is Action.EXTEND else {}),
    }  # fmt: skip
    for engine in engines:
        engine.act(id, action, actor, facts=facts, note="vì")


def test_random_lives_are_full() -> None:
    """The random lives of the properties below cover every kind of event that a report can get wrong."""
    measures: Counter[Measure] = Counter()
    paused = again = crossed = 0
    for seed in range(20):
        with offices("memory:") as (clock, [engine]):
            for _ in lived(clock, [engine], seed, 90):
                pass
            postings = list(engine.store.postings())
            measures.update(one.measure for one in postings)
            measures.subtract(one.measure for one in postings if one.measure is Measure.OVERDUE and one.count < 0)
            crossed += len({one.day.year for one in postings if one.measure is not Measure.OVERDUE}) > 1
            for dossier in engine.store.every():
                actions = [event.action for event in engine.history(dossier)]
                paused += Action.SUSPEND in actions or Action.REQUEST_SUPPLEMENT in actions
                again += actions.count(Action.COMPLETE) > 1
    assert min(measures[one] for one in Measure) >= 10, measures
    assert min(paused, again, crossed) >= 8, (paused, again, crossed)


def counted(engine: Engine, period: Period, last: date, by: tuple[str, ...]) -> dict[tuple[str, ...], Line]:
    """The same report from the events alone: each dossier's life, replayed up to two days."""
    lines: dict[tuple[str, ...], Line] = {}
    for dossier in engine.store.every():
        key = tuple(str({"procedure": dossier.procedure, "unit": dossier.handling.unit, "sector": dossier.handling.sector,
                         "channel": dossier.handling.channel}[name]) for name in by)  # fmt: skip
        line = lines.setdefault(key, Line(key))
        told = attrs.evolve(dossier, state=State.DRAFT, handling=type(dossier.handling)(), code=None, submitted=None, agency=None)
        before = at_end = told
        found: dict[str, int] = {}
        for event in engine.history(dossier)[1:]:
            was, told = told, step(told, event)
            day = day_of(event.at)
            if day < period.first:
                before = told
            if day <= last:
                at_end = told
            if period.first <= day <= last and (name := flow(was, told, event.action, day)):
                found[name] = found.get(name, 0) + 1
        found["carried_over"] = int(is_open(before))
        due = at_end.handling.clock.due
        overdue = is_open(at_end) and at_end.handling.clock.paused is None and due is not None and day_of(due) < last
        lines[key] = attrs.evolve(line, **{n: getattr(line, n) + c for n, c in {**found, "overdue": int(overdue)}.items()})
    return {key: line for key, line in lines.items() if line != Line(key)}


def is_open(dossier: Dossier) -> bool:
    return dossier.handling.accepted is not None and dossier.state not in RESOLVED


def flow(was: Dossier, now: Dossier, action: Action, day: date) -> str:
    if action is Action.ACCEPT:
        return "online" if now.handling.channel is Channel.ONLINE else "direct"
    if action is Action.REFUSE:
        return "refused"
    if action is Action.REOPEN:
        return "reopened"
    if action in (Action.WITHDRAW, Action.STOP):
        return "returned" if is_open(was) else ""
    if action is not Action.COMPLETE:
        return ""
    due = now.handling.clock.due
    if now.handling.result.outcome is Outcome.RETURNED:
        return "returned"
    return "on_time" if due is None or day_of(due) == day else "early" if day < day_of(due) else "late"


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    year=st.sampled_from([2026, 2027]),
    by=st.sampled_from([(), ("unit",), ("unit", "sector"), ("procedure", "channel")]),
)
def test_reports_equal_a_naive_count(seed: int, year: int, by: tuple[str, ...]) -> None:
    """Of both stores, for months, quarters and years, by both conventions; all identities of the printed form hold."""
    with offices("memory:", "sqlite:") as (clock, engines):
        for _ in lived(clock, engines, seed, 90):
            pass
        today = engines[0].today()
        for nd09 in (False, True):
            for period in (
                Period.year(year, nd09=nd09), Period.months(year, 7, 9, nd09=nd09), Period.months(year, 8, 8, nd09=nd09),
                Period(date(year, 6, 3), date(year, 9, 20)),
            ):  # fmt: skip
                first, second = (report(engine.store.sums, period, as_of=today, by=by) for engine in engines)
                assert first == second
                naive = counted(engines[0], period, first.as_of, by)
                assert {line.key: line for line in first.lines} == naive
                sound(first.lines, first.total)
                leads_on(engines, period, first.total)
        for day in (date(2026, 4, 1) + timedelta(days=number) for number in range(700)):
            simple, quick = (dict(engine.store.sums(day, DIMENSIONS)) for engine in engines)
            assert simple == quick, day
        took = [{(one.year, one.procedure, one.days): one.count for one in engine.store.spans()} for engine in engines]
        assert took[0] == took[1] == taken(engines[0])
        assert list(engines[1].verify()) == []


def taken(engine: Engine) -> dict[tuple[int, str, int], int]:
    """How many dossiers took how many working days, counted day by day from the histories."""
    found: Counter[tuple[int, str, int]] = Counter()
    calendar = office_calendar(None, TODAY)
    for dossier in engine.store.every():
        accepted, place = None, None
        for event in engine.history(dossier):
            if event.action is Action.ACCEPT:
                accepted = day_of(arrival(calendar, event.at))
            elif event.action is Action.COMPLETE and accepted is not None:
                done = day_of(event.at)
                days = sum(calendar.works(accepted + timedelta(days=n)) for n in range(1, (done - accepted).days + 1))
                place = (done.year, dossier.procedure, days)
                found[place] += 1
            elif event.action is Action.REOPEN and place is not None:
                found[place] -= 1
    return {place: count for place, count in found.items() if count}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(-2, 4)), max_size=8, unique_by=lambda one: one[0]))
def test_the_median_is_the_one_of_all_days(found: list[tuple[int, int]]) -> None:
    every = [days for days, count in found for _ in range(count)]
    assert median(Span(2026, "p", days, count) for days, count in found) == (statistics.median(every) if every else None)


@pytest.mark.parametrize(
    ("name", "first", "last", "decree_first", "decree_last"),
    [
        ("year", "2026-01-01", "2026-12-31", "2025-12-15", "2026-12-14"),
        ("q1", "2026-01-01", "2026-03-31", "2025-12-15", "2026-03-14"),
        ("q2", "2026-04-01", "2026-06-30", "2026-03-15", "2026-06-14"),
        ("q3", "2026-07-01", "2026-09-30", "2026-06-15", "2026-09-14"),
        ("q4", "2026-10-01", "2026-12-31", "2026-09-15", "2026-12-14"),
        ("h1", "2026-01-01", "2026-06-30", "2025-12-15", "2026-06-14"),
        ("h2", "2026-07-01", "2026-12-31", "2026-06-15", "2026-12-14"),
        ("m9", "2026-01-01", "2026-09-30", "2025-12-15", "2026-09-14"),
        ("1", "2026-01-01", "2026-01-31", "2025-12-15", "2026-01-14"),
        ("2", "2026-02-01", "2026-02-28", "2026-01-15", "2026-02-14"),
        ("12", "2026-12-01", "2026-12-31", "2026-11-15", "2026-12-14"),
    ],
)
def test_parts_of_a_year(name: str, first: str, last: str, decree_first: str, decree_last: str) -> None:
    """By the calendar, and from the 15th of the month before to the 14th."""
    assert Period.part(2026, name) == Period(date.fromisoformat(first), date.fromisoformat(last))
    assert Period.part(2026, name, nd09=True) == Period(date.fromisoformat(decree_first), date.fromisoformat(decree_last))


@given(st.dates(date(2024, 1, 1), date(2026, 1, 1)), st.integers(0, 900), st.booleans())
def test_a_period_is_its_months_one_after_the_other(first: date, length: int, nd09: bool) -> None:
    period = Period(first, first + timedelta(days=length))
    parts = list(period.split(nd09=nd09))
    assert (parts[0].first, parts[-1].last) == (period.first, period.last)
    for one, other in itertools.pairwise(parts):
        assert other.first == one.last + timedelta(days=1)
        assert other.first.day == (15 if nd09 else 1)
    year = Period.year(first.year, nd09=nd09)
    assert list(year.split(nd09=nd09)) == [Period.part(first.year, str(month), nd09=nd09) for month in range(1, 13)]


def leads_on(engines: list[Engine], period: Period, total: Line) -> None:
    """Every store has the same dossiers behind each figure, as many as the figure says; one resolved twice is listed once."""
    stock = {"carried-over": total.carried_over, "in-progress": total.in_progress, "overdue": total.overdue}
    flowing = {
        "received": total.received + total.reopened, "in-time": total.resolved - total.late, "late": total.late, "refused": total.refused,
    }  # fmt: skip
    assert stock.keys() | flowing.keys() == FIGURES.keys()
    for name in FIGURES:
        first, second = ([one.id for one in engine.behind(name, period, limit=999)] for engine in engines)
        assert first == second, name
        if name in stock:
            assert len(first) == stock[name], name
        else:
            assert len(first) <= flowing[name], name
            assert bool(first) == bool(flowing[name]), name


def sound(lines: tuple[Line, ...], total: Line) -> None:
    for line in (*lines, total):
        assert all(value >= 0 for name, value in attrs.asdict(line).items() if name != "key"), line
        assert line.within >= 0
        assert line.to_do == line.resolved + line.in_progress
        assert line.in_progress == line.within + line.overdue
        assert (line.rate is None) == (line.resolved == 0)
    for name in ("to_do", "resolved", "in_progress", "overdue"):
        assert sum(getattr(line, name) for line in lines) == getattr(total, name)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_what_is_past_never_changes(seed: int) -> None:
    """A report of a period that has ended reads the same for ever; what follows takes over what it left."""
    with offices("sqlite:") as (clock, [engine]):
        known: dict[tuple[int, int], str] = {}
        for _ in lived(clock, [engine], seed, 90):
            now = engine.today()
            for month in range(1, 13):
                period = Period.months(2026, month, month)
                if period.last < now:
                    shown = repr(report(engine.store.sums, period, as_of=now, by=("unit", "sector")))
                    assert known.setdefault((2026, month), shown) == shown
        found = list(months(engine.store.sums, Period.year(2026), as_of=engine.today()))
        year = report(engine.store.sums, Period.year(2026), as_of=engine.today()).total
        assert sum(one.total.received for one in found) == year.received
        assert sum(one.total.resolved for one in found) == year.resolved
        assert found[0].total.carried_over == year.carried_over
        assert found[-1].total.in_progress == year.in_progress
        for one, other in itertools.pairwise(found):
            assert one.total.in_progress == other.total.carried_over


@pytest.mark.parametrize("seed", range(4))
def test_a_server_counts_as_memory_does(postgres: str, seed: int) -> None:
    """Postings, sums and durations of the same random lives."""
    with offices("memory:", postgres) as (clock, engines):
        for _ in lived(clock, engines, seed, 90):
            pass
        for by in ((), ("unit", "sector"), ("procedure", "channel")):
            for days in range(0, 400, 23):
                until = engines[0].today() - timedelta(days=days)
                first, second = (engine.store.sums(until, by) for engine in engines)
                assert dict(first) == dict(second)
        first, second = (Counter(engine.store.postings()) for engine in engines)
        assert first == second
        assert engines[0].store.spans() == engines[1].store.spans()
        assert list(engines[1].verify()) == []


def test_a_clock_that_is_set_back_touches_no_past_day() -> None:
    """Later events are posted on the last day with postings."""
    with offices("memory:", "sqlite:") as (clock, engines):
        for engine in engines:
            dossiers = [engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN) for _ in range(2)]
            engine.act(dossiers[0].id, Action.ACCEPT, ADMIN)
            first = engine.today()
            clock.advance(timedelta(days=-1))
            engine.act(dossiers[1].id, Action.ACCEPT, ADMIN)
            clock.advance(timedelta(days=1))
            assert report(engine.store.sums, Period(first, first), as_of=first).total.received == 2
            assert (
                report(engine.store.sums, Period(first - timedelta(days=1), first - timedelta(days=1)), as_of=first).lines == ()
            )
            assert list(engine.verify()) == []


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE totals SET count = count + 1",
        "UPDATE totals_by_year SET count = count + 1",
        "UPDATE totals SET half = '2026-01-1'",
        "UPDATE totals SET half = substr(half, 1, 8) || CASE substr(half, 9) WHEN '1' THEN '2' ELSE '1' END",
        "UPDATE totals_by_year SET year = '2025'",
        "UPDATE totals_by_year SET year = '2099'",
        "UPDATE totals SET unit = 'elsewhere'",
        "DELETE FROM totals",
        "DELETE FROM totals_by_year",
    ],
)
def test_verify_looks_at_every_total_that_a_report_can_read(tampering: str) -> None:
    with offices("sqlite:") as (_, [engine]):
        dossier = engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN)
        engine.act(dossier.id, Action.ACCEPT, ADMIN)
        assert list(engine.verify()) == []
        engine.store.database.write(lambda connection: connection.execute(tampering))  # type: ignore[attr-defined]
        assert "the totals of" in "\n".join(engine.verify())


def test_verify_finds_a_ledger_that_was_changed() -> None:
    with offices("sqlite:") as (_, [engine]):
        dossier = engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN)
        engine.act(dossier.id, Action.ACCEPT, ADMIN)
        assert list(engine.verify()) == []
        for tampering in (
            "UPDATE totals SET count = 7 WHERE measure = 'received'",
            "UPDATE totals_by_year SET count = 7 WHERE measure = 'received'",
            "DELETE FROM postings WHERE measure = 'overdue'",
        ):
            engine.store.database.write(lambda connection, sql=tampering: connection.execute(sql))  # type: ignore[attr-defined]
        found = "\n".join(engine.verify())
        assert "received is 7, its events say 1" in found
        assert "overdue is off by -1" in found


def test_what_no_report_is_told_apart_by() -> None:
    with offices("memory:") as (_, [engine]), pytest.raises(ValueError, match="known: unit"):
        report(engine.store.sums, Period.year(2026), as_of=engine.today(), by=("colour",))


def test_a_report_of_the_future_is_empty() -> None:
    """The stock carried over is known; future flows are zero."""
    with offices("memory:") as (_, [engine]):
        dossier = engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN)
        engine.act(dossier.id, Action.ACCEPT, ADMIN)
        found = report(engine.store.sums, Period.year(2030), as_of=engine.today())
        assert (found.total.received, found.total.resolved, found.total.carried_over) == (0, 0, 1)
