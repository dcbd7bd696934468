"""Procedure files that are published in the store, and nodes that serve them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from dossierkit_web import WebConfig, create_app
from support.browsing import browsers_of
from support.people import AN
from support.samples import NOON, SMALL
from support.visits import GOOD, sign_in
from support.waiting import wait_for

from dossierkit import Engine, Role, open_engine
from dossierkit.catalog.catalog import Catalog, Serving
from dossierkit.catalog.folder import Folder
from dossierkit.catalog.publishing import FolderContent, Outcome, Publisher, read_folder, watch
from dossierkit.catalog.sources import PublishedFiles
from dossierkit.cli import main
from dossierkit.errors import CatalogError, UnknownProcedure, UnwritableStore
from dossierkit.forms import STANDARD
from dossierkit.papers.rendering import Papers
from dossierkit.papers.values import Paper, PaperKind
from dossierkit.people.staff import appoint
from dossierkit.testing import FixedClock, MemoryStore
from dossierkit.wiring import open_accounts, open_publisher

PAPER = Paper(PaperKind("01", "01"), "vi", (), (), "", "", "", "", (), ())


@pytest.fixture
def place(tmp_path: Path) -> str:
    return f"sqlite:{tmp_path / 'data' / 'dossiers.db'}"


@pytest.fixture
def node(place: str, clock: FixedClock) -> Iterator[Callable[..., Engine]]:
    """Opens one more node over the store."""
    with ExitStack() as ending:

        def make(address: str = place, **options: Any) -> Engine:
            return ending.enter_context(closing(open_engine(address, procedures="store:", clock=clock, **options)))

        yield make


def publisher(engine: Engine) -> Publisher:
    return open_publisher(engine, author="An")


def write(folder: Path, title: str, **more: Any) -> None:
    (folder / "small.json").write_text(json.dumps({**SMALL, "title": title, **more}), "utf-8")


def title(engine: Engine) -> str:
    """Of the procedure that a citizen is offered now."""
    engine.catalog.expire()
    return engine.procedure("1.000001").title()


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["publish", "--data", str(data), *arguments])


def test_every_node_serves_what_one_published(node: Callable[..., Engine], folder: Path) -> None:
    """Without a folder of its own; a dossier is begun with the revision, and keeps it."""
    first, second = node(), node()
    publisher(first).publish(read_folder(Folder(folder)))
    draft = second.begin("1.000001", AN, {"name": "An"})

    write(folder, "Cấp bản sao mới")
    outcome = publisher(first).publish(read_folder(Folder(folder)))

    assert (title(first), title(second)) == ("Cấp bản sao mới", "Cấp bản sao mới")
    assert second.administration.publication == outcome.publication == second.administration.publications()[0]
    assert second.procedure_of(draft).title() == "Cấp bản sao"
    assert second.submit(draft.id, AN).code is not None


def test_a_node_elsewhere_learns_of_a_publication_by_itself(
    node: Callable[..., Engine], folder: Path, postgres: str, tmp_path: Path
) -> None:
    """Another process watches a folder and publishes into PostgreSQL until SIGTERM; the node learns of it by itself."""
    serving = node(postgres)
    with pytest.raises(UnknownProcedure):
        serving.procedure("1.000001")

    command = [sys.executable, "-m", "dossierkit", "publish", "--data", str(tmp_path / "elsewhere"), "--store", postgres]
    with subprocess.Popen([*command, "--by", "Bình", "--watch", str(folder)], stdout=subprocess.PIPE, text=True) as watching:
        try:
            wait_for(lambda: [entry.title for entry in serving.procedures()] == ["Cấp bản sao"], seconds=60)
            write(folder, "Cấp bản sao mới")
            wait_for(lambda: [entry.title for entry in serving.procedures()] == ["Cấp bản sao mới"])
        finally:
            watching.terminate()
            printed, _ = watching.communicate(timeout=60)

    assert watching.returncode == 0
    assert "changed  small.json" in printed
    assert serving.administration.publications()[0].author == "Bình"


def test_a_publication_has_all_that_its_procedures_need(node: Callable[..., Engine], tmp_path: Path) -> None:
    """Files that others refer to, and papers; no other shared files, nor files of the installation."""
    folder = tmp_path / "procedures"
    (folder / "shared").mkdir(parents=True)
    (folder / "papers" / "1.000001").mkdir(parents=True)
    write(folder, "Cấp bản sao", properties={"name": {"$ref": "shared/name.json"}})
    for name, content in (("name", {"$ref": "parts/text.json"}), ("parts/text", {"type": "string"}), ("other", {})):
        path = folder / "shared" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content), "utf-8")
    (folder / "papers" / "1.000001" / "01.html").write_text("<p>Mẫu riêng</p>", "utf-8")
    (folder / "papers" / "1.000001" / "notes.txt").write_text("…", "utf-8")
    (folder / ".small.json.swp").write_text("…", "utf-8")
    engine = node()

    publication = publisher(engine).publish(read_folder(Folder(folder))).publication

    assert publication is not None
    assert {*publication.files} == {
        "small.json", "shared/name.json", "shared/parts/text.json", "papers/1.000001/01.html",
    }  # fmt: skip
    served = {*engine.procedure("1.000001").bundle.documents}
    assert served == {"", "shared/name.json", "shared/parts/text.json"}


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("new.json", "{", "not-json"),
        ("new.json", json.dumps({**SMALL, "type": "objekt"}), "not-a-schema"),
        ("new.json", json.dumps(SMALL), "same-code"),
        ("new.json", json.dumps({"properties": {"a": {"$ref": "shared/none.json"}}}), "unresolved-ref"),
    ],
)
def test_an_error_refuses_the_whole_publication(
    node: Callable[..., Engine], folder: Path, name: str, text: str, code: str
) -> None:
    """Also of the files that are right; what served goes on."""
    engine = node()
    publisher(engine).publish(read_folder(Folder(folder)))
    write(folder, "Sửa đúng")
    (folder / name).write_text(text, "utf-8")

    outcome = publisher(engine).publish(read_folder(Folder(folder)))

    assert outcome.publication is None
    assert code in {finding.code for finding in outcome.findings if finding.level == "error"}
    assert {finding.file for finding in outcome.findings if finding.level == "error"} <= {name, "small.json"}
    assert (engine.store.last_publication(), title(engine)) == (1, "Cấp bản sao")


def test_an_empty_folder_takes_nothing_away(node: Callable[..., Engine], folder: Path, tmp_path: Path) -> None:
    """It is rather misspelt than meant."""
    engine = node()
    publisher(engine).publish(read_folder(Folder(folder)))
    (tmp_path / "empty").mkdir()

    with pytest.raises(CatalogError, match="no procedure file"):
        publisher(engine).publish(read_folder(Folder(tmp_path / "empty")))

    assert title(engine) == "Cấp bản sao"


def test_a_link_out_of_the_folder_is_not_published(node: Callable[..., Engine], folder: Path, tmp_path: Path) -> None:
    """Its content may be private."""
    (tmp_path / "outside.json").write_text(json.dumps({"title": "Ngoài", "properties": {}}), "utf-8")
    (folder / "link.json").symlink_to(tmp_path / "outside.json")

    outcome = publisher(node()).publish(read_folder(Folder(folder)))

    assert outcome.publication is None
    assert {finding.file for finding in outcome.findings if finding.level == "error"} == {"link.json"}


def test_a_node_that_cannot_read_a_publication_goes_on(node: Callable[..., Engine], folder: Path) -> None:
    """It serves the last revision that it could read, and says so."""
    engine = node()
    publisher(engine).publish(read_folder(Folder(folder)))
    assert title(engine) == "Cấp bản sao"

    # Lint of this version would refuse it; that of another one may not.
    engine.store.publish({"small.json": b'{"type": "objekt"}'}, author="An", at=NOON)

    assert (title(engine), engine.catalog.files()[0].serving) == ("Cấp bản sao", Serving.LAST_GOOD)
    assert title(node()) == "Cấp bản sao"


def test_a_store_that_does_not_answer_takes_nothing_away(folder: Path) -> None:
    """Procedures stay listed, the fault is told; files are read again once it answers."""

    class Failing(MemoryStore):
        down = ""

        def last_publication(self) -> int:
            return self._answer("number", super().last_publication())

        def published_file(self, digest: str) -> bytes | None:
            return self._answer("file", super().published_file(digest))

        def _answer(self, question: str, value: Any) -> Any:
            if question == self.down:
                raise UnwritableStore("the store is away")
            return value

    store = Failing()
    writer = Publisher(store, STANDARD, author="An", clock=FixedClock(NOON))
    writer.publish(read_folder(Folder(folder)))
    catalog = Catalog(PublishedFiles(store), STANDARD, memory=store)
    assert [entry.title for entry in catalog.list()] == ["Cấp bản sao"]
    write(folder, "Cấp bản sao mới")
    writer.publish(read_folder(Folder(folder)))
    for store.down in ("number", "file"):
        catalog.expire()
        assert [entry.title for entry in catalog.list()] == ["Cấp bản sao"]
        assert [fault.code for fault in catalog.faults()] == ["no-store"]

    store.down = ""
    catalog.expire()
    assert [entry.title for entry in catalog.list()] == ["Cấp bản sao mới"]
    assert catalog.faults() == ()


def test_what_is_published_waits_for_approval_too(node: Callable[..., Engine], folder: Path) -> None:
    """Where nodes ask for it; the approval at one node counts for all."""
    first, second = node(approval=True), node(approval=True)
    publisher(first).publish(read_folder(Folder(folder)))
    with pytest.raises(UnknownProcedure, match="waits for approval"):
        second.procedure("1.000001")
    [(new, old)] = first.administration.waiting()
    assert old is None

    assert first.administration.approve("1.000001", new.revision)
    assert title(second) == "Cấp bản sao"

    write(folder, "Chưa ai duyệt")
    publisher(first).publish(read_folder(Folder(folder)))
    assert (title(first), title(second)) == ("Cấp bản sao", "Cấp bản sao")


def test_a_folder_is_watched_until_told_to_stop(
    node: Callable[..., Engine], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A change is published, an error refused until it is corrected, a deleted file taken away; a lost folder may come back."""
    engine, outcomes, stopping = node(), list[Outcome](), threading.Event()
    (folder / "other.json").write_text(json.dumps({"title": "Khác", "properties": {}}), "utf-8")
    watching = threading.Thread(
        target=watch, args=(publisher(engine), Folder(folder), outcomes.append, stopping), kwargs={"every": 0.01}
    )
    watching.start()
    try:
        wait_for(lambda: len(outcomes) == 1)
        (folder / "small.json").write_text("{", "utf-8")
        wait_for(lambda: len(outcomes) == 2)
        assert (outcomes[1].publication, title(engine)) == (None, "Cấp bản sao")
        write(folder, "Cấp bản sao mới")
        wait_for(lambda: outcomes[-1].publication is not None and title(engine) == "Cấp bản sao mới")
        (folder / "other.json").unlink()
        wait_for(lambda: {entry.code for entry in engine.procedures()} == {"1.000001"})
        folder.rename(folder.with_name("away"))
        wait_for(lambda: "the folder cannot be read" in caplog.text)
        write(folder.with_name("away"), "Đã trở lại")
        folder.with_name("away").rename(folder)
        wait_for(lambda: title(engine) == "Đã trở lại")
    finally:
        stopping.set()
        watching.join(20)
    assert not watching.is_alive()


