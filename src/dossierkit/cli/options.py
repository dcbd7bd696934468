"""Options that several commands share: a flag, else `DOSSIERKIT_*`, else `dossierkit.toml`, else the default.

An option with a variable of its own is a setting: the settings file may set it by the name of its flag.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

if TYPE_CHECKING:
    from dossierkit.forms.schema.dialect import OptionList
    from dossierkit.installation import Installation
    from dossierkit.office.engine import Engine
    from dossierkit.pointers import Json


class PathParameter(click.Path):
    """A path that is not empty, as an empty one would mean the current folder.

    Args:
        beside: the path is written to, so its parent folder must exist.
    """

    def __init__(self, *, beside: bool = False, **options: Any) -> None:
        super().__init__(path_type=Path, **options)
        self._beside = beside

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.Path.convert`."""
        if not str(value):
            self.fail("it is empty; name a path, or omit the option", param, ctx)
        if not self.file_okay and Path(value).is_file():
            self.fail(f"{value} is a file; name a folder", param, ctx)
        if not self.dir_okay and Path(value).is_dir():
            self.fail(f"{value} is a folder; name a file", param, ctx)
        path = super().convert(value, param, ctx)
        assert isinstance(path, Path)
        if self._beside and not path.parent.is_dir():
            self.fail(f"there is no folder {path.parent}", param, ctx)
        return path


class Procedures(PathParameter):
    """A folder of procedure files, or `store:` for those that are published."""

    def __init__(self) -> None:
        super().__init__(file_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.Path.convert`."""
        from dossierkit.catalog.sources import PUBLISHED

        return value if value == PUBLISHED else super().convert(value, param, ctx)


class Number(click.IntRange):
    """A whole number from *least* to *most*."""

    name = "number"

    def __init__(self, least: int, most: int) -> None:
        super().__init__(least, most)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.IntRange.convert`."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not a whole number from {self.min} to {self.max}", param, ctx)


class Address(click.ParamType):  # type: ignore[type-arg]  # generic in the stubs alone
    """The address of a web site, http:// or https://, without a slash at its end."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.ParamType.convert`."""
        from urllib.parse import urlsplit

        try:
            parts = urlsplit(value)
            named = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
        except ValueError:
            named = False
        if value and not named:
            self.fail(f"{value!r} is not the address of a web site; write it as https://portal.example", param, ctx)
        return value.rstrip("/")


def counted(number: int, noun: str) -> str:
    """*number* with *noun*: `1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class Day(click.DateTime):
    """A day, written as ISO 8601 has it."""

    name = "day"

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.DateTime.convert`."""
        from dossierkit.forms.schema.formats import is_day

        try:
            day = super().convert(value, param, ctx)
        except click.BadParameter:
            day = None
        if day is None or not is_day(f"{day:%Y-%m-%d}"):
            self.fail(f"{value!r} is not a date; write it as 2026-11-22", param, ctx)
        return day


def answers_in(file: BinaryIO) -> Json:
    """The answers in *file*, a JSON file or standard input.

    Raises:
        DocumentError: it cannot be read as JSON; the error names the file.
    """
    from dossierkit.errors import DocumentError
    from dossierkit.forms import load_answers

    try:
        return load_answers(file.read())
    except DocumentError as error:
        raise DocumentError(error.message, error.line, error.column, getattr(file, "name", "standard input")) from None


#: A JSON file with answers, or - for standard input.
ANSWERS = click.File("rb")
#: A folder that may be created.
FOLDER = PathParameter(file_okay=False)
#: A file to read.
FILE = PathParameter(exists=True, dir_okay=False)
#: A file to write.
NEW_FILE = PathParameter(dir_okay=False, beside=True)

_folder_option: Callable[..., Any] = click.option(
    "--data",
    type=FOLDER,
    default=Path("data"),
    envvar="DOSSIERKIT_DATA",
    show_default=True,
    help="Folder of the database and the attachments.",
)
_store_option: Callable[..., Any] = click.option(
    "--store",
    default="",
    envvar="DOSSIERKIT_STORE",
    expose_value=False,
    callback=lambda context, _, value: context.meta.update({_STORE: value}),
    help="Database on a server, postgresql://user:password@host:port/name.  [default: the one in the data folder]",
)
#: Where the value of `--store` is in the context of a command.
_STORE = "dossierkit.store"


