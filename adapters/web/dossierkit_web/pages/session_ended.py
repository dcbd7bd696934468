"""Signing in while a form, a message or an action is written, and going on with what was typed.

Where the page or the draft is an account's, the answers are kept for that account alone, and for no longer than a session
lasts.  Of anybody else nothing is kept: the answers travel in the sign-in page, and come along with whoever signs in there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import attrs
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.dossiers.lifecycle.dossier import Actor, Dossier
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.people.session import ABSOLUTE
from dossierkit.errors import UnknownDossier
from dossierkit.people.tokens import is_token, new_token, token_hash
from dossierkit_web.requests.limits import allow
from dossierkit_web.requests.posted import number, own_page, text
from dossierkit_web.site import Site

#: Addresses that are only sent to; the page that sends is the one above.
_ONLY_SENT = ("/messages", "/copy", "/ask-erasure", "/payments", "/views", "/register", "/mails", "/admin/procedures")
#: The sections of a profile that can be opened.
_SECTIONS = ("mail", "details", "address", "notices", "erase")
#: More than so many letters are not kept: the browser still has them.
_MOST = 512 * 1024


class SessionEnded(Exception):
    """Somebody who is not signed in asks for a page that is somebody's own."""


@attrs.frozen
class Kept:
    """What somebody had typed, as a browser sends it, and the version of the draft that it was typed into."""

    token: str
    version: int
    pairs: Sequence[tuple[str, str]]

    @property
    def form(self) -> FormData:
        """*pairs* as a page receives them."""
        return FormData([*self.pairs])


def guard(site: Site, request: Request, form: FormData | None = None) -> None:
    """Lets pass whoever is signed in, or asks for nothing that is an account's.

    Raises:
        SessionEnded: nobody is signed in, and the page or the draft is an account's.
    """
    visitor = site.visitor(request)
    if site.config.identify is not None or visitor.account is not None:
        return
    nobodys = visitor.actor is None and not site.config.guests and bool(named(request, form))
    if nobodys or _owner(site, request, form):
        raise SessionEnded("sign in to go on")


def somebody(site: Site, request: Request) -> Actor:
    """Whoever asks for a page that is somebody's own.

    Raises:
        SessionEnded: nobody is signed in.
        UnknownDossier: a host portal does not know who it is.
    """
    actor = site.visitor(request).actor
    if actor is not None:
        return actor
    if site.config.identify is not None:
        raise UnknownDossier("no such page")
    raise SessionEnded("sign in to go on")


def own_account(site: Site, request: Request) -> Account:
    """The account whose own pages are asked for.

    Raises:
        SessionEnded: nobody is signed in.
    """
    account = site.visitor(request).account
    if account is None:
        raise SessionEnded("sign in to go on")
    return account


def named(request: Request, form: FormData | None = None) -> str:
    """The id of the draft that the request names; empty where it names none."""
    return (text(form, "meta:draft") if form is not None else "") or request.query_params.get("draft", "")


def show(site: Site, request: Request, form: FormData, *, notice: str = "session-ended") -> Response:
    """Asks to sign in, and leads back; what was sent is kept for its owner, or travels in the page."""
    if "x-fragment" in request.headers:
        return Response(status_code=401)
    id, after, owner, carried = named(request, form), _asking(request), _owner(site, request, form), ""
    query = {"draft": id[:64]} if id else {}
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and not _is_of_the_page(name)]
    said = json.dumps({"draft": id, "version": text(form, "meta:version"), "pairs": pairs}, ensure_ascii=False)
    if _takes_back(request.url.path) and pairs and len(said) < _MOST:
        if owner:
            allow(site, request, "drafts")
            query["kept"] = _keep(site, owner, said)
        else:
            carried = said
    after += f"{'&' if '?' in after else '?'}{urlencode(query)}" if query else ""
    return page(site, request, after, carried=carried, notice=notice if pairs or id else "", code=401)


def _asking(request: Request) -> str:
    """The address of the page that was asked for, or that sent the request."""
    path = request.url.path
    if path.startswith("/procedures/"):
        return f"/procedures/{request.path_params['code']}/apply"
    if path.startswith("/profile/"):
        section = path.rpartition("/")[2]
        return f"/profile?edit={section}" if section in _SECTIONS else "/profile"
    if request.method == "GET":
        return own_page(request).removesuffix("?")
    return path.rpartition("/")[0] if path.endswith(_ONLY_SENT) else path


def _is_of_the_page(name: str) -> bool:
    """Whether the control *name* says something of its page, or is a password: that is typed once more."""
    return name.startswith("meta:") or name == "password"


def _takes_back(after: str) -> bool:
    """Whether the page at *after* shows what was kept."""
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
        after: where to go on.
        carried: what was typed into a form before, as `show` wrote it; whatever else it may be is left out.
    """
    sent = _carried(carried)
    return site.page(
        request,
        "sign_in",
        code=code,
        next=after,
        mail=mail[:254],
        trouble=trouble,
        notice=notice,
        carried=carried if sent is not None else "",
        # A draft is saved by whoever signed in elsewhere meanwhile; a message or an action is looked at once more.
        pairs=sent["pairs"] if sent is not None and urlsplit(after).path.endswith("/apply") else (),
    )


def come_along(site: Site, owner: str, carried: str, after: str) -> str:
    """Where the account *owner* goes on; what travelled in the sign-in page is kept, and offered there."""
    if _carried(carried) is None or not _takes_back(after):
        return after
    return f"{after}{'&' if '?' in after else '?'}{urlencode({'kept': _keep(site, owner, carried)})}"


def _carried(said: str) -> dict[str, Any] | None:
    """What *said* holds, if it has the shape that `show` writes: anybody may send anything."""
    try:
        found = json.loads(said) if said and len(said) < _MOST else None
    except (ValueError, RecursionError):
        return None
    match found:
        case {"draft": str(draft), "version": str(version), "pairs": list(pairs)} if all(_is_pair(pair) for pair in pairs):
            return {"draft": draft, "version": version, "pairs": pairs}
        case _:
            return None


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(text, str) for text in value)


def _keep(site: Site, owner: str, said: str) -> str:
    """The token under which *owner* finds *said*."""
    token = new_token()
    site.accounts.keep_secret(_place(owner, token), said, ABSOLUTE)
    return token


def kept(site: Site, request: Request, draft: Dossier | None = None) -> Kept | None:
    """What whoever is signed in had typed when the session ended, into *draft* or no draft; it stays until it is saved."""
    account, token = site.visitor(request).account, request.query_params.get("kept", "")
    if account is None or not is_token(token):
        return None
    said = site.accounts.secret(_place(account.id, token))
    if said is None:
        return None
    found = json.loads(said)
    if found["draft"] not in ("", draft.id if draft is not None else ""):
        return None
    version = number(found["version"], draft.version if draft is not None else 0)
    return Kept(token, version, [(name, value) for name, value in found["pairs"]])


def forget(site: Site, request: Request, token: str) -> None:
    """Forgets what was kept, since it is saved."""
    account = site.visitor(request).account
    if account is not None and is_token(token):
        site.accounts.take_secret(_place(account.id, token))


def _owner(site: Site, request: Request, form: FormData | None) -> str:
    """The account that the page was made for, or that owns the draft; empty where there is none."""
    asked = (text(form, "meta:by") if form is not None else "", site.engine.drafts.owner_of(named(request, form)))
    return next((id for id in asked if id and site.accounts.get(id) is not None), "")


def _place(owner: str, token: str) -> str:
    return token_hash(f"ended:{owner}:{token}")
