"""Registration, sign-in and sign-out; choosing, forgetting and resetting a password."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossierkit.dossiers.people.account import mail_address
from dossierkit.dossiers.people.session_lifetime import Wants
from dossierkit.errors import SignInRefused, WeakPassword
from dossierkit.forms import Problem, canonical, check, parse
from dossierkit.forms.answers.page_layout import layout as layout_of
from dossierkit.forms.fields.form import Layout
from dossierkit.people.tokens import new_token, token_hash
from dossierkit.pointers import Json
from dossierkit_web.pages import session_ended, unsaved
from dossierkit_web.pages.second_factor import WANTED
from dossierkit_web.requests.addresses import see_other
from dossierkit_web.requests.limits import allow, log_security_event, origin_of
from dossierkit_web.requests.posted import local, text
from dossierkit_web.requests.session import Visitor, landing, visitor_of_session
from dossierkit_web.site import Site, language_of


def show_register(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The account form."""
    return account_form(site, request, "register", {})


def register(site: Site, request: Request, form: FormData) -> Response:
    """Create the account, and show its first password once."""
    answers, layout, button = posted(site, request, "register", form)
    if button == "update":
        return account_form(site, request, "register", answers, layout=layout)
    problems = _problems(site, "register", answers)
    if problems:
        return account_form(site, request, "register", answers, problems=problems, layout=layout, code=422)
    mail = answers["email"]
    profile = {name: value for name, value in answers.items() if name != "email"}
    once, origin = text(form, "once"), origin_of(site, request)
    secret = site.accounts.register(mail, profile, language=language_of(request), origin=origin, once=once)
    return site.page(request, "registered", mail=mail_address(mail), secret=secret, next=local(request))


def _problems(site: Site, name: str, answers: Json) -> tuple[Problem, ...]:
    problems = check(site.account_forms[name], answers, today=site.engine.today())
    if not problems and mail_address(answers["email"]) is None:
        return (Problem("/email", "format", {"format": "email"}),)
    return problems


