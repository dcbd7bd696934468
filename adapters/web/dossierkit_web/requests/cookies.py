"""The cookies of the portal, with names and a path that do not clash with a host on the same domain."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

#: Token of the session.
SESSION = "dossierkit"
#: The draft that an officer fills in for a citizen at the counter or by post.
FILING = "dossierkit-filing"
LANGUAGE = "dossierkit-lang"
#: Marks of the accounts that were signed in to on this device.
DEVICES = "dossierkit-devices"
#: Binds confirmation codes to this browser; not stored on the server.
VISIT = "dossierkit-visit"
#: Note of a proof of work by this browser.
EFFORT = "dossierkit-effort"


def cookie_name(name: str, *, secure: bool, root: str = "") -> str:
    """The name in the header: `__Host-` ties a cookie to this host and to the path `/`, and is only allowed over TLS."""
    prefix = ("__Secure-" if root else "__Host-") if secure else ""
    return prefix + name


def cookie(request: Request, name: str, *, secure: bool) -> str:
    """The value of the cookie *name*; empty if the browser sent none."""
    return request.cookies.get(cookie_name(name, secure=secure, root=_root(request)), "")


def set_cookie(
    request: Request, response: Response, name: str, value: str, *, secure: bool, lasts: timedelta | None = None
) -> None:
    """Set a cookie for the time *lasts*, or until the browser is closed."""
    age = int(lasts.total_seconds()) if lasts is not None else None
    response.set_cookie(cookie_name(name, secure=secure, root=_root(request)), value, age, **_attributes(request, secure=secure))


def drop_cookie(request: Request, response: Response, name: str, *, secure: bool) -> None:
    """Delete a cookie."""
    response.delete_cookie(cookie_name(name, secure=secure, root=_root(request)), **_attributes(request, secure=secure))


def _attributes(request: Request, *, secure: bool) -> dict[str, Any]:
    return {"path": _root(request) or "/", "secure": secure, "httponly": True, "samesite": "lax"}


def _root(request: Request) -> str:
    """The path at which a host mounts the portal; empty if it is not mounted."""
    return str(request.scope.get("root_path", "")).rstrip("/")
