"""An installation: a folder with procedures, data, and the settings of an office in `dossierkit.toml`."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import attrs

from dossierkit.catalog.index import SHARED, bundle_of, local_files
from dossierkit.errors import SettingsError
from dossierkit.mail.letters import Office
from dossierkit.private_files import private_folder, write_private

SETTINGS = "dossierkit.toml"
DATA = "data"
PROCEDURES = "procedures"
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
# Settings of this installation.  A flag or a variable DOSSIERKIT_… wins over what stands here.
# Paths are relative to this file.

procedures = "{PROCEDURES}"
data = "{DATA}"

# agency = "H29.15"                      # dossier codes begin with it
# address = "https://dvc.example"        # where citizens find the portal; links in mails lead there
# smtp = "smtp://user@mail.example:587"  # without it, mails are files in the data folder
# mail-from = "dvc@office.example"
# guests = true                          # guests may submit without an account
# keep-drafts = 90                       # days without a change after which a draft is deleted with its files

# What pages, mails and papers say of the office.
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
    """What may stand in the settings file: `str`, `int` or `bool`; a path is a `str` relative to the file."""

    kind: type
    is_path: bool = False


@attrs.frozen
class Installation:
    """The folder of an installation, with what its settings file says."""

    folder: Path
    #: By the names of flags; paths are absolute.
    settings: Mapping[str, str | int | bool] = attrs.field(factory=dict, hash=False)
    #: Attributes of `Office`, as far as they are said.
    office: Mapping[str, Any] = attrs.field(factory=dict, hash=False)

    @property
    def procedures(self) -> Path:
        """The folder of procedure files."""
        return Path(str(self.settings["procedures"]))

    def office_at(self, address: str = "") -> Office:
        """The office, with its portal at *address*, or where the settings say."""
        portal = address or self.settings.get("address")
        return Office(**{**self.office, **({"address": portal} if portal else {})})


def find(start: Path) -> Path | None:
    """The folder of the installation that *start* lies in."""
    return next((folder for folder in (start, *start.parents) if (folder / SETTINGS).is_file()), None)


def read_installation(folder: Path, known: Mapping[str, Setting]) -> Installation:
    """The installation in *folder*.

    Args:
        known: what may stand in its settings file, by the names of flags.

    Raises:
        SettingsError: there is no settings file, or something in it is unknown or of another kind.
    """
    path = folder / SETTINGS
    try:
        written = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"{folder} holds no {SETTINGS}; lay an installation out with: dossierkit init {folder}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is no TOML: {error}") from error
    office = written.pop("office", {})
    if not isinstance(office, dict):
        raise SettingsError(f"{path}: office is a table, [office]")
    settings: dict[str, Any] = {"procedures": PROCEDURES, "data": DATA}
    for name, value in written.items():
        setting = known.get(name)
        if setting is None:
            raise SettingsError(f"{path} has no setting {name!r}{meant(name, (*known, 'office'))}")
        settings[name] = _checked(path, name, value, setting)
    for name in (name for name in settings if known[name].is_path):
        settings[name] = str(folder / settings[name])
    return Installation(folder, settings, _office(path, office, known))


def _office(path: Path, written: Mapping[str, Any], known: Mapping[str, Setting]) -> dict[str, Any]:
    office: dict[str, Any] = {}
    for name, value in written.items():
        if name not in OFFICE:
            advice = "; it stands above the line [office]" if name in known else meant(name, OFFICE)
            raise SettingsError(f"{path}: [office] has no setting {name!r}{advice}")
        text = str(_checked(path, f"[office] {name}", value, Setting(str))).strip()
        if not text or not text.isprintable():
            raise SettingsError(f"{path}: [office] {name} is one line of text")
        office[OFFICE[name]] = path.parent / text if name == "emblem" else text
    return office


def _checked(path: Path, name: str, value: object, setting: Setting) -> str | int | bool:
    # A bool is an int to Python, and no port to anybody else.
    if type(value) is not setting.kind:
        words = {str: 'a text in quotes, "…"', int: "a whole number", bool: "true or false"}
        raise SettingsError(f"{path}: {name} is {words[setting.kind]}, not {value!r}")
    return value  # type: ignore[return-value]  # it is of the kind that was asked for


def meant(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?` where *name* is nearly one of *known*, and else what is known."""
    names = sorted(known)
    close = get_close_matches(name.replace("_", "-").lower(), names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(names)}"


def lay_out(folder: Path, samples: Path) -> Iterator[Path]:
    """Makes an installation in *folder*, with the shared files of *samples*; gives each file that it writes.

    Procedures and data that are there already become those of the installation; no file is overwritten.

    Raises:
        SettingsError: there is an installation already.
    """
    if (folder / SETTINGS).exists():
        raise SettingsError(f"{folder / SETTINGS} is there already; init overwrites nothing: name another folder")
    shared = folder / PROCEDURES / SHARED
    shared.mkdir(parents=True, exist_ok=True)
    private_folder(folder / DATA)
    for path in sorted((samples / SHARED).glob("*.json")):
        if not (shared / path.name).exists():
            yield Path(shutil.copyfile(path, shared / path.name))
    # It comes last: what is half laid out is no installation.
    # It may hold passwords of a mail server or of a gateway.
    write_private(folder / SETTINGS, _TEMPLATE.encode(), new=True)
    yield folder / SETTINGS


def bring_shared(samples: Path, path: Path) -> Iterator[Path]:
    """Copies from *samples* the files that the procedure file *path* reaches and that are not beside it; gives each copy."""
    pending = True
    while pending:
        # What was brought may reach further.
        documents = bundle_of(path.parent, path.name).documents
        reached = {target for name, document in documents.items() for target in local_files(document, name or path.name)}
        missing = sorted(name for name in reached if not (path.parent / name).exists() and (samples / name).is_file())
        for name in missing:
            place = path.parent / name
            place.parent.mkdir(parents=True, exist_ok=True)
            yield Path(shutil.copyfile(samples / name, place))
        pending = bool(missing)
