"""The command line.  Each command imports what it needs when it runs, so that `--help` is quick."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from dossierkit.cli.installation import apply_settings
from dossierkit.cli.options import FOLDER
from dossierkit.errors import DossierkitError, UnknownProcedure
from dossierkit.extras import missing_extra

#: Exit code that a shell gives a program which SIGPIPE ended.
_SIGPIPE = 141


class _OneLine(click.Group):
    """Reports every expected failure as one line with advice, and exits with code 2."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """See `click.Group.main`; a usage error is one line, too."""
        try:
            result = super().main(*args, **{**extra, "standalone_mode": False})
        except click.ClickException as error:
            context = getattr(error, "ctx", None)
            help_ = f" (see {context.command_path} --help)" if context is not None else ""
            click.echo(f"dossierkit: {_source(error)}{error.format_message()}{help_}", err=True)
            sys.exit(error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            sys.exit(130)
        sys.exit(result if isinstance(result, int) else 0)

    def invoke(self, ctx: click.Context) -> object:
        """See `click.Group.invoke`."""
        try:
            return super().invoke(ctx)
        except ImportError as error:
            advice = missing_extra(error)
            if not advice:
                raise
            click.echo(f"dossierkit: {advice}", err=True)
            sys.exit(2)
        except UnknownProcedure as error:
            click.echo(f"dossierkit: {error} (see dossierkit list)", err=True)
            sys.exit(2)
        except BrokenPipeError:
            # The reader has what it wanted.  Later writes, those at the end of the interpreter too, have nowhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(_SIGPIPE)
        except OSError as error:
            click.echo(f"dossierkit: {_advice(error)}", err=True)
            sys.exit(2)
        except DossierkitError as error:
            click.echo(f"dossierkit: {error}", err=True)
            sys.exit(2)


def _source(error: click.ClickException) -> str:
    """The variable that holds the value of *error*; empty if it comes from elsewhere."""
    parameter, context = getattr(error, "param", None), getattr(error, "ctx", None)
    if parameter is None or context is None or context.get_parameter_source(parameter.name) is not ParameterSource.ENVIRONMENT:
        return ""
    return f"{parameter.envvar}: " if isinstance(parameter.envvar, str) else ""


#: errno of an operating system error → advice.
_ADVICE = {
    errno.ENOENT: "it does not exist; create it, or name another",
    errno.ENOTDIR: "this is a file, not a folder; name a folder",
    errno.EISDIR: "it is a folder; name a file",
    errno.EACCES: "permission denied; change its permissions, or name another",
    errno.EPERM: "this user may not change it; change its permissions, or name another",
    errno.EROFS: "its disk is read-only; name another",
    errno.ENOSPC: "its disk is full; free some space, then run this again",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}


def _advice(error: OSError) -> str:
    """The file of *error*, and advice on the error."""
    if error.filename is None or error.errno is None:
        return str(error)
    return f"{os.fsdecode(error.filename)}: {_ADVICE.get(error.errno, os.strerror(error.errno))}"


@click.group(cls=_OneLine, context_settings={"auto_envvar_prefix": "DOSSIERKIT", "help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dossierkit")
@click.option(
    "--home",
    type=FOLDER,
    default=None,
    envvar="DOSSIERKIT_HOME",
    help="Folder of the installation.  [default: the current one, or the nearest above it, that holds dossierkit.toml]",
)
@click.pass_context
def main(context: click.Context, home: Path | None) -> None:
    """A procedure is a file: drop a JSON Schema into a folder and citizens can fill it."""
    apply_settings(context, home)


def _register() -> None:
    from dossierkit.cli import (
        access_tokens,
        accounts,
        copying,
        dossiers,
        installation,
        migration,
        papers,
        payments,
        procedures,
        publishing,
        serve,
        statistics,
        upkeep,
    )

    modules = (
        installation, serve, procedures, publishing, dossiers, statistics, accounts, access_tokens, payments, papers, upkeep,
        copying, migration,
    )  # fmt: skip
    for module in modules:
        for command in module.COMMANDS:
            main.add_command(command)


_register()
