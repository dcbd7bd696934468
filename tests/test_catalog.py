"""A folder of files, picked up while the program runs."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import SMALL
from counting import calls_at_most

from dossierkit import open_engine
from dossierkit.catalog import Catalog
from dossierkit.errors import CatalogError, UnknownProcedure
from dossierkit.forms import STANDARD
from dossierkit.linting import lint_paths
from dossierkit.listing import procedure_files
from dossierkit.testing import MemoryStore


@pytest.fixture
def catalog(folder: Path) -> Catalog:
    return Catalog(folder, STANDARD, memory=MemoryStore())


def put(folder: Path, name: str, value: Any) -> None:
    part = folder / f".{name}.part"
    part.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), "utf-8")
    part.replace(folder / name)


def again(catalog: Catalog) -> Catalog:
    catalog._looked = -1e9  # in place of waiting
    return catalog


def test_a_dropped_file_is_listed_within_a_second(folder: Path) -> None:
    """And a removed one is not."""
    seconds = [0.0]
    catalog = Catalog(folder, STANDARD, memory=MemoryStore(), now=lambda: seconds[0])
    assert [one.code for one in catalog.list()] == ["1.000001"]
    put(folder, "other.json", {"title": "Đăng ký khác", "properties": {}})

    seconds[0] += 1

    assert {one.code for one in catalog.list()} == {"1.000001", "other"}
    (folder / "small.json").unlink()
    assert [one.code for one in again(catalog).list()] == ["other"]


def test_search_needs_no_accents(catalog: Catalog, folder: Path) -> None:
    """Titles, codes and guidance are searched by the beginnings of words."""
    put(folder, "dat.json", {"title": "Đăng ký đất đai"})

    for query in ("dat dai", "ĐẤT", "dang ky", "đất"):
        assert [one.title for one in again(catalog).list(query=query)] == ["Đăng ký đất đai"], query
    assert [one.code for one in catalog.list(query="1.000001")] == ["1.000001"]
    assert [one.code for one in catalog.list(query="nop don")] == ["1.000001"]
    assert catalog.list(query="nothing like it") == ()


@pytest.mark.parametrize(
    "bad", ["", '{"title": "half', "[1, 2]", '{"type": "strin"}', '{"properties": {"a": {"$ref": "#/nope"}}}', '{"a": 1, "a": 2}']
)
def test_a_bad_change_leaves_the_last_good_revision(catalog: Catalog, folder: Path, bad: str) -> None:
    """It is reported, the others are untouched, and a mended file serves again."""
    put(folder, "other.json", {"title": "Khác"})
    before = catalog.procedure("1.000001").revision
    put(folder, "small.json", bad)
    again(catalog)

    codes = {one.code for one in catalog.list()}
    kept = catalog.procedure("1.000001" if "1.000001" in codes else "small")

    assert kept.revision == before
    assert any("small.json" in fault.file for fault in catalog.faults())
    assert catalog.procedure("other").title() == "Khác"
    put(folder, "small.json", {**SMALL, "title": "Mới"})
    assert again(catalog).procedure("1.000001").title() == "Mới"
    assert catalog.faults() == ()


def test_the_last_good_revision_survives_a_restart(folder: Path) -> None:
    """The store remembers it."""
    memory = MemoryStore()
    first = Catalog(folder, STANDARD, memory=memory).procedure("1.000001")
    put(folder, "small.json", {**SMALL, "type": "strin"})

    assert Catalog(folder, STANDARD, memory=memory).procedure("1.000001").revision == first.revision


def test_a_file_that_was_never_good_is_not_served(folder: Path) -> None:
    """Asking for it says why."""
    put(folder, "bad.json", {"type": "strin"})
    catalog = Catalog(folder, STANDARD, memory=MemoryStore())

    with pytest.raises(UnknownProcedure, match=r"bad\.json"):
        catalog.procedure("bad")
    with pytest.raises(UnknownProcedure, match="no procedure"):
        catalog.procedure("none")
    assert catalog.procedure("1.000001")


@pytest.mark.parametrize("rival", ["a.json", "z.json"])
def test_of_two_files_with_one_code_the_one_that_served_goes_on(catalog: Catalog, folder: Path, rival: str) -> None:
    """Whatever their names; the fault names both."""
    catalog.procedure("1.000001")
    put(folder, rival, {**SMALL, "title": "Bản khác"})

    assert again(catalog).procedure("1.000001").title() == "Cấp bản sao"
    assert ["small.json" in f.message and rival in f.message for f in catalog.faults()] == [True]


def test_an_edit_of_a_shared_file_is_a_new_revision(catalog: Catalog, folder: Path) -> None:
    """The revision covers every file that is reached, and shared files are never listed."""
    (folder / "shared").mkdir()
    put(folder / "shared", "person.json", {"type": "object", "properties": {"name": {"type": "string"}}})
    put(folder, "uses.json", {"title": "Dùng", "properties": {"who": {"$ref": "shared/person.json"}}})
    before = again(catalog).procedure("uses").revision

    put(
        folder / "shared",
        "person.json",
        {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}},
    )

    assert again(catalog).procedure("uses").revision != before
    assert "person" not in {one.code for one in catalog.list()}


def test_the_index_spares_reading(folder: Path, tmp_path: Path) -> None:
    """A second start reads no file; a broken index is no harm."""
    index = tmp_path / "catalog.json"
    memory = MemoryStore()
    Catalog(folder, STANDARD, memory=memory, index=index).list()
    stat = (folder / "small.json").stat()
    (folder / "small.json").write_bytes(b"x" * stat.st_size)
    os.utime(folder / "small.json", ns=(stat.st_atime_ns, stat.st_mtime_ns))

    assert [one.title for one in Catalog(folder, STANDARD, memory=memory, index=index).list()] == ["Cấp bản sao"]
    index.write_text('[{"path": 3}]')
    assert Catalog(folder, STANDARD, memory=memory, index=index).list() == ()


def test_a_folder_of_procedures_may_hold_data_too(folder: Path) -> None:
    """Its index and the operator's lists are no procedures, listed or linted, broken or not; without data they would be."""
    (folder / "calendar.json").write_text('{"published": [2027]}')
    (folder / "units.json").write_text('{"provinces": [], "communes": []}')
    for _ in range(2):  # the second time there is an index
        engine = open_engine(f"sqlite:{folder / 'dossiers.db'}", procedures=folder)
        assert [one.code for one in engine.procedures()] == ["1.000001"]
        assert engine.catalog.faults() == ()
        engine.close()
    assert (folder / "catalog.json").is_file()
    assert {Path(one.file).name for one in lint_paths([folder], STANDARD, date(2026, 11, 22))} <= {"small.json"}

    (folder / "dossiers.db").unlink()
    assert {name for name, _, _ in procedure_files(folder)} == {"small.json", "catalog.json", "calendar.json", "units.json"}


