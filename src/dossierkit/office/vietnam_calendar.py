"""The calendar of Vietnam's offices, by years.

Days that were announced ship in `data/calendar.json`; an operator adds to them with a `calendar.json` in the data folder.
Days of other years are estimates: the library `holidays` (extra `calendar`) works them out; without it only the days that
the solar calendar fixes are known.

{"published": [2027], "off": [{"day": "2027-02-11", "name": "…", "name:en": "…", "source": "…"}], "worked": [{"day": …}]}
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

from dossierkit.data import FOLDER
from dossierkit.dossiers.deadlines.calendars import Calendar
from dossierkit.errors import SettingsError

#: The first year that a calendar holds days off of.
FIRST = 2015
#: A calendar reaches so many years beyond the present one; no time limit is longer.
AHEAD = 15
_INSTEAD = "Làm bù"
#: Labour Code, article 112: month, day, name, name in English.
_FIXED = (
    (1, 1, "Tết Dương lịch", "New Year"),
    (4, 30, "Ngày Chiến thắng", "Victory Day"),
    (5, 1, "Ngày Quốc tế Lao động", "Labour Day"),
    (9, 2, "Quốc khánh", "National Day"),
)
SHIPPED = FOLDER / "calendar.json"


def office_calendar(data: Path | None, today: date) -> Calendar:
    """The calendar with the days that ship, and those of the operator's own file in *data*.

    It holds the days off from 2015 until 15 years after *today*, as far as `holidays` knows them (until 2100).  In every year
    that was not announced, days are estimated: `Calendar.is_estimated`.

    Raises:
        SettingsError: the file holds something other than days.
    """
    first, last = FIRST, min(max(today.year, FIRST) + AHEAD, date.max.year - 1)
    off, worked, english = _estimated(first, last)
    published: set[int] = set()
    own = data / "calendar.json" if data is not None else None
    for path in (SHIPPED, own):
        if path is None or not path.is_file():
            continue
        file = _read(path)
        published.update(file.published)
        english |= file.english
        for kind, days, others in (("off", off, worked), ("worked", worked, off)):
            for day, name in getattr(file, kind).items():
                days[day] = name
                others.pop(day, None)
    return Calendar(off, worked, frozenset(published), english)


def _estimated(first: int, last: int) -> tuple[dict[date, str], dict[date, str], dict[str, str]]:
    """Days off, days worked instead, and their English names, as far as they can be worked out."""
    try:
        import holidays
    except ImportError:
        off = {date(year, month, day): vi for year in range(first, last + 1) for month, day, vi, _ in _FIXED}
        return off, {}, {vi: en for _, _, vi, en in _FIXED}
    named = holidays.country_holidays("VN", years=range(first, last + 1), language="vi")
    translated = holidays.country_holidays("VN", years=range(first, last + 1), language="en_US")
    english = {_INSTEAD: "Worked instead of another day", **{named[day]: translated[day] for day in named}}
    worked: dict[date, str] = {}
    day = date(first, 1, 1)
    while day.year <= last:
        if day.weekday() > 4 and named.is_working_day(day):
            worked[day] = _INSTEAD
        day += timedelta(days=1)
    return dict(named), worked, english


def _read(path: Path) -> Calendar:
    try:
        body = json.loads(path.read_text("utf-8"))
        off, worked = (
            {date.fromisoformat(day["day"]): str(day.get("name", "")) for day in body.get(kind, ())} for kind in ("off", "worked")
        )
        english = {
            str(day["name"]): str(day["name:en"]) for kind in ("off", "worked") for day in body.get(kind, ()) if "name:en" in day
        }
        return Calendar(off, worked, frozenset(map(int, body.get("published", ()))), english)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        example = '{"published": [2027], "off": [{"day": "2027-02-11", "name": "…"}], "worked": […]}'
        raise SettingsError(f"{path}: {error!r}; it is written {example}") from error
