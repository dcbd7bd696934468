"""Observation of each request for the operator: its id, a log line, figures."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter

from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dossierkit.request_ids import current_request, request_id

#: Machines ask for these every few seconds.
_UNLOGGED = frozenset(("/healthz", "/readyz"))
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE"))
_HEADER = "x-request-id"
#: Status in logs and figures of a request whose client went away before its answer, as proxies write it.
_HUNG_UP = 499
#: Called for each answer: method, template of the address (`-` if there is no such page), status, seconds.
Observe = Callable[[str, str, int, float], object]
_log = logging.getLogger("dossierkit.requests")


class Observation:
    """Middleware that names each request, logs it by the template of its address, and counts it.

    The address itself is in no log: it may hold a token.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute], observe: Observe | None) -> None:
        self._app, self._observe = app, observe
        self._templates = dict(_templates(routes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        id, begun, status = request_id(Headers(scope=scope).get(_HEADER, "")), perf_counter(), _HUNG_UP
        token = current_request.set(id)

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # A new list: that of a kept page belongs to every request for it.
                message = {**message, "headers": [*message["headers"], (_HEADER.encode(), id.encode())]}
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception:
            status = 500 if status == _HUNG_UP else status
            raise
        finally:
            self._report(scope, status, perf_counter() - begun)
            current_request.reset(token)

    def _report(self, scope: Scope, status: int, seconds: float) -> None:
        # A client can make up methods without end, so all unknown ones are counted as one.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = self._templates.get(scope.get("endpoint"), "-")
        if self._observe is not None:
            self._observe(method, route, status, seconds)
        if route not in _UNLOGGED:
            facts = {"method": method, "route": route, "status": status, "milliseconds": round(1000 * seconds, 1)}
            _log.info("%s %s %s", method, route, status, extra=facts)


def _templates(routes: Iterable[BaseRoute], mounted: str = "") -> Iterator[tuple[object, str]]:
    """Each endpoint with the template of its address; an application that is *mounted* has those of its own routes."""
    for route in routes:
        if isinstance(route, Route):
            yield route.endpoint, mounted + route.path
        elif isinstance(route, Mount):
            yield route.app, mounted + route.path
            yield from _templates(route.routes, mounted + route.path)
