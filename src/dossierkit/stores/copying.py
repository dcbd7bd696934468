"""Copies of whole stores with tables: every row, page by page, and the hash that shows that two stores are equal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Protocol

import attrs

from dossierkit.errors import StoreError
from dossierkit.ports import FactStore
from dossierkit.stores.last_numbers import INSTALLATION

#: Rows of a page, which is one transaction.
PAGE = 1000
#: Fact of a store that is a copy under way: the name of its source.
UNDER_WAY = "copy of"


class Kind(Enum):
    """The kind of values of a column, and so how they are compared."""

    PLAIN = "text, number or nothing"
    MOMENT = "moment"
    FLAG = "yes or no"
    JSON = "JSON that statements look into, whose spelling is the store's"
    BYTES = "bytes"
    WORDS = "set of words"


@attrs.frozen
class Table:
    """A table that stores have in common."""

    name: str
    #: Columns that rows are read in the order of, and that tell them apart; empty: the table is read as a whole.
    key: tuple[str, ...]
    columns: Mapping[str, Kind]


def _table(name: str, key: str, columns: str, **kinds: Kind) -> Table:
    return Table(name, tuple(key.split()), {column: kinds.get(column, Kind.PLAIN) for column in columns.split()})


_CELL = "unit sector procedure channel measure count"
_MOMENT, _FLAG, _JSON = Kind.MOMENT, Kind.FLAG, Kind.JSON
#: Every table with content, those first that others refer to.  `place` is the order in which rows came.
TABLES = (
    _table("bundles", "revision", "revision body", body=Kind.BYTES),
    _table("facts", "", "name body"),
    _table("published_files", "digest", "digest body", body=Kind.BYTES),
    _table("publications", "number", "number at author files", at=_MOMENT),
    _table(
        "dossiers", "seq", "seq id procedure revision owner state version created changed submitted agency code unit officer due"
        " receipt unanswered handling",
        created=_MOMENT, changed=_MOMENT, submitted=_MOMENT, due=_MOMENT, unanswered=_FLAG, handling=_JSON,
    ),
    _table("answers", "seq", "seq body attachments salt layout"),
    _table("files", "seq blob", "seq blob"),
    _table("events", "seq number", "seq number action actor at facts before hash"),
    _table("notes", "seq number", "seq number body before"),
    _table("search", "seq", "seq words", words=Kind.WORDS),
    _table("counters", "agency day", "agency day number"),
    _table("gaps", "place", "place agency series first last at", at=_MOMENT),
    _table("postings", "place", f"place day seq {_CELL}"),
    _table("totals", "half unit sector procedure channel measure", f"half {_CELL}"),
    _table("totals_by_year", "year unit sector procedure channel measure", f"year {_CELL}"),
    _table("spans", "year procedure days", "year procedure days count"),
    _table("accounts", "place", "place id mail version body subject proven", body=_JSON, proven=_FLAG),
    _table("sessions", "hash", "hash account started seen confined", started=_MOMENT, seen=_MOMENT),
    _table("secrets", "hash", "hash account until", until=_MOMENT),
    _table("access_tokens", "hash", "hash name body"),
    _table("tries", "", "name at"),
    _table("outbox", "seq", "seq name receiver subject text html tries due error delivered", delivered=_MOMENT),
    _table(
        "payments", "place", "place ref seq amount gateway created progress number at surplus asked",
        created=_MOMENT, at=_MOMENT, surplus=_FLAG,
    ),
)  # fmt: skip


class Tables(Protocol):
    """The tables of a store, row by row."""

    def count(self, table: Table) -> int:
        """Number of rows."""
        ...

    def page(self, table: Table, after: Sequence[object] | None) -> list[tuple[Any, ...]]:
        """Up to `PAGE` rows with a key higher than *after*, in the order of the key; all rows of a table without a key."""
        ...

    def last_key(self, table: Table) -> Sequence[object] | None:
        """Highest key; None while the table is empty."""
        ...

    def write(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write *rows* in one transaction; those of a table without a key in place of all its rows."""
        ...

    def finish(self) -> None:
        """Make the store ready for rows of its own, after the last row was written."""
        ...


class TableStore(FactStore, Protocol):
    """A store with tables."""

    @property
    def tables(self) -> Tables:
        """Its tables."""
        ...

    def size(self) -> int:
        """Number of dossiers."""
        ...


def row_count(store: TableStore) -> int:
    """Number of rows that a copy has to write."""
    return sum(store.tables.count(table) for table in TABLES)


def copy(source: TableStore, target: TableStore, *, name: str) -> Iterator[int]:
    """Write every row of *source* to *target*; yield the number of rows after each page, those of a copy before included.

    No other program may write meanwhile.  A copy that was interrupted goes on where it ended, until `end_copy`.

    Args:
        name: the name of the source; only a copy of it goes on.

    Raises:
        StoreError: *target* has dossiers of its own.
    """
    if target.recall(UNDER_WAY) != name:
        if target.size() or target.recall(UNDER_WAY) is not None:
            raise StoreError("the target has dossiers already; a copy goes into an empty store")
        target.remember(UNDER_WAY, name)
    for table in TABLES:
        last = target.tables.last_key(table) if table.key else None
        if last is not None:
            yield target.tables.count(table)
        for rows in _pages(source.tables, table, last):
            target.tables.write(table, [row for row in rows if not _is_own(table, row)])
            yield len(rows)
    target.tables.finish()


def end_copy(target: TableStore) -> None:
    """Make *target* a store of its own, which no copy goes on with."""
    target.remember(UNDER_WAY, None)


def digest(store: TableStore, seen: Callable[[int], object] = lambda _: None) -> str:
    """SHA-256 over every row; equal for stores that hold the same, of whatever kind.

    Args:
        seen: called with the number of rows after each page.
    """
    hash = hashlib.sha256()
    for table in TABLES:
        hash.update(table.name.encode())
        kinds = tuple(table.columns.values())
        for rows in _pages(store.tables, table, None):
            lines = (_line(kinds, row) for row in rows if not _is_own(table, row))
            # Tables without a key have no order.
            for line in lines if table.key else sorted(lines):
                hash.update(line)
            seen(len(rows))
    return hash.hexdigest()


def _pages(tables: Tables, table: Table, after: Sequence[object] | None) -> Iterator[list[tuple[Any, ...]]]:
    places = [list(table.columns).index(column) for column in table.key]
    while rows := tables.page(table, after):
        yield rows
        if not table.key:
            return
        after = [rows[-1][place] for place in places]


def _is_own(table: Table, row: tuple[Any, ...]) -> bool:
    """Whether the row is of its store alone: the id of the installation, and the note of a copy."""
    return table.name == "facts" and row[0] in (INSTALLATION, UNDER_WAY)


def _line(kinds: Sequence[Kind], row: tuple[Any, ...]) -> bytes:
    values = [_comparable(kind, value) for kind, value in zip(kinds, row, strict=True)]
    return json.dumps(values, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _comparable(kind: Kind, value: Any) -> Any:
    match kind:
        case _ if value is None:
            return None
        case Kind.MOMENT:
            return datetime.fromisoformat(value).astimezone(UTC).isoformat()
        case Kind.FLAG:
            return bool(value)
        case Kind.JSON:
            return json.loads(value)
        case Kind.BYTES:
            return bytes(value).hex()
        case Kind.WORDS:
            return sorted(set(value))
        case Kind.PLAIN:
            return value
