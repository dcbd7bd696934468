"""`verify` names each contradiction, and holds no more than the totals of a store, however many dossiers there are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.samples import NOON

from dossierkit import Action, Actor, Engine, Role, open_engine
from dossierkit.office.verification import DrawnSeries
from dossierkit.ports import NumberGap
from dossierkit.testing import FixedClock

AN, ADMIN = Actor("an"), Actor("root", Role.ADMIN)
DAY = "2026-11-22"


@pytest.fixture
def filled(tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[Engine]:
    """Sixteen dossiers of one day, every other one accepted; the numbers 9 to 12 were skipped."""
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    for number in range(12):
        if number == 8:
            assert engine.store.skip(NumberGap(engine.agency, DAY, 9, 12, NOON))
        dossier = engine.submit(engine.begin("1.000001", AN, {"name": f"An {number}"}).id, AN)
        if number % 2:
            engine.act(dossier.id, Action.ACCEPT, ADMIN)
    assert list(engine.verify()) == []
    yield engine
    engine.close()


def run(engine: Engine, *statements: str) -> list[str]:
    """What `verify` says after the *statements* were run behind the store's back."""
    for statement in statements:
        engine.store.database.write(lambda connection, sql=statement: connection.execute(sql))  # type: ignore[attr-defined]
    return list(engine.verify())


def test_missing_numbers_are_named(filled: Engine) -> None:
    """Before and after a gap, the first ten of them; a gap is no missing number."""
    lost = " OR ".join(f"code LIKE '%-00{number:02}'" for number in (3, 7, 15))
    dossiers = [dossier for dossier in filled.store.every() if str(dossier.code)[-2:] in ("03", "07", "15")]
    assert [dossier.handling.accepted for dossier in dossiers] == [None] * 3

    found = run(
        filled,
        f"DELETE FROM events WHERE seq IN (SELECT seq FROM dossiers WHERE {lost})",
        f"DELETE FROM answers WHERE seq IN (SELECT seq FROM dossiers WHERE {lost})",
        f"DELETE FROM dossiers WHERE {lost}",
    )

    assert found == [f"{filled.agency} {DAY}: no dossier has the numbers [3, 7, 15]"]
    assert run(filled, "UPDATE counters SET number = 40 WHERE day LIKE '%-22'")[-1].endswith(
        "[3, 7, 15, 17, 18, 19, 20, 21, 22, 23]"
    )


def test_a_changed_posting_is_named_by_its_day(filled: Engine, clock: FixedClock) -> None:
    """Also one that was added, and one that moved between two days of a year; other years are not told of."""
    clock.advance(timedelta(days=60))
    later = filled.submit(filled.begin("1.000001", AN, {"name": "Bình"}).id, AN)
    filled.act(later.id, Action.ACCEPT, ADMIN)

    one_less = run(filled, "DELETE FROM postings WHERE rowid = (SELECT MIN(rowid) FROM postings)")
    moved = run(filled, "UPDATE postings SET day = '2026-11-23' WHERE rowid = (SELECT MIN(rowid) FROM postings)")

    assert [message for message in one_less if message.startswith("the ledger of")] == [
        "the ledger of 2026-11-22 (, 1.000001): received is off by -1"
    ]
    assert sorted(message for message in moved if message.startswith("the ledger of")) == [
        "the ledger of 2026-11-22 (, 1.000001): received is off by -2",
        "the ledger of 2026-11-23 (, 1.000001): received is off by 1",
    ]


def test_numbers_that_come_nearly_in_order_wait_for_few(filled: Engine) -> None:
    """The numbers held of a series are those that wait for a smaller one."""
    series = DrawnSeries({5: 6})
    for number in (2, 1, 3, 8, 4, 7):
        series.add(number)

    assert (series.last, series.beyond) == (8, set())
    assert list(filled.verify()) == []
