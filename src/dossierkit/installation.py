"""An installation: a folder with procedures, data, and the settings of an office in `dossierkit.toml`."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NewType, TypedDict

import attrs
from cattrs import ClassValidationError, ForbiddenExtraKeysError

from dossierkit.catalog.folder import Folder
from dossierkit.catalog.index import SHARED, bundle_of, local_files
from dossierkit.catalog.sources import PUBLISHED
from dossierkit.converter import WrongType, strict_converter
from dossierkit.errors import SettingsError
from dossierkit.mail.letters import Office
from dossierkit.private_files import make_private_folder, write_private
from dossierkit.stores.backup import DATABASE

SETTINGS = "dossierkit.toml"
DATA = "data"
PROCEDURES = "procedures"
#: One line of text, not blank.
_Line = NewType("_Line", str)
#: Key in `[office]` → attribute of `Office`.
OFFICE: Mapping[str, str] = {
    "name": "name",
    "name-en": "name_en",
    "address": "postal_address",
    "telephone": "telephone",
    "hours": "hours",
    "hours-en": "hours_en",
    "emblem": "emblem",
    "superior": "superior",
    "place": "place",
}

_TEMPLATE = f"""\
# Settings of this installation.  Flags and variables DOSSIERKIT_… take precedence.
# Paths are relative to this file.

procedures = "{PROCEDURES}"
data = "{DATA}"

# agency = "H29.15"                      # dossier codes begin with it
# address = "https://dvc.example"        # where citizens find the portal; links in mails lead there
# files = "s3://bucket/prefix"           # object storage for attachments; without it, a folder in the data folder
# smtp = "smtp://user@mail.example:587"  # without it, mails are files in the data folder
# mail-from = "dvc@office.example"
# guests = true                          # guests may submit without an account
# keep-drafts = 90                       # days without a change after which a draft is deleted with its files

# How pages, mails and papers present the office.
[office]
# name = "Sở Nông nghiệp và Môi trường"
# name-en = "Department of Agriculture and Environment"
# address = "Số 1 đường Mẫu, phường Mẫu"
# telephone = "024 0000 0000"
# hours = "Thứ Hai đến thứ Sáu, 7:00–11:30 và 13:30–17:00"
# hours-en = "Monday to Friday, 7:00–11:30 and 13:30–17:00"
# emblem = "emblem.png"                  # PNG or JPEG
# superior = "ỦY BAN NHÂN DÂN TỈNH MẪU"  # above the name, on papers
# place = "Tỉnh Mẫu"                     # before the date, on papers
"""


@attrs.frozen
class Setting:
    """The kind of a setting in the settings file: `str`, `int` or `bool`; a path is a `str` relative to the file."""

    kind: type
    is_path: bool = False


@attrs.frozen
class Installation:
    """The folder of an installation and the values of its settings file."""

    folder: Path
    #: Flag name → value; paths are absolute.
    settings: Mapping[str, str | int | bool] = attrs.field(factory=dict, hash=False)
    #: The attributes of `Office` that the file sets.
    office: Mapping[str, Any] = attrs.field(factory=dict, hash=False)

    @property
    def procedures(self) -> Path | str:
        """The folder of procedure files; `store:` if they are published."""
        place = str(self.settings["procedures"])
        return place if place == PUBLISHED else Path(place)

    def office_at(self, address: str = "") -> Office:
        """The office, its portal at *address*, or else at the address in the settings."""
        portal = address or self.settings.get("address")
        return Office(**{**self.office, **({"address": portal} if portal else {})})


def find_installation(start: Path) -> Path | None:
    """The folder of the installation that contains *start*; None if there is none."""
    return next((folder for folder in (start, *start.parents) if (folder / SETTINGS).is_file()), None)


def read_installation(folder: Path, known: Mapping[str, Setting]) -> Installation:
    """The installation in *folder*.

    Args:
        known: flag name → kind of each setting that the file may have.

    Raises:
        SettingsError: the settings file is missing, or a setting is unknown or has the wrong type.
    """
    path = folder / SETTINGS
    try:
        written = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"{folder} holds no {SETTINGS}; create an installation with: dossierkit init {folder}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error
    kinds = {name: setting.kind for name, setting in known.items()}
    office = written.pop("office", {})
    if not isinstance(office, dict):
        raise SettingsError(f"{path}: office must be a table, [office]")
    faults = [
        *_faults(written, kinds, "", (*known, "office")),
        *_faults(office, dict.fromkeys(OFFICE, _Line), "[office] ", known),
    ]
    if faults:
        raise SettingsError(f"{path}: {'; '.join(faults)}")
    settings = {"procedures": PROCEDURES, "data": DATA, **written}
    for name in (name for name in settings if known[name].is_path):
        if (name, settings[name]) != ("procedures", PUBLISHED):
            settings[name] = str(folder / settings[name])
    lines = {OFFICE[name]: text.strip() for name, text in office.items()}
    if "emblem" in lines:
        lines["emblem"] = folder / lines["emblem"]
    return Installation(folder, settings, lines)


def _line(text: object, _type: object) -> str:
    if type(text) is not str:
        raise WrongType(text, str)
    if not text.strip() or not text.strip().isprintable():
        raise ValueError("must be one line of text")
    return text


_strict = strict_converter()
_strict.register_structure_hook_func(lambda type_: type_ is _Line, _line)
_KINDS = {str: 'a text in quotes, "…"', int: "a whole number", bool: "true or false"}


def _faults(written: Mapping[str, Any], kinds: Mapping[str, Any], table: str, known: Iterable[str]) -> Iterator[str]:
    """A sentence for each fault of *written*, the *table* of the settings file whose members are of *kinds*.

    Args:
        known: the names to choose from where one is unknown.
    """
    try:
        _strict.structure(written, TypedDict("Table", kinds, total=False))  # type: ignore[operator]  # made of the options
    except ClassValidationError as group:
        by_name, unnamed = group.group_exceptions()
        for fault, note in by_name:
            reason = f"must be {_KINDS[fault.expected]}, not {fault.value!r}" if isinstance(fault, WrongType) else str(fault)
            yield f"{table}{note.name} {reason}"
        unknown = [name for fault in unnamed if isinstance(fault, ForbiddenExtraKeysError) for name in fault.extra_fields]
        for name in sorted(unknown):
            misplaced = table and name in known
            advice = f"; move it above the line {table.strip()}" if misplaced else settings_hint(name, kinds if table else known)
            yield f"{table}has no setting {name!r}{advice}"


def settings_hint(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?` if *name* is close to one of *known*, or else a list of *known*."""
    names = sorted(known)
    close = get_close_matches(name.replace("_", "-").lower(), names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(names)}"


