"""Option lists of the installation."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from dossierkit.errors import SettingsError
from dossierkit.lists import tables

DAY = date(2026, 11, 22)


def test_what_ships_has_every_province() -> None:
    """Thirty-four, and only a sample of communes."""
    lists = tables(None, DAY)

    assert len(lists["provinces"].rows) == 34
    assert lists["communes"].find("26506", {"province": "79"}) is not None
    assert lists["communes"].find("26506", {"province": "01"}) is None
    assert [c.title for c in lists["provinces"].select({}, "ho chi minh", 5)] == ["Thành phố Hồ Chí Minh"]


def test_an_operator_brings_the_rest(tmp_path: Path) -> None:
    """Rows are in force by their dates; lists that the file does not name stay."""
    rows = [
        {"code": "1", "name": "Cũ", "province": "79", "until": "2025-06-30"},
        {"code": "2", "name": "Nay", "province": "79", "from": "2025-07-01"},
        {"code": "3", "name": "Sau", "province": "79", "from": "2027-01-01"},
    ]
    (tmp_path / "units.json").write_text(json.dumps({"communes": rows}), "utf-8")
    lists = tables(tmp_path, DAY)

    assert [c.value for c in lists["communes"].select({"province": "79"}, "", 10)] == ["2"]
    assert len(lists["communes"].select({}, "", 1)) == 1
    assert len(lists["provinces"].rows) == 34


@pytest.mark.parametrize("bad", ["{", '{"communes": [{"code": 1}]}', '{"communes": ["x"]}'])
def test_a_bad_file_is_told(tmp_path: Path, bad: str) -> None:
    """With its name and the row."""
    (tmp_path / "units.json").write_text(bad)

    with pytest.raises(SettingsError, match=r"units\.json"):
        tables(tmp_path, DAY)
