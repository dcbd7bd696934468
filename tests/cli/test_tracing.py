"""Traces by OpenTelemetry: a span for each request and for each action, sent only where an exporter is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from dossierkit_web import create_app
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient
from support.people import AN

from dossierkit import Engine, open_engine
from dossierkit.cli.portal import start_tracing
from dossierkit.cli.tracing import Tracing
from dossierkit.errors import SettingsError
from dossierkit.testing import FixedClock


@pytest.fixture
def engine(folder: Path, clock: FixedClock) -> Engine:
    return open_engine("memory:", procedures=folder, clock=clock)


def test_a_request_is_a_span_and_its_action_one_below(engine: Engine, tmp_path: Path) -> None:
    """With the template of the address, the status and the id of the request, in the trace of its sender."""
    exporter = InMemorySpanExporter()
    tracing = Tracing(SimpleSpanProcessor(exporter))
    engine.observe_actions(tracing.record_action)
    app = create_app(engine, blobs=tmp_path / "blobs", observe=tracing.record_request)
    client = TestClient(tracing.traced(app))
    draft = engine.begin("1.000001", AN, {"name": "An"})

    trace = "0af7651916cd43dd8448eb211c80319c"
    client.get(
        "/procedures/1.000001?secret=1", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01", "x-request-id": "abcdefgh"}
    )
    engine.submit(draft.id, AN)
    tracing.close()

    request, action = exporter.get_finished_spans()
    assert request.name == "GET /procedures/{code}"
    assert f"{request.context.trace_id:032x}" == trace
    assert request.attributes == {
        "http.request.method": "GET",
        "http.route": "/procedures/{code}",
        "http.response.status_code": 200,
        "dossierkit.request": "abcdefgh",
    }
    assert (action.name, dict(action.attributes or {})) == ("store submit", {"dossierkit.action": "submit"})
    assert action.start_time is not None
    assert action.end_time is not None
    assert action.start_time <= action.end_time


@pytest.mark.parametrize(
    ("variables", "traced"),
    [
        ({}, False),
        ({"OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_the_variables_of_opentelemetry_decide(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], traced: bool) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    tracing = start_tracing()
    assert (tracing is not None) == traced
    if tracing is not None:
        tracing.close()


def test_an_unknown_exporter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "zipkin")
    with pytest.raises(SettingsError, match="otlp, console or none"):
        start_tracing()


def test_nothing_is_imported_without_an_exporter() -> None:
    program = (
        "import sys; from dossierkit.cli.portal import start_tracing; start_tracing();"
        " print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told == "[]\n"
