"""After a loss: numbers given out since the back-up, and the remains of a database that is gone."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from dossierkit.dossiers.codes import parse_code
from dossierkit.errors import CodeError, LostDossiers, SettingsError
from dossierkit.ports import Clock, NumberGap, SeriesStore
from dossierkit.stores.backup import ATTACHMENTS, DATABASE, KEY
from dossierkit.stores.last_numbers import Numbers, mark_of, read_database, read_mark

#: Files and folders that only an installation in use has.
_REMAINS = (ATTACHMENTS, "mail", KEY)
_RECEIPT = re.compile(r"(?P<number>[0-9]{1,9})/(?P<year>[0-9]{4})/(?P<rest>.+)")


def skip_after(store: SeriesStore, clock: Clock, numbers: Sequence[str]) -> Iterator[NumberGap]:
    """Continue each series after the numbers given out since the back-up; yield the gaps.

    Args:
        numbers: dossier codes, receipt numbers, and paths of marks (`stores.last_numbers`) of lost folders.

    Raises:
        SettingsError: one of *numbers* is none of these.
    """
    for (agency, series), number in given_out(numbers):
        last = store.counters().get((agency, series), 0)
        gap = NumberGap(agency, series, last + 1, number, clock.now())
        if number > last and store.skip(gap):
            yield gap


def given_out(numbers: Sequence[str]) -> list[tuple[tuple[str, str], int]]:
    """((agency, series), last number) of each of *numbers*, see `skip_after`.

    Raises:
        SettingsError: one of *numbers* is none of these.
    """
    return [entry for typed in numbers for entry in _numbers_of(typed).items()]


def _numbers_of(typed: str) -> Numbers:
    if not typed.endswith(mark_of(Path(DATABASE)).suffix):
        agency, series, number = _series_of(typed)
        return {(agency, series): number}
    content = read_mark(Path(typed))
    if content is None:
        raise SettingsError(f"{typed} is no mark of an installation, or is damaged; name the last code that was given out")
    return content.numbers


def _series_of(typed: str) -> tuple[str, str, int]:
    """Agency, series and number of a code or a receipt number in its default form."""
    try:
        agency, day, number = parse_code(typed).text.rsplit("-", 2)
        full = day if len(day) == 8 else "20" + day
        return agency, f"{full[:4]}-{full[4:6]}-{full[6:]}", int(number)
    except CodeError:
        receipt = _RECEIPT.fullmatch(typed.strip().upper())
        if receipt is None:
            raise SettingsError(f"{typed!r} is neither a dossier code nor a receipt number") from None
        return receipt["rest"], receipt["year"], int(receipt["number"])


def guard_remains(database: Path) -> None:
    """Refuse a new database in a folder where another one was lost.

    Raises:
        LostDossiers: *database* is missing or empty, and attachments, mails or the key of slips are beside it.
    """
    try:
        if read_database(database) is not None:
            return
    except sqlite3.Error:
        return  # there is one, and it is damaged
    folder = database.resolve().parent
    for name in _REMAINS:
        path = folder / name
        if path.is_file() or (path.is_dir() and any(below.is_file() for below in path.rglob("*"))):
            raise LostDossiers(
                f"{database} is missing or empty, and {path} is there: where the database was lost, restore the last back-up"
                " into a new folder with dossierkit restore FILE --data NEW --after CODE (the last code that was given out);"
                " for a new installation in this folder say --new (in Python new=True)"
            )
