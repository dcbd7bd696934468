"""The look-up by dossier code (*Tra cứu kết quả hồ sơ*): a code and a captcha show the state, and nothing personal."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.captchas import WORK
from dossierkit.dossiers.accounts import masked
from dossierkit.dossiers.dossier import Dossier, Event
from dossierkit.dossiers.persons import persons
from dossierkit.errors import CodeError
from dossierkit.notices import TOLD
from dossierkit_web.limits import allow, tell
from dossierkit_web.posted import text
from dossierkit_web.site import Site

ACTION = "lookup"


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The form; `code` fills the code in."""
    return _page(site, request, request.query_params.get("code", "")[:100])


def find(site: Site, request: Request, form: FormData) -> Response:
    """State and days of the dossier with the code."""
    allow(site, request, "lookups")
    typed = text(form, "code")[:100]
    if not is_confirmed(site, request, form):
        return _page(site, request, typed, trouble={"captcha": "captcha-wrong"})
    try:
        found = site.engine.lookup(typed)
    except CodeError:
        return _page(site, request, typed, trouble={"code": "lookup-bad"})
    if found is None:
        return _page(site, request, typed, trouble={"code": "lookup-none"})
    return _page(site, request, typed, found=found)


def is_confirmed(site: Site, request: Request, form: FormData) -> bool:
    """Whether somebody copied the digits, or the browser did its work."""
    holder = site.visitor(request).holder
    challenge, answer, work = text(form, "challenge"), text(form, "captcha"), text(form, "work")
    right = site.captchas.worked if work else site.captchas.solved
    confirmed = bool(holder) and right(holder, ACTION, challenge, work or answer)
    if not confirmed:
        tell(request, "confirmation code refused")
    return confirmed


def _page(
    site: Site, request: Request, typed: str, *, found: Dossier | None = None, trouble: dict[str, str] | None = None
) -> Response:
    visitor = site.seated(request)
    title, owner = "", ""
    history: tuple[Event, ...] = ()
    if found is not None:
        title = site.engine.procedure_of(found).title(site.language(request))
        history = tuple(event for event in site.engine.history(found) if event.action in TOLD)
        account = site.engine.store.accounts.account(found.owner)
        holder = account.name if account is not None and account.name != account.mail else ""
        owner = masked(persons(site.engine.procedure_of(found), found.answers, holder).owner)
    response = site.page(
        request,
        "lookup",
        code=422 if trouble else 200,
        typed=typed,
        found=found,
        title=title,
        history=history,
        owner=owner,
        trouble=trouble or {},
        work=WORK,
        challenge=site.captchas.ask(visitor.holder, ACTION),
    )
    return site.keep(request, visitor, response)


def picture(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """What is to be copied, to look at."""
    digits = _digits(site, request)
    return Response(site.captchas.picture(digits), media_type="image/png") if digits else Response(status_code=404)


def sound(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """What is to be copied, to listen to."""
    digits = _digits(site, request)
    return Response(site.captchas.sound(digits), media_type="audio/wav") if digits else Response(status_code=404)


def _digits(site: Site, request: Request) -> str:
    holder = site.visitor(request).holder
    challenge = request.path_params["challenge"]
    if not holder or not site.captchas.is_asked(holder, ACTION, challenge):
        return ""
    return site.captchas.digits(holder, ACTION, challenge)
