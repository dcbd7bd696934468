"""The dossier that a page of a form is about, if it belongs to the visitor."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.dossiers.lifecycle.dossier import Actor, Dossier, Query
from dossierkit.dossiers.states import State
from dossierkit.errors import UnknownDossier
from dossierkit_web.pages import session_ended
from dossierkit_web.pages.counter import guard
from dossierkit_web.requests.addresses import see_other
from dossierkit_web.site import Site


def own_dossier(site: Site, request: Request, form: FormData | None = None) -> tuple[Dossier, Actor]:
    """The dossier that the request names, in whatever state, and the visitor, who owns it.

    Raises:
        SessionEnded: it belongs to an account, and the visitor is not signed in.
        UnknownDossier: it belongs to another person, or there is none.
    """
    session_ended.guard(site, request, form)
    visitor = site.visitor(request)
    guard(site, visitor, request.path_params["code"])
    if visitor.actor is None:
        raise UnknownDossier("no such dossier")
    return site.engine.open(session_ended.named(request, form), visitor.actor), visitor.actor


def own_draft(site: Site, request: Request) -> Dossier | None:
    """The draft that the address names, or else the newest one of this procedure; None if the visitor has none.

    Raises:
        UnknownDossier: the address names a draft of another person, or one that does not exist.
    """
    visitor, code = site.visitor(request), request.path_params["code"]
    guard(site, visitor, code)
    if visitor.actor is None:
        return None
    id = request.query_params.get("draft")
    if id:
        dossier = site.engine.open(id, visitor.actor)
        return dossier if dossier.state is State.DRAFT and dossier.procedure == code else None
    return next(iter(site.engine.find(visitor.actor, Query(procedure=code, state=State.DRAFT), limit=1)), None)


def redirect_if_sent(site: Site, request: Request) -> Response | None:
    """A redirect to the dossier if the draft that the address names was submitted; else None.

    Raises:
        UnknownDossier: see `own_draft`.
    """
    visitor, id = site.visitor(request), request.query_params.get("draft")
    guard(site, visitor, request.path_params["code"])
    if visitor.actor is None or not id:
        return None
    dossier = site.engine.open(id, visitor.actor)
    return see_other(request, f"/dossiers/{dossier.code}") if dossier.code is not None else None
