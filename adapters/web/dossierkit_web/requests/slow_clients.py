"""Time limits and connection limits around uvicorn's HTTP protocol, against slow clients.

uvicorn waits without limit for the rest of a request, so that a few hundred half-sent requests use up all descriptors.
Here the head of a request has a time limit, and a body a minimum rate.  If one network, or all together, hold too many
connections, those that have waited longest for their client are closed; connections that are being answered stay.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import resource
from collections import defaultdict
from collections.abc import Container, Iterable

import attrs
from uvicorn.protocols.http.h11_impl import H11Protocol

_log = logging.getLogger("dossierkit.security")
#: Descriptors reserved for the database, files, mails and connections that are being closed.
_SPARE = 512
#: Maximum number of connections, even if there are more descriptors.
_MOST = 8_192
#: Seconds between two log lines about closed connections.
_QUIET = 60.0
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@attrs.frozen
class Patience:
    """Limits of time and of connections."""

    #: Seconds from the first byte (or from the connection) to the end of the head of a request.
    head: float = 15.0
    #: Seconds that a body of any size may take; beyond that it needs *rate* bytes a second.
    body: float = 20.0
    rate: int = 4_096
    #: Seconds that a client may stop reading an answer.
    answer: float = 60.0
    #: Connections from one address; of IPv6, from one network of 64 bits.
    place: int = 128
    #: All connections.
    total: int = attrs.field(factory=lambda: _descriptors() - _SPARE)
    #: Addresses of proxies, which have no limit of their own.
    proxies: Container[str] = ()


def _descriptors() -> int:
    """The number of descriptors of this process, after raising the soft limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST + _SPARE if hard == resource.RLIM_INFINITY else min(hard, _MOST + _SPARE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def patient(patience: Patience) -> type[H11Protocol]:
    """uvicorn's protocol for HTTP/1.1 with *patience*, for `uvicorn.Config(http=…)`."""
    connections = _Connections(patience)

    class Patient(_Patient):
        _all = connections

    return Patient


class _Connections:
    """The connections of one server, by network."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self._of: defaultdict[str, set[_Patient]] = defaultdict(set)
        self._count = self._closed = 0
        self._told = float("-inf")

    def add(self, one: _Patient, now: float) -> bool:
        """Admit a connection, closing one that has waited longer if necessary; false if there is no room."""
        there = self._of[one.place]
        limited = one.client is None or one.client[0] not in self.patience.proxies
        if limited and len(there) >= self.patience.place and not self._let_go(there, now):
            return False
        if self._count >= self.patience.total and not self._let_go((c for cs in self._of.values() for c in cs), now):
            return False
        self._of[one.place].add(one)
        self._count += 1
        return True

    def remove(self, one: _Patient) -> None:
        """Forget a closed connection."""
        there = self._of.get(one.place, set())
        if one in there:
            there.remove(one)
            self._count -= 1
            if not there:
                del self._of[one.place]

    def tell(self, why: str, now: float) -> None:
        """Log closed connections, at most once in `_QUIET` seconds."""
        self._closed += 1
        if now - self._told >= _QUIET:
            _log.info("connections closed: %d, the last one %s", self._closed, why)
            self._told, self._closed = now, 0

    def _let_go(self, some: Iterable[_Patient], now: float) -> bool:
        oldest = min((c for c in some if c.waits), key=lambda c: c.since, default=None)
        if oldest is None:
            return False
        self.remove(oldest)
        self.tell("for others", now)
        oldest.transport.abort()
        return True


class _Patient(H11Protocol):
    """A connection with time limits."""

    _all: _Connections
    place = ""
    #: Start of the current wait, and the bytes received since.
    since = 0.0
    _got = 0
    #: Whether the head of a request is incomplete.
    _head = True
    #: Unread bytes of the answer, and since when.
    _unread = (0, 0.0)
    _look: asyncio.TimerHandle | None = None

    @property
    def waits(self) -> bool:
        """Whether the connection waits for its client, not the client for an answer."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self.place = _place(self.client[0] if self.client is not None else "")
        self.since = self.loop.time()
        if not self._all.add(self, self.since):
            self._all.tell(f"from {self.place}, which holds too many", self.since)
            transport.abort()
            return
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        if self._look is not None:
            self._look.cancel()
        self._all.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if not self._head and self.cycle is not None and self.cycle.response_complete:
            self._head, self.since, self._got = True, self.loop.time(), 0
        self._got += len(data)
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._head, self.since, self._got = False, self.loop.time(), 0

    def _look_later(self) -> None:
        patience = self._all.patience
        self._look = self.loop.call_later(min(patience.head, patience.body, patience.answer) / 4, self._look_after)

    def _look_after(self) -> None:
        """Close the connection if its client is too slow; else schedule the next check."""
        now = self.loop.time()
        if why := self._too_slow(now):
            self._all.tell(f"from {self.place}, too slow with {why}", now)
            if self.cycle is None or not self.cycle.response_started:
                self.transport.write(_TOO_SLOW)
            if why == "reading":
                self.transport.abort()
            else:
                self.transport.close()
            return
        self._look_later()

    def _too_slow(self, now: float) -> str:
        patience, cycle = self._all.patience, self.cycle
        if self._head:
            return "the head of a request" if now - self.since > patience.head else ""
        if cycle.more_body and not cycle.response_complete:
            if self.flow.read_paused:
                # The server has paused reading, so the client is not to blame.
                self.since, self._got = now, 0
            return "a body" if now - self.since > patience.body + self._got / patience.rate else ""
        unread = self.transport.get_write_buffer_size()
        if not unread or unread != self._unread[0]:
            self._unread = (unread, now)
        return "reading" if now - self._unread[1] > patience.answer else ""


def _place(address: str) -> str:
    """The IPv4 address, or the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
