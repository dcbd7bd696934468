"""Observation of requests: ids, log lines and metrics, without personal data."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from dossierkit_web import WebConfig, create_app
from starlette.testclient import TestClient
from support.page import Page
from support.visits import GOOD, MAIL, known, look_up, register, sign_in

from dossierkit import Action, Actor, Engine, Role, open_engine
from dossierkit.cli.logs import json_lines
from dossierkit.cli.metrics import Metrics, metrics_server
from dossierkit.dossiers.mails import SendMail
from dossierkit.request_ids import RequestIds
from dossierkit.testing import FixedClock

APPLY = "/procedures/1.000001/apply"

Office = tuple[Engine, TestClient, Metrics]


@pytest.fixture
def office(tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[Office]:
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    metrics = Metrics(engine.store.activity)
    engine.observe_actions(metrics.count_action)
    app = create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(guests=True), observe=metrics.count_request)
    with TestClient(app, headers={"sec-fetch-site": "same-origin"}, raise_server_exceptions=False) as client:
        yield engine, client, metrics
    engine.close()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[io.StringIO]:
    """The log as `--log json` writes it, of every level."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(RequestIds())
    handler.addFilter(lambda record: not record.name.startswith(("httpx2", "httpcore2", "asyncio")))  # those of the browser
    handler.setFormatter(json_lines())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def submit(client: TestClient, name: str = "An", **headers: str) -> Any:
    """The page after a submission, whose last request has these headers."""
    review = client.post(APPLY, data={**dict(Page(client.get(APPLY).text).pairs), "/name": name, "do": "continue"})
    return client.post(f"{APPLY}/review", data=dict(Page(review.text).pairs), headers=headers)


@pytest.mark.parametrize(
    ("proposed", "taken"),
    [
        ("7f3a.b_c-d9", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("short", False),
        ("two words", False),
        ("a\tb-12345678", False),
        ("đơn-12345678".encode(), False),
        ("", False),
    ],
)
def test_a_request_id_is_given_back(office: Office, proposed: str | bytes, taken: bool) -> None:
    """That of the proxy if it is well-formed, else a new one."""
    _, client, _ = office

    ids = [client.get("/procedures", headers={"x-request-id": proposed}).headers["x-request-id"] for _ in range(2)]

    if taken:
        assert ids == [proposed] * 2
    else:
        assert re.fullmatch(r"[0-9a-f]{16}", ids[0])
        assert ids[0] != ids[1]


def test_requests_for_a_kept_page_have_ids_of_their_own(office: Office) -> None:
    """Though they get the same page."""
    _, client, _ = office

    def ask(number: int) -> tuple[str, str]:
        id = f"request-{number}"
        return id, client.get("/procedures/1.000001", headers={"x-request-id": id}).headers["x-request-id"]

    with ThreadPoolExecutor(4) as pool:
        assert all(id == answered for id, answered in pool.map(ask, range(40)))


def test_an_action_is_logged_with_the_id_of_its_request(office: Office, log: io.StringIO) -> None:
    """So that a proxy's line leads to what happened to the dossier."""
    engine, client, _ = office

    submit(client, **{"x-request-id": "proxy-4711"})

    of_request = [line for line in lines(log) if line["request"] == "proxy-4711"]
    [dossier] = engine.store.every()
    assert [(line["logger"], line["message"]) for line in of_request][:2] == [
        ("dossierkit.office.actions", f"submit of {dossier.code}"),
        ("dossierkit.requests", "POST /procedures/{code}/apply/review 303"),
    ]
    assert of_request[0]["action"] == "submit"
    begun, submitted = engine.history(dossier)
    assert submitted.facts.request == "proxy-4711"
    assert begun.facts.request not in (None, "proxy-4711")
    assert list(engine.verify()) == []
    assert (of_request[1]["status"], of_request[1]["method"]) == (303, "POST")


def test_an_event_has_the_id_of_its_request_alone(office: Office) -> None:
    """Outside a request it has none, and facts cannot state another one."""
    engine, client, _ = office
    submit(client, **{"x-request-id": "proxy-4711"})
    [dossier] = engine.store.every()

    engine.act(dossier.id, Action.ACCEPT, Actor("root", Role.ADMIN), facts={"request": "forged-4711"})

    assert engine.history(dossier)[-1].facts.request is None


def test_a_failure_has_the_id_of_its_request(office: Office, log: io.StringIO) -> None:
    """Its page, its log line with the trace, and its count."""
    engine, client, metrics = office
    engine.procedures = lambda *a, **k: 1 / 0  # type: ignore[method-assign]  # the failure

    answer = client.get("/procedures", headers={"x-request-id": "proxy-4711"})

    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "proxy-4711")
    [failure] = [line for line in lines(log) if line["level"] == "error" and line["request"] == "proxy-4711"]
    assert "ZeroDivisionError" in failure["exception"]
    labels = {"method": "GET", "route": "/procedures", "status": "5xx"}
    assert metrics.registry.get_sample_value("dossierkit_requests_total", labels) == 1


