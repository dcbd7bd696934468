"""The tables of the SQLite store, row by row, for copies of the whole store."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dossierkit.stores.copying import PAGE, Kind, Table
from dossierkit.stores.rows import words_in
from dossierkit.stores.sqlite.database import Database

#: Columns that have another name here; `place` and the row of the search are the row id.
_NAMES = {("search", "seq"): "rowid"}


class SqliteTables:
    """`Tables` of *database*."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, table: Table) -> int:
        """See `Tables.count`."""
        return int(self._database.read(f"SELECT COUNT(*) FROM {table.name}")[0][0])

    def page(self, table: Table, after: Sequence[object] | None) -> list[tuple[Any, ...]]:
        """See `Tables.page`."""
        sql = f"SELECT {_columns(table, table.columns)} FROM {table.name}"
        key = _columns(table, table.key)
        if after is not None:
            sql += f" WHERE ({key}) > ({_marks(after)})"
        if table.key:
            sql += f" ORDER BY {key} LIMIT {PAGE}"
        rows = self._database.read(sql, tuple(after or ()))
        return [_read(table, row) for row in rows]

    def last_key(self, table: Table) -> Sequence[object] | None:
        """See `Tables.last_key`."""
        order = ", ".join(f"{_column(table, name)} DESC" for name in table.key)
        rows = self._database.read(f"SELECT {_columns(table, table.key)} FROM {table.name} ORDER BY {order} LIMIT 1")
        return list(rows[0]) if rows else None

    def write(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """See `Tables.write`."""
        sql = f"INSERT OR REPLACE INTO {table.name} ({_columns(table, table.columns)}) VALUES ({_marks(table.columns)})"

        def work(connection: sqlite3.Connection) -> None:
            if table.name == "tries":
                connection.execute("DELETE FROM tries")
            connection.executemany(sql, [_written(table, row) for row in rows])

        self._database.write(work)

    def finish(self) -> None:
        """See `Tables.finish`: SQLite numbers rows after the highest by itself."""


def _column(table: Table, name: str) -> str:
    return "rowid" if name == "place" else _NAMES.get((table.name, name), name)


def _columns(table: Table, names: Any) -> str:
    return ", ".join(_column(table, name) for name in names)


def _marks(values: Any) -> str:
    return ", ".join("?" * len(values))


def _read(table: Table, row: tuple[Any, ...]) -> tuple[Any, ...]:
    if Kind.WORDS not in table.columns.values():
        return tuple(row)
    return tuple(
        words_in(value) if kind is Kind.WORDS else value for kind, value in zip(table.columns.values(), row, strict=True)
    )


def _written(table: Table, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_value(kind, value) for kind, value in zip(table.columns.values(), row, strict=True))


def _value(kind: Kind, value: Any) -> Any:
    match kind:
        case Kind.WORDS:
            return " ".join(value)
        case Kind.MOMENT if value is not None:
            return _moment(value)
        case _:
            return value


def _moment(text: str) -> str:
    """*text* as this store spells moments, so that they sort."""
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()
