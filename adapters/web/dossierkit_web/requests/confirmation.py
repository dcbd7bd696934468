"""The confirmation code of a page: asked for, drawn, read out and checked; nothing is kept before somebody answers."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.people.captchas import WORK, Challenge
from dossierkit.people.tokens import is_token, new_token
from dossierkit_web.requests.cookies import VISIT, cookie, set_cookie
from dossierkit_web.requests.limits import tell
from dossierkit_web.requests.posted import text
from dossierkit_web.site import Site

#: What a challenge is good for.
ACTION = "confirm"


def confirming(site: Site, request: Request, template: str, *, work: int = WORK, code: int = 200, **values: Any) -> Response:
    """The page *template*, which asks for a confirmation code.

    Args:
        work: the zero bits that a browser may find in place of copying.
    """
    token = cookie(request, VISIT, secure=site.config.secure)
    visit = token if is_token(token) else new_token()
    challenge = site.captchas.ask(visit, ACTION, work=work)
    response = site.page(request, template, code=code, challenge=str(challenge), work=challenge.work, **values)
    if visit != token:
        set_cookie(request, response, VISIT, visit, secure=site.config.secure)
    return response


def is_confirmed(site: Site, request: Request, form: FormData) -> bool:
    """Whether somebody copied the digits, or the browser did its work."""
    challenge, answer, work = text(form, "challenge"), text(form, "captcha"), text(form, "work")
    right = site.captchas.is_worked if work else site.captchas.is_solved
    confirmed = right(_visit(site, request), ACTION, challenge, work or answer)
    if not confirmed:
        tell(request, "confirmation code refused")
    return confirmed


def picture(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """What is to be copied, to look at."""
    challenge = _open(site, request)
    if challenge is None:
        return Response(status_code=404)
    return Response(site.captchas.picture(_digits(site, request, challenge)), media_type="image/png")


def sound(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """What is to be copied, to listen to."""
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
