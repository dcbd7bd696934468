"""Folders and files that their owner alone can read: they hold answers, first passwords and keys."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
_OTHERS = 0o077
#: What dossierkit keeps in a data folder; other files in it are somebody else's.
_OURS = ("dossiers.*", "*.key", "passwords.txt", "catalog.json", "mail", "mail/*", "attachments")


def private_folder(path: Path) -> None:
    """Makes the folder *path* where it is missing; one that is there is left as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=FOLDER, exist_ok=True)


def private_file(path: Path) -> None:
    """Makes an empty file *path* where there is none."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, FILE))


def write_private(path: Path, content: bytes, *, new: bool = False) -> None:
    """Writes *content* into the file *path*.

    Args:
        new: it must not be there yet.

    Raises:
        FileExistsError: it is, and *new*.
    """
    flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if new else os.O_TRUNC)
    with open(os.open(path, flags, FILE), "wb") as file:
        file.write(content)


def guard(data: Path, *more: Path, folder: bool = True) -> Iterator[str]:
    """Takes *data*, with what dossierkit keeps in it, and the files *more* away from everybody but their owner.

    Args:
        folder: the data folder itself, too; not where others read something in it.

    Yields:
        Words about each that can be read by others all the same.
    """
    places = [*([data] if folder else []), *(path for name in _OURS for path in data.glob(name)), *more]
    for path in places:
        try:
            mode = path.stat().st_mode
            if not mode & _OTHERS:
                continue
            path.chmod(mode & ~_OTHERS & 0o7777)
            if path.is_dir() and path != data:
                # A version before left it open, and so all that is in it.  Later starts spare themselves the way.
                places.extend(path.rglob("*"))
        except FileNotFoundError:
            continue  # a journal comes and goes
        except OSError as error:
            yield f"{path} can be read by others, and that cannot be changed ({error.strerror}): run chmod go= {path}"
