"""Back-ups of a data folder, made while it is in use, and their restoration; copies of its keys and lists."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dossierkit.errors import SettingsError
from dossierkit.private_files import FILE, FOLDER, make_private_folder, write_private
from dossierkit.stores.last_numbers import mark_of, read_database, write_mark

DATABASE = "dossiers.db"
#: File of the key that signs acceptance slips.
KEY = "slip.key"
#: Files of an operator, and the key of slips; they are saved beside the database and the attachments.
FILES = (KEY, "passwords.txt", "calendar.json", "units.json")
ATTACHMENTS = "attachments"


def back_up(data: Path, into: Path, *, key: Path | None = None) -> Iterator[str]:
    """Write the folder *data* into the archive *into*, and yield the name of each file; other programs may go on writing.

    The database is copied first, as of one moment: every attachment that it names exists by then.

    Args:
        key: file for the key of slips, which is then left out of the archive: with the archive alone no slip can be signed.

    Raises:
        SettingsError: there is no database in *data*, or *into* or *key* exists.
    """
    if not (data / DATABASE).is_file():
        raise SettingsError(f"{data} holds no {DATABASE}; name the data folder")
    for path in filter(None, (into, key)):
        if path.exists():
            raise SettingsError(f"{path} is there already; a back-up never overwrites another one")
    part = into.with_name(into.name + ".part")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / DATABASE
        _copy(data / DATABASE, copy)
        # Made from the copy, because the mark of the folder may be ahead by now.
        content = read_database(copy)
        if content is not None and content.installation:
            write_mark(mark_of(copy), content)
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


def guard_same_files(source: Path, target: Path) -> None:
    """Refuse to copy keys and lists where *target* has others, see `copy_beside`.

    Raises:
        SettingsError: a file of *target* has another content than that of *source*.
    """
    for name, content in _beside(source).items():
        if _beside(target).get(name, content) != content:
            raise SettingsError(f"{target / name} is there already, and is another one; move it away, or copy into a new folder")


def copy_beside(source: Path, target: Path) -> None:
    """Copy the keys and lists beside a database, `FILES`, from the folder *source* into *target*."""
    there = _beside(target)
    for name, content in _beside(source).items():
        if name not in there:
            make_private_folder(target)
            write_private(target / name, content)


def digest_beside(data: Path) -> str:
    """SHA-256 over the keys and lists in the folder *data*."""
    return hashlib.sha256(repr(_beside(data)).encode()).hexdigest()


def _beside(data: Path) -> dict[str, bytes]:
    return {name: (data / name).read_bytes() for name in FILES if (data / name).is_file()}


def _copy(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as reading, sqlite3.connect(target) as writing:
        reading.backup(writing)
    reading.close()
    writing.close()


@contextmanager
def _archive(path: Path) -> Iterator[tarfile.TarFile]:
    """A new archive that its owner alone can read, because it holds keys."""
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
    """Extract *archive* into the empty folder *data*; return the number of files.

    Raises:
        SettingsError: *data* is not empty, or *archive* is no back-up, or is damaged; nothing was laid then.
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
        # The words of tarfile fill several lines, one for each kind of compression.
        raise SettingsError(f"{archive} is no back-up of dossierkit, or is damaged") from error
