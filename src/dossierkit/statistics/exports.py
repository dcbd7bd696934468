"""Reports as text, CSV, JSON and XLSX, with the same figures in the same order.

Cells that a spreadsheet could take for a formula are escaped.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence

from dossierkit.converter import converter
from dossierkit.dossiers.ledger.reports import Line, Report
from dossierkit.locale import FOLDER as LOCALE
from dossierkit.locale.texts import text_of

#: The columns of a report, in the order of the printed form.
COLUMNS = (
    *("to_do", "online", "direct", "carried_over", "reopened"),
    *("resolved", "early", "on_time", "returned", "late"),
    *("in_progress", "within", "overdue", "refused"),
)
FORMATS = ("table", "json", "csv", "xlsx")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

#: A heading and the lines below it: (label, line); the last one is the total.
Rows = Sequence[tuple[str, Line]]


def title(name: str, language: str) -> str:
    """The title of the column *name*."""
    return text_of(LOCALE, "reports", name.replace("_", "-"), language)


def labelled(report: Report, name: Callable[[str, str], str], language: str) -> Rows:
    """The lines of *report* with their labels, and the total; *name* gives the title of a dimension's value."""
    rows = [
        (" · ".join(name(dimension, value) for dimension, value in zip(report.by, line.key, strict=True)), line)
        for line in report.lines
    ]
    return [*rows, (title("total", language), report.total)]


def as_text(rows: Rows, language: str) -> str:
    """A table for a terminal."""
    marks = [f"({number})" for number in range(1, len(COLUMNS) + 1)]
    shown = [("", marks), *((label, [str(getattr(line, name)) for name in COLUMNS]) for label, line in rows)]
    wide = max(len(label) for label, _ in shown)
    lines = ["  ".join((label.ljust(wide), *(cell.rjust(6) for cell in cells))) for label, cells in shown]
    legend = (f"{mark} {title(name, language)}" for mark, name in zip(marks, COLUMNS, strict=True))
    return "\n".join((*lines, "", *legend)) + "\n"


def as_csv(rows: Rows, language: str) -> str:
    """CSV with a byte order mark, so that spreadsheets read Vietnamese."""
    into = io.StringIO()
    writer = csv.writer(into, lineterminator="\r\n")
    writer.writerow(["", *(title(name, language) for name in COLUMNS)])
    for label, line in rows:
        writer.writerow([harmless(label), *(getattr(line, name) for name in COLUMNS)])
    return "\ufeff" + into.getvalue()


def as_json(report: Report, rows: Rows) -> str:
    """JSON with every figure by name; the same report gives the same bytes."""
    body = {
        "from": report.period.first,
        "to": report.period.last,
        "asOf": report.as_of,
        "by": report.by,
        "lines": [{"key": line.key, "label": label, **_figures(line)} for label, line in rows[:-1]],
        "total": _figures(rows[-1][1]),
    }
    return json.dumps(converter.unstructure(body), ensure_ascii=False, indent=2) + "\n"


def _figures(line: Line) -> Mapping[str, object]:
    return {**{name: getattr(line, name) for name in COLUMNS}, "rate": line.rate}


def as_xlsx(rows: Rows, language: str, *, name: str) -> bytes:
    """A workbook with one sheet; labels are text, figures are numbers."""
    import xlsxwriter

    into = io.BytesIO()
    # Formulas, addresses and numbers in labels stay plain text.
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(into, plain) as book:
        sheet = book.add_worksheet(name[:31])
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        sheet.write_row(0, 0, ["", *(title(column, language) for column in COLUMNS)], head)
        for number, (label, line) in enumerate(rows, 1):
            sheet.write_string(number, 0, label)
            sheet.write_row(number, 1, [getattr(line, column) for column in COLUMNS])
        sheet.set_column(0, 0, 42)
        sheet.freeze_panes(1, 1)
    return into.getvalue()


def harmless(text: str) -> str:
    """*text* escaped so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
