"""The whole of an installation from the command line: a demonstration, proofs, back-ups."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dossierkit.cli.options import FILE, NEW_FILE, data_option, engine_of, procedures_option
from dossierkit.cli.progress import progress


@click.command()
@data_option
@procedures_option
@click.option("--dossiers", "count", type=click.IntRange(1, 5_000_000), default=2_000, show_default=True, help="How many.")
@click.option("--seed", type=int, default=2026, show_default=True, help="The same seed tells the same story.")
def demo(data: Path, procedures: Path | None, count: int, seed: int) -> None:
    """Fill an empty data folder with two years of an office that never was, and say as whom to look at it."""
    from dossierkit.demo.demonstration import demonstrate
    from dossierkit.wiring import open_accounts

    engine = engine_of(data, procedures, make=True)
    accounts = open_accounts(engine)
    # It begins before the people and the procedures are prepared, which takes a moment, too.
    with progress(count, "dossiers") as advance:
        shown = demonstrate(engine, accounts, count, seed=seed)
        done = 0
        for so_far in shown.progress:
            advance(so_far - done)
            done = so_far
    click.echo(f"{count} dossiers of two years are in {data.resolve()}; look at them with: dossierkit serve --data {data}")
    click.echo(f"Everybody's password: {shown.password}")
    for guest in shown.guests:
        click.echo(f"  {guest.mail:40} {guest.role}{f' of {guest.unit}' if guest.unit else ''}")
    engine.close()


@click.command()
@data_option
@procedures_option
def verify(data: Path, procedures: Path | None) -> None:
    """Prove histories, codes, the ledger, answers, payments and files; exit 1 where something contradicts something else."""
    from dossierkit.files.disk import DiskBlobs

    engine = engine_of(data, procedures)
    found = 0
    with progress(engine.store.size(), "dossiers") as advance:
        for contradiction in engine.verify(blobs=DiskBlobs(data / "attachments"), seen=lambda: advance(1)):
            found += 1
            click.echo(contradiction)
    click.echo("all is well" if not found else f"{found} contradictions", err=bool(found))
    engine.close()
    sys.exit(1 if found else 0)


@click.command()
@data_option
@click.option(
    "--key",
    type=NEW_FILE,
    help="Write the key of acceptance slips into this file (0600), apart from the back-up; put it back as DATA/slip.key.",
)
@click.argument("file", type=NEW_FILE)
def backup(data: Path, key: Path | None, file: Path) -> None:
    """Write database, attachments and keys into FILE, while the portal goes on.

    FILE can be read by its owner alone (mode 0600).  It is not encrypted: encrypt it before it leaves the machine.
    """
    from dossierkit.stores.backup import back_up

    count = 0
    for _ in back_up(data, file, key=key):
        count += 1
        if sys.stderr.isatty() and count % 200 == 0:
            click.echo(f"\r{count} files", nl=False, err=True)
    click.echo(f"{count} files, {file.stat().st_size:,} bytes in {file}")


@click.command()
@data_option
@click.option(
    "--after",
    multiple=True,
    help="The last code, or receipt number, that was given out after the back-up, or OLD/dossiers.mark; repeat it.",
)
@click.option("--nothing-since", is_flag=True, help="No code was given out after the back-up.")
@click.argument("file", type=FILE)
def restore(data: Path, after: tuple[str, ...], nothing_since: bool, file: Path) -> None:
    """Lay the back-up FILE into an empty data folder, and never give out a number twice."""
    from dossierkit.errors import SettingsError
    from dossierkit.stores.backup import given_out, skip_after
    from dossierkit.stores.backup import restore as lay
    from dossierkit.wiring import samples

    if bool(after) == nothing_since:
        raise SettingsError(
            "say which code was the last one given out after the back-up, --after H29.15-261122-0042 (look into the mails that"
            " went out), or name the mark of the lost folder, --after OLD/dossiers.mark, or say that there was none,"
            " --nothing-since"
        )
    # Whatever can be refused is refused before the first file is laid.
    given_out(after)
    count = lay(file, data)
    engine = engine_of(data, samples())
    for gap in skip_after(engine.store, engine.clock, after):
        click.echo(f"{gap.agency} {gap.series}: {gap.first} to {gap.last} are given out no more")
    engine.close()
    click.echo(f"{count} files in {data.resolve()}; prove them with: dossierkit verify --data {data}")


@click.command()
@data_option
@procedures_option
@click.option("--apply", is_flag=True, help="Change them, each with an event of its own.")
@click.option("--note", default="", help="Why, for whoever reads the history.")
def recompute(data: Path, procedures: Path | None, apply: bool, note: str) -> None:
    """Say which open dossiers are due on another day by the calendar as it is now; change them with --apply.

    Days that an officer set stay.
    """
    from dossierkit.dossiers.deadlines.calendars import office_time
    from dossierkit.errors import SettingsError
    from dossierkit.office.daily_tasks import recompute as run

    if apply and not note:
        raise SettingsError("say why, --note 'Decision 1234 of …': it stands in each history")
    engine = engine_of(data, procedures)
    count = 0
    for dossier, day in run(engine, apply=apply, note=note):
        count += 1
        due = dossier.handling.due
        assert due is not None  # only open dossiers with a due day are recomputed
        click.echo(f"{dossier.code}\t{office_time(due):%d/%m/%Y} → {office_time(day):%d/%m/%Y}")
    engine.close()
    click.echo(f"{count} dossiers {'are due on another day now' if apply else 'would be due on another day'}")


COMMANDS = (backup, demo, recompute, restore, verify)
