"""The command `publish`, which puts procedure files into the store, where every node reads them."""

from __future__ import annotations

import getpass
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dossierkit.cli.logs import configure_logs
from dossierkit.cli.options import FOLDER, counted, data_option, engine_of, installed, words_language_option
from dossierkit.cli.procedures import folder_of

if TYPE_CHECKING:
    from dossierkit.catalog.publishing import Outcome
    from dossierkit.ports import Publication, PublicationStore

#: Publications that `--list` prints.
_LISTED = 50


@click.command()
@data_option
@words_language_option
@click.option("--by", "author", default="", help="Who publishes, for the history.  [default: the user of this machine]")
@click.option("--watch", "watching", is_flag=True, help="Publish again when a file changes, until Ctrl-C or SIGTERM.")
@click.option("--list", "listing", is_flag=True, help="List the publications, newest first, and publish nothing.")
@click.option(
    "--back", type=click.IntRange(1), default=None, metavar="NUMBER", help="Publish the files of publication NUMBER again."
)
@click.argument("folder", type=FOLDER, required=False)
@click.pass_context
def publish(
    context: click.Context,
    data: Path,
    language: str,
    author: str,
    watching: bool,
    listing: bool,
    back: int | None,
    folder: Path | None,
) -> None:
    """Put the procedures of FOLDER into the store, whole or not at all, for nodes that run with --procedures store:.

    A publication has every procedure file, the files that these refer to, and papers/.  Files with errors are refused, see
    dossierkit lint.  Without FOLDER, publish the procedures of the installation.
    """
    from dossierkit.catalog.catalog import guard_folder
    from dossierkit.catalog.folder import Folder
    from dossierkit.catalog.publishing import read_folder, watch
    from dossierkit.catalog.sources import PUBLISHED
    from dossierkit.wiring import open_publisher

    if sum((watching, listing, back is not None)) > 1 or (folder is not None and (listing or back is not None)):
        raise click.UsageError("--watch, --list and --back exclude each other; only --watch takes a folder.", context)
    if not listing and back is None:
        place = Folder(guard_folder(folder or _folder_here()))
    engine = engine_of(data, PUBLISHED)
    if listing:
        _print_list(engine.store)
        return
    publisher = open_publisher(engine, author=author or _user())
    report = _reporter(engine.store, language)
    if watching:
        configure_logs("plain")
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        watch(publisher, place, report, stopping)
    elif not report(publisher.go_back(back) if back is not None else publisher.publish(read_folder(place))):
        sys.exit(1)


def _user() -> str:
    """The name of the user of this machine; the number of one without a name, as in a container."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        return f"user {os.getuid()}"


def _folder_here() -> Path:
    """The folder of procedure files of the installation.

    Raises:
        UsageError: there is no installation.
    """
    installation = installed()
    if installation is None:
        raise click.UsageError("Missing argument 'FOLDER'; name the folder of procedure files.", click.get_current_context())
    return folder_of(installation)


def _reporter(store: PublicationStore, language: str) -> Callable[[Outcome], bool]:
    """Prints an outcome, with the difference to the publication before; false if the files were refused."""
    from dossierkit.locale.texts import in_language

    last = next(iter(store.publications(limit=1)), None)

    def report(outcome: Outcome) -> bool:
        nonlocal last
        for finding in outcome.findings:
            if finding.level != "advice":
                place = f"{finding.file}:{finding.line}:{finding.column}"
                click.echo(f"{place}: {finding.level} {finding.code}: {in_language(finding.message, language)}", err=True)
        if outcome.publication is None:
            errors = sum(finding.level == "error" for finding in outcome.findings)
            served = f"publication {last.number} stays" if last is not None else "nothing is published yet"
            click.echo(f"not published: {counted(errors, 'error')}; {served}", err=True)
            return False
        click.echo(_difference(last, outcome.publication))
        last = outcome.publication
        return True

    return report


def _difference(before: Publication | None, after: Publication) -> str:
    """The number of the publication *after*, and its changes since *before*, a line each."""
    words = f"publication {after.number}, {after.digest[:12]}"
    if before is None:
        return f"{words}: {counted(len(after.files), 'file')}"
    if before.number == after.number:
        return f"{words}: has these files already"
    new, gone = after.files.keys() - before.files.keys(), before.files.keys() - after.files.keys()
    changed = {path for path in after.files.keys() & before.files.keys() if after.files[path] != before.files[path]}
    lines = [
        f"  {kind:8} {path}" for kind, paths in (("new", new), ("changed", changed), ("removed", gone)) for path in sorted(paths)
    ]
    return "\n".join((f"{words}: {counted(len(after.files), 'file')}, compared with publication {before.number}:", *lines))


def _print_list(store: PublicationStore) -> None:
    from dossierkit.dossiers.deadlines.calendars import office_time

    publications = store.publications(limit=_LISTED)
    for publication in publications:
        when, files = f"{office_time(publication.at):%d/%m/%Y %H:%M}", counted(len(publication.files), "file")
        click.echo(f"{publication.number}\t{when}\t{publication.digest[:12]}\t{files}\t{publication.author}")
    if not publications:
        click.echo("nothing is published yet", err=True)


COMMANDS = (publish,)
