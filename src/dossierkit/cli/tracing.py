"""Traces of requests and actions by OpenTelemetry, where its environment variables name an exporter."""

from __future__ import annotations

import os
from time import time_ns
from typing import TYPE_CHECKING

from opentelemetry import context, propagate, trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from starlette.datastructures import Headers

from dossierkit.dossiers.states import Action
from dossierkit.errors import SettingsError
from dossierkit.request_ids import current_request

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_SECOND = 1_000_000_000


def exporter() -> SpanExporter:
    """The exporter that `OTEL_TRACES_EXPORTER` names: `otlp` (over HTTP, by default) or `console`.

    Raises:
        SettingsError: it names another one.
    """
    name = os.environ.get("OTEL_TRACES_EXPORTER") or "otlp"
    if name == "console":
        return ConsoleSpanExporter()
    if name != "otlp":
        raise SettingsError(f"OTEL_TRACES_EXPORTER={name} is not known here; write otlp, console or none")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


class Tracing:
    """Traces of one process.

    A span has the template of an address, never the address itself, which may hold a token.
    """

    def __init__(self, processor: SpanProcessor | None = None) -> None:
        # The library reads name of the service, sampling and limits from its own variables.
        os.environ.setdefault("OTEL_SERVICE_NAME", "dossierkit")
        self._provider = TracerProvider(shutdown_on_exit=False)
        self._provider.add_span_processor(processor or BatchSpanProcessor(exporter()))
        self._tracer = self._provider.get_tracer("dossierkit")

    def traced(self, app: ASGIApp) -> ASGIApp:
        """*app* with a span for each request, below that of the program that sent it."""

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            sender = propagate.extract(dict(Headers(scope=scope)))
            with self._tracer.start_as_current_span(scope["method"], context=sender, kind=trace.SpanKind.SERVER):
                await app(scope, receive, send)

        return traced

    def record_request(self, method: str, route: str, status: int, seconds: float) -> None:  # noqa: ARG002  # the span has its time
        """Name the span of the request that was answered just now."""
        span = trace.get_current_span()
        span.update_name(f"{method} {route}")
        span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
        span.set_attribute("dossierkit.request", current_request.get() or "")
        if status >= 500:
            span.set_status(trace.StatusCode.ERROR)

    def record_action(self, action: Action, seconds: float) -> None:
        """A span for an action that was stored just now, which took *seconds*."""
        end = time_ns()
        span = self._tracer.start_span(
            f"store {action.value}", context=context.get_current(), start_time=end - round(seconds * _SECOND)
        )
        span.set_attribute("dossierkit.action", action.value)
        span.end(end)

    def close(self) -> None:
        """Send the spans that wait, for a few seconds at most."""
        self._provider.shutdown()