def test_a_log_holds_nothing_of_a_person(office: Office, log: io.StringIO) -> None:
    """No answer, name, address, password, code or token, whatever was done, refused or mistyped."""
    engine, client, _ = office
    first = register(client)
    sign_in(client, "wrong guess of Trần Bí Mật")
    known(client, "binh@example.vn", "Bình Bí Danh")
    page = submit(client, "Trần Bí Mật")
    client.post(APPLY, data={"/name": "Lê Ẩn Danh" * 9, "/copies": "x", "do": "continue"})
    client.post("/forgot", data={"mail": MAIL})
    client.get("/reset?token=tok-of-the-mail")
    client.get("/lookup?code=Trần+Bí+Mật")
    look_up(client, engine, str(next(iter(engine.store.every())).code), check="BADGUY")
    client.get("/nowhere/Trần Bí Mật")
    tokens = [cookie.value for cookie in client.cookies.jar if cookie.value]
    mails = engine.store.outbox.claim(engine.clock.now(), engine.clock.now() + timedelta(days=1), 50)
    links = [token for mail in mails for token in re.findall(r"token=([\w-]{8,})", mail.mail.text)]

    written = log.getvalue()

    assert page.status_code == 200
    assert len(lines(log)) > 20
    assert tokens
    assert links
    said = (
        "Bí Mật",
        "Ẩn Danh",
        "Nguyễn Văn An",
        "Bí Danh",
        MAIL,
        "binh@",
        GOOD,
        first,
        "wrong guess",
        "tok-of-the-mail",
        "BADGUY",
    )
    for secret in (*said, *tokens, *links):
        assert secret not in written, secret
        assert json.dumps(secret)[1:-1] not in written, secret


def test_metrics_count_by_template_and_class(office: Office) -> None:
    """And tell how many mails wait, since when the oldest was seen, and whether the store answers."""
    engine, client, metrics = office
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    submit(client)
    client.get("/procedures/9.999999")
    client.get("/nowhere")
    client.request("BREW", "/procedures")
    engine.store.outbox.post(SendMail("a", "an@example.vn", "", ""), SendMail("b", "an@example.vn", "", ""))

    with metrics_server(address, engine, metrics), urlopen(f"http://{address}/metrics") as answer:
        told = answer.read().decode()

    for line in (
        'dossierkit_requests_total{method="POST",route="/procedures/{code}/apply/review",status="3xx"} 1.0',
        'dossierkit_requests_total{method="GET",route="/procedures/{code}",status="4xx"} 1.0',
        'dossierkit_requests_total{method="GET",route="-",status="4xx"} 1.0',
        'dossierkit_requests_total{method="other",route="/procedures",status="4xx"} 1.0',
        'dossierkit_request_seconds_count{route="/procedures/{code}/apply/review"} 2.0',
        'dossierkit_actions_total{action="submit"} 1.0',
        "dossierkit_store_seconds_count 1.0",
        "dossierkit_outbox_mails 2.0",
        "dossierkit_store_up 1.0",
        "dossierkit_store_writes_waiting 0.0",
        "dossierkit_store_readers 0.0",
        "dossierkit_store_connection_errors_total 0.0",
    ):
        assert line in told.splitlines(), told
    assert "dossierkit_outbox_oldest_seconds" in told
    assert "1.000001" not in told
