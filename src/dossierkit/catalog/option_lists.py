"""Named option lists from rows of data: provinces and communes, units and sectors of the installation.

The package contains the 34 provinces and 3 321 communes, wards and special zones in force since 2025-07-01 (Quyết định
19/2025/QĐ-TTg), and sample units and sectors.  `units.json` in the data folder extends or replaces these lists:

    {"communes": {"add": [{"code": "26506", "name": "Phường Vũng Tàu", "province": "79", "until": "2027-06-30"}]},
     "units": [{"code": "so-nnmt", "name": "Sở Nông nghiệp và Môi trường", "en": "Department of Agriculture and Environment"}]}
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property, partial
from pathlib import Path

import attrs

from dossierkit.data import FOLDER
from dossierkit.errors import DocumentError, SettingsError
from dossierkit.forms.schema.dialect import Choice
from dossierkit.forms.schema.document import load
from dossierkit.forms.schema.formats import is_day
from dossierkit.pointers import Json, same
from dossierkit.text import fold, meant, names_place, nfc

Row = Mapping[str, Json]

#: Key of a list in `units.json` whose rows extend the packaged list instead of replacing it.
ADD = "add"


@attrs.frozen
class _Entry:
    row: Row = attrs.field(hash=False)
    words: str


def _loader(rows: Iterable[Row] | Callable[[], Iterable[Row]]) -> Callable[[], Iterable[Row]]:
    return rows if callable(rows) else partial(tuple, rows)


@attrs.frozen(eq=False)
class Table:
    """An `OptionList` over rows: *value* and *title* name columns, the others can be asked for by `where`.

    Args:
        rows: the rows in the order in which they are offered, or a function that loads them on first use.  The columns
            `from` and `until` (ISO dates, both included) limit when a row is in force.
        today: the current day; only rows in force on it are offered.  None: every row is offered.
    """

    _rows: Callable[[], Iterable[Row]] = attrs.field(converter=_loader)
    value: str = "code"
    title: str = "name"
    today: Callable[[], date] | None = None
    _narrowed: dict[frozenset[tuple[str, str]], tuple[_Entry, ...]] = attrs.field(init=False, factory=dict)

    @property
    def cached_count(self) -> int:
        """Number of narrowed lists in the cache."""
        return len(self._narrowed)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every row, in force or not."""
        return tuple(self._rows())

    @cached_property
    def columns(self) -> frozenset[str]:
        """See `OptionList.columns`."""
        return frozenset(column for row in self.rows for column in row)

    @cached_property
    def _entries(self) -> tuple[_Entry, ...]:
        return tuple(_Entry(row, fold(str(row[self.title]))) for row in self.rows)

    @cached_property
    def _by_value(self) -> dict[str, tuple[Row, ...]]:
        rows: dict[str, tuple[Row, ...]] = {}
        for row in self.rows:
            key = str(row[self.value])
            rows[key] = (*rows.get(key, ()), row)
        return rows

    def select(self, where: Mapping[str, Json], query: str, limit: int) -> tuple[Choice, ...]:
        """See `OptionList.select`."""
        words, in_force = fold(query), self._in_force()
        choices: list[Choice] = []
        for entry in self._narrow(where):
            if len(choices) == limit:
                break
            if in_force(entry.row) and names_place(entry.words, words):
                choices.append(self._choice(entry.row))
        return tuple(choices)

    def find(self, value: Json, where: Mapping[str, Json]) -> Choice | None:
        """See `OptionList.find`."""
        in_force = self._in_force()
        rows = self._by_value.get(str(value), ())
        fitting = (row for row in rows if same(row[self.value], value) and _fits(row, where) and in_force(row))
        return next(map(self._choice, fitting), None)

    def recall(self, value: Json) -> Choice | None:
        """See `OptionList.recall`."""
        rows = [row for row in self._by_value.get(str(value), ()) if same(row[self.value], value)]
        current = [row for row in rows if self._in_force()(row)]
        return next(map(self._choice, current or rows[::-1]), None)

    def names(self, language: str) -> dict[str, str]:
        """Value → title of every row, in force or not; *language* names the column of the title, if there is one."""
        return {str(row[self.value]): nfc(str(row.get(language) or row[self.title])) for row in self.rows}

    def _narrow(self, where: Mapping[str, Json]) -> tuple[_Entry, ...]:
        """The entries whose columns equal *where*."""
        key = frozenset((column, wanted) for column, wanted in where.items() if isinstance(wanted, str))
        entries = self._narrowed.get(key) if len(key) == len(where) else None
        if entries is None:
            entries = tuple(entry for entry in self._entries if _fits(entry.row, where))
            # Empty results are not cached, as clients may send any number of provinces that do not exist.
            if entries and len(key) == len(where):
                self._narrowed[key] = entries
        return entries

    def _in_force(self) -> Callable[[Row], bool]:
        if self.today is None:
            return lambda _: True
        today = self.today().isoformat()
        return lambda row: str(row.get("from", "")) <= today <= str(row.get("until", "9999"))

    def _choice(self, row: Row) -> Choice:
        return Choice(row[self.value], nfc(str(row[self.title])))


