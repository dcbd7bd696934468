"""The confirmation code (CAPTCHA) of a page: shown, drawn, read out and checked; nothing is stored until it is answered."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.people.captchas import WORK, Challenge
from dossierkit.people.tokens import is_token, new_token
from dossierkit_web.requests.cookies import VISIT, cookie, set_cookie
from dossierkit_web.requests.limits import log_security_event
from dossierkit_web.requests.posted import text
from dossierkit_web.site import Site

#: The action that challenges are for.
ACTION = "confirm"


def confirming(site: Site, request: Request, template: str, *, work: int = WORK, code: int = 200, **values: Any) -> Response:
    """The page *template* with a new challenge.

    Args:
        work: zero bits of the proof of work that replaces copying.
    """
    token = cookie(request, VISIT, secure=site.config.secure)
    visit = token if is_token(token) else new_token()
    challenge = site.captchas.ask(visit, ACTION, work=work)
    response = site.page(request, template, code=code, challenge=str(challenge), work=challenge.work, **values)
    if visit != token:
        set_cookie(request, response, VISIT, visit, secure=site.config.secure)
    return response


def is_confirmed(site: Site, request: Request, form: FormData) -> bool:
    """Whether the form has the right digits, or a proof of work; a failure is logged."""
    challenge, answer, work = text(form, "challenge"), text(form, "captcha"), text(form, "work")
    right = site.captchas.is_worked if work else site.captchas.is_solved
    confirmed = right(_visit(site, request), ACTION, challenge, work or answer)
    if not confirmed:
        log_security_event(request, "confirmation code refused")
    return confirmed


def picture(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The digits of a challenge as an image."""
    challenge = _open(site, request)
    if challenge is None:
        return Response(status_code=404)
    return Response(site.captchas.picture(_digits(site, request, challenge)), media_type="image/png")


def sound(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The digits of a challenge as a recording."""
    challenge = _open(site, request)
    if challenge is None:
        return Response(status_code=404)
    return Response(site.captchas.sound(_digits(site, request, challenge)), media_type="audio/wav")


def _visit(site: Site, request: Request) -> str:
    return cookie(request, VISIT, secure=site.config.secure)


def _open(site: Site, request: Request) -> Challenge | None:
    return site.captchas.open(_visit(site, request), ACTION, request.path_params["challenge"])


def _digits(site: Site, request: Request, challenge: Challenge) -> str:
    return site.captchas.digits(_visit(site, request), ACTION, challenge)
