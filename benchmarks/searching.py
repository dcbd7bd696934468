"""Managing one's dossiers in a store with a million of them, against a store with a hundredth."""

from __future__ import annotations

import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Row, costs, medians
from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.dossiers.states import State
from dossierkit.stores.rows import owner_word
from dossierkit.stores.sqlite.store import SqliteStore

SMALL, LARGE = 10_000, 1_000_000
#: One owner has two in a hundred of all; every dossier holds the word "nguyen", one in a thousand "quy".
MANY = "filer"


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        found: list[Row] = []
        small, large = (_filled(Path(folder) / f"{count}.db", count) for count in (SMALL, LARGE))
        questions = {
            "newest 20 of a citizen": ("o7", Query()),
            "newest 20 of one with 2 % of all": (MANY, Query()),
            "the same by a word that all have": (MANY, Query(words="nguyen")),
            "the same by a word that one in a thousand has": (MANY, Query(words="quy")),
            "a citizen by a word that all have": ("o7", Query(words="nguyen")),
            "the same by state and procedure": (MANY, Query(procedure="p0", state=State.SUBMITTED)),
            "the same by part of a code": (MANY, Query(code=f"{SMALL // 2:07}")),
        }
        for what, (owner, query) in questions.items():
            time = medians(
                {"small": lambda o=owner, q=query: small.find(o, q), "large": lambda o=owner, q=query: large.find(o, q)},
                seconds=0.5,
            )
            found.append(costs(f"{what}: 1 000 000 vs 10 000", time["large"], time["small"], 5))
        small.close()
        large.close()
    return found


def _filled(path: Path, count: int) -> SqliteStore:
    SqliteStore(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA foreign_keys=OFF")
    now = datetime(2026, 11, 22, tzinfo=UTC).isoformat()
    connection.execute("INSERT INTO bundles VALUES ('r', '{}')")
    connection.executemany(
        """INSERT INTO dossiers (seq, id, procedure, revision, owner, state, version, created, changed, submitted, agency, code)
        VALUES (?, ?, ?, 'r', ?, 1, 2, ?, ?, ?, 'H29.15', ?)""",
        (
            (n, f"d{n}", f"p{n % 300}", MANY if n % 50 == 0 else f"o{n % 5000}", now, now, now, f"H29.15-261122-{n:07}")
            for n in range(1, count + 1)
        ),
    )
    connection.executemany(
        "INSERT INTO answers (seq, body) VALUES (?, ?)", ((n, '{"name": "Nguyễn"}') for n in range(1, count + 1))
    )
    connection.executemany(
        "INSERT INTO search (rowid, words) VALUES (?, ?)",
        (
            (n, f"{owner_word(MANY if n % 50 == 0 else f'o{n % 5000}')} nguyen van so {n}" + (" quy" if n % 1000 == 0 else ""))
            for n in range(1, count + 1)
        ),
    )
    connection.commit()
    connection.close()
    return SqliteStore(path)
