"""Metrics of a running portal, in Prometheus' text format on an address of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

import attrs
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from dossierkit.cli.shared_metrics import forget_ended, is_counting_shared
from dossierkit.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from dossierkit.dossiers.states import Action
    from dossierkit.office.engine import Engine
    from dossierkit.ports import Activity

#: Upper bounds of durations, in seconds.
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


#: Gauge of this process → its help, and the attribute of `Activity` that it shows; the processes are added up.
_GAUGES = {
    "dossierkit_store_writes_waiting": ("Writes that wait for the transaction before theirs.", "writes_waiting"),
    "dossierkit_store_readers": ("Connections to the database server that read.", "readers"),
    "dossierkit_store_readers_free": ("Those of them that nobody uses.", "readers_free"),
    "dossierkit_store_reads_waiting": ("Reads that wait for a connection.", "reads_waiting"),
}


class Metrics:
    """The metrics of one process.  Labels are templates, classes and names of actions: nothing of a person or a dossier.

    Args:
        activity: of the store, see `UpkeepStore.activity`; read after each request and each action.
    """

    def __init__(self, activity: Callable[[], Activity]) -> None:
        self._activity, self._errors, self._lock = activity, 0, Lock()
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "dossierkit_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "dossierkit_request_seconds",
            "Seconds until a request was answered.",
            ("route",),
            buckets=_BOUNDS,
            registry=self.registry,
        )
        self._actions = Counter(
            "dossierkit_actions", "Actions on dossiers that were stored.", ("action",), registry=self.registry
        )
        self._stored = Histogram(
            "dossierkit_store_seconds",
            "Seconds that storing an action took, waiting for other writers included.",
            buckets=_BOUNDS,
            registry=self.registry,
        )

        self._gauges = {
            attribute: Gauge(name, help, registry=self.registry, multiprocess_mode="livesum")
            for name, (help, attribute) in _GAUGES.items()
        }
        self._lost = Counter(
            "dossierkit_store_connection_errors",
            "Connections to the database server that were lost or could not be made.",
            registry=self.registry,
        )
        self._read_activity()

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request, see `dossierkit_web.create_app`."""
        self._requests.labels(method, route, f"{status // 100}xx").inc()
        self._seconds.labels(route).observe(seconds)
        self._read_activity()

    def count_action(self, action: Action, seconds: float) -> None:
        """Count an action, see `Engine.observe_actions`."""
        self._actions.labels(action.value).inc()
        self._stored.observe(seconds)
        self._read_activity()

    def _read_activity(self) -> None:
        activity = self._activity()
        for attribute, gauge in self._gauges.items():
            gauge.set(getattr(activity, attribute))
        with self._lock:
            new, self._errors = activity.errors - self._errors, activity.errors
        self._lost.inc(max(0, new))


@attrs.define(eq=False)
class _State(Collector):
    """The state of the store, read for each answer."""

    engine: Engine
    #: Id of the oldest waiting mail, and when it was seen first: the outbox does not know when a mail came.
    _oldest: tuple[int, float] = (0, 0.0)

    def collect(self) -> Iterator[Metric]:
        """See `Collector.collect`; without a store there is nothing but `dossierkit_store_up 0`."""
        try:
            count, oldest = self.engine.store.outbox.backlog()
            posting = self.engine.store.last_posting()
        except StoreError:
            yield GaugeMetricFamily("dossierkit_store_up", "Whether the store answers.", value=0)
            return
        if oldest != self._oldest[0]:
            self._oldest = oldest, monotonic()
        age = monotonic() - self._oldest[1] if oldest else 0.0
        yield GaugeMetricFamily("dossierkit_store_up", "Whether the store answers.", value=1)
        yield GaugeMetricFamily("dossierkit_outbox_mails", "Mails neither delivered nor given up.", value=count)
        yield GaugeMetricFamily("dossierkit_outbox_oldest_seconds", "Seconds since the oldest of them was seen first.", value=age)
        yield GaugeMetricFamily(
            "dossierkit_ledger_last_posting", "Number of the last posting, which is written with its event.", value=posting
        )


class _Ended(Collector):
    """Forgets the gauges of processes that ended, before those that live are added up."""

    def collect(self) -> Iterator[Metric]:
        """See `Collector.collect`."""
        forget_ended()
        return iter(())


def place_of(address: str) -> tuple[str, int]:
    """Host and port of *address*.

    Raises:
        SettingsError: it is not `HOST:PORT`.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise SettingsError("the address of metrics is written HOST:PORT, such as 127.0.0.1:9100")
    return host.strip("[]"), int(port)


@contextmanager
def metrics_server(address: str, engine: Engine, metrics: Metrics) -> Iterator[None]:
    """Answer at *address*, `HOST:PORT`, with *metrics*, those of processes that share a folder, and the state of the store.

    Raises:
        SettingsError: the address is malformed or taken.
    """
    host, port = place_of(address)
    registry = metrics.registry
    if is_counting_shared():
        registry = CollectorRegistry()
        registry.register(_Ended())
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library does not say
    else:
        ProcessCollector(registry=registry)
    registry.register(_State(engine))
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise SettingsError(f"metrics cannot be at {address}: {error.strerror or error}") from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
