"""Folders and files with permissions for their owner only: they hold answers, first passwords and keys."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
_OTHERS = 0o077
#: Patterns of the files that dossierkit writes into a data folder; other files in it are left alone.
_OURS = ("dossiers.*", "*.key", "passwords.txt", "catalog.json", "mail", "mail/*", "attachments")


def make_private_folder(path: Path) -> None:
    """Create the folder *path* for its owner only; an existing folder keeps its permissions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=FOLDER, exist_ok=True)


def make_private_file(path: Path) -> None:
    """Create an empty file *path* for its owner only, unless it exists."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, FILE))


def write_private(path: Path, content: bytes, *, new: bool = False) -> None:
    """Write *content* into the file *path*; a new file is for its owner only.

    Args:
        new: refuse to overwrite.

    Raises:
        FileExistsError: *new*, and the file exists.
    """
    flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if new else os.O_TRUNC)
    with open(os.open(path, flags, FILE), "wb") as file:
        file.write(content)


def restrict(data: Path, *more: Path, folder: bool = True) -> Iterator[str]:
    """Remove the permissions of group and others from dossierkit's files in *data* and from the files *more*.

    Args:
        folder: include the data folder itself; false where other users have to read something in it.

    Yields:
        A message for each file whose permissions cannot be changed.
    """
    places = [*([data] if folder else []), *(path for name in _OURS for path in data.glob(name)), *more]
    for path in places:
        try:
            mode = path.stat().st_mode
            if not mode & _OTHERS:
                continue
            path.chmod(mode & ~_OTHERS & 0o7777)
            if path.is_dir() and path != data:
                # An older version made it with open permissions; only then are all files in it checked.
                places.extend(path.rglob("*"))
        except FileNotFoundError:
            continue  # SQLite deletes its journal at any moment
        except OSError as error:
            yield f"{path} is readable by other users and its mode cannot be changed ({error.strerror}): run chmod go= {path}"
