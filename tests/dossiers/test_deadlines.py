"""Due days: vectors of real calendars, arrivals out of hours, pauses, and an explanation that adds up."""

from __future__ import annotations

import sys
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples import TODAY

from dossierkit.dossiers.deadlines.calendars import Calendar, at, day_of
from dossierkit.dossiers.deadlines.day_counting import arrival, due, is_overdue, left
from dossierkit.dossiers.time_limits import TimeLimit, Unit
from dossierkit.errors import SettingsError
from dossierkit.office.vietnam_calendar import office_calendar


@lru_cache(maxsize=1)
def calendar() -> Calendar:
    return office_calendar(None, TODAY)


def morning(text: str, hour: int = 9, minute: int = 0) -> datetime:
    return at(date.fromisoformat(text), time(hour, minute))


def due_day(received: datetime, count: int, unit: Unit = Unit.WORKING) -> str:
    return day_of(due(calendar(), received, TimeLimit(count, unit)).at).isoformat()


@pytest.mark.parametrize(
    ("received", "count", "expected"),
    [
        ("2026-11-20", 5, "2026-11-30"), ("2026-11-23", 1, "2026-11-25"), ("2026-02-13", 3, "2026-02-25"),
        ("2026-02-13", 10, "2026-03-06"), ("2026-04-24", 1, "2026-04-28"), ("2026-04-29", 2, "2026-05-05"),
        ("2026-08-21", 1, "2026-08-22"), ("2026-08-28", 3, "2026-09-07"), ("2026-12-31", 10, "2027-01-15"),
        ("2025-04-25", 3, "2025-04-29"), ("2024-05-03", 1, "2024-05-04"), ("2027-02-03", 5, "2027-02-17"),
        # swapped by the government late in December, which the package of holidays does not know
        ("2025-12-31", 1, "2026-01-05"), ("2026-01-08", 2, "2026-01-10"),
    ],
)  # fmt: skip
def test_working_days(received: str, count: int, expected: str) -> None:
    assert due_day(morning(received), count) == expected


@pytest.mark.parametrize(
    ("received", "count", "expected"),
    [("2026-11-20", 4, "2026-11-25"), ("2026-02-10", 7, "2026-02-23"), ("2026-08-21", 30, "2026-09-21")],
)
def test_calendar_days_end_on_a_working_day(received: str, count: int, expected: str) -> None:
    assert due_day(morning(received), count, Unit.CALENDAR) == expected


@pytest.mark.parametrize(("first", "days"), [(2024, 251), (2025, 250), (2026, 249), (2027, 249)])
def test_working_days_of_a_year(first: int, days: int) -> None:
    year = (date(first, 1, 1) + timedelta(days=number) for number in range(366))
    assert sum(calendar().works(day) for day in year if day.year == first) == days


@pytest.mark.parametrize(
    ("received", "arrives"),
    [
        (morning("2026-11-20", 6), morning("2026-11-20", 7)),
        (morning("2026-11-20", 12), morning("2026-11-20", 12)),
        (morning("2026-11-20", 17), morning("2026-11-23", 7)),
        (morning("2026-11-21", 9), morning("2026-11-23", 7)),
        (morning("2026-11-23", 20), morning("2026-11-25", 7)),
        (morning("2026-11-24", 3), morning("2026-11-25", 7)),
    ],
)
def test_what_arrives_when_the_office_is_closed(received: datetime, arrives: datetime) -> None:
    assert arrival(calendar(), received) == arrives


@pytest.mark.parametrize(("hour", "expected"), [(9, "2026-11-20"), (15, "2026-11-20"), (16, "2026-11-23"), (18, "2026-11-23")])
def test_on_the_same_day(hour: int, expected: str) -> None:
    """Early enough, or on the next working day."""
    assert day_of(due(calendar(), morning("2026-11-20", hour), TimeLimit(1, same_day=True)).at).isoformat() == expected


@pytest.mark.parametrize(
    ("received", "count", "expected"),
    [
        (morning("2026-11-20", 7), 8, morning("2026-11-20", 17)),
        (morning("2026-11-20", 9), 8, morning("2026-11-23", 9)),
        (morning("2026-11-23", 16), 8, morning("2026-11-25", 16)),
        (morning("2026-11-20", 12), 1, morning("2026-11-20", 14, 30)),
        (morning("2026-11-20", 19), 4, morning("2026-11-23", 11)),
    ],
)
def test_hours_walk_over_lunch_nights_and_days_off(received: datetime, count: int, expected: datetime) -> None:
    assert due(calendar(), received, TimeLimit(count, Unit.HOURS)).at == expected


