"""The portal below a prefix of a host application: every address honours it, whatever a proxy in front does to paths."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from dossierkit_web import WebConfig, create_app
from dossierkit_web.requests.cookies import SESSION, cookie, set_cookie
from jinja2 import Environment, nodes
from starlette.requests import Request
from starlette.responses import Response
from support.browsing import browsers_of
from support.captcha_reader import digits
from support.mounting import HOSTS, PREFIX
from support.people import UNIT
from support.samples import ROOT, SMALL
from support.visits import GOOD
from support.walking import Walker, crawled, inside, leaving

from dossierkit import Action, Actor, Engine, Role, State, open_engine
from dossierkit.mail.letters import Office
from dossierkit.papers.slip import SlipKey
from dossierkit.people.staff import appoint
from dossierkit.testing import FixedClock
from dossierkit.wiring import open_accounts, payment_settings

ADAPTER = ROOT / "adapters" / "web" / "dossierkit_web"
SCHEMA: dict[str, Any] = {
    **SMALL,
    "x-procedure": {
        **SMALL["x-procedure"],
        "unit": UNIT,
        "persons": {"owner": "/name"},
        "documents": [{"code": "don", "title": "Đơn", "required": True}],
        "fees": [{"title": "Phí", "kind": "phi", "amount": 30_000}],
        "timeLimit": [{"count": 5}],
    },
}


@contextmanager
def mounted(
    tmp_path: Path, folder: Path, clock: FixedClock, host: Any, prefix: str, **config: Any
) -> Iterator[tuple[Engine, Any, Any]]:
    """A portal at *prefix* of a host: its engine, a maker of visitors, and one of officers who are signed in."""
    (folder / "small.json").write_text(json.dumps(SCHEMA), "utf-8")
    office = Office(address=f"http://testserver{prefix}")
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock, office=office)
    money = payment_settings(sandbox_at=f"{office.address}/sandbox/pay")
    settings = WebConfig(sandbox=money.sandbox, gateways=money.gateways, **config)
    accounts = open_accounts(engine)
    with browsers_of(host(create_app(engine, blobs=tmp_path / "blobs", config=settings))) as browser:

        def visitor() -> Walker:
            return Walker(browser(), prefix)

        def officer(mail: str, role: Role, unit: str = UNIT) -> Walker:
            walker = visitor()
            signed_in(walker, mail, appoint(accounts, mail, f"Cán bộ {mail[:3]}", role, unit))
            return walker

        yield engine, visitor, officer
    engine.close()


def signed_in(walker: Walker, mail: str, secret: str) -> None:
    walker.enter()
    walker.click("Đăng nhập")
    walker.send("/sign-in", mail=mail, password=secret)
    walker.send("/password", new=GOOD)


def mailed(engine: Engine) -> str:
    """The texts of all mails so far."""
    now = engine.clock.now()
    return "\n".join(entry.mail.text for entry in engine.store.outbox.claim(now, now + timedelta(days=1), 99))


@pytest.mark.parametrize("host", HOSTS)
def test_the_way_of_a_citizen_and_of_officers(tmp_path: Path, folder: Path, clock: FixedClock, host: str) -> None:
    """From registering to the result, by links and forms alone: no address leaves the prefix, nor does a mail or a paper."""
    prefix = PREFIX
    with mounted(tmp_path, folder, clock, HOSTS[host], prefix, slips=SlipKey.load_or_create(tmp_path / "keys" / "slip.key")) as (
        engine,
        visitor,
        officer,
    ):
        citizen = visitor()
        assert citizen.client.get("/so/nong-nghiep/host").text == "1"
        citizen.enter()
        citizen.click("Tạo tài khoản")
        page = citizen.send("/register", **{"/email": "an@example.vn", "/fullName": "Nguyễn Văn An", "do": "save"})
        secret = re.search(r'id="secret">([^<]+)<', page.text)
        assert secret is not None
        signed_in(citizen, "an@example.vn", secret[1])
        assert "Nguyễn Văn An" in citizen.answer.text

        citizen.click("Nộp hồ sơ trực tuyến")
        citizen.click("Nộp hồ sơ: Cấp bản sao")
        answers = {"/name": "Trần Thị Bà", "/copies": "2"}
        citizen.send("/apply", **answers, do="save")
        files = {"document:don": ("don.pdf", b"%PDF-1.7", "application/pdf")}
        citizen.send("/apply", **answers, do="continue", files=files)
        citizen.send("/apply/review")
        found = re.search(r"H29\.15-\d{6}-\d{4}", citizen.answer.text)
        assert found is not None
        code = found[0]
        assert urlsplit(str(citizen.answer.url)).path == f"{prefix}/dossiers/{code}"
        assert citizen.click("don.pdf").content == b"%PDF-1.7"

        mai, nam = officer("mai@office.vn", Role.INTAKE_OFFICER), officer("nam@office.vn", Role.CASE_OFFICER)
        mai.enter("/desk")
        mai.click(code)
        mai.send(f"/desk/{code}", action="accept")
        account = engine.store.accounts.account_of("nam@office.vn")
        assert account is not None
        mai.send(f"/desk/{code}", action="assign", officer=account.id)
        mai.send(f"/desk/{code}", action="request-supplement", asked="/copies", note="Sai số bản")
        citizen.enter("/")
        citizen.click(code)
        citizen.click("Bổ sung ngay")
        citizen.send("/supplement", **{"/copies": "3", "do": "send"})
        citizen.send("/messages", note="Khi nào xong?")

        mai.enter("/desk")
        mai.click("Tất cả")
        mai.click(code)
        mai.send(f"/desk/{code}", action="request-payment", amount="30.000")
        citizen.enter("/dossiers")
        citizen.click(f"Nộp tiền: {code}" if "Nộp tiền" in citizen.answer.text else f": {code}")
        citizen.send("/pay", gateway="vnpay")
        citizen.send("/sandbox/pay", outcome="paid")
        citizen.click(code)
        nam.enter("/desk?view=all")
        nam.click(code)
        nam.send(f"/desk/{code}", action="complete", outcome="approved")
        mai.enter("/desk?view=all")
        mai.click(code)
        mai.send(f"/desk/{code}", action="hand-over", evidence="counter", note="Đã nhận")
        dossier = engine.lookup(code)
        assert dossier is not None
        assert dossier.state is State.RETURNED
        mai.click("Giấy tiếp nhận")
        mai.click(code)

        citizen.enter("/statistics")
        citizen.send("/statistics", year="2026")
        citizen.click("XLSX")
        stranger = visitor()
        stranger.enter("/dossiers")
        assert urlsplit(str(stranger.answer.url)).path == f"{prefix}/sign-in"
        stranger.send("/sign-in", mail="an@example.vn", password=GOOD)
        assert urlsplit(str(stranger.answer.url)).path == f"{prefix}/dossiers", "it leads back"
        stranger.send("/sign-out")

        links = re.findall(r"http://\S+", mailed(engine))
        assert links
        assert [link for link in links if not inside(link, prefix)] == []
        cookies = citizen.client.cookies.jar
        own = {cookie.path for cookie in cookies if cookie.name.startswith("dossierkit")}
        assert own == {prefix}
        assert citizen.client.get("/so/nong-nghiep/host").text == "2", "the session of the host goes on"
        assert list(engine.verify()) == []


def test_a_look_up_and_its_picture(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """The confirmation code works below a prefix, and its cookie is the portal's own."""
    with mounted(tmp_path, folder, clock, HOSTS["kept"], PREFIX) as (engine, visitor, _):
        stranger = visitor()
        stranger.enter("/lookup")
        token = stranger.client.cookies["dossierkit-visit.so.nong-nghiep.ho-so"]
        challenge = Walker.pairs(next(form for form in stranger.links.forms if form.action.endswith("/lookup")))["challenge"]
        picture = next(address for address in stranger.links.addresses if address.endswith(".png"))
        assert stranger.client.get(urljoin("http://testserver", picture)).headers["content-type"] == "image/png"
        right = digits(engine.store, engine.clock, token, challenge)
        page = stranger.client.post(
            f"http://testserver{PREFIX}/lookup", data={"code": "H29.15-261122-0001", "challenge": challenge, "captcha": right}
        )
        assert "Không có hồ sơ nào có mã hoặc số này" in page.text
        assert leaving(page, PREFIX) == []


