"""Hosts that mount the portal below a prefix, and what a proxy in front of them does to addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

#: Where the tests mount the portal.
PREFIX = "/so/nong-nghiep/ho-so"
_OUTER, _INNER = "/so/nong-nghiep", "/ho-so"


def plain_host(portal: Any) -> ASGIApp:
    """The proxy strips nothing: the whole prefix is the host's."""
    return _host(portal, _OUTER)


def told_host(portal: Any) -> ASGIApp:
    """The proxy strips the outer prefix; the server is told it, and leaves it out of the path."""
    host = _host(portal)

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        await host({**scope, "root_path": _OUTER} if scope["type"] == "http" else scope, receive, send)

    return _stripping(told)


def asking_host(portal: Any) -> ASGIApp:
    """The proxy strips the outer prefix, and says so with every request: the host believes `X-Forwarded-Prefix`."""
    host = _host(portal)

    async def believing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            prefix = next(value.decode() for name, value in scope["headers"] if name == b"x-forwarded-prefix")
            scope = {**scope, "root_path": prefix, "path": prefix + scope["path"]}
        await host(scope, receive, send)

    return _stripping(believing)


HOSTS: dict[str, Callable[[Any], ASGIApp]] = {"kept": plain_host, "stripped": told_host, "forwarded": asking_host}


def _host(portal: Any, outer: str = "") -> FastAPI:
    """A host with a page and a session of its own, whose cookie has the usual name."""
    host = FastAPI(lifespan=portal.lifespan)
    host.add_middleware(SessionMiddleware, secret_key="of the host")

    @host.get(f"{outer}/host")
    def visited(request: Request) -> PlainTextResponse:
        request.session["visits"] = request.session.get("visits", 0) + 1
        return PlainTextResponse(str(request.session["visits"]))

    host.mount(f"{outer}{_INNER}", portal)
    return host


def _stripping(host: ASGIApp) -> ASGIApp:
    """A proxy that strips the outer prefix, and passes on nothing else."""

    async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            assert scope["path"].startswith(f"{_OUTER}/"), f"{scope['path']} leaves the prefix"
            headers = [*scope["headers"], (b"x-forwarded-prefix", _OUTER.encode())]
            scope = {**scope, "path": scope["path"].removeprefix(_OUTER), "headers": headers}
        await host(scope, receive, send)

    return proxy
