"""Requirements of OWASP ASVS 5.0, each named by its number, where no other test of pages shows them whole.

`docs/security.md` lists all that concern the portal, and the tests that hold them.
"""

from __future__ import annotations

import ast
import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from dossierkit_web import WebConfig, create_app
from dossierkit_web.requests.cookies import SESSION
from dossierkit_web.site import LIMITS
from support.browsing import Portal, browsers_of
from support.page import Page
from support.samples import ROOT, SMALL
from support.visits import GOOD, MAIL, known, look_up, prove, register, sign_in

from dossierkit import Action, Actor, Engine, Role, open_engine
from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.people.passwords import common_passwords
from dossierkit.testing import FixedClock

APPLY = "/procedures/1.000001/apply"
EVIL = '"><script>alert(1)</script>{{7*7}}${7*7}'
INTAKE = Actor("mai", Role.INTAKE_OFFICER, "so-nnmt")
SCHEMA: dict[str, Any] = {
    **SMALL,
    "title": "Cấp " + EVIL,
    "properties": {
        **SMALL["properties"],
        "link": {"title": "Trang " + EVIL, "type": "string", "format": "uri", "description": EVIL, "x-personal": True},
        "kind": {"title": "Loại", "enum": ["a", EVIL]},
    },
    "x-procedure": {**SMALL["x-procedure"], "unit": "so-nnmt", "guidance": f"[x](javascript:alert(1)) {EVIL}", "purpose": EVIL},
}


@pytest.fixture
def portal(tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[tuple[Engine, Any]]:
    (folder / "small.json").write_text(json.dumps(SCHEMA), "utf-8")
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(guests=True))) as browser:
        yield engine, browser
    engine.close()


def save(client: Any, **values: str) -> Any:
    """The page after a draft with *values* was saved."""
    return client.post(APPLY, data={**{f"/{name}": value for name, value in values.items()}, "do": "save"})


def test_1_1_1_input_is_decoded_once(portal: Any, served: Portal) -> None:
    """`%2565` stays what it is, in a field and, as a real server hands it over, in a path."""
    _, browser = portal
    client = browser()
    assert 'value="%65 %2565 &amp;amp;"' in save(client, name="%65 %2565 &amp;").text
    assert urlopen(f"{served.address}/procedures/1%2E012789").status == 200
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{served.address}/procedures/1%252E012789")


def test_1_2_1_and_1_3_7_texts_stay_texts(portal: Any) -> None:
    """Titles, help, choices, guidance, answers and names of files: escaped, in elements and attributes; no template runs."""
    _, browser = portal
    client = browser()
    known(client)
    draft = dict(Page(save(client, name=EVIL[:50], link="https://a.vn/" + EVIL).text).pairs)["meta:draft"]
    for place in ("/", "/procedures", "/procedures/1.000001", APPLY, f"{APPLY}/review?draft={draft}", "/dossiers", "/profile"):
        page = client.get(place).text
        assert "<script>alert" not in page, place
        assert "49" not in Page(page).text.replace("1149", ""), place


def test_1_2_2_no_address_is_a_live_link_to_code(portal: Any) -> None:
    """Neither in guidance nor where an answer is shown."""
    _, browser = portal
    client = browser()
    page = save(client, name="An", link="javascript:alert(1)")
    draft = dict(Page(page.text).pairs)["meta:draft"]
    for place in ("/procedures/1.000001", f"{APPLY}/review?draft={draft}", APPLY):
        links = [values.get("href") or "" for tag, values in Page(client.get(place).text).attributes if tag == "a"]
        assert not [link for link in links if link.strip().lower().startswith(("javascript:", "data:"))], place


def test_1_2_4_and_1_2_9_what_is_looked_for_is_data(portal: Any) -> None:
    """Quotes, wildcards and operators of the search mean themselves."""
    engine, browser = portal
    client = browser()
    known(client)
    account = engine.store.accounts.account_of(MAIL)
    engine.submit(engine.begin("1.000001", account.actor, {"name": "An 100"}).id, account.actor)
    for typed in (
        "' OR 1=1 --",
        '"',
        "%",
        "_",
        "*",
        "NEAR(a b)",
        "a AND NOT b",
        "\\",
        "\x00",
        "(",
        "words:an",
        "x'; DROP TABLE dossiers",
    ):
        for box in ("words", "code", "procedure", "state", "since", "before"):
            assert client.get("/dossiers", params={box: typed}).status_code == 200, (box, typed)
        assert client.get("/procedures", params={"q": typed}).status_code == 200, typed
    assert len(engine.find(account.actor, Query(code="%"))) == len(engine.find(account.actor, Query(code="_"))) == 0
    assert len(engine.find(account.actor)) == 1


def test_1_2_5_and_1_3_2_nothing_runs_what_was_typed() -> None:
    """No shell, no eval, no pickle anywhere in the program."""
    for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "adapters").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                assert name not in ("eval", "exec", "os.system", "compile", "__import__"), (path, name)
                assert not name.startswith(("pickle.", "marshal.", "subprocess.")), (path, name)
                assert not any(keyword.arg == "shell" for keyword in node.keywords), path


