"""Virus scanner: clamd, over its INSTREAM command."""

from __future__ import annotations

import socket
import struct
from typing import BinaryIO

import attrs

from dossierkit.errors import ScanError

_PIECE = 64 * 1024


@attrs.frozen
class ClamdScanner:
    """A `Scanner` that asks the clamd at *host* and *port*."""

    host: str
    port: int = 3310
    timeout: float = 30.0

    def is_clean(self, content: BinaryIO) -> bool:
        """See `Scanner.is_clean`."""
        try:
            with socket.create_connection((self.host, self.port), self.timeout) as wire:
                wire.sendall(b"zINSTREAM\0")
                while piece := content.read(_PIECE):
                    wire.sendall(struct.pack("!I", len(piece)) + piece)
                wire.sendall(struct.pack("!I", 0))
                answer = b""
                while not answer.endswith(b"\0") and (some := wire.recv(4096)):
                    answer += some
        except OSError as error:
            raise ScanError(f"clamd at {self.host}:{self.port} does not answer ({type(error).__name__})") from error
        words = answer.rstrip(b"\0").decode("ascii", "replace")
        if words.endswith(" FOUND"):
            return False
        if words.endswith(" OK"):
            return True
        raise ScanError(f"clamd answers {words[:100]!r}")
