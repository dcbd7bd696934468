"""Composition root: `open_engine` and its relatives, the only module that imports every implementation."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dossierkit.data import FOLDER
from dossierkit.errors import UnknownStore
from dossierkit.forms.schema.dialect import STANDARD, Dialect
from dossierkit.office.keys import installation_key

if TYPE_CHECKING:
    from dossierkit.catalog.publishing import Publisher
    from dossierkit.dossiers.deadlines.calendars import Calendar
    from dossierkit.forms import Form
    from dossierkit.mail.letters import Office
    from dossierkit.office.engine import Engine
    from dossierkit.payments.vietqr import BankAccount
    from dossierkit.payments.vnpay import VnPay
    from dossierkit.people.access_tokens import AccessTokens
    from dossierkit.people.accounts import Accounts
    from dossierkit.ports import BlobStore, Clock, Mailer, PaymentGateway, Scanner, Store, Tokens

#: The agency of dossier codes if neither the procedure nor the operator names one; its last part is not verified.
AGENCY = "H29.15"
STORES = ("memory", "sqlite", "postgresql", "postgres")


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)


class RandomTokens:
    """Random tokens of 128 bits."""

    def token(self) -> str:
        """See `Tokens.token`."""
        return secrets.token_hex(16)


def open_engine(
    store: str | Store,
    *,
    procedures: Path | str | None = None,
    dialect: Dialect = STANDARD,
    agency: str = AGENCY,
    clock: Clock | None = None,
    tokens: Tokens | None = None,
    office: Office | None = None,
    approval: bool = False,
    blobs: BlobStore | None = None,
    data: Path | None = None,
    new: bool = False,
    log_language: str = "en",
) -> Engine:
    """An engine over *store*: `memory:`, `sqlite:PATH`, `postgresql://user:password@host:port/name`, or a `Store`.

    The engine closes the store with itself.

    Args:
        procedures: the folder of procedure files, or `store:` for those that are published in *store*; None: the packaged
            samples.
        dialect: formats, widgets, functions and option lists beyond the standard ones.
        agency: the id that dossier codes begin with.
        office: the sender of mails and the base address of their links.
        approval: a new or changed procedure file is offered only after an admin approved it.
        blobs: the store of attachments; answers that name any other file are refused.
        data: the folder of an operator's files, such as option lists and the calendar; None: that of an SQLite database.
        new: accept the database as it is, even if it is missing beside files or keys, older than its mark, or restored
            from a dump.
        log_language: `vi` or `en`, of the faults of procedure files in the log.

    Raises:
        UnknownStore: no store for this address.
        LostDossiers: the database is missing beside files or keys, or lacks dossiers that were acknowledged; not with *new*.
        StoreError: the store cannot be opened.
        CatalogError: the folder does not exist.
    """
    from dossierkit.catalog.catalog import Catalog, guard_folder
    from dossierkit.catalog.sources import PUBLISHED, PublishedFiles
    from dossierkit.dossiers.deadlines.calendars import day_of
    from dossierkit.office.engine import Engine

    clock = clock or SystemClock()
    if isinstance(store, str):
        scheme, _, location = store.partition(":")
        if scheme not in STORES or (scheme == "sqlite" and not location):
            # The rest of an address may hold a password.
            known = "memory:, sqlite:PATH, postgresql://user:password@host:port/name"
            raise UnknownStore(f"no store for {scheme!r}; known: {known}")
    # Checked first, as opening the store creates a database.
    place = None if procedures == PUBLISHED else guard_folder(Path(procedures or samples()))
    kept, folder = _store(scheme, location, new=new) if isinstance(store, str) else (store, None)
    folder = data or folder
    dialect = with_lists(dialect, folder, lambda: day_of(clock.now()))
    index = folder / "catalog.json" if folder is not None else None
    source = PublishedFiles(kept) if place is None else place
    catalog = Catalog(source, dialect, memory=kept, index=index, approval=approval, language=log_language)
    return Engine(
        kept, catalog, clock=clock, tokens=tokens or RandomTokens(), agency=agency, office=office,
        calendar=lru_cache(maxsize=1)(lambda: _calendar(folder, day_of(clock.now()))),
        blobs=blobs,
    )  # fmt: skip


def _calendar(data: Path | None, today: date) -> Calendar:
    """The days of the office, read when the first dossier is sent: the import alone takes a moment."""
    from dossierkit.office.vietnam_calendar import office_calendar

    return office_calendar(data, today)


def open_publisher(engine: Engine, *, author: str) -> Publisher:
    """Publishes procedures in the store of *engine*.

    Args:
        author: who publishes, for the history.
    """
    from dossierkit.catalog.publishing import Publisher
    from dossierkit.papers.rendering import template_faults

    return Publisher(engine.store, engine.catalog.dialect, author=author, clock=engine.clock, check=template_faults)


def open_accounts(engine: Engine, *, passwords: Path | None = None, second_factor: bool = False) -> Accounts:
    """The accounts in the store of *engine*, with passwords as Argon2id hashes.

    Args:
        passwords: a file of forbidden passwords, in addition to the packaged list.
        second_factor: officers must use one.
    """
    from dossierkit.people.accounts import Accounts
    from dossierkit.people.passwords import Argon2, common_passwords

    return Accounts(
        engine.store.accounts,
        engine.store.outbox,
        clock=engine.clock,
        hasher=Argon2(),
        office=engine.office,
        common=common_passwords(passwords),
        second_factor=second_factor,
        key=lambda: installation_key(engine.store, "devices-key"),
    )


def open_access_tokens(engine: Engine) -> AccessTokens:
    """The access tokens in the store of *engine*."""
    from dossierkit.people.access_tokens import AccessTokens

    return AccessTokens(engine.store.accounts, engine.clock)


def account_forms(dialect: Dialect) -> dict[str, Form]:
    """The forms of an account by name: `register`, `details`, `address`."""
    from dossierkit.forms import load, read

    documents = {path.name: load(path.read_bytes()).value for path in (FOLDER / "accounts").glob("*.json")}
    return {
        name.removesuffix(".json"): read(document, resources=documents, dialect=dialect) for name, document in documents.items()
    }


def mailer(data: Path, *, smtp: str = "", sender: str = "") -> Mailer:
    """The mailer for *smtp* (`smtp://user:password@host:587`, `smtps://…`, `smtp+plain://…`).

    If *smtp* is empty, mails become files in *data*.

    Raises:
        SettingsError: the address has none of these forms.
    """
    from urllib.parse import unquote, urlsplit

    from dossierkit.errors import SettingsError
    from dossierkit.mail.transports import FileMailer, SmtpMailer

    sender = sender or "portal@example.invalid"
    if not smtp:
        return FileMailer(data / "mail", sender)
    gateways = {"smtp": ("starttls", 587), "smtps": ("tls", 465), "smtp+plain": ("none", 25)}
    try:
        parts = urlsplit(smtp)
        (security, usual), port, host = gateways[parts.scheme], parts.port, parts.hostname or ""
    except (KeyError, ValueError):
        host = ""
    if not host:
        raise SettingsError("the mail server is written smtp://user:password@host:587, or smtps://… or smtp+plain://…")
    return SmtpMailer(host, port or usual, sender, unquote(parts.username or ""), unquote(parts.password or ""), security)


def scanner(clamd: str) -> Scanner | None:
    """The scanner at `HOST:PORT`; None if the setting is empty.

    Raises:
        SettingsError: it is not such an address.
    """
    from dossierkit.errors import SettingsError
    from dossierkit.files.clamd import ClamdScanner

    if not clamd:
        return None
    host, _, port = clamd.rpartition(":")
    if not host or not port.isdigit():
        raise SettingsError("clamd is written HOST:PORT, such as 127.0.0.1:3310")
    return ClamdScanner(host, int(port))


def file_store(data: Path, address: str = "") -> BlobStore:
    """The store of files at *address*, `s3://BUCKET/PREFIX`, see `s3_store`; without one, a folder in *data*.

    Raises:
        SettingsError: the address is malformed.
    """
    if not address:
        from dossierkit.files.disk import DiskBlobs
        from dossierkit.stores.backup import ATTACHMENTS

        return DiskBlobs(data / ATTACHMENTS)
    from dossierkit.files.objects import ObjectBlobs
    from dossierkit.files.s3 import s3_store

    return ObjectBlobs(s3_store(address))


@attrs.frozen
class PaymentSettings:
    """Payment gateways and the bank account of the office."""

    gateways: Mapping[str, PaymentGateway]
    #: Offered only if no real gateway is configured.
    sandbox: VnPay | None
    bank: BankAccount | None

    @property
    def ways(self) -> Mapping[str, PaymentGateway]:
        """Every gateway by its name, the sandbox among them."""
        return {**self.gateways, **({"vnpay": self.sandbox} if self.sandbox is not None else {})}


def payment_settings(vnpay: str = "", vietqr: str = "", *, sandbox_at: str = "", sandbox_secret: str = "") -> PaymentSettings:
    """The payment settings from *vnpay* and *vietqr*; see `VnPay.of` and `BankAccount.of`.

    Args:
        sandbox_at: the address of a sandbox gateway, for test portals; empty: no sandbox.
        sandbox_secret: the same in every process of the portal; empty: one of this process.

    Raises:
        SettingsError: a setting is malformed.
    """
    from dossierkit.payments.vietqr import BankAccount
    from dossierkit.payments.vnpay import VnPay

    gateways = {"vnpay": VnPay.of(vnpay)} if vnpay else {}
    sandbox = None
    if sandbox_at and not gateways:
        sandbox = VnPay(
            "SANDBOX1", sandbox_secret or secrets.token_hex(16), sandbox_at, f"{sandbox_at.rpartition('/')[0]}/status"
        )
    return PaymentSettings(gateways, sandbox, BankAccount.of(vietqr) if vietqr else None)


def _store(scheme: str, place: str, *, new: bool) -> tuple[Store, Path | None]:
    if scheme == "memory":
        from dossierkit.stores.memory.store import MemoryStore

        return MemoryStore(), None
    if scheme != "sqlite":
        from dossierkit.stores.postgres.store import PostgresStore

        return PostgresStore(f"{scheme}:{place}", new=new), None
    from dossierkit.stores.recovery import guard_remains
    from dossierkit.stores.sqlite.store import SqliteStore

    path = Path(place)
    if not new:
        guard_remains(path)
    return SqliteStore(path, new=new), path.resolve().parent


def data_address(address: str) -> str:
    """*address* of a store, where `sqlite:` may name a data folder.

    Raises:
        UnknownStore: no store of files or on a server has this address.
    """
    from dossierkit.stores.backup import DATABASE

    scheme, _, place = address.partition(":")
    if scheme not in STORES[1:] or not place:
        raise UnknownStore(f"no store for {scheme!r}; known: sqlite:FOLDER, postgresql://user:password@host:port/name")
    return f"sqlite:{Path(place) / DATABASE}" if scheme == "sqlite" and not place.endswith(".db") else address


def with_lists(dialect: Dialect, data: Path | None, today: Callable[[], date]) -> Dialect:
    """*dialect* with the option lists of the installation in force *today*; lists of *dialect* take precedence."""
    from dossierkit.catalog.option_lists import tables

    for name, table in tables(data, today).items():
        if name not in dialect.options:
            dialect = dialect.with_options(name, table)
    return dialect


def samples() -> Path:
    """The folder of sample procedures: in the package, or in the checkout of an editable install."""
    packaged = packaged_samples()
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "schemas" / "procedures"


def packaged_samples() -> Path:
    """The samples of an installed package; the folder does not exist in a checkout."""
    return Path(__file__).parent / "procedures"