@pytest.mark.parametrize("who", ["citizen", "admin"])
def test_no_link_is_dead_and_none_leaves_the_prefix(tmp_path: Path, folder: Path, clock: FixedClock, who: str) -> None:
    """Every page that can be reached by links, and what its forms lead to."""
    prefix = "/a/b"

    def host(portal: Any) -> Any:
        from starlette.applications import Starlette
        from starlette.routing import Mount

        return Starlette(routes=[Mount(prefix, portal)])

    with mounted(tmp_path, folder, clock, host, prefix) as (engine, visitor, officer):
        walker = {
            "citizen": visitor,
            "admin": lambda: officer("root@office.vn", Role.ADMIN, ""),
        }[who]()
        if who == "citizen":
            walker.enter("/register")
            page = walker.send("/register", **{"/email": "an@example.vn", "/fullName": "An", "do": "save"})
            signed_in(walker, "an@example.vn", page.text.partition('id="secret">')[2].partition("<")[0])
        account = engine.store.accounts.account_of("an@example.vn")
        actor = account.actor if account is not None else Actor("an")
        engine.begin("1.000001", actor)
        draft = engine.begin("1.000001", actor, {"name": "An", "copies": 1})
        draft = engine.save(draft.id, draft.answers, actor, version=draft.version, declared=["don"])
        engine.act(
            engine.submit(draft.id, actor).id, Action.ACCEPT, Actor("mai", Role.INTAKE_OFFICER, UNIT), facts={"paper": ["don"]}
        )
        seen = crawled(walker, prefix)

    assert len(seen) > 10
    assert f"{prefix}/static/style.css" in seen


