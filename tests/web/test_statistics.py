"""*Thống kê* (part II.4 of the guide): a year by month, unit and sector, public, as pages and as downloads."""

from __future__ import annotations

import io
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from dossierkit_web import WebConfig, create_app
from support.browsing import browsers_of
from support.page import Page
from support.samples import SMALL
from support.visits import GOOD, sign_in

from dossierkit import Action, Actor, Engine, Role, open_engine
from dossierkit.cli import main
from dossierkit.dossiers.ledger.reports import DIMENSIONS, FIGURES
from dossierkit.dossiers.states import OFFICERS
from dossierkit.people.staff import appoint
from dossierkit.testing import FixedClock
from dossierkit.wiring import open_accounts

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


def test_totals_come_first_and_long_tables_are_folded(portal: Any) -> None:
    """A phone shows the figures of the year without scrolling past the tables; a folded table says how many rows it has."""
    _, browser = portal
    page = browser().get("/statistics?year=2026").text

    places = [page.index(f'id="{id}"') for id in ("total", "by-month", "by-unit", "by-sector")]
    assert places == sorted(places)
    assert "Tổng số" in page[: places[1]]
    assert ">Năm</th>" in page[: places[1]]
    [folded] = re.findall(r'<details class="rows">.*?</details>', page, re.DOTALL)
    rows = len(re.findall(r"<tr>", folded)) - 1
    assert 'id="by-month"' in folded
    assert f"({rows} dòng)" in folded


def test_bars_are_as_long_as_the_figures_beside_them(portal: Any) -> None:
    """In time, late and in progress, one after the other; the longest bar of a table fills its place."""
    _, browser = portal
    page = browser().get("/statistics?year=2026").text
    for table in re.findall(r"<tbody>.*?</tbody>", page, re.DOTALL)[1:4]:
        rows = [
            ([float(one) for one in re.findall(r' width="([\d.]+)"', row)], re.findall(r"<td[^>]*>(?:<a[^>]*>)?([^<]+)", row))
            for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)
        ]
        counts = [tuple(int(cells[n]) for n in (2, 3, 4)) for _, cells in rows]
        longest = max(map(sum, counts))
        assert longest > 0
        for (widths, _), counted in zip(rows, counts, strict=True):
            assert widths == pytest.approx([100 * one / longest for one in counted], abs=0.01)


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


def test_a_part_of_a_year(portal: Any) -> None:
    """A quarter, half a year, nine months, one month; the months of it, and files that say which part."""
    _, browser = portal
    client = browser()
    third = Page(client.get("/statistics?year=2026&part=q3").text).text
    assert "09/2026 0 2 1 0 1 1" in third
    assert "10/2026" not in third
    assert "Tổng số 0 2 1 0 1 1" in third
    fourth = Page(client.get("/statistics?year=2026&part=q4").text).text
    assert "Tổng số 1 1 0 1 1 1" in fourth
    assert "Tổng số 0 3 1 1 1 1" in Page(client.get("/statistics?year=2026&part=h2").text).text
    assert "Tổng số 0 2 1 0 1 1" in Page(client.get("/statistics?year=2026&part=9").text).text
    assert "Thống kê 2026" in client.get("/statistics?year=2026&part=13").text
    named = client.get("/statistics/export?year=2026&part=q3&by=unit&format=json")
    assert "statistics-2026-q3-unit.json" in named.headers["content-disposition"]
    assert named.json()["total"]["to_do"] == 2


def test_how_long_it_takes(portal: Any) -> None:
    """The median of working days, reopened ones taken back; nothing completed has no number."""
    engine, browser = portal
    page = Page(browser().get("/statistics?year=2026").text).text
    assert "Thời gian giải quyết năm 2026" in page
    assert "Cấp bản sao 2 7,5 50,0 %" in page
    late = [one for one in engine.store.every() if one.handling.result.resolved is not None][1]
    assert late.handling.result.days == 14
    engine.act(late.id, Action.REOPEN, ADMIN, note="x")
    assert "Cấp bản sao 1 1 50,0 %" in Page(browser().get("/statistics?year=2026").text).text
    assert list(engine.verify()) == []


