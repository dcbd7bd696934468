"""A proof of work, which replaces a rate limit that other people used up: digits to copy, or work of the browser."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.people.throttle import WINDOW
from dossierkit_web.requests.addresses import see_other
from dossierkit_web.requests.confirmation import confirming, is_confirmed
from dossierkit_web.requests.cookies import EFFORT, set_cookie
from dossierkit_web.requests.limits import origin_of
from dossierkit_web.requests.posted import local
from dossierkit_web.site import Site


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Ask for the work."""
    return _page(site, request, local(request))


def give(site: Site, request: Request, form: FormData) -> Response:
    """Store a note of the work in the browser, and continue at the refused page."""
    if not is_confirmed(site, request, form):
        return _page(site, request, local(request, form), trouble="captcha-wrong")
    response = see_other(request, local(request, form))
    note = site.efforts.note(origin_of(site, request), site.engine.now())
    set_cookie(request, response, EFFORT, note, secure=site.config.secure, lasts=WINDOW)
    return response


def _page(site: Site, request: Request, after: str, *, trouble: str = "") -> Response:
    return confirming(site, request, "effort", code=422 if trouble else 200, next=after, trouble=trouble)
