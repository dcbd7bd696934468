"""An office at size: lives loaded against raw inserts, proofs, the desk and its search with a million dossiers, the ledger's upkeep."""

from __future__ import annotations

import gc
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, costs, medians, shown
from dossierkit import Action, Actor, Engine, Role, State, open_engine
from dossierkit.demo.simulation import Simulation, Staff, sample_name
from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.ports import ImportedDossier
from dossierkit.stores.sqlite import ledger as sqlite_ledger
from dossierkit.stores.sqlite.store import SqliteStore
from dossierkit.wiring import samples

SMALL, TIMES = 10_000, 100
UNITS = ("so-nnmt", "ubnd-tinh", "vpdkdd")
MAI, ROOT = Actor("mai", Role.INTAKE_OFFICER, "so-nnmt"), Actor("root", Role.ADMIN)
#: Each with the seq, by which rows of one dossier belong together.
_TABLES = ("dossiers", "answers", "events", "files", "postings", "notes", "payments", "search")
_SUMS = ("totals", "totals_by_year", "spans", "counters")


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        place = Path(folder)
        engine = open_engine(f"sqlite:{place / 'small.db'}", procedures=samples())
        lives = list(_simulation(engine).lives(SMALL))
        found = _loading(place, engine, lives)
        list(engine.store.load(lives))
        found.append(_proving(engine, place, lives))
        found += _upkeep(place)
        engine.close()
        found += _desk(place)
    return found


def _simulation(engine: Engine) -> Simulation:
    from dossierkit.dossiers.people.account import Account

    staff = {
        unit: Staff(
            Actor(f"mai-{unit}", Role.INTAKE_OFFICER, unit), (Actor(f"nam-{unit}", Role.CASE_OFFICER, unit),), Actor("linh")
        )
        for unit in UNITS
    }
    named = random.Random(2)
    owners = tuple(
        Account(f"an{n}", f"an{n}@mau.example", engine.clock.now(), {"fullName": sample_name(named)}) for n in range(500)
    )
    return Simulation(engine, staff, owners, random.Random(1))  # a story, no secret


# --- the bulk path ----------------------------------------------------------------------------------------------------


def _loading(place: Path, engine: Engine, lives: list[ImportedDossier]) -> list[Row]:
    """The same rows in the same batches: ours from values, theirs as tuples that are there already."""
    ours, theirs = [], []
    kept: list[dict[str, list[Any]]] = []
    for n in range(3):
        store = _empty(place / f"ours{n}.db", engine, lives)
        start = time.perf_counter()
        list(store.load(lives))
        ours.append(time.perf_counter() - start)
        if not kept:
            kept = _rows_of(store.path)
            gc.collect()
            gc.freeze()  # the objects of the measurement itself do not count
        store.close()
        raw = _empty(place / f"raw{n}.db", engine, lives)
        raw.close()
        start = time.perf_counter()
        _insert(raw.path, kept)
        theirs.append(time.perf_counter() - start)
    mine, raw_time = statistics.median(ours), statistics.median(theirs)
    return [costs(f"load of {SMALL} lives vs raw sqlite3 with the same rows in batches", mine, raw_time, 2)]


def _empty(path: Path, engine: Engine, lives: list[ImportedDossier]) -> SqliteStore:
    store = SqliteStore(path)
    for revision in {one.dossier.revision for one in lives}:
        bundle = engine.store.bundle(revision)
        assert bundle is not None
        store.keep_bundle(revision, bundle)
    return store


def _rows_of(path: Path) -> list[dict[str, list[Any]]]:
    """Batches: table → rows of 500 dossiers; what is added up over all of them goes with the last."""
    base = sqlite3.connect(path)
    (top,) = base.execute("SELECT MAX(seq) FROM dossiers").fetchone()
    found = []
    for first in range(1, top + 1, 500):
        batch = {}
        for table in _TABLES:
            columns, key = ("rowid, words", "rowid") if table == "search" else ("*", "seq")
            batch[table] = base.execute(
                f"SELECT {columns} FROM {table} WHERE {key} BETWEEN ? AND ?", (first, first + 499)
            ).fetchall()
        found.append(batch)
    found[-1] |= {table: base.execute(f"SELECT * FROM {table}").fetchall() for table in _SUMS}
    base.close()
    return found


