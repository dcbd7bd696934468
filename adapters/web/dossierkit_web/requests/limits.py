"""Rate limits and size limits of requests, and the security log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import attrs
from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dossierkit.people.throttle import Origin
from dossierkit_web.requests.cookies import DEVICES, EFFORT, cookie

if TYPE_CHECKING:
    from dossierkit_web.site import Site


_log = logging.getLogger("dossierkit.security")


def allow(site: Site, request: Request, what: str) -> None:
    """Count that the visitor does *what*, a name of `LIMITS`, once more; a host may set no limit.

    Raises:
        TooManyTries: the limit is reached.
    """
    most = site.config.limits.get(what)
    if most is None:
        return
    visitor = site.visitor(request)
    who = visitor.actor.id if visitor.actor is not None else ""
    site.accounts.throttle.allow(what, who, origin_of(site, request), most, named=visitor.signed_in)


def origin_of(site: Site, request: Request) -> Origin:
    """The origin of the request: its address, known devices and proof of work."""
    secure = site.config.secure
    origin = Origin(address_of(request), cookie(request, DEVICES, secure=secure))
    effort = site.efforts.name(cookie(request, EFFORT, secure=secure), origin, site.engine.now())
    return attrs.evolve(origin, effort=effort)


def limited(request: Request, size: int, *, fields: int | None = None, files: bool = False) -> Request:
    """*request* with limits on its body, which apply while it is read, before it is parsed.

    Args:
        size: in bytes.
        fields: maximum number of fields.
        files: exempt multipart forms, whose parser has limits of its own and whose files may be large.

    Raises:
        HTTPException: 413 if `Content-Length` exceeds *size*.
    """
    parts = parse_options_header(request.headers.get("content-type"))[0] == b"multipart/form-data"
    if parts and files:
        return request
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > size:
        raise HTTPException(413)
    read = ampersands = 0

    async def receive() -> Message:
        nonlocal read, ampersands
        message = await request.receive()
        body = message.get("body", b"")
        read, ampersands = read + len(body), ampersands + body.count(b"&")
        if read > size or (fields is not None and not parts and ampersands > fields):
            raise HTTPException(413)
        return message

    return Request(request.scope, receive)


class HangUps:
    """Middleware that logs clients that disconnect during a request, instead of reporting a server error."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            log_security_event(Request(scope), "hung up", level=logging.INFO)


def log_security_event(request: Request, what: str, who: str = "", *, level: int = logging.WARNING) -> None:
    """Write a line to the security log: the event *what*, the account *who*, the address and the path of the request.

    Never pass names, mail addresses, passwords, tokens or answers; control characters are escaped.
    """
    _log.log(
        level, "%s who=%s from=%s at=%s", what, ascii(who)[1:-1] or "-", address_of(request) or "-", ascii(request.url.path)[1:-1]
    )


def address_of(request: Request) -> str:
    """The address of the client, as reported by the server or a trusted proxy; empty if unknown."""
    return request.client.host if request.client is not None else ""
