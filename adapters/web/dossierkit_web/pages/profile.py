"""The profile of an account: mail address, details, postal address, notices, erasure."""

from __future__ import annotations

import attrs
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.dossiers.people.account import Account, mail_address
from dossierkit.dossiers.people.session_lifetime import Session
from dossierkit.dossiers.states import State
from dossierkit.errors import SignInRefused, StaleAccount
from dossierkit.forms import Problem, check
from dossierkit.forms.fields.form import Layout
from dossierkit.people.profiles import change_mail, erase_account, keep_account
from dossierkit.pointers import Json
from dossierkit_web.pages import session_ended, unsaved
from dossierkit_web.pages.accounts import posted
from dossierkit_web.requests.addresses import see_other
from dossierkit_web.requests.posted import text
from dossierkit_web.requests.session import Visitor
from dossierkit_web.site import Site, language_of

#: The sections that are forms of the profile → key in the profile; empty: the profile itself.
SECTIONS = {"details": "", "address": "address"}
#: Every form of this page; the notices belong to the account, not to its profile.
FORMS = (*SECTIONS, "notices")


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Every section, at most one of them with its form."""
    account, opened = session_ended.own_account(site, request), request.query_params.get("edit", "")
    kept = unsaved.kept(site, request)
    if kept is None:
        return _page(site, request, account, opened=opened)
    if opened in FORMS:
        answers, layout, _ = posted(site, request, opened, kept.form, _part(account, opened))
        return _page(site, request, account, opened=opened, answers=answers, layout=layout, notice="kept-unsent")
    typed = text(kept.form, "mail")[:254] or account.mail
    return _page(site, request, account, opened=opened, typed=typed, notice="kept-unsent")


def save(site: Site, request: Request, form: FormData) -> Response:
    """Store one section."""
    account, session = session_ended.own_account(site, request), site.visitor(request).session
    name = request.path_params["section"]
    assert session is not None, "an account comes from a session"
    if name not in (*FORMS, "mail", "confirm"):
        return see_other(request, "/profile")
    if name == "confirm":
        site.accounts.addresses.mail_link(account)
        return see_other(request, "/profile?saved=confirm")
    if name == "mail":
        return _mail(site, request, form, account, session)
    answers, layout, button = posted(site, request, name, form, _part(account, name))
    if button == "update":
        return _page(site, request, account, opened=name, answers=answers, layout=layout)
    problems = check(site.account_forms[name], answers, today=site.engine.today())
    if problems:
        return _page(site, request, account, opened=name, answers=answers, problems=problems, layout=layout, code=422)
    if name == "notices":
        return _kept(site, request, attrs.evolve(account, notices=answers["notices"]), name, answers)
    rest = {key: value for key, value in account.profile.items() if SECTIONS[name] == "" and key in SECTIONS.values()}
    profile = {**answers, **rest} if name == "details" else {**account.profile, SECTIONS[name]: answers}
    return _kept(site, request, attrs.evolve(account, profile=profile), name, answers)


def _kept(site: Site, request: Request, account: Account, name: str, answers: Json) -> Response:
    try:
        keep_account(site.accounts, attrs.evolve(account, language=language_of(request)))
    except StaleAccount:
        return _page(site, request, account, opened=name, answers=answers, notice="stale", code=409)
    return see_other(request, f"/profile?saved={name}")


def _mail(site: Site, request: Request, form: FormData, account: Account, session: Session) -> Response:
    mail = text(form, "mail")
    trouble = {} if mail_address(mail) else {"mail": "mail-malformed"}
    try:
        if not trouble:
            change_mail(site.accounts, account, session, mail, text(form, "password"))
    except SignInRefused:
        trouble = {"password": "password-current"}
    except StaleAccount:
        return _page(site, request, account, opened="mail", typed=mail[:254], notice="stale", code=409)
    if trouble:
        return _page(site, request, account, opened="mail", trouble=trouble, typed=mail[:254], code=422)
    return see_other(request, "/profile?saved=mail")


def erase(site: Site, request: Request, form: FormData) -> Response:
    """Delete the account with its drafts and their files; submitted dossiers stay with the office."""
    account, session = session_ended.own_account(site, request), site.visitor(request).session
    assert session is not None, "an account comes from a session"
    try:
        erase_account(site.accounts, account, session, text(form, "password"), lambda: _discard_drafts(site, account))
    except SignInRefused:
        return _page(site, request, account, opened="erase", trouble={"erase-password": "password-current"}, code=422)
    request.state.visitor = Visitor()
    return site.forget(request, site.message(request, "erased"))


def _discard_drafts(site: Site, account: Account) -> None:
    for state in (State.DRAFT, State.CANCELLED):
        while drafts := site.engine.find(account.actor, Query(state=state), limit=100):
            for draft in drafts:
                site.engine.drafts.discard(draft)


def _part(account: Account, name: str) -> Json:
    if name == "notices":
        return {"notices": account.notices.value}
    if SECTIONS[name]:
        return account.profile.get(SECTIONS[name], {})
    return {key: value for key, value in account.profile.items() if key not in SECTIONS.values()}


def _page(
    site: Site,
    request: Request,
    account: Account,
    *,
    opened: str,
    answers: Json = None,
    problems: tuple[Problem, ...] = (),
    layout: Layout | None = None,
    code: int = 200,
    **values: object,
) -> Response:
    language = language_of(request)
    rendered, rows = None, {}
    for name in FORMS:
        form, part = site.account_forms[name], _part(account, name)
        if name == opened:
            shown = part if answers is None else answers
            rendered = site.renderer.render(form, shown, problems=problems, language=language, layout=layout)
            if "x-fragment" in request.headers:
                return HTMLResponse(str(rendered.fields), code)
        elif part:
            rows[name] = site.renderer.rows(form, part, language=language)
    return site.page(
        request,
        "profile",
        code=code,
        opened=opened,
        form=rendered,
        rows=rows,
        saved=request.query_params.get("saved", ""),
        **{"trouble": {}, "typed": account.mail, "notice": "", **values},
    )