def test_there_must_be_a_folder(tmp_path: Path) -> None:
    """The message says how to name one."""
    with pytest.raises(CatalogError, match="--procedures"):
        Catalog(tmp_path / "none", STANDARD, memory=MemoryStore())


def test_a_revision_depends_on_content_alone(folder: Path) -> None:
    """The same file is the same revision; the order of fields belongs to it."""
    one = Catalog(folder, STANDARD, memory=MemoryStore()).procedure("1.000001")
    put(folder, "small.json", json.dumps(SMALL, indent=4))
    two = Catalog(folder, STANDARD, memory=MemoryStore()).procedure("1.000001")
    put(folder, "small.json", {**SMALL, "properties": dict(reversed(SMALL["properties"].items()))})
    three = Catalog(folder, STANDARD, memory=MemoryStore()).procedure("1.000001")

    assert one.revision == two.revision != three.revision
    restored = Catalog(folder, STANDARD, memory=MemoryStore()).restored(one.bundle.canonical(), "1.000001")
    assert list(restored.form.schema["properties"]) == ["name", "copies", "rows"]


def test_hostile_files_harm_no_other(folder: Path) -> None:
    """A folder full of them: the list comes soon, each is served or refused with words, the sound one serves."""
    from test_hostile import REFUSED, SERVED

    for number, (name, schema) in enumerate({**REFUSED, **SERVED}.items()):
        if isinstance(schema, dict):
            put(folder, f"hostile{number}.json", {**schema, "x-procedure": {"code": f"h{number}", "guidance": name}})
    (folder / "deep.json").write_bytes(b"[" * 100_000)
    (folder / "binary.json").write_bytes(bytes(range(256)))
    (folder / "..json").write_text("{}")
    catalog = Catalog(folder, STANDARD, memory=MemoryStore())

    with calls_at_most(5_000_000):
        listed = catalog.list()

    served = 0
    for one in listed:
        try:
            served += bool(catalog.procedure(one.code))
        except UnknownProcedure as error:
            assert one.path in str(error)
    assert served > len(SERVED) - 2
    assert catalog.procedure("1.000001").title() == "Cấp bản sao"
    assert {"deep.json", "binary.json"} <= {fault.file for fault in catalog.faults()}
