"""Commands for changed procedures: plan a change, and migrate drafts."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from click.core import ParameterSource

from dossierkit.cli.options import (
    FILE,
    NEW_FILE,
    data_option,
    engine_of,
    language_option,
    office_day,
    procedures_option,
    store_address,
)
from dossierkit.cli.progress import progress


@click.command()
@data_option
@language_option
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.pass_context
def plan(context: click.Context, data: Path, language: str, old: Path, new: Path) -> None:  # noqa: ARG001  # labels are the files' own
    """List what NEW changes against OLD, field by field, and the effect on stored drafts and open dossiers.

    Stored ones are checked with --data, and where the database is on a server.
    Exit 1 if a change is breaking, or stored answers would be refused.
    """
    from dossierkit.catalog.readings import procedure_at
    from dossierkit.forms.lint.comparison import Risk, compare
    from dossierkit.forms.schema.dialect import STANDARD
    from dossierkit.wiring import with_lists

    dialect = with_lists(STANDARD, data if data.is_dir() else None, office_day)
    before, after = (procedure_at(path, dialect) for path in (old, new))
    differences = compare(before.form, after.form, after.moves)
    for change in differences:
        detail = f" ({change.detail})" if change.detail else ""
        click.echo(f"{change.risk.value:10} {change.kind:8} {change.pointer}  {change.label}{detail}")
    if not differences:
        click.echo("the fields are the same")
    worst = any(change.risk is Risk.BREAKING for change in differences)
    named = context.get_parameter_source("data") is ParameterSource.COMMANDLINE
    refused = _replay(data, after) if named or store_address() else 0
    sys.exit(1 if worst or refused else 0)


def _replay(data: Path, new: object) -> int:
    from dossierkit.dossiers.procedure.procedure import Procedure
    from dossierkit.office.migration import replay

    assert isinstance(new, Procedure)
    engine = engine_of(data, None)
    with progress(engine.store.size(), "dossiers") as advance:
        outcome = replay(engine, new, seen=lambda: advance(1))
    engine.close()
    for state, count in sorted(outcome.seen.items()):
        click.echo(f"{state.name.lower():22} {count:8} stored {outcome.refused[state]:8} would be refused")
    for (state, place, rule), count in outcome.reasons.most_common(20):
        click.echo(f"  {state.name.lower():20} {count:8} {place or '/'}  {rule}")
    return outcome.refused.total()


@click.command()
@data_option
@procedures_option
@click.option("--apply", "journal", type=NEW_FILE, help="Migrate the drafts, and write a journal for --undo into this file.")
@click.option("--undo", "undone", type=FILE, help="Undo the migration of this journal.")
@click.argument("procedure")
def migrate(data: Path, procedures: Path | str | None, journal: Path | None, undone: Path | None, procedure: str) -> None:
    """Migrate every draft of PROCEDURE to its newest revision; without --apply, only count them."""
    from dossierkit.errors import SettingsError
    from dossierkit.office.migration import migrate as run
    from dossierkit.office.migration import undo

    if journal is not None and undone is not None:
        raise SettingsError("--apply and --undo exclude each other")
    engine = engine_of(data, procedures)
    migrated = skipped = 0
    for _, succeeded in undo(engine, undone) if undone is not None else run(engine, procedure, journal):
        migrated, skipped = migrated + succeeded, skipped + (not succeeded)
    engine.close()
    outcome = "drafts would be migrated" if journal is None and undone is None else "drafts done"
    click.echo(f"{migrated} {outcome}{f', {skipped} were changed meanwhile and skipped' if skipped else ''}")


COMMANDS = (migrate, plan)
