"""A host brings its own frame, guards, limits, error pages and language, and mounts the parts that it wants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dossierkit_web import WebConfig, create_app
from dossierkit_web.site import PARTS
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from support.browsing import browsers_of
from support.samples import ROOT
from support.walking import Walker, crawled

from dossierkit import Action, Actor, Role, open_engine
from dossierkit.testing import FixedClock

FRAME = ROOT / "adapters" / "web" / "dossierkit_web" / "templates" / "frame.html"
APPLY = "/procedures/1.000001/apply"
OFFICER = Actor("root", Role.ADMIN, name="Cán bộ")


@contextmanager
def portal(tmp_path: Path, folder: Path, clock: FixedClock, **config: Any) -> Iterator[Any]:
    """A browser without scripts of a portal with these settings, and a dossier in it."""
    with open_engine("memory:", procedures=folder, clock=clock) as engine:
        draft = engine.begin("1.000001", Actor("an"), {"name": "An", "copies": 1})
        engine.act(engine.submit(draft.id, Actor("an")).id, Action.ACCEPT, OFFICER)
        with browsers_of(create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(**config))) as browser:
            yield browser()


@pytest.mark.parametrize("part", PARTS)
def test_a_part_alone_has_no_dead_link(tmp_path: Path, folder: Path, clock: FixedClock, part: str) -> None:
    """Nor does it lead to the others, which are not there."""
    first = {"citizen": "/lookup", "desk": "/desk", "admin": "/admin", "statistics": "/statistics", "api": "/api/v1/openapi.json"}

    with portal(tmp_path, folder, clock, parts=[part], identify=lambda _: OFFICER) as client:
        seen = crawled(Walker(client, ""), "")
        status = {name: client.get(path).status_code for name, path in first.items()}

    assert first[part] in seen or part == "api"
    assert status == {name: 200 if name == part else 404 for name in PARTS}


def test_an_unknown_part_is_refused() -> None:
    """Before anything is served without it."""
    with pytest.raises(ValueError, match="offices"):
        WebConfig(parts=["offices"])


@pytest.mark.parametrize(("guard", "status"), [(lambda _: True, 200), (lambda _: False, 403)])
def test_a_host_decides_what_comes_from_its_pages(
    tmp_path: Path, folder: Path, clock: FixedClock, guard: Any, status: int
) -> None:
    """As it does with tokens of its own."""
    with portal(tmp_path, folder, clock, same_origin=guard, guests=True) as client:
        answer = client.post(APPLY, data={"/name": "An", "do": "save"}, headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == status


@pytest.mark.parametrize(("limits", "expected"), [({"tables": 1}, [200, 429]), ({}, [200, 200])])
def test_a_host_sets_the_limits(tmp_path: Path, folder: Path, clock: FixedClock, limits: Any, expected: list[int]) -> None:
    """Or none, where it has its own."""
    with portal(tmp_path, folder, clock, limits=limits, identify=lambda _: Actor("an")) as client:
        table = "/statistics/export?by=month&format=csv"

        assert [client.get(table).status_code for _ in range(2)] == expected


def test_a_host_answers_errors_with_pages_of_its_own(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """Those that it wants; it gets the words of ours."""

    def page(request: Request, status: int, heading: str, text: str) -> Response | None:
        return PlainTextResponse(f"{request.url.path}: {heading} {text}", status) if status == 404 else None

    with portal(tmp_path, folder, clock, error_page=page) as client:
        missing = client.get("/procedures/9.999999")
        nowhere = client.get("/nowhere?lang=en")
        refused = client.post("/lookup", headers={"sec-fetch-site": "cross-site"})

    assert (missing.status_code, missing.text[:22]) == (404, "/procedures/9.999999: ")
    assert nowhere.text.startswith("/nowhere: ")
    assert nowhere.text != missing.text
    assert refused.status_code == 403
    assert refused.text.startswith("<!doctype html>")


def test_a_host_sets_headers_and_language(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """The language until the visitor chooses another one; headers in place of ours, not beside them."""
    with portal(tmp_path, folder, clock, language=lambda _: "en", headers={"X-Frame-Options": "SAMEORIGIN"}) as client:
        page, missing = client.get("/procedures"), client.get("/nowhere")

        assert '<html lang="en"' in page.text
        assert '<html lang="en"' in missing.text
        assert page.headers["x-frame-options"] == "SAMEORIGIN"
        assert "content-security-policy" not in page.headers
        assert '<html lang="vi"' in client.get("/procedures?lang=vi").text
        assert '<html lang="vi"' in client.get("/procedures").text


def test_a_host_replaces_blocks_of_the_frame(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """Its `base.html` extends ours, or has a frame of its own around the blocks that pages fill."""
    own = tmp_path / "templates"
    own.mkdir()
    base = own / "base.html"
    with portal(tmp_path, folder, clock, templates=(str(own),)) as client:
        base.write_text('{% extends "frame.html" %}{% block header %}<header>Sở</header>{% endblock %}{% block head %}{{ super() }}<link href="/of-the-host.css">{% endblock %}', "utf-8")  # fmt: skip
        page = client.get("/procedures").text
        assert "<header>Sở</header>" in page
        assert 'class="brand"' not in page
        assert '<link href="/of-the-host.css">' in page
        assert "Cấp bản sao" in page
        base.write_text("<title>{% block title %}Sở{% endblock %}</title><main>{% block main %}{% endblock %}</main>", "utf-8")
        page = client.get("/procedures").text
        assert page.startswith("<title>")
        assert "Cấp bản sao" in page


def test_the_blocks_of_the_frame_are_documented() -> None:
    """Each by its name, and no other."""
    text = (ROOT / "docs" / "hosting.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \|", text.partition("| block |")[2].partition("\n\n")[0], re.MULTILINE)

    assert sorted(rows) == sorted(re.findall(r"\{% block (\w+) %\}", FRAME.read_text("utf-8")))


def test_the_settings_for_hosts_are_documented() -> None:
    """Those parts of `WebConfig` that only a host sets."""
    text = (ROOT / "docs" / "hosting.md").read_text("utf-8")

    for name in ("parts", "identify", "sign_in_at", "language", "same_origin", "limits", "max_body_bytes", "max_form_bytes", "headers", "error_page", "templates"):  # fmt: skip
        assert f"`{name}`" in text, name
