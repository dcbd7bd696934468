"""Daily tasks: one mail a day, suspensions that end, another calendar; no dossier is decided by the passing of time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner
from support.dossiers import due_day, sent
from support.people import AN, INTAKE, OFFICER, UNIT
from support.samples import NOON, SMALL, TODAY

from dossierkit import Action, Dossier, Engine, Role, State, open_engine
from dossierkit.cli import main
from dossierkit.dossiers.deadlines.dossier_clock import OfficeClock
from dossierkit.dossiers.people.account import Account
from dossierkit.errors import ForbiddenAction
from dossierkit.office.daily_tasks import PROGRAM, recompute, remind, resume
from dossierkit.office.vietnam_calendar import office_calendar
from dossierkit.testing import FixedClock


@pytest.fixture
def office(folder: Path, engine: Engine, clock: FixedClock) -> Engine:
    """Five working days, an intake officer and a case officer; it is Monday morning."""
    block = {**SMALL["x-procedure"], "unit": UNIT, "timeLimit": [{"count": 5}]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    for id, role in (("mai", Role.INTAKE_OFFICER), ("nam", Role.CASE_OFFICER)):
        engine.store.accounts.create_account(Account(id, f"{id}@office.vn", NOON, {"fullName": id}, role, unit=UNIT))
    clock.time = datetime(2026, 11, 30, 2, tzinfo=UTC)
    return engine


def working(engine: Engine) -> Dossier:
    dossier = sent(engine)
    engine.act(dossier.id, Action.ACCEPT, INTAKE)
    return engine.act(dossier.id, Action.ASSIGN, INTAKE, facts={"officer": "nam"})


@pytest.fixture
def reminders(office: Engine) -> Callable[[], list[tuple[str, str]]]:
    """(to, text) of the reminders since the last look."""

    def look() -> list[tuple[str, str]]:
        remind(office)
        found = office.store.outbox.claim(office.clock.now(), office.clock.now() + timedelta(days=999), 99)
        for one in found:
            office.store.outbox.mark_delivered(one.id, office.clock.now())
        return [(one.mail.to, one.mail.text) for one in found if one.mail.key.startswith("reminder:")]

    return look


def test_officers_are_told_once_a_day(office: Engine, clock: FixedClock, reminders: Any) -> None:
    """Soon, on the day, overdue; the assigned officer, or else those of intake; no mail once it is done."""
    dossier, waiting = working(office), sent(office)
    assert due_day(dossier) == "2026-12-07"
    assert reminders() == []
    clock.advance(timedelta(days=2))
    assert [to for to, _ in reminders()] == ["mai@office.vn"]
    clock.advance(timedelta(days=1))  # Thursday; the result is due on Monday
    assert [to for to, _ in reminders()] == ["mai@office.vn"]
    clock.advance(timedelta(days=1))
    told = dict(reminders())
    assert told.keys() == {"mai@office.vn", "nam@office.vn"}
    assert f"sắp đến hạn: {dossier.code}" in told["nam@office.vn"]
    assert "trễ hẹn:" not in told["nam@office.vn"]
    assert str(waiting.code) in told["mai@office.vn"]
    assert reminders() == [], "once a day"
    clock.advance(timedelta(days=4))
    assert f"trễ hẹn: {dossier.code}" in dict(reminders())["nam@office.vn"]
    office.act(dossier.id, Action.COMPLETE, OFFICER, facts={"outcome": "approved"})
    clock.advance(timedelta(days=1))
    assert [to for to, _ in reminders()] == ["mai@office.vn"]


def test_intake_is_told_in_place_of_a_disabled_officer(office: Engine, clock: FixedClock, reminders: Any) -> None:
    """A dossier of an officer who left is on the list of those who can assign it anew."""
    dossier = working(office)
    nam = office.store.accounts.account("nam")
    assert nam is not None
    office.store.accounts.replace_account(attrs.evolve(nam, disabled=True, version=nam.version + 1))
    reminders()
    clock.advance(timedelta(days=8))

    told = dict(reminders())

    assert told.keys() == {"mai@office.vn"}
    assert f"trễ hẹn: {dossier.code}" in told["mai@office.vn"]


def test_soon_is_the_next_working_day(office: Engine, clock: FixedClock, reminders: Any) -> None:
    """On Monday nothing of what is due on Wednesday; on Tuesday it is."""
    office.act(sent(office).id, Action.ACCEPT, INTAKE, facts={"due": "2026-12-02T10:00:00+00:00"})
    assert reminders() == []
    clock.advance(timedelta(days=1))
    assert [to for to, _ in reminders()] == ["mai@office.vn"]


def test_a_mail_names_forty_and_counts_the_rest(office: Engine, clock: FixedClock, reminders: Any) -> None:
    codes = [str(sent(office).code) for _ in range(42)]
    clock.advance(timedelta(days=7))
    [(_, text)] = reminders()
    assert sum(code in text for code in codes) == 40
    assert "… (+2)" in text


def test_silence_decides_nothing(office: Engine, clock: FixedClock, reminders: Any) -> None:
    """A year without officers: every dossier is where it was."""
    dossier, waiting = working(office), sent(office)
    paused = working(office)
    office.act(paused.id, Action.SUSPEND, OFFICER, note="chờ")
    for _ in range(12):
        clock.advance(timedelta(days=30))
        reminders()
        assert resume(office) == 0
    states = [office.open(one.id, AN).state for one in (dossier, waiting, paused)]
    assert states == [State.PROCESSING, State.SUBMITTED, State.SUSPENDED]


def test_a_notice_hangs_until_its_day(office: Engine, clock: FixedClock) -> None:
    """Not counted; then the dossier goes on by itself with what is left."""
    dossier = working(office)
    until = (clock.now() + timedelta(days=15)).isoformat()
    paused = office.act(dossier.id, Action.SUSPEND, OFFICER, facts={"until": until}, note="Niêm yết 15 ngày")
    assert paused.handling.clock.left == 5
    clock.advance(timedelta(days=14))
    assert resume(office) == 0
    clock.advance(timedelta(days=1))
    assert resume(office) == 1
    going_on = office.open(dossier.id, AN)
    assert (going_on.state, due_day(going_on), going_on.handling.clock.until) == (State.PROCESSING, "2026-12-22", None)
    assert list(office.verify()) == []


def test_another_calendar_changes_due_days_by_events(office: Engine, clock: FixedClock, tmp_path: Path) -> None:
    """After a preview; days that an officer set stay; the ledger follows; only the program may do it."""
    dossier, extended, promised = working(office), working(office), sent(office)
    office.act(extended.id, Action.EXTEND, OFFICER, facts={"due": "2026-12-11T10:00:00+00:00"}, note="Xin lỗi")
    office.act(promised.id, Action.ACCEPT, INTAKE, facts={"due": "2026-12-11T10:00:00+00:00"})
    assert list(recompute(office, apply=False)) == []
    (tmp_path / "calendar.json").write_text('{"off": [{"day": "2026-12-03", "name": "Bão số 12"}]}', "utf-8")
    office.context.office_clock = OfficeClock(lambda: office_calendar(tmp_path, TODAY))
    (found,) = recompute(office, apply=False)
    assert (found[0].id, found[1].date().isoformat()) == (dossier.id, "2026-12-08")
    assert due_day(office.open(dossier.id, AN)) == "2026-12-07"
    assert len(list(recompute(office, apply=True, note="Công điện nghỉ bão"))) == 1
    redated = office.open(dossier.id, AN)
    assert due_day(redated) == "2026-12-08"
    assert office.office_clock.explained(redated.handling) is not None
    assert office.history(redated)[-1].action is Action.REDATE
    assert list(recompute(office, apply=True, note="x")) == []
    with pytest.raises(ForbiddenAction):
        office.act(dossier.id, Action.REDATE, OFFICER, facts={"due": "2027-01-01T10:00:00+00:00"}, note="x")
    assert Action.REDATE in office.permitted(redated, PROGRAM)
    clock.advance(timedelta(days=20))
    assert list(office.verify()) == []


@pytest.fixture
def installation(tmp_path: Path, folder: Path) -> Iterator[Path]:
    block = {**SMALL["x-procedure"], "unit": UNIT, "timeLimit": [{"count": 5}]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    data = tmp_path / "data"
    engine = open_engine(
        f"sqlite:{data / 'dossiers.db'}", procedures=folder, clock=FixedClock(datetime(2026, 11, 30, 2, tzinfo=UTC))
    )
    engine.act(sent(engine).id, Action.ACCEPT, INTAKE)
    engine.close()
    return data


def test_the_command_wants_a_reason(installation: Path) -> None:
    """Nothing changes without --apply, and nothing without a note."""
    (installation / "calendar.json").write_text('{"off": [{"day": "2026-12-03", "name": "Bão"}]}', "utf-8")
    run = CliRunner().invoke
    words = ["recompute", "--data", str(installation)]
    assert "1 due day would change" in run(main, words).output
    assert run(main, [*words, "--apply"]).exit_code == 2
    assert "07/12/2026 → 08/12/2026" in run(main, [*words, "--apply", "--note", "Nghỉ bão"]).output
    assert "0 due days would change" in run(main, words).output
