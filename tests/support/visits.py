"""Visits of users to the portal, for tests of pages."""

from __future__ import annotations

import re
from typing import Any

import attrs
from dossierkit_web.requests.cookies import VISIT
from starlette.routing import Route
from starlette.testclient import TestClient

from dossierkit import Engine
from dossierkit.ports import AccountStore
from support.captcha_reader import digits
from support.page import Page

MAIL, GOOD = "an@example.vn", "ngựa đúng pin kẹp giấy"


def register(client: TestClient, mail: str = MAIL, name: str = "Nguyễn Văn An") -> str:
    """The first password that the page shows."""
    page = client.post("/register", data={"/email": mail, "/fullName": name, "do": "save"})
    assert page.status_code == 200, page.text
    found = re.search(r'id="secret">([^<]+)<', page.text)
    assert found is not None
    return found[1]


def sign_in(client: TestClient, password: str, mail: str = MAIL, **more: str) -> Any:
    """The page after signing in."""
    return client.post("/sign-in", data={"mail": mail, "password": password, **more})


def known(client: TestClient, mail: str = MAIL, name: str = "Nguyễn Văn An") -> None:
    """A visitor who has chosen a password and is signed in."""
    sign_in(client, register(client, mail, name), mail)
    assert client.post("/password", data={"new": GOOD}).url.path == client.base_url.path


def prove(accounts: AccountStore, mail: str = MAIL) -> None:
    """Makes the address proven, as the link in a mail does."""
    account = accounts.account_of(mail)
    assert account is not None
    assert accounts.replace_account(attrs.evolve(account, proven=True, version=account.version + 1))


def look_up(client: TestClient, engine: Engine, code: str, **changed: str) -> Any:
    """The page after a look-up with the digits of its picture."""
    pairs = dict(Page(client.get("/lookup").text).pairs)
    right = digits(engine.store, engine.clock, client.cookies[VISIT], pairs["challenge"])
    return client.post("/lookup", data={**pairs, "code": code, "captcha": right, **changed})


def addresses(routes: Any, code: str) -> list[str]:
    """Every page that can be asked for, with things that are there."""
    named = {"{code}": "1.000001", "{name}": "01", "{gateway}": "vnpay", "{challenge}": "x" * 43, "{dossier}": "0", "{blob}": "0"}
    found = []
    for route in routes:
        if not isinstance(route, Route) or "GET" not in (route.methods or ()):
            continue
        path = route.path.replace("{code}", code) if route.path.startswith(("/dossiers", "/desk")) else route.path
        for name, value in named.items():
            path = path.replace(name, value)
        if "{" not in path:
            found += [path, f"{path}?lang=en"]
    return found
