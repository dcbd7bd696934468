"""The command `serve`, which runs the reference portal."""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dossierkit.cli.options import (
    agency_option,
    data_option,
    engine_of,
    files_option,
    installed,
    language_option,
    procedures_option,
    sender_option,
    smtp_option,
)

if TYPE_CHECKING:
    from dossierkit.mail.outbox import Worker
    from dossierkit.office.engine import Engine
    from dossierkit.ports import BlobStore, Mailer, PaymentGateway


@click.command()
@data_option
@procedures_option
@agency_option
@language_option
@click.option("--host", default="127.0.0.1", envvar="DOSSIERKIT_HOST", show_default=True)
@click.option("--port", default=8000, type=click.IntRange(0, 65535), envvar="DOSSIERKIT_PORT", show_default=True)
@click.option(
    "--secure",
    is_flag=True,
    envvar="DOSSIERKIT_SECURE",
    help="The portal is reached over TLS, directly or through a proxy: cookies are marked Secure.",
)
@click.option(
    "--proxy",
    default="",
    envvar="DOSSIERKIT_PROXY",
    help="Address of the proxy whose X-Forwarded-For is trusted.",
)
@click.option(
    "--plain-http", is_flag=True, envvar="DOSSIERKIT_PLAIN_HTTP", help="Allow other machines to connect without TLS, for tests."
)
@click.option("--address", default="", envvar="DOSSIERKIT_ADDRESS", help="Public address of the portal, for links in mails.")
@click.option("--guests", is_flag=True, envvar="DOSSIERKIT_GUESTS", help="Guests may submit without an account.")
@click.option(
    "--keep-drafts",
    default=90,
    type=click.IntRange(14, 36_500),
    envvar="DOSSIERKIT_KEEP_DRAFTS",
    show_default=True,
    help="Days without a change after which a draft and its files are deleted; its owner gets a mail a week before.",
)
@click.option(
    "--second-factor",
    is_flag=True,
    envvar="DOSSIERKIT_SECOND_FACTOR",
    help="Officers must use a second factor.",
)
@click.option(
    "--new",
    is_flag=True,
    help="Accept the data folder as it is, once: create a missing database or key, continue after missing numbers.",
)
@click.option(
    "--approval",
    is_flag=True,
    envvar="DOSSIERKIT_APPROVAL",
    help="New and changed procedure files wait for approval by an admin.",
)
@files_option
@click.option("--clamd", default="", envvar="DOSSIERKIT_CLAMD", help="HOST:PORT of a clamd that scans every file.")
@click.option(
    "--oidc", default="", envvar="DOSSIERKIT_OIDC", help="OpenID Connect sign-in, https://CLIENT:SECRET@issuer.example/path."
)
@click.option(
    "--vnpay",
    default="",
    envvar="DOSSIERKIT_VNPAY",
    help="VNPay, https://TERMINAL:SECRET@sandbox.vnpayment.vn/paymentv2/vpcpay.html.  [default: a built-in sandbox]",
)
@click.option("--vietqr", default="", envvar="DOSSIERKIT_VIETQR", help="Bank account for transfers, BANK:ACCOUNT:HOLDER.")
@smtp_option
@sender_option
def serve(
    data: Path,
    procedures: Path | None,
    agency: str | None,
    language: str,
    host: str,
    port: int,
    secure: bool,
    proxy: str,
    plain_http: bool,
    address: str,
    guests: bool,
    keep_drafts: int,
    second_factor: bool,
    new: bool,
    approval: bool,
    files: str | None,
    clamd: str,
    oidc: str,
    vnpay: str,
    vietqr: str,
    smtp: str,
    sender: str,
) -> None:
    """Run the reference portal until Ctrl-C."""
    import dossierkit_web as web
    from dossierkit_web.oidc import provider

    from dossierkit.papers.slip import installed_key
    from dossierkit.wiring import mailer, payment_settings, scanner

    _guard_passwords(host, secure=secure, plain_http=plain_http)
    proxies = _addresses(proxy)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    elsewhere = provider(oidc) if oidc else None
    listening = _bound(host, port)
    here = f"http://{host}:{listening.getsockname()[1]}"
    money = payment_settings(vnpay, vietqr, sandbox_at="" if secure else f"{address or here}/sandbox/pay")
    ways: dict[str, Any] = {"gateways": money.gateways, "sandbox": money.sandbox, "bank": money.bank, "scanner": scanner(clamd)}
    post = mailer(data, smtp=smtp, sender=sender)
    engine = engine_of(
        data,
        procedures,
        agency,
        address or here,
        approval=approval,
        make=True,
        new=new,
        files=files,
        log_language=language,
    )
    ways |= {"slips": installed_key(engine.store, data / "slip.key", new=new), "second_factor": second_factor}
    ways |= {"keep_drafts": timedelta(days=keep_drafts)}
    config = web.WebConfig(secure=secure, guests=guests, passwords=data / "passwords.txt", oidc=elsewhere, **ways)
    assert engine.blobs is not None, "a command says where files are"
    app = web.create_app(engine, blobs=engine.blobs, config=config)
    _announce(engine, data, here, smtp)
    _run(app, listening, engine, _workers(engine, engine.blobs, post, money.ways, timedelta(days=keep_drafts)), proxies)


