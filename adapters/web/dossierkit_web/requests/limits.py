"""How often somebody may do what costs others something, and the lines in the log that tell of trouble."""

from __future__ import annotations

import logging
from collections.abc import Mapping
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

#: So often in a quarter of an hour, each person; ten times that, all who share an address.
LIMITS: Mapping[str, int] = {
    "drafts": 60,
    "uploads": 200,
    "submits": 60,
    "lookups": 60,
    "messages": 30,
    "payments": 30,
    "exports": 10,
    "tables": 120,
}

_log = logging.getLogger("dossierkit.security")


def allow(site: Site, request: Request, what: str) -> None:
    """Counts that the visitor does *what*, a name of `LIMITS`, once more.

    Raises:
        TooManyTries: too often.
    """
    visitor = site.visitor(request)
    who = visitor.actor.id if visitor.actor is not None else ""
    site.accounts.throttle.allow(what, who, origin_of(site, request), LIMITS[what], named=visitor.signed_in)


def origin_of(site: Site, request: Request) -> Origin:
    """Where the request comes from, with what the browser can show for itself."""
    secure = site.config.secure
    origin = Origin(address_of(request), cookie(request, DEVICES, secure=secure))
    effort = site.efforts.name(cookie(request, EFFORT, secure=secure), origin, site.engine.now())
    return attrs.evolve(origin, effort=effort)


def measured(request: Request, size: int, *, fields: int | None = None, files: bool = False) -> Request:
    """*request*, whose body is refused as soon as it has more bytes or fields: before anything takes it apart.

    Args:
        size: bytes.
        files: a form with files is left as it is: its parts are counted as they are read, and its files may be large.

    Raises:
        HTTPException: it says that it is too large.
    """
    parts = parse_options_header(request.headers.get("content-type"))[0] == b"multipart/form-data"
    if parts and files:
        return request
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said[:20]) > size:
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
    """A client that goes away in the middle is a line in the log, and no failure of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            tell(Request(scope), "hung up", level=logging.INFO)


def tell(request: Request, what: str, who: str = "", *, level: int = logging.WARNING) -> None:
    """A line for whoever watches: what happened, to which account, from where; the log adds when.

    Names and addresses of mail, passwords, tokens and answers never come here; what could break a line is escaped.
    """
    _log.log(
        level, "%s who=%s from=%s at=%s", what, ascii(who)[1:-1] or "-", address_of(request) or "-", ascii(request.url.path)[1:-1]
    )


def address_of(request: Request) -> str:
    """Where the request came from, as far as the server that we trust says."""
    return request.client.host if request.client is not None else ""
