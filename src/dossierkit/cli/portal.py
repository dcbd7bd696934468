"""The portal as the options of `serve` describe it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from dossierkit_web import WebConfig, create_app
from dossierkit_web.oidc import provider

from dossierkit.cli.logs import configure_logs
from dossierkit.cli.options import command_context, engine_of
from dossierkit.cli.server_processes import also_on_signal, collect_less_often, end_with_parent
from dossierkit.office.background_work import Repeated, Worker
from dossierkit.papers.slip import installed_key
from dossierkit.wiring import PaymentSettings, mailer, payment_settings, scanner

if TYPE_CHECKING:
    from dossierkit_web.requests.observation import Observe
    from starlette.types import ASGIApp

    from dossierkit.cli.metrics import Metrics
    from dossierkit.cli.tracing import Tracing
    from dossierkit.installation import Installation
    from dossierkit.office.engine import Engine

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
    procedures: Path | str | None
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

    def app(self, engine: Engine, worker: Worker | None = None, metrics: Metrics | None = None) -> ASGIApp:
        """The pages over *engine*, with *worker* beside them; both end with the pages.

        Requests are counted in *metrics*, and traced if an exporter of traces is configured.
        """
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
        tracing = start_tracing()
        observers: list[Observe] = [metrics.count_request] if metrics is not None else []
        actions = [metrics.count_action] if metrics is not None else []
        if tracing is not None:
            beside.tracing = tracing
            observers.append(tracing.record_request)
            actions.append(tracing.record_action)
        engine.observe_actions(_all(actions))
        app = create_app(engine, blobs=engine.blobs, config=config, work=beside, observe=_all(observers))
        beside.when_stopping = app.state.health.stop
        return tracing.traced(app) if tracing is not None else app

    def worker(self, engine: Engine) -> Worker:
        """The background work of the portal."""
        return Worker(
            engine,
            mailer(self.data, smtp=self.smtp, sender=self.sender),
            gateways=self._payments(engine.key("sandbox-key").hex()[:32]).ways,
            keep_drafts=timedelta(days=self.keep_drafts),
        )

    def start_metrics(self, engine: Engine) -> Metrics | None:
        """The metrics of this process; None without an address for them."""
        if not self.metrics:
            return None
        from dossierkit.cli.metrics import Metrics

        return Metrics(engine.store.activity)

    def __call__(self) -> ASGIApp:
        """The pages in a process of their own, over an engine of their own."""
        configure_logs(self.log)
        threading.Thread(target=end_with_parent, daemon=True).start()
        collect_less_often()
        # The engine ends with the pages, not with the command that opens it.
        with command_context(self.installation, self.store).scope(cleanup=False):
            engine = self.engine()
        metrics = self.start_metrics(engine)
        return self.app(engine, None, metrics)

    def _payments(self, sandbox_secret: str) -> PaymentSettings:
        sandbox_at = "" if self.secure else f"{self.address or self.here}/sandbox/pay"
        return payment_settings(self.vnpay, self.vietqr, sandbox_at=sandbox_at, sandbox_secret=sandbox_secret)


def start_tracing() -> Tracing | None:
    """The traces of this process; None unless a variable of OpenTelemetry names an exporter."""
    chosen = os.environ.get("OTEL_TRACES_EXPORTER", "")
    named = chosen or any(name in os.environ for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))
    if not named or chosen == "none" or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    from dossierkit.cli.tracing import Tracing

    return Tracing()


def _all(observers: Sequence[Callable[..., object]]) -> Callable[..., None]:
    """A function that calls each of *observers*."""

    def observe(*values: object) -> None:
        for each in observers:
            each(*values)

    return observe


@attrs.define(eq=False)
class _Beside:
    """The background of one process: new procedure files are read, slow libraries are imported."""

    engine: Engine
    worker: Worker | None
    #: Seconds for what is under way when the process is told to stop.
    stop_within: int
    when_stopping: Callable[[], object] = lambda: None
    tracing: Tracing | None = None
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
            also_on_signal(number, self._told_to_stop)

    def stop(self) -> None:
        """Close the engine after the last request and the last job."""
        self._reading.stop()
        if self.worker is not None:
            self.worker.stop(self.stop_within)
        self.engine.close()
        if self.tracing is not None:
            self.tracing.close()

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
