"""The ASGI application: routes, middleware, and pages for errors."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from dossierkit.errors import (
    Busy,
    FilesError,
    ForbiddenAction,
    SchemaError,
    StaleAccount,
    StaleDossier,
    TooManyTries,
    UnknownDossier,
    UnknownProcedure,
    UnreachableStore,
    UnwritableStore,
)
from dossierkit.files.disk import DiskBlobs
from dossierkit.office.background_work import Repeated
from dossierkit.office.engine import Engine
from dossierkit.ports import BlobStore
from dossierkit_web.api.routes import api_mount, is_for_api, refuse
from dossierkit_web.emblem import emblem_route
from dossierkit_web.health import Health
from dossierkit_web.pages import (
    accounts,
    admin,
    counter,
    desk,
    desk_dossier,
    documents,
    export,
    form,
    home,
    lookup,
    my_dossiers,
    papers,
    payment,
    procedures,
    profile,
    proof_of_work,
    review,
    second_factor,
    session_ended,
    statistics,
    supplement,
)
from dossierkit_web.pages.second_factor import WANTED
from dossierkit_web.pages.session_ended import SessionEnded
from dossierkit_web.public_pages import Page, PublicPage
from dossierkit_web.requests import confirmation
from dossierkit_web.requests.addresses import mounted_scope, path_of, see_other
from dossierkit_web.requests.bodies import read_form
from dossierkit_web.requests.limits import HangUps, limited, log_security_event, origin_of
from dossierkit_web.requests.observation import Observation, Observe
from dossierkit_web.requests.posted import own_page
from dossierkit_web.requests.security import SecureHeaders
from dossierkit_web.requests.session import Visitor
from dossierkit_web.site import Site, WebConfig

_log = logging.getLogger(__name__)


class Work(Protocol):
    """Background work beside the pages, such as `dossierkit.Worker`."""

    def start(self) -> object:
        """Begin, and return at once."""
        ...

    def stop(self) -> object:
        """Finish the task under way."""
        ...


def create_app(
    engine: Engine,
    *,
    blobs: BlobStore | Path | str,
    config: WebConfig | None = None,
    work: Work | None = None,
    observe: Observe | None = None,
) -> Portal:
    """The portal over *engine* as an ASGI application; its `state.health` is its `Health`.

    Args:
        blobs: the store of attachments, or their folder, outside any web root.
        observe: called for each answer with its method, the template of its address, its status and its duration in seconds.
        work: started before the first request and stopped after the last one, by the lifespan of the application.
    """
    settings = config or WebConfig()
    kept = DiskBlobs(blobs) if isinstance(blobs, Path | str) else blobs
    engine.keep_files_in(kept)
    site = Site.of(engine, kept, settings)
    static = StaticFiles(packages=[("dossierkit_web", "static")])
    health = Health(engine)

    def route(path: str, page: Page, *methods: str) -> Route:
        return Route(path, _endpoint(site, page), methods=list(methods or ("GET",)))

    app = Portal(
        routes=[
            *_common_routes(route),
            *(each for part in _ROUTES if part in settings.parts for each in _ROUTES[part](route)),
            *(_account_routes(route) if settings.identify is None else ()),
            *(_elsewhere_routes(route) if settings.oidc is not None else ()),
            *((emblem_route(engine.office.emblem),) if engine.office.emblem is not None else ()),
            *health.routes,
            *([Route("/sandbox/status", _sandbox_status(site), methods=["POST"])] if settings.sandbox is not None else ()),
            *((api_mount(site),) if "api" in settings.parts else ()),
            # Pages are not compressed, as their compressed length would reveal their content.
            Mount("/static", GZipMiddleware(static)),
        ],
        middleware=[Middleware(HangUps), Middleware(SecureHeaders, secure=settings.secure, headers=settings.headers)],
        exception_handlers={
            404: _problem_page(site, "not-found"),
            405: _problem_page(site, "not-found"),
            400: _problem_page(site, "malformed"),
            413: _problem_page(site, "too-large"),
            422: _problem_page(site, "unreadable"),
            403: _problem_page(site, "refused"),
            Exception: _failure(site),
        },
        max_body_size=settings.max_body_bytes,
        lifespan=_lifespan(engine, site, work),
    )
    app.state.health = health
    app.observe, app.language = observe, settings.language
    app.public_path = unquote(urlsplit(engine.office.address).path).rstrip("/")
    return app


class Portal(Starlette):
    """The portal, with a domain of its own or mounted in a host; the outermost middleware observes failures as well."""

    observe: Observe | None = None
    #: See `WebConfig.language`.
    language: Callable[[Request], str] | None = None
    #: The path of the public address, below which the portal is where no host or server says so.
    public_path: str = ""

    def lifespan(self, host: object) -> AbstractAsyncContextManager[Any]:  # noqa: ARG002  # a host hands itself over
        """The lifespan for a host that mounts the portal: `FastAPI(lifespan=portal.lifespan)`."""
        return self.router.lifespan_context(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `Starlette.__call__`."""
        if scope["type"] == "http":
            scope = mounted_scope(scope, self.public_path)
            if self.language is not None:
                Request(scope).state.host_language = self.language(Request(scope))
        await super().__call__(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """See `Starlette.build_middleware_stack`."""
        return Observation(super().build_middleware_stack(), self.routes, self.observe)


def _lifespan(engine: Engine, site: Site, work: Work | None) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Run *work*, and log lint errors of served files; the catalog itself logs why a file is not served."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        lint = Repeated(lambda: engine.administration.log_served_errors(site.lint))
        beside: tuple[Work, ...] = (lint, *((work,) if work is not None else ()))
        for each in beside:
            each.start()
        try:
            yield
        finally:
            for each in beside:
                await run_in_threadpool(each.stop)

    return lifespan


def _common_routes(route: Callable[..., Route]) -> list[Route]:
    """The routes of all parts: forms, which officers fill in at the counter, files, and proofs of work."""
    return [
        route("/", home.show),
        route("/procedures", procedures.show_list),
        route("/procedures/{code}", procedures.show_one),
        route("/procedures/{code}/apply", form.show),
        route("/procedures/{code}/apply", form.receive, "POST"),
        route("/procedures/{code}/apply/review", review.review),
        route("/procedures/{code}/apply/review", review.submit, "POST"),
        route("/procedures/{code}/apply/cancel", review.ask_cancel),
        route("/procedures/{code}/apply/cancel", review.cancel, "POST"),
        route("/procedures/{code}/apply/restore", review.restore, "POST"),
        route("/files/{dossier}/{blob}", documents.download),
        route("/effort", proof_of_work.show),
        route("/effort", proof_of_work.give, "POST"),
        route("/captcha/{challenge}.png", confirmation.picture),
        route("/captcha/{challenge}.wav", confirmation.sound),
    ]


def _citizen_routes(route: Callable[..., Route]) -> list[Route]:
    """The routes of citizens, with an account or without, and of gateways, which redirect citizens back."""
    return [
        route("/dossiers", my_dossiers.manage),
        route("/dossiers/{code}", my_dossiers.show),
        route("/dossiers/{code}/messages", my_dossiers.write, "POST"),
        route("/dossiers/{code}/copy", my_dossiers.copy, "POST"),
        route("/dossiers/{code}/supplement", supplement.show),
        route("/dossiers/{code}/supplement", supplement.send, "POST"),
        route("/dossiers/{code}/ask-erasure", my_dossiers.ask_erasure, "POST"),
        route("/dossiers/{code}/withdraw", my_dossiers.ask_withdraw),
        route("/dossiers/{code}/withdraw", my_dossiers.withdraw, "POST"),
        route("/dossiers/{code}/papers/{name}", papers.of_the_owner),
        route("/dossiers/{code}/pay", payment.show),
        route("/dossiers/{code}/pay", payment.begin, "POST"),
        route("/lookup", lookup.show),
        route("/lookup", lookup.find, "POST"),
        route("/verify-slip", papers.verify),
        route("/verify-slip/key", papers.key),
        route("/payments/{gateway}/return", payment.returned),
        route("/payments/{gateway}/ipn", payment.notified),
        route("/sandbox/pay", payment.show_sandbox),
        route("/sandbox/pay", payment.decide_sandbox, "POST"),
    ]


def _statistics_routes(route: Callable[..., Route]) -> list[Route]:
    """The routes of the figures."""
    return [route("/statistics", statistics.show), route("/statistics/export", statistics.export)]


def _office_routes(route: Callable[..., Route]) -> list[Route]:
    """The routes of officers."""
    return [
        route("/desk", desk.show),
        route("/desk", desk.together, "POST"),
        route("/desk/views", desk.keep_view, "POST"),
        route("/desk/register", papers.register, "POST"),
        route("/desk/figures", statistics.behind),
        route("/desk/counter", counter.show),
        route("/desk/counter", counter.begin, "POST"),
        route("/desk/{code}/supplement", supplement.show),
        route("/desk/{code}/supplement", supplement.send, "POST"),
        route("/desk/{code}", desk_dossier.one),
        route("/desk/{code}", desk_dossier.act, "POST"),
        route("/desk/{code}/payments", desk_dossier.ask_gateway, "POST"),
        route("/desk/{code}/papers/{name}", papers.of_the_office),
    ]


def _admin_routes(route: Callable[..., Route]) -> list[Route]:
    """The routes of admins."""
    return [
        route("/admin", admin.show),
        route("/admin/mails", admin.mail_again, "POST"),
        route("/admin/people", admin.people),
        route("/admin/people", admin.change_people, "POST"),
        route("/admin/audit", admin.audit),
        route("/admin/procedures", admin.approve_new, "POST"),
        route("/admin/procedures/{code}", admin.plan),
        route("/admin/procedures/{code}", admin.approve, "POST"),
    ]


#: The routes of the pages of each of the `PARTS`.
_ROUTES: Mapping[str, Callable[[Callable[..., Route]], list[Route]]] = {
    "citizen": _citizen_routes,
    "desk": _office_routes,
    "admin": _admin_routes,
    "statistics": _statistics_routes,
}


def _account_routes(route: Callable[..., Route]) -> list[Route]:
    """The routes of the built-in sign-in, which a host portal can replace."""
    return [
        route("/confirm", accounts.show_confirm),
        route("/confirm", accounts.confirm, "POST"),
        route("/register", accounts.show_register),
        route("/register", accounts.register, "POST"),
        route("/sign-in", accounts.show_sign_in),
        route("/sign-in", accounts.sign_in, "POST"),
        route("/sign-in/resume", accounts.resume, "POST"),
        route("/sign-out", accounts.sign_out, "POST"),
        route("/first-password", accounts.send_again, "POST"),
        route("/password", accounts.show_password),
        route("/password", accounts.choose_password, "POST"),
        route("/forgot", accounts.show_forgot),
        route("/forgot", accounts.forgot, "POST"),
        route("/reset", accounts.show_reset),
        route("/reset", accounts.reset, "POST"),
        route("/second-factor", second_factor.ask),
        route("/second-factor", second_factor.confirm, "POST"),
        route("/second-factor/set-up", second_factor.show),
        route("/second-factor/set-up", second_factor.set_up, "POST"),
        route("/profile", profile.show),
        route("/profile/data", export.download),
        route("/profile/erase", profile.erase, "POST"),
        route("/profile/{section}", profile.save, "POST"),
    ]


def _elsewhere_routes(route: Callable[..., Route]) -> list[Route]:
    from dossierkit_web.pages import sign_in_elsewhere

    return [route("/sign-in/elsewhere", sign_in_elsewhere.leave), route("/sign-in/elsewhere/back", sign_in_elsewhere.come_back)]


#: The pages that accept files.
_WITH_FILES = frozenset((form.receive, supplement.send, my_dossiers.write, desk_dossier.act))


def _endpoint(site: Site, page: Page) -> Callable[[Request], Awaitable[Response]]:
    """*page* as an endpoint in the thread pool; the event loop only reads bodies, and answers with public pages that are kept."""

    async def endpoint(request: Request) -> Response:
        if not site.config.same_origin(request):
            log_security_event(request, "sent from another site")
            raise HTTPException(403)
        if request.method != "POST":
            kept = page.known(site, request) if isinstance(page, PublicPage) else None
            if kept is not None:
                return kept
            return await run_in_threadpool(_guarded, site, page, request, FormData())
        request = limited(request, site.config.max_form_bytes, fields=site.config.max_fields, files=page in _WITH_FILES)
        async with read_form(request, max_files=site.config.max_files, max_fields=site.config.max_fields) as form:
            return await run_in_threadpool(_guarded, site, page, request, form)

    return endpoint


def _guarded(site: Site, page: Page, request: Request, form: FormData) -> Response:
    try:
        place = WANTED.get(site.visitor(request).wants)
        if place is not None and path_of(request) not in (place, "/sign-out", "/sign-in/resume"):
            return see_other(request, place)
        return page(site, request, form)
    except TooManyTries as error:
        log_security_event(request, "too many tries", str(site.visitor(request).holder)[:12])
        return _too_many(site, request, error.wait)
    except Busy:
        response = site.message(request, "busy", code=503)
        response.headers["Retry-After"] = "5"
        return response
    except (ForbiddenAction, StaleAccount, StaleDossier):
        return site.message(request, "not-now", code=409)
    except SessionEnded:
        return session_ended.show(site, request, form)
    except (UnknownProcedure, UnknownDossier):
        return site.message(request, "not-found", code=404)
    except SchemaError:
        # A page can ask for more rows than any page can show.
        return site.message(request, "too-large", code=413)
    except FilesError as error:
        _log.error("%s", error)
        response = site.message(request, "files-unreachable", code=503)
        response.headers["Retry-After"] = "60"
        return response
    except UnwritableStore as error:
        _log.error("%s", error)  # its message is the whole report
        if isinstance(error, UnreachableStore):
            request.state.visitor = Visitor()  # to ask who it is would take as long again
        response = site.message(request, "unwritable", code=503)
        response.headers["Retry-After"] = "60"
        return response


def _too_many(site: Site, request: Request, wait: int) -> Response:
    """The page that says when to come back, or how to continue if other people used up the limit."""
    back = own_page(request) if not origin_of(site, request).effort else ""
    response = site.page(request, "too_many", code=429, minutes=-(-wait // 60), back=back)
    response.headers["Retry-After"] = str(wait)
    return response


def _problem_page(site: Site, name: str) -> Any:
    async def handler(request: Request, error: Exception) -> Response:
        if is_for_api(request):
            return await refuse(request, error)
        code = error.status_code if isinstance(error, HTTPException) else 500
        return site.message(request, name, code=code)

    return handler


def _failure(site: Site) -> Any:
    async def handler(request: Request, error: Exception) -> Response:
        id = secrets.token_hex(4)
        _log.error("failure %s at %s %s", id, request.method, request.url.path, exc_info=error)
        return site.message(request, "failed", code=500, id=id)

    return handler


def _sandbox_status(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """The status query of the sandbox, in JSON."""

    async def status(request: Request) -> Response:
        body = await limited(request, 2**14).body()
        try:
            posted = json.loads(body)
            query = {str(name): str(value) for name, value in posted.items()}
            return JSONResponse(await run_in_threadpool(payment.answer_of_sandbox, site, query))
        except (ValueError, AttributeError, RecursionError, UnknownDossier):
            raise HTTPException(404) from None

    return status
