"""The tables of the PostgreSQL store, row by row, for copies of the whole store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dossierkit.stores.copying import PAGE, Kind, Table
from dossierkit.stores.postgres.database import Database
from dossierkit.stores.postgres.transactions import Batch

#: Columns that the database numbers.
_NUMBERED = {
    "dossiers": "seq", "outbox": "seq", "gaps": "place", "postings": "place", "accounts": "place", "payments": "place",
}  # fmt: skip


class PostgresTables:
    """`Tables` of *database*."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, table: Table) -> int:
        """See `Tables.count`."""
        return int(self._database.read(f"SELECT COUNT(*) FROM {table.name}")[0][0])

    def page(self, table: Table, after: Sequence[object] | None) -> list[tuple[Any, ...]]:
        """See `Tables.page`."""
        columns = ", ".join(f"tsvector_to_array({name})" if kind is Kind.WORDS else name for name, kind in table.columns.items())
        sql = f"SELECT {columns} FROM {table.name}"
        key = ", ".join(table.key)
        if after is not None:
            sql += f" WHERE ({key}) > ({_marks(after)})"
        if table.key:
            sql += f" ORDER BY {key} LIMIT {PAGE}"
        return self._database.read(sql, tuple(after or ()))

    def last_key(self, table: Table) -> Sequence[object] | None:
        """See `Tables.last_key`."""
        order = ", ".join(f"{name} DESC" for name in table.key)
        rows = self._database.read(f"SELECT {', '.join(table.key)} FROM {table.name} ORDER BY {order} LIMIT 1")
        return list(rows[0]) if rows else None

    def write(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """See `Tables.write`."""
        numbered = " OVERRIDING SYSTEM VALUE" if table.name in _NUMBERED else ""
        upsert = " ON CONFLICT (name) DO UPDATE SET body = excluded.body" if table.name == "facts" else ""
        values = ", ".join("array_to_tsvector(%s::text[])" if kind is Kind.WORDS else "%s" for kind in table.columns.values())
        sql = f"INSERT INTO {table.name} ({', '.join(table.columns)}){numbered} VALUES ({values}){upsert}"
        flags = [kind is Kind.FLAG for kind in table.columns.values()]

        def work(batch: Batch) -> None:
            if table.name == "tries":
                batch.execute("DELETE FROM tries")
            for row in rows:
                batch.execute(sql, [bool(value) if flag else value for flag, value in zip(flags, row, strict=True)])
            batch.posted += len(rows) if table.name == "postings" else 0

        self._database.write(work)

    def finish(self) -> None:
        """See `Tables.finish`: rows are numbered after the highest."""

        def work(batch: Batch) -> None:
            for table, column in _NUMBERED.items():
                sequence = f"pg_get_serial_sequence('{table}', '{column}')"
                batch.execute(f"SELECT setval({sequence}, MAX({column})) FROM {table} HAVING MAX({column}) IS NOT NULL")

        self._database.write(work)


def _marks(values: Iterable[object]) -> str:
    return ", ".join("%s" for _ in values)
