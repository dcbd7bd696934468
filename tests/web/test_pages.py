"""Every page of the portal without a browser, and requests that must be refused."""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from dossierkit_web import WebConfig, create_app
from dossierkit_web.texts import LANGUAGES, LOCALE, word
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from support.browsing import browsers_of
from support.drafts import silent
from support.page import Page
from support.samples import PROCEDURES, SMALL
from support.visits import look_up
from support.waiting import wait_for

from dossierkit import Actor, Engine, State, open_engine
from dossierkit.catalog.catalog import Catalog
from dossierkit.forms import STANDARD
from dossierkit.stores.memory.store import MemoryStore
from dossierkit.testing import CountedTokens, FixedClock

APPLY = "/procedures/1.000001/apply"


@pytest.fixture
def portal(tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[tuple[Engine, Any]]:
    """An engine and a maker of browsers, each with cookies of its own."""
    schema = {
        **SMALL,
        "properties": {**SMALL["properties"], "file": {"title": "Tệp", "type": "string", "x-file": {"accept": [".pdf"]}}},
    }
    (folder / "small.json").write_text(json.dumps(schema, ensure_ascii=False), "utf-8")
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    app = create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(max_body_bytes=200_000, guests=True))
    with browsers_of(app) as browser:
        yield engine, browser
    engine.close()


def fill(page: str, **answers: str) -> list[tuple[str, str]]:
    """The pairs that a browser would post from *page* with some controls filled in."""
    pairs = dict(Page(page).pairs)
    pairs.update({name.replace("__", "/"): value for name, value in answers.items()})
    return list(pairs.items())


def post(client: TestClient, url: str, pairs: list[tuple[str, str]], do: str, **options: Any) -> Any:
    data: dict[str, Any] = {}
    for name, value in [*pairs, ("do", do)]:
        data.setdefault(name, []).append(value)
    return client.post(url, data=data, **options)


def test_the_whole_way_without_javascript(portal: Any) -> None:
    """List, guide, form, refused at the right field, corrected, checked, code, look-up."""
    engine, browser = portal
    client = browser()
    assert "Cấp bản sao" in client.get("/procedures?q=ban+sao").text
    assert "<strong>đơn</strong>" in client.get("/procedures/1.000001").text
    form = client.get(APPLY)
    assert form.status_code == 200

    refused = post(client, APPLY, fill(form.text, __copies="12"), "continue")
    assert refused.status_code == 422
    assert 'href="#f/name"' in refused.text
    assert "Số bản: hãy nhập số từ 1 đến 9; hiện là 12." in refused.text

    review = post(client, APPLY, fill(refused.text, __name="Nguyễn <b>Văn</b> Đạt", __copies="2"), "continue")
    assert review.url.path == f"{APPLY}/review"
    assert "Nguyễn &lt;b&gt;Văn&lt;/b&gt; Đạt" in review.text
    done = client.post(f"{APPLY}/review", data=dict(Page(review.text).pairs))
    assert done.url.path == "/dossiers/H29.15-261122-0001"
    assert "H29.15-261122-0001" in done.text

    again = client.post(f"{APPLY}/review", data=dict(Page(review.text).pairs))
    assert again.url.path == done.url.path
    found = look_up(client, engine, "h29.15-261122-0001").text
    assert "Mới đăng ký" in found
    assert "Đạt" not in found
    assert list(engine.verify()) == []


def test_rows_levels_and_saving(portal: Any) -> None:
    """Every button of a list works by posting the page; a saved draft comes back."""
    _, browser = portal
    client = browser()
    page = post(client, APPLY, fill(client.get(APPLY).text, __name="An"), "add:/rows").text
    page = post(client, APPLY, fill(page, __rows__0__no="1"), "add:/rows").text
    page = post(client, APPLY, fill(page, __rows__1__no="2"), "up:/rows/1").text
    assert re.findall(r'name="/rows/\d/no" value="(\d)"', page) == ["2", "1"]
    page = post(client, APPLY, Page(page).pairs, "remove:/rows/0").text
    assert re.findall(r'name="/rows/\d/no" value="(\d)"', page) == ["1"]

    saved = post(client, APPLY, Page(page).pairs, "save", follow_redirects=False)
    assert saved.status_code == 303
    assert 'value="An"' in client.get(APPLY).text
    assert "Cấp bản sao" in client.get("/").text


