"""Security headers on every response, and the check against cross-site requests."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dossierkit_web.requests.addresses import within

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "media-src 'self'; frame-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


class SecureHeaders:
    """Middleware that adds *headers* to every response, and forbids caches to store pages."""

    def __init__(self, app: ASGIApp, *, secure: bool, headers: Mapping[str, str] = HEADERS) -> None:
        self._app = app
        sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._extra = [*sent, (b"strict-transport-security", b"max-age=31536000; includeSubDomains")] if secure else sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message.get("headers", ())}
                message["headers"] = [*message.get("headers", ()), *(pair for pair in self._extra if pair[0] not in own)]
                headers = MutableHeaders(scope=message)
                if not within(Request(scope), scope["path"]).startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, answered)


def same_origin(request: Request) -> bool:
    """Whether the headers of the browser show no cross-site origin of this request."""
    return request.method in SAFE or _is_own(request.headers, request.headers.get("host", ""))


def _is_own(headers: Headers, host: str) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    # Browsers send one of the two with every POST; without both it is no browser, and carries no cookie unawares.
    return origin is None or urlsplit(origin).netloc == host
