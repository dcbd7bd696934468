"""The command `copy`: everything of an installation into another store, compared by a hash."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from dossierkit.cli.options import FOLDER, counted, existing, guard_bucket, installed, procedures_option
from dossierkit.cli.progress import progress

if TYPE_CHECKING:
    from dossierkit.office.engine import Engine

#: In place of an address of files: the folder in the data folder.
_FOLDER = "folder"


@attrs.frozen
class _Side:
    """The source or the target of a copy."""

    #: Address of the database.
    store: str = attrs.field(repr=False)
    #: Folder of keys and lists.
    data: Path
    #: Address of the files; empty: a folder in *data*.
    files: str

    def open(self, procedures: Path | str | None) -> Engine:
        """The engine over it; a database that is missing is made."""
        from dossierkit.stores.last_numbers import mark_of
        from dossierkit.wiring import file_store, open_engine

        database = Path(self.store.removeprefix("sqlite:"))
        # Files may be there before their database; a mark without one tells of a loss.
        new = self.store.startswith("sqlite:") and not database.exists() and not mark_of(database).exists()
        data, blobs = self.data if self.data.is_dir() else None, file_store(self.data, self.files)
        return open_engine(self.store, procedures=procedures, data=data, blobs=blobs, new=new)

    @property
    def place_of_files(self) -> str | Path:
        """Tells stores of files apart."""
        return self.files or self.data.resolve()


@click.command()
@click.option(
    "--from", "source", required=True, help="Store to copy: sqlite:FOLDER, or postgresql://user:password@host:port/name."
)
@click.option("--to", "target", required=True, help="Empty store, or an interrupted copy, written in the same way.")
@click.option(
    "--data",
    type=FOLDER,
    envvar="DOSSIERKIT_DATA",
    help="Data folder of a database on a server.  [default: data]",
)
@click.option(
    "--from-files", help="Files of the source: s3://BUCKET/PREFIX, or folder.  [default: where the installation has them]"
)
@click.option("--to-files", help="Files of the target.  [default: where they are, if that is object storage; else folder]")
@procedures_option
def copy(
    source: str, target: str, data: Path | None, from_files: str | None, to_files: str | None, procedures: Path | str | None
) -> None:
    """Copy everything of a store to another one, verify both, and compare them by a hash over everything.

    That is every row, the attachments, and the keys and lists in the data folder.  No other program may use the stores
    meanwhile.  A copy that was interrupted goes on where it ended.  Where both stores are the same, the files alone are copied.
    """
    if data is not None and not data.is_dir():
        raise click.BadParameter(f"Directory '{data}' does not exist.", param_hint="'--data'")
    first, second = _sides(source, target, data or Path("data"), from_files, to_files)
    here = installed()
    procedures = procedures or (here.procedures if here is not None else None)
    if first.store.startswith("sqlite:"):
        existing(first.data)
    engines = [side.open(procedures) for side in (first, second)]
    try:
        equal = _copy_whole(first, second, engines, name=source.partition("@")[2] or source)
    finally:
        for engine in engines:
            engine.close()
    sys.exit(0 if equal else 1)


def _sides(source: str, target: str, data: Path, from_files: str | None, to_files: str | None) -> tuple[_Side, _Side]:
    from dossierkit.errors import SettingsError
    from dossierkit.wiring import data_address

    addresses = [data_address(source), data_address(target)]
    folders = [Path(address.removeprefix("sqlite:")).parent if address.startswith("sqlite:") else data for address in addresses]
    if from_files is None:
        here = installed()
        from_files = os.environ.get("DOSSIERKIT_FILES") or (str(here.settings.get("files", "")) if here is not None else "")
    from_files = "" if from_files == _FOLDER else from_files
    to_files = from_files if to_files is None else "" if to_files == _FOLDER else to_files
    first, second = (_Side(*side) for side in zip(addresses, folders, (from_files, to_files), strict=True))
    if (first.store, first.place_of_files) == (second.store, second.place_of_files):
        raise SettingsError("a copy goes from one place to another one, and these are the same")
    return first, second


def _copy_whole(first: _Side, second: _Side, engines: list[Engine], *, name: str) -> bool:
    """Copy, verify and compare; print the result.

    Returns:
        Whether both are equal and have no contradictions.
    """
    from dossierkit.files.copying import copy_files, whole_files
    from dossierkit.stores.backup import copy_beside, guard_same_files
    from dossierkit.stores.copying import copy as copy_rows
    from dossierkit.stores.copying import end_copy, row_count

    for engine in engines:
        guard_bucket(engine)
    guard_same_files(first.data, second.data)
    stores: list[Any] = [engine.store for engine in engines]
    blobs: list[Any] = [engine.blobs for engine in engines]
    moves_files = first.place_of_files != second.place_of_files
    total, files = row_count(stores[0]), len(whole_files(blobs[0]))
    if first.store != second.store:
        with progress(total, "rows") as advance:
            for count in copy_rows(*stores, name=name):
                advance(count)
    if moves_files:
        with progress(files, "files") as advance:
            for count in copy_files(*blobs):
                advance(count)
    copy_beside(first.data, second.data)
    contradictions = 0
    with progress(sum(store.size() for store in stores), "verified") as advance:
        for engine, read in zip(engines, (True, moves_files), strict=True):
            for contradiction in engine.verify(blobs=engine.blobs if read else None, seen=lambda: advance(1)):
                contradictions += 1
                click.echo(contradiction)
    with progress(sum(map(row_count, stores)), "compared") as advance:
        hashes = [_digest(side, engine, advance) for side, engine in zip((first, second), engines, strict=True)]
    if equal := hashes[0] == hashes[1]:
        end_copy(stores[1])
    click.echo(
        f"{counted(total, 'row')} and {counted(files, 'file')}; the stores are {'equal' if equal else 'NOT EQUAL'}"
        f" ({hashes[0][:16]}, {hashes[1][:16]}), with {counted(contradictions, 'contradiction')}"
    )
    return equal and not contradictions


def _digest(side: _Side, engine: Engine, seen: Callable[[int], object]) -> str:
    """SHA-256 over rows, files, keys and lists."""
    from dossierkit.files.copying import files_digest
    from dossierkit.stores.backup import digest_beside
    from dossierkit.stores.copying import digest

    store: Any = engine.store
    assert engine.blobs is not None, "each side says where its files are"
    parts = (digest(store, seen), files_digest(engine.blobs), digest_beside(side.data))
    return hashlib.sha256("".join(parts).encode()).hexdigest()


COMMANDS = (copy,)
