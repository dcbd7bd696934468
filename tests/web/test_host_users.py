"""The users of a host portal: their own values fill forms in, their language is that of pages, officers work at the counter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dossierkit_web import WebConfig, create_app
from starlette.requests import Request
from support.browsing import browsers_of
from support.page import Page
from support.people import UNIT
from support.samples import SMALL

from dossierkit import Actor, Engine, Role, open_engine
from dossierkit.testing import FixedClock

APPLY = "/procedures/1.000001/apply"
USERS = {
    "an": Actor("an", name="Nguyễn Văn An", mail="an@example.vn", language="en", profile={"taxCode": "0312345678"}),
    "mai": Actor("mai", Role.INTAKE_OFFICER, UNIT, name="Cán bộ Mai", mail="mai@office.vn"),
}


@pytest.fixture
def portal(tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[tuple[Engine, Any]]:
    """A host that names its users in a header."""
    filled = {"name": "/fullName", "mail": "/email", "tax": "/taxCode"}
    fields = {key: {"title": key, "type": "string", "x-prefill": place} for key, place in filled.items()}
    schema = {**SMALL, "properties": fields, "x-procedure": {**SMALL["x-procedure"], "unit": UNIT}}
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    engine = open_engine("memory:", procedures=folder, clock=clock)

    def identify(request: Request) -> Actor | None:
        return USERS.get(request.headers.get("x-user", ""))

    with browsers_of(create_app(engine, blobs=tmp_path, config=WebConfig(identify=identify))) as browser:

        def user(name: str) -> Any:
            client = browser()
            client.headers["x-user"] = name
            return client

        yield engine, user
    engine.close()


def test_what_the_host_knows_fills_forms_in(portal: Any) -> None:
    """Name, address and whatever else it states, on the first page and in the draft."""
    _, user = portal
    an = user("an")

    pairs = dict(Page(an.get(APPLY).text).pairs)

    assert (pairs["/name"], pairs["/mail"], pairs["/tax"]) == ("Nguyễn Văn An", "an@example.vn", "0312345678")


def test_pages_and_mails_speak_the_language_of_the_user(portal: Any) -> None:
    """Until the user chooses another one here."""
    engine, user = portal
    an = user("an")
    page = an.post(APPLY, data={"/name": "An", "do": "save"})
    assert '<html lang="en"' in page.text
    draft = dict(Page(page.text).pairs)["meta:draft"]

    done = an.post(f"{APPLY}/review", data={"meta:draft": draft})

    assert "an@example.vn" in done.text
    now = engine.clock.now()
    (sent,) = engine.store.outbox.claim(now, now)
    assert (sent.mail.to, sent.mail.subject[-18:]) == ("an@example.vn", "has been submitted")
    assert '<html lang="vi"' in an.get("/?lang=vi").text
    assert '<html lang="vi"' in an.get("/dossiers").text


def test_an_officer_of_the_host_files_at_the_counter(portal: Any) -> None:
    """For a citizen, not for themselves: nothing of the officer is filled in, and the dossier is the citizen's."""
    engine, user = portal
    mai = user("mai")
    form = mai.post("/desk/counter", data={"procedure": "1.000001", "channel": "1"})
    assert dict(Page(form.text).pairs)["/name"] == ""
    draft = dict(Page(mai.post(APPLY, data={"/name": "Bà", "do": "save"}).text).pairs)["meta:draft"]

    done = mai.post(f"{APPLY}/review", data={"meta:draft": draft})

    assert done.url.path.startswith("/desk/H29")
    dossier = engine.lookup(done.url.path.rpartition("/")[2])
    assert dossier is not None
    assert dossier.owner.startswith("counter:mai:")
