"""Migrations keep the rows of earlier versions."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import sqlite_utils
from support.dossiers import owing
from support.people import AN, ROOT
from support.samples import NOON

from dossierkit import Action, open_engine
from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.dossiers.money.attempts import Callback
from dossierkit.dossiers.states import Payment
from dossierkit.office.payments import Payments
from dossierkit.stores.sqlite.schema import VERSION, migrations
from dossierkit.stores.sqlite.store import SqliteStore
from dossierkit.testing import FixedClock


def test_a_store_of_the_first_version_comes_along(tmp_path: Path) -> None:
    """Its dossiers are found by their words and have no files; there are accounts."""
    path = tmp_path / "d.db"
    db = sqlite_utils.Database(path)
    migrations.apply(db, stop_before="accounts_and_mails")
    db.conn.executescript(
        """INSERT INTO bundles VALUES ('r', '{}');
        INSERT INTO dossiers VALUES (1, 'a', 'p', 'r', 'an', 1, 2, '2026-11-22T05:00:00+00:00', '2026-11-22T05:00:00+00:00',
            '2026-11-22T05:00:00+00:00', 'H29.15', 'H29.15-261122-0001');
        INSERT INTO answers VALUES (1, '{"name": "Nguyễn Đạt"}');
        INSERT INTO search (rowid, words) VALUES (1, 'nguyen dat');
        PRAGMA user_version = 1;"""
    )
    db.close()

    store = SqliteStore(path)
    [found] = store.find("an", Query(words="dat nguyen"))
    assert (found.id, found.attachments, found.answers) == ("a", (), {"name": "Nguyễn Đạt"})
    assert store.find("ba", Query(words="dat")) == ()
    assert store.accounts.account_of("an@example.vn") is None
    store.close()
    SqliteStore(path).close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    connection.close()


def test_programs_that_open_a_new_folder_at_once_make_one_database(tmp_path: Path) -> None:
    """Each waits for the one before, and opens the same database."""
    program = "import sys; from dossierkit.stores.sqlite import SqliteStore; SqliteStore(sys.argv[1]).close()"
    for number in range(int(os.environ.get("DOSSIERKIT_ROUNDS", "2"))):
        place = tmp_path / str(number) / "data" / "d.db"
        programs = [subprocess.Popen([sys.executable, "-c", program, place], stderr=subprocess.PIPE) for _ in range(3)]
        errors = [started.communicate(timeout=120)[1].decode() for started in programs]
        assert [started.returncode for started in programs] == [0, 0, 0], errors
        store = SqliteStore(place)
        assert list(store.every()) == []
        store.close()


def test_whoever_had_an_account_owns_its_address(tmp_path: Path) -> None:
    """An account with a password of its own is proven; one with an initial password claims its address only."""
    path = tmp_path / "d.db"
    db = sqlite_utils.Database(path)
    migrations.apply(db, stop_before="addresses_that_are_claimed")
    for id, until in (("an", None), ("ba", "2026-11-23T05:00:00+00:00")):
        body = {
            "created": NOON.isoformat(),
            "profile": {},
            "role": "citizen",
            "password": "x",
            "first_until": until,
            "language": "vi",
        }
        db.conn.execute(
            "INSERT INTO accounts (id, mail, version, body) VALUES (?, ?, 1, ?)", (id, f"{id}@x.vn", json.dumps(body))
        )
    db.conn.execute("PRAGMA user_version = 19")
    db.conn.commit()
    db.close()

    store = SqliteStore(path)

    assert [store.accounts.account_of(f"{id}@x.vn").proven for id in ("an", "ba")] == [True, False]  # type: ignore[union-attr]
    store.close()


def test_money_of_before_comes_along(tmp_path: Path, folder: Path) -> None:
    """Debts of ended dossiers are closed, a surplus without an event gets one, and the database verifies."""
    path = tmp_path / "d.db"
    engine = open_engine(f"sqlite:{path}", procedures=folder, clock=FixedClock(NOON))
    payments, twice, dead = Payments(engine), owing(engine), owing(engine)
    attempts = [payments.begin(twice, "vnpay") for _ in range(3)]
    open_ = payments.begin(dead, "vnpay")
    for attempt in attempts:
        payments.apply(Callback(attempt.ref, attempt.amount, paid=True))
    engine.act(dead.id, Action.WITHDRAW, AN)
    expected = [engine.store.get(dossier.id) for dossier in (twice, dead)]
    engine.close()
    connection = sqlite3.connect(path)
    connection.executescript(
        """DELETE FROM events WHERE action = 'surplus';
        UPDATE dossiers SET handling = json_remove(handling, '$.surplus'), version = version - 2 WHERE seq = 1;
        UPDATE dossiers SET handling = json_set(handling, '$.payment', 'due') WHERE seq = 2;
        UPDATE payments SET progress = 'open' WHERE progress = 'closed';
        DROP INDEX dossiers_surplus;
        DELETE FROM _sqlite_migrations WHERE name IN ('ended_dossiers_owe_nothing', 'surplus_is_told');
        PRAGMA user_version = 17;"""
    )
    connection.close()
    engine = open_engine(f"sqlite:{path}", procedures=folder, clock=FixedClock(NOON))
    assert [engine.store.get(dossier.id) for dossier in (twice, dead)] == expected
    assert expected[0] is not None
    assert (expected[0].handling.money.surplus, expected[0].handling.money.payment) == (60_000, Payment.PAID)
    assert [one.id for one in engine.desk(ROOT, Query(surplus=True))] == [twice.id]
    assert Payments(engine).apply(Callback(open_.ref, open_.amount, paid=True)).name == "CONFIRMED"
    assert list(engine.verify()) == []
    engine.close()
