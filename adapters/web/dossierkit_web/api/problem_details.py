"""Errors of the API as problem details (RFC 9457), one stable `type` for each reason."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import attrs
from starlette.responses import JSONResponse, Response

from dossierkit.errors import (
    Busy,
    DocumentError,
    DossierkitError,
    FilesError,
    ForbiddenAction,
    SchemaError,
    StaleDossier,
    TooManyTries,
    UnknownDossier,
    UnknownProcedure,
    UnwritableStore,
)
from dossierkit.pointers import Json
from dossierkit_web.texts import word

MEDIA_TYPE = "application/problem+json"
_PREFIX = "urn:dossierkit:problem:"
_log = logging.getLogger(__name__)


@attrs.frozen
class Kind:
    """A kind of problem: its name, which also names its title `api-NAME`, and its status."""

    name: str
    status: int

    @property
    def uri(self) -> str:
        """The `type` of the problem."""
        return f"{_PREFIX}{self.name}"


MALFORMED = Kind("malformed", 400)
UNIDENTIFIED = Kind("unidentified", 401)
REFUSED = Kind("refused", 403)
UNKNOWN = Kind("unknown", 404)
METHOD = Kind("method", 405)
NOT_NOW = Kind("not-now", 409)
STALE = Kind("stale", 412)
TOO_LARGE = Kind("too-large", 413)
NOT_JSON = Kind("not-json", 415)
ANSWERS = Kind("answers", 422)
FILE = Kind("file", 422)
VERSION_WANTED = Kind("version-wanted", 428)
TOO_MANY = Kind("too-many", 429)
FAILED = Kind("failed", 500)
UNAVAILABLE = Kind("unavailable", 503)
KINDS = (
    MALFORMED, UNIDENTIFIED, REFUSED, UNKNOWN, METHOD, NOT_NOW, STALE, TOO_LARGE, NOT_JSON, ANSWERS, FILE,
    VERSION_WANTED, TOO_MANY, FAILED, UNAVAILABLE,
)  # fmt: skip


class Refusal(DossierkitError):
    """A request that is not carried out: the *kind* of problem, what is wrong with this request, and members of its own."""

    def __init__(self, kind: Kind, detail: str = "", *, headers: Mapping[str, str] | None = None, **members: Json) -> None:
        super().__init__(detail or kind.name)
        self.kind, self.detail, self.members, self.headers = kind, detail, members, dict(headers or {})

    def response(self, language: str) -> Response:
        """The problem details, with a title in *language*."""
        body = {"type": self.kind.uri, "title": word(f"api-{self.kind.name}", language), "status": self.kind.status}
        detail = {"detail": self.detail} if self.detail else {}
        headers = {**self.headers, "Content-Language": language}
        return JSONResponse({**body, **detail, **self.members}, self.kind.status, headers, media_type=MEDIA_TYPE)


def refusal_of(error: DossierkitError) -> Refusal | None:
    """The refusal that tells of *error*; None for a fault of ours."""
    match error:
        case Refusal():
            return error
        case UnknownDossier() | UnknownProcedure():
            return Refusal(UNKNOWN, str(error))
        case StaleDossier():
            return Refusal(STALE)
        case ForbiddenAction():
            return Refusal(NOT_NOW, str(error), reason=error.why)
        case TooManyTries():
            return Refusal(TOO_MANY, headers={"Retry-After": str(error.wait)})
        case DocumentError():
            return Refusal(MALFORMED, str(error), line=error.line, column=error.column)
        case SchemaError():
            # Answers can ask for more rows than any form can hold.
            return Refusal(TOO_LARGE)
        case Busy():
            return Refusal(UNAVAILABLE, headers={"Retry-After": "5"})
        case FilesError() | UnwritableStore():
            _log.error("%s", error)  # its message is the whole report
            return Refusal(UNAVAILABLE, headers={"Retry-After": "60"})
    return None
