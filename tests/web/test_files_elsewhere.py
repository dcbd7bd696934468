"""The portal over object storage: uploads and downloads pass through it, and a storage that fails gives a message."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dossierkit_web import WebConfig, create_app
from starlette.testclient import TestClient
from support.page import Page
from support.proxy import failed, garbled, stalled, unheard
from support.s3 import Bucket

from dossierkit import Actor, Engine, open_engine
from dossierkit.dossiers.lifecycle.dossier import Dossier, blobs_of
from dossierkit.files.ids import key_of
from dossierkit.office.retention import sweep
from dossierkit.testing import FixedClock

APPLY = "/procedures/filed/apply"
PDF = b"%PDF-1.7\n" + b"x" * 3000
#: More than one piece of a download.
LARGE = b"%PDF-1.7\n" + bytes(400_000)
FILED = {
    "type": "object",
    "title": "Tệp",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "title": "Họ tên"},
        "file": {"type": "string", "title": "Tệp", "x-file": {"accept": [".pdf"]}},
    },
    "x-procedure": {"code": "filed", "documents": [{"title": "Đơn đề nghị", "code": "don"}]},
}

Office = tuple[Engine, TestClient]


@pytest.fixture
def office(tmp_path: Path, folder: Path, clock: FixedClock, bucket: Bucket) -> Iterator[Office]:
    """A portal whose files are in a bucket, and a browser."""
    (folder / "filed.json").write_text(json.dumps(FILED), "utf-8")
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    app = create_app(engine, blobs=bucket.blobs, config=WebConfig(guests=True))
    with TestClient(app, headers={"sec-fetch-site": "same-origin"}, raise_server_exceptions=False) as client:
        yield engine, client
    engine.close()


def sent(client: TestClient, do: str = "save", **files: bytes) -> Any:
    """The answer to the form with a document and a file for the field."""
    names = {"document": "document:don", "field": "upload:/file"}
    pairs = {**dict(Page(client.get(APPLY).text).pairs), "/name": "An", "do": do}
    return client.post(
        APPLY, data=pairs, files=[(names[kind], (f"{kind}.pdf", io.BytesIO(body))) for kind, body in files.items()]
    )


def kept(engine: Engine) -> Dossier:
    [dossier] = engine.store.every()
    return dossier


def test_files_go_in_and_out_through_the_portal(office: Office, bucket: Bucket) -> None:
    """A document and an answer; the page leads to the portal, never to the bucket."""
    engine, client = office
    page = sent(client, document=PDF, field=LARGE).text

    dossier = kept(engine)

    assert len(blobs_of(dossier)) == 2
    assert len(bucket.keys()) == 4
    assert "document.pdf" in page
    assert "field.pdf" in page
    assert bucket.name not in page
    for id in blobs_of(dossier):
        answer = client.get(f"/files/{dossier.id}/{id}", follow_redirects=False)
        assert answer.status_code == 200
        assert answer.content in (PDF, LARGE)


@pytest.mark.parametrize("fault", [failed, stalled, unheard])
def test_an_upload_that_cannot_be_stored_is_refused_with_words(office: Office, bucket: Bucket, fault: Any) -> None:
    """At the document and at the field; what was typed is kept, and nothing of the files."""
    engine, client = office
    bucket.proxy.suffer_always(fault)

    answer = sent(client, document=PDF, field=PDF)

    assert answer.status_code == 422
    assert answer.text.count("kho lưu trữ tệp đang gián đoạn") >= 2
    assert kept(engine).answers == {"name": "An"}
    assert kept(engine).attachments == ()
    bucket.proxy.suffer_always(None)
    assert sent(client, document=PDF, field=PDF).status_code == 200
    assert len(blobs_of(kept(engine))) == 2


@pytest.mark.parametrize("fault", [failed, stalled, garbled])
def test_a_download_that_fails_says_so(office: Office, bucket: Bucket, fault: Any) -> None:
    """503 with words, also where other bytes come than those that were stored; the page of the form opens without the file."""
    engine, client = office
    sent(client, document=PDF, field=PDF)
    address = f"/files/{kept(engine).id}/{kept(engine).attachments[0].blob}"
    bucket.proxy.suffer_always(fault)

    answer = client.get(address)

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "Chưa mở được tệp" in answer.text
    bucket.proxy.suffer_always(None)
    assert client.get(address).content == PDF


def test_a_large_download_of_other_bytes_breaks_off(office: Office, bucket: Bucket) -> None:
    """Its last piece is held back, so that it cannot pass for whole."""
    engine, client = office
    sent(client, document=LARGE)
    [attachment] = kept(engine).attachments
    bucket.overwrite(f"files/of-the-office/{key_of(attachment.blob)}", LARGE[:-1] + b"x")

    answer = client.get(f"/files/{kept(engine).id}/{attachment.blob}")

    assert int(answer.headers["content-length"]) == len(LARGE)
    assert len(answer.content) < len(LARGE)


def test_files_end_with_the_last_dossier_that_names_them(office: Office, bucket: Bucket, clock: FixedClock) -> None:
    """A cancelled draft takes its files along after a day; another dossier that names one keeps it."""
    engine, client = office
    sent(client, document=PDF, field=PDF)
    draft = kept(engine)
    other = engine.begin("filed", Actor(draft.owner), {"name": "An", "file": draft.answers["file"]})  # type: ignore[index,call-overload]  # an object
    client.post(f"{APPLY}/cancel", data={"meta:draft": draft.id})
    clock.advance(timedelta(days=2))

    sweep(engine.store, bucket.blobs, clock)

    assert kept(engine).id == other.id
    assert {file.id for file in bucket.blobs.every()} == blobs_of(other)


def test_verify_compares_what_is_in_the_bucket(office: Office, bucket: Bucket, clock: FixedClock) -> None:
    """A file that was changed, one that is gone, one that cannot be read, and one that no dossier names."""
    engine, client = office
    sent(client, document=PDF, field=PDF)

    def verify() -> list[str]:
        return [line.partition(": ")[2] for line in engine.verify(blobs=bucket.blobs)]

    assert verify() == []
    [attachment] = kept(engine).attachments

    bucket.overwrite(f"files/of-the-office/{key_of(attachment.blob)}", b"%PDF-1.8\n" + b"x" * 3000)
    assert verify() == [f"the file {attachment.blob} was changed"]
    bucket.blobs.delete(attachment.blob)
    assert verify() == [f"the file {attachment.blob} is gone"]
    bucket.proxy.suffer_always(failed)
    assert all("could not be read (a file cannot be read: " in line for line in verify())
    assert len(verify()) == 2
    bucket.proxy.suffer_always(None)

    orphan = bucket.blobs.put("a.pdf", io.BytesIO(PDF))
    clock.time = next(file.changed for file in bucket.blobs.every()) + timedelta(hours=1)
    assert list(engine.unnamed_files(bucket.blobs)) == []  # it may be on its way
    clock.advance(timedelta(days=1))
    assert list(engine.unnamed_files(bucket.blobs)) == [orphan]
