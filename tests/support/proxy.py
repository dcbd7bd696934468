"""A TCP proxy that passes HTTP on, and does damage to the connections that a test names."""

from __future__ import annotations

import re
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

#: A handler of a connection: the client's socket, and one to the server.
Fault = Callable[[socket.socket, socket.socket], None]


class Proxy:
    """Passes connections on to *port* of this machine; each new one suffers the next fault."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._faults: deque[Fault] = deque()
        #: Suffered by every connection once the others are used up.
        self.always: Fault | None = None
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def suffer(self, *faults: Fault) -> None:
        """The next connections suffer *faults*; idle ones are closed, so that the next request makes a new one."""
        self._faults = deque(faults)
        self._hang_up()

    def suffer_always(self, fault: Fault | None) -> None:
        """Every connection suffers *fault*; with None, none does."""
        self.always = fault
        self.suffer()

    def close(self) -> None:
        """Close every connection."""
        self._listening.close()
        self._hang_up()

    def _hang_up(self) -> None:
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                fault = self._faults.popleft() if self._faults else self.always or passed
                threading.Thread(target=self._serve, args=(client, fault), daemon=True).start()

    def _serve(self, client: socket.socket, fault: Fault) -> None:
        self._open.add(client)
        with suppress(OSError), client, socket.create_connection(("127.0.0.1", self._server)) as server:
            fault(client, server)
        self._open.discard(client)


def passed(client: socket.socket, server: socket.socket) -> None:
    """Nothing happens to it."""

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)

    back = threading.Thread(target=pump, args=(server, client), daemon=True)
    back.start()
    pump(client, server)
    back.join()


def stalled(client: socket.socket, server: socket.socket) -> None:
    """No answer ever comes."""
    while client.recv(65536):
        pass


def failed(client: socket.socket, server: socket.socket) -> None:
    """The server says 500, and does nothing."""
    _message(client)
    client.sendall(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def parts_failed(client: socket.socket, server: socket.socket) -> None:
    """Only parts of larger files fail."""
    while asked := _message(client):
        if b"partNumber=" in asked.partition(b"\r\n")[0]:
            client.sendall(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
        else:
            server.sendall(asked)
            client.sendall(_message(server, bodiless=asked.startswith(b"HEAD")))


def cut_off_on_the_way_in(client: socket.socket, server: socket.socket) -> None:
    """The connection ends in the middle of what the client sends."""
    client.recv(2048)


def cut_off_on_the_way_out(client: socket.socket, server: socket.socket) -> None:
    """The server did what it was asked; its answer ends in the middle."""
    answer = _answer(client, server)
    client.sendall(answer[: len(answer) // 2 if b"\r\n\r\n" not in answer else answer.index(b"\r\n\r\n") + 6])


def unheard(client: socket.socket, server: socket.socket) -> None:
    """The server did what it was asked; its answer never comes."""
    _answer(client, server)


def garbled(client: socket.socket, server: socket.socket) -> None:
    """The last byte of the answer is another one."""
    answer = _answer(client, server)
    client.sendall(answer[:-1] + bytes((answer[-1] ^ 1,)))


def _answer(client: socket.socket, server: socket.socket) -> bytes:
    asked = _message(client)
    server.sendall(asked)
    return _message(server, bodiless=asked.startswith(b"HEAD"))


def _message(source: socket.socket, *, bodiless: bool = False) -> bytes:
    """One request or answer, with the body that its head announces."""
    read = b""
    while b"\r\n\r\n" not in read:
        if not (piece := source.recv(65536)):
            return b""
        read += piece
    head, _, body = read.partition(b"\r\n\r\n")
    announced = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
    while announced and not bodiless and len(body) < int(announced[1]) and (piece := source.recv(65536)):
        body += piece
    return head + b"\r\n\r\n" + body
