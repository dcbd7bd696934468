"""Commands for a whole installation: demo, verify, backup, restore, recompute."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dossierkit.cli.options import (
    FILE,
    NEW_FILE,
    Number,
    counted,
    data_option,
    engine_of,
    files_option,
    guard_bucket,
    installed,
    office_day,
    procedures_option,
    store_address,
)
from dossierkit.cli.progress import progress


@click.command()
@data_option
@procedures_option
@click.option("--dossiers", "count", type=Number(1, 5_000_000), default=2_000, show_default=True, help="Number of dossiers.")
@click.option(
    "--seed", type=int, default=2026, show_default=True, help="Seed of the random numbers; the same seed gives the same data."
)
def demo(data: Path, procedures: Path | str | None, count: int, seed: int) -> None:
    """Fill an empty data folder with two years of synthetic data, and print accounts to sign in with."""
    # Asked for first: procedures alone would name a part of the extra web.
    import argon2  # noqa: F401  # whether it is there

    from dossierkit.demo.demonstration import demonstrate
    from dossierkit.demo.simulation import guard_demonstrable
    from dossierkit.forms import STANDARD
    from dossierkit.wiring import open_accounts, open_engine, with_lists

    installation = installed()
    folder = procedures or (installation.procedures if installation is not None else None)
    dialect = with_lists(STANDARD, data if data.is_dir() else None, office_day)
    # Tried in memory first, so that nothing is left behind where there is nothing to show, or an extra is missing.
    trial = open_engine("memory:", procedures=folder, dialect=dialect)
    open_accounts(trial)
    guard_demonstrable(trial)
    engine = engine_of(data, procedures, make=True)
    accounts = open_accounts(engine)
    # The progress bar appears first, as preparing people and procedures takes a moment, too.
    with progress(count, "dossiers") as advance:
        demonstration = demonstrate(engine, accounts, count, seed=seed)
        done = 0
        for so_far in demonstration.progress:
            advance(so_far - done)
            done = so_far
    click.echo(f"{counted(count, 'dossier')} of two years in {data.resolve()}; see them with: dossierkit serve --data {data}")
    click.echo(f"Password of all accounts: {demonstration.password}")
    for guest in demonstration.guests:
        click.echo(f"  {guest.mail:40} {guest.role}{f' of {guest.unit}' if guest.unit else ''}")
    engine.close()


@click.command()
@data_option
@procedures_option
@files_option
@click.option("--delete-unnamed", is_flag=True, help="Delete the files that no dossier names.")
def verify(data: Path, procedures: Path | str | None, files: str | None, delete_unnamed: bool) -> None:
    """Verify histories, codes, the ledger, answers, payments and files; exit 1 if there are contradictions.

    A file that no dossier has named for a day is one, too: an upload was interrupted.
    """
    engine = engine_of(data, procedures, files=files)
    blobs = engine.blobs
    assert blobs is not None, "a command says where files are"
    # Without its bucket, every file would be reported as gone.
    guard_bucket(engine)
    contradictions = 0
    with progress(engine.store.size(), "dossiers") as advance:
        for contradiction in engine.verify(blobs=blobs, seen=lambda: advance(1)):
            contradictions += 1
            click.echo(contradiction)
    for id in engine.unnamed_files(blobs):
        if delete_unnamed:
            blobs.delete(id)
            click.echo(f"no dossier named the file {id}; it is deleted")
        else:
            contradictions += 1
            click.echo(f"no dossier names the file {id}; delete such files with --delete-unnamed")
    click.echo("no contradictions" if not contradictions else counted(contradictions, "contradiction"), err=bool(contradictions))
    engine.close()
    sys.exit(1 if contradictions else 0)


@click.command()
@data_option
@click.option(
    "--key",
    type=NEW_FILE,
    help="Write the key of acceptance slips into this file (0600), apart from the back-up; put it back as DATA/slip.key.",
)
@click.argument("file", type=NEW_FILE)
def backup(data: Path, key: Path | None, file: Path) -> None:
    """Write database, attachments and keys into FILE, while the portal keeps running.

    FILE is readable by its owner only (mode 0600).  It is not encrypted: encrypt it before it leaves the machine.
    """
    from dossierkit.stores.backup import back_up

    _guard_folder()
    count = 0
    for _ in back_up(data, file, key=key):
        count += 1
        if sys.stderr.isatty() and count % 200 == 0:
            click.echo(f"\r{count} files", nl=False, err=True)
    click.echo(f"{counted(count, 'file')}, {file.stat().st_size:,} bytes in {file}")


@click.command()
@data_option
@click.option(
    "--after",
    multiple=True,
    help="Last code or receipt number issued after the back-up, or OLD/dossiers.mark; repeat it for each series.",
)
@click.option("--nothing-since", is_flag=True, help="No code was issued after the back-up.")
@click.argument("file", type=FILE, required=False)
def restore(data: Path, after: tuple[str, ...], nothing_since: bool, file: Path | None) -> None:
    """Restore the back-up FILE into an empty data folder; numbers issued since are never issued again.

    With --store there is no FILE: the database was restored by the tools of its server, and its numbers go on after those.
    """
    from dossierkit.errors import SettingsError
    from dossierkit.stores.backup import restore as restore_files
    from dossierkit.stores.recovery import given_out, skip_after
    from dossierkit.wiring import samples

    server = bool(store_address())
    if server and file is not None:
        _guard_folder()
    if not server and file is None:
        raise click.MissingParameter(param_type="argument", param_hint="FILE")
    if bool(after) == nothing_since:
        raise SettingsError(
            "name the last code issued after the back-up, --after H29.15-261122-0042 (see the mails that were sent),"
            " or the mark of the lost folder, --after OLD/dossiers.mark, or say that there was none, --nothing-since"
        )
    # Invalid codes are refused before the first file is written.
    given_out(after)
    count = restore_files(file, data) if file is not None else 0
    engine = engine_of(data, samples(), new=server)
    for gap in skip_after(engine.store, engine.clock, after):
        click.echo(f"{gap.agency} {gap.series}: {gap.first} to {gap.last} are skipped")
    engine.close()
    if server:
        click.echo("the database goes on from here; verify it with: dossierkit verify")
    else:
        click.echo(f"{counted(count, 'file')} in {data.resolve()}; verify them with: dossierkit verify --data {data}")


def _guard_folder() -> None:
    """Refuse a database on a server, whose back-ups are made by its own tools."""
    from dossierkit.errors import SettingsError

    if store_address():
        raise SettingsError("a database on a server is backed up and restored by its own tools, see docs/installing.md")


@click.command()
@data_option
@procedures_option
@click.option("--apply", is_flag=True, help="Change the due days; each change is an event in the history.")
@click.option("--note", default="", help="Reason, shown in the history of each dossier.")
def recompute(data: Path, procedures: Path | str | None, apply: bool, note: str) -> None:
    """List open dossiers whose due day differs by the current calendar; change them with --apply.

    Due days set by an officer stay.
    """
    from dossierkit.dossiers.deadlines.calendars import office_time
    from dossierkit.errors import SettingsError
    from dossierkit.office.daily_tasks import recompute as run

    if apply and not note:
        raise SettingsError("--apply needs a reason for the histories: --note 'Decision 1234 of …'")
    engine = engine_of(data, procedures)
    count = 0
    for dossier, day in run(engine, apply=apply, note=note):
        count += 1
        due = dossier.handling.clock.due
        assert due is not None  # only open dossiers with a due day are recomputed
        click.echo(f"{dossier.code}\t{office_time(due):%d/%m/%Y} → {office_time(day):%d/%m/%Y}")
    engine.close()
    click.echo(f"{counted(count, 'due day')} {'changed' if apply else 'would change'}")


COMMANDS = (backup, demo, recompute, restore, verify)
