"""Commands for procedure files: new, render, check, lint."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click
from click.core import ParameterSource

from dossierkit.cli.options import (
    ANSWERS,
    FILE,
    FOLDER,
    Day,
    PathParameter,
    answers_in,
    counted,
    guard_unit,
    installed,
    language_option,
    office_day,
    procedures_option,
    words_language_option,
)

if TYPE_CHECKING:
    from dossierkit.forms import Form
    from dossierkit.installation import Installation


def form_at(path: Path) -> Form:
    """The form in the file *path*, with the files that it refers to.

    Raises:
        SettingsError: it is no form; the message names the file.
    """
    from dossierkit.catalog.folder import Folder
    from dossierkit.catalog.index import bundle_of
    from dossierkit.dossiers.procedure.procedure import Bundle
    from dossierkit.errors import SchemaError, SettingsError
    from dossierkit.forms import STANDARD, read
    from dossierkit.wiring import with_lists

    bundle: Bundle = bundle_of(Folder(path.parent), path.name)
    resources = {name: document for name, document in bundle.documents.items() if name}
    try:
        return read(bundle.documents[""], resources=resources, dialect=with_lists(STANDARD, None, office_day))
    except SchemaError as error:
        raise SettingsError(f"{path}: {error}; see dossierkit lint {path}") from error


@click.command()
@click.argument("name")
@click.option(
    "--into",
    type=FOLDER,
    help="Folder to write into.  [default: the procedures of the installation, or of the checkout]",
)
@click.option("--like", default="", help="The code of a sample to copy, with the shared files that it needs.")
@click.option(
    "--unit",
    default="",
    help="The unit that processes the dossiers.  [default: that of the sample, or the first of the installation]",
)
@procedures_option
def new(name: str, into: Path | None, like: str, unit: str, procedures: Path | str | None) -> None:
    """Write a procedure file called NAME to start from."""
    from dossierkit.errors import SettingsError
    from dossierkit.installation import copy_shared_files
    from dossierkit.wiring import samples

    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name):
        raise SettingsError(f"{name!r} is not a valid procedure file name; use lower-case letters, digits, dots and hyphens")
    into = into or (procedures if isinstance(procedures, Path) else None) or _procedures_read_here()
    path = into / f"{name}.json"
    if path.exists():
        raise SettingsError(f"{path} exists already; choose another name")
    document = json.loads(_sample(like).read_bytes()) if like else _scaffold(name)
    unit = _with_unit(document["x-procedure"], unit)
    into.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
    for shared in copy_shared_files(samples(), path):
        click.echo(shared)
    if unit:
        click.echo(f"its dossiers go to the unit {unit}; another one: --unit, or change it in the file")
    click.echo(f"{path}: edit it, then run: dossierkit lint {path}")


def _with_unit(block: dict[str, Any], unit: str) -> str:
    """The unit that *block* names then: *unit* of the installation, that which it names already, or the first one.

    Raises:
        SettingsError: the installation has no such unit.
    """
    from dossierkit.catalog.option_lists import tables

    here = installed()
    data = Path(str(here.settings["data"])) if here is not None else None
    units = tables(data, office_day)["units"]
    guard_unit(units, unit)
    first = units.select({}, "", 1)
    chosen = unit or block.get("unit") or (str(first[0].value) if first else "")
    if chosen:
        block["unit"] = chosen
    return chosen


def _procedures_read_here() -> Path:
    """The folder that `serve` would read here.

    Raises:
        SettingsError: it would read the samples inside the package, or what is published.
    """
    from dossierkit.errors import SettingsError
    from dossierkit.wiring import packaged_samples, samples

    installation = installed()
    if installation is not None:
        return folder_of(installation)
    if samples() == packaged_samples():
        raise SettingsError(
            "there is no installation here that would read the file: create one with dossierkit init FOLDER, or name a folder"
            " with --into"
        )
    return samples()


def folder_of(installation: Installation) -> Path:
    """The folder of procedure files of *installation*.

    Raises:
        SettingsError: it serves what is published.
    """
    from dossierkit.errors import SettingsError

    if not isinstance(installation.procedures, Path):
        raise SettingsError("the installation serves what is published in its store; name the folder of procedure files")
    return installation.procedures


def _sample(code: str) -> Path:
    """The path of the sample procedure with *code*.

    Raises:
        SettingsError: no sample has it.
    """
    from dossierkit.catalog.folder import Folder
    from dossierkit.errors import SettingsError
    from dossierkit.wiring import samples

    paths = {name: samples() / name for name, _ in Folder(samples()).entries()}
    codes = {json.loads(path.read_bytes())["x-procedure"]["code"]: path for path in paths.values()}
    if code not in codes:
        raise SettingsError(f"no sample has the code {code!r}; known: {', '.join(sorted(codes))}")
    return codes[code]


def _scaffold(name: str) -> dict[str, Any]:
    address = {"provinceCode": "79", "communeCode": "26740", "detail": "Số 1 đường Mẫu"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tên thủ tục",
        "type": "object",
        "required": ["fullName", "address", "purpose"],
        "unevaluatedProperties": False,
        "properties": {
            "fullName": {"title": "Họ và tên", "type": "string", "format": "vn-name", "maxLength": 100},
            "phone": {"title": "Số điện thoại", "type": "string", "format": "vn-phone"},
            "address": {"$ref": "shared/address.json"},
            "purpose": {"title": "Nội dung đề nghị", "type": "string", "minLength": 5, "maxLength": 1000},
        },
        "x-procedure": {
            "code": name,
            "guidance": "Điền biểu mẫu rồi nộp.",
            "timeLimit": {"count": 5, "unit": "working"},
            "sections": [
                {"title": "Người đề nghị", "fields": ["/fullName", "/phone", "/address"]},
                {"title": "Nội dung", "fields": ["/purpose"]},
            ],
            "source": "Mẫu để bắt đầu",
            "verified": False,
        },
        "x-tests": [
            {
                "name": "đủ",
                "answers": {"fullName": "Nguyễn Văn A", "address": address, "purpose": "Xin cấp bản sao"},
                "problems": [],
            },
            {
                "name": "thiếu tên",
                "answers": {"address": address, "purpose": "Xin cấp bản sao"},
                "problems": ["/fullName required"],
            },
        ],
        "x-translations": {
            "en": {
                "/title": "Name of the procedure",
                "/properties/fullName/title": "Full name",
                "/properties/phone/title": "Telephone",
                "/properties/purpose/title": "What you ask for",
                "/x-procedure/guidance": "Fill in the form and submit it.",
                "/x-procedure/sections/0/title": "Applicant",
                "/x-procedure/sections/1/title": "Content",
                "/x-procedure/source": "A template to start from",
            }
        },
    }


@click.command()
@click.argument("file", type=FILE)
@click.option("--answers", type=ANSWERS, help="A JSON file of answers to show.")
@language_option
def render(file: Path, answers: BinaryIO | None, language: str) -> None:
    """Print the form in FILE as HTML."""
    from dossierkit.html import Renderer

    value = answers_in(answers) if answers is not None else {}
    click.echo(Renderer().render(form_at(file), value, language=language).fields)


@click.command()
@click.argument("file", type=FILE)
@click.argument("answers", type=ANSWERS)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--today", type=Day(), default=None, help="The current date for rules.  [default: today]")
@language_option
def check(file: Path, answers: BinaryIO, as_json: bool, today: Any, language: str) -> None:
    """Check ANSWERS (a JSON file, or - for standard input) against the form in FILE; exit 1 if there are problems."""
    from dossierkit.forms import as_sent
    from dossierkit.forms import check as judge
    from dossierkit.forms.words.messages import messages
    from dossierkit.hidden_characters import without_hidden

    day = today.date() if today else office_day()
    form = form_at(file)
    value = as_sent(form, answers_in(answers), today=day)
    problems = judge(form, value, today=day)
    words = messages(form, problems, language=language, answers=value)
    rows = [{"at": p.at, "rule": p.rule, "message": sentence} for p, sentence in zip(problems, words, strict=True)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            click.echo(f"{without_hidden(row['at']) or '/'}: {row['message']} [{row['rule']}]")
    sys.exit(1 if rows else 0)


@click.command()
@click.argument("paths", nargs=-1, type=PathParameter(exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--data",
    type=FOLDER,
    default=None,
    envvar="DOSSIERKIT_DATA",
    help="Folder with units.json.",
)
@words_language_option
def lint(paths: tuple[Path, ...], as_json: bool, data: Path | None, language: str) -> None:
    """List the faults of procedure files, with line and column; exit 1 on errors.

    Without PATHS, lint the procedures of the installation.
    """
    import attrs

    from dossierkit.catalog.folder import Folder
    from dossierkit.catalog.lint import lint_paths
    from dossierkit.forms import STANDARD
    from dossierkit.locale.texts import in_language
    from dossierkit.wiring import with_lists

    context = click.get_current_context()
    if data is not None and not data.is_dir():
        # The data folder of the settings may be missing; one that the caller names may not.
        if context.get_parameter_source("data") is not ParameterSource.DEFAULT_MAP:
            raise click.BadParameter(f"there is no folder {data}", context, param_hint="--data")
        data = None
    installation = installed()
    if not paths:
        if installation is None:
            raise click.UsageError("Missing argument 'PATHS...'; name files or folders.", context)
        paths = (folder_of(installation),)
    findings = list(lint_paths(paths, with_lists(STANDARD, data, office_day), office_day()))
    if as_json:
        rows = [{**attrs.asdict(f), "message": in_language(f.message, language)} for f in findings]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for f in findings:
            click.echo(f"{f.file}:{f.line}:{f.column}: {f.level} {f.code}: {in_language(f.message, language)}")
        for empty in (path for path in paths if path.is_dir() and not any(Folder(path).entries())):
            click.echo(f"{empty} holds no procedure file; add one, or name another folder", err=True)
        errors = sum(f.level == "error" for f in findings)
        warnings = sum(f.level == "warning" for f in findings)
        click.echo(f"{counted(errors, 'error')}, {counted(warnings, 'warning')}", err=True)
    sys.exit(1 if any(f.level == "error" for f in findings) else 0)


COMMANDS = (new, render, check, lint)
