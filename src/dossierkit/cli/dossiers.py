"""Commands for dossiers: list, submit, show, erase, and deliver for their mails."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from dossierkit.cli.options import (
    ANSWERS,
    agency_option,
    answers_in,
    data_option,
    engine_of,
    files_option,
    language_option,
    procedures_option,
    sender_option,
    smtp_option,
    source_words,
    store_address,
)

if TYPE_CHECKING:
    from dossierkit.office.engine import Engine


@click.command("list")
@data_option
@procedures_option
@language_option
@click.argument("words", nargs=-1)
def list_(data: Path, procedures: Path | str | None, language: str, words: tuple[str, ...]) -> None:
    """List the procedures, or those whose title, code or guidance contain all WORDS."""
    # The faults are printed below; the log would repeat them.
    logging.getLogger("dossierkit").addHandler(logging.NullHandler())
    engine = _listing(data, procedures)
    listed = engine.procedures(" ".join(words), language=language)
    for entry in listed:
        click.echo(f"{entry.code}\t{entry.title_in(language)}")
    if words and not listed:
        click.echo(f"no procedure contains {' '.join(words)!r}; list them all with: dossierkit list", err=True)
    for fault in engine.catalog.faults():
        click.echo(f"{fault.file}: {fault.message}", err=True)
    click.echo(f"from {source_words(engine)}", err=True)


def _listing(data: Path, procedures: Path | str | None) -> Engine:
    """An engine for listing procedures; without a database it uses a store in memory, so that listing creates no file."""
    from dossierkit.stores.backup import DATABASE
    from dossierkit.wiring import open_engine

    if store_address() or (data / DATABASE).is_file():
        return engine_of(data, procedures)
    return open_engine("memory:", procedures=procedures)


@click.command()
@data_option
@procedures_option
@agency_option
@files_option
@click.option("--code", default="", help="Dossier code that another portal issued; the dossier keeps it.")
@click.option("--paper", multiple=True, help="Code of a document that comes on paper; repeat it for each.")
@click.argument("procedure")
@click.argument("answers", type=ANSWERS)
def submit(
    data: Path,
    procedures: Path | str | None,
    agency: str | None,
    files: str | None,
    code: str,
    paper: tuple[str, ...],
    procedure: str,
    answers: BinaryIO,
) -> None:
    """Submit ANSWERS (a JSON file, or - for standard input) to PROCEDURE and print the dossier code."""
    from dossierkit.dossiers.codes import parse_code
    from dossierkit.dossiers.lifecycle.dossier import Actor
    from dossierkit.dossiers.states import Role
    from dossierkit.errors import RefusedAnswers
    from dossierkit.forms import message
    from dossierkit.hidden_characters import without_hidden

    issued, document = parse_code(code) if code else None, answers_in(answers)
    # The log would list the faults of all files, at each look.
    logging.getLogger("dossierkit.catalog.catalog").addHandler(logging.NullHandler())
    # Checked first, so that an unknown procedure creates no database.
    _listing(data, procedures).procedure(procedure)
    engine = engine_of(data, procedures, agency, make=True, files=files)
    file = next(entry.path for entry in engine.procedures() if entry.code == procedure)
    for fault in engine.catalog.faults():
        if fault.file == file:
            click.echo(f"{fault.file}:{fault.line}:{fault.column}: {fault.message}", err=True)
    actor = Actor("command-line", Role.ADMIN)
    draft = engine.begin(procedure, actor, document)
    if paper:
        draft = engine.save(draft.id, draft.answers, actor, version=draft.version, declared=paper)
    try:
        sent = engine.take_in(draft.id, actor, issued) if issued else engine.submit(draft.id, actor)
        click.echo(sent.code)
    except RefusedAnswers as refused:
        form = engine.procedure(procedure).form
        for problem in refused.problems:
            click.echo(f"{without_hidden(problem.at) or '/'}: {message(form, problem, answers=draft.answers)}", err=True)
        engine.store.delete(draft.id, draft.version)
        sys.exit(1)


@click.command()
@data_option
@procedures_option
@files_option
@language_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--personal", is_flag=True, help="Show personal answers, which are masked otherwise.")
@click.argument("code")
def show(
    data: Path, procedures: Path | str | None, files: str | None, language: str, as_json: bool, personal: bool, code: str
) -> None:
    """Show the dossier with CODE (or a receipt number)."""
    from dossierkit.dossiers.deadlines.calendars import office_time
    from dossierkit.errors import UnknownDossier
    from dossierkit.forms import effective
    from dossierkit.forms.views.personal_data import masked_answers, without_secrets
    from dossierkit.html.summary import answer_rows

    engine = engine_of(data, procedures, files=files)
    dossier = engine.lookup(code)
    if dossier is None:
        raise UnknownDossier(f"no dossier has the code {code}")
    procedure = engine.procedure_of(dossier)
    answers = (without_secrets if personal else masked_answers)(procedure.form, dossier.answers)
    facts = {
        "code": str(dossier.code),
        "procedure": dossier.procedure,
        "title": procedure.title(language),
        "state": dossier.state.name.lower(),
        "submitted": office_time(dossier.submitted).isoformat(timespec="seconds") if dossier.submitted else None,
        "revision": dossier.revision,
    }
    if as_json:
        history = [
            {"action": event.action.value, "at": event.at.isoformat(), "actor": event.actor, "request": event.facts.request}
            for event in engine.history(dossier)
        ]
        click.echo(json.dumps({**facts, "answers": answers, "history": history}, ensure_ascii=False, indent=2))
        return
    for name, value in facts.items():
        click.echo(f"{name:10} {value}")
    assert engine.blobs is not None, "a command says where files are"
    root = effective(procedure.form, dossier.answers)
    for row in answer_rows(procedure.form, root, answers, language, file_name=engine.blobs.name):
        click.echo(f"{'  ' * row.depth}{row.label}" + (f": {row.text}" if row.text is not None else ""))


@click.command()
@data_option
@smtp_option
@sender_option
def deliver(data: Path, smtp: str, sender: str) -> None:
    """Deliver the mails that are due, and list those that failed."""
    from dossierkit.dossiers.deadlines.calendars import office_time
    from dossierkit.mail.outbox import deliver as deliver_all
    from dossierkit.wiring import SystemClock, mailer

    engine = engine_of(data, None)
    delivered, failed = deliver_all(engine.store.outbox, mailer(data, smtp=smtp, sender=sender), SystemClock())
    for mail in engine.store.outbox.failures():
        when = f"again at {office_time(mail.due):%d/%m/%Y %H:%M}" if mail.due is not None else "given up"
        click.echo(f"mail {mail.id}: {mail.error} ({mail.tries} tries, {when})", err=True)
    click.echo(f"{delivered} delivered, {failed} failed")
    engine.close()


@click.command()
@data_option
@procedures_option
@files_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.argument("code", required=False)
def erase(data: Path, procedures: Path | str | None, files: str | None, yes: bool, code: str | None) -> None:
    """Erase the personal data of the dossier with CODE; without CODE, list the dossiers whose owner asked for it.

    Answers, files, notes and owner are deleted for good; code, state and dates stay, so that no series has a gap and no
    report changes.
    """
    from dossierkit.dossiers.deadlines.calendars import office_time
    from dossierkit.dossiers.lifecycle.dossier import Actor
    from dossierkit.dossiers.states import Role
    from dossierkit.errors import UnknownDossier
    from dossierkit.office.retention import erase as erase_dossier

    engine = engine_of(data, procedures, files=files)
    if code is None:
        asked = False
        for candidate in engine.store.every():
            erasure = candidate.handling.erasure
            if erasure.asked is not None and erasure.done is None:
                asked = True
                click.echo(f"{candidate.code}\t{candidate.state.name.lower()}\tasked {office_time(erasure.asked):%d/%m/%Y}")
        if not asked:
            click.echo("no erasure is asked for", err=True)
        return
    dossier = engine.lookup(code)
    if dossier is None:
        raise UnknownDossier(f"no dossier has the code {code}")
    if not yes:
        click.confirm(f"Erase answers, files and owner of {dossier.code} for good?", abort=True)
    assert engine.blobs is not None, "a command says where files are"
    erase_dossier(engine, engine.blobs, dossier, Actor("command-line", Role.SYSTEM))
    click.echo(f"{dossier.code}: erased")


COMMANDS = (deliver, erase, list_, submit, show)
