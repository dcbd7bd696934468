"""Abandoned drafts: announced a week before, then deleted with their files, never without the announcement."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import attrs
import pytest
from support.samples import NOON

from dossierkit import Engine, open_engine
from dossierkit.dossiers.lifecycle.dossier import Actor, Attachment
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.states import Action, Role
from dossierkit.files.disk import DiskBlobs
from dossierkit.office.retention import NOTICE, clear_abandoned
from dossierkit.testing import FixedClock

KEEP = timedelta(days=90)
DAY = timedelta(days=1)
AN, GUEST = Actor("an"), Actor("guest")


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, folder: Path, tmp_path: Path, clock: FixedClock) -> Iterator[tuple[Engine, DiskBlobs]]:
    blobs = DiskBlobs(tmp_path / "blobs")
    place = "memory:" if request.param == "memory" else f"sqlite:{tmp_path / 'd.db'}"
    engine = open_engine(place, procedures=folder, clock=clock, blobs=blobs)
    account = Account("an", "an@example.vn", NOON, {"fullName": "An"}, Role.CITIZEN, proven=True)
    engine.store.accounts.create_account(account)
    yield engine, blobs
    engine.close()


def mails(engine: Engine) -> list[tuple[str, str]]:
    """(to, text) of the mails since the last look."""
    found = engine.store.outbox.claim(engine.clock.now(), engine.clock.now() + 999 * DAY, 99)
    for mail in found:
        engine.store.outbox.mark_delivered(mail.id, engine.clock.now())
    return [(mail.mail.to, mail.mail.text) for mail in found]


def test_an_abandoned_draft_is_told_of_and_goes_with_its_files(office: tuple[Engine, DiskBlobs], clock: FixedClock) -> None:
    """The owner is told once, a week before; submitted dossiers, and drafts saved meanwhile, stay."""
    engine, blobs = office
    own, other, sent = (engine.begin("1.000001", actor, {"name": "An"}) for actor in (AN, GUEST, AN))
    file = Attachment("don", blobs.put("a.pdf", BytesIO(b"%PDF")), "a.pdf", 4, "application/pdf")
    own = engine.attach(own.id, file, AN, version=1)
    engine.submit(sent.id, AN)
    mails(engine)
    clock.advance(KEEP - NOTICE - DAY)
    assert clear_abandoned(engine, blobs, KEEP) == (0, 0)

    clock.advance(DAY)
    assert clear_abandoned(engine, blobs, KEEP) == (2, 0)
    [(to, text)] = mails(engine)
    assert to == "an@example.vn"
    assert f"{NOON + KEEP:%d/%m/%Y}" in text
    assert f"/procedures/1.000001/apply?draft={own.id}" in text
    clock.advance(NOTICE - DAY)
    assert clear_abandoned(engine, blobs, KEEP) == (0, 0)
    engine.save(other.id, {"name": "Ba"}, GUEST, version=1)
    clock.advance(2 * DAY)
    assert clear_abandoned(engine, blobs, KEEP) == (0, 1)

    assert mails(engine) == []
    assert engine.store.get(own.id) is None
    assert blobs.open(file.blob) is None
    assert {one.id for one in engine.store.every()} == {other.id, sent.id}


def test_every_day_has_its_drafts(office: tuple[Engine, DiskBlobs], clock: FixedClock) -> None:
    """One draft a day: each is told of and deleted in its turn, whatever is told of in between."""
    engine, blobs = office
    deleted = []
    for _ in range(int((KEEP + 10 * DAY) / DAY)):
        engine.begin("1.000001", AN, {"name": "An"})
        clock.advance(DAY)
        deleted.append(clear_abandoned(engine, blobs, KEEP)[1])

    assert deleted[-10:] == [1] * 10
    assert sum(deleted) == len(deleted) - KEEP / DAY + 1


def test_no_mail_of_a_dossier_goes_to_an_address_that_nobody_proved(office: tuple[Engine, DiskBlobs]) -> None:
    """Not when it is sent, not when it is worked on; once proven, it does."""
    engine, _ = office
    claimed = Account("ba", "an@example.vn", NOON, {}, proven=False)
    engine.store.accounts.create_account(claimed)
    engine.submit(engine.begin("1.000001", Actor("ba"), {"name": "Ba"}).id, Actor("ba"))
    assert mails(engine) == []

    engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN)

    assert [to for to, _ in mails(engine)] == ["an@example.vn"]


def test_nothing_goes_unannounced_however_long_nothing_ran(office: tuple[Engine, DiskBlobs], clock: FixedClock) -> None:
    """Two years without a run: told first, deleted a week after that."""
    engine, blobs = office
    engine.begin("1.000001", AN, {"name": "An"})
    clock.advance(800 * DAY)
    for _ in range(int(NOTICE / DAY)):
        clear_abandoned(engine, blobs, KEEP)
        assert len(list(engine.store.every())) == 1
        clock.advance(DAY)
    [(_, text)] = mails(engine)
    assert f"{NOON + 800 * DAY + NOTICE:%d/%m/%Y}" in text

    assert clear_abandoned(engine, blobs, KEEP) == (0, 1)
    assert list(engine.store.every()) == []


def test_one_run_does_so_much_and_the_next_goes_on(office: tuple[Engine, DiskBlobs], clock: FixedClock) -> None:
    """Whatever the number: each is told of once, in order, and all are gone in the end."""
    engine, blobs = office
    for _ in range(5):
        engine.begin("1.000001", AN, {"name": "An"})
    clock.advance(KEEP)

    assert [clear_abandoned(engine, blobs, KEEP, at_once=2)[0] for _ in range(4)] == [2, 2, 1, 0]
    assert len(mails(engine)) == 5
    clock.advance(NOTICE + DAY)
    assert [clear_abandoned(engine, blobs, KEEP, at_once=2)[1] for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize("change", [{"proven": False}, {"disabled": True}])
def test_only_a_proven_address_is_written_to(
    office: tuple[Engine, DiskBlobs], clock: FixedClock, change: dict[str, bool]
) -> None:
    """Of the others the draft goes all the same."""
    engine, blobs = office
    account = engine.store.accounts.account("an")
    assert account is not None
    engine.store.accounts.replace_account(attrs.evolve(account, version=account.version + 1, **change))
    engine.begin("1.000001", AN, {"name": "An"})
    clock.advance(KEEP)

    assert clear_abandoned(engine, blobs, KEEP) == (1, 0)
    assert mails(engine) == []
    clock.advance(NOTICE)
    assert clear_abandoned(engine, blobs, KEEP) == (0, 1)


def test_a_file_that_a_supplement_replaced_still_belongs_to_its_dossier(
    office: tuple[Engine, DiskBlobs], folder: Path, clock: FixedClock
) -> None:
    """Officers compare it with the new one; a file that nothing names is found."""
    engine, blobs = office
    schema = {
        "type": "object",
        "properties": {"file": {"type": "string", "x-file": {}}},
        "x-procedure": {"code": "filed"},
    }
    (folder / "filed.json").write_text(json.dumps(schema), "utf-8")
    replaced, new, orphan = (blobs.put("a.pdf", BytesIO(b"%PDF")) for _ in range(3))
    root = Actor("root", Role.ADMIN)
    dossier = engine.submit(engine.begin("filed", AN, {"file": replaced}).id, AN)
    engine.act(dossier.id, Action.REQUEST_SUPPLEMENT, root, facts={"asked": ["/file"]}, note="Tệp mờ")
    engine.act(dossier.id, Action.SUPPLEMENT, AN, answers={"file": new})
    clock.time = max(file.changed for file in blobs.every()) + 2 * DAY

    assert list(engine.unnamed_files(blobs)) == [orphan]
