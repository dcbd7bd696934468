"""No user gets a page that was made for another one, whatever is cached between requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dossierkit_web import WebConfig, create_app
from starlette.requests import Request
from support.browsing import browsers_of
from support.desk import filed
from support.people import UNIT
from support.visits import addresses, known

from dossierkit import Actor, open_engine
from dossierkit.dossiers.states import Role
from dossierkit.testing import FixedClock

APPLY = "/procedures/1.000001/apply"
OWN = {"an@example.vn": "Nguyễn Thị Một", "ba@example.vn": "Trần Văn Hai", "mai@office.vn": "Cán bộ mai", "linh@office.vn": "Cán bộ lin", "root@office.vn": "Cán bộ roo"}  # fmt: skip
OFFICERS = ("mai@office.vn", "linh@office.vn", "root@office.vn")


@pytest.fixture
def people(office: Any) -> dict[str, Any]:
    """Browsers: a stranger's, two citizens', an officer's, an approver's and an admin's."""
    _, browser, officer = office
    clients = {"": browser()}
    for mail in ("an@example.vn", "ba@example.vn"):
        clients[mail] = browser()
        known(clients[mail], mail, OWN[mail])
    return clients | {mail: officer(mail) for mail in OFFICERS}


def test_every_page_is_shown_to_every_identity_as_its_own(office: Any, people: dict[str, Any]) -> None:
    """One after the other, in both languages: no name, link or button of the visitor before."""
    engine, _, _ = office
    dossier = filed(engine, people["an@example.vn"])
    paths = addresses(people[""].app.routes, str(dossier.code))
    assert len(paths) > 60
    for _ in range(2):
        for path in paths:
            for mail, client in people.items():
                if path.startswith("/profile/data"):
                    continue
                answer = client.get(path)
                assert answer.status_code < 500, (path, mail)
                if answer.headers.get("content-type", "").startswith("text/html"):
                    header = answer.text[: answer.text.index("<main")] if "<main" in answer.text else ""
                    assert [name for name in OWN.values() if name in header] == ([OWN[mail]] if mail else []), (path, mail)
                    assert ('href="/desk"' in header) is (mail in OFFICERS), (path, mail)
                    assert ('href="/admin"' in header) is (mail == "root@office.vn"), (path, mail)
                    assert ('action="/sign-out"' in header) is bool(mail), (path, mail)
                    others = [name for other, name in OWN.items() if other != mail and other not in OFFICERS]
                    assert mail in OFFICERS or not any(name in answer.text for name in others), (path, mail)


def test_a_host_that_names_people_in_a_header_gets_each_their_own(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """Without any cookie: a page of an officer is not shown to a citizen, and that of a stranger belongs to no person."""
    engine = open_engine("memory:", procedures=folder, clock=clock)

    def identify(request: Request) -> Actor | None:
        id, _, role = request.headers.get("x-user", "").partition(":")
        return Actor(id, Role(role), UNIT if role != "citizen" else "") if id else None

    app = create_app(engine, blobs=tmp_path, config=WebConfig(identify=identify))
    people = {
        "": False,
        "an:citizen": False,
        "ba:citizen": False,
        "mai:intake_officer": True,
        "linh:approver": True,
        "root:admin": True,
    }
    with browsers_of(app) as browser:
        client = browser()

        def asked(who: str, path: str, **sent: str) -> Any:
            client.cookies.clear()
            headers = {"x-user": who} if who else {}
            return client.post(path, data=sent, headers=headers) if sent else client.get(path, headers=headers)

        assert "Chỉ của An" in asked("an:citizen", APPLY, **{"/name": "Chỉ của An", "do": "save"}).text
        for _ in range(2):
            for path in addresses(app.routes, "H29.15-261122-0001"):
                for who, works in people.items():
                    page = asked(who, path)
                    assert page.status_code < 500, (path, who)
                    if "<main" in page.text:
                        assert ('href="/desk"' in page.text) is works, (path, who)
                        assert who == "an:citizen" or "Chỉ của An" not in page.text, (path, who)
    engine.close()