def test_loading_a_page_again_sends_nothing_again(portal: Any) -> None:
    """Buttons inside the form lead to an address that shows what was open; a page sent twice is saved once."""
    _, browser = portal
    client = browser()
    first = fill(client.get(APPLY).text, __name="An")
    page = post(client, APPLY, first, "add:/rows")
    assert page.request.method == "GET"
    assert page.url.fragment == "f/rows/0/no"
    assert client.get(str(page.url)).text == page.text
    assert 'name="/rows/0/no"' in page.text
    page = post(client, APPLY, Page(page.text).pairs, "remove:/rows/0")
    assert 'name="/rows/0/no"' not in page.text
    assert page.url.fragment == "f/rows.add"

    pairs = fill(page.text, __name="Bình")
    for _ in range(2):
        assert post(client, APPLY, pairs, "update").status_code == 200
    assert post(client, APPLY, fill(page.text, __name="Cường"), "update").status_code == 409


def test_a_page_with_too_many_searches_is_shown_at_once(portal: Any) -> None:
    """No address is longer than every browser and proxy takes."""
    _, browser = portal
    client = browser()
    pairs = [*fill(client.get(APPLY).text, __name="An"), *((f"search:/free{n}" + "x" * 40, "1") for n in range(100))]
    assert post(client, APPLY, pairs, "update").request.method == "POST"


def test_a_file_is_kept_across_a_refusal(portal: Any) -> None:
    """Its name is shown, and the next post does not have to bring it again."""
    engine, browser = portal
    client = browser()
    page = client.get(APPLY)
    refused = client.post(
        APPLY,
        data={**dict(Page(page.text).pairs), "do": "continue"},
        files={"upload:/file": ("Bản vẽ.pdf", b"%PDF-1.7", "application/pdf")},
    )
    assert refused.status_code == 422
    assert "Bản vẽ.pdf" in refused.text

    review = post(client, APPLY, fill(refused.text, __name="An"), "continue")

    assert review.url.path.endswith("/review")
    session = list(engine.store.every())
    assert session[0].answers["file"].startswith("sha256-")


@pytest.mark.parametrize(("name", "content"), [("virus.exe", b"MZ"), ("empty.pdf", b""), ("no-suffix", b"x")])
def test_a_file_beyond_its_limits_is_refused(portal: Any, name: str, content: bytes) -> None:
    """At its field, with what would be right; the rest of the page is kept."""
    engine, browser = portal
    client = browser()
    data = {**dict(Page(client.get(APPLY).text).pairs), "/name": "An", "do": "save"}

    refused = client.post(APPLY, data=data, files={"upload:/file": (name, content)})

    assert refused.status_code == 422
    assert "Hãy chọn tệp khác. Nhận .pdf" in refused.text
    assert next(iter(engine.store.every())).answers == {"name": "An", "copies": 1}


def test_a_fragment_goes_on_showing_what_is_wrong(portal: Any) -> None:
    """Where the page was refused; a fresh page is not scolded while it is being filled in."""
    _, browser = portal
    client = browser()
    pairs = fill(client.get(APPLY).text, __copies="99")

    quiet = post(client, APPLY, pairs, "update", headers={"x-fragment": "1"})
    strict = post(client, APPLY, pairs, "update", headers={"x-fragment": "1", "x-problems": "1"})

    assert "hãy nhập" not in quiet.text.lower()
    assert "Hãy nhập thông tin này." in strict.text
    assert "Hãy nhập số từ 1 đến 9; hiện là 99." in strict.text
    assert quiet.headers["x-version"]
    assert "<html" not in quiet.text


