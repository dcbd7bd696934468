"""Pages that need a sign-in: a visitor without one is asked to sign in, and then continues with the unsaved input."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dossierkit.dossiers.lifecycle.dossier import Actor
from dossierkit.dossiers.people.account import Account
from dossierkit_web.pages import unsaved
from dossierkit_web.requests.addresses import path_of
from dossierkit_web.requests.limits import allow
from dossierkit_web.requests.posted import own_page, text
from dossierkit_web.site import Site

#: Addresses that only take posts; the page with their form is one level up.
_ONLY_SENT = ("/messages", "/copy", "/ask-erasure", "/payments", "/views", "/register", "/mails", "/admin/procedures")
#: The sections of a profile that can be opened.
_SECTIONS = ("mail", "details", "address", "notices", "erase")


class SessionEnded(Exception):
    """A visitor who is not signed in asks for a page that belongs to an account."""


def guard(site: Site, request: Request, form: FormData | None = None) -> None:
    """Check that the visitor is signed in, or that neither the page nor the draft belongs to an account.

    Raises:
        SessionEnded: otherwise.
    """
    visitor = site.visitor(request)
    if visitor.account is not None or (site.config.identify is not None and visitor.actor is not None):
        return
    ownerless = visitor.actor is None and not site.config.guests and bool(named(request, form))
    if ownerless or _owner(site, request, form):
        raise SessionEnded("sign in to go on")


def signed_in_actor(site: Site, request: Request) -> Actor:
    """The actor who asks for a page of their own.

    Raises:
        SessionEnded: the visitor is not signed in.
    """
    actor = site.visitor(request).actor
    if actor is None:
        raise SessionEnded("sign in to go on")
    return actor


def own_account(site: Site, request: Request) -> Account:
    """The account that asks for its own pages.

    Raises:
        SessionEnded: the visitor is not signed in.
    """
    account = site.visitor(request).account
    if account is None:
        raise SessionEnded("sign in to go on")
    return account


def named(request: Request, form: FormData | None = None) -> str:
    """The id of the draft that the request names; empty if it names none."""
    return (text(form, "meta:draft") if form is not None else "") or request.query_params.get("draft", "")


def show(site: Site, request: Request, form: FormData, *, notice: str = "session-ended") -> Response:
    """Ask to sign in, and lead back; the unsaved input is kept for its owner, or carried by the page."""
    if "x-fragment" in request.headers:
        return Response(status_code=401)
    id, after, owner, carried = named(request, form), _asking(request), _owner(site, request, form), ""
    query = {"draft": id[:64]} if id else {}
    if site.config.identify is not None:
        return to_sign_in(site, request, f"{after}?{urlencode(query)}" if query and "?" not in after else after)
    pairs = unsaved.typed_pairs(form) if _takes_back(path_of(request)) else ()
    written = unsaved.written_input(site, id, form, procedure=request.path_params.get("code", "")) if pairs else ""
    if written and owner:
        allow(site, request, "drafts")
        query["kept"] = unsaved.keep(site, owner, written)
    elif written:
        carried = unsaved.carried(site, written)
    if pairs and not carried and "kept" not in query:
        notice = "session-ended-unkept"
    after += f"{'&' if '?' in after else '?'}{urlencode(query)}" if query else ""
    return page(site, request, after, carried=carried, notice=notice if pairs or id else "", code=401)


def to_sign_in(site: Site, request: Request, after: str) -> Response:
    """A redirect to the sign-in of this portal, or to that of its host, which may have told no address.

    Args:
        after: the address to continue at.
    """
    address = site.sign_in_address(request, after)
    return RedirectResponse(address, 303) if address else site.message(request, "host-sign-in", code=401)


def _asking(request: Request) -> str:
    """The address of the page that was asked for, or that sent the request."""
    path = path_of(request)
    if path.startswith("/procedures/"):
        return f"/procedures/{request.path_params['code']}/apply"
    if path.startswith("/profile/"):
        section = path.rpartition("/")[2]
        return f"/profile?edit={section}" if section in _SECTIONS else "/profile"
    if request.method == "GET":
        return own_page(request).removesuffix("?")
    return path.rpartition("/")[0] if path.endswith(_ONLY_SENT) else path


def _takes_back(after: str) -> bool:
    """Whether the page at *after* shows unsaved input again."""
    path = urlsplit(after).path
    return path.endswith("/apply") or path.startswith(("/dossiers/", "/desk/", "/profile", "/admin/people"))


def page(
    site: Site,
    request: Request,
    after: str,
    *,
    mail: str = "",
    trouble: str = "",
    notice: str = "",
    carried: str = "",
    code: int = 200,
) -> Response:
    """The sign-in form as a page.

    Args:
        after: the address to continue at.
        carried: sealed input, see `unsaved.carried`.
    """
    return site.page(request, "sign_in", code=code, next=after, mail=mail[:254], trouble=trouble, notice=notice, carried=carried)


def come_along(site: Site, owner: str, written: str, after: str) -> str:
    """The address where the account *owner* continues, with the unsaved input that the sign-in page carried."""
    if not written or not _takes_back(after):
        return after
    return f"{after}{'&' if '?' in after else '?'}{urlencode({'kept': unsaved.keep(site, owner, written)})}"


def _owner(site: Site, request: Request, form: FormData | None) -> str:
    """The account that the page was made for, or that owns the draft; empty if there is none."""
    ids = (text(form, "meta:by") if form is not None else "", site.engine.drafts.owner_of(named(request, form)))
    return next((id for id in ids if id and site.accounts.get(id) is not None), "")
