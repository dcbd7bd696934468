"""Requests sent twice, or by many at once, take effect once; no user sees a failure, and every page still opens."""

from __future__ import annotations

import os
import random
import sqlite3
import string
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyotp
from dossierkit_web.site import LIMITS
from starlette.routing import Route
from support.desk import act, filed
from support.people import UNIT
from support.visits import GOOD, addresses, known, sign_in

from dossierkit import Actor, State
from dossierkit.people.throttle import WINDOW

APPLY = "/procedures/1.000001/apply"
NEW = "quả táo trên bàn gỗ"
#: So many posts at random; more by hand.
POSTS = int(os.environ.get("DOSSIERKIT_POSTS", "150"))


def together(times: int, send: Callable[[], Any]) -> list[int]:
    """The answers to what is sent at one moment."""
    with ThreadPoolExecutor(times) as pool:
        return [answer.status_code for answer in pool.map(lambda _: send(), range(times))]


def test_many_first_saves_make_one_draft(office: Any) -> None:
    """Ten clicks, one draft; the answers are those that were sent."""
    engine, browser, _ = office
    client = browser()
    known(client)

    seen = together(10, lambda: client.post(APPLY, data={"/name": "An", "do": "save"}, follow_redirects=False))

    assert set(seen) <= {303, 409}
    [draft] = engine.store.every()
    assert draft.answers == {"name": "An"}
    assert list(engine.verify()) == []


def test_many_changes_of_one_account_are_one(office: Any) -> None:
    """One is kept; the others are told that another was faster, or are done already."""
    engine, browser, _ = office
    client, fresh = browser(), browser()
    known(client)
    fresh.post("/register", data={"/email": "ba@example.vn", "/fullName": "Ba", "do": "save"})
    for path, data in (
        ("/profile/mail", {"mail": "new@example.vn", "password": GOOD}),
        ("/profile/details", {"/fullName": "Nguyễn Văn Ân", "do": "save"}),
        ("/profile/notices", {"/notices": '"none"', "do": "save"}),
        ("/profile/confirm", {}),
        ("/first-password", {"mail": "ba@example.vn"}),
        ("/forgot", {"mail": "new@example.vn"}),
        ("/password", {"new": NEW, "current": GOOD}),
    ):
        session = dict(client.cookies)

        def send(path: str = path, data: Any = data, session: Any = session) -> Any:
            headers = {"cookie": "; ".join(f"{name}={value}" for name, value in session.items())}
            return client.post(path, data=data, headers=headers, follow_redirects=False)

        seen = together(8, send)
        assert set(seen) <= {200, 303, 409, 422, 429}, (path, seen)
    assert sign_in(browser(), NEW, "new@example.vn").url.path == "/"
    assert engine.store.accounts.account_of("new@example.vn").name == "Nguyễn Văn Ân"


