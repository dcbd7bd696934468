"""Pages of the second factor: asked for after the password, set up with a QR code, removed with a code."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial

from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.dossiers.people.session_lifetime import Wants
from dossierkit.errors import SignInRefused
from dossierkit.papers.qr import qr_code
from dossierkit.people import second_factor
from dossierkit.people.sessions import SignedIn
from dossierkit_web.requests.addresses import see_other
from dossierkit_web.requests.limits import log_security_event, origin_of
from dossierkit_web.requests.posted import local, text
from dossierkit_web.requests.session import landing, visitor_of_session
from dossierkit_web.site import Site

#: The page of each step that a session requires.
WANTED: Mapping[Wants, str] = {Wants.PASSWORD: "/password", Wants.CODE: "/second-factor", Wants.ENROL: "/second-factor/set-up"}


def ask(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Ask for the code."""
    if site.visitor(request).wants is not Wants.CODE:
        return see_other(request, local(request))
    return site.page(request, "second_factor", next=local(request), trouble="")


def confirm(site: Site, request: Request, form: FormData) -> Response:
    """Check the code, and continue."""
    session = site.visitor(request).session
    if session is None or session.wants is not Wants.CODE:
        return see_other(request, "/sign-in")

    def again(trouble: str) -> Response:
        return site.page(request, "second_factor", code=422, next=local(request, form), trouble=trouble)

    return _done(
        site,
        request,
        form,
        lambda: second_factor.confirm(site.accounts, session, text(form, "code"), origin=origin_of(site, request)),
        again,
    )


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """A QR code for an app; or the form that removes the second factor."""
    if site.visitor(request).account is None:
        return see_other(request, "/sign-in?next=/second-factor/set-up")
    return _page(site, request, second_factor.new_secret())


def set_up(site: Site, request: Request, form: FormData) -> Response:
    """Store the second factor, or remove it; both need a code."""
    visitor, secret, code = site.visitor(request), text(form, "secret")[:64], text(form, "code")
    session, account = visitor.session, visitor.account
    if session is None or account is None:
        return see_other(request, "/sign-in?next=/second-factor/set-up")
    do, shown = second_factor.drop, ""
    if not account.totp:
        if not second_factor.is_secret(secret):
            return _page(site, request, second_factor.new_secret(), "secret-malformed")
        do, shown = partial(second_factor.enrol, secret=secret), secret
    return _done(
        site,
        request,
        form,
        lambda: do(site.accounts, session, code=code, origin=origin_of(site, request)),
        lambda trouble: _page(site, request, shown, trouble),
    )


def _done(site: Site, request: Request, form: FormData, do: Callable[[], SignedIn], again: Callable[[str], Response]) -> Response:
    account = site.visitor(request).account
    try:
        signed_in = do()
    except SignInRefused:
        log_security_event(request, "second factor refused", account.id if account is not None else "")
        return again("code-refused")
    changed = visitor_of_session(site.accounts, signed_in)
    log_security_event(request, "second factor confirmed", signed_in.session.account, level=logging.INFO)
    request.state.visitor = changed
    return site.keep(request, changed, see_other(request, landing(changed, local(request, form))))


def _page(site: Site, request: Request, secret: str, trouble: str = "") -> Response:
    account = site.visitor(request).account
    assert account is not None, "the caller checked it"
    qr: Markup | str = ""
    if secret and not account.totp:
        uri = second_factor.address(site.accounts, account, secret)
        qr = qr_code(uri)
    values = {"secret": secret, "qr": qr, "trouble": trouble, "next": local(request) if request.method == "GET" else "/"}
    return site.page(request, "second_factor_set_up", code=422 if trouble else 200, **values)
