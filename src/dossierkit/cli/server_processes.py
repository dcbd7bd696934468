"""The processes of the server: one or several over one socket, stopped gracefully by a signal."""

from __future__ import annotations

import gc
import os
import signal
import socket
from collections.abc import Callable, Sequence
from multiprocessing import parent_process
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn
from dossierkit_web.requests.slow_clients import Patience, patient
from uvicorn.supervisors.multiprocess import Multiprocess

if TYPE_CHECKING:
    from starlette.types import ASGIApp

#: Seconds after which a process that does not answer its supervisor is replaced.
_HANGS = 60


def end_with_parent() -> None:
    """Stop gracefully once the supervisor is gone, even if it was killed: nothing else would hold the port."""
    supervisor = parent_process()
    assert supervisor is not None
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)


def also_on_signal(number: int, action: Callable[[], object]) -> None:
    """Do *action* when the signal comes, and then what the former handler does."""
    before = signal.getsignal(number)

    def handle(received: int, frame: FrameType | None) -> None:
        action()
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


def collect_less_often() -> None:
    """Let Python look for reference cycles more rarely.

    A form is a great number of small values that all stay.  With Python's own thresholds the first use of a large form spends
    two fifths of its time on looking through them again and again (`benchmarks`, row *first use*).
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def serve_here(app: ASGIApp, listening: socket.socket, proxies: Sequence[str], within: int) -> None:
    """Serve *app* in this process until it is told to stop; then finish what is under way *within* seconds."""
    collect_less_often()
    uvicorn.Server(_Config(app, proxies, timeout_graceful_shutdown=within)).run(sockets=[listening])


def serve_in_processes(
    app: Callable[[], ASGIApp], listening: socket.socket, proxies: Sequence[str], within: int, count: int
) -> None:
    """Serve what *app* makes in *count* processes until told to stop; one that ends or hangs is replaced."""
    config = _Config(
        app, proxies, timeout_graceful_shutdown=within, factory=True, workers=count, timeout_worker_healthcheck=_HANGS
    )
    _Processes(config, [listening]).run()


def exit_when_told() -> None:
    """End with status 0 on SIGTERM, wherever the program is, once `finally` clauses have run."""
    signal.signal(signal.SIGTERM, _exit)


def _exit(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the shape of a handler
    raise SystemExit(0)