def test_hours_explain_each_day_that_they_walk_over() -> None:
    found = due(calendar(), morning("2026-11-20", 9), TimeLimit(12, Unit.HOURS))
    assert found.at == morning("2026-11-23", 15)
    assert [(one.day.day, one.number, one.why) for one in found.days] == [
        (20, 0, "received"), (21, None, "weekend"), (22, None, "weekend"), (23, None, ""),
    ]  # fmt: skip
    assert due(calendar(), morning("2026-11-20"), TimeLimit(8, Unit.HOURS), count=0).at == morning("2026-11-20")
    assert due(calendar(), morning("2026-11-20"), TimeLimit(8, Unit.HOURS), count=-3).at == morning("2026-11-20")


@pytest.mark.parametrize(
    ("count", "unit", "expected"),
    [(-1, Unit.WORKING, "2026-11-20"), (-2, Unit.WORKING, "2026-11-19"), (-2, Unit.CALENDAR, "2026-11-21"), (0, Unit.CALENDAR, "2026-11-23")],
)  # fmt: skip
def test_what_was_overdue_when_the_clock_stopped_still_is(count: int, unit: Unit, expected: str) -> None:
    """Due so many days before it goes on again, on a Monday."""
    found = due(calendar(), morning("2026-11-23"), TimeLimit(5, unit), count=count)
    assert day_of(found.at).isoformat() == expected


@pytest.mark.parametrize(("count", "expected"), [(2, "2026-11-25"), (1, "2026-11-23"), (0, "2026-11-20"), (-1, "2026-11-19")])
def test_working_days_after_and_before_a_day(count: int, expected: str) -> None:
    assert calendar().working_after(date(2026, 11, 20), count) == date.fromisoformat(expected)


def test_a_day_explains_itself() -> None:
    """Each day counted or not, and why."""
    found = due(calendar(), morning("2026-11-20"), TimeLimit(3))
    assert [(one.day.day, one.number, one.why) for one in found.days] == [
        (20, 0, "received"), (21, None, "weekend"), (22, None, "weekend"), (23, 1, ""),
        (24, None, "Ngày Văn hóa Việt Nam"), (25, 2, ""), (26, 3, ""),
    ]  # fmt: skip
    rolled = due(calendar(), morning("2026-11-20"), TimeLimit(4, Unit.CALENDAR))
    assert [one.why for one in rolled.days][-2:] == ["Ngày Văn hóa Việt Nam", "rolled"]
    worked = due(calendar(), morning("2026-08-21"), TimeLimit(1))
    assert worked.days[-1].why == "Làm bù cho thứ Hai 31/08/2026"


def test_years_that_are_not_announced_are_estimated() -> None:
    assert not due(calendar(), morning("2026-11-20"), TimeLimit(5)).estimated
    assert due(calendar(), morning("2026-12-31"), TimeLimit(10)).estimated


def test_days_have_a_name_in_english() -> None:
    """Every day off and every day that is worked instead, those that ship and those that are worked out."""
    known = calendar()
    assert known.named("Tết Nguyên Đán", "en") == "Lunar New Year"
    assert known.named("Tết Nguyên Đán", "vi") == "Tết Nguyên Đán"
    assert {why for why in (*known.off.values(), *known.worked.values()) if known.named(why, "en") == why} == set()


