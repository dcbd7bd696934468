"""The files of a dossier: accepted or refused with a message, stored, removed, downloaded by permitted users only."""

from __future__ import annotations

import base64
import io
import json
import random
import re
import socket
import socketserver
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import attrs
import pytest
from dossierkit_web import WebConfig, create_app
from dossierkit_web.pages.documents import LIMITS
from PIL import Image
from starlette.testclient import TestClient
from support.page import Page
from support.samples import SMALL
from support.visits import GOOD, sign_in

from dossierkit import Actor, Engine, Role, open_engine
from dossierkit.dossiers.lifecycle.event_facts import fact
from dossierkit.errors import RefusedAnswers, ScanError
from dossierkit.files.clamd import ClamdScanner
from dossierkit.files.disk import DiskBlobs
from dossierkit.office.retention import sweep
from dossierkit.people.staff import appoint
from dossierkit.testing import FixedClock
from dossierkit.wiring import open_accounts

APPLY = "/procedures/1.000001/apply"
PDF = b"%PDF-1.7\n" + b"x" * 3000


def picture(*size: int) -> bytes:
    """A small PNG; where *size* is given, one that says it is as large as that."""
    made = io.BytesIO()
    Image.new("1", (8, 8)).save(made, "PNG")
    png = made.getvalue()
    if not size:
        return png
    header = b"IHDR" + struct.pack("!II", *size) + png[24:29]
    return png[:12] + header + struct.pack("!I", zlib.crc32(header)) + png[33:]


