"""The first page."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit_web.site import Site, language_of


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The services of the portal, and the dossiers of the session."""
    actor = site.visitor(request).actor
    mine = site.engine.find(actor, limit=10) if actor is not None else ()
    titles = {entry.code: entry.title_in(language_of(request)) for entry in site.engine.procedures()}
    return site.page(request, "home", count=len(titles), mine=mine, titles=titles)
