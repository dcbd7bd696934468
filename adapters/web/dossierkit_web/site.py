"""The parts that pages share: engine, accounts, renderer, templates and settings."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import attrs
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossierkit.catalog.lint import SourceLint
from dossierkit.catalog.option_lists import Table
from dossierkit.dossiers.deadlines.calendars import office_time
from dossierkit.dossiers.lifecycle.dossier import Actor
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.people.session_lifetime import ABSOLUTE, Wants
from dossierkit.errors import FilesError, UnreachableStore
from dossierkit.forms import Form
from dossierkit.html import Renderer
from dossierkit.html.packaged_templates import PackagedTemplates
from dossierkit.office.engine import Engine
from dossierkit.office.payments import Payments
from dossierkit.papers.rendering import Papers
from dossierkit.papers.slip import SlipKey
from dossierkit.payments.vietqr import BankAccount
from dossierkit.payments.vnpay import VnPay
from dossierkit.people.access_tokens import AccessTokens
from dossierkit.people.accounts import Accounts
from dossierkit.people.captchas import Captchas
from dossierkit.people.devices import LASTS
from dossierkit.people.proofs_of_work import ProofsOfWork
from dossierkit.people.seal import Seal
from dossierkit.ports import BlobStore, PaymentGateway, Scanner
from dossierkit.wiring import PaymentSettings, account_forms, open_access_tokens, open_accounts
from dossierkit_web.requests.addresses import path_of, root_of, url
from dossierkit_web.requests.cookies import DEVICES, LANGUAGE, SESSION, cookie, drop_cookie, set_cookie
from dossierkit_web.requests.page_cache import KeptPages
from dossierkit_web.requests.security import HEADERS, same_origin
from dossierkit_web.requests.session import Visitor, visitor_of, visitor_of_host, with_session
from dossierkit_web.texts import LANGUAGES, word

if TYPE_CHECKING:
    from dossierkit_web.oidc import Oidc

_log = logging.getLogger(__name__)


#: Times per person in a quarter of an hour; guests who share an address have ten times that together.
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
#: The parts of the portal that a host can mount by name.  Forms and the list of procedures belong to all.
PARTS = ("citizen", "desk", "admin", "statistics", "api")


@attrs.frozen
class WebConfig:
    """The settings of the adapter."""

    #: The mounted parts, of `PARTS`.
    parts: Collection[str] = attrs.field(default=PARTS, validator=attrs.validators.deep_iterable(attrs.validators.in_(PARTS)))

    #: The largest request, files included.
    max_body_bytes: int = 112 * 1024 * 1024
    #: The largest form without files.
    max_form_bytes: int = 8 * 1024 * 1024
    max_fields: int = 20_000
    max_files: int = 100
    #: Folders with templates that replace ours.
    templates: tuple[str, ...] = ()
    #: The portal is reached over TLS, itself or behind a proxy: cookies are marked `Secure`.
    secure: bool = False
    #: Guests may submit; otherwise visitors sign in before they submit.
    guests: bool = False
    #: Time after which an unchanged draft is deleted, as pages say; None: drafts are not deleted.
    keep_drafts: timedelta | None = None
    #: A file of forbidden passwords, one a line, in addition to the packaged list.
    passwords: Path | None = None
    #: Scans every file before it is stored.
    scanner: Scanner | None = None
    #: A provider of OpenID Connect (`dossierkit_web.oidc.Oidc`), offered beside our own sign-in.
    oidc: Oidc | None = None
    #: Name → payment gateway.
    gateways: Mapping[str, PaymentGateway] = attrs.field(factory=dict)
    #: A gateway for trials: every visitor can pay there, and no money moves.
    sandbox: VnPay | None = None
    #: The account that transfers go to.
    bank: BankAccount | None = None
    #: Officers must set up a second factor before they work.
    second_factor: bool = False
    #: Signs acceptance slips.
    slips: SlipKey | None = None
    #: The actor of a request, for a host portal with a sign-in of its own; ours is then not offered.
    identify: Callable[[Request], Actor | None] | None = None
    #: Address of the sign-in of that host portal; `next`, the page to return to, is added.  Empty: a page asks to sign in there.
    sign_in_at: str = ""
    #: The language, `vi` or `en`, of a request whose visitor chose none here; the `language` of an actor goes before it.
    language: Callable[[Request], str] | None = None
    #: Whether a request that changes something comes from a page of ours; a host with CSRF tokens of its own returns True.
    same_origin: Callable[[Request], bool] = same_origin
    #: Times per person in a quarter of an hour, by name, see `LIMITS`; what is not in it has no limit, as a host has its own.
    limits: Mapping[str, int] = LIMITS
    #: The security headers of each response that does not set them itself.
    headers: Mapping[str, str] = HEADERS
    #: The page of a host for an error with this status, heading and text; None from it: ours.
    error_page: Callable[[Request, int, str, str], Response | None] | None = None


@attrs.frozen(eq=False)
class Site:
    """The parts of one portal; made once, shared by all requests, never changed."""

    engine: Engine
    accounts: Accounts
    access_tokens: AccessTokens
    payments: Payments
    captchas: Captchas
    renderer: Renderer
    blobs: BlobStore
    config: WebConfig
    papers: Papers
    slips: SlipKey | None
    pages: Environment
    #: The forms of an account by name.
    account_forms: Mapping[str, Form]
    lint: SourceLint
    efforts: ProofsOfWork
    #: Seals unsaved input that a page carries.
    seal: Seal
    kept_pages: KeptPages

    @classmethod
    def of(cls, engine: Engine, blobs: BlobStore, config: WebConfig) -> Site:
        """A site over *engine*."""
        dialect = engine.offered.dialect
        renderer = Renderer(folders=config.templates, file_name=_file_names(blobs), widgets=dialect.widgets, today=engine.today)
        folders = [FileSystemLoader(folder) for folder in config.templates]
        pages = Environment(
            loader=ChoiceLoader([*folders, PackagedTemplates("dossierkit_web")]),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
            # Packaged templates stay as they are; a host may edit its own while the portal runs.
            auto_reload=bool(config.templates),
        )
        accounts = open_accounts(engine, passwords=config.passwords, second_factor=config.second_factor)
        return cls(
            engine,
            accounts,
            open_access_tokens(engine),
            Payments(engine, PaymentSettings(config.gateways, config.sandbox, config.bank).ways),
            Captchas(lambda: engine.key("captcha-key"), accounts.throttle, engine.clock),
            renderer,
            blobs,
            config,
            Papers(engine.administration.source),
            config.slips,
            pages,
            account_forms(dialect),
            SourceLint(engine.administration.source, dialect),
            ProofsOfWork(lambda: engine.key("devices-key")),
            Seal(lambda: engine.key("seal-key"), ABSOLUTE),
            KeptPages(secure=config.secure),
        )

    @property
    def keeps_pages(self) -> bool:
        """Whether public pages are kept: not if a host names the visitor, or brings templates of its own."""
        own = self.config.identify is None and self.config.language is None
        return own and not self.config.templates

    def page(self, request: Request, template: str, /, *, code: int = 200, **values: Any) -> Response:
        """The page *template*, in the language of the request."""
        language = language_of(request)
        response = HTMLResponse(self._render(request, template, language, values), code)
        if "lang" in request.query_params and request.query_params["lang"] in LANGUAGES:
            set_cookie(request, response, LANGUAGE, language, secure=self.config.secure, lasts=timedelta(days=365))
        return response

    def message(self, request: Request, name: str, *, code: int = 200, id: str = "") -> Response:
        """The page that says *name* in a heading and a paragraph; *id* is the number of a failure.

        Where the store cannot be read, it is that of an unknown visitor.
        """
        if code >= 400 and self.config.error_page is not None:
            language = language_of(request)
            page = self.config.error_page(request, code, word(name, language), word(f"{name}-text", language, id=id))
            if page is not None:
                return page
        try:
            return self.page(request, "message", code=code, name=name, id=id)
        except UnreachableStore:
            request.state.visitor = Visitor()
            return self.page(request, "message", code=code, name=name, id=id)

    def _render(self, request: Request, template: str, language: str, values: dict[str, Any]) -> str:
        return self.pages.get_template(f"{template}.html").render(
            request=request,
            language=language,
            say=_say(language),
            office=self.engine.office,
            office_name=self._office_name(language),
            root=root_of(request),
            mounted=self.config.parts,
            here=path_of(request),
            visitor=self.visitor(request),
            own_accounts=self.config.identify is None,
            sign_in_at=self.sign_in_address(request, path_of(request)),
            elsewhere=self.config.oidc.label if self.config.oidc is not None else "",
            other=_other(request, language),
            bounces=self._bounces(request),
            money=_money,
            day=_day,
            **values,
        )

    def _bounces(self, request: Request) -> bool:
        """Whether mail to the visitor was refused for good."""
        account = self.visitor(request).account
        return account is not None and self.accounts.is_bouncing(account.mail)

    def _office_name(self, language: str) -> str:
        office = self.engine.office
        return word("office", language) if office.is_sample else office.named(language)

    def language(self, request: Request) -> str:
        """The language of the request."""
        return language_of(request)

    def sign_in_address(self, request: Request, after: str) -> str:
        """The address of the sign-in of this portal or of its host, leading back to the page *after*; empty if a host told none.

        A host gets the whole address of the page as `next`.
        """
        if self.config.identify is None:
            return url(request, f"/sign-in?{urlencode({'next': after})}")
        address = self.config.sign_in_at
        return f"{address}{'&' if '?' in address else '?'}{urlencode({'next': url(request, after)})}" if address else ""

    def names(self, name: str, language: str) -> dict[str, str]:
        """The values of the named list with their titles; a host's own list has them in one language."""
        options = self.engine.offered.dialect.options.get(name)
        if isinstance(options, Table):
            return options.names(language)
        return {str(choice.value): choice.title for choice in options.select({}, "", 500)} if options is not None else {}

    def visitor(self, request: Request) -> Visitor:
        """The visitor; determined once a request."""
        visitor = getattr(request.state, "visitor", None)
        if visitor is None:
            if self.config.identify is not None:
                user = self.config.identify(request)
                guest = visitor_of(self.accounts, request, secure=self.config.secure)
                visitor = visitor_of_host(user, request, secure=self.config.secure) if user is not None else guest
                request.state.host_language = user.language if user is not None else ""
            else:
                visitor = visitor_of(self.accounts, request, secure=self.config.secure)
            request.state.visitor = visitor
        return visitor

    def keeps(self, request: Request) -> bool:
        """Whether drafts of the visitor are stored: with an account, or as a guest if guests may submit."""
        return self.config.guests or self.visitor(request).signed_in

    def with_session(self, request: Request) -> Visitor:
        """The visitor with a session, which is begun if there is none."""
        visitor = request.state.visitor = with_session(self.accounts, self.visitor(request))
        return visitor

    def keep(self, request: Request, visitor: Visitor, response: Response) -> Response:
        """Set the cookie of a new session; with full access, the browser becomes a known device."""
        secure = self.config.secure
        if visitor.token:
            set_cookie(request, response, SESSION, visitor.token, secure=secure)
            if visitor.account is not None and visitor.wants is Wants.NOTHING:
                self.mark(request, visitor.account, response)
        return response

    def mark(self, request: Request, account: Account, response: Response) -> Response:
        """Make the browser a known device of *account*."""
        secure = self.config.secure
        devices = self.accounts.devices.with_mark(cookie(request, DEVICES, secure=secure), account, self.engine.now())
        set_cookie(request, response, DEVICES, devices, secure=secure, lasts=LASTS)
        return response

    def forget(self, request: Request, response: Response) -> Response:
        """Delete the cookie of the session."""
        drop_cookie(request, response, SESSION, secure=self.config.secure)
        return response


