"""Named option lists from rows of data: provinces and communes, units and sectors of the installation.

The sample that ships holds the 34 provinces and a handful of communes.  An operator puts the whole of it into
`units.json` in the data folder: `{"provinces": [{"code", "name", "en"?}], "communes": [{"code", "name", "province"}]}`,
each row with an optional `from` and `until` (ISO dates).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path

import attrs

from dossierkit.errors import SettingsError
from dossierkit.forms.form import Choice
from dossierkit.forms.pointers import Json, same
from dossierkit.text import fold, holds, nfc


@attrs.frozen
class Table:
    """An `OptionList` over rows: *value* and *title* name columns, the others can be asked for by `where`."""

    rows: tuple[Mapping[str, Json], ...] = attrs.field(hash=False)
    value: str = "code"
    title: str = "name"

    def select(self, where: Mapping[str, Json], query: str, limit: int) -> tuple[Choice, ...]:
        """See `OptionList.select`."""
        wanted = fold(query)
        found: list[Choice] = []
        for row in self.rows:
            if len(found) == limit:
                break
            if _fits(row, where) and holds(fold(str(row[self.title])), wanted):
                found.append(self._choice(row))
        return tuple(found)

    def find(self, value: Json, where: Mapping[str, Json]) -> Choice | None:
        """See `OptionList.find`."""
        return next((self._choice(row) for row in self.rows if same(row[self.value], value) and _fits(row, where)), None)

    def names(self, language: str) -> dict[str, str]:
        """Every value with its title in *language*, as far as a column has that name."""
        return {str(row[self.value]): nfc(str(row.get(language) or row[self.title])) for row in self.rows}

    def _choice(self, row: Mapping[str, Json]) -> Choice:
        return Choice(row[self.value], nfc(str(row[self.title])))


def _fits(row: Mapping[str, Json], where: Mapping[str, Json]) -> bool:
    return all(same(row.get(column), wanted) for column, wanted in where.items())


def tables(data: Path | None, today: date) -> dict[str, Table]:
    """The lists of the installation: those that ship, and over them those of `units.json` in *data*.

    Raises:
        SettingsError: `units.json` is not what it should be; the message says where.
    """
    rows: dict[str, list[Mapping[str, Json]]] = json.loads(files("dossierkit").joinpath("locale/units.json").read_bytes())
    own = data / "units.json" if data is not None else None
    if own is not None and own.is_file():
        try:
            rows = {**rows, **json.loads(own.read_bytes())}
        except ValueError as error:
            raise SettingsError(f"{own} is not JSON: {error}") from None
    return {name: Table(_valid(name, listed, today)) for name, listed in rows.items() if name != "source"}


def _valid(name: str, rows: Iterable[Mapping[str, Json]], today: date) -> tuple[Mapping[str, Json], ...]:
    """The rows in force *today*."""
    kept: list[Mapping[str, Json]] = []
    for number, row in enumerate(rows):
        if not isinstance(row, dict) or not isinstance(row.get("code"), str) or not isinstance(row.get("name"), str):
            raise SettingsError(f"units.json: row {number + 1} of {name!r} needs a code and a name")
        if str(row.get("from", "")) <= today.isoformat() <= str(row.get("until", "9999")):
            kept.append(row)
    return tuple(kept)
