"""Operations of the API: what one needs and gives, and how a request for it is read, carried out and refused."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs
import orjson
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.dossiers.lifecycle.dossier import Actor, Dossier
from dossierkit.dossiers.people.access_token import AccessToken, Verb
from dossierkit.dossiers.people.session_lifetime import Wants
from dossierkit.errors import DossierkitError, RefusedAnswers
from dossierkit.files.intake import Limits
from dossierkit.findings import Problem
from dossierkit.forms import Form, check, load_answers, message, parse, read
from dossierkit.pointers import Json
from dossierkit_web.api.problem_details import (
    ANSWERS,
    MALFORMED,
    NOT_JSON,
    REFUSED,
    STALE,
    UNIDENTIFIED,
    VERSION_WANTED,
    Kind,
    Refusal,
    refusal_of,
)
from dossierkit_web.api.representations import problems_json
from dossierkit_web.requests.limits import limited, log_security_event, origin_of
from dossierkit_web.site import Site
from dossierkit_web.texts import LANGUAGES

Schema = Mapping[str, Json]
#: Maximum size of a file, in bytes.
LARGEST_FILE = Limits().most_bytes


@attrs.frozen(eq=False)
class Operation:
    """One method of one address of the API."""

    #: Unique; clients that are generated name their functions after it.
    id: str
    method: str
    #: Below `/api/v1`.
    path: str
    summary: str
    run: Callable[[Call], Response]
    #: Schema of the answer.
    reply: Schema
    status: int = 200
    #: Of the answer.
    media_type: str = "application/json"
    #: Schema of the body; None: there is none.
    body: Schema | None = None
    #: Whether the body is a file.
    takes_file: bool = False
    #: Name → schema of a query parameter.
    query: Mapping[str, Schema] = attrs.field(factory=dict)
    #: The query parameters that are required.
    required: tuple[str, ...] = ()
    #: Kinds of problems beside those that any operation has.
    refusals: tuple[Kind, ...] = ()
    #: What an access token must allow.
    verb: Verb = Verb.READ
    #: Whether it needs no actor.
    is_public: bool = False
    #: Whether it changes the version that `If-Match` names.
    is_guarded: bool = False

    #: The forms that bodies and query parameters are checked with: by the engine that checks answers, with its words.
    body_form: Form | None = attrs.field(init=False)
    query_form: Form = attrs.field(init=False)

    @body_form.default
    def _body_form(self) -> Form | None:
        return _form_of(self.body) if self.body is not None else None

    @query_form.default
    def _query_form(self) -> Form:
        return _form_of(object_schema(self.query, required=self.required))


def _form_of(schema: Schema) -> Form:
    """The form of *schema*, an object that refuses members that it does not name."""
    return read({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def object_schema(members: Mapping[str, Schema], *, required: tuple[str, ...] = (), **more: Json) -> dict[str, Any]:
    """The schema of an object with exactly these *members*."""
    wanted = {"required": list(required)} if required else {}
    return {"type": "object", "properties": dict(members), **wanted, "additionalProperties": False, **more}


@attrs.frozen(eq=False)
class Call:
    """One request for an operation, with its checked body and query parameters."""

    site: Site
    request: Request
    language: str
    #: The access token of the request; None: it has none.
    token: AccessToken | None = None
    body: dict[str, Any] = attrs.field(factory=dict)
    query: dict[str, Any] = attrs.field(factory=dict)
    #: The body of an operation that takes a file.
    content: bytes = b""

    @property
    def actor(self) -> Actor:
        """The actor of the request: that of its access token, of the host portal, or of the session.

        Raises:
            Refusal: there is none, or a step of the sign-in is missing.
        """
        if self.token is not None:
            return self.token.actor
        visitor = self.site.visitor(self.request)
        if not visitor.signed_in or visitor.actor is None:
            raise unidentified()
        if visitor.wants is not Wants.NOTHING:
            raise Refusal(REFUSED, f"the session needs another step first: {visitor.wants.name.lower().replace('_', '-')}")
        return visitor.actor

    def guard_procedure(self, code: str) -> None:
        """Refuse a procedure that the access token does not allow.

        Raises:
            Refusal: it is limited to others.
        """
        if self.token is not None and self.token.procedures and code not in self.token.procedures:
            raise Refusal(REFUSED, f"the token is limited to: {', '.join(self.token.procedures)}")

    def allow(self, what: str) -> None:
        """Count that the actor does *what*, a name of `LIMITS`, once more.

        Raises:
            TooManyTries: the limit is reached.
        """
        most = self.site.config.limits.get(what)
        if most is not None:
            self.site.accounts.throttle.allow(what, self.actor.id, origin_of(self.site, self.request), most, named=True)

    @property
    def version(self) -> int:
        """The version that `If-Match` names.

        Raises:
            Refusal: the header is missing or is none of our ETags.
        """
        sent = self.request.headers.get("if-match", "")
        if not sent:
            raise Refusal(VERSION_WANTED)
        match = re.fullmatch(r'"(\d{1,9})"', sent)
        if match is None:
            raise Refusal(STALE)
        return int(match[1])

    def dossier(self) -> Dossier:
        """The dossier that the address names, if the actor may see it.

        Raises:
            UnknownDossier: there is none, or the actor may not see it.
        """
        dossier = self.site.engine.open(self.request.path_params["id"], self.actor)
        self.guard_procedure(dossier.procedure)
        return dossier


class ApiResponse(Response):
    """JSON, written by orjson."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """See `Response.render`."""
        return orjson.dumps(content)


def language_of(request: Request) -> str:
    """The first language of `Accept-Language` that the portal has; Vietnamese if it names none."""
    ranked: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "").split(",")[:20]:
        name, _, quality = part.strip().partition(";q=")
        try:
            ranked.append((-float(quality or 1), name.partition("-")[0].lower()))
        except ValueError:
            continue
    return next((name for _, name in sorted(ranked, key=lambda pair: pair[0]) if name in LANGUAGES), "vi")


def endpoint_of(site: Site, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    """*operation* as an endpoint: the event loop reads the body, the thread pool does the rest."""

    async def endpoint(request: Request) -> Response:
        language = language_of(request)
        if not site.config.same_origin(request):
            log_security_event(request, "sent from another site")
            return Refusal(REFUSED).response(language)
        request = limited(request, LARGEST_FILE if operation.takes_file else site.config.max_form_bytes)
        body = await request.body() if operation.takes_file or operation.body_form is not None else b""
        return await run_in_threadpool(_answered, site, operation, request, language, body)

    return endpoint


def _answered(site: Site, operation: Operation, request: Request, language: str, body: bytes) -> Response:
    try:
        call = Call(site, request, language, _token(site, operation, request))
        if not operation.is_public:
            call.actor  # noqa: B018  # refuses before the body is looked at
        content = body if operation.takes_file else b""
        call = attrs.evolve(call, query=_query(call, operation), body=_body(call, operation, body), content=content)
        response = operation.run(call)
    except RefusedAnswers as error:
        # An operation on a dossier gives them words; these are problems of files that are not the actor's own.
        return Refusal(ANSWERS, problems=problems_json(error.problems)).response(language)
    except DossierkitError as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        return refusal.response(language)
    response.headers.setdefault("Content-Language", language)
    return response


def unidentified(detail: str = "") -> Refusal:
    """The refusal of a request without an actor."""
    return Refusal(UNIDENTIFIED, detail, headers={"WWW-Authenticate": "Bearer"})


def _token(site: Site, operation: Operation, request: Request) -> AccessToken | None:
    """The access token of *request*, if it has one.

    Raises:
        Refusal: it is unknown, revoked or expired, or does not allow *operation*.
    """
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    token = site.access_tokens.find(text.strip())
    if token is None:
        log_security_event(request, "unknown access token")
        raise unidentified("the access token is unknown, revoked or expired")
    if operation.verb not in token.verbs:
        raise Refusal(REFUSED, f"the token does not allow: {operation.verb}")
    return token


def _query(call: Call, operation: Operation) -> dict[str, Any]:
    pairs = call.request.query_params.multi_items()
    if unknown := [name for name, _ in pairs if name not in operation.query]:
        known = ", ".join(operation.query) or "none"
        raise Refusal(MALFORMED, f"no parameter is called {unknown[0][:80]!r}; known: {known}")
    values = parse(operation.query_form, [(f"/{name}", value) for name, value in pairs])
    _guard(call, operation.query_form, values)
    return values if isinstance(values, dict) else {}


def _body(call: Call, operation: Operation, body: bytes) -> dict[str, Any]:
    if operation.body_form is None:
        return {}
    if not _is_json(call.request.headers):
        raise Refusal(NOT_JSON)
    values = load_answers(body)
    _guard(call, operation.body_form, values)
    assert isinstance(values, dict), "the schema of a body is that of an object"
    return values


def _is_json(headers: Headers) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _guard(call: Call, form: Form, values: Json) -> None:
    problems: tuple[Problem, ...] = check(form, values, today=call.site.engine.today())
    if problems:
        words = [message(form, problem, language=call.language, answers=values) for problem in problems]
        raise Refusal(MALFORMED, words[0], problems=problems_json(problems, words))