def test_history_and_the_way_back_are_commands(node: Callable[..., Engine], folder: Path, tmp_path: Path) -> None:
    """Who, when, which digest; an earlier publication serves again after one command."""
    engine, data = node(), tmp_path / "data"
    assert "nothing is published" in run(data, "--list").stderr
    first = run(data, "--by", "An", str(folder))
    write(folder, "Cấp bản sao mới")
    second = run(data, "--by", "Bình", str(folder))
    again = run(data, str(folder))

    assert (first.exit_code, second.exit_code, again.exit_code) == (0, 0, 0)
    assert first.stdout.startswith("publication 1, ")
    assert "changed  small.json" in second.stdout
    assert "publication 2, " in again.stdout
    assert "already" in again.stdout
    assert title(engine) == "Cấp bản sao mới"

    back = run(data, "--back", "1")

    assert (back.exit_code, title(engine)) == (0, "Cấp bản sao")
    rows = [line.split("\t") for line in run(data, "--list").stdout.splitlines()]
    assert [(row[0], row[4]) for row in rows[1:]] == [("2", "Bình"), ("1", "An")]
    assert rows[0][2] == rows[2][2] != rows[1][2]
    unknown = run(data, "--back", "9")
    assert (unknown.exit_code, "there is no publication 9" in unknown.stderr) == (2, True)


