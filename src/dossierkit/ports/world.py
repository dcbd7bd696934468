"""Clock, chance, mail, passwords, files: what a program asks of the machine that it runs on."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO, Protocol

from dossierkit.dossiers.mails import SendMail


class Clock(Protocol):
    """The time, and the office's day."""

    def now(self) -> datetime:
        """This instant, aware, UTC."""
        ...


class Tokens(Protocol):
    """Unguessable texts."""

    def token(self) -> str:
        """A text of at least 128 random bits, safe in a URL."""
        ...


class Mailer(Protocol):
    """Hands mails to the world."""

    def send(self, mail: SendMail) -> None:
        """Delivers *mail*.

        Raises:
            MailError: it did not get through; `final` says that it never will.
        """
        ...


class Hasher(Protocol):
    """Turns passwords into what may be kept of them."""

    def hash(self, password: str) -> str:
        """A slow, salted hash."""
        ...

    def verify(self, hash: str, password: str, *, first: bool = False) -> bool:
        """Whether *password* is the one; as slow for an empty *hash* as for any other.

        Args:
            first: goes before everybody who waits and is not.
        """
        ...

    def is_outdated(self, hash: str) -> bool:
        """Whether *hash* was made with weaker parameters than today's."""
        ...


class BlobStore(Protocol):
    """Keeps the bytes of attachments."""

    def put(self, name: str, content: BinaryIO) -> str:
        """Keeps what *content* gives, piece by piece; gives its id."""
        ...

    def open(self, id: str) -> BinaryIO | None:
        """The bytes called *id*, to be read and closed."""
        ...

    def delete(self, id: str) -> None:
        """Forgets the bytes called *id*."""
        ...


class Scanner(Protocol):
    """Looks for what should not be in a file."""

    def is_clean(self, content: BinaryIO) -> bool:
        """Whether nothing was found.

        Raises:
            ScanError: nobody could look; the file is then not taken.
        """
        ...
