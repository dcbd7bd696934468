"""How often somebody may do what costs others something, and the lines in the log that tell of trouble."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.requests import Request

if TYPE_CHECKING:
    from dossierkit_web.site import Site

#: So often in a quarter of an hour, each person; ten times that, all who share an address.
LIMITS: Mapping[str, int] = {
    "drafts": 60,
    "uploads": 200,
    "submits": 60,
    "lookups": 60,
    "messages": 30,
    "payments": 30,
    "exports": 10,
    "tables": 120,
}

_log = logging.getLogger("dossierkit.security")


def allow(site: Site, request: Request, what: str) -> None:
    """Counts that the visitor does *what*, a name of `LIMITS`, once more.

    Raises:
        TooManyTries: too often.
    """
    actor = site.visitor(request).actor
    who = actor.id if actor is not None else ""
    site.accounts.throttle.allow(what, who, address_of(request), LIMITS[what])


def tell(request: Request, what: str, who: str = "", *, level: int = logging.WARNING) -> None:
    """A line for whoever watches: what happened, to which account, from where; the log adds when.

    Names and addresses of mail, passwords, tokens and answers never come here; what could break a line is escaped.
    """
    _log.log(
        level, "%s who=%s from=%s at=%s", what, ascii(who)[1:-1] or "-", address_of(request) or "-", ascii(request.url.path)[1:-1]
    )


def address_of(request: Request) -> str:
    """Where the request came from, as far as the server that we trust says."""
    return request.client.host if request.client is not None else ""