def office(pieces: dict[str, bytes]) -> bytes:
    """A document of these pieces, packed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pieces.items():
            archive.writestr(name, content)
    return made.getvalue()


PNG = picture()
TYPES = {"[Content_Types].xml": b"<Types/>"}
EICAR = b"%PDF-1.4 EICAR"


class Clamd(socketserver.BaseRequestHandler):
    """As much of clamd as a client of INSTREAM sees."""

    answer = b""

    def handle(self) -> None:
        file = self.request.makefile("rb")
        assert file.read(10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!I", file.read(4))[0]:
            content += file.read(size)
        found = b"stream: Eicar-Test FOUND\0" if b"EICAR" in content else b"stream: OK\0"
        self.request.sendall(type(self).answer or found)


@pytest.fixture
def clamd() -> Iterator[ClamdScanner]:
    Clamd.answer = b""
    with socketserver.TCPServer(("127.0.0.1", 0), Clamd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield ClamdScanner("127.0.0.1", server.server_address[1], timeout=2.0)
        server.shutdown()


def portal(tmp_path: Path, folder: Path, clock: FixedClock, **config: Any) -> tuple[Engine, Any]:
    block = {
        **SMALL["x-procedure"],
        "documents": [{"title": "Đơn đề nghị", "code": "don", "required": True}, {"title": "Bản vẽ"}],
    }
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}, ensure_ascii=False), "utf-8")
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    app = create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(**{"guests": True, **config}))
    return engine, lambda: TestClient(app, headers={"sec-fetch-site": "same-origin"})


def attributes(page: str, name: str) -> list[str]:
    """Every value of the attribute *name* on *page*."""
    return [value for _, found in Page(page).attributes if (value := found.get(name))]


def send(client: TestClient, page: str, *files: tuple[str, str, bytes], do: str = "save") -> Any:
    pairs = {**dict(Page(page).pairs), "/name": "An"}
    return client.post(
        APPLY, data={**pairs, "do": do}, files=[(f"document:{code}", (name, io.BytesIO(body))) for code, name, body in files]
    )


def test_files_are_kept_shown_removed_and_sent(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    engine, browser = portal(tmp_path, folder, clock)
    client, other = browser(), browser()
    page = client.get(APPLY).text
    assert page.count('type="file"') == 2
    assert "tối đa 10 MB" in page
    page = send(client, page, ("don", "Đơn của tôi.PDF", PDF), ("don", "trang 2.png", PNG), ("2", "bản vẽ.pdf", PDF)).text
    for name in ("Đơn của tôi.PDF", "trang 2.png", "bản vẽ.pdf"):
        assert name in page
    refused = send(client, page.replace('value="An"', ""), do="continue").text
    assert "trang 2.png" in refused
    again = send(client, refused, ("don", "Đơn của tôi.PDF", PDF)).text
    assert again.count(">Đơn của tôi.PDF<") == 1  # the same file twice is one

    button = next(v for v in attributes(again, "value") if v.startswith("detach:don/"))
    page = send(client, again, do=button).text
    links = [value for value in attributes(page, "href") if value.startswith("/files/")]
    assert len(links) == 2
    answer = client.get(links[0])
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] in ("application/pdf", "image/png")
    assert len(answer.content) == int(answer.headers["content-length"])
    for stranger in (other, browser()):
        stranger.post(APPLY, data={"/name": "B", "do": "save"})
        assert stranger.get(links[0]).status_code == 404
        assert stranger.get(links[0].rpartition("/")[0] + "/sha256-" + "0" * 64).status_code == 404

    review = send(client, page, do="continue").text
    assert "bản vẽ.pdf" in review
    done = client.post(f"{APPLY}/review", data=dict(Page(review).pairs)).text
    assert "bản vẽ.pdf" in done
    dossier = next(iter(engine.store.every()))
    assert len(dossier.attachments) == 2
    assert client.get(links[0]).status_code == 200
    assert list(engine.verify()) == []


def test_a_required_document_is_asked_for(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """It has a star; without a file or a declared paper it is in the summary, with a link to its upload, as a bad file is."""
    engine, browser = portal(tmp_path, folder, clock)
    client = browser()
    page = client.get(APPLY).text
    assert re.search(r'<label for="document-1">Đơn đề nghị <span class="star"', page)
    assert re.search(r'<label for="document-2">Bản vẽ</label>', page)

    refused = send(client, page, do="continue")
    assert refused.status_code == 422
    assert '<a href="#document-1">Đơn đề nghị: Hãy chọn tệp, hoặc đánh dấu vào ô nộp bản giấy.</a>' in refused.text
    assert "#document-2" not in refused.text
    bad = send(client, refused.text, ("don", "a.pdf", b""), ("2", "b.pdf", b""), do="continue").text
    assert re.findall(r'<a href="#(document-\d)">', bad) == ["document-1", "document-2"]
    assert "(2)" in bad[: bad.index("</title>")]
    draft = next(iter(engine.store.every()))
    tried = client.post(f"{APPLY}/review", data={"meta:draft": draft.id})
    assert '<a href="#document-1">' in tried.text
    with pytest.raises(RefusedAnswers) as error:
        engine.submit(draft.id, Actor(draft.owner))
    assert [problem.at for problem in error.value.problems] == ["document:don"]

    send(client, bad, ("don", "a.pdf", PDF))
    assert send(client, client.get(APPLY).text, do="continue").url.path == f"{APPLY}/review"


def test_a_stranger_is_told_of_fields_and_documents_at_once(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """In the order of the page; chosen or declared documents are not asked for, and files alone do not prevent signing in."""
    _, browser = portal(tmp_path, folder, clock, guests=False)
    client = browser()
    wrong = {"/name": "", "/copies": "x", "do": "continue"}

    page = client.post(APPLY, data=wrong)

    assert page.status_code == 422
    assert re.findall(r'<li><a href="#([^"]+)"', page.text) == ["f/name", "f/copies", "document-1"]
    for chosen in ({"data": {**wrong, "paper:don": "1"}}, {"data": wrong, "files": {"document:don": ("a.pdf", PDF)}}):
        assert "#document-1" not in client.post(APPLY, **chosen).text
    assert client.post(APPLY, data={"/name": "An", "do": "continue"}).status_code == 401


def test_the_last_section_is_done_when_its_documents_are(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """The documents are below the last section: while a required one is missing, only the sections above are done."""
    _, browser = portal(tmp_path, folder, clock)
    schema = json.loads((folder / "small.json").read_text("utf-8"))
    schema["x-procedure"]["sections"] = [
        {"title": title, "fields": fields} for title, fields in (("Người nộp", ["/name"]), ("Giấy tờ", ["/copies", "/rows"]))
    ]
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    client = browser()

    saved = send(client, client.get(APPLY).text)
    assert saved.text.count('<li class="done">') == 1
    assert "Bước 2/2: Giấy tờ" in saved.text
    assert client.post(APPLY, data=dict(Page(saved.text).pairs), headers={"x-fragment": "1"}).headers["x-done"] == "s1"
    brought = send(client, client.get(APPLY).text, ("don", "a.pdf", PDF))

    assert brought.text.count('<li class="done">') == 2


def test_a_paper_is_declared_kept_and_told(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """Ticked, kept with the draft, shown before and after sending, and part of the history; unticked, it is asked for again."""
    engine, browser = portal(tmp_path, folder, clock)
    client = browser()
    saved = client.post(APPLY, data={**dict(Page(client.get(APPLY).text).pairs), "/name": "An", "paper:don": "1", "do": "save"})
    assert ("paper:don", "1") in Page(saved.text).pairs
    draft = next(iter(engine.store.every()))
    assert draft.declared == ("don",)
    # An answer that comes without the documents, as from a page of rows alone, takes nothing back.
    client.post(f"{APPLY}?draft={draft.id}", data={"/name": "Ba", "meta:version": str(draft.version), "do": "save"})
    assert next(iter(engine.store.every())).declared == ("don",)
    pairs = dict(Page(client.get(APPLY).text).pairs)
    unticked = client.post(APPLY, data={**{k: v for k, v in pairs.items() if k != "paper:don"}, "do": "continue"})
    assert '<a href="#document-1">' in unticked.text
    strange = {**dict(Page(unticked.text).pairs), "paper:don": "1", "paper:nothing": "1", "do": "continue"}

    review = client.post(APPLY, data=strange)

    assert review.url.path == f"{APPLY}/review"
    assert "đã khai nộp bản giấy" in review.text
    done = client.post(f"{APPLY}/review", data=dict(Page(review.text).pairs)).text
    assert "Đơn đề nghị (đã khai nộp bản giấy" in Page(done).text
    dossier = next(iter(engine.store.every()))
    assert (dossier.handling.declared, dossier.declared) == (("don",), ())
    [*_, sent] = engine.history(dossier)
    assert fact(sent.facts, "declared") == ("don",)
    assert list(engine.verify()) == []


def test_where_no_paper_is_taken_only_a_file_will_do(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """`paper: false` offers no box, and a declaration by hand counts for nothing."""
    engine, browser = portal(tmp_path, folder, clock)
    block = {**SMALL["x-procedure"], "documents": [{"title": "Đơn", "code": "don", "required": True, "paper": False}]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}, ensure_ascii=False), "utf-8")
    engine.catalog.expire()
    client = browser()
    page = client.get(APPLY).text
    assert "paper:don" not in page

    refused = client.post(APPLY, data={**dict(Page(page).pairs), "/name": "An", "paper:don": "1", "do": "continue"}).text

    assert "Đơn: Hãy chọn tệp; giấy tờ này không nhận bản giấy." in refused
    draft = next(iter(engine.store.every()))
    with pytest.raises(RefusedAnswers):
        engine.submit(draft.id, Actor(draft.owner))


def test_a_file_that_is_the_answer_itself(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """Base64 with a media type is an upload: stored as the schema says, checked by content, downloaded by name; it stays."""
    photo = {"type": "string", "title": "Ảnh", "contentEncoding": "base64", "contentMediaType": "image/png"}
    form = {"type": "object", "properties": {"photo": photo}, "required": ["photo"], "x-procedure": {"code": "1.000001"}}
    (folder / "small.json").write_text(json.dumps(form, ensure_ascii=False), "utf-8")
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    client = TestClient(
        create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(guests=True)), headers={"sec-fetch-site": "same-origin"}
    )
    page = client.get(APPLY).text
    assert 'accept="image/png"' in page
    for name, body in (("a.png", PDF), ("a.pdf", PDF), ("a.png", PNG + b"0" * 700_000), ("a.png", b"")):
        client.post(APPLY, data={"do": "save"}, files={"upload:/photo": (name, body)})
        assert all("photo" not in one.answers for one in engine.store.every()), (name, len(body))

    page = client.post(APPLY, data={"do": "save"}, files={"upload:/photo": ("chân dung.png", PNG)}).text
    kept = base64.b64encode(PNG).decode()
    for _ in range(2):
        page = client.post(APPLY, data={**dict(Page(page).pairs), "do": "save"}).text
        assert next(iter(engine.store.every())).answers == {"photo": kept}
    forged = client.post(APPLY, data={**dict(Page(page).pairs), "/photo": base64.b64encode(PDF).decode(), "do": "save"})
    assert forged.status_code == 422
    page = client.post(APPLY, data={"do": "save"}, files={"upload:/photo": ("chân dung.png", PNG)}).text

    review = client.post(APPLY, data={**dict(Page(page).pairs), "do": "continue"}).text
    assert kept not in Page(review).text
    done = client.post(f"{APPLY}/review", data=dict(Page(review).pairs)).text
    [link] = [value for value in attributes(done, "href") if value.startswith("/files/")]
    answer = client.get(link)
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote('Ảnh.png')}"
    dossier = next(iter(engine.store.every()))
    assert dossier.answers == {"photo": kept}
    assert list(engine.verify()) == []


def test_a_cancelled_draft_takes_its_files_with_it(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """And a removed one is gone, too; what another dossier names stays."""
    engine, browser = portal(tmp_path, folder, clock)
    client = browser()

    def kept() -> int:
        return sum(1 for path in (tmp_path / "blobs").rglob("sha256-*") if not path.suffix)

    page = send(client, client.get(APPLY).text, ("don", "a.pdf", PDF), ("2", "b.pdf", PDF)).text
    assert kept() == 2
    page = send(client, page, ("don", "a.pdf", PDF)).text
    assert kept() == 2
    button = next(v for v in attributes(page, "value") if v.startswith("detach:don/"))
    page = send(client, page, do=button).text
    assert kept() == 1
    draft = next(iter(engine.store.every()))
    client.post(f"{APPLY}/cancel", data={"meta:draft": draft.id})
    blobs = DiskBlobs(tmp_path / "blobs")
    clock.advance(timedelta(hours=23))
    assert sweep(engine.store, blobs, clock) == 0
    assert kept() == 1
    clock.advance(timedelta(hours=2))
    assert sweep(engine.store, blobs, clock) == 1
    assert kept() == 0
    assert list(engine.store.every()) == []


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("a.pdf", b"", "rỗng"),
        ("a.pdf", b"<html><script>alert(1)</script>", "không khớp với tên"),
        ("a.svg", b"<svg/>", "không được nhận"),
        ("a.html", b"%PDF-1.7", "không được nhận"),
        ("a.pdf.exe", b"MZ", "không được nhận"),
        (".pdf", b"%PDF-", "không được nhận"),
        ("a.pdf", PDF + b"z" * LIMITS.most_bytes, "lớn hơn 10 MB"),
        ("a.png", PNG[:20], "hỏng"),
        ("a.png", picture(60_000, 60_000), "hỏng"),
        ("a.docx", b"PK\x03\x04" + b"x" * 50, "hỏng"),
        ("a.docx", office({"word/document.xml": b"x"}), "hỏng"),
        ("a.docx", office({**TYPES, "../../etc/cron": b"x"}), "hỏng"),
        ("a.docx", office({**TYPES, "word/document.xml": bytes(4_000_000)}), "hỏng"),
    ],
    ids=[
        "empty",
        "html inside",
        "svg",
        "pdf inside",
        "two suffixes",
        "no name",
        "large",
        "cut off",
        "pixel flood",
        "no archive",
        "no document",
        "zip slip",
        "zip bomb",
    ],
)
def test_what_is_not_taken_is_told(tmp_path: Path, folder: Path, clock: FixedClock, name: str, body: bytes, words: str) -> None:
    engine, browser = portal(tmp_path, folder, clock)
    client = browser()
    answer = send(client, client.get(APPLY).text, ("don", name, body))
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="An"' in answer.text  # nothing else is lost
    assert next(iter(engine.store.every())).attachments == ()


def test_office_documents_are_taken(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """Those that are what they say."""
    engine, browser = portal(tmp_path, folder, clock)
    client = browser()
    sheet = office({**TYPES, "xl/workbook.xml": b"<workbook/>" * 100})
    text = office({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"})
    assert send(client, client.get(APPLY).text, ("don", "a.xlsx", sheet), ("2", "b.odt", text)).status_code == 200
    assert [one.name for one in next(iter(engine.store.every())).attachments] == ["a.xlsx", "b.odt"]
    draft = next(iter(engine.store.every()))
    for attachment in draft.attachments:
        answer = client.get(f"/files/{draft.id}/{attachment.blob}?view")
        assert answer.headers["content-disposition"].startswith("attachment;"), "only pictures and PDF are shown in the browser"
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"


def test_there_is_room_for_ten(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    _, browser = portal(tmp_path, folder, clock)
    client = browser()
    answer = send(client, client.get(APPLY).text, *(("don", f"{n}.pdf", PDF + bytes([n])) for n in range(11)))
    assert answer.status_code == 422
    assert "Đã đủ 10 tệp" in answer.text
    assert "9.pdf" in answer.text


def test_a_document_that_nobody_asks_for_is_left_alone(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    engine, browser = portal(tmp_path, folder, clock)
    client = browser()
    send(client, client.get(APPLY).text, ("other", "a.pdf", PDF))
    assert next(iter(engine.store.every())).attachments == ()


def test_a_scanner_has_the_last_word(tmp_path: Path, folder: Path, clock: FixedClock, clamd: ClamdScanner) -> None:
    engine, browser = portal(tmp_path, folder, clock, scanner=clamd)
    client = browser()
    page = client.get(APPLY).text
    assert "mã độc" in send(client, page, ("don", "a.pdf", EICAR)).text
    page = send(client, client.get(APPLY).text, ("don", "b.pdf", PDF)).text
    assert "b.pdf" in page
    Clamd.answer = b"INSTREAM size limit exceeded. ERROR\0"
    answer = send(client, page, ("2", "c.pdf", PDF))
    assert "Chưa kiểm tra được" in answer.text
    assert 'value="An"' in answer.text
    assert [one.name for one in next(iter(engine.store.every())).attachments] == ["b.pdf"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed_port = ClamdScanner("127.0.0.1", free.getsockname()[1], timeout=0.5)
    with pytest.raises(ScanError, match="does not answer"):
        closed_port.is_clean(io.BytesIO(PDF))


def test_the_files_of_a_form_are_looked_into_as_well(
    tmp_path: Path, folder: Path, clock: FixedClock, clamd: ClamdScanner
) -> None:
    schema = {"properties": {"file": {"type": "string", "title": "Tệp", "x-file": {"accept": [".pdf"]}}}}
    engine, browser = portal(tmp_path, folder, clock, scanner=clamd)
    (folder / "filed.json").write_text(json.dumps({**schema, "x-procedure": {"code": "filed"}}), "utf-8")
    client = browser()
    for body, status in ((EICAR, 422), (PDF, 303)):
        files = {"upload:/file": ("a.pdf", io.BytesIO(body))}
        answer = client.post("/procedures/filed/apply", data={"do": "save"}, files=files, follow_redirects=False)
        assert answer.status_code == status
        assert ("mã độc" in answer.text) is (status == 422)
    assert next(iter(engine.store.every())).answers["file"].startswith("sha256-")


def test_blobs_come_piece_by_piece(tmp_path: Path) -> None:
    """Never whole in memory; a broken upload leaves nothing behind; an id leads nowhere else."""
    blobs = DiskBlobs(tmp_path / "blobs")

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert 0 < size <= 1 << 20
            if self.tell() > 1 << 19:
                raise OSError("the line broke")
            return super().read(size)

    with pytest.raises(OSError, match="the line broke"):
        blobs.put("a", Broken(b"x" * (1 << 20)))
    assert list((tmp_path / "blobs").rglob("*.part")) == []
    id = blobs.put("../../etc/passwd", io.BytesIO(b"content"))
    other = blobs.put("other", io.BytesIO(b"content"))
    assert other != id
    assert other[:71] == id[:71]
    blobs.delete(other)
    blobs.delete("sha256-../../../x")
    assert blobs.open(other) is None
    opened: BinaryIO | None = blobs.open(id)
    assert opened is not None
    with opened:
        assert opened.read() == b"content"
    assert blobs.open("sha256-../../../x") is None
    assert blobs.open("sha256-" + "0" * 64) is None
    for strange in (
        "",
        "/",
        ".",
        "..",
        "a/b",
        "\0",
        "x" * 10_000,
        "sha256-" + "0" * 64,
        f"sha256-{'0' * 64}-{'0' * 16}",
        f"{id}\n",
    ):
        assert blobs.open(strange) is None
        assert blobs.name(strange) == ""
        blobs.delete(strange)
    assert blobs.name(id) == "../../etc/passwd"


FILED = {
    "title": "Tệp",
    "required": ["name", "file"],
    "properties": {
        "name": {"type": "string", "title": "Họ tên"},
        "file": {"type": "string", "title": "Tệp", "x-file": {"accept": [".pdf"]}},
        "more": {"type": "array", "title": "Tệp khác", "items": {"type": "string", "x-file": {}}},
    },
    "x-procedure": {"code": "filed"},
}
FILED_AT = "/procedures/filed/apply"
#: Texts that are no id of a kept file.
STRANGE = ("/", "..", "a/b", "abc", "\x00", "x" * 10_000, "sha256-../../../x", f"sha256-{'0' * 64}-{'0' * 16}")


def filing(tmp_path: Path, folder: Path, clock: FixedClock) -> tuple[Engine, Callable[[], TestClient], DiskBlobs]:
    """A portal with a procedure that requires a file."""
    (folder / "filed.json").write_text(json.dumps(FILED), "utf-8")
    engine, browser = portal(tmp_path, folder, clock)
    assert isinstance(engine.blobs, DiskBlobs)
    return engine, browser, engine.blobs


# A form that holds U+0000 is refused whole.
@pytest.mark.parametrize("strange", [strange for strange in STRANGE if "\0" not in strange], ids=ascii)
@pytest.mark.parametrize("do", ["save", "update", "continue", "fragment"])
def test_what_is_no_file_is_refused_at_its_field(tmp_path: Path, folder: Path, clock: FixedClock, strange: str, do: str) -> None:
    """Whichever button sent it; nothing of it is kept, and what else was typed is."""
    engine, browser, _ = filing(tmp_path, folder, clock)
    client = browser()
    headers = {"x-fragment": "1"} if do == "fragment" else {}
    data = {"/name": "An", "/file": strange, "/more": strange, "do": "update" if do == "fragment" else do}

    answer = client.post(FILED_AT, data=data, headers=headers, follow_redirects=False)

    assert answer.status_code == 422
    assert answer.text.count("Không tìm thấy tệp này; hãy chọn lại tệp.") >= 2
    [draft] = engine.store.every()
    assert draft.answers == {"name": "An"}


def test_a_file_of_somebody_else_is_refused_on_every_way(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """By the library as by the page; so is a file that was deleted, and a text that is no id."""
    engine, browser, blobs = filing(tmp_path, folder, clock)
    foreign, gone, mine = (blobs.put("a.pdf", io.BytesIO(PDF)) for _ in range(3))
    blobs.delete(gone)
    engine.begin("filed", Actor("other"), {"file": foreign})
    me = Actor("me")
    draft = engine.begin("filed", me, {"name": "An", "file": mine})
    for strange in (*STRANGE, foreign, gone):
        for answers in ({"name": "An", "file": strange}, {"name": "An", "file": mine, "more": [mine, strange]}):
            with pytest.raises(RefusedAnswers):
                engine.begin("filed", me, answers)
            with pytest.raises(RefusedAnswers) as refused:
                engine.save(draft.id, answers, me, version=draft.version)
            assert {one.rule for one in refused.value.problems} == {"no-file"}
    with pytest.raises(RefusedAnswers):
        engine.save(draft.id, {"name": foreign, "file": mine}, me, version=draft.version)
    assert foreign not in browser().post(FILED_AT, data={"/file": foreign, "do": "save"}).text
    assert engine.submit(draft.id, me).code is not None


def test_a_file_that_was_lost_stops_the_submission_at_its_field(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """A draft with it can still be saved, and shown."""
    engine, _, blobs = filing(tmp_path, folder, clock)
    me, id = Actor("me"), blobs.put("a.pdf", io.BytesIO(PDF))
    draft = engine.begin("filed", me, {"name": "An", "file": id})
    blobs.delete(id)
    draft = engine.save(draft.id, {"name": "Bình", "file": id}, me, version=draft.version)
    with pytest.raises(RefusedAnswers) as refused:
        engine.submit(draft.id, me)
    assert [(one.at, one.rule) for one in refused.value.problems] == [("/file", "no-file")]


def test_a_bad_file_and_bad_fields_are_told_at_once(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """A good file that came along is kept meanwhile."""
    engine, browser, _ = filing(tmp_path, folder, clock)
    files = [("upload:/file", ("a.pdf", io.BytesIO(b"no pdf"))), ("upload:/more", ("b.pdf", io.BytesIO(PDF)))]
    answer = browser().post(FILED_AT, data={"/name": "", "do": "continue"}, files=files)
    assert answer.status_code == 422
    assert 'href="#f/name"' in answer.text
    assert 'href="#f/file"' in answer.text
    assert "Hãy chọn tệp khác." in answer.text
    [draft] = engine.store.every()
    assert len(draft.answers["more"]) == 1
    assert {one.at for one in engine.check(draft)} == {"/name", "/file"}


def test_a_dossier_that_holds_what_is_no_file_opens_everywhere(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """A value stored before ids were checked is reported as missing at its place, and breaks no page."""
    engine, browser, blobs = filing(tmp_path, folder, clock)
    client = browser()
    files = {"upload:/file": ("a.pdf", io.BytesIO(PDF))}
    client.post(FILED_AT, data={"/name": "An", "do": "save"}, files=files)
    [draft] = engine.store.every()
    for strange in STRANGE:
        bad = attrs.evolve(draft, answers={"name": "An", "file": strange, "more": [strange, 7]}, version=draft.version + 1)
        engine.store.replace(bad)
        draft = bad
        for page in (FILED_AT, f"{FILED_AT}/review?draft={draft.id}", f"/files/{draft.id}/{quote(strange, safe='')}"):
            answer = client.get(page)
            assert answer.status_code in (200, 404, 431) if page.startswith("/files/") else answer.status_code == 200
            assert page.startswith("/files/") or "(không tìm thấy tệp)" in answer.text
        assert {"/file", "/more"} <= {one.at for one in engine.check(draft)}
        assert list(engine.verify(blobs=blobs)) in ([], [f"{draft.id}: the file {strange} is gone"])


def test_after_random_posts_every_dossier_opens_for_everybody(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """Posts of anything to fields for files; then each page of a draft, and of a dossier for its owner and for an officer."""
    engine, browser, blobs = filing(tmp_path, folder, clock)
    appointed = appoint(open_accounts(engine), "root@office.vn", "Quản trị", Role.ADMIN, "")
    officer = browser()
    sign_in(officer, appointed, "root@office.vn")
    officer.post("/password", data={"new": GOOD})
    chance, client = random.Random(20), browser()
    for _ in range(25):
        data = {"/name": chance.choice(("", "An")), "do": chance.choice(("save", "update", "continue"))}
        data |= {name: chance.choice(STRANGE) for name in ("/file", "/more", "/more/0", "upload:/file") if chance.random() < 0.4}
        body = chance.choice((PDF, b"no pdf"))
        files = {"upload:/file": ("a.pdf", io.BytesIO(body))} if chance.random() < 0.5 else None
        assert client.post(FILED_AT, data=data, files=files).status_code in (200, 422)
        assert client.get(FILED_AT).status_code == 200
    files = {"upload:/file": ("a.pdf", io.BytesIO(PDF))}
    page = client.post(FILED_AT, data={"/name": "An", "do": "continue"}, files=files)
    done = client.post(f"{FILED_AT}/review", data=dict(Page(page.text).pairs))
    dossier = engine.lookup(done.url.path.rpartition("/")[2])
    assert dossier is not None
    for strange in (*STRANGE, [*STRANGE]):
        bad = attrs.evolve(dossier, answers={"name": "An", "file": strange, "more": strange}, version=dossier.version + 1)
        engine.store.replace(bad)
        dossier = bad
        for who, path in ((client, f"/dossiers/{dossier.code}"), (officer, f"/desk/{dossier.code}")):
            answer = who.get(path)
            assert answer.status_code == 200
            assert "(không tìm thấy tệp)" in answer.text
        assert client.post(f"/dossiers/{dossier.code}/copy", follow_redirects=False).status_code == 303
        assert any(dossier.id in fault for fault in engine.verify(blobs=blobs))
