"""The commands `serve`, which runs the reference portal, and `work`, which does its background work alone."""

from __future__ import annotations

import ipaddress
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dossierkit.cli.logs import configure_logs
from dossierkit.cli.options import (
    Address,
    Number,
    agency_option,
    counted,
    data_option,
    engine_of,
    files_option,
    guard_bucket,
    installed,
    language_option,
    procedures_option,
    sender_option,
    smtp_option,
    source_words,
    store_address,
)

if TYPE_CHECKING:
    from dossierkit.cli.portal import Portal
    from dossierkit.office.engine import Engine


#: Options that `serve` and `work` share.
address_option: Callable[..., Any] = click.option(
    "--address", type=Address(), default="", envvar="DOSSIERKIT_ADDRESS", help="Public address of the portal, for links in mails."
)
keep_drafts_option: Callable[..., Any] = click.option(
    "--keep-drafts",
    default=90,
    type=Number(14, 36_500),
    envvar="DOSSIERKIT_KEEP_DRAFTS",
    show_default=True,
    help="Days without a change after which a draft and its files are deleted; its owner gets a mail a week before.",
)
vnpay_option: Callable[..., Any] = click.option(
    "--vnpay",
    default="",
    envvar="DOSSIERKIT_VNPAY",
    help="VNPay, https://TERMINAL:SECRET@sandbox.vnpayment.vn/paymentv2/vpcpay.html.  [default: a built-in sandbox]",
)
stop_within_option: Callable[..., Any] = click.option(
    "--stop-within",
    default=30,
    type=Number(1, 3600),
    envvar="DOSSIERKIT_STOP_WITHIN",
    show_default=True,
    help="Seconds to finish what is under way when told to stop (SIGTERM).",
)
log_option: Callable[..., Any] = click.option(
    "--log",
    type=click.Choice(["plain", "json"]),
    default="plain",
    envvar="DOSSIERKIT_LOG",
    show_default=True,
    help="Form of the log, on standard error.",
)


@click.command()
@data_option
@procedures_option
@agency_option
@language_option
@click.option("--host", default="127.0.0.1", envvar="DOSSIERKIT_HOST", show_default=True)
@click.option("--port", default=8000, type=Number(0, 65535), envvar="DOSSIERKIT_PORT", show_default=True)
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
@address_option
@click.option("--guests", is_flag=True, envvar="DOSSIERKIT_GUESTS", help="Guests may submit without an account.")
@keep_drafts_option
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
@vnpay_option
@click.option("--vietqr", default="", envvar="DOSSIERKIT_VIETQR", help="Bank account for transfers, BANK:ACCOUNT:HOLDER.")
@smtp_option
@sender_option
@click.option(
    "--workers",
    default=1,
    type=Number(1, 256),
    envvar="DOSSIERKIT_WORKERS",
    show_default=True,
    help="Number of processes that answer requests.",
)
@click.option(
    "--work/--no-work",
    default=True,
    envvar="DOSSIERKIT_WORK",
    show_default=True,
    help="Do the background work, too, or leave it to dossierkit work.",
)
@click.option(
    "--metrics",
    default="",
    envvar="DOSSIERKIT_METRICS",
    help="HOST:PORT where Prometheus finds metrics; for machines that you trust.",
)
@stop_within_option
@log_option
def serve(host: str, port: int, proxy: str, plain_http: bool, new: bool, workers: int, work: bool, **options: Any) -> None:
    """Run the reference portal until Ctrl-C or SIGTERM."""
    from dossierkit.cli.portal import Portal
    from dossierkit.cli.server_processes import exit_when_told, serve_here, serve_in_processes
    from dossierkit.cli.shared_metrics import shared_counting
    from dossierkit.papers.slip import installed_key

    _guard_passwords(host, secure=options["secure"], plain_http=plain_http)
    proxies, within = _addresses(proxy), options["stop_within"]
    configure_logs(options["log"])
    with ExitStack() as ending:
        listening = ending.enter_context(_bound(host, port))
        here = f"http://{host}:{listening.getsockname()[1]}"
        portal = Portal(installation=installed(), store=store_address(), here=here, **options)
        exit_when_told()
        if workers > 1 and portal.metrics:
            ending.enter_context(shared_counting())
        portal.check()
        engine = portal.engine(make=True, new=new)
        ending.callback(engine.close)
        guard_bucket(engine)
        installed_key(engine.store, portal.data / "slip.key", new=new)
        if (metrics := portal.start_metrics(engine)) is not None:
            from dossierkit.cli.metrics import metrics_server

            ending.enter_context(metrics_server(portal.metrics, engine, metrics))
        worker = portal.worker(engine) if work else None
        try:
            if workers == 1:
                app = portal.app(engine, worker, metrics)
                _announce(engine, portal, workers)
                serve_here(app, listening, proxies, within)
            else:
                _announce(engine, portal, workers)
                if worker is not None:
                    worker.start()
                    ending.callback(worker.stop, within)
                serve_in_processes(portal, listening, proxies, within, workers)
        except KeyboardInterrupt:
            click.echo("stopped")