def _insert(path: Path, kept: list[dict[str, list[Any]]]) -> None:
    """As durable as ours, and with the same references held."""
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA synchronous=FULL")
    base.execute("PRAGMA foreign_keys=ON")
    for batch in kept:
        base.execute("BEGIN IMMEDIATE")
        for table, some in batch.items():
            if some:
                columns = "search (rowid, words)" if table == "search" else table
                base.executemany(f"INSERT INTO {columns} VALUES ({', '.join('?' * len(some[0]))})", some)
        base.execute("COMMIT")
    base.close()


# --- proofs -----------------------------------------------------------------------------------------------------------


def _proving(engine: Engine, place: Path, lives: list[ImportedDossier]) -> Row:
    """A proof costs as much a dossier with a quarter of them."""
    quarter = open_engine(f"sqlite:{place / 'quarter.db'}", procedures=samples())
    for revision in {one.dossier.revision for one in lives}:
        quarter.store.keep_bundle(revision, engine.store.bundle(revision) or b"")
    few = [one for number, one in enumerate(lives) if number % 4 == 0]
    list(quarter.store.load(few))
    times = []
    for one, count in ((quarter, len(few)), (engine, len(lives))):
        start = time.perf_counter()
        for _ in one.verify():
            pass  # a quarter has gaps in its series: they are named, and cost what they cost
        times.append((time.perf_counter() - start) / count)
    quarter.close()
    return Row(
        "verify, a dossier of 10 000 vs a dossier of 2 500", f"{times[1] * 1e3:.2f} ms", f"{times[0] * 1e3:.2f} ms", times[1] / times[0],
        "<= 1.3x (0.6 ms: a minute for 100 000)", times[1] / times[0] <= 1.3,
    )  # fmt: skip


# --- the ledger's upkeep ----------------------------------------------------------------------------------------------


def _upkeep(place: Path) -> list[Row]:
    """Share of postings and totals in the cost of an acceptance, against a durable submission."""
    engine = open_engine(f"sqlite:{place / 'upkeep.db'}", procedures=samples())
    simulation = _simulation(engine)
    drafts = iter([life.dossier for life in simulation.lives(1200)])
    submits: list[float] = []
    accepts: dict[bool, list[float]] = {True: [], False: []}
    add = sqlite_ledger.add
    for number in range(600):
        one = next(drafts)
        draft = engine.begin(one.procedure, Actor("an"), one.answers)
        start = time.perf_counter()
        sent = engine.submit(draft.id, Actor("an"))
        submits.append(time.perf_counter() - start)
        counted = number % 2 == 0
        if not counted:
            sqlite_ledger.add = _nothing  # type: ignore[assignment]  # put back below
        procedure = engine.procedure_of(sent)
        start = time.perf_counter()
        engine.act(sent.id, Action.ACCEPT, ROOT, facts={"paper": list(procedure.missing(sent))})
        accepts[counted].append(time.perf_counter() - start)
        sqlite_ledger.add = add
    engine.close()
    submit = statistics.median(submits)
    added = statistics.median(accepts[True]) - statistics.median(accepts[False])
    share = added / submit
    return [
        Row(
            "ledger: what it adds to an acceptance, vs a durable submit",
            shown(max(added, 1e-9)),
            shown(submit),
            share,
            "<= 0.15x",
            share <= 0.15,
        )
    ]


def _nothing(*_: object) -> None:
    return None


# --- the desk ---------------------------------------------------------------------------------------------------------


