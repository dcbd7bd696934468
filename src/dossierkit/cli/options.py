"""Options that several commands share: a flag, else `DOSSIERKIT_*`, else the default."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from dossierkit.engine import Engine

data_option: Callable[..., Any] = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data"),
    envvar="DOSSIERKIT_DATA",
    show_default=True,
    help="Folder of the database and the attachments.",
)
procedures_option: Callable[..., Any] = click.option(
    "--procedures",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    envvar="DOSSIERKIT_PROCEDURES",
    help="Folder of procedure files.  [default: the samples that ship]",
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


smtp_option: Callable[..., Any] = click.option(
    "--smtp",
    default="",
    envvar="DOSSIERKIT_SMTP",
    help="Mail server, smtp://user:password@host:587; without one mails are files in the data folder.",
)
sender_option: Callable[..., Any] = click.option(
    "--mail-from", "sender", default="", envvar="DOSSIERKIT_MAIL_FROM", help="Address that mails come from."
)


def office_day() -> date:
    """Today at the office, by the machine's clock."""
    from dossierkit.dossiers.calendars import day_of
    from dossierkit.wiring import SystemClock

    return day_of(SystemClock().now())


def engine_of(
    data: Path,
    procedures: Path | None,
    agency: str | None = None,
    address: str = "",
    *,
    approval: bool = False,
    new: bool = False,
) -> Engine:
    """The engine over the database in *data*; *address* is where links in mails lead, *new* as for `open_engine`."""
    from dossierkit.letters import Office
    from dossierkit.wiring import AGENCY, open_engine

    data.mkdir(parents=True, exist_ok=True)
    office = Office(address=address) if address else Office()
    return open_engine(
        f"sqlite:{data / 'dossiers.db'}",
        procedures=procedures,
        agency=agency or AGENCY,
        office=office,
        approval=approval,
        new=new,
    )
