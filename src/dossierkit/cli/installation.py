"""The command `init`, and how every other command finds its installation and settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dossierkit.cli.options import FOLDER
from dossierkit.errors import SettingsError

if TYPE_CHECKING:
    from dossierkit.installation import Installation, Setting

_PREFIX = "DOSSIERKIT_"


def apply_settings(context: click.Context, home: Path | None) -> None:
    """Find the installation and make its settings the defaults of every command below *context*.

    Args:
        home: its folder; None: the current folder or the nearest one above it that is an installation.

    Raises:
        SettingsError: *home* is not an installation, or a setting is unknown or has the wrong type.
    """
    from dossierkit.installation import find_installation, read_installation

    assert isinstance(context.command, click.Group)
    _guard_variables(context.command)
    folder = home or find_installation(Path.cwd())
    if folder is None or context.invoked_subcommand == init.name:
        return
    installation = read_installation(folder.resolve(), settings_of(context.command))
    _check_values(context.command, installation)
    context.obj = installation
    context.default_map = _defaults(context.command, installation)


def _options(command: click.Command) -> Iterator[tuple[str, click.Option]]:
    """The flag and the option of every setting below *command*; a setting is an option with an environment variable."""
    if isinstance(command, click.Group):
        for subcommand in command.commands.values():
            yield from _options(subcommand)
    for parameter in command.params:
        if isinstance(parameter, click.Option) and isinstance(parameter.envvar, str) and parameter.name != "home":
            yield _flag(parameter), parameter


def _flag(option: click.Option) -> str:
    return max(option.opts, key=len).removeprefix("--")


def settings_of(command: click.Command) -> dict[str, Setting]:
    """Flag → kind of each setting that the settings file may have."""
    from dossierkit.installation import Setting

    def setting(option: click.Option) -> Setting:
        kind = bool if option.is_flag else int if isinstance(option.type, click.IntRange) else str
        return Setting(kind, is_path=isinstance(option.type, click.Path))

    return {name: setting(option) for name, option in _options(command)}


def _check_values(command: click.Command, installation: Installation) -> None:
    """Refuse settings with values that their options would refuse, and name the file."""
    from dossierkit.installation import SETTINGS

    for name, option in _options(command):
        if name in installation.settings:
            try:
                option.type.convert(installation.settings[name], option, None)
            except click.BadParameter as error:
                raise SettingsError(f"{installation.folder / SETTINGS}: {name}: {error.message}") from error


def _defaults(command: click.Command, installation: Installation) -> dict[str, Any]:
    """click's `default_map` for *command*."""
    if isinstance(command, click.Group):
        return {name: _defaults(subcommand, installation) for name, subcommand in command.commands.items()}
    settings = installation.settings
    return {option.name or "": settings[name] for name, option in _options(command) if name in settings}


def _guard_variables(command: click.Command) -> None:
    """Refuse environment variables that look like a misspelt setting."""
    from difflib import get_close_matches

    known = {str(option.envvar) for _, option in _options(command)} | {f"{_PREFIX}HOME"}
    for name in sorted(set(os.environ) - known):
        close = get_close_matches(name, known, n=1, cutoff=0.9) if name.startswith(_PREFIX) else []
        if close:
            raise SettingsError(f"there is no setting {name}; did you mean {close[0]}?")


@click.command()
@click.argument("folder", type=FOLDER, default=Path())
def init(folder: Path) -> None:
    """Create an installation in FOLDER (default: the current folder): settings, procedures, data.

    Existing procedures and data become those of the installation; no file is changed.
    """
    from dossierkit.installation import SETTINGS, contents, create_installation
    from dossierkit.wiring import samples

    before = [*contents(folder)]
    for path in create_installation(folder, samples()):
        click.echo(path)
    for line in before:
        click.echo(line, err=True)
    where = "" if folder.resolve() == Path.cwd() else f"cd {folder}; "
    click.echo(f"Describe the office in {SETTINGS}, then: {where}dossierkit new NAME; dossierkit serve", err=True)


COMMANDS = (init,)
