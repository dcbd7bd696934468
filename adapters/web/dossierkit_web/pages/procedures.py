"""The list of procedures and the guidance page of each."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit_web.site import Site, language_of, markdown

PAGE = 50


def show_list(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The procedures that hold all words of `q`."""
    language, query = language_of(request), request.query_params.get("q", "")[:200]
    found = site.engine.procedures(query, language=language)
    start = request.query_params.get("from", "0")
    first = min(int(start), len(found)) if start.isascii() and start.isdigit() and len(start) < 7 else 0
    sectors = site.engine.catalog.dialect.options.get("sectors")
    names = {choice.value: choice.title for choice in sectors.select({}, "", 500)} if sectors is not None else {}
    return site.page(
        request,
        "procedures",
        found=found[first : first + PAGE],
        count=len(found),
        first=first,
        page_size=PAGE,
        query=query,
        sectors=names,
    )


def show_one(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Guidance, documents, time, fees, legal basis of one procedure."""
    language = language_of(request)
    procedure = site.engine.procedure(request.path_params["code"])
    return site.page(
        request,
        "procedure",
        procedure=procedure,
        title=procedure.title(language),
        block=procedure.block,
        guidance=markdown(procedure.text("guidance", language)),
    )