def _fits(row: Row, where: Mapping[str, Json]) -> bool:
    return all(same(row.get(column), wanted) for column, wanted in where.items())


def tables(data: Path | None, today: Callable[[], date] | None = None) -> dict[str, Table]:
    """The lists of the installation: the packaged ones, changed by `units.json` in *data*.

    Args:
        today: see `Table`.

    Raises:
        SettingsError: `units.json` is malformed; the message says where.
    """
    shipped: dict[str, Callable[[], Iterable[Row]]] = {
        name: partial(iter, rows) for name, rows in _packaged_lists("units.json").items() if name != "source"
    }
    shipped["communes"] = _communes
    own = data / "units.json" if data is not None else None
    changed = _own(own, shipped) if own is not None and own.is_file() else {}
    return {name: Table(rows, today=today) for name, rows in {**shipped, **changed}.items()}


def _packaged_lists(name: str) -> dict[str, list[Row]]:
    lists: dict[str, list[Row]] = json.loads((FOLDER / name).read_bytes())
    return lists


def _communes() -> Iterator[Row]:
    """The packaged communes; the columns are `province,code,name,from`."""
    text = (FOLDER / "communes.csv").read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def _own(path: Path, shipped: Mapping[str, Callable[[], Iterable[Row]]]) -> dict[str, Callable[[], Iterable[Row]]]:
    """The lists that the operator's file changes."""
    try:
        lists = load(path.read_bytes()).value
    except DocumentError as error:
        raise SettingsError(f"{path}: {error}") from None
    if not isinstance(lists, dict):
        raise SettingsError(f'{path}: must be an object of lists, such as {{"units": [{{"code": "…", "name": "…"}}]}}')
    changed: dict[str, Callable[[], Iterable[Row]]] = {}
    for name, entry in lists.items():
        if name == "source":
            continue
        if isinstance(entry, dict):
            if unknown := next((key for key in entry if key != ADD), None):
                raise SettingsError(
                    f'{path}: {name!r} has {unknown!r}; rows beside the shipped ones are written {{"{ADD}": […]}}'
                )
            changed[name] = partial(_merged_rows, shipped.get(name, tuple), _valid_rows(path, name, entry.get(ADD)))
        else:
            changed[name] = partial(iter, _valid_rows(path, name, entry))
    return changed


def _merged_rows(shipped: Callable[[], Iterable[Row]], own: tuple[Row, ...]) -> Iterator[Row]:
    """The packaged rows and *own*; a row of *own* replaces the packaged row with the same code."""
    codes = {row["code"] for row in own}
    yield from (row for row in shipped() if row["code"] not in codes)
    yield from own


def _valid_rows(path: Path, name: str, rows: Json) -> tuple[Row, ...]:
    if not isinstance(rows, list):
        raise SettingsError(f'{path}: {name!r} must be a list of rows, or {{"{ADD}": [rows]}}')
    for number, row in enumerate(rows, 1):
        where = f"{path}: row {number} of {name!r}"
        if not isinstance(row, dict):
            raise SettingsError(f'{where} must be an object: {{"code": "…", "name": "…"}}')
        for column in ("code", "name"):
            if not isinstance(row.get(column), str) or not row[column].strip():
                raise SettingsError(f"{where} needs a {column}, a text{meant(column, row) if column not in row else ''}")
        for column in ("from", "until"):
            if column in row and not (isinstance(row[column], str) and is_day(row[column])):
                raise SettingsError(f"{where}: {column} must be a date, such as 2025-07-01")
    return tuple(rows)
