"""A store of an earlier version is brought up to date with all that is in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlite_utils

from dossierkit.dossiers.dossier import Query
from dossierkit.stores.sqlite import SqliteStore
from dossierkit.stores.sqlite_schema import VERSION, migrations


def test_a_store_of_the_first_version_comes_along(tmp_path: Path) -> None:
    """Its dossiers are found by their words, have no files, and it knows accounts."""
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
