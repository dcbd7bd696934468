"""The counter and the post: an officer files for a citizen, on the same forms."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.catalog.index import CatalogEntry
from dossierkit.dossiers.codes import DossierCode, parse_code
from dossierkit.dossiers.lifecycle.dossier import Actor, Dossier
from dossierkit.dossiers.states import Channel
from dossierkit.errors import CodeError, ForbiddenAction
from dossierkit_web.pages.desk import officer_of
from dossierkit_web.requests.addresses import see_other
from dossierkit_web.requests.cookies import FILING, drop_cookie, set_cookie
from dossierkit_web.requests.posted import text
from dossierkit_web.requests.session import Filing, Visitor
from dossierkit_web.site import Site, language_of

#: The channels by which an officer receives a dossier.
CHANNELS = (Channel.COUNTER, Channel.POST)


def offered(site: Site, actor: Actor) -> list[CatalogEntry]:
    """The procedures whose dossiers the officer's unit handles."""
    listed = site.engine.procedures()
    return [entry for entry in listed if actor.unit in ("", site.engine.procedure(entry.code).unit)]


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Ask for the channel, the procedure, and a code of another portal."""
    return _page(site, request)


def _page(site: Site, request: Request, trouble: str = "", typed: str = "", code: int = 200) -> Response:
    language = language_of(request)
    titles = [(entry.code, entry.title_in(language)) for entry in offered(site, officer_of(site, request))]
    return site.page(request, "counter", code=code, titles=titles, channels=CHANNELS, trouble=trouble, typed=typed)


def begin(site: Site, request: Request, form: FormData) -> Response:
    """Begin filing for a citizen, and lead to the form; or end it."""
    actor, typed = officer_of(site, request), text(form, "code").strip()
    if "end" in form:
        return _ended(site, request, see_other(request, "/desk"))
    procedure = text(form, "procedure")
    channel = next((each for each in CHANNELS if str(int(each)) == text(form, "channel")), CHANNELS[0])
    if procedure not in {entry.code for entry in offered(site, actor)}:
        return _page(site, request, "counter-procedure", typed[:100], 422)
    try:
        code = parse_code(typed).text if typed else ""
    except CodeError:
        return _page(site, request, "lookup-bad", typed[:100], 422)
    if code and (code.rsplit("-", 2)[0] == site.engine.agency or site.engine.dossiers.has(DossierCode(code))):
        return _page(site, request, "counter-code", typed[:100], 422)
    response = see_other(request, f"/procedures/{quote(procedure)}/apply")
    filing = Filing(channel, secrets.token_hex(8), code)
    set_cookie(request, response, FILING, str(filing), secure=site.config.secure)
    return response


def guard(site: Site, visitor: Visitor, code: str) -> None:
    """Check that an officer files a procedure of their own unit.

    Raises:
        ForbiddenAction: the procedure is another unit's.
    """
    if visitor.stand_in is None or visitor.officer is None:
        return
    if visitor.officer.unit not in ("", site.engine.procedure(code).unit):
        raise ForbiddenAction(f"{code} is handled by another unit")


def submit_filing(site: Site, request: Request, draft: Dossier, visitor: Visitor) -> Response:
    """Submit the draft of a filing, with its code of another portal, and lead back to the desk.

    Raises:
        RefusedAnswers, ForbiddenAction: as for `Engine.submit` and `Engine.take_in`.
    """
    assert visitor.actor is not None, "a draft has an owner"
    assert visitor.filing is not None, "the caller checked it"
    if visitor.filing.code:
        dossier = site.engine.take_in(draft.id, visitor.actor, parse_code(visitor.filing.code))
    else:
        dossier = site.engine.submit(draft.id, visitor.actor)
    return _ended(site, request, see_other(request, f"/desk/{dossier.code}"))


def _ended(site: Site, request: Request, response: Response) -> Response:
    drop_cookie(request, response, FILING, secure=site.config.secure)
    return response