def test_2_4_1_everything_that_costs_something_is_limited(portal: Any, clock: FixedClock) -> None:
    """Look-ups, drafts, files, submissions, exports: 429 with `Retry-After`, for that person alone."""
    engine, browser = portal
    client, other = browser(), browser()
    known(client)
    account = engine.store.accounts.account_of(MAIL)

    def spend(what: str) -> None:
        for _ in range(LIMITS[what]):
            engine.store.accounts.try_again({f"{what}:{account.actor.id}": 9_999}, clock.now(), clock.now())

    draft = dict(Page(save(client, name="An").text).pairs)
    for what, ask in (
        ("lookups", lambda who: look_up(who, engine, "x")),
        ("uploads", lambda who: who.post(APPLY, data={**draft, "do": "save"}, files={"document:1": ("a.pdf", b"%PDF-1.7")})),
        ("submits", lambda who: who.post(f"{APPLY}/review", data=draft)),
        ("exports", lambda who: who.get("/profile/data")),
    ):
        spend(what)
        answer = ask(client)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "900"), what
    spend("drafts")
    client.post(f"{APPLY}/cancel", data=draft)
    assert save(client, name="An").status_code == 429
    assert save(other, name="An").status_code == 200
    assert look_up(other, engine, "x").status_code == 422


def test_2_4_1_strangers_are_counted_by_address(portal: Any, clock: FixedClock) -> None:
    """A visitor without a session shares a limit with the same address alone."""
    engine, browser = portal
    place = "/statistics/export?year=2026&by=month&format=csv"
    for count, code in ((LIMITS["tables"] + 1, 200), (9 * LIMITS["tables"], 429)):
        for _ in range(count):
            engine.store.accounts.try_again({"tables@testclient": 9_999, "tables:nobody": 9_999}, clock.now(), clock.now())
        assert browser().get(place).status_code == code


def test_2_4_1_an_address_has_a_limit_of_its_own(portal: Any, clock: FixedClock) -> None:
    """An address that names another session each time is still counted; and heard again later."""
    engine, browser = portal
    for _ in range(10 * LIMITS["drafts"]):
        engine.store.accounts.try_again({"drafts@testclient": 9_999}, clock.now(), clock.now())
    assert save(browser(), name="An").status_code == 429
    clock.advance(timedelta(minutes=16))
    assert save(browser(), name="An").status_code == 200


def test_6_2_1_to_6_2_9_what_a_password_may_be(portal: Any) -> None:
    """Any characters, no cutting off, more than 64 long, exact; paste and managers are helped."""
    _, browser = portal
    client = browser()
    first = register(client)
    sign_in(client, first)
    page = client.get("/password").text
    fields = [values for tag, values in Page(page).attributes if tag == "input" and values.get("type") == "password"]
    assert fields
    assert all(one.get("autocomplete") in ("new-password", "current-password") for one in fields)
    assert "onpaste" not in page
    long = "ắ 🐎 mưa " * 12 + "x"
    assert client.post("/password", data={"new": long}).url.path == "/"
    for wrong in (long[:-1], long[:72], long.upper(), long + " "):
        assert sign_in(browser(), wrong).status_code == 422
    assert sign_in(browser(), long).url.path == "/"


def test_6_2_4_and_6_2_12_breached_passwords_are_refused(tmp_path: Path) -> None:
    """The Vietnamese list, thirty thousand of known breaches, and those an operator adds; no remote service is asked."""
    (tmp_path / "passwords.txt").write_text("Tên Trường Của Con\n\nhunter2hunter2\n", "utf-8")
    shipped, own = common_passwords(), common_passwords(tmp_path / "passwords.txt")
    assert len(shipped) > 30_000
    assert {"matkhau", "qwertyuiop", "iloveyou"} <= shipped
    assert {"tentruongcuacon", "hunter2hunter2"} <= own
    assert "tentruongcuacon" not in shipped
    assert common_passwords(tmp_path / "nowhere.txt") == shipped


def test_6_3_2_there_is_no_default_account(portal: Any) -> None:
    """There is no account before the first registration."""
    _, browser = portal
    for name in ("admin", "admin@example.vn", "root@localhost.vn"):
        for password in ("admin", "password", ""):
            assert sign_in(browser(), password, name).status_code == 422


def test_7_4_2_a_deleted_account_ends_its_sessions(portal: Any) -> None:
    """At once, wherever it sits."""
    engine, browser = portal
    client = browser()
    known(client)
    engine.store.accounts.delete_account(engine.store.accounts.account_of(MAIL).id)
    assert client.get("/profile").status_code == 401