def bodies(engine: Any, citizen: Any, officer: Any, root: Any) -> dict[str, tuple[Any, str, dict[str, Any]]]:
    """Who sends what where, for every route that takes a POST; those that end a session come last."""
    dossier, other = filed(engine, citizen), filed(engine, citizen)
    asked = filed(engine, citizen)
    act(officer, asked, "request-supplement", asked=["wrong:/name"], note="?")
    owner = Actor(dossier.owner)
    draft, gone = (engine.begin("1.000001", owner, {"name": "An"}) for _ in range(2))
    code = str(dossier.code)
    accept = {"version": str(dossier.version), "action": "accept"}
    secret = pyotp.random_base32()
    return {
        "/procedures/{code}/apply": (citizen, f"{APPLY}?draft={draft.id}", {"/name": "Ba", "do": "save", "meta:version": "1"}),
        "/procedures/{code}/apply/review": (citizen, f"{APPLY}/review", {"meta:draft": draft.id}),
        "/procedures/{code}/apply/cancel": (citizen, f"{APPLY}/cancel", {"meta:draft": gone.id}),
        "/procedures/{code}/apply/restore": (citizen, f"{APPLY}/restore", {"meta:draft": gone.id}),
        "/dossiers/{code}/messages": (citizen, f"/dossiers/{code}/messages", {"text": "Xin hỏi", "message": "Xin hỏi"}),
        "/dossiers/{code}/copy": (citizen, f"/dossiers/{code}/copy", {}),
        "/dossiers/{code}/supplement": (citizen, f"/dossiers/{asked.code}/supplement", {"/name": "Mới", "do": "send"}),
        "/dossiers/{code}/ask-erasure": (citizen, f"/dossiers/{code}/ask-erasure", {}),
        "/dossiers/{code}/withdraw": (citizen, f"/dossiers/{other.code}/withdraw", {}),
        "/dossiers/{code}/pay": (citizen, f"/dossiers/{code}/pay", {"gateway": "vnpay"}),
        "/lookup": (citizen, "/lookup", {"code": code}),
        "/effort": (citizen, "/effort", {}),
        "/desk": (officer, "/desk", {"action": "accept", "code": [code, str(asked.code)]}),
        "/desk/views": (officer, "/desk/views", {"name": "Của tôi", "query": "view=all"}),
        "/desk/register": (officer, "/desk/register", {"since": "22/11/2026", "until": "22/11/2026"}),
        "/desk/counter": (officer, "/desk/counter", {"channel": "1", "procedure": "1.000001"}),
        "/desk/{code}/supplement": (officer, f"/desk/{asked.code}/supplement", {"/name": "Mới", "do": "send"}),
        "/desk/{code}": (officer, f"/desk/{code}", accept),
        "/desk/{code}/payments": (officer, f"/desk/{code}/payments", {"ref": "x"}),
        "/admin/mails": (root, "/admin/mails", {"id": "1"}),
        "/admin/people": (
            root, "/admin/people", {"do": "add", "mail": "x@office.vn", "name": "X", "role": "approver", "unit": UNIT}
        ),
        "/admin/procedures": (root, "/admin/procedures", {}),
        "/admin/procedures/{code}": (root, "/admin/procedures/1.000001", {"do": "approve"}),
        "/sandbox/pay": (citizen, "/sandbox/pay", {}),
        "/register": (citizen, "/register", {"/email": "moi@example.vn", "/fullName": "Mới", "do": "save"}),
        "/first-password": (citizen, "/first-password", {"mail": "moi@example.vn"}),
        "/forgot": (citizen, "/forgot", {"mail": "moi@example.vn"}),
        "/reset": (citizen, "/reset", {"token": "x", "new": NEW}),
        "/confirm": (citizen, "/confirm", {"token": "x"}),
        "/profile/{section}": (citizen, "/profile/details", {"/fullName": "An", "do": "save"}),
        "/second-factor/set-up": (
            officer, "/second-factor/set-up", {"secret": secret, "code": pyotp.TOTP(secret).at(engine.clock.now())}
        ),
        "/second-factor": (officer, "/second-factor", {"code": "000000"}),
        "/password": (citizen, "/password", {"new": NEW, "current": GOOD}),
        "/sign-in": (citizen, "/sign-in", {"mail": "an@example.vn", "password": NEW}),
        "/sign-in/resume": (citizen, "/sign-in/resume", {"carried": "x", "next": APPLY}),
        "/profile/erase": (citizen, "/profile/erase", {"password": NEW}),
        "/sign-out": (officer, "/sign-out", {}),
    }  # fmt: skip


def posted(app: Any) -> set[str]:
    """The paths that take a POST."""
    return {route.path for route in app.routes if isinstance(route, Route) and "POST" in (route.methods or ())}


def test_every_post_that_is_doubled_is_done_once(office: Any) -> None:
    """Two at one moment, over the table of routes: no failure, no number given out twice, and all proofs hold."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    mai, root = officer("mai@office.vn"), officer("root@office.vn")
    sent = bodies(engine, citizen, mai, root)
    assert posted(citizen.app) == set(sent), "a new address is tried, too"
    before = len([one for one in engine.store.every() if one.code])

    for path, (client, url, data) in sent.items():
        seen = together(2, lambda client=client, url=url, data=data: client.post(url, data=data, follow_redirects=False))
        assert max(seen) < 500, (path, seen)

    codes = [str(one.code) for one in engine.store.every() if one.code]
    assert len(set(codes)) == len(codes) == before + 1
    assert list(engine.verify()) == []


#: Writes to the store that a visitor who is not signed in can cause, and the limit that it counts against.
WRITTEN_BY_STRANGERS = {
    "/register": "register",
    "/first-password": "again",
    "/forgot": "forgot",
}


def rows(engine: Any, *, tries: bool = False) -> dict[str, int]:
    """How many rows every table has; what is counted for a limit is no data, and goes after a day."""
    with sqlite3.connect(engine.store.path) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        names = [name for name in names if "search" not in name and (tries or name != "tries")]
        return {
            name: connection.execute(f"SELECT count(*) FROM [{name}]").fetchone()[0] for name in names if "search" not in name
        }


def test_what_strangers_make_the_store_write_is_listed_and_limited(office: Any) -> None:
    """Reading writes nothing; each address that does write ends in a 429, and then writes nothing any more."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    sent = bodies(engine, citizen, officer("mai@office.vn"), officer("root@office.vn"))
    sent["/procedures/{code}/apply"] = (citizen, APPLY, {"/name": "Ba", "do": "save"})

    def ask(method: str, url: str, data: Any = None) -> Any:
        return browser().request(method, url, data=data, follow_redirects=False)

    # The secrets of the installation are made once.
    ask("GET", "/lookup")
    ask("POST", APPLY, {"/name": "Ba", "do": "save"})
    before = rows(engine)
    for path in addresses(citizen.app.routes, "H29.15-261122-0001"):
        assert ask("GET", path).status_code < 500
        assert rows(engine) == before, path
    writers = set()
    for path, (_, url, data) in sent.items():
        before = rows(engine)
        assert ask("POST", url, data).status_code < 500
        if rows(engine) != before:
            writers.add(path)
    assert writers == set(WRITTEN_BY_STRANGERS)
    for path in writers:
        _, url, data = sent[path]
        what, now = WRITTEN_BY_STRANGERS[path], engine.clock.now()
        for _ in range(10 * LIMITS.get(what, 0)):
            engine.store.accounts.try_again({f"{what}@testclient": 9_999}, now, now)
        codes = [ask("POST", url, data).status_code for _ in range(9)]
        assert codes[-1] == 429, path
        before = rows(engine, tries=True)
        assert ask("POST", url, data).status_code == 429
        assert rows(engine, tries=True) == before, path


