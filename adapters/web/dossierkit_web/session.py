"""Sessions on the server: the cookie holds an unguessable token, the store only its hash."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any

import attrs
from starlette.responses import Response

from dossierkit.dossiers.dossier import Actor

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@attrs.frozen
class Session:
    """One guest.  *token* is what the cookie holds."""

    token: str
    fresh: bool = False

    @property
    def actor(self) -> Actor:
        """The guest as one who acts."""
        return Actor("guest:" + _hash(self.token), "guest")


def cookie_name(*, secure: bool) -> str:
    """`__Host-` ties the cookie to this host, and is only allowed over TLS."""
    return "__Host-session" if secure else "session"


def session_of(store: Any, cookies: Mapping[str, str], *, secure: bool) -> Session | None:
    """The session that the cookies name, if the store knows it."""
    token = cookies.get(cookie_name(secure=secure), "")
    if not _TOKEN.fullmatch(token) or store.recall("session:" + _hash(token)) is None:
        return None
    return Session(token)


def begin_session(store: Any, started: str) -> Session:
    """A new session; *started* says when, for whoever clears old ones away."""
    session = Session(secrets.token_urlsafe(32), fresh=True)
    store.remember("session:" + _hash(session.token), {"started": started})
    return session


def keep(session: Session, response: Response, *, secure: bool) -> Response:
    """Hands a new session's cookie to the browser."""
    if session.fresh:
        response.set_cookie(cookie_name(secure=secure), session.token, httponly=True, samesite="lax", secure=secure, path="/")
    return response


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
