"""The addresses that the portal writes: of its pages, below its mount point, and public ones for mails and QR codes.

Pages name one another by paths within the portal, such as `/desk`; so do `next` and `here`.  Only the functions of this module,
and `root` in templates, make addresses of them.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import Scope

from dossierkit.mail.letters import Office

#: The mount point in the scope of a request: `root_path` changes on the way to the files of `/static`.
_ROOT = "dossierkit_root"


def root_of(request: Request) -> str:
    """The path at which the portal is mounted, percent-encoded; empty if it has a domain of its own."""
    return quote(_root(request.scope), safe="/@")


def path_of(request: Request) -> str:
    """The path of the requested page, within the portal."""
    return within(request, request.url.path) or "/"


def within(request: Request, path: str) -> str:
    """The path within the portal of *path*, that of an address; empty if it is outside."""
    root = _root(request.scope)
    return path.removeprefix(root) if path.startswith(f"{root}/") else ""


def url(request: Request, path: str) -> str:
    """The address of the page *path*, for links and forms."""
    return root_of(request) + path


def see_other(request: Request, path: str) -> RedirectResponse:
    """A redirect to the page *path*, which the browser asks for with GET."""
    return RedirectResponse(url(request, path), 303)


def public_url(office: Office, path: str) -> str:
    """The address of the page *path* for people and programs elsewhere; it depends on no request."""
    return office.address.rstrip("/") + path


def mounted_scope(scope: Scope, public_path: str = "") -> Scope:
    """The scope of a request to the portal: it keeps the mount point, and its path begins with it, as ASGI wants it.

    A host that is told the prefix a proxy strips, as by `root_path` alone, leaves it out of the path.

    Args:
        public_path: the mount point if the scope has none; a proxy may strip it or not.
    """
    root, path = _root(scope) or public_path, str(scope["path"])
    if not f"{path}/".startswith(f"{root}/"):
        mount = root.removeprefix(str(scope.get("app_root_path", root)).rstrip("/"))
        path = root + (path.removeprefix(mount) if path.startswith(f"{mount}/") else path)
    return {**scope, "path": path, "root_path": root, _ROOT: root}


def _root(scope: Scope) -> str:
    return str(scope.get(_ROOT, scope.get("root_path", ""))).rstrip("/")