def _desk(place: Path) -> list[Row]:
    """Every list, its count and the search, for one unit and for the whole office, with a hundred times the dossiers."""
    small = place / "small.db"
    large = place / "large.db"
    _grown(small, large)
    engines = {
        "small": open_engine(f"sqlite:{small}", procedures=samples()),
        "large": open_engine(f"sqlite:{large}", procedures=samples()),
    }
    now = engines["small"].clock.now()
    asked: dict[str, tuple[Actor, Query]] = {}
    for who, actor in (("a unit", MAI), ("the whole office", ROOT)):
        asked |= {
            f"new of {who}": (actor, Query(state=State.SUBMITTED)),
            f"open of {who}": (actor, Query(states=(State.ACCEPTED, State.PROCESSING))),
            f"overdue of {who}": (actor, Query(states=(State.ACCEPTED, State.PROCESSING), due=now)),
            f"done of {who}": (actor, Query(states=(State.COMPLETED, State.RETURNED))),
            f"a common word, {who}": (actor, Query(words="nguyen")),
            f"three words, {who}": (actor, Query(words="nguyen mau lan")),
        }
    found = []
    for name, (actor, query) in asked.items():
        calls = {key: lambda e=one, a=actor, q=query: e.desk(a, q, limit=21) for key, one in engines.items()}
        found.append(_growth(f"desk: {name}", calls))
    for who, actor in (("a unit", MAI), ("the whole office", ROOT)):
        queries = [query for name, (a, query) in asked.items() if a is actor and "word" not in name]
        calls = {key: lambda e=one, a=actor, qs=queries: [e.desk_count(a, q) for q in qs] for key, one in engines.items()}
        found.append(_growth(f"desk: four counts of {who}", calls))
    start = time.perf_counter()
    swept = sum(1 for _ in _overdue(engines["large"], now + timedelta(days=1)))
    found.append(
        Row(f"overdue sweep of 1 000 000 dossiers ({swept} found)", shown(time.perf_counter() - start), "–", 0, "–", None)
    )
    for one in engines.values():
        one.close()
    return found


def _growth(what: str, calls: dict[str, Any]) -> Row:
    time_of = medians(calls, seconds=0.4)
    return costs(f"{what}: 1 000 000 dossiers vs 10 000", time_of["large"], time_of["small"], 10)


def _overdue(engine: Engine, until: Any) -> Iterator[object]:
    before = None
    query = Query(states=(State.ACCEPTED, State.PROCESSING), due=until)
    while page := engine.store.find(None, query, before=before, limit=200):
        yield from page
        before = page[-1].id


def _grown(small: Path, large: Path) -> None:
    """The same dossiers a hundred times; only the newest copies are still open, as in an office that works."""
    source = sqlite3.connect(small)
    target = sqlite3.connect(large)
    source.backup(target)
    target.execute("PRAGMA synchronous=OFF")
    (top,) = target.execute("SELECT MAX(seq) FROM dossiers").fetchone()
    columns = [row[1] for row in target.execute("PRAGMA table_info(dossiers)")]
    changed = {"seq": "seq + ?1", "id": "id || '-' || ?1", "code": "code || '-' || ?1", "receipt": "receipt || '-' || ?1"}
    done = "CASE WHEN state IN (1, 2, 4, 5, 6, 11) THEN 10 ELSE state END"
    for n in range(TIMES - 1, 0, -1):
        shift = -top * n
        said = ", ".join({**changed, "state": done}.get(name, name) for name in columns)
        where = f"WHERE seq BETWEEN 1 AND {top}"
        target.execute(f"INSERT INTO dossiers ({', '.join(columns)}) SELECT {said} FROM dossiers {where}", (shift,))
        target.execute(f"INSERT INTO answers SELECT seq + ?1, body, attachments, salt FROM answers {where}", (shift,))
        target.execute(
            f"INSERT INTO search (rowid, words) SELECT rowid + ?1, words FROM search WHERE rowid BETWEEN 1 AND {top}", (shift,)
        )
    target.commit()
    target.execute("ANALYZE")
    target.close()
    source.close()
