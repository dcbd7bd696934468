"""*Thống kê* (part II.4 of the guide): a year by month, unit and sector, for everybody, to look at and to take along."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from browsing import browsers_of
from conftest import SMALL
from dossierkit_web import WebConfig, create_app
from page import Page

from dossierkit import Action, Actor, Engine, Role, open_engine
from dossierkit.testing import FixedClock

ADMIN, AN = Actor("root", Role.ADMIN), Actor("an")


@pytest.fixture
def portal(tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[tuple[Engine, Any]]:
    """Three dossiers: one in time, one late, one still going on."""
    block = {**SMALL["x-procedure"], "unit": "so-nnmt", "sector": "dat-dai", "timeLimit": [{"count": 3}]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    clock.advance(timedelta(days=-60))
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    for late, done in ((False, True), (True, True), (True, False)):
        dossier = engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN)
        engine.act(dossier.id, Action.ACCEPT, ADMIN)
        engine.act(dossier.id, Action.ASSIGN, ADMIN, facts={"officer": "nam"})
        clock.advance(timedelta(days=20 if late else 1))
        if done:
            engine.act(dossier.id, Action.COMPLETE, ADMIN, facts={"outcome": "approved"})
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs", config=WebConfig())) as browser:
        yield engine, browser
    engine.close()


def test_everybody_sees_a_year(portal: Any) -> None:
    """Without an account: what came in, in time, late, in progress; the share of nothing is no number."""
    _, browser = portal
    page = Page(browser().get("/statistics").text).text
    assert "Thống kê 2026" in page
    assert "Sở Nông nghiệp và Môi trường 0 3 1 1 1 1 50,0 %" in page
    assert "Đất đai 0 3 1 1 1 1 50,0 %" in page
    assert "01/2026 0 0 0 0 0 0 –" in page
    assert "50.0 %" in Page(browser().get("/statistics?lang=en").text).text


def test_another_year_and_another_month(portal: Any) -> None:
    """A year without dossiers says so; months from the 15th to the 14th put them elsewhere."""
    _, browser = portal
    client = browser()
    assert "Chưa có hồ sơ nào" in client.get("/statistics?year=2024").text
    calendar, nd09 = (Page(client.get(f"/statistics?year=2026{more}").text).text for more in ("", "&nd09=1"))
    assert "09/2026 0 2 1 0 1 1" in calendar
    assert "10/2026 1 1 0 1 1 1" in calendar
    assert "09/2026 0 0 0 0 0 0" in nd09
    assert "10/2026 0 3 1 1 1 0" in nd09
    for odd in ("?year=99999", "?year=x", "?year=2999", "?year="):
        assert "Thống kê 2026" in client.get("/statistics" + odd).text


@pytest.mark.parametrize("by", ["month", "unit", "sector", "procedure", "channel"])
def test_tables_are_taken_along(portal: Any, by: str) -> None:
    """As CSV, JSON, a workbook and text, all with the same figures."""
    _, browser = portal
    client = browser()

    def taken(form: str) -> Any:
        answer = client.get(f"/statistics/export?year=2026&by={by}&format={form}")
        assert answer.headers["content-disposition"].startswith(f'attachment; filename="statistics-2026-{by}.')
        return answer

    total = taken("json").json()["total"]
    assert (total["to_do"], total["resolved"], total["late"], total["overdue"]) == (3, 2, 1, 1)
    last = taken("csv").text.splitlines()[-1].split(",")
    sheet = openpyxl.load_workbook(io.BytesIO(taken("xlsx").content)).active
    assert [str(cell.value) for cell in list(sheet.iter_rows())[-1]] == last
    assert "(14) Không được tiếp nhận" in taken("table").text
    assert client.get(f"/statistics/export?by={by}&format=exe").url.path == "/statistics"
    assert client.get("/statistics/export?by=owner&format=csv").url.path == "/statistics"
