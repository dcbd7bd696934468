"""The description of the API as an OpenAPI 3.1 document, made from its operations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from dossierkit import __version__
from dossierkit_web.api.operations import Operation
from dossierkit_web.api.problem_details import (
    FAILED,
    KINDS,
    MALFORMED,
    MEDIA_TYPE,
    NOT_JSON,
    REFUSED,
    TOO_LARGE,
    UNAVAILABLE,
    UNIDENTIFIED,
    Kind,
)
from dossierkit_web.api.representations import PROBLEM, TEXT, list_of
from dossierkit_web.requests.cookies import SESSION
from dossierkit_web.texts import word

Document = dict[str, Any]

_PROBLEM_DETAILS: Document = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "enum": [kind.uri for kind in KINDS]},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "problems": list_of(PROBLEM),
        "reason": {**TEXT, "description": "A stable id of why an action is refused."},
    },
}


def document_of(operations: Iterable[Operation], address: str) -> Document:
    """The OpenAPI document of *operations*, which are mounted at *address*."""
    paths: dict[str, Document] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "dossierkit", "version": __version__},
        "servers": [{"url": address}],
        "paths": paths,
        "components": {
            "schemas": {"ProblemDetails": _PROBLEM_DETAILS},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "Made with `dossierkit token add`."},
                "session": {"type": "apiKey", "in": "cookie", "name": SESSION},
            },
        },
    }


def _operation(operation: Operation) -> Document:
    kinds = (*operation.refusals, MALFORMED, REFUSED, TOO_LARGE, UNAVAILABLE, FAILED)
    kinds += () if operation.is_public else (UNIDENTIFIED,)
    kinds += (NOT_JSON,) if operation.body is not None else ()
    kind, schema = ("application/octet-stream", {}) if operation.takes_file else ("application/json", operation.body)
    body = {"requestBody": {"required": True, "content": {kind: {"schema": schema}}}}
    return {
        "operationId": operation.id,
        "summary": operation.summary,
        **({} if operation.is_public else {"security": [{"token": []}, {"session": []}]}),
        "parameters": _parameters(operation),
        **(body if operation.takes_file or operation.body is not None else {}),
        "responses": {
            str(operation.status): {
                "description": operation.summary,
                "content": {operation.media_type: {"schema": operation.reply}},
            },
            **{str(kind.status): _problem(kind) for kind in sorted(kinds, key=lambda kind: kind.status)},
        },
    }


def _parameters(operation: Operation) -> list[Document]:
    placed = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in re.findall(r"\{(\w+)\}", operation.path)]
    asked = [
        {"name": name, "in": "query", "required": name in operation.required, "schema": schema}
        for name, schema in operation.query.items()
    ]
    version = {"name": "If-Match", "in": "header", "schema": TEXT, "description": "The ETag of the version that was read."}
    return [*placed, *asked, *([version] if operation.is_guarded else [])]


def _problem(kind: Kind) -> Document:
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {"description": word(f"api-{kind.name}", "en"), "content": {MEDIA_TYPE: {"schema": schema}}}
