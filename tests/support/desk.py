"""An office at its desk: officers who are signed in, a dossier that a citizen sent, an action from its page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dossierkit_web import WebConfig, create_app

from dossierkit import Dossier, Engine, Role, open_engine
from dossierkit.people.staff import appoint
from dossierkit.testing import FixedClock
from dossierkit.wiring import open_accounts
from support.browsing import browsers_of
from support.page import Page
from support.people import UNIT
from support.samples import SMALL
from support.visits import GOOD, sign_in

PEOPLE = {
    "mai@office.vn": (Role.INTAKE_OFFICER, UNIT),
    "nam@office.vn": (Role.CASE_OFFICER, UNIT),
    "linh@office.vn": (Role.APPROVER, UNIT),
    "hoa@office.vn": (Role.CASE_OFFICER, "vpdkdd"),
    "root@office.vn": (Role.ADMIN, ""),
}


@pytest.fixture
def office(tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[tuple[Engine, Any, Any]]:
    """A portal with an office: the engine, a maker of browsers, and one of browsers in which an officer has signed in."""
    block = {
        **SMALL["x-procedure"],
        "unit": UNIT,
        "sector": "dat-dai",
        "timeLimit": [{"count": 5}],
        "persons": {"owner": "/name"},
    }
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    accounts = open_accounts(engine)
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs", config=WebConfig())) as browser:

        def officer(mail: str) -> Any:
            role, unit = PEOPLE[mail]
            client = browser()
            sign_in(client, appoint(accounts, mail, f"Cán bộ {mail[:3]}", role, unit), mail)
            client.post("/password", data={"new": GOOD})
            return client

        yield engine, browser, officer
    engine.close()


def filed(engine: Engine, client: Any, *, files: Any = None, **more: str) -> Dossier:
    """A dossier that a citizen sent."""
    data = {"/name": "Trần Thị Bà", "/copies": "2", "paper:don": "1", **more, "do": "save"}
    page = client.post("/procedures/1.000001/apply", data=data, files=files)
    draft = dict(Page(page.text).pairs)["meta:draft"]
    code = client.post("/procedures/1.000001/apply/review", data={"meta:draft": draft}).url.path.rpartition("/")[2]
    found = engine.lookup(code)
    assert found is not None
    return found


def changed(engine: Engine, folder: Path, schema: Any) -> None:
    """The office's procedure is *schema* from now on."""
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    engine.catalog.expire()


def act(client: Any, dossier: Dossier, action: str, **facts: Any) -> Any:
    """The page after *action*, sent from the page as it is now."""
    page = client.get(f"/desk/{dossier.code}")
    version = re.search(r'name="version" value="(\d+)"', page.text)
    data = {"version": version[1] if version else "0", "action": action, **facts}
    return client.post(f"/desk/{dossier.code}", data=data)
