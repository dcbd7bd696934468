"""The API as an application of its own, mounted under `/api/v1`: all that it answers is JSON, errors too."""

from __future__ import annotations

import logging
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from dossierkit_web.api import dossiers, files, procedures
from dossierkit_web.api.openapi import document_of
from dossierkit_web.api.operations import ApiResponse, endpoint_of, language_of
from dossierkit_web.api.problem_details import FAILED, KINDS, MALFORMED, Refusal
from dossierkit_web.requests.addresses import path_of
from dossierkit_web.site import Site

PREFIX = "/api/v1"
OPERATIONS = (*procedures.OPERATIONS, *dossiers.OPERATIONS, *files.OPERATIONS)
_log = logging.getLogger(__name__)


def api_mount(site: Site) -> Mount:
    """The API over *site*."""
    routes = [Route(operation.path, endpoint_of(site, operation), methods=[operation.method]) for operation in OPERATIONS]
    app = Starlette(
        routes=[Route("/openapi.json", _describe), *routes],
        exception_handlers={HTTPException: refuse, Exception: _fail},
    )
    return Mount(PREFIX, app)


def _describe(request: Request) -> Response:
    return ApiResponse(document_of(OPERATIONS, request.scope["root_path"]))


def is_for_api(request: Request) -> bool:
    """Whether *request* is for the API, whatever its address holds: a line break in one matches no route, nor the mount."""
    return path_of(request).startswith(f"{PREFIX}/")


async def refuse(request: Request, error: Any) -> Response:
    """The problem detail for an HTTP error of Starlette."""
    kind = next((kind for kind in KINDS if kind.status == error.status_code), MALFORMED)
    return Refusal(kind, headers=error.headers).response(language_of(request))


async def _fail(request: Request, error: Exception) -> Response:
    _log.error("failure at %s %s", request.method, request.url.path, exc_info=error)
    return Refusal(FAILED).response(language_of(request))
