"""Option lists of the installation."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.page import Page
from support.samples import PROCEDURES

from dossierkit.catalog.option_lists import Table, tables
from dossierkit.errors import SettingsError
from dossierkit.forms import STANDARD, read
from dossierkit.forms.fields.form import Layout
from dossierkit.forms.schema.document import load
from dossierkit.html import Renderer
from dossierkit.wiring import with_lists

#: Communes, wards and special zones of each province by the legal list of 2025.
COUNTS = {
    "01": 126, "04": 56, "08": 124, "11": 45, "12": 38, "14": 75, "15": 99, "19": 92, "20": 65, "22": 54, "24": 99, "25": 148,
    "31": 114, "33": 104, "37": 129, "38": 166, "40": 130, "42": 69, "44": 78, "46": 40, "48": 94, "51": 96, "52": 135, "56": 65,
    "66": 102, "68": 124, "75": 95, "79": 168, "80": 96, "82": 102, "86": 124, "91": 102, "92": 103, "96": 64,
}  # fmt: skip


def day(text: str = "2026-11-22") -> Any:
    return lambda: date.fromisoformat(text)


def titles(table: Table, query: str, province: str | None = None) -> list[str]:
    where = {} if province is None else {"province": province}
    return [choice.title for choice in table.select(where, query, 50)]


def test_an_address_in_every_commune() -> None:
    """34 provinces with 3 321 communes, each code once, as many in each province as the law names."""
    lists = tables(None, day())
    communes = lists["communes"].rows

    assert len(lists["provinces"].select({}, "", 100)) == 34
    assert Counter(row["province"] for row in communes) == COUNTS
    assert len({row["code"] for row in communes}) == len(communes) == 3321
    assert {row["province"] for row in communes} == {row["code"] for row in lists["provinces"].rows}
    assert all(str(row["name"]).startswith(("Xã ", "Phường ", "Đặc khu ")) for row in communes)


def test_what_ships_is_what_was_compared(suites: Path) -> None:
    """Code, province and name of every row, beside the transcription that two sources agree on."""
    with (suites.parent / "data" / "communes.csv").open(encoding="utf-8", newline="") as file:
        compared = {(row["province"], row["code"], row["name"]) for row in csv.DictReader(file)}

    assert {(row["province"], row["code"], row["name"]) for row in tables(None)["communes"].rows} == compared


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("daklak", "Tỉnh Đắk Lắk"), ("DAK LAK", "Tỉnh Đắk Lắk"), ("đăk lăk", "Tỉnh Đắk Lắk"), ("khanh hoa", "Tỉnh Khánh Hòa"),
        ("Khánh Hoà", "Tỉnh Khánh Hòa"), ("hochiminh", "Thành phố Hồ Chí Minh"), ("tphochiminh", ""), ("akLak", ""),
        ("Ho\u0302\u0300 Chi\u0301 Minh", "Thành phố Hồ Chí Minh"), ("ðồng nai", "Thành phố Đồng Nai"),
    ],
)  # fmt: skip
def test_places_are_found_as_people_write_them(typed: str, title: str) -> None:
    """Without marks or spaces, with the older place of a tone mark, in any case."""
    assert titles(tables(None, day())["provinces"], typed) == ([title] if title else [])


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("ea hleo", "Xã Ea H'Leo"),
        ("EaH'Leo", "Xã Ea H'Leo"),
        ("H’Leo", "Xã Ea H'Leo"),
        ("mdrak", "Xã M'Drắk"),
        ("b'lao", "Phường B'Lao"),
    ],
)
def test_an_apostrophe_is_no_obstacle(typed: str, title: str) -> None:
    """Typed, left out, or of another kind."""
    assert title in titles(tables(None, day())["communes"], typed)


def test_a_province_that_changes_its_name(tmp_path: Path) -> None:
    """The offered choices follow the day; an older answer keeps its name, and the list is made anew when a day has passed."""
    today = [date(2026, 4, 29)]
    provinces = tables(None, lambda: today[0])["provinces"]
    assert titles(provinces, "dong nai") == ["Tỉnh Đồng Nai"]

    today[0] = date(2026, 4, 30)

    assert titles(provinces, "dong nai") == ["Thành phố Đồng Nai"]
    assert len(provinces.select({}, "", 100)) == 34


def test_rows_are_in_force_by_their_dates(tmp_path: Path) -> None:
    """A list in the file replaces the shipped one; lists that it does not name stay."""
    rows = [
        {"code": "1", "name": "Cũ", "province": "79", "until": "2025-06-30"},
        {"code": "2", "name": "Nay", "province": "79", "from": "2025-07-01"},
        {"code": "3", "name": "Sau", "province": "79", "from": "2027-01-01"},
    ]
    (tmp_path / "units.json").write_text(json.dumps({"communes": rows}), "utf-8")
    lists = tables(tmp_path, day())

    assert [c.value for c in lists["communes"].select({"province": "79"}, "", 10)] == ["2"]
    assert lists["communes"].find("1", {}) is None
    gone = lists["communes"].recall("1")
    assert gone is not None
    assert gone.title == "Cũ"
    assert lists["communes"].recall("4") is None
    assert len(lists["provinces"].select({}, "", 100)) == 34


def test_rows_beside_the_shipped_ones(tmp_path: Path) -> None:
    """`add` keeps what ships, replaces a row of the same code, and begins a list that does not ship."""
    own = {
        "sectors": {"add": [{"code": "thuy-loi", "name": "Thủy lợi"}]},
        "communes": {"add": [{"code": "26506", "name": "Phường Vũng Tàu mới", "province": "79"}]},
        "depots": {"add": [{"code": "a", "name": "Kho A"}]},
    }
    (tmp_path / "units.json").write_text(json.dumps(own), "utf-8")

    lists = tables(tmp_path, day())

    assert {"dat-dai", "thuy-loi"} <= set(lists["sectors"].names("vi"))
    assert len(lists["communes"].rows) == 3321
    assert titles(lists["communes"], "vung tau", "79") == ["Phường Vũng Tàu mới"]
    assert lists["depots"].names("vi") == {"a": "Kho A"}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("{", "not JSON"), ("[]", "object of lists"), ('{"communes": 1}', "list of rows"), ('{"communes": ["x"]}', "row 1"),
        ('{"communes": [{"code": 1, "name": "x"}]}', "needs a code"), ('{"communes": [{"code": "1", "nmae": "x"}]}', "'nmae'"),
        ('{"communes": [{"code": "1", "name": " "}]}', "needs a name"), ('{"communes": {"ad": []}}', "'ad'"),
        ('{"communes": {"add": 1}}', "list of rows"), ('{"units": [{"code": "1", "name": "x", "from": "1/7/2025"}]}', "from must be a date"),
        ('{"units": [{"code": "1", "name": "x", "until": 2025}]}', "until must be a date"), ('{"units": [{"code": "1", "name": "x", "until": "0022-07-01"}]}', "until must be a date"),
        ('{"units": [], "units": []}', "duplicated"),
    ],
)  # fmt: skip
def test_a_bad_file_is_told(tmp_path: Path, bad: str, words: str) -> None:
    """With its name, the row, and what would be right."""
    (tmp_path / "units.json").write_text(bad)

    with pytest.raises(SettingsError, match=r"units\.json") as caught:
        tables(tmp_path, day())

    assert words in str(caught.value)


def test_what_does_not_exist_is_not_remembered() -> None:
    """Asking for provinces that are none leaves nothing behind."""
    communes = tables(None, day())["communes"]

    assert [communes.select({"province": f"x{number}"}, "", 5) for number in range(100)] == [()] * 100
    assert communes.find("26506", {"province": 79}) is None
    assert communes.cached_count == 0


@pytest.mark.parametrize("path", sorted(PROCEDURES.glob("*.json")), ids=lambda path: path.stem)
def test_no_page_has_more_than_250_options(path: Path) -> None:
    """Every shipped form with its own examples, as it opens and while each commune in turn is looked up."""
    resources = {f"shared/{one.name}": load(one.read_bytes()).value for one in (PROCEDURES / "shared").glob("*.json")}
    form = read(load(path.read_bytes()), resources=resources, dialect=with_lists(STANDARD, None, day()))
    for test in form.schema["x-tests"]:
        page = str(Renderer().render(form, test["answers"]).fields)
        controls = [name.removeprefix("search:") for name, _ in Page(page).pairs if name.startswith("search:")]

        looked_up = [
            str(Renderer().render(form, test["answers"], layout=Layout(searches={control: "a"})).fields) for control in controls
        ]

        assert max(page.count("<option") for page in (page, *looked_up)) <= 250
