"""A folder of files, picked up while the program runs."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import shutil
import socket
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from support.counting import calls_at_most
from support.hostile_files import REFUSED, SERVED
from support.samples import PROCEDURES, SMALL, TODAY

from dossierkit import open_engine
from dossierkit.catalog.catalog import LOOK_SECONDS, Catalog, Serving
from dossierkit.catalog.folder import Folder
from dossierkit.catalog.lint import SourceLint, lint_paths
from dossierkit.catalog.readings import procedure_at
from dossierkit.catalog.stored_revisions import StoredRevisions
from dossierkit.errors import CatalogError, UnknownProcedure, UnwritableStore
from dossierkit.forms import STANDARD, Format
from dossierkit.stores.sqlite.store import SqliteStore
from dossierkit.testing import MemoryStore


@pytest.fixture
def catalog(folder: Path) -> Catalog:
    return Catalog(folder, STANDARD, memory=MemoryStore())


def put(folder: Path, name: str, value: Any) -> None:
    part = folder / f".{name}.part"
    part.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), "utf-8")
    part.replace(folder / name)


def again(catalog: Catalog) -> Catalog:
    catalog.expire()
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


def test_what_is_known_without_a_look_is_never_old(folder: Path) -> None:
    """The revision is known for as long as the last look is good; the number of the edition changes with what is served."""
    seconds = [0.0]
    catalog = Catalog(folder, STANDARD, memory=MemoryStore(), now=lambda: seconds[0])
    assert catalog.known_revision("1.000001") == ""
    revision, edition = catalog.procedure("1.000001").revision, catalog.edition()
    assert (catalog.known_revision("1.000001"), catalog.known_revision("other")) == (revision, "")

    put(folder, "small.json", {**SMALL, "title": "Khác"})
    assert catalog.known_revision("1.000001") == revision
    seconds[0] += LOOK_SECONDS

    assert catalog.known_revision("1.000001") == ""
    assert catalog.edition() == edition + 1
    assert catalog.known_revision("1.000001") == catalog.procedure("1.000001").revision != revision
    seconds[0] += LOOK_SECONDS
    assert catalog.edition() == edition + 1


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


@pytest.mark.parametrize("rival", ["a.json", "z.json"])
def test_the_file_that_served_goes_on_after_a_restart(folder: Path, rival: str) -> None:
    """Also in a process that saw neither file before, such as one on another machine."""
    memory = MemoryStore()
    first = Catalog(folder, STANDARD, memory=memory)
    first.procedure("1.000001")
    put(folder, rival, {**SMALL, "title": "Bản khác"})
    again(first).procedure("1.000001")

    assert Catalog(folder, STANDARD, memory=memory).procedure("1.000001").title() == "Cấp bản sao"


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


class CountedFormats(dict[str, Format]):
    """Formats that count how often a file was read whole with them."""

    read = 0

    def items(self) -> Any:
        self.read += 1
        return super().items()


def test_the_index_spares_reading(folder: Path, tmp_path: Path) -> None:
    """A second start reads no file whole, whatever is asked of the list; a broken index is no harm."""
    index = tmp_path / "catalog.json"
    memory = MemoryStore()
    Catalog(folder, STANDARD, memory=memory, index=index).list()

    formats = CountedFormats(STANDARD.formats)
    again = Catalog(folder, attrs.evolve(STANDARD, formats=formats), memory=memory, index=index)

    assert [entry.title for entry in again.list()] == ["Cấp bản sao"]
    assert formats.read == 0
    for broken in ('[{"path": 3}]', '{"version": 2, "files": {"small.json": {}}}', "{", '{"version": 2, "files": []}'):
        index.write_text(broken)
        assert [entry.title for entry in Catalog(folder, STANDARD, memory=memory, index=index).list()] == ["Cấp bản sao"]


HALF = ["", '{"title": "half', '{"a": 1, "a": 2}', '{"type": "strin"}', '{"title": "x\\ud800y"}', "[1]", '{"$ref": "#"}']


@pytest.mark.parametrize("bad", HALF)
def test_what_was_once_read_whole_serves_on(folder: Path, bad: str) -> None:
    """Opened before or not, listed under its code, over a restart, and for another process as well."""
    memory = MemoryStore()
    catalog = Catalog(folder, STANDARD, memory=memory)
    put(folder, "other.json", {"title": "Khác", "x-procedure": {"code": "2.1"}})
    assert {entry.code for entry in catalog.list()} == {"1.000001", "2.1"}

    put(folder, "other.json", bad)

    for one in (again(catalog), Catalog(folder, STANDARD, memory=memory), Catalog(folder, STANDARD, memory=memory)):
        assert {entry.code: entry.title for entry in one.list()}["2.1"] == "Khác"
        assert one.procedure("2.1").title() == "Khác"
        assert {state.file: state.serving for state in one.files()}["other.json"] is Serving.LAST_GOOD
    put(folder, "other.json", {"title": "Mới", "x-procedure": {"code": "2.1"}})
    assert again(catalog).procedure("2.1").title() == "Mới"


def test_processes_on_one_folder_agree(folder: Path, tmp_path: Path) -> None:
    """A file that one process read whole serves in the other, which never saw it whole."""
    with closing(SqliteStore(tmp_path / "d.db")) as store:
        first, second = (Catalog(folder, STANDARD, memory=store) for _ in range(2))
        assert first.procedure("1.000001").revision == second.procedure("1.000001").revision
        put(folder, "small.json", {**SMALL, "title": "Bản hai"})
        newer = again(first).procedure("1.000001").revision
        put(folder, "small.json", '{"title": "half')

        assert again(second).procedure("1.000001").revision == newer == again(first).procedure("1.000001").revision
        assert [entry.title for entry in second.list()] == ["Bản hai"]


def test_faults_are_logged_once_and_say_what_serves(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With file, line, column and the rule as lint names it; and that a file is valid again."""
    caplog.set_level(logging.INFO)
    catalog = Catalog(folder, STANDARD, memory=MemoryStore())
    catalog.list()
    put(folder, "small.json", '{"a": 1,\n "a": 2}')
    put(folder, "never.json", {"properties": {"a": {"type": "strin"}}})
    for _ in range(3):
        again(catalog).list()
    told = [record.getMessage() for record in caplog.records]

    assert len(told) == 2
    assert told[1].startswith('small.json:2:7: the key "a" is duplicated') or told[1].startswith("small.json:2:2")
    assert told[1].endswith(" (not-json); its last valid revision is served")
    assert told[0].startswith("never.json:1:")
    assert told[0].endswith(" (not-a-schema); it is not served")
    put(folder, "small.json", SMALL)
    again(catalog).list()
    assert caplog.records[-1].getMessage() == "small.json is valid again"


