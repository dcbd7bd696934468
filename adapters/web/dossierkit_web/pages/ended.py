"""A session that ended while a form was filled in: sign in, and go on with what was typed.

The answers are kept for the owner of the draft alone, and for no longer than a session lasts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import urlencode

import attrs
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.dossiers.accounts import ABSOLUTE
from dossierkit.dossiers.dossier import Dossier
from dossierkit.tokens import hashed, is_token, new_token
from dossierkit_web.limits import allow
from dossierkit_web.posted import number, text
from dossierkit_web.site import Site

#: More than so many letters are not kept: the browser still has them.
_MOST = 512 * 1024


class SessionEnded(Exception):
    """Somebody who is not signed in asks for a draft that has an owner, or that nobody may have."""


@attrs.frozen
class Kept:
    """What somebody had typed, as a browser sends it, and the version of the draft that it was typed into."""

    token: str
    version: int
    pairs: Sequence[tuple[str, str]]


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


def named(request: Request, form: FormData | None = None) -> str:
    """The id of the draft that the request names; empty where it names none."""
    return (text(form, "meta:draft") if form is not None else "") or request.query_params.get("draft", "")


def show(site: Site, request: Request, form: FormData) -> Response:
    """Asks to sign in, and leads back; what was sent is kept meanwhile."""
    code, id = request.path_params["code"], named(request, form)
    if "x-fragment" in request.headers:
        return Response(status_code=401)
    query = {"draft": id[:64]} if id else {}
    owner = _owner(site, request, form)
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and not name.startswith("meta:")]
    said = json.dumps({"draft": id, "version": text(form, "meta:version"), "pairs": pairs}, ensure_ascii=False)
    if request.url.path.endswith("/apply") and pairs and len(said) < _MOST:
        allow(site, request, "drafts")
        query["kept"] = new_token()
        if owner:
            site.accounts.store.keep_secret(_place(owner, query["kept"]), said, site.engine.clock.now() + ABSOLUTE)
    after = f"/procedures/{code}/apply?{urlencode(query)}"
    return site.page(request, "sign_in", code=401, next=after, mail="", trouble="", notice="session-ended")


def kept(site: Site, request: Request, draft: Dossier | None) -> Kept | None:
    """What whoever is signed in had typed when the session ended, into *draft* or a new one; it stays until it is saved."""
    account, token = site.visitor(request).account, request.query_params.get("kept", "")
    if account is None or not is_token(token):
        return None
    said = site.accounts.store.secret(_place(account.id, token), site.engine.clock.now())
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
        site.accounts.store.take_secret(_place(account.id, token), site.engine.clock.now())


def _owner(site: Site, request: Request, form: FormData | None) -> str:
    """The account that the page was made for, or that owns the draft; empty where there is none."""
    draft = site.engine.store.get(named(request, form))
    asked = (text(form, "meta:by") if form is not None else "", draft.owner if draft is not None else "")
    return next((id for id in asked if id and site.accounts.store.account(id) is not None), "")


def _place(owner: str, token: str) -> str:
    return hashed(f"ended:{owner}:{token}")
