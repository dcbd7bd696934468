"""The cookies of the portal, with names and a path that do not clash with a host on the same domain."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dossierkit_web.requests.addresses import root_of

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
    """The name in the header: `__Host-` ties a cookie to this host and to the path `/`, and is only allowed over TLS.

    Args:
        root: the mount point of the portal; browsers send its cookies to portals below it as well, whose names have to differ.
    """
    prefix = ("__Secure-" if root else "__Host-") if secure else ""
    return prefix + name + root.replace("/", ".")


def cookie(request: Request, name: str, *, secure: bool) -> str:
    """The value of the cookie *name*; empty if the browser sent none."""
    return request.cookies.get(cookie_name(name, secure=secure, root=root_of(request)), "")


def set_cookie(
    request: Request, response: Response, name: str, value: str, *, secure: bool, lasts: timedelta | None = None
) -> None:
    """Set a cookie for the time *lasts*, or until the browser is closed."""
    age, root = int(lasts.total_seconds()) if lasts is not None else None, root_of(request)
    response.set_cookie(cookie_name(name, secure=secure, root=root), value, age, **_attributes(root, secure=secure))


def drop_cookie(request: Request, response: Response, name: str, *, secure: bool) -> None:
    """Delete a cookie."""
    root = root_of(request)
    response.delete_cookie(cookie_name(name, secure=secure, root=root), **_attributes(root, secure=secure))


def _attributes(root: str, *, secure: bool) -> dict[str, Any]:
    return {"path": root or "/", "secure": secure, "httponly": True, "samesite": "lax"}
