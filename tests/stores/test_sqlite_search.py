"""The search by words in SQLite: what is read in the newest dossiers, and what the index has."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.dossiers.states import State
from dossierkit.stores.rows import owner_word, unit_word
from dossierkit.stores.sqlite.queries import NEWEST
from dossierkit.stores.sqlite.store import SqliteStore
from dossierkit.text import holds

COUNT = 3 * NEWEST
AT = "2026-11-22T08:00:00+00:00"


def words_of(number: int) -> str:
    """Every dossier has "nguyen", every third "dat dai", one in seventy "quy", the oldest two "hiem"."""
    return f"nguyen so {number}{' dat dai' * (number % 3 == 0)}{' quy' * (number % 70 == 0)}{' hiem' * (number < 3)}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    """A store where *an* has every dossier that is not of *binh*, who has one in five; every second is of the unit "a"."""
    path = tmp_path_factory.mktemp("search") / "d.db"
    SqliteStore(path).close()
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO bundles VALUES ('r', '{}')")
    for number in range(1, COUNT + 1):
        owner, unit = "an" if number % 5 else "binh", "ab"[number % 2]
        connection.execute(
            """INSERT INTO dossiers (seq, id, procedure, revision, owner, state, version, created, changed, submitted, agency, code, unit)
            VALUES (?, ?, ?, 'r', ?, 1, 2, ?, ?, ?, 'H29.15', ?, ?)""",
            (number, f"d{number}", f"p{number % 2}", owner, AT, AT, AT, f"H29.15-261122-{number:04}", unit),
        )
        connection.execute("INSERT INTO answers (seq, body) VALUES (?, '{}')", (number,))
        words = f"{owner_word(owner)} {unit_word(unit)} {words_of(number)}"
        connection.execute("INSERT INTO search (rowid, words) VALUES (?, ?)", (number, words))
    connection.commit()
    connection.close()
    opened = SqliteStore(path)
    yield opened
    opened.close()


@pytest.mark.parametrize("words", ["nguyen", "ngu", "dat", "dai dat", "quy", "hiem", "so 12", "guyen", "nguyen quy 2", "khong"])
@pytest.mark.parametrize("before", [None, 350, 90])
@pytest.mark.parametrize(("owner", "unit"), [("an", ""), ("binh", ""), (None, "a"), (None, "")])
def test_words_are_found_wherever_they_are(
    store: SqliteStore, words: str, before: int | None, owner: str | None, unit: str
) -> None:
    """Common ones among the newest, rare ones in the index: newest first, begun words count, and none is missing."""
    for query in (Query(words=words, unit=unit), Query(words=words, unit=unit, procedure="p1", state=State.SUBMITTED)):
        expected = [
            f"d{number}"
            for number in range(COUNT, 0, -1)
            if holds(words_of(number), words)
            and (before is None or number < before)
            and (owner is None or owner == ("an" if number % 5 else "binh"))
            and (not unit or unit == "ab"[number % 2])
            and (not query.procedure or number % 2)
        ]
        found = store.find(owner, query, before=f"d{before}" if before is not None else None, limit=20)

        assert [dossier.id for dossier in found] == expected[:20]