@pytest.mark.parametrize("asked", ["/procedures", f"{PREFIX}/procedures"])
def test_the_public_address_says_where_a_portal_is(tmp_path: Path, folder: Path, clock: FixedClock, asked: str) -> None:
    """Where no server and no host does: a proxy may strip its path or not."""
    with mounted(tmp_path, folder, clock, lambda portal: portal, PREFIX) as (_, visitor, _):
        page = visitor().client.get(asked)

    assert page.status_code == 200
    assert f'href="{PREFIX}/lookup"' in page.text
    assert not re.search(r'(?:href|src|action)="/(?!so/nong-nghiep/ho-so/)', page.text)


@pytest.mark.parametrize(
    ("mount", "secure", "named"),
    [("", True, "__Host-dossierkit"), ("/thu", True, "__Secure-dossierkit.thu"), ("/thu", False, "dossierkit.thu")],
)
def test_a_portal_below_another_one_has_cookies_of_its_own(mount: str, secure: bool, named: str) -> None:
    """Browsers send the cookies of a portal at the root to one below it as well: the names tell them apart."""
    request = Request({"type": "http", "root_path": mount, "headers": [(b"cookie", f"{named}=own; dossierkit=other".encode())]})

    assert cookie(request, SESSION, secure=secure) == "own"
    sent = Response()
    set_cookie(request, sent, SESSION, "new", secure=secure)
    assert sent.headers["set-cookie"].startswith(f"{named}=new; HttpOnly; Path={mount or '/'}; SameSite=lax")


