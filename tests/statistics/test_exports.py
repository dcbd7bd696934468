"""Reports as files: the same figures in every format, and no cell that a spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import openpyxl
import pytest
from babel.messages.pofile import read_po

from dossierkit.dossiers.ledger.reports import Line, Period, Report
from dossierkit.locale import FOLDER as LOCALE
from dossierkit.locale.texts import LANGUAGES
from dossierkit.statistics.exports import COLUMNS, as_csv, as_json, as_text, as_xlsx, harmless, labelled, title

EVIL = "=cmd|' /C calc'!A0"
LINES = (Line(("dat-dai",), carried_over=3, online=5, direct=1, early=2, late=1, overdue=1), Line((EVIL,), online=4, on_time=4))
REPORT = Report(
    Period.year(2026),
    date(2026, 11, 22),
    ("sector",),
    LINES,
    Line((), carried_over=3, online=9, direct=1, early=2, on_time=4, late=1, overdue=1),
)
ROWS = labelled(REPORT, lambda _, value: value, "vi")


def catalogue(language: str) -> dict[str, str]:
    with (LOCALE / language / "LC_MESSAGES" / "reports.po").open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale=language) if m.id}


def test_every_column_has_a_title_in_every_language() -> None:
    """And the catalogues hold nothing else."""
    wanted = {name.replace("_", "-") for name in COLUMNS} | {"total", "none", "channel-1", "channel-2", "channel-3"}
    for language in LANGUAGES:
        found = catalogue(language)
        assert found.keys() == wanted
        assert all(title(name, language) == text for name, text in found.items())


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell).startswith("'")
    assert harmless("Đất đai") == "Đất đai"


def test_csv() -> None:
    text = as_csv(ROWS, "vi")
    assert text.startswith("\ufeff")
    found = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert found[0][1:3] == ["Tổng số phải giải quyết", "Tiếp nhận trực tuyến"]
    assert found[1] == ["dat-dai", "9", "5", "1", "3", "0", "3", "2", "0", "0", "1", "6", "5", "1", "0"]
    assert found[2][0] == "'" + EVIL
    assert [row[0] for row in found[3:]] == ["Tổng số"]


def test_json_is_the_same_to_the_byte() -> None:
    text = as_json(REPORT, ROWS)
    assert text == as_json(REPORT, ROWS)
    found: Any = json.loads(text)
    assert (found["from"], found["to"], found["asOf"]) == ("2026-01-01", "2026-12-31", "2026-11-22")
    assert found["lines"][1]["key"] == [EVIL]
    assert found["lines"][0]["rate"] == pytest.approx(2 / 3)
    assert found["total"]["resolved"] == 7
    assert json.loads(as_json(REPORT, [("x", Line(()))]))["total"]["rate"] is None


def test_a_workbook() -> None:
    """Labels are text and figures are numbers, as another program reads them."""
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(ROWS, "en", name="2026"))).active
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert cells[0][1] == "All to be handled"
    assert cells[1][:3] == ["dat-dai", 9, 5]
    assert cells[2][0] == EVIL
    assert sheet.cell(3, 1).data_type == "s"
    assert cells[3][:2] == ["Tổng số", 13]


def test_a_table_for_a_terminal() -> None:
    lines = as_text(ROWS, "vi").splitlines()
    assert lines[1].split()[:4] == ["dat-dai", "9", "5", "1"]
    assert "(1) Tổng số phải giải quyết" in lines
