"""Background work that several workers do at the same moment is done once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from support.samples import NOON

from dossierkit import Engine, Worker, open_engine
from dossierkit.dossiers.lifecycle.dossier import Actor
from dossierkit.dossiers.money.attempts import Attempt, Callback, Progress
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.states import Action, Role, State
from dossierkit.files.disk import DiskBlobs
from dossierkit.office.background_work import Repeated
from dossierkit.office.daily_tasks import remind, resume
from dossierkit.office.payments import Payments
from dossierkit.office.retention import clear_abandoned, sweep
from dossierkit.testing import FixedClock, RecordingMailer

ROOT, AN = Actor("root", Role.ADMIN), Actor("an")
DAY = timedelta(days=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def offices(request: pytest.FixtureRequest, tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[list[Engine]]:
    """Three engines over one database, as three processes have them."""
    blobs = DiskBlobs(tmp_path / "blobs")
    database = f"sqlite:{tmp_path / 'd.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres")
    opened = [open_engine(database, procedures=folder, clock=clock, blobs=blobs) for _ in range(3)]
    yield opened
    for engine in opened:
        engine.close()


def at_once(offices: list[Engine], task: Callable[[Engine], object]) -> list[object]:
    """What *task* gives in each office, begun at the same moment."""
    begin, given = threading.Barrier(len(offices)), list[object]()

    def run(engine: Engine) -> None:
        begin.wait(10)
        given.append(task(engine))

    threads = [threading.Thread(target=run, args=(engine,)) for engine in offices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(given) == len(offices)
    return given


@attrs.define
class Counting:
    """A gateway that counts how often it is asked, and knows of no result."""

    name: str = "vnpay"
    asked: list[str] = attrs.field(factory=list)

    def status(self, attempt: Attempt, *, now: object) -> Callback | None:
        self.asked.append(attempt.ref)
        return None


def test_a_gateway_is_asked_once(offices: list[Engine], clock: FixedClock) -> None:
    """About each payment, however many look at the same moment."""
    engine, gateway = offices[0], Counting()
    for _ in range(8):
        dossier = engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN)
        engine.act(dossier.id, Action.ACCEPT, ROOT, facts={"due": "2026-12-01T10:00:00+00:00"})
        owing = engine.act(dossier.id, Action.REQUEST_PAYMENT, ROOT, facts={"amount": 50_000})
        Payments(engine, {"vnpay": gateway}).begin(owing, "vnpay")  # type: ignore[dict-item]  # asked for its state alone
    clock.advance(timedelta(hours=1))

    at_once(offices, lambda engine: Payments(engine, {"vnpay": gateway}).ask_about_open())  # type: ignore[dict-item]  # the same

    assert len(gateway.asked) == len(set(gateway.asked)) == 8
    assert len({attempt.asked for attempt in engine.store.payments.every(Progress.OPEN)}) == 1


def test_daily_tasks_are_done_once(offices: list[Engine], clock: FixedClock) -> None:
    """A pause ends once, an officer gets one reminder, an owner is told of a deletion once, a draft is deleted once."""
    engine = offices[0]
    accounts = engine.store.accounts
    accounts.create_account(Account("an", "an@example.vn", NOON, {"fullName": "An"}, Role.CITIZEN, proven=True))
    accounts.create_account(Account("nam", "nam@office.example", NOON, {"fullName": "Nam"}, Role.ADMIN, proven=True))
    for number in range(4):
        dossier = engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN)
        engine.act(dossier.id, Action.ACCEPT, ROOT, facts={"due": "2026-11-23T10:00:00+00:00"})
        engine.act(dossier.id, Action.ASSIGN, ROOT, facts={"officer": "nam"})
        if number % 2:
            engine.act(dossier.id, Action.SUSPEND, ROOT, facts={"until": (NOON + DAY).isoformat()}, note="Niêm yết")
    for _ in range(4):
        engine.begin("1.000001", AN, {"name": "An"})
    clock.advance(2 * DAY)

    assert sum(map(int, map(str, at_once(offices, resume)))) == 2
    assert not [dossier for dossier in engine.store.every() if dossier.state is State.SUSPENDED]
    at_once(offices, remind)
    clock.advance(88 * DAY)
    for _ in range(2):
        at_once(offices, lambda engine: clear_abandoned(engine, engine.blobs or DiskBlobs(""), 90 * DAY))
        at_once(offices, lambda engine: sweep(engine.store, engine.blobs or DiskBlobs(""), clock))
        clock.advance(8 * DAY)

    mails = engine.store.outbox.claim(clock.now(), clock.now() + DAY, 500)
    kinds = [mail.mail.key.partition(":")[0] for mail in mails]
    assert (kinds.count("reminder"), kinds.count("draft-ends")) == (1, 4)
    assert sum(dossier.state is State.DRAFT for dossier in engine.store.every()) == 0
    assert list(engine.verify()) == []


def test_a_worker_starts_and_stops(offices: list[Engine]) -> None:
    """The task under way is finished; no other begins afterwards."""
    worker = Worker(offices[0], RecordingMailer())
    worker.start()

    assert worker.stop()


def test_a_stop_waits_for_what_is_under_way() -> None:
    """No longer than it is told to."""
    begun, end = threading.Event(), threading.Event()

    def chore() -> None:
        begun.set()
        end.wait(30)

    repeated = Repeated(chore, every=0.01)
    repeated.start()
    assert begun.wait(10)

    assert not repeated.stop(within=0.01)
    end.set()
    assert repeated.stop()
