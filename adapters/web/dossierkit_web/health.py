"""Health of one process: whether it runs, and whether it should get requests."""

from __future__ import annotations

import attrs
from anyio import CapacityLimiter, move_on_after, to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dossierkit.errors import StoreError
from dossierkit.office.engine import Engine

#: A store that does not answer within so many seconds is not ready; a proxy waits hardly longer.
_PATIENCE_SECONDS = 1.0


@attrs.define(eq=False)
class Health:
    """The state of the process that `/healthz` and `/readyz` report."""

    engine: Engine
    #: The process stops: it finishes its requests, and should get no other.
    stopping: bool = False
    #: Every procedure file was read once; a file that is added later does not make the process unready.
    _read: bool = attrs.field(init=False, default=False)
    #: A thread of its own: those of the pages may all be busy.
    _thread: CapacityLimiter = attrs.field(init=False, factory=lambda: CapacityLimiter(1))

    @property
    def routes(self) -> list[Route]:
        """Both pages; neither waits for a free thread of the pages."""
        return [Route("/healthz", self._live), Route("/readyz", self._ready)]

    def stop(self) -> None:
        """Report from now on that the process stops."""
        self.stopping = True

    async def _live(self, request: Request) -> Response:  # noqa: ARG002  # Starlette hands it over
        return PlainTextResponse("ok")

    async def _ready(self, request: Request) -> Response:  # noqa: ARG002  # Starlette hands it over
        reason = "stopping" if self.stopping else await self._missing()
        return PlainTextResponse(reason or "ok", 503 if reason else 200)

    async def _missing(self) -> str:
        with move_on_after(_PATIENCE_SECONDS):
            return await to_thread.run_sync(self._reason, abandon_on_cancel=True, limiter=self._thread)
        return "store"

    def _reason(self) -> str:
        """The missing part, `store` or `catalog`; empty if the process is ready."""
        try:
            self.engine.administration.guard_writable()
        except StoreError:
            return "store"
        self._read = self._read or self.engine.administration.is_read()
        return "" if self._read else "catalog"
