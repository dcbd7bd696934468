"""Pages of single sign-on: the redirect to the provider, and its return."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dossierkit.errors import LinkWanted, SignInRefused
from dossierkit.people.single_sign_on import sign_in_from
from dossierkit.people.tokens import is_token, new_token, token_hash
from dossierkit_web.requests.addresses import public_url, see_other
from dossierkit_web.requests.posted import local
from dossierkit_web.requests.session import landing, visitor_of_session
from dossierkit_web.site import Site, language_of

#: Maximum time between the redirect and the return.
_AWAY = timedelta(minutes=10)


def leave(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Redirect to the provider; nonce and verifier are stored here, bound to the session."""
    assert site.config.oidc is not None, "the route is only there with a provider"
    visitor = site.with_session(request)
    state, nonce, verifier = new_token(), new_token(), new_token()
    kept = json.dumps(["oidc", nonce, verifier, local(request)])
    site.accounts.expiring.keep(token_hash(f"oidc:{visitor.holder}:{state}"), kept, _AWAY)
    address = site.config.oidc.address(_callback(site), state=state, nonce=nonce, verifier=verifier)
    return site.keep(request, visitor, RedirectResponse(address, 303))


def come_back(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Sign in the person whom the provider names."""
    assert site.config.oidc is not None, "the route is only there with a provider"
    visitor = site.visitor(request)
    state, code = request.query_params.get("state", ""), request.query_params.get("code", "")
    place = token_hash(f"oidc:{visitor.holder}:{state}")
    kept = site.accounts.expiring.take(place) if is_token(state) else None
    if kept is None or not code:
        return site.message(request, "elsewhere-failed", code=422)
    _, nonce, verifier, after = json.loads(kept)
    try:
        person = site.config.oidc.person(_callback(site), code, nonce=nonce, verifier=verifier)
        signed_in = sign_in_from(site.accounts, person, session=visitor.session, language=language_of(request))
    except LinkWanted:
        return see_other(request, "/sign-in?next=" + quote("/profile?link"))
    except SignInRefused:
        return site.message(request, "elsewhere-failed", code=422)
    changed = visitor_of_session(site.accounts, signed_in)
    return site.keep(request, changed, see_other(request, landing(changed, after)))


def _callback(site: Site) -> str:
    return public_url(site.engine.office, "/sign-in/elsewhere/back")
