"""Public pages are rendered once, stay current, and are never shared with users who have a session."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from dossierkit_web import WebConfig, create_app
from dossierkit_web.requests.page_cache import KeptPages
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.testclient import TestClient
from support.browsing import browsers_of
from support.page import Page
from support.samples import SMALL
from support.visits import known

from dossierkit import Action, Actor, Engine, Role, open_engine
from dossierkit.testing import FixedClock

GUIDANCE, FORM, FIGURES = "/procedures/1.000001", "/procedures/1.000001/apply", "/statistics"
PUBLIC = (GUIDANCE, FORM, FIGURES)
#: Those that a browser may store.
STORED = (GUIDANCE, FIGURES)
ADMIN = Actor("root", Role.ADMIN)


@attrs.frozen
class Portal:
    """A portal with one procedure in *folder*."""

    engine: Engine
    folder: Path
    clock: FixedClock
    browser: Callable[[], TestClient]

    def put(self, **changes: Any) -> None:
        """Replace the procedure file; the next look at the folder is due at once."""
        part = self.folder / ".part"
        part.write_text(json.dumps({**SMALL, **changes}, ensure_ascii=False), "utf-8")
        part.replace(self.folder / "small.json")
        self.engine.catalog.expire()


@pytest.fixture(params=["memory:", "sqlite:"])
def portal(request: pytest.FixtureRequest, tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[Portal]:
    place = request.param + (str(tmp_path / "d.db") if request.param == "sqlite:" else "")
    engine = open_engine(place, procedures=folder, clock=clock)
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(guests=True))) as browser:
        yield Portal(engine, folder, clock, browser)
    engine.close()


@pytest.mark.parametrize("path", STORED)
def test_a_public_page_is_rendered_once(portal: Portal, path: str) -> None:
    """Every visitor without a session gets the same bytes with the same tag; who has them gets 304 without a body."""
    first, second = portal.browser().get(path), portal.browser().get(path)

    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]
    assert (first.headers["cache-control"], first.headers["vary"]) == ("private, no-cache", "Cookie")
    for tags in (first.headers["etag"], f'"x", W/{first.headers["etag"]}'):
        unchanged = portal.browser().get(path, headers={"If-None-Match": tags})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["etag"] == first.headers["etag"]
        assert "content-security-policy" in unchanged.headers
    assert portal.browser().get(path, headers={"If-None-Match": '"x"'}).status_code == 200
    assert portal.browser().head(path).headers["etag"] == first.headers["etag"]


def test_no_browser_stores_the_blank_form(portal: Portal) -> None:
    """It is rendered once, too, but the way back after signing in must lead to the draft."""
    first, second = portal.browser().get(FORM), portal.browser().get(FORM, headers={"If-None-Match": "*"})

    assert first.content == second.content
    assert [page.headers["cache-control"] for page in (first, second)] == ["no-store", "no-store"]
    assert "etag" not in first.headers


@pytest.mark.parametrize("path", PUBLIC)
def test_languages_have_pages_of_their_own(portal: Portal, path: str) -> None:
    """By the cookie of a visitor who chose one; the page that chooses is not kept, as it sets the cookie."""
    vietnamese = portal.browser().get(path)
    client = portal.browser()

    chosen = client.get(path, params={"lang": "en"})
    english = client.get(path)

    assert "etag" not in chosen.headers
    assert "set-cookie" in chosen.headers
    assert ['<html lang="en"' in page.text for page in (vietnamese, chosen, english)] == [False, True, True]
    assert portal.browser().get(path).content == vietnamese.content


@pytest.mark.parametrize("path", PUBLIC)
def test_a_visitor_with_a_session_shares_no_page(portal: Portal, path: str) -> None:
    """Neither what an account sees is kept, nor is it answered with what was kept; a tag from before is of no use."""
    stranger, account = portal.browser(), portal.browser()
    before = stranger.get(path)
    known(account, name="Nguyễn Văn An")

    own = account.get(path, headers={"If-None-Match": before.headers.get("etag", "*")})

    assert own.status_code == 200
    assert "etag" not in own.headers
    assert own.headers["cache-control"] == "no-store"
    assert "Nguyễn Văn An" in own.text
    assert portal.browser().get(path).content == before.content
    account.post("/sign-out")
    assert account.get(path).content == before.content


def test_a_guest_gets_the_own_draft(portal: Portal) -> None:
    """The blank form of others is kept meanwhile, and nothing of the draft is in it."""
    blank = portal.browser().get(FORM)
    guest = portal.browser()

    guest.post(FORM, data={"/name": "Chỉ của An", "do": "save"})

    assert "Chỉ của An" in guest.get(FORM).text
    assert portal.browser().get(FORM).content == blank.content


def test_a_fragment_is_no_page(portal: Portal) -> None:
    """The script of the form asks for the controls alone, whatever is kept at the same address."""
    whole = portal.browser().get(FORM).text

    fragment = portal.browser().get(FORM, headers={"X-Fragment": "1"}).text

    assert "<html" in whole
    assert "<html" not in fragment
    assert portal.browser().get(FORM).text == whole


@pytest.mark.parametrize("path", [GUIDANCE, FORM])
def test_a_changed_file_shows_at_once(portal: Portal, path: str) -> None:
    """Whatever a browser has of it; the former file brings the former page back, and a removed one none."""
    client = portal.browser()
    before = client.get(path)

    portal.put(title="Tên mới")
    after = client.get(path, headers={"If-None-Match": before.headers.get("etag", "*")})
    portal.put()
    again = client.get(path)

    assert "Tên mới" not in before.text
    assert (after.status_code, "Tên mới" in after.text) == (200, True)
    assert again.content == before.content
    (portal.folder / "small.json").unlink()
    portal.engine.catalog.expire()
    assert client.get(path).status_code == 404


def test_a_list_that_is_in_force_from_today_shows_today(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """Options depend on the day, so that the blank form of yesterday is not shown."""
    day = (clock.now() + timedelta(days=1)).date().isoformat()
    units = [{"code": "cu", "name": "Đơn vị cũ"}, {"code": "moi", "name": "Đơn vị mới", "from": day}]
    (tmp_path / "units.json").write_text(json.dumps({"units": units}), "utf-8")
    schema = {"title": "Nhỏ", "properties": {"unit": {"type": "string", "x-options": "units"}}}
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs")) as browser:
        assert "Đơn vị mới" not in browser().get("/procedures/small/apply").text
        assert "Đơn vị cũ" in browser().get("/procedures/small/apply").text
        clock.advance(timedelta(days=1))
        assert engine.context.catalog.known_revision("small")

        assert "Đơn vị mới" in browser().get("/procedures/small/apply").text
    engine.close()


def test_a_new_posting_shows_at_once(portal: Portal) -> None:
    """The public statistics: also those of a part of the year, and titles of procedures."""
    owner, paths = Actor("an"), (FIGURES, f"{FIGURES}?year=2026&part=year&nd09=")
    before = [portal.browser().get(path) for path in paths]

    dossier = portal.engine.submit(portal.engine.begin("1.000001", owner, {"name": "An"}).id, owner)
    filed = [portal.browser().get(path) for path in paths]
    portal.engine.act(dossier.id, Action.ACCEPT, ADMIN)
    accepted = [portal.browser().get(path) for path in paths]

    assert all(page.headers["etag"] for page in (*before, *filed, *accepted))
    for old, new in zip(before, accepted, strict=True):
        assert old.headers["etag"] != new.headers["etag"]
        assert Page(new.text).text.count("0 1 0 0 1 0") >= 1
    portal.put(title="Tên mới")
    assert "Tên mới" in portal.browser().get(FIGURES).text
    portal.clock.advance(timedelta(days=400))
    assert "Thống kê 2027" in Page(portal.browser().get(FIGURES).text).text


def test_a_host_with_templates_of_its_own_renders_each_page(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """Its templates may show what no edition tells."""
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "contact.html").write_text("{{ request.headers['x-user'] }}", "utf-8")
    engine = open_engine("memory:", procedures=folder, clock=clock)
    with browsers_of(create_app(engine, blobs=tmp_path, config=WebConfig(templates=(str(templates),)))) as browser:
        pages = [browser().get(GUIDANCE, headers={"X-User": name}) for name in ("An", "Binh")]

    assert ["An" in pages[0].text, "Binh" in pages[1].text] == [True, True]
    assert "etag" not in pages[0].headers
    engine.close()


def test_an_address_keeps_one_page() -> None:
    """The page of another edition replaces it, so that kept pages are bounded by addresses and languages, and by a number."""
    pages = KeptPages(secure=False)

    for number in range(2_000):
        request = Request(_asked(f"/{number % 1_000}"))
        pages.keep(request, number, "vi", HTMLResponse(str(number)))
        assert pages.find(request, number, "vi") is not None
        assert pages.find(request, number - 1, "vi") is None

    assert pages.count <= 512


@pytest.mark.parametrize("page", [HTMLResponse("x", 404), HTMLResponse("x", headers={"Set-Cookie": "a=b"})])
def test_refusals_and_cookies_are_not_kept(page: HTMLResponse) -> None:
    """They are for one visitor alone."""
    pages, request = KeptPages(secure=False), Request(_asked("/"))

    assert "etag" not in pages.keep(request, 1, "vi", page).headers
    assert pages.count == 0


def _asked(path: str) -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