def test_every_figure_leads_to_its_dossiers(portal: Any) -> None:
    """As many as the figure says, by month, unit, sector and in total; for an officer of a unit those of that unit."""
    engine, browser = portal
    root, mai, lan = browser(), browser(), browser()
    accounts = open_accounts(engine)
    for who, mail, role, unit in (
        (root, "root@office.vn", Role.ADMIN, ""),
        (mai, "mai@office.vn", Role.APPROVER, "so-nnmt"),
        (lan, "lan@office.vn", Role.INTAKE_OFFICER, "ubnd-tinh"),
    ):
        sign_in(who, appoint(accounts, mail, "X", role, unit), mail)
        who.post("/password", data={"new": GOOD})
    for place in ("/statistics?year=2026", "/statistics?year=2026&part=q3", "/statistics?year=2026&nd09=1"):
        links = re.findall(r'<a href="(/desk/figures[^"]+)">(\d+)</a>', root.get(place).text)
        assert len(links) > 10
        for link, count in links:
            shown = root.get(link.replace("&amp;", "&"))
            assert shown.text.count('<a href="/desk/H29') == int(count), link
    links = re.findall(r'<a href="(/desk/figures[^"]+)">(\d+)</a>', mai.get("/statistics?year=2026").text)
    assert links
    assert all("by=unit&amp;key=so-nnmt" in link for link, _ in links)
    for link, count in links:
        assert mai.get(link.replace("&amp;", "&")).text.count('<a href="/desk/H29') == int(count), link
    assert "/desk/figures" not in lan.get("/statistics?year=2026").text
    for query in ("", "&by=unit&key=so-nnmt", "&by=sector&key=dat-dai"):
        assert lan.get(f"/desk/figures?year=2026&figure=received{query}").text.count('<a href="/desk/H29') == 0
    assert browser().get("/desk/figures?figure=late").status_code == 401
    for query in ("figure=owner", "figure=", "figure=late&by=owner", ""):
        assert root.get(f"/desk/figures?{query}").status_code == 404


def test_every_figure_opens_for_every_officer(portal: Any) -> None:
    """By every dimension, of a value that there is or is not, in both languages, with a heading of its own."""
    engine, browser = portal
    dossier = engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN)
    engine.act(dossier.id, Action.REFUSE, ADMIN, note="Sai nơi nhận")
    accounts, headings = open_accounts(engine), set()
    for role in OFFICERS:
        who, unit = browser(), "" if role is Role.ADMIN else "so-nnmt"
        sign_in(who, appoint(accounts, f"{role}@office.vn", "X", role, unit), f"{role}@office.vn")
        who.post("/password", data={"new": GOOD})
        for figure, by, key in product(FIGURES, ("", "month", *DIMENSIONS), ("", "so-nnmt", "2", "nothing")):
            shown = who.get(f"/desk/figures?year=2026&figure={figure}&by={by}&key={key}")
            assert shown.status_code == 200, (role, figure, by, key)
        pages = (
            who.get(f"/desk/figures?figure={figure}&lang={language}").text for figure in FIGURES for language in ("vi", "en")
        )
        headings |= {heading for page in pages for heading in re.findall("<h1>(.+?)</h1>", page)}
    assert len(headings) == 2 * len(FIGURES)
    assert str(dossier.code) in who.get("/desk/figures?year=2026&figure=refused").text


def test_the_command_line_counts_any_days(portal: Any, tmp_path: Path) -> None:
    """Two days, a part, as it was known on a day; what makes no sense is told."""
    data = tmp_path / "data"
    list(back_up_of(tmp_path, data))

    def stats(*words: str) -> Any:
        return CliRunner().invoke(main, ["stats", "--data", str(data), "--format", "json", *words])

    assert json.loads(stats("--from", "2026-09-01", "--to", "2026-09-30").output)["total"]["resolved"] == 1
    assert json.loads(stats("--year", "2026", "--part", "q3").output)["total"]["to_do"] == 2
    assert json.loads(stats("--year", "2026", "--as-of", "2026-09-23").output)["total"]["to_do"] == 1
    assert json.loads(stats("--year", "2026", "--by", "month", "--part", "h2").output)["total"]["to_do"] == 3
    for words in (
        [],
        ["--from", "2026-01-01"],
        ["--year", "2026", "--part", "q9"],
        ["--from", "2026-02-01", "--to", "2026-01-01"],
    ):
        assert stats(*words).exit_code == 2, words


def back_up_of(source: Path, data: Path) -> Iterator[None]:
    """The database of the portal and its mark, copied to where a command looks for them."""
    data.mkdir()
    shutil.copy(source / "d.mark", data / "dossiers.mark")
    with sqlite3.connect(source / "d.db") as reading, sqlite3.connect(data / "dossiers.db") as writing:
        reading.backup(writing)
        yield