def data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Where the data is: `--data`, which the command takes, and `--store`, see `store_address`."""
    with_both: Callable[..., Any] = _folder_option(_store_option(command))
    return with_both


def store_address() -> str:
    """Address of the database on a server that the command was given; empty: the database in the data folder."""
    context = click.get_current_context(silent=True)
    return str(context.meta.get(_STORE, "")) if context is not None else ""


procedures_option: Callable[..., Any] = click.option(
    "--procedures",
    type=Procedures(),
    default=None,
    envvar="DOSSIERKIT_PROCEDURES",
    help="Folder of procedure files, or store: for those that dossierkit publish put there."
    "  [default: that of the installation, else the packaged samples]",
)
agency_option: Callable[..., Any] = click.option(
    "--agency",
    default=None,
    envvar="DOSSIERKIT_AGENCY",
    help="Agency id that dossier codes begin with.  [default: H29.15]",
)
language_option: Callable[..., Any] = click.option(
    "--language",
    type=click.Choice(["vi", "en"]),
    default="vi",
    envvar="DOSSIERKIT_LANGUAGE",
    show_default=True,
)
#: For commands that speak English unless they are asked for another language.
words_language_option: Callable[..., Any] = click.option(
    "--language",
    type=click.Choice(["vi", "en"]),
    default="en",
    envvar="DOSSIERKIT_LANGUAGE",
    show_default=True,
    help="Language of the words about faults.",
)


smtp_option: Callable[..., Any] = click.option(
    "--smtp",
    default="",
    envvar="DOSSIERKIT_SMTP",
    help="Mail server, smtp://user:password@host:587; without one, mails become files in the data folder.",
)
sender_option: Callable[..., Any] = click.option(
    "--mail-from", "sender", default="", envvar="DOSSIERKIT_MAIL_FROM", help="Sender address of mails."
)


files_option: Callable[..., Any] = click.option(
    "--files",
    default=None,
    envvar="DOSSIERKIT_FILES",
    help="Object storage for attachments, s3://BUCKET/PREFIX?encryption=AES256; keys come from AWS_… or ~/.aws."
    "  [default: a folder in the data folder]",
)


def office_day() -> date:
    """Today at the office, by the machine's clock."""
    from dossierkit.dossiers.deadlines.calendars import day_of
    from dossierkit.wiring import SystemClock

    return day_of(SystemClock().now())


def source_words(engine: Engine) -> str:
    """Where the procedures of *engine* come from: the path of a folder, or a publication."""
    from dossierkit.catalog.folder import Folder
    from dossierkit.dossiers.deadlines.calendars import office_time

    source, publication = engine.administration.source, engine.administration.publication
    if isinstance(source, Folder):
        return str(source.path.resolve())
    if publication is None:
        return "the store, where nothing is published yet"
    return f"publication {publication.number} of {office_time(publication.at):%d/%m/%Y %H:%M} in the store"


def installed() -> Installation | None:
    """The installation that the command runs in."""
    context = click.get_current_context(silent=True)
    return context.find_object(_installation()) if context is not None else None


def command_context(installation: Installation | None, store: str) -> click.Context:
    """The context of a command in another process: `installed` gives *installation* there, and `store_address` *store*."""
    context = click.Context(click.Command("dossierkit"), obj=installation)
    context.meta[_STORE] = store
    return context


def _installation() -> type[Installation]:
    from dossierkit.installation import Installation

    return Installation


def guard_unit(units: OptionList, unit: str) -> None:
    """Refuse *unit*, unless it is empty or among *units* of the installation.

    Raises:
        SettingsError: with the name that was probably meant, or those that are known.
    """
    from dossierkit.errors import SettingsError
    from dossierkit.text import known_hint

    if unit and units.find(unit, {}) is None:
        known = {str(choice.value) for choice in units.select({}, "", 10_000)}
        raise SettingsError(f"the installation has no unit {unit!r}{known_hint(unit, known)}")