def _file_names(blobs: BlobStore) -> Callable[[str], str]:
    """The names of files in *blobs*; empty if the store fails, as a page without a name is better than none."""

    def name(id: str) -> str:
        try:
            return blobs.name(id)
        except FilesError as error:
            _log.error("%s", error)
            return ""

    return name


def language_of(request: Request) -> str:
    """`?lang=`, else what was chosen before, else that of the host or of its user, else Vietnamese."""
    host = getattr(request.state, "host_language", "")
    kept = (cookie(request, LANGUAGE, secure=secure) for secure in (True, False))
    return next((str(named) for named in (request.query_params.get("lang"), *kept, host) if named in LANGUAGES), "vi")


@lru_cache(maxsize=8)
def _say(language: str) -> Any:
    def say(name: str, /, **values: object) -> str:
        return word(name, language, **values)

    return say


def _other(request: Request, language: str) -> str:
    """This page in the other language."""
    query = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    return "?" + urlencode([*query, ("lang", "en" if language == "vi" else "vi")])


def _money(amount: int, language: str) -> str:
    grouped = f"{amount:,}"
    return f"{grouped.replace(',', '.')}\u00a0đ" if language == "vi" else f"VND\u00a0{grouped}"


def _day(moment: datetime, *, clock: bool = False) -> str:
    local = office_time(moment)
    return f"{local:%d/%m/%Y %H:%M}" if clock else f"{local:%d/%m/%Y}"


@lru_cache(maxsize=256)
def markdown(text: str) -> Markup:
    """Guidance as HTML; markup inside it stays text, and links only lead to web addresses."""
    return Markup(MarkdownIt("commonmark", {"html": False, "typographer": False}).render(text))  # markdown-it escapes