def test_an_error_below_static_knows_the_mount_point(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """The files have a mount point of their own, which is not that of the page that says what is missing."""
    with mounted(tmp_path, folder, clock, HOSTS["kept"], PREFIX) as (_, visitor, _):
        page = visitor().client.get(f"http://testserver{PREFIX}/static/nothing.css")

    assert page.status_code == 404
    assert leaving(page, PREFIX) == []
    assert f'href="{PREFIX}/procedures"' in page.text


def _unrooted(tree: nodes.Template) -> list[str]:
    """The texts of a template that begin like an address, and are neither behind `root` or a place nor compared with one."""
    fine: set[int] = set()
    for concat in tree.find_all(nodes.Concat):
        if isinstance(concat.nodes[0], nodes.Name):
            fine |= {id(const) for const in concat.find_all(nodes.Const)}
    for compared in tree.find_all(nodes.Compare):
        fine |= {id(const) for const in compared.find_all(nodes.Const)}
    for called in tree.find_all(nodes.Call):
        if isinstance(called.node, nodes.Getattr) and called.node.attr == "startswith":
            fine |= {id(const) for const in called.find_all(nodes.Const)}
    texts = [const.value for const in tree.find_all(nodes.Const) if id(const) not in fine]
    return [text for text in texts if isinstance(text, str) and re.match(r"/[a-z]", text)]


def test_no_template_writes_an_address_by_hand() -> None:
    """Addresses that begin with a slash come after `root`, in attributes and in texts alike."""
    environment = Environment(autoescape=True)
    wrong = []
    for path in sorted((ADAPTER / "templates").glob("*.html")):
        source = path.read_text("utf-8")
        wrong += [f"{path.name}: {found}" for found in re.findall(r'\b(?:href|src|action|formaction)="/[^"]*', source)]
        wrong += [f"{path.name}: {text}" for text in _unrooted(environment.parse(source))]

    assert wrong == []
    assert _unrooted(environment.parse('{{ back_link("/desk") }}')) == ["/desk"], "it is found"
    assert _unrooted(environment.parse('{{ back_link(root ~ "/desk") }}')) == []


def _handmade(module: str) -> Iterator[str]:
    """The redirects and the values for templates in which a page writes an address by hand."""
    for call in (node for node in ast.walk(ast.parse(module)) if isinstance(node, ast.Call)):
        # That of a gateway, of a provider, of a host.
        if ast.unparse(call.func) == "RedirectResponse" and ast.unparse(call.args[0]) != "address":
            yield ast.unparse(call)
        if ast.unparse(call.func) in ("site.page", "confirming"):
            # `next` is a path within the portal.
            values = [keyword.value for keyword in call.keywords if keyword.arg != "next"]
            made = {
                id(part)
                for value in values
                for part in ast.walk(value)
                if isinstance(part, ast.Call) and ast.unparse(part.func) in ("url", "public_url")
                for part in ast.walk(part)
            }
            yield from (
                part.value
                for value in values
                for part in ast.walk(value)
                if id(part) not in made
                and isinstance(part, ast.Constant)
                and isinstance(part.value, str)
                and re.match(r"/[a-z]", part.value)
            )


def test_no_page_writes_an_address_by_hand() -> None:
    """Redirects and links are made by `requests.addresses`, also those in the script."""
    wrong = [
        f"{path.name}: {found}"
        for path in [*(ADAPTER / "pages").glob("*.py"), ADAPTER / "app.py"]
        for found in _handmade(path.read_text("utf-8"))
    ]

    assert wrong == []
    assert [*_handmade('RedirectResponse("/desk", 303)')] == ["RedirectResponse('/desk', 303)"], "it is found"
    assert [*_handmade('site.page(request, "paper", back=f"/desk/{code}")')] == ["/desk/"]
    assert [*_handmade('site.page(request, "paper", back=url(request, f"/desk/{code}"))')] == []
    script = (ADAPTER / "static" / "form.js").read_text("utf-8")
    assert re.findall(r"""["'`]/[a-z][^"'`]*""", script) == []
