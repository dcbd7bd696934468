"""The API: dossiers as JSON, with the rules of the pages; errors are problem details, and OpenAPI describes each answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import attrs
import pytest
from dossierkit_web import WebConfig, create_app
from dossierkit_web.api.routes import OPERATIONS, PREFIX
from starlette.requests import Request
from starlette.testclient import TestClient
from support.people import AN, INTAKE, OFFICER, STRANGER, UNIT
from support.samples import PROCEDURES, SMALL

from dossierkit import Action, Actor, Engine, Role, open_engine
from dossierkit.catalog.folder import Folder
from dossierkit.catalog.index import bundle_of
from dossierkit.dossiers.lifecycle.dossier import Attachment
from dossierkit.dossiers.people.access_token import Verb
from dossierkit.errors import SettingsError
from dossierkit.forms import is_valid, read
from dossierkit.people.access_tokens import AccessTokens
from dossierkit.testing import FixedClock

ACTORS = {actor.id: actor for actor in (AN, INTAKE, OFFICER, STRANGER)}
PDF = b"%PDF-1.7"
DESCRIBED = {operation.id: operation for operation in OPERATIONS}


@attrs.frozen
class Client:
    """A client of the API that names its actor in a header, as a host portal does, and compares each answer with OpenAPI."""

    http: TestClient
    document: dict[str, Any]

    def __call__(self, operation: str, who: Actor | None = None, *, status: int = 0, headers: Any = None, **more: Any) -> Any:
        asked = DESCRIBED[operation]
        named = {name: more.pop(name) for name in ("code", "id", "file") if name in more}
        body = {"json": more.pop("body")} if "body" in more else {}
        sent = {**({"x-actor": who.id} if who is not None else {}), **(headers or {})}
        path = PREFIX + asked.path.format(**named)
        response = self.http.request(asked.method, path, headers=sent, params=more.pop("query", None), **body, **more)
        assert response.status_code == (status or asked.status), response.text
        told = self.document["paths"][asked.path][asked.method.lower()]["responses"][str(response.status_code)]["content"]
        kind = response.headers["content-type"]
        if kind in told:
            schema = {**told[kind]["schema"], "components": self.document["components"]}
            assert is_valid(schema, response.json()), response.text
        return response


@pytest.fixture
def engine(tmp_path: Path, clock: FixedClock) -> Iterator[Engine]:
    folder = tmp_path / "procedures"
    folder.mkdir()
    block = {**SMALL["x-procedure"], "unit": UNIT, "timeLimit": [{"count": 5}], "documents": [{"title": "Đơn", "code": "don"}]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    with_engine = open_engine("memory:", procedures=folder, clock=clock)
    yield with_engine
    with_engine.close()


@pytest.fixture
def api(engine: Engine, tmp_path: Path) -> Client:
    def identify(request: Request) -> Actor | None:
        return ACTORS.get(request.headers.get("x-actor", ""))

    http = TestClient(create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(identify=identify)))
    return Client(http, http.get(f"{PREFIX}/openapi.json").json())


def draft(api: Client, **answers: Any) -> Any:
    return api("beginDraft", AN, body={"procedure": "1.000001", "answers": answers}).json()


def sent(api: Client) -> Any:
    return api("submitDraft", AN, id=draft(api, name="An", copies=2)["id"]).json()


def test_from_the_list_to_the_result(api: Client, engine: Engine) -> None:
    """A citizen finds, fills and submits; officers accept, ask for more, complete; every answer fits its description."""
    [listed] = api("listProcedures", query={"q": "ban sao"}).json()["procedures"]
    assert listed["title"] == "Cấp bản sao"
    assert api("readProcedure", code=listed["code"]).json()["documents"][0]["code"] == "don"

    begun = draft(api)
    [problem] = api("checkDraft", AN, id=begun["id"]).json()["problems"]
    assert (problem["at"], problem["rule"]) == ("/name", "required")
    refused = api("submitDraft", AN, id=begun["id"], status=422).json()
    assert refused["problems"] == [problem]

    saved = api("saveDraft", AN, id=begun["id"], body={"answers": {"name": "An", "copies": 2}}, headers={"if-match": '"1"'})
    assert saved.headers["etag"] == '"2"'
    submitted = api("submitDraft", AN, id=begun["id"]).json()
    assert submitted["state"] == "submitted"
    assert api("submitDraft", AN, id=begun["id"]).json()["code"] == submitted["code"]

    [seen] = api("listDossiers", OFFICER).json()["dossiers"]
    assert seen["code"] == submitted["code"]
    accepted = api("act", INTAKE, id=begun["id"], body={"action": "accept"}).json()
    assert accepted["due"] is not None
    facts = {"asked": ["/copies"], "reasons": {"/copies": "wrong"}}
    api("act", INTAKE, id=begun["id"], body={"action": "request-supplement", "facts": facts, "note": "Số bản?"})
    assert api("readDossier", AN, id=begun["id"]).json()["asked"] == ["/copies"]
    answers = {"name": "An", "copies": 3}
    mended = api("act", AN, id=begun["id"], body={"action": "supplement", "answers": answers}).json()
    assert mended["answers"] == answers
    api("act", INTAKE, id=begun["id"], body={"action": "assign", "facts": {"officer": OFFICER.id}, "note": "Nhờ anh"})
    ended = api("act", OFFICER, id=begun["id"], body={"action": "complete", "facts": {"outcome": "approved"}}).json()
    assert (ended["state"], ended["outcome"]) == ("completed", "approved")

    own = api("readHistory", AN, id=begun["id"]).json()["events"]
    assert [event["action"] for event in own][-1] == "complete"
    notes = {event["action"]: event["note"] for event in own}
    assert notes["request-supplement"] == "Số bản?"
    assert notes["assign"] == ""
    assert "Nhờ anh" in api("readHistory", OFFICER, id=begun["id"]).text
    assert not list(engine.verify())


def test_the_api_and_the_engine_say_the_same_of_answers(api: Client) -> None:
    """Problems have words in the language that the client prefers; nothing is stored."""
    asked = {"code": "1.000001", "body": {"answers": {"name": "x" * 51, "copies": 12}}}
    vietnamese = api("checkAnswers", **asked).json()["problems"]
    english = api("checkAnswers", headers={"accept-language": "de, en-GB;q=0.8, vi;q=0.2"}, **asked).json()["problems"]
    assert [problem["at"] for problem in vietnamese] == ["/name", "/copies"]
    assert "từ 1 đến 9" in vietnamese[1]["message"]
    assert "from 1 to 9" in english[1]["message"]
    assert api("listDossiers", AN).json()["dossiers"] == []


@pytest.mark.parametrize(
    ("operation", "status", "asked"),
    [
        ("readProcedure", 404, {"code": "9.9"}),
        ("listProcedures", 400, {"query": {"query": "x"}}),
        ("beginDraft", 401, {"who": None, "body": {"procedure": "1.000001"}}),
        ("beginDraft", 404, {"body": {"procedure": "9.9"}}),
        ("beginDraft", 400, {"body": {"procedure": "1.000001", "answer": {}}}),
        ("beginDraft", 400, {"content": b"{", "headers": {"content-type": "application/json"}}),
        ("beginDraft", 400, {"content": b"[]", "headers": {"content-type": "application/json"}}),
        ("beginDraft", 415, {"content": b"procedure=1", "headers": {"content-type": "application/x-www-form-urlencoded"}}),
        ("listDossiers", 400, {"query": {"limit": "101"}}),
        ("listDossiers", 400, {"query": {"limit": "many"}}),
        ("listDossiers", 400, {"query": {"cursor": "nowhere"}}),
        ("listDossiers", 400, {"query": {"state": "lost"}}),
        ("readDossier", 404, {"id": "nowhere"}),
    ],
)
def test_a_refusal_says_what_is_wrong(api: Client, operation: str, status: int, asked: dict[str, Any]) -> None:
    """Each is a problem detail with a stable type, a title in the language of the client, and nothing is stored."""
    response = api(operation, asked.pop("who", AN), status=status, **asked)

    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"].startswith("urn:dossierkit:problem:")
    assert response.json()["title"]
    assert api("listDossiers", AN).json()["dossiers"] == []


def test_a_file_that_is_not_the_actors_own_is_refused(api: Client) -> None:
    """A draft that names one is not begun."""
    answers = {"name": f"sha256-{'0' * 64}-{'0' * 16}"}
    refused = api("beginDraft", AN, body={"procedure": "1.000001", "answers": answers}, status=422).json()
    assert [problem["at"] for problem in refused["problems"]] == ["/name"]
    assert api("listDossiers", AN).json()["dossiers"] == []


def test_versions_guard_changes(api: Client) -> None:
    """Without `If-Match` a draft is not replaced; with that of another version, nothing happens."""
    begun, body = draft(api, name="An"), {"answers": {"name": "Bình"}}
    assert api("saveDraft", AN, id=begun["id"], body=body, status=428).json()["type"].endswith("version-wanted")
    for other in ('"2"', "2", "*", 'W/"1"'):
        api("saveDraft", AN, id=begun["id"], body=body, headers={"if-match": other}, status=412)
    assert api("readDossier", AN, id=begun["id"]).json()["answers"] == {"name": "An"}


def test_units_are_apart_and_drafts_private(api: Client) -> None:
    """An officer of another unit, and other citizens, get the same answer as for a dossier that does not exist."""
    begun, submitted = draft(api, name="An"), sent(api)
    for operation in ("readDossier", "readHistory", "checkDraft"):
        api(operation, STRANGER, id=submitted["id"], status=404)
        api(operation, OFFICER, id=begun["id"], status=404)
    api("act", STRANGER, id=submitted["id"], body={"action": "accept"}, status=404)
    assert api("listDossiers", STRANGER).json()["dossiers"] == []
    assert "accept" not in api("readDossier", AN, id=submitted["id"]).json()["actions"]
    refused = api("act", AN, id=submitted["id"], body={"action": "accept"}, status=409).json()
    assert refused["reason"]


def test_facts_belong_to_their_action(api: Client) -> None:
    """A fact of another action is refused by its name, as are days that are past; neither leaves a trace."""
    submitted = sent(api)
    for body in (
        {"action": "accept", "facts": {"officer": "nam"}},
        {"action": "accept", "facts": {"receipt": "1"}},
        {"action": "refuse", "note": "Thiếu", "answers": {}},
        {"action": "extend", "note": "Cần thêm", "facts": {"due": "2020-01-01"}},
        {"action": "erase"},
    ):
        api("act", INTAKE, id=submitted["id"], body=body, status=400)
    assert api("readDossier", INTAKE, id=submitted["id"]).json()["version"] == submitted["version"]


def test_a_list_goes_on_at_its_cursor(api: Client) -> None:
    ids = [draft(api, name=f"An {number}")["id"] for number in range(5)]
    pages, cursor = [], None
    while True:
        page = api("listDossiers", AN, query={"limit": "2", **({"cursor": cursor} if cursor else {})}).json()
        pages.append([dossier["id"] for dossier in page["dossiers"]])
        if (cursor := page["next"]) is None:
            break
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(id for page in pages for id in page) == sorted(ids)


def test_browsers_of_other_sites_are_refused(api: Client) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    api("beginDraft", AN, body={"procedure": "1.000001"}, headers=headers, status=403)


def test_unknown_addresses_and_methods_are_told_in_json(api: Client) -> None:
    for method, path, status in (("GET", "/nowhere", 404), ("DELETE", "/procedures", 405), ("GET", "/procedures/a%0Ab", 404)):
        response = api.http.request(method, PREFIX + path)
        assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("name", [path.name for path in sorted(PROCEDURES.glob("*.json"))])
def test_a_schema_is_whole(name: str) -> None:
    """Without any other file, the schema that the API gives tells right from wrong answers as the form does."""
    bundle = bundle_of(Folder(PROCEDURES), name)
    main, others = bundle.documents[""], {path: other for path, other in bundle.documents.items() if path}
    form, schema = read(main, resources=others), bundle.compound("https://portal.example/schema")
    judge = form.schemas.validator(form.root)
    verdicts = set()
    for case in (*main["x-tests"], {"answers": {}}, {"answers": []}):
        # Formats of the dialect are no part of JSON Schema.
        if accepts := {violation.keyword for violation in judge.violations(case["answers"])} <= {"format"}:
            assert is_valid(schema, case["answers"])
        else:
            assert not is_valid(schema, case["answers"])
        verdicts.add(accepts)
    assert verdicts == {True, False}


def test_requests_are_observed_by_the_template_of_their_address(engine: Engine, tmp_path: Path) -> None:
    seen: list[tuple[str, str, int]] = []
    app = create_app(
        engine, blobs=tmp_path / "blobs", observe=lambda method, route, status, _: seen.append((method, route, status))
    )
    TestClient(app).get(f"{PREFIX}/procedures/1.000001")
    assert seen == [("GET", f"{PREFIX}/procedures/{{code}}", 200)]


def test_files_come_and_go(api: Client, tmp_path: Path) -> None:
    """A file of a document, and one that an answer names; each is read back by people who may see the dossier."""
    begun = draft(api, name="An")
    added = api("attachFile", AN, id=begun["id"], query={"document": "don", "name": "đơn.pdf"}, content=PDF).json()
    [file] = added["files"]
    assert (file["document"], file["name"], file["bytes"], file["mediaType"]) == ("don", "đơn.pdf", len(PDF), "application/pdf")
    assert api("readFile", AN, id=begun["id"], file=file["file"]).content == PDF
    api("readFile", STRANGER, id=begun["id"], file=file["file"], status=404)

    assert api("removeFile", AN, id=begun["id"], file=file["file"]).json()["files"] == []
    api("readFile", AN, id=begun["id"], file=file["file"], status=404)
    api("removeFile", AN, id=begun["id"], file=file["file"], status=404)
    assert api("keepFile", AN, query={"name": "ảnh.pdf"}, content=PDF).json()["file"].startswith("sha256-")


@pytest.mark.parametrize(
    ("query", "content", "status", "reason"),
    [
        ({"document": "don", "name": "a.pdf"}, b"", 422, "empty"),
        ({"document": "don", "name": "a.exe"}, b"MZ", 422, "kind"),
        ({"document": "don", "name": "a.pdf"}, b"no pdf", 422, "kind"),
        ({"document": "other", "name": "a.pdf"}, PDF, 404, None),
        ({"name": "a.pdf"}, PDF, 400, None),
        ({"document": "don", "name": "a.pdf"}, b"%PDF-1.7" + bytes(10 * 1024 * 1024), 413, None),
    ],
)
def test_a_refused_file_says_why(api: Client, query: Any, content: bytes, status: int, reason: str | None) -> None:
    begun = draft(api, name="An")
    told = api("attachFile", AN, id=begun["id"], query=query, content=content, status=status).json()
    assert told.get("reason") == reason
    assert api("readDossier", AN, id=begun["id"]).json()["files"] == []


def test_files_of_a_result_are_for_its_owner_once_it_is_decided(api: Client, engine: Engine) -> None:
    submitted = sent(api)
    for actor, body in (
        (INTAKE, {"action": "accept"}),
        (INTAKE, {"action": "assign", "facts": {"officer": OFFICER.id}}),
    ):
        api("act", actor, id=submitted["id"], body=body)
    file = engine.context.blobs.put("kq.pdf", BytesIO(PDF))  # type: ignore[union-attr]  # the portal has one
    attachment = Attachment("", file, "kq.pdf", len(PDF), "application/pdf")
    engine.act(submitted["id"], Action.COMPLETE, OFFICER, facts={"outcome": "approved"}, files=(attachment,))
    assert [kept["document"] for kept in api("readDossier", AN, id=submitted["id"]).json()["files"]] == ["@result"]
    api("readFile", AN, id=submitted["id"], file=file)

    api("act", OFFICER, id=submitted["id"], body={"action": "reopen", "note": "Sai tên"})
    assert api("readDossier", AN, id=submitted["id"]).json()["files"] == []
    api("readFile", AN, id=submitted["id"], file=file, status=404)
    api("readFile", OFFICER, id=submitted["id"], file=file)


def test_a_period_includes_its_last_day(api: Client, engine: Engine) -> None:
    submitted, today = sent(api), engine.today().isoformat()
    [found] = api("listDossiers", AN, query={"since": today, "until": today}).json()["dossiers"]
    assert found["id"] == submitted["id"]
    assert api("listDossiers", AN, query={"until": "2020-12-31"}).json()["dossiers"] == []


def test_a_file_that_is_damaged_is_told_before_its_first_byte(api: Client, tmp_path: Path) -> None:
    begun = draft(api, name="An")
    added = api("attachFile", AN, id=begun["id"], query={"document": "don", "name": "a.pdf"}, content=PDF).json()
    [file] = [path for path in (tmp_path / "blobs").rglob("sha256-*") if path.suffix == ""]
    file.write_bytes(b"%PDF-9.9")
    api("readFile", AN, id=begun["id"], file=added["files"][0]["file"], status=503)


def test_a_requested_document_can_come_on_paper(api: Client) -> None:
    """Without the file and without the word of the citizen the supplement is refused at the document."""
    submitted = sent(api)
    facts = {"asked": ["document:don"], "reasons": {"document:don": "missing"}}
    api("act", INTAKE, id=submitted["id"], body={"action": "request-supplement", "facts": facts, "note": "Đơn?"})
    supplement = {"action": "supplement", "answers": submitted["answers"]}
    refused = api("act", AN, id=submitted["id"], body=supplement, status=422).json()
    assert [problem["at"] for problem in refused["problems"]] == ["document:don"]
    mended = api("act", AN, id=submitted["id"], body={**supplement, "facts": {"declared": ["don"]}}).json()
    assert mended["state"] == "submitted"


# --- access tokens ----------------------------------------------------------------------------------------------------


def tokens(engine: Engine) -> AccessTokens:
    return AccessTokens(engine.store.accounts, engine.clock)


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def test_a_program_works_for_its_unit(api: Client, engine: Engine) -> None:
    """A token has the rights of its role and unit; the history names the program; revoked, it is refused."""
    submitted = sent(api)
    text = tokens(engine).issue("gis", Role.INTAKE_OFFICER, timedelta(days=1), unit=UNIT)
    other = tokens(engine).issue("other", Role.INTAKE_OFFICER, timedelta(days=1), unit="vpdkdd")

    api("readDossier", id=submitted["id"], headers=bearer(other), status=404)
    accepted = api("act", id=submitted["id"], body={"action": "accept"}, headers=bearer(text)).json()
    assert accepted["state"] == "accepted"
    assert engine.store.events(submitted["id"])[-1].actor == "token:gis"
    assert {kept.name: kept.used for kept in tokens(engine).all()}["gis"] == engine.now()

    tokens(engine).revoke("gis")
    api("readDossier", id=submitted["id"], headers=bearer(text), status=401)


def test_a_token_is_limited(api: Client, engine: Engine) -> None:
    """To verbs, to procedures, and to its time; the store has no text of a token."""
    reads = tokens(engine).issue("reads", Role.CITIZEN, timedelta(days=1), verbs=(Verb.READ,))
    api("beginDraft", body={"procedure": "1.000001"}, headers=bearer(reads), status=403)
    narrow = tokens(engine).issue("narrow", Role.CITIZEN, timedelta(days=1), procedures=("9.9",))
    api("beginDraft", body={"procedure": "1.000001"}, headers=bearer(narrow), status=403)
    api("listDossiers", headers=bearer(narrow), status=400)
    api("listDossiers", headers=bearer(narrow), query={"procedure": "1.000001"}, status=403)
    api("listDossiers", headers=bearer(narrow), query={"procedure": "9.9"})
    ended = tokens(engine).issue("ended", Role.CITIZEN, timedelta(0))
    for text in (ended, reads[:-1], "x", ""):
        assert api("listDossiers", headers=bearer(text), status=401).headers["www-authenticate"] == "Bearer"
    assert reads not in repr(tokens(engine).all())


@pytest.mark.parametrize(
    ("name", "role", "unit"),
    [
        ("GIS", Role.CITIZEN, ""), ("gis", Role.CASE_OFFICER, ""), ("gis", Role.CITIZEN, UNIT), ("gis", Role.SYSTEM, ""),
        ("used", Role.CITIZEN, ""),
    ],
)  # fmt: skip
def test_a_token_that_makes_no_sense_is_refused(engine: Engine, name: str, role: Role, unit: str) -> None:
    tokens(engine).issue("used", Role.CITIZEN, timedelta(days=1))
    with pytest.raises(SettingsError):
        tokens(engine).issue(name, role, timedelta(days=1), unit=unit)
    assert len(tokens(engine).all()) == 1