def contents(folder: Path) -> Iterator[str]:
    """A line about each thing in *folder* that an installation created there takes over, or leaves out."""
    procedures, database = folder / PROCEDURES, folder / DATA / DATABASE
    if files := [*procedures.glob("*.json")]:
        yield f"{procedures} is kept: the installation offers its procedures; JSON files there: {len(files)}"
    if database.is_file():
        yield f"{database} is kept: the installation goes on with its dossiers"
    if (folder / DATABASE).is_file():
        yield f'{folder / DATABASE} is left alone: the data of the installation is in {DATA}; to use it, set data = "."'
    if files := [*folder.glob("*.json")]:
        yield f"JSON files in {folder} are left alone: {len(files)}; to offer them as procedures, move them to {PROCEDURES}"


def create_installation(folder: Path, samples: Path) -> Iterator[Path]:
    """Create an installation in *folder* with the shared files of *samples*; yields each file that it writes.

    Existing procedures and data become those of the installation; no file is overwritten.

    Raises:
        SettingsError: *folder* has a settings file already.
    """
    if (folder / SETTINGS).exists():
        raise SettingsError(f"{folder / SETTINGS} is there already; init overwrites nothing: name another folder")
    shared = folder / PROCEDURES / SHARED
    shared.mkdir(parents=True, exist_ok=True)
    make_private_folder(folder / DATA)
    for path in sorted((samples / SHARED).glob("*.json")):
        if not (shared / path.name).exists():
            yield Path(shutil.copyfile(path, shared / path.name))
    # Written last, so that an interrupted run leaves no installation behind.
    # Private, as it may hold passwords of a mail server or of a gateway.
    write_private(folder / SETTINGS, _TEMPLATE.encode(), new=True)
    yield folder / SETTINGS


def copy_shared_files(samples: Path, path: Path) -> Iterator[Path]:
    """Copy from *samples* the missing files that the procedure file *path* refers to; yields each copy."""
    pending = True
    while pending:
        # A copied file may refer to further files.
        documents = bundle_of(Folder(path.parent), path.name).documents
        reached = {target for name, document in documents.items() for target in local_files(document, name or path.name)}
        missing = sorted(name for name in reached if not (path.parent / name).exists() and (samples / name).is_file())
        for name in missing:
            place = path.parent / name
            place.parent.mkdir(parents=True, exist_ok=True)
            yield Path(shutil.copyfile(samples / name, place))
        pending = bool(missing)
