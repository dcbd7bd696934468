"""Pages that visitors without a session get alike, and the editions that tell when they change."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import attrs
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit_web.site import Site, language_of

Page = Callable[[Site, Request, FormData], Response]


@attrs.frozen
class PublicPage:
    """A page that is kept, see `KeptPages`; used as any other page.

    Only for pages that depend on nothing of the request but its address and language.
    """

    render: Page
    #: The edition as it is now; None: this request is not for the kept page.  It may read the store and the disk.
    edition: Callable[[Site, Request], Hashable | None]
    #: The same from memory alone, for the event loop; None as well if memory may be out of date.
    known_edition: Callable[[Site, Request], Hashable | None] = lambda site, request: None  # noqa: ARG005  # nothing is known

    def __call__(self, site: Site, request: Request, form: FormData) -> Response:
        """The page, rendered if it is not kept."""
        edition = self.edition(site, request) if site.keeps_pages else None
        if edition is None:
            return self.render(site, request, form)
        language = language_of(request)
        kept = site.kept_pages.find(request, edition, language)
        if kept is not None:
            return kept
        page = self.render(site, request, form)
        # A change during the rendering may be on the page or not.
        is_settled = self.edition(site, request) == edition
        return site.kept_pages.keep(request, edition, language, page) if is_settled else page

    def known(self, site: Site, request: Request) -> Response | None:
        """The kept page if memory alone shows that it is current; touches neither store nor disk."""
        edition = self.known_edition(site, request) if site.keeps_pages else None
        return site.kept_pages.find(request, edition, language_of(request)) if edition is not None else None


def public_page(
    edition: Callable[[Site, Request], Hashable | None],
    known_edition: Callable[[Site, Request], Hashable | None] | None = None,
) -> Callable[[Page], PublicPage]:
    """Decorator that keeps a page until its edition changes."""
    return lambda render: PublicPage(render, edition, known_edition) if known_edition else PublicPage(render, edition)


def procedure_edition(site: Site, request: Request) -> Hashable | None:
    """The revision of the procedure of the address, and the day: option lists offer what is in force today.

    Raises:
        UnknownProcedure: there is none.
    """
    if not _is_plain(request):
        return None
    return site.engine.procedure(request.path_params["code"]).revision, site.engine.today()


def known_procedure_edition(site: Site, request: Request) -> Hashable | None:
    """The same, if the folder of procedures was looked at a moment ago."""
    revision = site.engine.offered.known_revision(request.path_params["code"]) if _is_plain(request) else ""
    return (revision, site.engine.today()) if revision else None


def _is_plain(request: Request) -> bool:
    """Whether the request is for a whole page, with no parameters in its address."""
    return not request.scope["query_string"] and "x-fragment" not in request.headers
