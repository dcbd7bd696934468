"""Copies between stores: complete in both directions, and resumed after an interruption."""

from __future__ import annotations

import itertools
import re
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.postgres import run
from support.samples import NOON, PROCEDURES

from dossierkit import Engine
from dossierkit.cli import main
from dossierkit.demo.demonstration import demonstrate
from dossierkit.dossiers.ledger.reports import Period, report
from dossierkit.dossiers.people.session_lifetime import Session
from dossierkit.errors import StoreError
from dossierkit.stores.copying import TABLES, copy, digest, row_count
from dossierkit.stores.postgres.store import PostgresStore
from dossierkit.stores.sqlite.store import SqliteStore
from dossierkit.testing import CountedTokens, FixedClock
from dossierkit.testing.contract.samples import mail
from dossierkit.wiring import open_accounts, open_engine


@pytest.fixture
def source(tmp_path: Path) -> SqliteStore:
    """A store with something in every table."""
    engine = open_engine(
        f"sqlite:{tmp_path / 'a' / 'dossiers.db'}", procedures=PROCEDURES, clock=FixedClock(NOON), tokens=CountedTokens()
    )
    for _ in demonstrate(engine, open_accounts(engine), 60).progress:
        pass
    store = engine.store
    assert isinstance(store, SqliteStore)
    store.accounts.keep_session(Session("h", NOON, NOON, "an"))
    store.publish({"small.json": b"{}"}, author="An", at=NOON)
    store.accounts.keep_secret("h", "an", NOON + timedelta(hours=1), mail("copied"))
    store.accounts.try_again({"k": 3}, NOON, NOON - timedelta(hours=1))
    return store


def test_every_table_is_copied_both_ways(source: SqliteStore, postgres: str, tmp_path: Path) -> None:
    """What comes back has the same hash, and tables outside the copy have no content."""
    server, back = PostgresStore(postgres), SqliteStore(tmp_path / "b" / "dossiers.db")
    whole = digest(source)

    list(copy(source, server, name="a"))
    list(copy(server, back, name="server"))

    assert digest(server) == digest(back) == whole
    assert list(back.every()) == list(server.every()) == list(source.every())
    assert server.counters() == source.counters()
    connection = sqlite3.connect(source.path)
    names = {
        name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search_%'")
    }
    connection.close()
    assert names - {table.name for table in TABLES} == {"_sqlite_migrations"}
    for store in (source, server, back):
        store.close()


def test_one_changed_value_changes_the_hash(source: SqliteStore, postgres: str) -> None:
    """So equal hashes mean something."""
    server = PostgresStore(postgres)
    list(copy(source, server, name="a"))
    run(postgres, "UPDATE answers SET salt = salt || 'x' WHERE seq = (SELECT MAX(seq) FROM answers)")

    assert digest(server) != digest(source)
    server.close()
    source.close()


@pytest.mark.parametrize("pages", [1, 4, 9])
def test_an_interrupted_copy_goes_on(source: SqliteStore, postgres: str, pages: int) -> None:
    """Nothing is written twice, nothing is left out; another store does not go on with it."""
    server = PostgresStore(postgres)
    list(itertools.islice(copy(source, server, name="a"), pages))
    with pytest.raises(StoreError, match="empty"):
        list(copy(source, server, name="another"))

    done = sum(copy(source, server, name="a"))

    assert done == row_count(source)
    assert digest(server) == digest(source)
    server.close()
    source.close()


def test_a_store_with_dossiers_is_no_target(source: SqliteStore, postgres: str, tmp_path: Path) -> None:
    """They would be mixed."""
    server = PostgresStore(postgres)
    list(copy(source, server, name="a"))

    with pytest.raises(StoreError, match="empty"):
        list(copy(source, server, name="a"))

    server.close()
    source.close()


def test_numbers_and_reports_go_on_after_a_copy(source: SqliteStore, postgres: str) -> None:
    """The next code is the next one; every report is the same."""
    source.close()

    def opened(address: str) -> Engine:
        return open_engine(address, procedures=PROCEDURES, clock=FixedClock(NOON), tokens=CountedTokens())

    result = CliRunner().invoke(
        main, ["copy", "--from", f"sqlite:{source.path.parent}", "--to", postgres, "--procedures", str(PROCEDURES)]
    )

    assert result.exit_code == 0, result.output
    assert "the stores are equal" in result.stdout
    steps = [re.fullmatch(r"\w+: (\d+) of (\d+)", line) for line in result.stderr.splitlines()]
    counts = [(int(step[1]), int(step[2])) for step in steps if step is not None]
    assert all(done <= total for done, total in counts), result.stderr
    assert counts[-1][0] == counts[-1][1], result.stderr
    engines = [opened(f"sqlite:{source.path}"), opened(postgres)]
    for year in (2025, 2026):
        first, second = (report(e.store.sums, Period.year(year), as_of=NOON.date(), by=("unit", "procedure")) for e in engines)
        assert first == second
    dossier = next(dossier for dossier in engines[0].store.every() if dossier.code is not None)
    assert [engine.store.by_code(dossier.code) for engine in engines] == [dossier] * 2
    for engine in engines:
        engine.close()