def test_whatever_is_posted_at_random_every_page_still_opens(office: Any) -> None:
    """Every role, every address, right and wrong names and values: never a failure, then or on any page afterwards."""
    engine, browser, officer = office
    chance = random.Random(int(os.environ.get("DOSSIERKIT_SEED", "1")))
    citizen = browser()
    known(citizen)
    people = [citizen, browser(), *(officer(mail) for mail in ("mai@office.vn", "linh@office.vn", "root@office.vn"))]
    right = [body for path, body in bodies(engine, citizen, *people[2:5:2]).items() if path not in ENDS]
    for number in range(POSTS):
        _, url, data = chance.choice(right)
        client = chance.choice(people)
        sent = mangled(chance, data, [one for _, _, body in right for one in body.items()])
        if number % 50 == 0:
            engine.clock.advance(WINDOW)
        answer = client.post(url, data=sent, follow_redirects=False)
        assert answer.status_code < 500, (number, url, sent)
    engine.clock.advance(WINDOW)
    for dossier in engine.store.every():
        pages = addresses(citizen.app.routes, str(dossier.code)) if dossier.code else [f"{APPLY}?draft={dossier.id}"]
        for path in pages:
            if "lang=en" in path or not path.startswith(("/dossiers/", "/desk/H", APPLY, "/desk?")):
                continue
            for client in people:
                assert client.get(path, follow_redirects=False).status_code < 500, path
    assert list(engine.verify()) == []
    assert all(one.state in State for one in engine.store.every())


#: Addresses that end the session.
ENDS = ("/sign-out", "/password", "/profile/erase", "/second-factor/set-up", "/sign-in", "/register")


def mangled(chance: random.Random, data: dict[str, Any], others: list[tuple[str, Any]]) -> dict[str, Any]:
    """*data* with something left out, put in, or written otherwise."""
    sent = {name: value for name, value in data.items() if chance.random() < 0.8}
    for _ in range(chance.randrange(4)):
        name, value = chance.choice(others)
        sent[name if chance.random() < 0.7 else word(chance)] = value if chance.random() < 0.4 else word(chance)
    for name in list(sent):
        if chance.random() < 0.3:
            sent[name] = word(chance)
    return sent


def word(chance: random.Random) -> str:
    """Text that a client could send: numbers, known names, odd letters, long ones."""
    odd = [
        "",
        "0",
        "-1",
        "9" * 30,
        "null",
        "true",
        "[]",
        "{}",
        '"',
        "/",
        "..",
        "%00",
        "\x00",
        "\u202eabc",
        "ẩ" * 300,
        "1e400",
        "NaN",
        "<b>",
        "{{7*7}}",
        "a" * 5_000,
    ]
    names = [
        "/name",
        "/copies",
        "/rows/0/no",
        "count:/rows",
        "do",
        "add:/rows",
        "remove:/rows/0",
        "meta:version",
        "meta:draft",
        "asked",
        "officer",
        "version",
        "accept",
        "refuse",
        "complete",
        "withdraw",
        "document:1",
    ]
    return chance.choice([*odd, *names, "".join(chance.choice(string.printable) for _ in range(chance.randrange(12)))])