def test_the_log_speaks_the_language_it_is_asked_for(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Faults of files, what is served, and that a file is valid again."""
    caplog.set_level(logging.INFO)
    catalog = Catalog(folder, STANDARD, memory=MemoryStore(), language="vi")
    catalog.list()
    put(folder, "small.json", '{"title": 1,,}')
    again(catalog).list()
    put(folder, "small.json", SMALL)
    again(catalog).list()

    assert [record.getMessage() for record in caplog.records] == [
        "small.json:1:13: không phải là JSON: ở đây thiếu một tên trong dấu ngoặc kép: không được có dấu phẩy trước },"
        " và JSON không có chú thích (not-json); phiên bản hợp lệ gần nhất vẫn được dùng",
        "small.json đã hợp lệ trở lại",
    ]


def test_errors_that_do_not_keep_a_file_from_serving_are_logged_once_a_revision(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With file, line and rule, once, whatever the number of requests and the day."""
    caplog.set_level(logging.INFO)
    catalog, lint = Catalog(folder, STANDARD, memory=MemoryStore()), SourceLint(folder, STANDARD)
    odd = {
        **SMALL,
        "x-procedure": {**SMALL["x-procedure"], "code": "1.000077"},
        "x-translations": {"en": {"/nowhere": "Name"}},
    }

    def told() -> list[str]:
        caplog.clear()
        for day in (TODAY, TODAY, TODAY + timedelta(days=1)):
            lint.log_served_errors(again(catalog), day)
        return [record.getMessage() for record in caplog.records if record.name == "dossierkit.catalog.lint"]

    assert told() == []
    put(folder, "odd.json", odd)
    first = told()
    assert [(line.split(":")[0], line.rpartition("(")[2]) for line in first] == [
        ("odd.json", "stale-translation); it is served nevertheless")
    ]
    assert catalog.procedure("1.000077").code == "1.000077"
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    os.utime(folder / "odd.json", (1e9, 1e9))
    assert told() == [], "touched, and not changed"
    put(folder, "odd.json", {**odd, "title": "Khác"})
    assert len(told()) == 1
    put(folder, "odd.json", "{")
    assert told() == [], "the catalog tells what it refuses"
    put(folder, "odd.json", {**odd, "title": "Khác"})
    assert told() == []


def test_a_file_that_a_newer_version_refuses_keeps_its_stored_revision(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The first start of the newer version says so, in the language of the log."""
    memory = MemoryStore()
    refused = {**SMALL, "x-rules": [{"rule": "nowhere > 1", "message": "x"}]}
    put(folder, "small.json", refused)
    # An older version read it whole.
    older = procedure_at(folder / "small.json", STANDARD)
    StoredRevisions(memory).keep("small.json", older)

    catalog = Catalog(folder, STANDARD, memory=memory, language="vi")

    assert catalog.procedure("1.000001").revision == older.revision
    assert [(state.file, state.serving) for state in catalog.files()] == [("small.json", Serving.LAST_GOOD)]
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("small.json:1:")
    assert "quy tắc dùng 'nowhere', nhưng không có trường này" in line
    assert line.endswith("; phiên bản hợp lệ gần nhất vẫn được dùng")


@pytest.mark.parametrize(
    "rule",
    [
        {"rule": "nowhere > 1", "message": "x"},
        {"rule": "dayz(copies) > 1", "message": "x"},
        {"rule": "copies > 1", "message": "x", "at": "/nowhere"},
    ],
)
def test_a_rule_that_can_never_run_does_not_serve(folder: Path, rule: dict[str, str]) -> None:
    """It would let everything pass without a word: the revision before it goes on, and a new file waits."""
    catalog = Catalog(folder, STANDARD, memory=MemoryStore())
    revision = catalog.procedure("1.000001").revision
    put(folder, "small.json", {**SMALL, "x-rules": [rule]})
    put(folder, "new.json", {"title": "New", "properties": {"copies": {"type": "integer"}}, "x-rules": [rule]})

    assert again(catalog).procedure("1.000001").revision == revision
    with pytest.raises(UnknownProcedure):
        catalog.procedure("new")
    assert {fault.file for fault in catalog.faults()} == {"small.json", "new.json"}


def test_what_nobody_can_submit_is_not_offered(folder: Path) -> None:
    """A requirement that never ends is a fault of the file; the revision before it goes on."""
    catalog = Catalog(folder, STANDARD, memory=MemoryStore())
    before = catalog.procedure("1.000001").revision
    endless = {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}
    put(folder, "endless.json", endless)
    put(folder, "small.json", {**endless, "x-procedure": {"code": "1.000001"}})

    assert [entry.code for entry in again(catalog).list()] == ["1.000001"]
    assert catalog.procedure("1.000001").revision == before
    assert {(fault.file, fault.code) for fault in catalog.faults()} == {("endless.json", "endless"), ("small.json", "endless")}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "number", "minimum": 30, "maximum": 20},
        {"type": "integer", "exclusiveMinimum": 2, "maximum": 2},
        {"type": "string", "minLength": 9, "maxLength": 2},
        {"type": "array", "minItems": 11, "maxItems": 10},
        {"enum": []},
        {"type": "integer", "enum": ["1", "2"]},
        {"type": ["string", "null"], "enum": [1, 2.5]},
    ],
)
def test_what_allows_no_answer_is_not_offered_where_one_is_required(folder: Path, schema: dict[str, Any]) -> None:
    """Lint alone tells it of a field that may be left out."""
    catalog = Catalog(folder, STANDARD, memory=MemoryStore())
    catalog.read_all()
    form = {"type": "object", "properties": {"a": schema, "b": {"type": "string"}}}
    put(folder, "asked.json", {**form, "required": ["a"]})
    put(folder, "left.json", {**form, "required": ["b"]})

    assert [entry.code for entry in again(catalog).list()] == ["1.000001", "left"]
    assert {(fault.file, fault.code) for fault in catalog.faults()} == {("asked.json", "contradiction")}


def closed(name: str, **more: Any) -> dict[str, Any]:
    """A closed group of one text that requires *name*."""
    return {"type": "object", "properties": {"name": {"type": "string"}}, "required": [name], **more}


NEVER = {"additionalProperties": False}
UNEVALUATED = {"unevaluatedProperties": False}
ROW = {"type": "object", "properties": {"no": {"type": "string"}}}


@pytest.mark.parametrize(
    ("form", "pointer", "code", "words"),
    [
        (closed("nmae", **NEVER), "/required/0", "undeclared-required", "did you mean 'name'"),
        (closed("nmae", **UNEVALUATED), "/required/0", "undeclared-required", "did you mean 'name'"),
        (
            {"type": "object", "properties": {"a": closed("nmae", **UNEVALUATED)}, "required": ["a"]},
            "/properties/a/required/0",
            "undeclared-required",
            "did you mean 'name'",
        ),
        (
            closed("name", dependentRequired={"name": ["id"]}, **NEVER),
            "/dependentRequired/name/0",
            "undeclared-required",
            "declare it",
        ),
        (
            {"allOf": [closed("name", **NEVER), {"properties": {"id": {"type": "string"}}, "required": ["id"]}]},
            "/allOf/0/additionalProperties",
            "closed-too-early",
            "refuses 'id'",
        ),
        (
            closed("name", oneOf=[{"properties": {"id": {"const": n}}, "required": ["id"]} for n in (1, 2)], **NEVER),
            "/additionalProperties",
            "closed-too-early",
            "refuses 'id'",
        ),
        (
            {"type": "object", "properties": {"rows": {"type": "array", "items": ROW, "minItems": 2001}}, "required": ["rows"]},
            "/properties/rows/minItems",
            "too-many-rows",
            "at most 2000",
        ),
        (
            {"type": "object", "properties": {"a": {"type": "string", "const": 5}}, "required": ["a"]},
            "/properties/a/const",
            "bad-const",
            "change one",
        ),
        ({**SMALL, "title": "C\u0000p"}, "/title", "control-character", "character 2 of 'Cp' is U+0000"),
        ({**SMALL, "description": "a\u0085"}, "/description", "control-character", "U+0085"),
        (
            {"properties": {"a": {"type": "string", "x-messages": {"pattern": "\ufffe"}}}},
            "/properties/a/x-messages/pattern",
            "control-character",
            "U+FFFE",
        ),
        (
            {"x-procedure": {"documents": [{"title": "Đơn", "note": "\u001b[0m"}]}},
            "/x-procedure/documents/0/note",
            "control-character",
            "U+001B",
        ),
        ({"x-procedure": {"code": "1.0\uffff"}}, "/x-procedure/code", "control-character", "U+FFFF"),
        (
            {**SMALL, "x-procedure": {"sections": [{"title": "A", "fields": ["/name", "/copes"]}]}},
            "/x-procedure/sections/0/fields/1",
            "dangling-pointer",
            "did you mean 'copies'",
        ),
    ],
)
def test_a_file_that_no_answers_meet_does_not_serve(folder: Path, form: Any, pointer: str, code: str, words: str) -> None:
    """Its author gets the reason with its place, in the words of lint, once."""
    catalog = Catalog(folder, STANDARD, memory=MemoryStore())
    put(folder, "new.json", form)

    assert "new" not in {entry.code for entry in catalog.list()}

    refused = [(fault.pointer, fault.code, fault.message) for fault in catalog.faults() if fault.file == "new.json"]
    linted = [
        (fault.pointer, fault.code, fault.message)
        for fault in lint_paths([folder / "new.json"], STANDARD, TODAY)
        if fault.level == "error"
    ]
    assert refused == linted
    assert {(at, rule) for at, rule, _ in refused} == {(pointer, code)}
    assert words in refused[0][2]


@pytest.mark.parametrize(
    "form",
    [
        {"type": "object", "properties": {"left out": closed("nmae", **NEVER), "b": {"type": "string"}}, "required": ["b"]},
        closed("id", patternProperties={"^i": {"type": "string"}}, **NEVER),
        closed("id", allOf=[{"properties": {"id": {"type": "string"}}}], **UNEVALUATED),
        closed("id", **UNEVALUATED, **{"if": {"properties": {"id": {"const": 1}}}}),
        closed("id", additionalProperties={"type": "string"}, **UNEVALUATED),
        closed("name", anyOf=[{"required": ["id"]}, {"required": ["name"]}], **NEVER),
        {"type": "object", "properties": {"a": {"type": ["object", "null"], "required": ["id"], **NEVER}}, "required": ["a"]},
        {"type": "object", "properties": {"rows": {"type": "array", "items": ROW, "minItems": 2001}}},
        {"type": "object", "properties": {"rows": {"type": "array", "items": ROW, "minItems": 2}}, "required": ["rows"]},
        {"type": "object", "properties": {"any": {"type": "array", "minItems": 2001}}, "required": ["any"]},
        {"type": "object", "properties": {"a": {"type": "integer", "enum": [1.0, "x"]}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "^[^\u0000-\u001f]*$", "title": "Một\tdòng"}}},
    ],
)
def test_a_file_that_some_answers_meet_serves(folder: Path, form: Any) -> None:
    """A closed form takes what another schema of the same place evaluates; an optional field may be left out."""
    put(folder, "new.json", form)

    assert "new" in {entry.code for entry in Catalog(folder, STANDARD, memory=MemoryStore()).list()}


def test_a_new_version_reads_every_file_again(folder: Path, tmp_path: Path) -> None:
    """It may refuse what an earlier one took: an index that another version wrote spares no reading."""
    index, memory = tmp_path / "catalog.json", MemoryStore()
    Catalog(folder, STANDARD, memory=memory, index=index).list()
    written = json.loads(index.read_text())
    index.write_text(json.dumps({**written, "version": written["version"] - 1}))
    formats = CountedFormats(STANDARD.formats)

    Catalog(folder, attrs.evolve(STANDARD, formats=formats), memory=memory, index=index).list()

    assert formats.read == 1


def test_a_misspelt_block_does_not_take_the_place_of_the_procedure(folder: Path) -> None:
    """The code was in the block: without it the file would become another procedure, and this one would disappear."""
    catalog = Catalog(folder, STANDARD, memory=MemoryStore())
    before = catalog.procedure("1.000001").revision
    put(folder, "small.json", {("x-procedur" if name == "x-procedure" else name): said for name, said in SMALL.items()})

    assert [entry.code for entry in again(catalog).list()] == ["1.000001"]
    assert catalog.procedure("1.000001").revision == before
    assert {fault.code for fault in catalog.faults()} == {"lost-block"}


def test_a_store_that_takes_nothing_is_no_fault_of_a_file(folder: Path) -> None:
    """The procedure serves as long as the process does."""

    class Full(MemoryStore):
        def remember(self, key: str, value: Any) -> None:
            raise UnwritableStore("full")

    catalog = Catalog(folder, STANDARD, memory=Full())

    assert catalog.procedure("1.000001").title() == "Cấp bản sao"
    assert catalog.faults() == ()


def test_many_new_files_are_read_a_while_at_a_time(folder: Path) -> None:
    """All of them are listed at the first request; a request for one of them, or for faults, reads it."""
    for number in range(20):
        put(folder, f"p{number}.json", {"title": f"Thủ tục {number}", "x-procedure": {"code": f"p{number}"}})
    put(folder, "z.json", {"type": "strin"})
    ticks = iter(range(10_000))
    formats = CountedFormats(STANDARD.formats)
    catalog = Catalog(folder, attrs.evolve(STANDARD, formats=formats), memory=MemoryStore(), now=lambda: float(next(ticks)))

    assert len(catalog.list()) == 22
    assert formats.read == 1
    assert catalog.procedure("p19").title() == "Thủ tục 19"
    assert {fault.file for fault in catalog.faults()} == {"z.json"}
    assert len(catalog.list()) == 21


def strange_files(folder: Path) -> None:
    """Everything that can be called x.json and is no procedure."""
    outside = folder.parent / "outside.json"
    outside.write_text('{"title": "outside"}')
    (folder / "folder.json").mkdir()
    os.mkfifo(folder / "pipe.json")
    (folder / "link-to-nothing.json").symlink_to("nothing")
    (folder / "link-to-itself.json").symlink_to("link-to-itself.json")
    (folder / "link-out.json").symlink_to(outside)
    (folder / "link-in.json").symlink_to("small.json")
    (folder / "device.json").symlink_to("/dev/zero")
    with closing(socket.socket(socket.AF_UNIX)) as opened, contextlib.chdir(folder):
        opened.bind("socket.json")
    (folder / "large.json").write_bytes(b"")
    os.truncate(folder / "large.json", 1 << 40)
    (folder / "unreadable.json").write_text("{}")
    (folder / "unreadable.json").chmod(0)
    for number, name in enumerate((b"\xff\xfe.json", b"a\nb.json", b"\x1b[2J.json", b"\xf0\x9f\x98\x80.json", b"%2e%2e.json")):
        path = os.fsencode(folder) + b"/" + name
        with open(path, "w") as file:
            file.write('{"title": "strange"}')
        os.utime(path, ns=((-(10**18), 2 * 10**18)[number % 2],) * 2)
    put(folder, "to-a-pipe.json", {"$ref": "pipe.json"})
    put(folder, "to-a-folder.json", {"$ref": "folder.json"})
    put(folder, "to-a-long-name.json", {"$ref": "x" * 5000 + ".json"})
    put(folder, "to-nul.json", {"$ref": "a\0b.json"})
    put(folder, "to-nonsense.json", {"$ref": "http://[::1"})
    put(folder, "title.json", {"title": ["no"], "x-translations": {"vi": {"/title": 5}}})


def test_whatever_is_called_a_file_is_refused_or_served(folder: Path, tmp_path: Path) -> None:
    """Nothing hangs, nothing crashes, each is named, and the sound file serves; for the list, lint and the index alike."""
    strange_files(folder)
    index = tmp_path / "index.json"
    for _ in range(2):
        catalog = Catalog(folder, STANDARD, memory=MemoryStore(), index=index)

        assert catalog.procedure("1.000001").title() == "Cấp bản sao"
        found = {fault.file for fault in catalog.faults()}
        assert {"folder.json", "pipe.json", "link-out.json", "device.json", "socket.json", "large.json"} <= found
        assert {"link-to-nothing.json", "link-to-itself.json", "\\xff\\xfe.json", "a\\nb.json", "title.json"} <= found
        "".join(fault.file + fault.message for fault in catalog.faults()).encode()
        assert not any("outside" in entry.title for entry in catalog.list())
        assert json.loads(index.read_text("utf-8"))["files"]
    linted = SourceLint(folder, STANDARD).findings(TODAY)
    assert {"pipe.json", "\\xff\\xfe.json"} <= {Path(finding.file).name for finding in linted}


MUTATIONS = int(os.environ.get("DOSSIERKIT_MUTATIONS", "150"))


def test_no_mutation_of_a_file_stops_the_others(folder: Path, tmp_path: Path) -> None:
    """Bytes, cuts, links, pipes, sizes, times and names at random, while the catalog serves and is started again."""
    chance = random.Random(7)
    sources = [path.read_bytes() for path in sorted(PROCEDURES.glob("*.json")) if path.stat().st_size < 13_000]
    shutil.copytree(PROCEDURES / "shared", folder / "shared")
    memory, index = MemoryStore(), tmp_path / "index.json"
    catalog = Catalog(folder, STANDARD, memory=memory, index=index)

    for number in range(MUTATIONS):
        name = mutate(folder, chance, sources)
        if number % 50 == 49:
            catalog = Catalog(folder, STANDARD, memory=memory, index=index)

        entries = again(catalog).list()
        assert "1.000001" in {entry.code for entry in entries}, name
        for entry in entries[: 1 if number % 10 else None]:
            assert catalog.procedure(entry.code).code == entry.code
        "".join(fault.file + fault.message for fault in catalog.faults()).encode()


def mutate(folder: Path, chance: random.Random, sources: list[bytes]) -> bytes:
    """Makes one of six files something else; returns its name."""
    name = chance.choice([b"a.json", b"b.json", b"c.json", b"\xff.json", b"\xc4\x91.json", b"shared/person.json"])
    path = os.path.join(os.fsencode(folder), name)
    if os.path.isdir(path) and not os.path.islink(path):
        os.rmdir(path)
    elif os.path.lexists(path):
        os.unlink(path)
    content = bytearray(chance.choice(sources))
    kind = chance.randrange(12)
    if kind == 0:
        os.mkfifo(path)
    elif kind == 1:
        os.symlink(chance.choice([b"small.json", b"nothing", b"/dev/zero", b"/etc/hostname", name, b"b.json"]), path)
    elif kind == 2:
        os.mkdir(path)
    else:
        for _ in range(chance.choice([0, 0, 1, 1, 5, 50])):
            place = chance.randrange(len(content))
            piece = chance.choice(
                [b"", b"\x00", b"\xff", b'"', b"{", b"]", b",", b"\\ud800", b"9e999", b"null", bytes([chance.randrange(256)])]
            )
            content[place : place + chance.choice([0, 1, 8])] = piece
        if kind == 3:
            del content[chance.randrange(len(content)) :]
        if kind == 4:
            content = bytearray(chance.choice([b"[", b'{"a":'])) * chance.randrange(2000)
        with open(path, "wb") as file:
            file.write(content)
        if kind == 5:
            os.truncate(path, 1 << chance.randrange(20, 40))
        if kind == 6:
            os.utime(path, ns=(0, chance.choice([0, -(10**15), 2**62])))
    return name


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
    assert {Path(one.file).name for one in lint_paths([folder], STANDARD, TODAY)} <= {"small.json"}

    (folder / "dossiers.db").unlink()
    assert {name for name, _ in Folder(folder).entries()} == {"small.json", "catalog.json", "calendar.json", "units.json"}


def test_there_must_be_a_folder(tmp_path: Path) -> None:
    """The message says how to name one."""
    with pytest.raises(CatalogError, match="name another folder"):
        Catalog(tmp_path / "none", STANDARD, memory=MemoryStore())


def test_a_revision_depends_on_content_alone(folder: Path) -> None:
    """The same file is the same revision; the order of fields belongs to it."""
    one = Catalog(folder, STANDARD, memory=MemoryStore()).procedure("1.000001")
    put(folder, "small.json", json.dumps(SMALL, indent=4))
    two = Catalog(folder, STANDARD, memory=MemoryStore()).procedure("1.000001")
    put(folder, "small.json", {**SMALL, "properties": dict(reversed(SMALL["properties"].items()))})
    three = Catalog(folder, STANDARD, memory=MemoryStore()).procedure("1.000001")

    assert one.revision == two.revision != three.revision
    restored = Catalog(folder, STANDARD, memory=MemoryStore()).procedure_from_bundle(one.bundle.canonical(), "1.000001")
    assert list(restored.form.schema["properties"]) == ["name", "copies", "rows"]


def test_hostile_files_harm_no_other(folder: Path) -> None:
    """A folder full of them: the list comes soon, each is served or refused with words, the sound one serves."""
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


def test_an_approved_procedure_may_move_to_another_file(folder: Path) -> None:
    """The approval is of its revision: a renamed file needs none, a changed one does."""
    memory = MemoryStore()
    catalog = Catalog(folder, STANDARD, memory=memory, approval=True)
    [(new, _)] = catalog.waiting()
    assert catalog.approve(new.code, new.revision)
    (folder / "small.json").rename(folder / "renamed.json")

    assert Catalog(folder, STANDARD, memory=memory, approval=True).procedure("1.000001").revision == new.revision

    put(folder, "renamed.json", {**SMALL, "title": "Bản khác"})
    assert Catalog(folder, STANDARD, memory=memory, approval=True).procedure("1.000001").title() == "Cấp bản sao"


def test_an_approval_is_of_what_was_looked_at(folder: Path) -> None:
    """A file that is changed after the admin looked at it, and before the next scan, still waits."""
    seconds = [0.0]
    catalog = Catalog(folder, STANDARD, memory=MemoryStore(), approval=True, now=lambda: seconds[0])
    [(seen, _)] = catalog.waiting()
    put(folder, "small.json", {**SMALL, "title": "Another form"})

    assert not catalog.approve(seen.code, seen.revision)

    seconds[0] += 1
    assert [new.title() for new, _ in catalog.waiting()] == ["Another form"]
    with pytest.raises(UnknownProcedure):
        catalog.procedure(seen.code)