@click.command()
@data_option
@procedures_option
@agency_option
@address_option
@files_option
@keep_drafts_option
@vnpay_option
@smtp_option
@sender_option
@stop_within_option
@log_option
def work(
    data: Path,
    procedures: Path | str | None,
    agency: str | None,
    address: str,
    files: str | None,
    keep_drafts: int,
    vnpay: str,
    smtp: str,
    sender: str,
    stop_within: int,
    log: str,
) -> None:
    """Do the background work of a portal until Ctrl-C or SIGTERM: mails, reminders, payments, deletions.

    For portals that run with serve --no-work; several at once do nothing twice.
    """
    from dossierkit.office.background_work import Worker
    from dossierkit.wiring import mailer, payment_settings

    configure_logs(log)
    post, gateways = mailer(data, smtp=smtp, sender=sender), payment_settings(vnpay).gateways
    engine = engine_of(data, procedures, agency, address, files=files)
    worker, stopping = Worker(engine, post, gateways=gateways, keep_drafts=timedelta(days=keep_drafts)), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    worker.start()
    click.echo(f"dossierkit works for {data.resolve()}; Ctrl-C stops it.")
    stopping.wait()
    worker.stop(stop_within)
    engine.close()


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


def _announce(engine: Engine, portal: Portal, workers: int) -> None:
    """Print the addresses and folders that an admin needs."""
    from dossierkit.catalog.folder import Folder
    from dossierkit.wiring import samples

    address, data = portal.here, portal.data
    count = len(engine.procedures())
    click.echo(f"dossierkit serves {counted(count, 'procedure')} at {address}")
    source = engine.administration.source
    advice = "drop a JSON Schema in there" if isinstance(source, Folder) else "change them with dossierkit publish"
    click.echo(f"  procedures  {source_words(engine)}   {advice} and reload {address}/procedures")
    if waiting := len(engine.catalog.waiting()):
        click.echo(f"  approval    {counted(waiting, 'procedure')} to approve at {address}/admin")
    if installed() is None and source == Folder(samples()):
        click.echo("              these are the samples; create an installation with: dossierkit init FOLDER")
    click.echo(f"  data        {data.resolve()}")
    click.echo(
        f"  try         {address}/procedures?q=dat+dai   then fill a form, submit, and look its code up at {address}/lookup"
    )
    if workers > 1 and not portal.store:
        click.echo(f"  processes   {workers}, which share one SQLite database: they write one after the other")
    mails = "go out over SMTP" if portal.smtp else f"are written into {(data / 'mail').resolve()}"
    click.echo(f"  mails       {mails}")
    if portal.metrics:
        click.echo(f"  metrics     http://{portal.metrics}/metrics")
    click.echo("  Ctrl-C stops it.")


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


COMMANDS = (serve, work)
