"""The register (sổ theo dõi hồ sơ, form 07) as a workbook, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO

from dossierkit.dossiers.deadlines.calendars import ZONE, office_time
from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.dossiers.procedure.persons import contact, persons
from dossierkit.dossiers.states import Action
from dossierkit.locale import FOLDER as LOCALE
from dossierkit.locale.texts import text_of
from dossierkit.office.engine import Engine

COLUMNS = (
    *("code", "receipt", "about", "sets", "owner", "address", "phone", "unit", "accepted", "due", "resolved", "returned"),
    *("channel", "state"),
)


def register(engine: Engine, into: BinaryIO | Path, first: date, last: date, *, unit: str = "", language: str = "vi") -> int:
    """Write the dossiers accepted from *first* to *last* (both included) of *unit*, or of all units; returns their number."""
    import xlsxwriter

    book = xlsxwriter.Workbook(into, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(f"{first:%d.%m.%Y}-{last:%d.%m.%Y}")
    sheet.freeze_panes(1, 0)
    head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1})
    for column, name in enumerate(COLUMNS):
        sheet.set_column(column, column, 18)
        sheet.write_string(0, column, text_of(LOCALE, "papers", f"register-{name}", language), head)
    row = 0
    for row, dossier in enumerate(_accepted_dossiers(engine, first, last, unit), 1):
        for column, cell in enumerate(_cells(engine, dossier, language)):
            sheet.write_string(row, column, cell)
    book.close()
    return row


def _accepted_dossiers(engine: Engine, first: date, last: date, unit: str) -> Iterator[Dossier]:
    begin = datetime.combine(first, time(), ZONE)
    end = datetime.combine(last + timedelta(days=1), time(), ZONE)
    for dossier in engine.store.every():
        accepted = dossier.handling.accepted
        if accepted is not None and begin <= accepted < end and unit in ("", dossier.handling.unit):
            yield dossier


def _cells(engine: Engine, dossier: Dossier, language: str) -> tuple[str, ...]:
    procedure, handling = engine.procedure_of(dossier), dossier.handling
    returned = [e.at for e in engine.history(dossier) if e.action is Action.HAND_OVER]
    reach = contact(procedure, dossier.answers, language)
    days = (handling.accepted, handling.clock.due, handling.result.resolved, returned[-1] if returned else None)
    return (
        str(dossier.code), handling.receipt, procedure.title(language), "1", persons(procedure, dossier.answers).owner,
        reach.address, reach.phone, handling.unit, *map(_day, days),
        text_of(LOCALE, "papers", f"channel-{int(handling.channel)}", language),
        text_of(LOCALE, "papers", f"state-{int(dossier.state)}", language),
    )  # fmt: skip


def _day(at: datetime | None) -> str:
    return f"{office_time(at):%d/%m/%Y}" if at is not None else ""
