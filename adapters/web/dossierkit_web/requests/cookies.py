"""The portal's cookies: names of their own, and the path of the portal, beside those of a host on the same domain."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

#: Who it is: an unguessable token.
SESSION = "dossierkit"
#: What an officer files for somebody who came to the counter, or wrote.
FILING = "dossierkit-filing"
LANGUAGE = "dossierkit-lang"
#: Accounts that somebody was signed in to here.
DEVICES = "dossierkit-devices"
#: Ties a confirmation code to this browser; the server keeps nothing of it.
VISIT = "dossierkit-visit"
#: A proof of work that was done here.
EFFORT = "dossierkit-effort"


def cookie_name(name: str, *, secure: bool, root: str = "") -> str:
    """The name in the header: `__Host-` ties a cookie to this host and to the path `/`, and is only allowed over TLS."""
    prefix = ("__Secure-" if root else "__Host-") if secure else ""
    return prefix + name


def cookie(request: Request, name: str, *, secure: bool) -> str:
    """What the browser sent; empty where it sent nothing."""
    return request.cookies.get(cookie_name(name, secure=secure, root=_root(request)), "")


def set_cookie(
    request: Request, response: Response, name: str, value: str, *, secure: bool, lasts: timedelta | None = None
) -> None:
    """Hands a cookie to the browser, until it is closed, or for as long as *lasts*."""
    age = int(lasts.total_seconds()) if lasts is not None else None
    response.set_cookie(cookie_name(name, secure=secure, root=_root(request)), value, age, **_attributes(request, secure=secure))


def drop_cookie(request: Request, response: Response, name: str, *, secure: bool) -> None:
    """Takes a cookie away."""
    response.delete_cookie(cookie_name(name, secure=secure, root=_root(request)), **_attributes(request, secure=secure))


def _attributes(request: Request, *, secure: bool) -> dict[str, Any]:
    return {"path": _root(request) or "/", "secure": secure, "httponly": True, "samesite": "lax"}


def _root(request: Request) -> str:
    """Where a host mounted the portal; empty where it did not."""
    return str(request.scope.get("root_path", "")).rstrip("/")
