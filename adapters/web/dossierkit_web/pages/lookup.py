"""The look-up (*Tra cứu kết quả hồ sơ*): a code or a receipt number and a confirmation code show the state of a dossier.

Codes are consecutive numbers, so they can be guessed.  A visitor who neither gives the check code nor is signed in as the owner
sees the state of a dossier alone, and all such visitors together have a limit of look-ups for the dossiers of each day.
"""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.dossiers.codes import same_check_code, series_typed
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event
from dossierkit.dossiers.people.account import masked
from dossierkit.dossiers.procedure.persons import persons
from dossierkit.errors import CodeError, TooManyTries
from dossierkit.mail.notices import ANNOUNCED
from dossierkit.people.captchas import work_after
from dossierkit.people.throttle import WINDOW, Door
from dossierkit_web.requests.confirmation import confirming, is_confirmed
from dossierkit_web.requests.limits import allow, log_security_event, origin_of
from dossierkit_web.requests.posted import text
from dossierkit_web.site import Site

#: Maximum look-ups, from all networks, of the dossiers of one agency and day in a quarter of an hour.
SERIES = 60
#: Tries at a check code: too few to guess six letters; its owner can still sign in.
CHECKS = Door(day=400)


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The form, with the `code` of the address filled in."""
    return _page(site, request, request.query_params.get("code", "")[:100])


def find(site: Site, request: Request, form: FormData) -> Response:
    """The dossier with the code: its state, or also its history for a visitor who proves a relation to it."""
    allow(site, request, "lookups")
    typed, check = text(form, "code")[:100], text(form, "check")[:20]
    if not is_confirmed(site, request, form):
        return _page(site, request, typed, check, trouble={"captcha": "captcha-wrong"})
    try:
        dossier = site.engine.lookup(typed)
    except CodeError:
        return _page(site, request, typed, check, trouble={"code": "lookup-bad"})
    if dossier is not None and _owns(site, request, dossier):
        return _page(site, request, typed, check, found=dossier, whole=True)
    if check.strip():
        return _find_with_check_code(site, request, typed, check, dossier)
    if not site.accounts.throttle.is_free(f"lookup:{series_typed(typed)}", WINDOW, SERIES):
        log_security_event(request, "look-ups of one day refused")
        return _page(site, request, typed, check, trouble={"check": "lookup-crowded"}, code=429)
    if dossier is None:
        return _refuse(site, request, typed, check, {"code": "lookup-none"})
    return _page(site, request, typed, check, found=dossier)


def _find_with_check_code(site: Site, request: Request, typed: str, check: str, dossier: Dossier | None) -> Response:
    """The dossier for a visitor who knows its check code; a wrong one does not reveal whether there is such a dossier."""
    try:
        heard = site.accounts.throttle.hear(f"check:{series_typed(typed)}", origin_of(site, request), door=CHECKS)
    except TooManyTries:
        log_security_event(request, "check codes refused")
        raise
    if dossier is None or not same_check_code(check, site.engine.check_code(dossier)):
        return _refuse(site, request, typed, check, {"check": "lookup-check-wrong"})
    site.accounts.throttle.take_back(heard)
    return _page(site, request, typed, check, found=dossier, whole=True)


def _refuse(site: Site, request: Request, typed: str, check: str, trouble: dict[str, str]) -> Response:
    """The page with its problems; the next try from the same network takes more work."""
    site.accounts.throttle.miss("lookups", origin_of(site, request))
    return _page(site, request, typed, check, trouble=trouble)


def _owns(site: Site, request: Request, dossier: Dossier) -> bool:
    actor = site.visitor(request).actor
    return actor is not None and actor.id == dossier.owner


def _page(
    site: Site,
    request: Request,
    typed: str,
    check: str = "",
    *,
    found: Dossier | None = None,
    whole: bool = False,
    trouble: dict[str, str] | None = None,
    code: int = 422,
) -> Response:
    title, owner = "", ""
    history: tuple[Event, ...] = ()
    if found is not None and whole:
        procedure = site.engine.procedure_of(found)
        title = procedure.title(site.language(request))
        history = tuple(event for event in site.engine.history(found) if event.action in ANNOUNCED)
        account = site.accounts.get(found.owner)
        holder = account.name if account is not None and account.name != account.mail else ""
        owner = masked(persons(procedure, found.answers, holder).owner)
    return confirming(
        site,
        request,
        "lookup",
        work=work_after(site.accounts.throttle.misses("lookups", origin_of(site, request))),
        code=code if trouble else 200,
        typed={"code": typed, "check": check},
        found=found,
        whole=whole,
        title=title,
        history=history,
        owner=owner,
        trouble=trouble or {},
    )