def test_a_draft_is_cancelled_after_asking_back(portal: Any) -> None:
    """For a day it can be had back, from the page that says so and from the list; a second click changes nothing."""
    engine, browser = portal
    client = browser()
    page = post(client, APPLY, fill(client.get(APPLY).text, __name="An"), "save").text

    asked = post(client, APPLY, Page(page).pairs, "cancel")
    assert "khôi phục trong vòng một ngày" in asked.text
    assert "không khôi phục" not in asked.text
    assert "Hủy hồ sơ này?" in asked.text
    assert len(list(engine.store.every())) == 1
    for _ in range(2):
        cancelled = client.post(f"{APPLY}/cancel", data=dict(Page(asked.text).pairs))
        assert "trong vòng một ngày" in cancelled.text
    assert "An" not in Page(client.get(APPLY).text).pairs
    sent = dict(Page(cancelled.text).pairs)
    assert client.post(f"{APPLY}/review", data=sent).status_code == 409
    assert "Khôi phục hồ sơ" in client.get("/dossiers?state=12").text
    assert sent["meta:draft"] not in client.get("/dossiers").text
    for _ in range(2):
        back = client.post(f"{APPLY}/restore", data=sent)
        assert 'value="An"' in back.text
    assert [draft.state for draft in engine.store.every()] == [State.DRAFT]


def test_two_tabs_lose_nothing(portal: Any) -> None:
    """The later save is told, and shows what was typed."""
    _, browser = portal
    client = browser()
    page = post(client, APPLY, fill(client.get(APPLY).text, __name="An"), "save").text
    post(client, APPLY, fill(page, __name="first tab"), "save")

    second = post(client, APPLY, fill(page, __name="second tab"), "save")

    assert second.status_code == 409
    assert "ở một cửa sổ khác" in second.text
    assert 'value="second tab"' in second.text
    kept = post(client, APPLY, Page(second.text).pairs, "save")
    assert 'value="second tab"' in kept.text


def test_strangers_get_the_same_answer_as_for_nothing(portal: Any) -> None:
    """Another session's draft and dossier, on every route and verb."""
    _, browser = portal
    owner, stranger = browser(), browser()
    page = post(owner, APPLY, fill(owner.get(APPLY).text, __name="An"), "save")
    id = page.url.params["draft"]
    post(owner, APPLY, fill(page.text, __name="An"), "continue")
    stranger.post(APPLY, data={"do": "save"})

    for place in (f"{APPLY}?draft={{}}", f"{APPLY}/review?draft={{}}", f"{APPLY}/cancel?draft={{}}"):
        for verb in ("GET", "POST"):
            real = stranger.request(verb, place.format(id))
            none = stranger.request(verb, place.format("0" * 32))
            assert (real.status_code, real.text.replace(id, "")) == (404, none.text.replace("0" * 32, "")), (verb, place)
    owner.post(f"{APPLY}/review", data={"meta:draft": id})
    assert owner.get("/dossiers/H29.15-261122-0001").status_code == 200
    assert stranger.get("/dossiers/H29.15-261122-0001").text.replace("0001", "") == stranger.get(
        "/dossiers/H29.15-261122-0009"
    ).text.replace("0009", "")
    assert stranger.get("/dossiers/H29.15-261122-0001").status_code == 404


def test_what_the_client_must_not_set_stays(portal: Any) -> None:
    """State, code, owner in the body change nothing."""
    engine, browser = portal
    client = browser()
    post(
        client,
        APPLY,
        [("/name", "An"), ("/state", "9"), ("state", "9"), ("code", "X"), ("/code", "X"), ("owner", "binh")],
        "save",
    )

    dossier = next(iter(engine.store.every()))

    assert dossier.answers == {"name": "An"}
    assert (dossier.state, dossier.code) == (0, None)


def test_other_sites_are_refused(portal: Any) -> None:
    """By Sec-Fetch-Site, or by Origin where a browser sends no other word; and nothing is stored."""
    engine, browser = portal
    client = browser()
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
        assert client.post(APPLY, data={"do": "save"}, headers=headers).status_code == 403
    bare = TestClient(client.app)
    assert bare.post(APPLY, data={"do": "save"}, headers={"origin": "https://evil.example"}).status_code == 403
    assert list(engine.store.every()) == []
    assert bare.post(APPLY, data={"do": "save"}, headers={"origin": "http://testserver"}).status_code == 200


