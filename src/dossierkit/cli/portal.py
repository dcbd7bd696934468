"""The portal as the options of `serve` describe it, and the processes that run it."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from multiprocessing import parent_process
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import attrs
import uvicorn
from dossierkit_web import WebConfig, create_app
from dossierkit_web.oidc import provider
from dossierkit_web.requests.slow_clients import Patience, patient
from uvicorn.supervisors.multiprocess import Multiprocess

from dossierkit.cli.logs import configure_logs
from dossierkit.cli.options import command_context, engine_of
from dossierkit.office.work import Repeated, Worker
from dossierkit.papers.slip import installed_key
from dossierkit.wiring import PaymentSettings, mailer, payment_settings, scanner

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from dossierkit.cli.metrics import Metrics
    from dossierkit.installation import Installation
    from dossierkit.office.engine import Engine

#: Seconds after which a process that does not answer its supervisor is replaced.
_HANGS = 60
#: Seconds that a process may take beyond its bound to close what it has open.
_LATE = 15.0


@attrs.frozen(kw_only=True)
class Portal:
    """The portal as the options of `serve` describe it.  It can be sent to another process, which opens it there."""

    installation: Installation | None
    #: Address of the database on a server; empty: the one in *data*.
    store: str = attrs.field(repr=False)
    #: Where it listens.
    here: str
    data: Path
    procedures: Path | None
    agency: str | None
    #: Of the words about faults in the log.
    language: str
    address: str
    approval: bool
    files: str | None
    secure: bool
    guests: bool
    keep_drafts: int
    second_factor: bool
    clamd: str
    oidc: str
    vnpay: str
    vietqr: str
    smtp: str
    sender: str
    stop_within: int
    log: str
    #: Address of the metrics; empty: nothing is counted.
    metrics: str

    def check(self) -> None:
        """Raise SettingsError for a setting that is malformed, before anything is created."""
        self._payments("")
        mailer(self.data, smtp=self.smtp, sender=self.sender)
        scanner(self.clamd)
        if self.oidc:
            provider(self.oidc)
        if self.metrics:
            from dossierkit.cli.metrics import place_of

            place_of(self.metrics)

    def engine(self, *, make: bool = False, new: bool = False) -> Engine:
        """The engine of this process; *make* and *new* as for `engine_of`."""
        return engine_of(
            self.data,
            self.procedures,
            self.agency,
            self.address or self.here,
            approval=self.approval,
            make=make,
            new=new,
            files=self.files,
            log_language=self.language,
        )

    def app(self, engine: Engine, worker: Worker | None = None, metrics: Metrics | None = None) -> Starlette:
        """The pages over *engine*, with *worker* beside them; both end with the pages.  Requests are counted in *metrics*."""
        payments = self._payments(engine.key("sandbox-key").hex()[:32])
        config = WebConfig(
            secure=self.secure,
            guests=self.guests,
            passwords=self.data / "passwords.txt",
            oidc=provider(self.oidc) if self.oidc else None,
            gateways=payments.gateways,
            sandbox=payments.sandbox,
            bank=payments.bank,
            scanner=scanner(self.clamd),
            slips=installed_key(engine.store, self.data / "slip.key"),
            second_factor=self.second_factor,
            keep_drafts=timedelta(days=self.keep_drafts),
        )
        assert engine.blobs is not None, "a command says where files are"
        beside = _Beside(engine, worker, self.stop_within)
        observe: dict[str, Any] = {"observe": metrics.answered} if metrics is not None else {}
        app = create_app(engine, blobs=engine.blobs, config=config, work=beside, **observe)
        beside.when_stopping = app.state.health.stop
        return app

    def worker(self, engine: Engine) -> Worker:
        """The background work of the portal."""
        return Worker(
            engine,
            mailer(self.data, smtp=self.smtp, sender=self.sender),
            gateways=self._payments(engine.key("sandbox-key").hex()[:32]).ways,
            keep_drafts=timedelta(days=self.keep_drafts),
        )

    def counted(self, engine: Engine) -> Metrics | None:
        """Metrics of this process, in which the actions of *engine* are counted; None without an address for them."""
        if not self.metrics:
            return None
        from dossierkit.cli.metrics import Metrics

        metrics = Metrics()
        engine.observe_actions(metrics.acted)
        return metrics

    def __call__(self) -> Starlette:
        """The pages in a process of their own, over an engine of their own."""
        configure_logs(self.log)
        threading.Thread(target=_end_with_parent, daemon=True).start()
        with command_context(self.installation, self.store):
            engine = self.engine()
        metrics = self.counted(engine)
        return self.app(engine, None, metrics)

    def _payments(self, sandbox_secret: str) -> PaymentSettings:
        sandbox_at = "" if self.secure else f"{self.address or self.here}/sandbox/pay"
        return payment_settings(self.vnpay, self.vietqr, sandbox_at=sandbox_at, sandbox_secret=sandbox_secret)


@attrs.define(eq=False)
class _Beside:
    """What runs beside the pages of one process: new procedure files are read, slow libraries are imported."""

    engine: Engine
    worker: Worker | None
    #: Seconds for what is under way when the process is told to stop.
    stop_within: int
    when_stopping: Callable[[], object] = lambda: None
    _reading: Repeated = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        # New procedure files are read, and their faults logged, before the first page that needs them.
        self._reading = Repeated(self.engine.catalog.read_all, every=1)

    def start(self) -> None:
        """Also watch for the signal to stop."""
        threading.Thread(target=self._warm, daemon=True).start()
        self._reading.start()
        if self.worker is not None:
            self.worker.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            _also(number, self._told_to_stop)

    def stop(self) -> None:
        """Close the engine after the last request and the last job."""
        self._reading.stop()
        if self.worker is not None:
            self.worker.stop(self.stop_within)
        self.engine.close()

    def _told_to_stop(self) -> None:
        self.when_stopping()
        # A thread that waits for another machine cannot be interrupted, and would keep the process.
        late = threading.Timer(2 * self.stop_within + _LATE, os._exit, (1,))
        late.daemon = True
        late.start()

    def _warm(self) -> None:
        """Import slow libraries and read the calendar in advance, so that the first requests need not wait."""
        import cel  # noqa: F401  # the import is the point

        self.engine.office_clock.calendar()


def _end_with_parent() -> None:
    """Stop gracefully once the supervisor is gone, even if it was killed: nothing else would hold the port."""
    supervisor = parent_process()
    assert supervisor is not None
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _also(number: int, what: Callable[[], object]) -> None:
    """Do *what* when the signal comes, and then what was to be done before."""
    before = signal.getsignal(number)

    def handle(received: int, frame: FrameType | None) -> None:
        what()
        if callable(before):
            before(received, frame)

    signal.signal(number, handle)


class _Config(uvicorn.Config):
    """uvicorn's settings; the protocol, which has limits for slow clients, is made in the process that uses it."""

    def __init__(self, app: Any, proxies: Sequence[str], **settings: Any) -> None:
        super().__init__(
            app,
            # No more connections are accepted at once than `slow_clients` spares descriptors for closing ones.
            backlog=256,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            **settings,
        )
        self._proxies = tuple(proxies)

    def load(self) -> None:
        """See `uvicorn.Config.load`."""
        self.http = patient(Patience(proxies=self._proxies))
        super().load()


class _Processes(Multiprocess):
    """Several processes over one socket, which is closed as soon as they are told to stop: no connection waits in vain."""

    def terminate_all(self) -> None:
        """See `Multiprocess.terminate_all`."""
        for listening in self.sockets:
            listening.close()
        super().terminate_all()


def serve_here(app: Starlette, listening: socket.socket, proxies: Sequence[str], within: int) -> None:
    """Serve *app* in this process until it is told to stop; then finish what is under way *within* seconds."""
    uvicorn.Server(_Config(app, proxies, timeout_graceful_shutdown=within)).run(sockets=[listening])


def serve_in_processes(portal: Portal, listening: socket.socket, proxies: Sequence[str], within: int, count: int) -> None:
    """Serve *portal* in *count* processes until told to stop; one that ends or hangs is replaced."""
    config = _Config(
        portal, proxies, timeout_graceful_shutdown=within, factory=True, workers=count, timeout_worker_healthcheck=_HANGS
    )
    _Processes(config, [listening]).run()


def exit_when_told() -> None:
    """End with status 0 on SIGTERM, wherever the program is, once `finally` clauses have run."""
    signal.signal(signal.SIGTERM, _exit)


def _exit(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the shape of a handler
    raise SystemExit(0)
