"""The data of one citizen does not exist for another: every route that names a thing, every verb, from the route table."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from dossierkit_web import WebConfig, create_app
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient
from support.samples import SMALL

from dossierkit import Actor, Engine, open_engine
from dossierkit.dossiers.lifecycle.dossier import Attachment, Dossier
from dossierkit.files.disk import DiskBlobs
from dossierkit.testing import FixedClock

VERBS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")
OWNER = Actor("guest:owner", "guest")


@pytest.fixture
def world(tmp_path: Path, folder: Path, clock: FixedClock) -> tuple[Engine, Starlette, Dossier, Dossier, str]:
    """A portal where a citizen has a draft and a dossier, each with a file."""
    (folder / "small.json").write_text(json.dumps(SMALL, ensure_ascii=False), "utf-8")
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    blob = DiskBlobs(tmp_path / "blobs").put("đơn.pdf", io.BytesIO(b"%PDF-1.7"))
    file = Attachment("1", blob, "đơn.pdf", 8, "application/pdf")
    draft, other = (engine.begin("1.000001", OWNER, {"name": "Nguyễn Bí Mật"}) for _ in range(2))
    draft, other = (engine.attach(one.id, file, OWNER, version=1) for one in (draft, other))
    return (
        engine,
        create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(guests=True)),
        draft,
        engine.submit(other.id, OWNER),
        blob,
    )


def asked(path: str, real: bool, draft: Dossier, dossier: Dossier, blob: str) -> list[str]:
    """The addresses of *path* with things that are there, or with others that are not."""
    code = str(dossier.code) if real else "H29.15-261122-9998"
    named = {
        "dossier": [draft.id, dossier.id] if real else ["0" * 32, "1" * 32],
        "blob": [blob] if real else ["sha256-" + "0" * 64 + "-" + "0" * 16],
        "challenge": ["x" * 43],
        "section": ["details"],
        "code": [code] if path.startswith("/dossiers") else ["1.000001"],
    }
    found = [path]
    for name, values in named.items():
        found = [one.replace("{" + name + "}", value) for one in found for value in (values if "{" + name + "}" in one else [""])]
    if path.startswith("/procedures/{code}/apply"):
        ids = (draft.id, dossier.id) if real else ("0" * 32, "1" * 32)
        found = [f"{one}?draft={id}" for one in found for id in ids]
    return found


def test_nobody_reaches_what_is_somebody_elses(world: Any) -> None:
    """The same status, words and headers as for what does not exist; nothing is changed."""
    engine, app, draft, dossier, blob = world
    before = [engine.open(one.id, OWNER) for one in (draft, dossier)]
    paths = sorted(
        {route.path for route in app.routes if isinstance(route, Route) and ("{" in route.path or "apply" in route.path)}
    )
    assert len(paths) > 8
    client = TestClient(app, headers={"sec-fetch-site": "same-origin"}, raise_server_exceptions=False)
    with client:
        client.post("/procedures/1.000001/apply", data={"/name": "B", "do": "save"})
        for path in paths:
            for verb in VERBS:
                there, nowhere = (asked(path, real, draft, dossier, blob) for real in (True, False))
                for one, other in zip(there, nowhere, strict=True):
                    data = {"meta:draft": draft.id, "do": "save", "/name": "stolen", "meta:version": "2"}
                    send = {"data": data} if verb == "POST" else {}
                    first, second = (client.request(verb, url, follow_redirects=False, **send) for url in (one, other))
                    assert first.status_code == second.status_code, (verb, one)
                    assert plain(first.text, one, draft, dossier) == plain(second.text, other, draft, dossier), (verb, one)
                    assert "Bí Mật" not in first.text, (verb, one)
    assert [engine.open(one.id, OWNER) for one in (draft, dossier)] == before
    assert list(engine.verify()) == []


def plain(text: str, url: str, draft: Dossier, dossier: Dossier) -> str:
    """*text* without what differs between any two requests."""
    for known in (url.partition("?")[2], url.partition("?")[0], draft.id, dossier.id, str(dossier.code), "H29.15-261122-9998"):
        text = text.replace(known, "") if known else text
    text = re.sub(r'(name="carried" value=")[\w=-]+', r"\1", text)  # a seal differs each time
    return re.sub(r"[0-9a-f]{32}|draft=\w*|value=\"\d+\"|%2F\S*", "", text)
