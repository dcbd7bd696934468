"""Papers through pages: the owner's and the office's, as HTML and PDF; the public check of a slip; the register."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dossierkit_web import WebConfig, create_app
from starlette.testclient import TestClient
from support.browsing import browsers_of
from support.desk import act, filed
from support.visits import known

from dossierkit.papers.slip import SlipKey, slip_of


def test_papers_are_for_those_whom_they_concern(office: Any) -> None:
    """The owner and the unit; the control slip for the office alone; what does not exist is not there."""
    engine, browser, officer = office
    citizen, other = browser(), browser()
    known(citizen)
    known(other, "binh@example.vn")
    dossier = filed(engine, citizen)
    mai, hoa = officer("mai@office.vn"), officer("hoa@office.vn")
    own, desk = f"/dossiers/{dossier.code}/papers", f"/desk/{dossier.code}/papers"
    assert citizen.get(f"{own}/01").status_code == 404
    act(mai, dossier, "accept")
    act(mai, dossier, "assign", officer=engine.store.accounts.account_of("mai@office.vn").id)
    assert "papers/01" in citizen.get(f"/dossiers/{dossier.code}").text
    assert "papers/06" not in citizen.get(f"/dossiers/{dossier.code}").text
    page = citizen.get(f"{own}/01").text
    assert "Giấy tiếp nhận hồ sơ và hẹn trả kết quả" in page
    assert "Trần Thị Bà" in page
    pdf = citizen.get(f"{own}/01?pdf")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert mai.get(f"{desk}/06").status_code == 200
    for who, place in (
        (citizen, f"{own}/06"),
        (citizen, f"{desk}/01"),
        (other, f"{own}/01"),
        (hoa, f"{desk}/01"),
    ):
        assert who.get(place).status_code == 404
    assert browser().get(f"{own}/01").status_code == 401
    book = mai.post("/desk/register", data={"since": "22/11/2026", "until": "22/11/2026"})
    assert book.content[:2] == b"PK"
    assert mai.post("/desk/register", data={"since": "x", "until": ""}).status_code == 422
    assert citizen.post("/desk/register", data={"since": "22/11/2026", "until": "22/11/2026"}).status_code == 404


def test_anybody_checks_a_slip(office: Any, tmp_path: Path) -> None:
    """The QR code leads to a page that looks nothing up."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    dossier = filed(engine, citizen)
    act(officer("mai@office.vn"), dossier, "accept")
    slips = SlipKey.load_or_create(tmp_path / "slip.key")
    slip = slip_of(dossier, engine.history(dossier))
    assert slip is not None
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(slips=slips))) as own_browser:
        stranger: TestClient = own_browser()
        right = stranger.get("/verify-slip", params={"slip": slips.sign(slip)})
        assert str(dossier.code) in right.text
        assert "không bị sửa" in right.text
        wrong = stranger.get("/verify-slip", params={"slip": slips.sign(slip)[:-4]})
        assert wrong.status_code == 422
        assert "không phải do cơ quan cấp" in wrong.text
        assert stranger.get("/verify-slip").status_code == 200
        assert stranger.get("/verify-slip/key").text.strip() == slips.public
    assert browser().get("/verify-slip/key").status_code == 404
