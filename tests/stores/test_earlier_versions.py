"""Databases of earlier versions are read as they were written, and stay usable."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from dossierkit import Action, Actor, Dossier, Engine, Role, State, open_engine
from dossierkit.dossiers.deadlines.dossier_clock import OfficeClock
from dossierkit.dossiers.ledger.reports import Period
from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.dossiers.money.attempts import Answer, Callback, Progress
from dossierkit.dossiers.people.session_lifetime import Wants
from dossierkit.dossiers.states import Payment
from dossierkit.files.disk import DiskBlobs
from dossierkit.mail.outbox import deliver
from dossierkit.office.daily_tasks import recompute
from dossierkit.office.payments import Payments
from dossierkit.office.vietnam_calendar import office_calendar
from dossierkit.stores.backup import restore
from dossierkit.testing import FixedClock, RecordingMailer
from dossierkit.wiring import open_accounts

FIXTURES = Path(__file__).parent / "fixtures"
VERSIONS = sorted(folder.name for folder in FIXTURES.iterdir() if folder.is_dir())
ADMIN = Actor("admin", Role.ADMIN)
#: Of every account in the fixture.
PASSWORD = "mau chi de thu nghiem"


@attrs.frozen
class Installation:
    """A restored data folder, opened by the present code, and what its own version read from it."""

    data: Path
    engine: Engine
    blobs: DiskBlobs
    clock: FixedClock
    expected: dict[str, Any]

    def dossier(self, name: str) -> Dossier:
        """The dossier that `expected.json` lists as *name*."""
        stored = self.engine.store.get(self.expected["dossiers"][name]["id"])
        assert stored is not None
        return stored


@pytest.fixture(params=VERSIONS)
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    folder = FIXTURES / request.param
    archive, data = tmp_path / "data.tar", tmp_path / "data"
    archive.write_bytes(gzip.decompress((folder / "data.tar.gz").read_bytes()))
    restore(archive, data)
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    clock, blobs = FixedClock(datetime.fromisoformat(expected["now"])), DiskBlobs(data / "attachments")
    engine = open_engine(f"sqlite:{data / 'dossiers.db'}", procedures=folder / "procedures", clock=clock, blobs=blobs)
    yield Installation(data, engine, blobs, clock, expected)
    engine.close()


def test_every_table_keeps_its_rows(installation: Installation) -> None:
    """Each table of the earlier version had rows; as many are there."""
    connection = sqlite3.connect(installation.data / "dossiers.db")
    rows = {name: connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in installation.expected["rows"]}
    connection.close()

    assert all(rows.values())
    assert rows == installation.expected["rows"]


def test_nothing_contradicts_anything_else(installation: Installation) -> None:
    """Hashes, postings, totals, numbers, answers and files prove each other."""
    assert list(installation.engine.verify(blobs=installation.blobs)) == []


def test_dossiers_are_read_as_they_were_written(installation: Installation) -> None:
    """Each opens with its answers, files, layout, history, notes and payments, and its form accepts them."""
    engine = installation.engine
    stored = {dossier.id: _summary(engine, dossier) for dossier in engine.store.every()}

    assert stored == {dossier["id"]: dossier for dossier in installation.expected["dossiers"].values()}
    for dossier in engine.store.every():
        assert engine.open(dossier.id, Actor(dossier.owner) if dossier.submitted is None else ADMIN) == dossier
        assert engine.procedure_of(dossier).revision == dossier.revision
    assert {State[one["state"]] for one in stored.values()} == set(State)
    assert {Progress(attempt[1]) for one in stored.values() for attempt in one["attempts"]} == set(Progress)


def _summary(engine: Engine, dossier: Dossier) -> dict[str, Any]:
    handling, layout, events = dossier.handling, dossier.layout, engine.history(dossier)
    notes = engine.store.notes(dossier.id)
    return {
        "id": dossier.id,
        "procedure": dossier.procedure,
        "revision": dossier.revision,
        "owner": dossier.owner,
        "state": dossier.state.name,
        "version": dossier.version,
        "code": str(dossier.code) if dossier.code else "",
        "receipt": handling.receipt,
        "answers": dossier.answers,
        "files": [attachment.name for attachment in dossier.attachments],
        "due": handling.clock.due.isoformat() if handling.clock.due else None,
        "declared": list(dossier.declared or handling.declared),
        "layout": {
            "rows": dict(layout.rows),
            "names": dict(layout.names),
            "filled": sorted(layout.filled),
            "opened": sorted(layout.opened),
        },
        "channel": handling.channel.name,
        "asked": list(handling.supplement.asked),
        "step": handling.step,
        "delivery": handling.result.delivery.value,
        "outcome": handling.result.outcome.value if handling.result.outcome else "",
        "erased": handling.erasure.done is not None,
        "payment": handling.money.payment.value,
        "surplus": handling.money.surplus,
        "events": [event.action.value for event in events],
        "head": events[-1].hash,
        "notes": {str(number): note.text for number, note in notes.items()},
        "replaced": {str(number): note.before for number, note in notes.items() if note.before is not None},
        "attempts": [
            [attempt.ref, attempt.progress.value, attempt.amount, attempt.surplus, attempt.asked]
            for attempt in engine.store.payments.attempts(dossier.id)
        ],
    }


def test_reports_give_the_same_figures(installation: Installation) -> None:
    """By procedure, unit and sector, of both years, with the days that dossiers took."""
    engine, reports = installation.engine, {}
    for title in installation.expected["reports"]:
        year, _, dimension = title.split()
        report = engine.report(Period.year(int(year)), by=(dimension,), as_of=date(2026, 1, 31))
        reports[title] = {
            "/".join(line.key) or "all": {name: count for name, count in attrs.asdict(line).items() if name != "key" and count}
            for line in (*report.lines, report.total)
        }

    assert reports == installation.expected["reports"]
    spans = [[span.year, span.procedure, span.days, span.count] for span in engine.store.spans()]
    assert spans == installation.expected["spans"]


def test_people_mails_and_numbers_are_read_as_they_were_written(installation: Installation) -> None:
    """Accounts of each role, sign-in with the old password and second factor, mails by what came of them, series and gaps."""
    store, expected = installation.engine.store, installation.expected
    accounts = {mail: store.accounts.account_of(mail) for mail in expected["accounts"]}
    assert {
        mail: [one.role.value, one.unit, one.proven, one.disabled, bool(one.totp), one.subject]
        for mail, one in accounts.items()
        if one is not None
    } == expected["accounts"]
    assert {account.role for account in accounts.values() if account} == set(Role) - {Role.GUEST, Role.SYSTEM}
    sign_in = open_accounts(installation.engine).sign_in
    assert sign_in("an@mau.example", PASSWORD).session.wants is Wants.NOTHING
    assert sign_in("admin@mau.example", PASSWORD).session.wants is Wants.CODE
    assert [[one.mail.to, one.error] for one in store.outbox.dead_letters()] == expected["given up"]
    assert [[one.mail.to, one.tries] for one in store.outbox.failures()] == expected["undelivered"]
    assert [[*series, number] for series, number in sorted(store.counters().items())] == expected["counters"]
    assert store.counters_of_mark() == store.counters()
    assert [[gap.agency, gap.series, gap.first, gap.last] for gap in store.gaps()] == expected["gaps"]
    assert Counter(code for code, _ in store.revisions()) == {"9.000001": 2, "9.000002": 1}


def test_work_goes_on(installation: Installation) -> None:
    """Numbers follow the last ones, what was asked for comes in, money is booked, a result goes out, mails are delivered."""
    engine, store = installation.engine, installation.engine.store
    by_mail = {mail: store.accounts.account_of(f"{mail}@mau.example") for mail in ("intake-officer", "case-officer", "approver")}
    intake, officer, approver = (account.actor for account in by_mail.values() if account is not None)
    last = {(agency, series): number for agency, series, number in installation.expected["counters"]}

    draft = installation.dossier("draft")
    sent = engine.submit(draft.id, Actor(draft.owner))
    assert str(sent.code) == f"H29.15-260106-{last['H29.15', '2026-01-06'] + 1:04}"
    accepted = engine.act(installation.dossier("submitted").id, Action.ACCEPT, intake)
    assert accepted.handling.receipt == f"{last['H29.15', '2026'] + 1:05}/2026/H29.15"
    asked = installation.dossier("supplement requested")
    assert engine.act(asked.id, Action.SUPPLEMENT, Actor(asked.owner), answers={"copies": 5}).answers["copies"] == 5
    owing = installation.dossier("owing")
    (attempt,) = store.payments.attempts(owing.id)
    assert Payments(engine).apply(Callback(attempt.ref, attempt.amount, paid=True)) is Answer.CONFIRMED
    assert installation.dossier("owing").handling.money.payment is Payment.PAID
    resumed = installation.dossier("resumed")
    engine.act(resumed.id, Action.PROPOSE, officer, facts={"outcome": "approved"})
    assert engine.act(resumed.id, Action.COMPLETE, approver, facts={"outcome": "approved"}).state is State.COMPLETED
    updated = installation.dossier("carried over")
    newest = engine.procedure(updated.procedure).revision
    assert engine.act(updated.id, Action.SUPPLEMENT, Actor(updated.owner), answers={"phone": "1"}).revision == newest
    assert installation.dossier("messages") in engine.desk(officer, Query(words="messages"))

    mailer = RecordingMailer()
    deliver(store.outbox, mailer, installation.clock)
    subjects = {mail.subject for mail in mailer.sent if mail.to == "an@mau.example"}
    assert {"Đặt lại mật khẩu", f"Đã nộp hồ sơ {sent.code}", f"Hồ sơ {accepted.code} đã được tiếp nhận"} <= subjects
    assert "slow@mau.example" in {mail.to for mail in mailer.sent}
    assert [one.mail.to for one in store.outbox.failures()] == ["bounces@mau.example"]
    assert list(engine.verify(blobs=installation.blobs)) == []


def test_a_due_day_that_an_older_version_extended_stays(installation: Installation, tmp_path: Path) -> None:
    """Versions before the fixture stored the new day alone, and not that an officer had set it; other due days are recomputed."""
    extended = installation.dossier("resumed")
    resumed = next(event for event in installation.engine.history(extended) if event.action is Action.RESUME)
    with sqlite3.connect(installation.data / "dossiers.db") as connection:
        connection.execute(
            "UPDATE dossiers SET handling = json_set(json_remove(handling, '$.promised'), '$.left', ?) WHERE id = ?",
            (resumed.facts.clock.left, extended.id),
        )
    connection.close()
    (tmp_path / "calendar.json").write_text('{"off": [{"day": "2026-01-09", "name": "Nghỉ bão"}]}', "utf-8")
    engine = installation.engine
    engine.context.office_clock = OfficeClock(lambda: office_calendar(tmp_path, date(2026, 1, 6)))
    older = installation.dossier("resumed")
    reckoned = engine.office_clock.reckoned(older.handling)
    assert reckoned is not None
    assert reckoned.at < older.handling.clock.due

    moved = {dossier.id for dossier, _ in recompute(engine, apply=True, note="Công điện nghỉ bão")}

    assert moved == {installation.dossier(name).id for name in ("paid", "messages", "supplemented")}
    assert installation.dossier("resumed") == older
