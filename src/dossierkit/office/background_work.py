"""Background work of an installation: mails, daily tasks, payments, deletions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from time import monotonic
from types import MappingProxyType

from dossierkit.mail.outbox import deliver
from dossierkit.office.daily_tasks import remind, resume
from dossierkit.office.engine import Engine
from dossierkit.office.payments import Payments
from dossierkit.office.retention import clear_abandoned, sweep
from dossierkit.ports import BlobStore, Mailer, PaymentGateway

#: How long an unchanged draft is kept.
KEEP_DRAFTS = timedelta(days=90)
_log = logging.getLogger(__name__)


class Repeated:
    """Runs *chore* repeatedly in its own thread until it is stopped.

    Args:
        every: seconds between two runs.
    """

    def __init__(self, chore: Callable[[], object], *, every: float = 2.0) -> None:
        self._chore, self._every = chore, every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    @property
    def stopping(self) -> bool:
        """Whether the current run is the last one."""
        return self._stopped.is_set()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Begin no other run."""
        self._stopped.set()

    def stop(self, within: float = 30.0) -> bool:
        """Stop after the current run; False if that takes longer than *within* seconds."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(within)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            try:
                self._chore()
            except Exception:  # noqa: BLE001  # one error must not end the thread and with it all later runs
                _log.exception("a background job failed; it continues with its next run")


class Worker:
    """The background work of *engine*, in threads: deliver mails, remind officers, ask gateways, delete what has expired.

    Any number may work on one store at once, in one process or in many: each thing is done once.

    Args:
        gateways: payment gateways by name; those that took no callback are asked about open payments.
        keep_drafts: after so long without a change a draft is deleted with its files.
    """

    def __init__(
        self,
        engine: Engine,
        mailer: Mailer,
        *,
        gateways: Mapping[str, PaymentGateway] = MappingProxyType({}),
        keep_drafts: timedelta = KEEP_DRAFTS,
    ) -> None:
        self._engine = engine
        mails: Repeated = Repeated(lambda: deliver(engine.store.outbox, mailer, engine.clock, stopping=lambda: mails.stopping))
        self._chores = (
            mails,
            Repeated(lambda: (resume(engine), remind(engine)), every=900),
            Repeated(Payments(engine, gateways).ask_about_open, every=120),
            Repeated(lambda: sweep(engine.store, self._blobs, engine.clock), every=600),
            Repeated(lambda: clear_abandoned(engine, self._blobs, keep_drafts), every=600),
        )

    @property
    def _blobs(self) -> BlobStore:
        blobs = self._engine.blobs
        assert blobs is not None, "who deletes drafts says where their files are"
        return blobs

    def start(self) -> None:
        """Start the threads; they begin within seconds.

        The engine knows by now where files are: by `open_engine(blobs=…)`, or as `create_app` was told.
        """
        _ = self._blobs
        for chore in self._chores:
            chore.start()

    def stop(self, within: float = 30.0) -> bool:
        """Finish what is under way and start nothing else; False if that takes longer than *within* seconds."""
        for chore in self._chores:
            chore.ask_to_stop()
        end = monotonic() + within
        still = [chore for chore in self._chores if not chore.stop(max(0.0, end - monotonic()))]
        return not still
