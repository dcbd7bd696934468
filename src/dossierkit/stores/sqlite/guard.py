"""Looks at a database before anything is written: is it the one that its mark is of, and does it hold all that was given out?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dossierkit.errors import LostDossiers
from dossierkit.private_files import make_private_file
from dossierkit.stores.mark import Noted, Numbers, kept_in, lacking, mark_of, read_mark

#: How long a program waits for others that open the same database.
OPENING_SECONDS = 120
#: So many series are named in a message.
_NAMED = 3


def guarded(path: Path, *, new: bool) -> Noted | None:
    """What the mark of the database at *path* says; None where there is none.

    Args:
        new: whatever is found is taken as it is.

    Raises:
        LostDossiers: the database is missing, is another installation's, lacks its mark, or is behind it; nothing was
            changed.
    """
    # In this order: a number is in the database before it is in the mark.
    mark = mark_of(path)
    noted, kept = read_mark(mark), kept_in(path)
    if new or (noted is None and kept is None):
        return noted
    if noted is None:
        assert kept is not None, "one of the two is there"
        if kept.installation:
            raise LostDossiers(
                f"{path} belongs to the mark {mark.name}, which is not beside it, or damaged: is it an older copy?"
                f" put the mark back, {_restore('the mark')}, or say --new to go on after the numbers that the database knows"
            )
        return None
    if kept is None and noted.numbers:
        raise LostDossiers(
            f"{path} is missing or empty, and {mark.name} beside it says that numbers were given out:"
            f" {_named(noted.numbers)}; {_restore(mark)}, or say --new for an empty database that goes on after them"
        )
    if kept is not None and kept.installation not in ("", noted.installation):
        raise LostDossiers(
            f"{path} and {mark.name} belong to two installations; put the right one back, or say --new to make them one"
        )
    if lost := lacking(kept.numbers if kept is not None else {}, noted.numbers):
        raise LostDossiers(
            f"{path} lacks dossiers whose numbers were given out: {_named(lost)}; it is an older copy, or its journal was"
            f" damaged: stop here and keep a copy of the folder; {_restore(mark)}, or say --new to go on after these numbers"
        )
    return noted


@contextmanager
def opened_alone(path: Path) -> Iterator[None]:
    """Lets one program at a time look at the database at *path*, make it, and bring it to this version."""
    lock = path.with_name(f"{path.name}.opening")
    make_private_file(lock)
    # SQLite's own lock on an empty database beside the real one: it works everywhere, and goes with its holder.
    connection = sqlite3.connect(lock, timeout=OPENING_SECONDS, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        connection.close()


def _named(numbers: Numbers) -> str:
    """The newest series of *numbers*."""
    newest = sorted(numbers.items(), key=lambda item: item[0][1], reverse=True)
    named = ", ".join(f"{agency} {series} up to {last}" for (agency, series), last in newest[:_NAMED])
    return named if len(newest) <= _NAMED else f"{named}, and {len(newest) - _NAMED} other series"


def _restore(mark: object) -> str:
    return f"restore the last back-up into a new folder with dossierkit restore FILE --data NEW --after {mark}"
