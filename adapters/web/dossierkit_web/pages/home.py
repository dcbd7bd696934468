"""The first page."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit_web.site import Site, language_of


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """What one can do here, and the dossiers of this session."""
    actor = site.visitor(request).actor
    mine = site.engine.find(actor, limit=10) if actor is not None else ()
    titles = {one.code: one.title_in(language_of(request)) for one in site.engine.procedures()}
    return site.page(request, "home", count=len(titles), mine=mine, titles=titles)
