"""Kept pages: what every visitor without a session gets alike is rendered once, named by its ETag, and answered with 304."""

from __future__ import annotations

from collections.abc import Hashable
from hashlib import sha256

import attrs
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.caches import Cache
from dossierkit_web.requests.cookies import SESSION, cookie

#: Maximum number of kept pages: each address counts once for each language.
_MOST = 512


@attrs.frozen
class _KeptPage:
    """A page as it is sent, and the edition that it was rendered from."""

    edition: Hashable
    page: Response
    #: The answer to a browser that has the page; None if browsers must not store it.
    unchanged: Response | None


class KeptPages:
    """The kept pages of one portal, by address and language.

    An edition is a value that differs whenever the page would: the revision of a procedure, the day, the last posting.  An
    address has one page at a time; the page of another edition replaces it.  Requests with a session neither get a kept page
    nor leave one.
    """

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        self._pages = Cache[Hashable, _KeptPage]("public pages", _MOST)

    def find(self, request: Request, edition: Hashable, language: str) -> Response | None:
        """The kept page in this *edition*, or 304 for a browser that has it; None if it has to be rendered."""
        kept = self._pages.get(_address(request, language)) if self.is_public(request) else None
        if kept is None or kept.edition != edition:
            return None
        is_known = kept.unchanged is not None and kept.page.headers["etag"] in _tags(request)
        return kept.unchanged if is_known else kept.page

    def keep(self, request: Request, edition: Hashable, language: str, page: Response) -> Response:
        """*page*, kept unless it is a refusal or sets a cookie; with an ETag unless it says `no-store` itself."""
        if page.status_code != 200 or "set-cookie" in page.headers or not self.is_public(request):
            return page
        unchanged = None if page.headers.get("cache-control") == "no-store" else _tagged(page)
        self._pages.keep(_address(request, language), _KeptPage(edition, page, unchanged))
        return page

    def is_public(self, request: Request) -> bool:
        """Whether the request reads a page without a session."""
        return request.method in ("GET", "HEAD") and not cookie(request, SESSION, secure=self._secure)

    @property
    def count(self) -> int:
        """Number of kept pages."""
        return len(self._pages)


def _tagged(page: Response) -> Response:
    """Give *page* an ETag, and return the answer to a browser that has it."""
    page.headers["ETag"] = f'"{sha256(page.body).hexdigest()[:32]}"'
    # A browser may store the page and asks each time whether it is current; a proxy that ignores cookies must not.
    page.headers["Cache-Control"] = "private, no-cache"
    page.headers["Vary"] = "Cookie"
    return Response(status_code=304, headers={name: page.headers[name] for name in ("etag", "cache-control", "vary")})


def _address(request: Request, language: str) -> Hashable:
    """Host and scheme are left out: no page names them."""
    return request.scope.get("root_path", ""), request.scope["path"], request.scope["query_string"], language


def _tags(request: Request) -> frozenset[str]:
    """The ETags that the browser has, weak ones as strong ones, as GET compares them."""
    return frozenset(tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(","))
