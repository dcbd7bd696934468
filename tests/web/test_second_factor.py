"""The second factor: no page without the code, no code twice, a lost telephone is reset by an admin."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from dossierkit_web import WebConfig, create_app
from support.browsing import browsers_of
from support.people import UNIT
from support.visits import GOOD, known, sign_in

from dossierkit import Role
from dossierkit.people.staff import appoint, reset
from dossierkit.testing import FixedClock
from dossierkit.wiring import open_accounts


def code(secret: str, clock: FixedClock) -> str:
    return pyotp.TOTP(secret).at(clock.now())


def switched_on(client: Any, clock: FixedClock) -> str:
    """The secret of a second factor that was set up with its QR code."""
    page = client.get("/second-factor/set-up").text
    assert "<svg" in page
    found = re.search(r'name="secret" value="([A-Z0-9]{32})"', page)
    assert found is not None
    assert client.post("/second-factor/set-up", data={"secret": found[1], "code": "000000"}).status_code == 422
    done = client.post("/second-factor/set-up", data={"secret": found[1], "code": code(found[1], clock)})
    assert done.url.path == "/desk"
    return found[1]


def test_without_the_code_nothing_answers(office: Any, clock: FixedClock) -> None:
    """Whatever page is asked for leads to the code; it opens once, within a minute."""
    _, browser, officer = office
    nam = officer("nam@office.vn")
    secret = switched_on(nam, clock)
    assert "Đang bật" in nam.get("/profile").text
    other = browser()
    sign_in(other, GOOD, "nam@office.vn")
    for place in ("/", "/desk", "/profile", "/password", "/dossiers", "/second-factor/set-up", "/profile/data"):
        assert other.get(place).url.path == "/second-factor", place
    assert other.post("/password", data={"new": "một mật khẩu khác hẳn", "current": GOOD}).url.path == "/second-factor"
    assert other.post("/second-factor", data={"code": "123"}).status_code == 422
    same = other.post("/second-factor", data={"code": code(secret, clock)})
    assert same.status_code == 422, "the code that set it up was used"
    clock.advance(timedelta(seconds=30))
    assert other.post("/second-factor", data={"code": f" {code(secret, clock)} ", "next": "/desk"}).url.path == "/desk"
    third = browser()
    sign_in(third, GOOD, "nam@office.vn")
    assert third.post("/second-factor", data={"code": code(secret, clock)}).status_code == 422, "no code opens twice"
    clock.advance(timedelta(seconds=30))
    assert third.post("/second-factor", data={"code": code(secret, clock)}).status_code == 200
    assert third.get("/second-factor").url.path == "/"
    assert browser().post("/second-factor", data={"code": "1"}).url.path == "/sign-in"
    assert browser().get("/second-factor/set-up").url.path == "/sign-in"


def test_a_telephone_may_be_half_a_minute_off(office: Any, clock: FixedClock) -> None:
    """Either way, and no further."""
    _, browser, officer = office
    secret = switched_on(officer("nam@office.vn"), clock)
    clock.advance(timedelta(minutes=5))
    for steps, status in ((-2, 422), (2, 422), (-1, 200), (0, 200), (1, 200)):
        other = browser()
        sign_in(other, GOOD, "nam@office.vn")
        shown = pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=30 * steps))
        assert other.post("/second-factor", data={"code": shown}).status_code == status, steps


def test_guessing_ends(office: Any, clock: FixedClock) -> None:
    """429 after some tries."""
    _, browser, officer = office
    switched_on(officer("nam@office.vn"), clock)
    other = browser()
    sign_in(other, GOOD, "nam@office.vn")
    codes = [other.post("/second-factor", data={"code": f"{n:06}"}).status_code for n in range(10)]
    assert codes[0] == 422
    assert codes[-1] == 429


def test_it_is_dropped_with_a_code_or_by_an_admin(office: Any, clock: FixedClock) -> None:
    """A lost telephone: a reset gives another first password, and the way to a new second factor."""
    engine, browser, officer = office
    nam = officer("nam@office.vn")
    secret = switched_on(nam, clock)
    clock.advance(timedelta(seconds=30))
    assert nam.post("/second-factor/set-up", data={"code": "1"}).status_code == 422
    assert nam.post("/second-factor/set-up", data={"code": code(secret, clock)}).status_code == 200
    assert "Đang tắt" in nam.get("/profile").text
    clock.advance(timedelta(seconds=30))
    secret = switched_on(nam, clock)
    people = engine.store.accounts
    first = reset(open_accounts(engine), people.account_of("nam@office.vn"))
    other = browser()
    assert sign_in(other, first, "nam@office.vn").url.path == "/password"
    assert other.post("/password", data={"new": GOOD}).url.path == "/desk"
    assert secret not in repr(people.account_of("nam@office.vn"))


def test_an_office_can_ask_for_it(office: Any, tmp_path: Path, clock: FixedClock) -> None:
    """Officers set it up before they work; citizens are left alone."""
    engine, _, _ = office
    accounts = open_accounts(engine)
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(second_factor=True))) as browser:
        thu, citizen = browser(), browser()
        sign_in(thu, appoint(accounts, "thu@office.vn", "Thu", Role.CASE_OFFICER, UNIT), "thu@office.vn")
        assert thu.post("/password", data={"new": GOOD}).url.path == "/second-factor/set-up"
        assert thu.get("/desk").url.path == "/second-factor/set-up"
        switched_on(thu, clock)
        assert thu.get("/desk").url.path == "/desk"
        known(citizen)
        assert citizen.get("/profile").status_code == 200


@pytest.mark.parametrize(
    "secret", ["", "x", "ẩ" * 40, "=" * 40, "0" * 32, "1" * 32, "a" * 32, "A" * 31, "A" * 33, "A" * 31 + "1"]
)
def test_a_secret_is_one_that_we_made(office: Any, secret: str) -> None:
    """A secret that is not base32 of 160 bits is refused with words, and a new one; nothing is kept."""
    engine, _, officer = office
    nam = officer("nam@office.vn")
    for code in ("1", "", "x" * 500, "１２３４５６"):
        refused = nam.post("/second-factor/set-up", data={"secret": secret, "code": code})
        assert refused.status_code == 422
        assert "mã QR mới" in refused.text
    assert engine.store.accounts.account_of("nam@office.vn").totp == ""
