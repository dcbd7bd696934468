"""Back-ups of a data folder, taken while it is in use, and how to go on from one without repeating a number."""

from __future__ import annotations

import os
import re
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dossierkit.dossiers.codes import parse_code
from dossierkit.errors import CodeError, LostDossiers, SettingsError
from dossierkit.ports import Clock, NumberGap, SeriesStore
from dossierkit.private_files import FILE, FOLDER, make_private_folder, write_private
from dossierkit.stores.mark import Numbers, mark_of, read_database, read_mark, write_mark

DATABASE = "dossiers.db"
#: Signs acceptance slips.
KEY = "slip.key"
#: Beside the database and the attachments: what an operator put there, and the key that slips were signed with.
FILES = (KEY, "passwords.txt", "calendar.json", "units.json")
ATTACHMENTS = "attachments"
#: What only an installation that was used has.
_REMAINS = (ATTACHMENTS, "mail", KEY)
_RECEIPT = re.compile(r"(?P<number>[0-9]{1,9})/(?P<year>[0-9]{4})/(?P<rest>.+)")


def back_up(data: Path, into: Path, *, key: Path | None = None) -> Iterator[str]:
    """Writes the folder *data* into the archive *into*, while others write; gives the name of each file.

    The database comes first, as of one moment: every file that it names is there before it.

    Args:
        key: a file that the key of slips goes into instead, so that whoever gets the archive cannot sign.

    Raises:
        SettingsError: there is no database in *data*, or *into* or *key* is there already.
    """
    if not (data / DATABASE).is_file():
        raise SettingsError(f"{data} holds no {DATABASE}; name the data folder with --data")
    for place in filter(None, (into, key)):
        if place.exists():
            raise SettingsError(f"{place} is there already; a back-up never overwrites another one")
    part = into.with_name(into.name + ".part")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / DATABASE
        _copy(data / DATABASE, copy)
        # As of the same moment: the mark of the folder may be ahead by now.
        noted = read_database(copy)
        if noted is not None and noted.installation:
            write_mark(mark_of(copy), noted)
        copies = {path.name: path for path in (copy, mark_of(copy)) if path.is_file()}
        try:
            with _archive(part) as archive:
                for name in (*copies, *_names(data)):
                    if name == KEY and key is not None:
                        write_private(key, (data / name).read_bytes(), new=True)
                    else:
                        archive.add(copies.get(name, data / name), name)
                    yield name
            part.replace(into)
        finally:
            part.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as reading, sqlite3.connect(target) as writing:
        reading.backup(writing)
    reading.close()
    writing.close()


@contextmanager
def _archive(path: Path) -> Iterator[tarfile.TarFile]:
    """A new archive that its owner alone can read: it holds everything, keys included."""
    path.unlink(missing_ok=True)
    with (
        open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file,
        tarfile.open(fileobj=file, mode="w") as archive,
    ):
        yield archive


def _names(data: Path) -> Iterator[str]:
    yield from (name for name in FILES if (data / name).is_file())
    for path in sorted((data / ATTACHMENTS).rglob("*")):
        if path.is_file() and path.suffix != ".part":
            yield path.relative_to(data).as_posix()


def restore(archive: Path, data: Path) -> int:
    """Lays what *archive* holds into the empty folder *data*; gives how many files.

    Raises:
        SettingsError: *data* holds something, or *archive* is no back-up, or is damaged; nothing was laid then.
    """
    if data.exists() and any(data.iterdir()):
        raise SettingsError(f"{data} is not empty; a back-up is laid into a new folder, and nothing is overwritten")
    try:
        with tarfile.open(archive) as opened:
            members = opened.getmembers()
            if not members or members[0].name != DATABASE:
                raise SettingsError(f"{archive} is no back-up of dossierkit")
            end = max(member.offset_data + member.size for member in members)
            if archive.stat().st_size < end:
                raise SettingsError(f"{archive} is damaged: it ends after {archive.stat().st_size:,} of {end:,} bytes")
            for member in members:
                tarfile.data_filter(member, str(data))
            make_private_folder(data)
            opened.extractall(data, members, filter="data")
            for path in data.rglob("*"):
                path.chmod(FOLDER if path.is_dir() else FILE)
            return len(members)
    except tarfile.TarError as error:
        raise SettingsError(f"{archive} is no back-up of dossierkit, or is damaged: {error}") from error


def skip_after(store: SeriesStore, clock: Clock, numbers: Sequence[str]) -> Iterator[NumberGap]:
    """Lets each series go on after what was given out since the back-up.

    Args:
        numbers: dossier codes, receipt numbers, and marks (`dossiers.mark`) of folders that were lost otherwise.

    Raises:
        SettingsError: one of them is none of these.
    """
    for (agency, series), number in given_out(numbers):
        last = store.counters().get((agency, series), 0)
        gap = NumberGap(agency, series, last + 1, number, clock.now())
        if number > last and store.skip(gap):
            yield gap


def given_out(numbers: Sequence[str]) -> list[tuple[tuple[str, str], int]]:
    """The agency and the series of each of *numbers*, as for `skip_after`, and how far it got.

    Raises:
        SettingsError: one of them is none of these.
    """
    return [placed for typed in numbers for placed in _given(typed).items()]


def _given(typed: str) -> Numbers:
    if not typed.endswith(mark_of(Path(DATABASE)).suffix):
        agency, series, number = _placed(typed)
        return {(agency, series): number}
    noted = read_mark(Path(typed))
    if noted is None:
        raise SettingsError(f"{typed} is no mark of an installation, or is damaged; name the last code that was given out")
    return noted.numbers


def guard_remains(database: Path) -> None:
    """Lets pass a *database* that is there, and a new one in a folder without remains of another.

    Raises:
        LostDossiers: it is missing or empty beside attachments, mails or the key of slips.
    """
    try:
        if read_database(database) is not None:
            return
    except sqlite3.Error:
        return  # it is there, and damaged
    folder = database.resolve().parent
    for name in _REMAINS:
        place = folder / name
        if place.is_file() or (place.is_dir() and any(one.is_file() for one in place.rglob("*"))):
            raise LostDossiers(
                f"{database} is missing or empty, and {place} is there: where the database was lost, restore the last back-up"
                " into a new folder with dossierkit restore FILE --data NEW --after CODE (the last code that was given out);"
                " for a new installation in this folder say --new"
            )


def _placed(typed: str) -> tuple[str, str, int]:
    """The agency, the series and the number of a code or of a receipt number as they are written by default."""
    try:
        agency, day, number = parse_code(typed).text.rsplit("-", 2)
        full = day if len(day) == 8 else "20" + day
        return agency, f"{full[:4]}-{full[4:6]}-{full[6:]}", int(number)
    except CodeError:
        found = _RECEIPT.fullmatch(typed.strip().upper())
        if found is None:
            raise SettingsError(f"{typed!r} is neither a dossier code nor a receipt number") from None
        return found["rest"], found["year"], int(found["number"])
