"""Checks before the first write: the database belongs to its mark, holds every number given out, and is not damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dossierkit.errors import LostDossiers, StoreError, UnwritableStore
from dossierkit.private_files import make_private_file, make_private_folder
from dossierkit.stores.backup import DATABASE
from dossierkit.stores.last_numbers import MarkContent, Numbers, mark_of, missing_numbers, read_database, read_mark
from dossierkit.stores.sqlite.database import damaged

#: How long a program waits for others that open the same database.
OPENING_SECONDS = 120
#: Databases up to this size are checked page by page when they are opened.
CHECKED_BYTES = 64 * 1024 * 1024
#: Number of series that a message names.
_NAMED = 3


def guard_file(path: Path) -> None:
    """Refuse a folder in the place of the database *path*.

    Raises:
        StoreError: it is one.
    """
    if path.is_dir():
        raise StoreError(f"{path} is a folder; name a file in it, such as {path / DATABASE}")


def make_folder(path: Path) -> None:
    """Make the folder of the database *path*, readable by its owner alone.

    Raises:
        UnwritableStore: it cannot be made.
    """
    try:
        make_private_folder(path.parent)
    except OSError as error:
        raise UnwritableStore(f"cannot make the folder {path.parent}: {error.strerror}") from error


def prepare(path: Path) -> None:
    """Make the database *path* if there is none, bring its tables to this version, and check its pages.

    Raises:
        CorruptStore: it is damaged.
        NewerStore: a newer version wrote it.
    """
    from dossierkit.stores.sqlite.schema import migrate

    # SQLite makes the journals with the rights of the database.
    make_private_file(path)
    migrate(path)
    if path.stat().st_size <= CHECKED_BYTES:
        connection = sqlite3.connect(path)
        fault = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        connection.close()
        if fault != "ok":
            raise damaged(path)


def check_mark(path: Path, *, new: bool) -> MarkContent | None:
    """Content of the mark of the database *path*; None if there is no readable mark.

    Args:
        new: check nothing.

    Raises:
        LostDossiers: the database is missing, belongs to another installation, lacks its mark, or is behind it; nothing
            was changed.
    """
    # In this order, because a number is in the database before it is in the mark.
    mark = mark_of(path)
    content, stored = read_mark(mark), read_database(path)
    if new or (content is None and stored is None):
        return content
    if content is None:
        assert stored is not None, "one of the two is there"
        if stored.installation:
            raise LostDossiers(
                f"{path} belongs to the mark {mark.name}, which is not beside it, or damaged: is it an older copy?"
                f" put the mark back, {_restore('the mark')}, or {_AS_NEW} to go on after the numbers that the database knows"
            )
        return None
    if stored is None and content.numbers:
        raise LostDossiers(
            f"{path} is missing or empty, and {mark.name} beside it says that numbers were given out:"
            f" {_series_words(content.numbers)}; {_restore(mark)}, or {_AS_NEW} for an empty database that goes on after them"
        )
    if stored is not None and stored.installation not in ("", content.installation):
        raise LostDossiers(
            f"{path} and {mark.name} belong to two installations; put the right one back, or {_AS_NEW} to make them one"
        )
    if missing := missing_numbers(stored.numbers if stored is not None else {}, content.numbers):
        raise LostDossiers(
            f"{path} lacks dossiers whose numbers were given out: {_series_words(missing)}; it is an older copy, or its journal"
            f" was damaged: stop here and keep a copy of the folder; {_restore(mark)}, or {_AS_NEW} to go on after these numbers"
        )
    return content


@contextmanager
def sole_opening(path: Path) -> Iterator[None]:
    """Let one program at a time check, make and migrate the database *path*."""
    lock = path.with_name(f"{path.name}.opening")
    make_private_file(lock)
    # SQLite's own lock on an empty database beside the real one: it works everywhere, and goes with its holder.
    connection = sqlite3.connect(lock, timeout=OPENING_SECONDS, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        connection.close()


#: How a person at the command line, and a program, ask for it.
_AS_NEW = "say --new (in Python new=True)"


def _series_words(numbers: Numbers) -> str:
    """The newest series of *numbers*, in words."""
    newest = sorted(numbers.items(), key=lambda item: item[0][1], reverse=True)
    words = ", ".join(f"{agency} {series} up to {last}" for (agency, series), last in newest[:_NAMED])
    return words if len(newest) <= _NAMED else f"{words}, and {len(newest) - _NAMED} other series"


def _restore(mark: object) -> str:
    return f"restore the last back-up into a new folder with dossierkit restore FILE --data NEW --after {mark}"
