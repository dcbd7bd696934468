"""The office of the installation, as the portal shows it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import attrs
import pytest
from dossierkit_web import create_app
from PIL import Image
from starlette.testclient import TestClient
from support.page import Page

from dossierkit.errors import SettingsError
from dossierkit.mail.letters import Office
from dossierkit.testing import FixedClock
from dossierkit.wiring import open_engine

OFFICE = Office(
    "Sở <Mẫu> & Môi trường",
    name_en="Sample Department",
    postal_address="Số 1 đường Mẫu",
    telephone="024 0000 0000",
    hours="Thứ Hai đến thứ Sáu",
    hours_en="Monday to Friday",
)
PAGES = ("/", "/procedures", "/procedures/1.000001", "/lookup", "/sign-in", "/nothing-here")


@pytest.fixture
def served(tmp_path: Path, folder: Path, clock: FixedClock) -> Any:
    """The portal of an office."""

    def client(office: Office | None) -> TestClient:
        engine = open_engine("memory:", procedures=folder, clock=clock, office=office)
        return TestClient(create_app(engine, blobs=tmp_path / "blobs"))

    return client


def picture(kind: str) -> bytes:
    made = BytesIO()
    Image.new("RGB", (8, 8), "red").save(made, kind)
    return made.getvalue()


def text_of(page: str) -> str:
    return " ".join(Page(page).text.split())


def test_every_page_is_of_the_office(served: Any) -> None:
    """Its name, address, telephone and hours, in the language of the page; nothing says that it is a sample."""
    client = served(OFFICE)
    for path in PAGES:
        page = client.get(path).text
        assert "Sở &lt;Mẫu&gt; &amp; Môi trường</b>" in page, path
        for said in ("Địa chỉ: Số 1 đường Mẫu", "Điện thoại: 024 0000 0000", "Giờ làm việc: Thứ Hai đến thứ Sáu"):
            assert said in page, path
        assert "ản mẫu" not in page, path
        assert "dossierkit" not in text_of(page), path

        english = client.get(path, params={"lang": "en"}).text
        client.cookies.clear()
        assert "Sample Department" in english, path
        assert "Opening hours: Monday to Friday" in english, path
        assert "sample of dossierkit" not in english, path


def test_a_portal_without_an_office_says_that_it_is_a_sample(served: Any) -> None:
    """And shows no empty address."""
    page = served(None).get("/").text
    assert "Bản mẫu của dossierkit" in page
    assert "<address>" not in page


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
def test_the_emblem_is_served_as_what_it_is(served: Any, tmp_path: Path, kind: str, media_type: str) -> None:
    """By its content, whatever its name says, and on every page."""
    emblem = tmp_path / "emblem.svg"
    emblem.write_bytes(picture(kind))
    client = served(attrs.evolve(OFFICE, emblem=emblem))

    answer = client.get("/emblem")

    assert answer.content == emblem.read_bytes()
    assert answer.headers["content-type"] == media_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    for path in PAGES:
        assert '<img class="emblem" src="/emblem" alt="">' in client.get(path).text
    assert served(OFFICE).get("/emblem").status_code == 404


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "content", [SVG, b"", b"<html>", b"GIF89a", picture("PNG")[:30], b"\xff\xd8\xff" + SVG, picture("PNG") + bytes(2**20), None]
)
def test_another_emblem_is_refused_at_the_start(served: Any, tmp_path: Path, content: bytes | None) -> None:
    """A file that can hold a program, is damaged, too large, or missing."""
    emblem = tmp_path / "emblem.png"
    if content is not None:
        emblem.write_bytes(content)
    with pytest.raises(SettingsError, match=r"emblem\.png"):
        served(attrs.evolve(OFFICE, emblem=emblem))