def existing(data: Path) -> Path:
    """*data*, if it holds a database.

    Raises:
        SettingsError: the folder or its database does not exist.
        LostDossiers: the database is missing beside other files of an installation.
    """
    from dossierkit.errors import SettingsError
    from dossierkit.stores.backup import DATABASE
    from dossierkit.stores.recovery import guard_remains

    guard_remains(data / DATABASE)
    if not (data / DATABASE).is_file():
        raise SettingsError(f"{data} holds no {DATABASE}; name the data folder with --data")
    return data


def engine_of(
    data: Path,
    procedures: Path | str | None,
    agency: str | None = None,
    address: str = "",
    *,
    approval: bool = False,
    make: bool = False,
    new: bool = False,
    files: str | None = None,
    log_language: str = "en",
) -> Engine:
    """The engine over the database in *data*, or over that of `--store`, for the office of the installation.

    It is closed at the end of the command.

    Args:
        procedures: their folder, or `store:`; None: that of the installation, or else the samples.
        address: base address of links in mails.
        make: create a missing folder or database.  Only for commands that begin an installation, as other commands would
            create them for a misspelt name.
        new, log_language: as for `open_engine`.
        files: address of the store of files; None: that of the variable or of the installation, else a folder in *data*.

    Raises:
        SettingsError: there is no database, and not *make*.
        CatalogError: the folder *procedures* does not exist.
    """
    from dossierkit.catalog.catalog import guard_folder
    from dossierkit.mail.letters import Office
    from dossierkit.private_files import make_private_folder
    from dossierkit.stores.backup import DATABASE
    from dossierkit.wiring import AGENCY, file_store, open_engine

    installation = installed()
    if installation is not None:
        procedures, agency = procedures or installation.procedures, agency or str(installation.settings.get("agency", ""))
    server = store_address()
    if not make and not server:
        existing(data)
    if files is None:
        in_settings = str(installation.settings.get("files", "")) if installation is not None else ""
        files = os.environ.get("DOSSIERKIT_FILES") or in_settings
    blobs = file_store(data, files)
    if isinstance(procedures, Path):
        # Checked first, so that a misspelt folder leaves no new files behind.
        guard_folder(procedures)
    if make or server:
        make_private_folder(data)
    _guard(data, procedures)
    office = installation.office_at(address) if installation is not None else Office(address=address) if address else Office()
    engine = open_engine(
        server or f"sqlite:{data / DATABASE}",
        data=data,
        procedures=procedures,
        agency=agency or AGENCY,
        office=office,
        approval=approval,
        blobs=blobs,
        new=new,
        log_language=log_language,
    )
    if (context := click.get_current_context(silent=True)) is not None:
        context.call_on_close(engine.close)  # also where the command ends by an error
    return engine


def guard_bucket(engine: Engine) -> None:
    """Refuse files in a bucket that does not exist; print why files cannot be reached, which may pass.

    Raises:
        MissingBucket: no file can be stored.
    """
    from dossierkit.errors import FilesError, MissingBucket

    assert engine.blobs is not None, "a command says where files are"
    try:
        next(iter(engine.blobs.every()), None)
    except MissingBucket:
        raise
    except FilesError as error:
        click.echo(f"dossierkit: {error}", err=True)


def _guard(data: Path, procedures: Path | str | None) -> None:
    """Restrict data and settings, which may hold passwords, to their owner; prints each file where that fails."""
    from dossierkit.installation import SETTINGS
    from dossierkit.private_files import restrict

    installation = installed()
    settings: list[Path] = []
    places = [procedures, Path.cwd()]
    if installation is not None:
        settings, places = [installation.folder / SETTINGS], [*places, installation.procedures, installation.folder]
    shared = {path.resolve() for path in places if isinstance(path, Path)}
    for words in restrict(data, *settings, folder=data.resolve() not in shared):
        click.echo(f"dossierkit: {words}", err=True)
