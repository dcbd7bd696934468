"""The look-up: the view of a stranger, the view with the check code, and the limits of guessing."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dossierkit_web import WebConfig, create_app
from dossierkit_web.pages.lookup import SERIES
from dossierkit_web.requests.cookies import VISIT
from starlette.testclient import TestClient
from support.browsing import browsers_of
from support.captcha_reader import digits
from support.page import Page
from support.visits import look_up

from dossierkit import Actor, Dossier, Engine, open_engine
from dossierkit.dossiers.people.account import Account
from dossierkit.people.captchas import DIGITS, MOST_WORK, WORK, Captchas, Challenge
from dossierkit.people.throttle import Throttle
from dossierkit.stores.memory.store import MemoryStore
from dossierkit.testing import FixedClock


@pytest.fixture
def portal(tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[tuple[Engine, Any]]:
    """An engine and a maker of browsers, each with cookies of its own."""
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs", config=WebConfig())) as browser:
        yield engine, browser
    engine.close()


def dump(path: Path) -> str:
    """Everything in the database."""
    with sqlite3.connect(path) as connection:
        text = "\n".join(connection.iterdump())
    connection.close()
    return text


def test_a_captcha_serves_once_for_its_session_and_for_five_minutes(portal: Any, clock: FixedClock) -> None:
    """Right or wrong, an answer uses it up; the picture and the recording are for that browser alone."""
    engine, browser = portal
    client, other = browser(), browser()
    assert "Không có hồ sơ nào" in look_up(client, engine, "H29.15-261122-0009").text
    pairs = dict(Page(client.get("/lookup").text).pairs)
    challenge = pairs["challenge"]
    right = digits(engine.store, engine.clock, client.cookies[VISIT], challenge)

    assert client.get(f"/captcha/{challenge}.png").content.startswith(b"\x89PNG")
    assert client.get(f"/captcha/{challenge}.wav").content.startswith(b"RIFF")
    other.get("/lookup")
    assert other.get(f"/captcha/{challenge}.png").status_code == 404
    assert "chưa đúng" in other.post("/lookup", data={**pairs, "code": "x", "captcha": right}).text

    data = {**pairs, "code": "H29.15-261122-0009", "captcha": f"{right[:2]} {right[2:]}"}
    assert "Không có hồ sơ nào" in client.post("/lookup", data=data).text
    assert "chưa đúng" in client.post("/lookup", data=data).text
    for forged in (challenge.replace("-14-", "-1-"), f"9{challenge[1:]}", challenge[:-1], "x", "1-2-3-4"):
        assert client.get(f"/captcha/{forged}.png").status_code == 404
        assert "chưa đúng" in client.post("/lookup", data={**data, "challenge": forged}).text

    pairs = dict(Page(client.get("/lookup").text).pairs)
    right = digits(engine.store, engine.clock, client.cookies[VISIT], pairs["challenge"])
    clock.advance(timedelta(minutes=5))
    assert "chưa đúng" in client.post("/lookup", data={**pairs, "code": "x", "captcha": right}).text
    assert "chưa đúng" in look_up(client, engine, "x", captcha="").text


def test_every_code_is_as_likely_as_another(clock: FixedClock) -> None:
    """Each digit comes as often as another in each place, so that no guess is better than 1 in 100 000."""
    captchas = Captchas(lambda: b"key" * 11, Throttle(MemoryStore().accounts, clock), clock)
    codes = [captchas.digits("holder", "confirm", Challenge(1, WORK, f"{number:024x}")) for number in range(20_000)]
    for place in range(DIGITS):
        counts = Counter(code[place] for code in codes)
        # 2000 of each are expected; chi-squared with 9 degrees of freedom is above 28 once in a thousand.
        assert sum((counts[digit] - 2000) ** 2 for digit in "0123456789") / 2000 < 28, (place, counts)


@pytest.fixture
def sent(portal: Any) -> Dossier:
    """A dossier of a citizen with an account, whose code a stranger can guess."""
    engine, _ = portal
    engine.store.accounts.create_account(Account("an", "an@example.vn", engine.clock.now(), {"fullName": "Nguyễn Văn An"}))
    dossier: Dossier = engine.submit(engine.begin("1.000001", Actor("an"), {"name": "Trần Bình"}).id, Actor("an"))
    return dossier


def test_a_stranger_sees_the_state_alone(portal: Any, sent: Dossier) -> None:
    """A guessed code shows neither days nor names, nor the procedure."""
    engine, browser = portal

    shown = look_up(browser(), engine, str(sent.code)).text

    assert "Mới đăng ký" in shown
    for more in ("Cấp bản sao", "N*** V** A*", "22/11/2026", "Đã nộp", "Nguyễn", "Trần", "Bình", "an@example.vn"):
        assert more not in shown


def test_the_check_code_shows_more_and_nothing_personal(portal: Any, sent: Dossier) -> None:
    """Days and a masked name, for a reader of a paper or a mail about the dossier; typed in any way."""
    engine, browser = portal
    check = engine.check_code(sent)

    shown = look_up(browser(), engine, str(sent.code), check=f" {check[:3].lower()}-{check[3:]} ").text

    assert "N*** V** A*" in shown
    assert "Đã nộp" in shown
    for secret in ("Nguyễn", "Trần", "Bình", "an@example.vn"):
        assert secret not in shown


def test_a_wrong_check_code_does_not_tell_whether_there_is_a_dossier(portal: Any, sent: Dossier) -> None:
    """The page is the same for a code that exists and for one that does not, and guessing ends."""
    engine, browser = portal
    pages = [look_up(browser(), engine, code, check="AAAAAA") for code in (str(sent.code), "H29.15-261122-0777")]
    said = [page.text.partition('id="problems"')[2].partition("</section>")[0] for page in pages]

    assert {page.status_code for page in pages} == {422}
    assert said[0] == said[1]
    assert "không khớp" in said[0]
    client = browser()
    assert [look_up(client, engine, str(sent.code), check=f"AAAAA{n}").status_code for n in range(2, 9)][-1] == 429


def test_strangers_cannot_list_the_dossiers_of_a_day(portal: Any, sent: Dossier) -> None:
    """All places together look up so many of one day, found or not; with the check code, or as the owner, one still gets in."""
    engine, browser = portal
    client = browser()
    answers = [look_up(client, engine, f"H29.15-261122-{number:04}") for number in range(2, 2 + SERIES)]
    assert 429 not in {answer.status_code for answer in answers}

    refused = look_up(browser(), engine, str(sent.code))

    assert refused.status_code == 429
    assert "mã kiểm tra" in refused.text
    assert "Mới đăng ký" not in refused.text
    assert "Mới đăng ký" in look_up(browser(), engine, str(sent.code), check=engine.check_code(sent)).text
    assert look_up(browser(), engine, "H29.15-261121-0001").status_code == 422  # another day is not closed


def test_the_next_try_of_who_misses_is_dearer(portal: Any) -> None:
    """The work in place of copying doubles with the misses of a place, up to about a minute."""
    engine, browser = portal
    client = browser()
    bits = []
    for number in range(40):
        bits.append(int(re.search(r'data-work="(\d+)"', client.get("/lookup").text)[1]))  # type: ignore[index]  # it is there
        look_up(client, engine, f"H29.15-2611{number % 20 + 10:02}-0001")

    assert bits[0] == WORK
    assert bits == sorted(bits)
    assert WORK < bits[-1] <= MOST_WORK


def test_looking_at_the_look_up_writes_nothing(portal: Any, tmp_path: Path) -> None:
    """The page, its picture and its recording leave nothing in the store, at any number of requests."""
    _, browser = portal
    client = browser()
    client.get("/lookup")
    before = dump(tmp_path / "d.db")

    for _ in range(5):
        challenge = dict(Page(client.get("/lookup?code=x").text).pairs)["challenge"]
        assert client.get(f"/captcha/{challenge}.png").status_code == 200

    assert dump(tmp_path / "d.db") == before


def test_work_in_place_of_copying_serves_once_for_its_session(portal: Any) -> None:
    """A number that had to be searched for opens the look-up like copied digits; anything else does not."""
    _, browser = portal
    client, other = browser(), browser()

    def ask(who: TestClient) -> dict[str, str]:
        return dict(Page(who.get("/lookup").text).pairs)

    def searched(challenge: str) -> str:
        numbers = (str(number) for number in range(10**7))
        return next(n for n in numbers if hashlib.sha256(f"{challenge}:{n}".encode()).digest()[0:2] < b"\x00\x04")

    pairs = ask(client)
    right = {**pairs, "code": "H29.15-261122-0009", "work": searched(pairs["challenge"])}
    assert "Không có hồ sơ nào" in client.post("/lookup", data=right).text
    assert "chưa đúng" in client.post("/lookup", data=right).text
    for wrong in ("1", "-1", "x", "٣", "9" * 20):
        assert "chưa đúng" in client.post("/lookup", data={**ask(client), "code": "x", "work": wrong}).text
    pairs = ask(client)
    ask(other)
    stolen = {**pairs, "code": "x", "work": searched(pairs["challenge"])}
    assert "chưa đúng" in other.post("/lookup", data=stolen).text