def _addresses(proxy: str) -> tuple[str, ...]:
    """The comma-separated addresses in *proxy*.

    Raises:
        SettingsError: one is not an IP address.  uvicorn would trust no proxy, and all clients would share one rate limit.
    """
    from dossierkit.errors import SettingsError

    addresses = tuple(address.strip() for address in proxy.split(",") if address.strip())
    for address in addresses:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise SettingsError(
                f"{address!r} is not the address of a proxy; write 127.0.0.1, or several addresses with commas between them"
            ) from None
    return addresses


def _guard_passwords(host: str, *, secure: bool, plain_http: bool) -> None:
    """Refuse a *host* that other machines reach without TLS, unless the operator allows it."""
    from dossierkit.errors import SettingsError

    if not (secure or plain_http or _is_local(host)):
        raise SettingsError(
            f"other machines reach {host}, and passwords would be sent unencrypted: put a proxy with TLS before it and use"
            " --secure --proxy ITS-ADDRESS, or use --plain-http for tests"
        )


def _workers(
    engine: Engine, blobs: BlobStore, post: Mailer, gateways: Mapping[str, PaymentGateway], keep_drafts: timedelta
) -> tuple[Worker, ...]:
    """The background jobs: deliver mails, run daily tasks, query gateways, scan procedures, delete what has expired."""
    from dossierkit.mail.outbox import Worker, deliver
    from dossierkit.office.daily_tasks import remind, resume
    from dossierkit.office.payments import Payments
    from dossierkit.office.retention import clear_abandoned, sweep

    return (
        Worker(lambda: deliver(engine.store.outbox, post, engine.clock)),
        Worker(lambda: (resume(engine), remind(engine)), every=900),
        Worker(Payments(engine, gateways).ask_about_open, every=120),
        # New procedure files are read, and their faults logged, before the first page that needs them.
        Worker(engine.catalog.read_all, every=1),
        Worker(lambda: sweep(engine.store, blobs, engine.clock), every=600),
        Worker(lambda: clear_abandoned(engine, blobs, keep_drafts), every=600),
    )


def _run(app: Any, listening: socket.socket, engine: Engine, workers: Sequence[Worker], proxies: Sequence[str]) -> None:
    """Serve until the process is stopped."""
    import uvicorn
    from dossierkit_web.requests.slow_clients import Patience, patient

    threading.Thread(target=_warm, args=(engine,), daemon=True).start()
    for worker in workers:
        worker.start()
    try:
        config = uvicorn.Config(
            app,
            http=patient(Patience(proxies=tuple(proxies))),
            # No more connections are accepted at once than `slow_clients` spares descriptors for closing ones.
            backlog=256,
            log_level="warning",
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
        )
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        click.echo("stopped")
    finally:
        for worker in workers:
            worker.stop()
        engine.close()


def _announce(engine: Engine, data: Path, address: str, smtp: str) -> None:
    """Print the addresses and folders that an admin needs."""
    from dossierkit.wiring import samples

    count = len(engine.procedures())
    click.echo(f"dossierkit serves {count} procedures at {address}")
    click.echo(f"  procedures  {engine.catalog.folder.resolve()}   drop a JSON Schema in there and reload {address}/procedures")
    if waiting := len(engine.catalog.waiting()):
        click.echo(f"  approval    {waiting} procedures wait for approval at {address}/admin")
    if installed() is None and engine.catalog.folder == samples():
        click.echo("              these are the samples; create an installation with: dossierkit init FOLDER")
    click.echo(f"  data        {data.resolve()}")
    click.echo(
        f"  try         {address}/procedures?q=dat+dai   then fill a form, submit, and look its code up at {address}/lookup"
    )
    mails = "go out over SMTP" if smtp else f"are written into {(data / 'mail').resolve()}"
    click.echo(f"  mails       {mails}")
    click.echo("  Ctrl-C stops it.")


def _warm(engine: Engine) -> None:
    """Import slow libraries and read the calendar in advance, so that the first requests need not wait."""
    import cel  # noqa: F401  # the import is the point

    engine.office_clock.calendar()


def _is_local(host: str) -> bool:
    """Whether *host* is a loopback address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bound(host: str, port: int) -> socket.socket:
    from dossierkit.errors import SettingsError

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Listening before the application is ready: early clients wait instead of being refused.
        listening.listen()
    except OSError as error:
        listening.close()
        raise SettingsError(f"cannot listen on {host} port {port}: {error.strerror}; choose another with --port") from None
    return listening


COMMANDS = (serve,)
