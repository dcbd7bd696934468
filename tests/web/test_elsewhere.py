"""Sign-in over OpenID Connect against a provider that runs beside the test and speaks the protocol."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from dossierkit_web import WebConfig, create_app
from dossierkit_web.oidc import Oidc, provider
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from support.browsing import browsers_of
from support.visits import prove

from dossierkit import Engine, open_engine
from dossierkit.errors import SettingsError
from dossierkit.mail.letters import Office
from dossierkit.testing import FixedClock

# The provider runs in this process, and its libraries warn of their own future.
pytestmark = pytest.mark.filterwarnings("default")

APPLY = "/procedures/1.000001/apply"
MAIL, GOOD = "an@example.vn", "ngựa đúng pin kẹp giấy"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock as mock

        people = [
            mock.User(
                sub="an", claims={"name": "Nguyễn Văn An", "email": MAIL, "email_verified": True, "national_id": "079085012345"}
            ),
            mock.User(sub="ba", claims={"name": "Trần Ba", "email": "ba@example.vn", "email_verified": True}),
            mock.User(sub="nobody", claims={"name": "Không Thư"}),
            mock.User(sub="unsure", claims={"email": MAIL, "email_verified": False}),
            mock.User(sub="silent", claims={"email": MAIL}),
        ]
        with mock.run_server_in_thread(user_claims=people) as server:
            yield f"http://localhost:{server.server_port}"


@pytest.fixture
def portal(tmp_path: Path, folder: Path, issuer: str, request: pytest.FixtureRequest) -> Iterator[tuple[Engine, Any]]:
    """A portal with a provider; with a parameter, a host mounts it there."""
    mount = getattr(request, "param", "")
    office = Office(address=f"http://testserver{mount}")
    # The provider's tokens are of today, so the clock is, too.
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, office=office)
    config = WebConfig(guests=True, oidc=Oidc(issuer, "portal", "secret"))
    app = create_app(engine, blobs=tmp_path / "blobs", config=config)
    with browsers_of(Starlette(routes=[Mount(mount, app)]) if mount else app) as browser:
        yield engine, partial(browser, base_url=office.address)
    engine.close()


def away(client: TestClient, sub: str, after: str = "/") -> str:
    """The address to which the provider sends the person *sub* back."""
    sent = client.get(f"/sign-in/elsewhere?next={after}", follow_redirects=False).headers["location"]
    asked = parse_qs(urlsplit(sent).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    answer = httpx2.post(sent, data={"sub": sub}, follow_redirects=False)
    return answer.headers["location"]


def come(client: TestClient, sub: str, after: str = "/") -> Any:
    return client.get(away(client, sub, after))


def known(client: TestClient) -> None:
    """An account with a password, made here."""
    page = client.post("/register", data={"/email": MAIL, "/fullName": "An", "do": "save"}).text
    secret = page.partition('id="secret">')[2].partition("<")[0]
    client.post("/sign-in", data={"mail": MAIL, "password": secret})
    client.post("/password", data={"new": GOOD})


@pytest.mark.parametrize("portal", ["", "/so/ho-so"], indirect=True)
def test_a_stranger_gets_an_account_with_what_the_provider_says(portal: Any) -> None:
    """The provider leads back to the portal, wherever it is mounted."""
    engine, browser = portal
    client = browser()
    assert "Đăng nhập bằng VNeID" in client.get("/sign-in").text
    client.post(APPLY, data={"/name": "An", "do": "save"})
    page = come(client, "an", "/profile")
    assert page.url.path == f"{client.base_url.path}profile"
    assert "Nguyễn Văn An" in page.text
    account = engine.store.accounts.account_of(MAIL)
    assert account.profile == {"fullName": "Nguyễn Văn An", "idNumber": "079085012345"}
    assert account.password == ""
    assert [one.answers for one in engine.find(account.actor)] == [{"name": "An"}]

    again = browser()
    assert "Nguyễn Văn An" in come(again, "an").text
    assert again.post("/sign-in", data={"mail": MAIL, "password": ""}).status_code == 422


def test_an_account_that_is_here_is_linked_only_by_its_owner(portal: Any) -> None:
    engine, browser = portal
    owner, stranger = browser(), browser()
    known(owner)
    prove(engine.store.accounts)
    assert come(stranger, "an").url.path == "/sign-in"  # the address alone opens nothing
    assert engine.store.accounts.account_of(MAIL).subject == ""

    assert "đã liên kết" in come(owner, "an", "/profile").text
    assert "An" in come(browser(), "an", "/profile").text
    other = browser()
    come(other, "ba")
    assert come(other, "an").status_code == 422  # linked to another account already
    assert owner.post("/sign-in", data={"mail": MAIL, "password": GOOD}).url.path == "/"


def test_without_a_verified_address_there_is_no_account(portal: Any) -> None:
    engine, browser = portal
    assert come(browser(), "nobody").status_code == 422
    assert come(browser(), "unsure").status_code == 422
    assert come(browser(), "silent").status_code == 422
    assert engine.store.accounts.account_of(MAIL) is None


def test_what_comes_back_serves_once_for_the_session_that_left(portal: Any) -> None:
    _, browser = portal
    client, thief = browser(), browser()
    back = away(client, "an").removeprefix("http://testserver")
    thief.get("/lookup")
    assert thief.get(back).status_code == 422
    assert client.get(back.replace("code=", "code=x")).status_code == 422
    back = away(client, "an").removeprefix("http://testserver")
    assert client.get(back).status_code == 200
    assert client.get(back).status_code == 422
    assert client.get("/sign-in/elsewhere/back?error=access_denied").status_code == 422


def test_another_nonce_is_refused(portal: Any, issuer: str) -> None:
    """A token that was made for another sign-in."""
    from dossierkit.errors import SignInRefused
    from dossierkit.people.tokens import new_token

    oidc = Oidc(issuer, "portal", "secret")
    verifier = new_token()
    sent = oidc.address("http://testserver/sign-in/elsewhere/back", state=new_token(), nonce="right", verifier=verifier)
    back = httpx2.post(sent, data={"sub": "an"}, follow_redirects=False).headers["location"]
    code = parse_qs(urlsplit(back).query)["code"][0]
    with pytest.raises(SignInRefused):
        oidc.person("http://testserver/sign-in/elsewhere/back", code, nonce="wrong", verifier=verifier)


def test_without_a_provider_there_is_no_such_door(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    engine = open_engine("memory:", procedures=folder, clock=clock)
    with TestClient(create_app(engine, blobs=tmp_path)) as client:
        assert client.get("/sign-in/elsewhere").status_code == 404
        assert "VNeID" not in client.get("/sign-in").text


def test_addresses_of_providers() -> None:
    made = provider("https://portal:s%40fe@sso.example:8443/realm")
    assert (made.issuer, made.client_id, made.client_secret) == ("https://sso.example:8443/realm", "portal", "s@fe")
    assert "s@fe" not in repr(made)
    with pytest.raises(SettingsError, match="CLIENT:SECRET"):
        provider("https://sso.example")
