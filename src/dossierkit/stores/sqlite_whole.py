"""What concerns a whole SQLite store: how many there are, lives that are loaded, numbers that are skipped."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from dossierkit.ports import Gap, Life, batches
from dossierkit.stores.sqlite_bulk import load


class SqliteWhole:
    """The part of a `SqliteStore` that deals with all of it at once."""

    _write: Callable[[Callable[[sqlite3.Connection], Any]], Any]
    _read: Callable[..., list[Any]]

    def load(self, lives: Iterable[Life], *, at_once: int = 500) -> Iterator[int]:
        """See `DossierStore.load`."""
        done = 0
        for batch in batches(lives, at_once):
            self._write(lambda connection, some=batch: load(connection, some))  # type: ignore[misc]  # bound now, not later
            done += len(batch)
            yield done

    def skip(self, gap: Gap) -> bool:
        """See `DossierStore.skip`."""
        sql = """INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT (agency, day) DO UPDATE SET number = excluded.number
            WHERE number < excluded.number"""

        def work(connection: sqlite3.Connection) -> bool:
            if connection.execute(sql, (gap.agency, gap.series, gap.last)).rowcount == 0:
                return False
            values = (gap.agency, gap.series, gap.first, gap.last, gap.at.isoformat())
            connection.execute("INSERT INTO gaps VALUES (?, ?, ?, ?, ?)", values)
            return True

        return bool(self._write(work))

    def gaps(self) -> tuple[Gap, ...]:
        """See `DossierStore.gaps`."""
        rows = self._read("SELECT agency, series, first, last, at FROM gaps ORDER BY rowid")
        return tuple(Gap(agency, name, first, last, datetime.fromisoformat(at)) for agency, name, first, last, at in rows)

    def size(self) -> int:
        """See `DossierStore.size`."""
        return int(self._read("SELECT COUNT(*) FROM dossiers")[0][0])
