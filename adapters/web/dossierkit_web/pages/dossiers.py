"""A submitted dossier, and the look-up by code."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.errors import CodeError, UnknownDossier
from dossierkit.forms import effective
from dossierkit.html.summary import answer_rows
from dossierkit_web.site import Site, language_of


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The dossier with its code, for the session that filed it; for anybody else it does not exist."""
    actor = site.visitor(request).actor
    try:
        dossier = site.engine.lookup(request.path_params["code"])
    except CodeError:
        dossier = None
    if dossier is None or actor is None or dossier.owner != actor.id:
        raise UnknownDossier("no such dossier")
    procedure, language = site.engine.procedure_of(dossier), language_of(request)
    rows = answer_rows(procedure.form, effective(procedure.form, dossier.answers), dossier.answers, language)
    return site.page(
        request, "dossier", dossier=dossier, title=procedure.title(language), rows=rows, done="done" in request.query_params
    )


def lookup(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """State and day of the dossier with the code in `code`; nothing personal."""
    typed = request.query_params.get("code", "")[:100]
    found, trouble = None, ""
    if typed.strip():
        try:
            found = site.engine.lookup(typed)
            trouble = "" if found is not None else "lookup-none"
        except CodeError:
            trouble = "lookup-bad"
    title = site.engine.procedure_of(found).title(language_of(request)) if found is not None else ""
    return site.page(request, "lookup", typed=typed, found=found, trouble=trouble, title=title)
