"""What concerns a whole SQLite store: how many there are, lives that are loaded, numbers that are skipped."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from dossierkit.dossiers.lifecycle.dossier import Event
from dossierkit.ports import ImportedDossier, NumberGap, batches, highest
from dossierkit.stores.mark import Mark
from dossierkit.stores.sqlite.bulk import load
from dossierkit.stores.sqlite.rows import event_of


class SqliteWhole:
    """The part of a `SqliteStore` that deals with all of it at once."""

    _write: Callable[[Callable[[sqlite3.Connection], Any]], Any]
    _read: Callable[..., list[Any]]
    _mark: Mark

    def load(self, lives: Iterable[ImportedDossier], *, at_once: int = 500) -> Iterator[int]:
        """See `DossierStore.load`."""
        done = 0
        for batch in batches(lives, at_once):
            self._write(lambda connection, some=batch: load(connection, some))  # type: ignore[misc]  # bound now, not later
            self._mark.note(highest(batch))
            done += len(batch)
            yield done

    def skip(self, gap: NumberGap) -> bool:
        """See `DossierStore.skip`."""
        sql = """INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT (agency, day) DO UPDATE SET number = excluded.number
            WHERE number < excluded.number"""

        def work(connection: sqlite3.Connection) -> bool:
            if connection.execute(sql, (gap.agency, gap.series, gap.last)).rowcount == 0:
                return False
            values = (gap.agency, gap.series, gap.first, gap.last, gap.at.isoformat())
            connection.execute("INSERT INTO gaps VALUES (?, ?, ?, ?, ?)", values)
            return True

        done = bool(self._write(work))
        if done:
            self._mark.note({(gap.agency, gap.series): gap.last})
        return done

    def gaps(self) -> tuple[NumberGap, ...]:
        """See `DossierStore.gaps`."""
        rows = self._read("SELECT agency, series, first, last, at FROM gaps ORDER BY rowid")
        return tuple(NumberGap(agency, name, first, last, datetime.fromisoformat(at)) for agency, name, first, last, at in rows)

    def revisions(self) -> Mapping[tuple[str, str], int]:
        """See `DossierStore.revisions`."""
        rows = self._read("SELECT procedure, revision, COUNT(*) FROM dossiers GROUP BY procedure, revision")
        return {(procedure, revision): count for procedure, revision, count in rows}

    def latest(self, before: tuple[datetime, str, int] | None = None, *, actor: str = "", limit: int = 50) -> tuple[Event, ...]:
        """See `DossierStore.latest`."""
        where = "d.code > ''"
        values: list[object] = []
        if actor:
            where, values = f"{where} AND e.actor = ?", [actor]
        if before is not None:
            # The moment alone is what the index is read by; the rest settles what happened at once.
            where += " AND e.at <= ? AND (e.at, d.id, e.number) < (?, ?, ?)"
            values += [before[0].isoformat(), before[0].isoformat(), before[1], before[2]]
        sql = f"""SELECT d.id, e.number, e.action, e.actor, e.at, e.facts, e.before, e.hash FROM events e
            JOIN dossiers d ON d.seq = e.seq WHERE {where} ORDER BY e.at DESC, d.id DESC, e.number DESC LIMIT ?"""
        return tuple(map(event_of, self._read(sql, (*values, limit))))

    def size(self) -> int:
        """See `DossierStore.size`."""
        return int(self._read("SELECT COUNT(*) FROM dossiers")[0][0])