def show_sign_in(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The sign-in form as a page, for browsers without scripts."""
    return session_ended.page(site, request, local(request))


def sign_in(site: Site, request: Request, form: FormData) -> Response:
    """Sign in, and continue at the page that asked for it."""
    mail, password, after = text(form, "mail"), text(form, "password"), local(request, form)
    before, carried, written = site.visitor(request).session, text(form, "carried"), ""
    if carried:
        written = unsaved.opened(site, carried)
        if not written:
            return session_ended.page(site, request, after, mail=mail, notice="answers-lost", code=422)
        allow(site, request, "drafts")
    try:
        signed_in = site.accounts.sign_in(mail, password, origin=origin_of(site, request), guest=before)
    except SignInRefused:
        # A hash tells tries at one account from those at others without logging the address.
        log_security_event(request, "sign-in refused", token_hash(mail_address(mail) or "")[:12])
        return session_ended.page(site, request, after, mail=mail, trouble="sign-in-refused", carried=carried, code=422)
    visitor = visitor_of_session(site.accounts, signed_in)
    after = session_ended.come_along(site, signed_in.session.account, written, after)
    log_security_event(request, "signed in", signed_in.session.account, level=logging.INFO)
    return site.keep(request, visitor, _continued(request, visitor, after))


def resume(site: Site, request: Request, form: FormData) -> Response:
    """Continue with the input that the sign-in page carries, after signing in in another tab."""
    visitor, carried, after = site.visitor(request), text(form, "carried"), local(request, form)
    written = unsaved.opened(site, carried)
    if not written:
        return session_ended.page(site, request, after, notice="answers-lost", code=422)
    if visitor.account is None:
        return session_ended.page(site, request, after, notice="not-signed-in-yet", carried=carried, code=401)
    allow(site, request, "drafts")
    return _continued(request, visitor, session_ended.come_along(site, visitor.account.id, written, after))


def _continued(request: Request, visitor: Visitor, after: str) -> Response:
    """Redirect to *after*, or first to the page of the step that the session requires."""
    wanted, after = WANTED.get(visitor.wants), landing(visitor, after)
    return see_other(request, f"{wanted}?next={quote(after)}" if wanted is not None else after)


def sign_out(site: Site, request: Request, form: FormData) -> Response:
    """End this session, or every session of the account."""
    session = site.visitor(request).session
    if session is not None and session.account and "everywhere" in form:
        site.accounts.sessions.end_all(session.account)
    elif session is not None:
        site.accounts.sessions.end(session)
    return site.forget(request, see_other(request, "/"))


def send_again(site: Site, request: Request, form: FormData) -> Response:
    """Mail another first password; the answer is the same whether there is such an account."""
    site.accounts.first_password_again(text(form, "mail"), origin=origin_of(site, request))
    return site.message(request, "sent-again")


def show_password(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Ask for a new password."""
    if site.visitor(request).account is None:
        return see_other(request, "/sign-in?next=/password")
    return _password(site, request, local(request))


def _password(site: Site, request: Request, after: str, trouble: Mapping[str, str] | None = None, code: int = 200) -> Response:
    """The page; after a first password it asks for the new one alone."""
    first = site.visitor(request).wants is Wants.PASSWORD
    return site.page(request, "password", code=code, next=after, trouble=trouble or {}, first=first)


def choose_password(site: Site, request: Request, form: FormData) -> Response:
    """Store a new password and begin a new session."""
    visitor = site.visitor(request)
    if visitor.session is None or visitor.account is None:
        return see_other(request, "/sign-in?next=/password")
    try:
        signed_in = site.accounts.choose_password(visitor.session, text(form, "new"), current=text(form, "current"))
    except WeakPassword as weak:
        return _password(site, request, local(request, form), {"new": f"password-{weak.fault}"}, 422)
    except SignInRefused:
        return _password(site, request, local(request, form), {"current": "password-current"}, 422)
    changed = visitor_of_session(site.accounts, signed_in)
    log_security_event(request, "password changed", signed_in.session.account, level=logging.INFO)
    request.state.visitor = changed
    return site.keep(request, changed, _continued(request, changed, local(request, form)))


def show_forgot(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Ask for the mail address."""
    return site.page(request, "forgot", typed="", trouble="")


def forgot(site: Site, request: Request, form: FormData) -> Response:
    """Mail a link; the answer is the same whether there is such an account."""
    mail = text(form, "mail")
    if mail_address(mail) is None:
        return site.page(request, "forgot", code=422, typed=mail[:254], trouble="mail-malformed")
    site.accounts.mail_reset_link(mail, origin=origin_of(site, request), language=language_of(request))
    return site.message(request, "reset-sent")


def show_reset(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Ask for a new password; showing the page does not use up the link."""
    return site.page(request, "reset", token=request.query_params.get("token", "")[:100], trouble="")


def reset(site: Site, request: Request, form: FormData) -> Response:
    """Store the new password; it starts no session."""
    token = text(form, "token")
    try:
        account = site.accounts.reset(token, text(form, "new"))
    except WeakPassword as weak:
        return site.page(request, "reset", code=422, token=token, trouble=f"password-{weak.fault}")
    except SignInRefused:
        return site.message(request, "reset-used", code=410)
    # The reader of the mail is the owner: the browser becomes a known device, out of reach of other people's guesses.
    return site.mark(request, account, session_ended.page(site, request, "/", notice="reset-done"))


def show_confirm(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Ask the reader of a mail to confirm the address; showing the page proves nothing."""
    return site.page(request, "confirm", token=request.query_params.get("token", "")[:100])


def confirm(site: Site, request: Request, form: FormData) -> Response:
    """Mark the address as proven; it starts no session."""
    try:
        site.accounts.addresses.confirm(text(form, "token"))
    except SignInRefused:
        return site.message(request, "confirm-used", code=410)
    return site.message(request, "confirmed")


# --- shared with the profile -----------------------------------------------------------------------------------------


def posted(site: Site, request: Request, name: str, form: FormData, base: Json = None) -> tuple[Json, Layout, str]:
    """The canonical answers to the account form *name*, the layout of its page, and the button."""
    pairs = [(key, value) for key, value in form.multi_items() if isinstance(value, str)]
    asked = site.account_forms[name]
    layout = layout_of(pairs)
    answers = canonical(asked, parse(asked, pairs, base=base, language=language_of(request)), layout=layout)
    button = next((value for key, value in pairs if key == "do"), "save")
    return answers, layout, "update" if button.startswith(("update", "search")) else button


def account_form(
    site: Site,
    request: Request,
    name: str,
    answers: Json,
    *,
    problems: tuple[Problem, ...] = (),
    layout: Layout | None = None,
    code: int = 200,
) -> Response:
    """The page of the account form *name*."""
    form, language = site.account_forms[name], language_of(request)
    rendered = site.renderer.render(form, answers, problems=problems, language=language, layout=layout)
    if "x-fragment" in request.headers:
        return HTMLResponse(str(rendered.fields), code)
    after, once = local(request), new_token()
    return site.page(request, "account_form", code=code, name=name, form=rendered, problems=problems, next=after, once=once)
