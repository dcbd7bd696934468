"""The report of a year from the ledger, with 100 000 and with 1 000 000 dossiers, against counting the dossiers themselves."""

from __future__ import annotations

import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, costs, faster, medians
from dossierkit.dossiers.ledger.ledger import half_of
from dossierkit.dossiers.ledger.reports import Period, report
from dossierkit.stores.sqlite.store import SqliteStore

SMALL, LARGE = 100_000, 1_000_000
UNITS, SECTORS = [f"unit{n}" for n in range(30)], [f"sector{n}" for n in range(12)]
YEAR, AS_OF = Period.year(2025), date(2026, 11, 22)
BY: dict[str, tuple[str, ...]] = {"sector": ("sector",), "unit x sector": ("unit", "sector")}


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        small, large = (_filled(Path(folder) / f"{count}.db", count) for count in (SMALL, LARGE))
        found: list[Row] = []
        for name, by in BY.items():
            asked = {"small": small, "large": large}
            time = medians({key: lambda s=store, b=by: report(s.sums, YEAR, as_of=AS_OF, by=b) for key, store in asked.items()})
            naive = medians({"scan": lambda b=by: _scan(sqlite3.connect(large.path), b)}, seconds=1.0)["scan"]
            assert _same(large, by), "both count alike"
            found.append(costs(f"report of a year by {name}: 1 000 000 dossiers vs 100 000", time["large"], time["small"], 1.5))
            found.append(
                faster(f"report by {name} at 1 000 000 vs a scan in SQLite", time["large"], naive, 300 if len(by) == 1 else 100)
            )
            found += _against_duckdb(large.path, name, by, time["large"])
        small.close()
        large.close()
    return found


def _against_duckdb(path: Path, name: str, by: tuple[str, ...], ours: float) -> list[Row]:
    try:
        import duckdb
    except ImportError:
        return []
    columns = "unit, sector, accepted, due, done"
    base: Any = duckdb.connect()
    base.execute("CREATE TABLE lives (unit TEXT, sector TEXT, accepted TEXT, due TEXT, done TEXT)")
    import csv

    place = path.with_suffix(".csv")
    with place.open("w", newline="") as file:
        csv.writer(file).writerows(sqlite3.connect(path).execute(f"SELECT {columns} FROM lives"))
    base.execute(f"INSERT INTO lives SELECT * FROM read_csv('{place}', header=false, all_varchar=true, nullstr='')")
    time = medians({"duckdb": lambda: _scan(base, by)}, seconds=1.0)["duckdb"]
    return [faster(f"report by {name} at 1 000 000 vs DuckDB on the same lives", ours, time, 0)]


def _scan(base: Any, by: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Report of a portal without a ledger, which reads every dossier."""
    first, last = YEAR.first.isoformat(), YEAR.last.isoformat()
    sql = f"""SELECT {", ".join(by)},
        SUM(CASE WHEN accepted < '{first}' AND (done IS NULL OR done >= '{first}') THEN 1 ELSE 0 END),
        SUM(CASE WHEN accepted BETWEEN '{first}' AND '{last}' THEN 1 ELSE 0 END),
        SUM(CASE WHEN done BETWEEN '{first}' AND '{last}' AND done < due THEN 1 ELSE 0 END),
        SUM(CASE WHEN done BETWEEN '{first}' AND '{last}' AND done = due THEN 1 ELSE 0 END),
        SUM(CASE WHEN done BETWEEN '{first}' AND '{last}' AND done > due THEN 1 ELSE 0 END),
        SUM(CASE WHEN accepted <= '{last}' AND (done IS NULL OR done > '{last}') AND due < '{last}' THEN 1 ELSE 0 END)
        FROM lives GROUP BY {", ".join(by)} ORDER BY {", ".join(by)}"""
    return list(base.execute(sql).fetchall())


def _same(store: SqliteStore, by: tuple[str, ...]) -> bool:
    ours = [
        (*line.key, line.carried_over, line.received, line.early, line.on_time, line.late, line.overdue)
        for line in report(store.sums, YEAR, as_of=AS_OF, by=by).lines
    ]
    return sorted(ours) == sorted(tuple(row) for row in _scan(sqlite3.connect(store.path), by))


def _lives(count: int) -> Iterator[tuple[str, str, str, date, date, date | None]]:
    chance = random.Random(1)
    for _ in range(count):
        accepted = date(2024, 1, 1) + timedelta(days=chance.randrange(1050))
        due = accepted + timedelta(days=chance.choice((5, 10, 20, 30)))
        took = chance.randrange(1, 40)
        done = accepted + timedelta(days=took) if took < 38 else None
        procedure = chance.randrange(300)
        yield UNITS[procedure % 30], SECTORS[procedure % 12], f"p{procedure}", accepted, due, done


def _filled(path: Path, count: int) -> SqliteStore:
    SqliteStore(path).close()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE lives (unit TEXT, sector TEXT, accepted TEXT, due TEXT, done TEXT)")
    totals: Counter[tuple[str, str, str, str, int, str]] = Counter()
    postings: list[tuple[object, ...]] = []
    for seq, (unit, sector, procedure, accepted, due, done) in enumerate(_lives(count), 1):
        connection.execute(
            "INSERT INTO lives VALUES (?, ?, ?, ?, ?)",
            (unit, sector, accepted.isoformat(), due.isoformat(), done and done.isoformat()),
        )
        made = [(accepted, "received", 1), (due + timedelta(days=1), "overdue", 1)]
        if done is not None:
            made.append((done, "early" if done < due else "on_time" if done == due else "late", 1))
            made.append((max(done, due + timedelta(days=1)), "overdue", -1))
        for day, measure, n in made:
            totals[half_of(day), unit, sector, procedure, 2, measure] += n
            postings.append((day.isoformat(), seq, unit, sector, procedure, 2, measure, n))
        if len(postings) > 100_000:
            connection.executemany("INSERT INTO postings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", postings)
            postings.clear()
    connection.executemany("INSERT INTO postings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", postings)
    connection.executemany("INSERT INTO totals VALUES (?, ?, ?, ?, ?, ?, ?)", [(*key, n) for key, n in totals.items()])
    years: Counter[tuple[object, ...]] = Counter()
    for (half, *place), n in totals.items():
        years[half[:4], *place] += n
    connection.executemany("INSERT INTO totals_by_year VALUES (?, ?, ?, ?, ?, ?, ?)", [(*key, n) for key, n in years.items()])
    connection.commit()
    connection.close()
    return SqliteStore(path)