def test_8_2_3_a_form_cannot_set_what_is_not_its_own(portal: Any) -> None:
    """State, owner, code, unit, agency, role and payment in the body change nothing."""
    engine, browser = portal
    client = browser()
    known(client)
    evil = {
        "state": "9",
        "owner": "x",
        "code": "H29.15-261122-0009",
        "unit": "x",
        "agency": "G01",
        "role": "admin",
        "payment": "paid",
    }
    page = client.post(APPLY, data={"/name": "An", **evil, **{f"/{k}": v for k, v in evil.items()}, "do": "save"})
    draft = dict(Page(page.text).pairs)
    client.post(f"{APPLY}/review", data={**draft, **evil})
    [dossier] = engine.store.every()
    assert dossier.answers == {"name": "An"}
    assert str(dossier.code) == "H29.15-261122-0001"
    assert (dossier.state.name, dossier.handling.unit, dossier.handling.money.payment.value) == ("SUBMITTED", "so-nnmt", "none")
    assert engine.store.accounts.account(dossier.owner).mail == MAIL


def test_13_4_5_nothing_but_the_portal_answers(portal: Any) -> None:
    """No debugger, documentation or measurements in public."""
    _, browser = portal
    for place in ("/docs", "/openapi.json", "/metrics", "/debug", "/.git/config", "/.env", "/static/../app.py"):
        assert browser().get(place).status_code == 404, place


def test_14_2_1_addresses_carry_no_secret(portal: Any) -> None:
    """Passwords and first passwords never; only the link of a forgotten password has its token, and that serves once."""
    _, browser = portal
    client = browser()
    secret = register(client)
    answer = sign_in(client, secret)
    for step in [*answer.history, answer]:
        assert secret not in str(step.url)
        assert secret not in step.headers.get("location", "")


def test_14_2_4_what_is_personal_stays_out_of_lists_logs_and_mails(portal: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A whole life of a dossier: its personal answer is on its own pages, and nowhere else."""
    engine, browser = portal
    caplog.set_level(logging.DEBUG)
    client = browser()
    known(client)
    prove(engine.store.accounts)
    secret = "https://bi.mat.vn/0123"
    draft = dict(Page(save(client, name="An", link=secret).text).pairs)
    client.post(f"{APPLY}/review", data=draft)
    [dossier] = engine.store.every()
    engine.act(dossier.id, Action.ACCEPT, INTAKE)
    engine.act(dossier.id, Action.REQUEST_SUPPLEMENT, INTAKE, facts={"asked": ["/link"]}, note="Trang không mở được")
    shown = [client.get(place).text for place in ("/dossiers", "/dossiers?words=mat", "/", "/procedures")]
    shown.append(look_up(browser(), engine, str(dossier.code)).text)
    mails = [str(one.mail) for one in engine.store.outbox.claim(engine.clock.now(), engine.clock.now(), 99)]
    assert len(mails) == 5
    for text in (*shown, *mails, caplog.text, repr(engine.history(dossier))):
        assert "bi.mat" not in text
    assert secret in client.get(f"/dossiers/{dossier.code}").text


def test_15_3_7_of_a_name_that_is_sent_twice_the_last_one_counts(portal: Any) -> None:
    """The same for what is checked and for what is kept."""
    engine, browser = portal
    client = browser()
    client.post(
        APPLY, content="/name=An&/name=B%C3%ACnh&do=save&do=cancel", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    [draft] = engine.store.every()
    assert draft.answers["name"] == "Bình"
    assert draft.state.name == "DRAFT"


def test_16_2_5_and_16_4_1_logs_hold_no_secret_and_no_second_line(portal: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Neither password, token nor mail address; breaks and colours are escaped."""
    _, browser = portal
    caplog.set_level(logging.DEBUG)
    client = browser()
    secret = register(client)
    sign_in(client, secret)
    client.post("/password", data={"new": GOOD})
    sign_in(browser(), "wrong password", MAIL)
    client.get("/dossiers/%0d%0aforged%1b[31m")
    client.post("/sign-out%0d%0aforged", headers={"sec-fetch-site": "cross-site"})
    for text in (secret, GOOD, MAIL, "wrong password", client.cookies.get(SESSION) or "none"):
        assert text not in caplog.text
    for record in caplog.records:
        assert not re.search(r"[\r\n\x1b]", record.getMessage()), record.getMessage()


def test_16_3_1_to_16_3_3_what_somebody_has_to_know_is_logged(portal: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Sign-ins, refusals, limits, wrong confirmation codes, other sites: what, who, from where."""
    engine, browser = portal
    caplog.set_level(logging.INFO)
    client = browser()
    known(client)
    account = engine.store.accounts.account_of(MAIL).id
    for _ in range(9):
        sign_in(browser(), "wrong")
    look_up(browser(), engine, "x", captcha="1")
    client.post("/sign-out", headers={"sec-fetch-site": "cross-site"})
    for line in (
        f"signed in who={account} from=testclient at=/sign-in",
        f"password changed who={account} from=testclient at=/password",
        "sign-in refused who=",
        "too many tries who=",
        "confirmation code refused who=- from=testclient at=/lookup",
        "sent from another site who=- from=testclient at=/sign-out",
    ):
        assert line in caplog.text, line