def test_a_refusal_is_printed_with_its_places(node: Callable[..., Engine], folder: Path, tmp_path: Path) -> None:
    """In the language that is asked for; the exit code tells programs."""
    node()
    (folder / "small.json").write_text('{\n  "type": objekt\n}', "utf-8")

    refused = run(tmp_path / "data", "--language", "vi", str(folder))

    assert refused.exit_code == 1
    assert "small.json:2:" in refused.stderr
    assert "not published: 1 error; nothing is published yet" in refused.stderr


@pytest.mark.parametrize(
    "arguments", [["--list", "--back", "1"], ["--watch", "--list"], ["--list", "procedures"], ["--back", "1", "procedures"], []]
)
def test_options_that_exclude_each_other_are_refused(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As is publishing without a folder where there is no installation."""
    monkeypatch.chdir(tmp_path)
    assert run(tmp_path, *arguments).exit_code == 2


def test_an_installation_says_that_it_serves_the_store(
    node: Callable[..., Engine], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its settings; commands for files then ask for their folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dossierkit.toml").write_text('procedures = "store:"\n', "utf-8")
    publisher(node()).publish(read_folder(Folder(folder)))

    listed = CliRunner().invoke(main, ["list"])

    assert listed.stdout == "1.000001\tCấp bản sao\n"
    assert "from publication 1 of 22/11/2026 12:00 in the store" in listed.stderr
    for command in (["publish"], ["lint"], ["new", "ban-sao"]):
        result = CliRunner().invoke(main, command)
        assert (result.exit_code, "name the folder" in result.stderr) == (2, True), command


def test_papers_come_with_a_publication(node: Callable[..., Engine], folder: Path) -> None:
    """And change with the next one."""
    engine = node()
    papers = Papers(engine.administration.source)
    assert "<article" in papers.html(PAPER, "1.000001")
    own = folder / "papers" / "1.000001"
    own.mkdir(parents=True)
    for words in ("Mẫu thứ nhất", "Mẫu thứ hai"):
        (own / "part.html").write_text(words, "utf-8")
        (own / "01.html").write_text('<p>{% include "part.html" %}</p>', "utf-8")
        publisher(engine).publish(read_folder(Folder(folder)))
        assert papers.html(PAPER, "1.000001") == f"<p>{words}</p>"


@pytest.mark.parametrize("text", [b"<p>\n{% if paper.code %}</p>", b"\xff"])
def test_a_paper_that_cannot_be_printed_is_not_published(node: Callable[..., Engine], folder: Path, text: bytes) -> None:
    """The papers that serve stay."""
    own = folder / "papers" / "1.000001"
    own.mkdir(parents=True)
    (own / "01.html").write_bytes(text)

    outcome = publisher(node()).publish(read_folder(Folder(folder)))

    assert outcome.publication is None
    assert [(fault.file, fault.code) for fault in outcome.findings if fault.level == "error"] == [
        ("papers/1.000001/01.html", "bad-template")
    ]


def test_the_page_of_admins_shows_publications(node: Callable[..., Engine], folder: Path, tmp_path: Path) -> None:
    """Where procedures come from, who published what, and which publication serves here."""
    engine = node()
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs", config=WebConfig())) as browser:
        root = browser()
        sign_in(root, appoint(open_accounts(engine), "root@office.vn", "Root", Role.ADMIN), "root@office.vn")
        root.post("/password", data={"new": GOOD})
        assert "chưa có bản công bố nào" in root.get("/admin").text
        publication = publisher(engine).publish(read_folder(Folder(folder))).publication
        assert publication is not None
        engine.catalog.expire()

        page = root.get("/admin?lang=en").text

    assert "Procedures come from the store; this server reads publication 1." in page
    assert f"<code>{publication.digest[:12]}</code>" in page
    assert page.count("served here") == 1


def test_shared_files_alone_are_no_publication(node: Callable[..., Engine]) -> None:
    """Nodes would have nothing to offer."""
    with pytest.raises(CatalogError):
        publisher(node()).publish(FolderContent({"shared/a.json": b"{}"}, {}))