def test_announced_years_depend_on_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `holidays` their days are the same; other years know the fixed days, and are estimates either way."""
    with_library = office_calendar(None, TODAY)
    monkeypatch.setitem(sys.modules, "holidays", None)
    without = office_calendar(None, TODAY)

    assert with_library.published == without.published == {2024, 2025, 2026}
    for day in (date(2024, 1, 1) + timedelta(days=n) for n in range(3 * 365 + 1)):
        assert with_library.works(day) == without.works(day), day
        assert with_library.why(day) == without.why(day), day
    assert without.why(date(2027, 4, 30)) == "Ngày Chiến thắng"
    assert without.is_estimated(date(2027, 2, 1), date(2027, 2, 1))


def test_an_operator_knows_better(tmp_path: Path) -> None:
    """A storm, a swap, a year that was announced; a file that is none is told."""
    (tmp_path / "calendar.json").write_text(
        '{"published": [2027], "off": [{"day": "2026-11-25", "name": "Bão"}], "worked": [{"day": "2026-11-28", "name": "Bù bão", "name:en": "After the storm"}]}'
    )
    own = office_calendar(tmp_path, TODAY)
    assert day_of(due(own, morning("2026-11-23"), TimeLimit(3)).at) == date(2026, 11, 28)
    assert not due(own, morning("2026-12-31"), TimeLimit(10)).estimated
    assert own.why(date(2026, 11, 25)) == "Bão"
    assert [own.named(own.why(date(2026, 11, day)), "en") for day in (25, 28)] == ["Bão", "After the storm"]
    (tmp_path / "calendar.json").write_text('{"off": ["tomorrow"]}')
    with pytest.raises(SettingsError, match="published"):
        office_calendar(tmp_path, TODAY)


@pytest.mark.parametrize("year", [2014, 2027, 2041, 2101, 2300, 9990])
def test_a_year_without_announced_days_is_estimated(year: int) -> None:
    """A due day in a year whose days off are not announced, or not known to the library, is marked as estimated."""
    days = office_calendar(None, date(year, 6, 1))

    found = due(days, morning(f"{year:04}-06-05"), TimeLimit(20))

    assert found.estimated
    assert days.works(day_of(found.at))


moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 1)).map(  # noqa: DTZ001  # given a zone below
    lambda moment: at(moment.date(), moment.time())
)


@given(moments, st.integers(1, 60), st.sampled_from([Unit.WORKING, Unit.CALENDAR]))
def test_due_days_are_worked_and_the_explanation_adds_up(received: datetime, count: int, unit: Unit) -> None:
    found = due(calendar(), received, TimeLimit(count, unit))
    last = found.days[-1]
    assert calendar().works(last.day)
    assert last.day == day_of(found.at)
    assert [one.number for one in found.days if one.number is not None] == list(range(count + 1))
    assert all((b.day - a.day).days == 1 for a, b in zip(found.days, found.days[1:], strict=False))
    assert all(one.number is not None or one.why for one in found.days)


@given(moments, st.integers(1, 40), st.integers(0, 40), st.sampled_from([Unit.WORKING, Unit.CALENDAR]))
def test_a_pause_of_no_length_changes_nothing(received: datetime, count: int, passed: int, unit: Unit) -> None:
    """On any working day up to the due day, in office hours: what is left leads to the same day."""
    limit, begun = TimeLimit(count, unit), arrival(calendar(), received)
    whole = due(calendar(), received, limit)
    first, passed = day_of(begun), min(passed, count)
    working = calendar().working_after(first, passed) if unit is Unit.WORKING else first + timedelta(days=passed)
    paused = max(begun, at(calendar().next_working(working), time(14)))
    assert paused <= whole.at
    rest = left(calendar(), received, paused, limit, count=count)
    assert rest >= 0
    again = due(calendar(), paused, limit, count=rest)
    assert day_of(again.at) == day_of(whole.at)


@given(moments, st.integers(1, 20), st.integers(1, 400), st.sampled_from([Unit.WORKING, Unit.CALENDAR]))
def test_a_pause_does_not_cure_lateness(received: datetime, count: int, later: int, unit: Unit) -> None:
    """A dossier that was late by so many days is late by as many when the clock goes on, and when it is paused again at once."""
    limit = TimeLimit(count, unit)
    whole = due(calendar(), received, limit)
    paused = whole.at + timedelta(days=later)
    rest = left(calendar(), received, paused, limit, count=count)
    assert rest <= 0
    again = due(calendar(), paused + timedelta(days=30), limit, count=rest)
    if rest < 0:
        assert is_overdue(again.at, paused + timedelta(days=30))
    if unit is Unit.CALENDAR:
        assert rest == -later
    assert left(calendar(), paused, paused, limit, count=rest) == rest


@pytest.mark.parametrize(("paused", "rest"), [("2026-11-20", 1), ("2026-11-21", 0), ("2026-11-23", 0), ("2026-11-25", -2)])
def test_a_last_day_that_was_moved_is_in_time(paused: str, rest: int) -> None:
    """One calendar day from Friday ends on Saturday and is moved to Monday: nothing is late before Tuesday."""
    limit = TimeLimit(1, Unit.CALENDAR)
    assert left(calendar(), morning("2026-11-20"), morning(paused), limit, count=1) == rest


def test_hours_that_are_left() -> None:
    """Begun hours are used up."""
    limit = TimeLimit(8, Unit.HOURS)
    assert left(calendar(), morning("2026-11-20", 7), morning("2026-11-20", 14), limit, count=8) == 3
    assert left(calendar(), morning("2026-11-20", 7), morning("2026-11-23", 7, 30), limit, count=8) == -1
    assert left(calendar(), morning("2026-11-21", 7), morning("2026-11-21", 8), limit, count=8) == 8


def test_overdue_is_a_matter_of_days() -> None:
    at_due = morning("2026-11-20", 17)
    assert not is_overdue(None, at_due)
    assert not is_overdue(at_due, morning("2026-11-20", 23))
    assert is_overdue(at_due, morning("2026-11-21", 0))


def test_limits_as_files_state_them() -> None:
    assert TimeLimit.of({"count": 8, "unit": "hours"}) == TimeLimit(8, Unit.HOURS)
    assert TimeLimit.of({"count": 24, "afterSupplement": 18}) == TimeLimit(24, after_supplement=18)
    assert TimeLimit.of({"count": 1, "sameDay": True}).same_day