def test_reading_changes_nothing(portal: Any) -> None:
    """No GET makes a draft, a session or a dossier."""
    engine, browser = portal
    client = browser()
    for url in ("/", "/procedures", "/procedures/1.000001", APPLY, "/nope"):
        answer = client.get(url)
        assert "set-cookie" not in answer.headers, url
        assert client.head(url).status_code == answer.status_code
    assert list(engine.store.every()) == []


def test_every_answer_has_the_headers(portal: Any) -> None:
    """Errors and files too; no cache stores personal pages."""
    _, browser = portal
    client = browser()
    for url in ("/", "/nope", "/static/style.css", "/healthz", APPLY):
        headers = client.get(url).headers
        assert "default-src 'none'" in headers["content-security-policy"], url
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"]
        assert ("no-store" in headers.get("cache-control", "")) == (not url.startswith("/static"))


def test_too_much_is_refused(portal: Any) -> None:
    """A large body and a page of endless rows end in a kind page."""
    _, browser = portal
    client = browser()

    assert client.post(APPLY, data={"/name": "x" * 300_000, "do": "save"}).status_code == 413
    assert client.post(APPLY, data={"count:/rows": "99999", "do": "update"}).status_code == 413


def test_markup_is_never_inline(portal: Any) -> None:
    """No inline style, script or handler on any page."""
    _, browser = portal
    client = browser()
    for url in ("/", "/procedures", "/procedures/1.000001", APPLY, "/lookup", "/nope"):
        page = Page(client.get(url).text)
        assert page.tags["style"] == 0
        assert not [v for _, v in page.attributes if "style" in v or any(name.startswith("on") for name in v)], url


def test_nothing_is_sent_twice_by_an_old_page(portal: Any) -> None:
    """After success the addresses of the draft lead to the dossier: form, review, and what an old page posts."""
    engine, browser = portal
    client = browser()
    page = post(client, APPLY, fill(client.get(APPLY).text, __name="An"), "save")
    draft = dict(Page(page.text).pairs)["meta:draft"]
    code = client.post(f"{APPLY}/review?draft={draft}", data={"meta:draft": draft}).url.path.rpartition("/")[2]

    for address in (f"{APPLY}?draft={draft}", f"{APPLY}/review?draft={draft}", f"{APPLY}/cancel?draft={draft}"):
        assert client.get(address).url.path == f"/dossiers/{code}"
    assert client.post(f"{APPLY}?draft={draft}", data={"/name": "Bình", "do": "save"}).url.path == f"/dossiers/{code}"
    assert engine.store.size() == 1


def catalogue(language: str) -> Any:
    with (LOCALE / language / "LC_MESSAGES" / "portal.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogues_are_compiled(language: str) -> None:
    """The compiled files equal their sources."""
    for message in catalogue(language):
        if message.id:
            assert word(message.id, language) == message.string


def test_every_word_is_there_and_used() -> None:
    """Every text that templates and pages ask for is in the catalogues, and they hold no other."""
    root = LOCALE.parent
    texts = [path.read_text("utf-8") for path in (*root.rglob("*.html"), *root.rglob("*.py"))]
    named = {name for text in texts for name in re.findall(r"""say\(\s*"([a-z-]+)"\s*[,)]""", text)}
    known = {message.id for message in catalogue("vi") if message.id}
    assert named - known == set()
    with pytest.raises(KeyError):
        word("nothing", "vi")

    quoted = {name for text in texts for name in re.findall(r"""["']([a-z][a-z0-9-]+)["']""", text)}
    built = tuple(f"{name}-" for name in (
        "state", "tab", "do", "password", "profile", "event", "find", "filter", "audience", "change", "day", "stat", "desk", "act", "role", "outcome", "payment", "evidence",
        "asked", "document", "why", "fee", "plan", "risk", "people", "part", "channel", "collect", "gateway", "pay", "paid", "sandbox", "paper", "register", "lint", "serving", "api",
    ))  # fmt: skip
    assert {n for n in known - quoted if not n.startswith(built) and n.removesuffix("-text") not in quoted} == set()


def test_languages_are_whole() -> None:
    """Every word of one language is there in the other, with the same holes."""
    vi, en = ({m.id: m.string for m in catalogue(language) if m.id} for language in LANGUAGES)

    assert vi.keys() == en.keys()
    for name in vi:
        assert set(re.findall(r"\{\w+\}", vi[name])) == set(re.findall(r"\{\w+\}", en[name])), name


def test_english_is_complete_and_remembered(tmp_path: Path) -> None:
    """No Vietnamese letter is left on an English page but names of places and the switch back."""
    engine = open_engine("memory:", procedures=PROCEDURES)
    client = TestClient(create_app(engine, blobs=tmp_path))
    client.get("/?lang=en")
    for one in engine.procedures():
        for url in (f"/procedures/{one.code}", f"/procedures/{one.code}/apply"):
            text = re.sub(
                r"<option.*?</option>|Tiếng Việt|m³/ngày|m³/giờ|kg/năm|tấn/năm|value=\"[^\"]*\"|Example: [^<]*|đ</span>|\bđ\b",
                "",
                client.get(url).text,
            )
            left = re.findall(r"[^<>]*[ăâđêôơưĂÂĐÊÔƠƯạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ][^<>]*", text)
            assert left == [], (url, left[:3])
    engine.close()


def test_a_failure_shows_a_number_and_nothing_else(portal: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The log has the rest."""
    engine, browser = portal
    client = browser(raise_server_exceptions=False)
    engine.procedures = lambda *a, **k: 1 / 0  # type: ignore[method-assign]  # the failure

    answer = client.get("/procedures")

    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text
    number = re.search(r"mã ([0-9a-f]{8})", answer.text)
    assert number is not None
    assert number[1] in caplog.text


def test_a_store_that_cannot_be_written_pauses_filing(portal: Any) -> None:
    """503 with words and Retry-After; reading goes on; the process lives, and is not ready."""
    import sqlite3

    engine, browser = portal
    client = browser()
    engine.store.database.writer.connection.execute("PRAGMA query_only=ON")  # the fault

    answer = client.post(APPLY, data={"do": "save"})

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert client.get("/procedures").status_code == 200
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (503, "store")
    assert client.get("/healthz").text == "ok"
    engine.store.database.writer.connection.execute("PRAGMA query_only=OFF")
    assert client.get("/readyz").text == "ok"
    assert sqlite3.sqlite_version


class StoppedServer(MemoryStore):
    """A database on a server that was stopped: it takes questions and gives no answer until it is *woken*."""

    def __init__(self) -> None:
        super().__init__()
        self.woken = threading.Event()

    def guard_writable(self) -> None:
        self.woken.wait()


def test_a_store_that_gives_no_answer_is_not_ready(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """The answer does not wait for the store, and no later one waits for the thread that does."""
    store = StoppedServer()
    engine = Engine(store, Catalog(folder, STANDARD, memory=store), clock=clock, tokens=CountedTokens(), agency="H29.15")
    with TestClient(create_app(engine, blobs=tmp_path)) as client:
        try:
            answer = client.get("/readyz")
            assert (answer.status_code, answer.text) == (503, "store")
            assert client.get("/healthz").text == "ok"
        finally:
            store.woken.set()
        wait_for(lambda: client.get("/readyz").text == "ok")


def test_secure_cookies_are_tied_to_the_host(tmp_path: Path, folder: Path) -> None:
    """Behind TLS the cookie is `__Host-`, Secure, HttpOnly, Lax."""
    engine = open_engine("memory:", procedures=folder)
    client = TestClient(
        create_app(engine, blobs=tmp_path, config=WebConfig(secure=True, guests=True)), base_url="https://testserver"
    )

    cookie = client.post(APPLY, data={"do": "save"}, follow_redirects=False).headers["set-cookie"]

    assert cookie.startswith("__Host-dossierkit=")
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    assert "max-age=31536000" in client.get("/").headers["strict-transport-security"]


def test_cookies_are_the_portals_own(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """A host's cookies on the same domain stay; ours have names of their own, and the path that the portal is mounted at."""
    engine = open_engine("memory:", procedures=folder, clock=clock)
    portal = create_app(engine, blobs=tmp_path, config=WebConfig(guests=True))
    host = TestClient(
        Starlette(routes=[Mount("/portal", portal)]), cookies={"session": "host's", "filing": "host's", "lang": "de"}
    )
    sent = [
        host.post(f"/portal{APPLY}", data={"do": "save"}, follow_redirects=False),
        host.get("/portal/procedures?lang=en"),
        host.post("/portal/sign-out", follow_redirects=False),
    ]
    for answer in sent:
        for cookie in answer.headers.get_list("set-cookie"):
            assert cookie.startswith("dossierkit")
            assert "Path=/portal" in cookie
    assert host.cookies["session"] == "host's"
    secure = TestClient(
        Starlette(routes=[Mount("/portal", create_app(engine, blobs=tmp_path, config=WebConfig(secure=True, guests=True)))])
    )
    assert (
        secure.post(f"/portal{APPLY}", data={}, follow_redirects=False)
        .headers["set-cookie"]
        .startswith("__Secure-dossierkit.portal=")
    )


def test_a_host_replaces_a_template(tmp_path: Path, folder: Path) -> None:
    """A file of the same name wins, for pages and for controls."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "text.html").write_text('<my-input name="{{ c.name }}"></my-input>')
    engine = open_engine("memory:", procedures=folder)
    client = TestClient(create_app(engine, blobs=tmp_path, config=WebConfig(templates=(str(tmp_path / "own"),))))

    assert '<my-input name="/name">' in client.get(APPLY).text


def test_the_list_is_narrowed_down(tmp_path: Path) -> None:
    """By sector, unit and audience, in both languages, together with words."""
    engine = open_engine("memory:", procedures=PROCEDURES)
    client = TestClient(create_app(engine, blobs=tmp_path))

    def codes(**asked: str) -> set[str]:
        return set(re.findall(r'<a href="/procedures/([\d.]+)">', client.get("/procedures", params=asked).text))

    everything = codes()
    land = codes(sector="dat-dai")
    assert 0 < len(land) < len(everything)
    assert codes(sector="dat-dai", unit="so-nnmt") < land
    assert codes(sector="dat-dai", q="thong tin") < land
    assert codes(sector="nope") == set()
    assert codes(audience="individual") < everything
    assert ">Land<" in client.get("/procedures?lang=en").text
    assert ">Đất đai<" in client.get("/procedures?lang=vi").text


def test_a_form_that_changes_under_a_draft(portal: Any, folder: Path) -> None:
    """The page names the changed questions, loses no input, and one click moves the draft on; a dossier stays as it was."""
    engine, browser = portal
    client = browser()
    page = post(client, APPLY, fill(client.get(APPLY).text, __name="An", __copies="3"), "save").text
    assert "bản mới" not in page
    old = json.loads((folder / "small.json").read_text("utf-8"))
    properties = {**old["properties"], "why": {"title": "Lý do", "type": "string"}}
    del properties["copies"]
    newer = {**old, "properties": properties, "required": [*old["required"], "why"], "unevaluatedProperties": False}
    (folder / "small.json").write_text(json.dumps(newer, ensure_ascii=False), "utf-8")
    engine.catalog.expire()

    page = client.get(APPLY).text
    assert re.findall(r"<li>([^<]+)</li>", page.partition('id="newer"')[2].partition("</ul>")[0]) == ["Thêm: Lý do", "Bỏ: Số bản"]
    assert 'name="/copies"' in page  # until that click, the draft is unchanged
    draft = next(iter(engine.store.every()))
    stale = client.post(f"{APPLY}?draft={draft.id}", data={"meta:version": str(draft.version - 1), "do": "move"})
    assert 'name="/copies"' in stale.text
    page = client.post(f"{APPLY}?draft={draft.id}", data={"meta:version": str(draft.version + 1), "do": "move"})
    moved = next(iter(engine.store.every()))
    page = client.post(f"{APPLY}?draft={draft.id}", data={"meta:version": str(moved.version), "do": "move"}).text
    assert 'name="/why"' in page
    assert 'name="/copies"' not in page
    assert 'value="An"' in page
    assert 'id="newer"' not in page
    assert list(engine.verify()) == []

    (folder / "small.json").unlink()
    engine.catalog.expire()
    assert 'value="An"' in client.get(f"{APPLY}?draft={draft.id}").text


BRANCHES = {
    "oneOf": [
        {"title": "Trong nước", "properties": {"zip": {"type": "string", "pattern": "^[0-9]{5}$"}}},
        {"title": "Lào", "properties": {"zip": {"type": "string", "pattern": "^[A-Z]{3}$"}}},
    ]
}


def test_what_was_chosen_and_typed_stays_until_it_is_changed(portal: Any, folder: Path) -> None:
    """A branch, a level, a name and a cleared default, through save, a fresh look at the draft, and a refused submission."""
    cond = {
        "type": "object",
        "oneOf": [
            {"properties": {"op": {"const": "not"}, "of": {"$ref": "#/$defs/cond"}}, "required": ["op", "of"]},
            {"properties": {"op": {"const": "eq"}, "f": {"type": "string"}}, "required": ["op", "f"]},
        ],
    }
    entry = {"type": "object", "properties": {"p": {"type": "string"}}, "required": ["p"]}
    more = {
        "home": BRANCHES,
        "cond": {"$ref": "#/$defs/cond"},
        "map": {"type": "object", "additionalProperties": entry},
        "kind": {"enum": ["a", "b"]},
    }
    arrives = {"if": {"properties": {"kind": {"const": "b"}}, "required": ["kind"]}, "then": {"properties": {"unit": {"default": "kg", "type": "string"}}}}  # fmt: skip
    schema = {**SMALL, **arrives, "properties": {**SMALL["properties"], **more}, "$defs": {"cond": cond}}
    (folder / "small.json").write_text(json.dumps(schema, ensure_ascii=False), "utf-8")
    engine, browser = portal
    client = browser()
    page = post(client, APPLY, fill(client.get(APPLY).text, **{"branch:__home": "1", "__kind": '"b"'}), "update").text
    assert 'name="/unit" value="kg"' in page
    page = post(client, APPLY, fill(page, __home__zip="sai", __unit=""), "add:/map/~e").text
    page = post(client, APPLY, fill(page, **{"key:__map__~e0": "An"}), "open:/cond").text
    page = post(client, APPLY, fill(page, __cond__op='"not"'), "update").text
    page = post(client, APPLY, Page(page).pairs, "open:/cond/of").text
    post(client, APPLY, Page(page).pairs, "save")

    again = client.get(APPLY).text
    kept = dict(Page(again).pairs)
    assert (kept["branch:/home"], kept["/home/zip"], kept["key:/map/~e0"], kept["/unit"]) == ("1", "sai", "An", "")
    assert kept["/cond/of/op"] == ""
    refused = post(client, APPLY, fill(again, __name="An"), "continue").text
    assert dict(Page(refused).pairs)["/home/zip"] == "sai"
    assert {"f/home/zip", "f/map/.7e.e0/p"} <= set(re.findall(r'href="#([^"]+)"', refused))
    fixed = fill(refused, __home__zip="ABC", __map__=" ", **{"/map/~e0/p": "x", "/cond/op": '"eq"'})
    fixed = fill(post(client, APPLY, fixed, "update").text, __cond__f="y")
    review = post(client, APPLY, fixed, "continue")
    assert "/review" in str(review.url)
    draft = next(iter(engine.find(Actor(engine.store.get(dict(fixed)["meta:draft"]).owner), limit=1)))
    dossier = engine.submit(draft.id, Actor(draft.owner))
    assert dossier.answers["home"] == {"zip": "ABC"}
    assert dossier.answers["map"] == {"An": {"p": "x"}}
    assert dossier.layout.branches == {}


@pytest.mark.parametrize("seed", range(4))
def test_a_fragment_shows_what_the_whole_page_would(portal: Any, folder: Path, seed: int) -> None:
    """A walk of edits and buttons: what was typed is in the next page and in the dossier, or has a problem at its field."""
    row = {"type": "object", "properties": {"no": {"type": "integer"}, "unit": {"type": "string", "default": "kg"}}}
    more = {
        "home": BRANCHES,
        "kind": {"enum": ["a", "b"]},
        "plots": {"type": "array", "items": row},
        "map": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 3}},
    }
    arrives = {"if": {"properties": {"kind": {"const": "b"}}, "required": ["kind"]}, "then": {"properties": {"late": {"type": "string"}}}}  # fmt: skip
    (folder / "small.json").write_text(json.dumps({**SMALL, **arrives, "properties": {**SMALL["properties"], **more}}), "utf-8")
    engine, browser = portal
    client, chance = browser(), random.Random(seed)
    page = fill(post(client, APPLY, fill(client.get(APPLY).text), "save").text)
    for step in range(15):
        fields = {name: value for name, value in page if "/" in name and not name.startswith(("count:", "order:", "mark:"))}
        # A file comes by its own control, and the second entry of a name gets a number.
        name = chance.choice(sorted(fields.keys() - {"/file"}))
        text = f"Tên {step}" if name.startswith("key:") else chance.choice(_TYPED.get(name, ["An", "sai", "12", ""]))
        sent = [*((n, value) for n, value in page if n != name), (name, text)]
        button = chance.choice(["update"] * 6 + ["add:/plots", "add:/map/~e", "remove:/plots/0"])
        answer = post(client, APPLY, sent, button, headers={"x-fragment": "1"})
        meta = [(n, answer.headers["x-version"] if n == "meta:version" else value) for n, value in page if n.startswith("meta:")]
        shown = Page(answer.text).pairs
        page = [*meta, *shown]

        draft = engine.store.get(answer.headers["x-draft"])
        whole = Page(client.get(f"{APPLY}?draft={draft.id}").text).pairs
        assert [pair for pair in whole if "/" in pair[0]] == shown
        assert button.startswith("remove:") or dict(shown).get(name, text) == text
        kept = {n: was for n, was in fields.items() if n != name and n in dict(shown) and not button.startswith("remove:")}
        assert {n: dict(shown)[n] for n in kept} == kept
        assert silent(engine.procedure_of(draft).form, draft.answers, draft.layout) == []


_TYPED = {"branch:/home": ["0", "1", "", "1"], "/kind": ['"a"', '"b"', '"b"', ""]}


def test_a_file_may_be_all_that_stands_in_a_row(portal: Any, folder: Path) -> None:
    """A row or an entry that is only open on the page keeps the file that came for it; without a name it is asked for again."""
    file = {"type": "string", "x-file": {"accept": [".pdf"]}}
    row = {"type": "object", "properties": {"no": {"type": "string"}, "file": file}}
    more = {"papers": {"type": "array", "items": row}, "map": {"type": "object", "additionalProperties": row}}
    schema = {**SMALL, "properties": {**SMALL["properties"], **more}}
    (folder / "small.json").write_text(json.dumps(schema, ensure_ascii=False), "utf-8")
    _, browser = portal
    client = browser()
    page = post(client, APPLY, fill(client.get(APPLY).text), "add:/papers").text
    page = post(client, APPLY, fill(page), "add:/papers").text
    page = post(client, APPLY, fill(page), "add:/map/~e").text
    pdf = ("a.pdf", b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n", "application/pdf")

    def sent(pairs: list[tuple[str, str]], name: str) -> str:
        return client.post(APPLY, data={**dict(pairs), "do": "update"}, files={name: pdf}).text

    refused = sent(fill(page), "upload:/map/~e0/file")
    assert "f/map/.7e.e0/file" in re.findall(r'href="#([^"]+)"', refused)
    page = sent(fill(refused, **{"key:__map__~e0": "An"}), "upload:/map/~e0/file")
    page = sent(fill(page), "upload:/papers/1/file")
    kept = dict(Page(page).pairs)
    assert kept["/papers/1/file"].startswith("sha256-")
    assert kept["/map/~e0/file"].startswith("sha256-")
    assert kept["/papers/0/file"] == ""
