"""Where attempts to pay are kept, and the gateways that they go through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from dossierkit.dossiers.money.attempts import Attempt, Callback, Progress
from dossierkit.errors import StaleDossier


class PaymentStore(Protocol):
    """Keeps attempts to pay.  What is paid together with an action of its dossier comes with an `ActionRecord`.

    With a change after which nothing is owed any more, every open attempt of the dossier is closed.
    """

    def begin(self, dossier: str, make: Callable[[int], Attempt]) -> Attempt:
        """Keeps the attempt that *make* makes of its number among those of *dossier*.

        Raises:
            StaleDossier: nothing is owed for the dossier.
        """
        ...

    def attempt(self, ref: str) -> Attempt | None:
        """The attempt called *ref*."""
        ...

    def attempts(self, dossier: str) -> tuple[Attempt, ...]:
        """The attempts for the dossier with this id, oldest first."""
        ...

    def finish(self, attempt: Attempt, before: Progress) -> bool:
        """Keeps what came of *attempt*; False, and nothing kept, where it is no longer as *before*."""
        ...

    def every(self, progress: Progress | None = None) -> Iterator[Attempt]:
        """All attempts, or those that came to *progress*, oldest first, in bounded memory."""
        ...


class PaymentGateway(Protocol):
    """Takes money for us, and tells what came of it by a callback that only it can have sent."""

    @property
    def name(self) -> str:
        """One word of small letters."""
        ...

    def address(self, attempt: Attempt, *, back: str, ip: str, language: str, now: datetime, code: str) -> str:
        """Where a citizen goes to pay.

        Args:
            back: the address that shows afterwards what came of it; nothing is decided there.
            code: the code of the dossier.
        """
        ...

    def status(self, attempt: Attempt, *, now: datetime) -> Callback | None:
        """What came of *attempt*, as the gateway says when it is asked; None while it does not know.

        Raises:
            GatewayError: it does not answer, or not as agreed.
        """
        ...

    def callback(self, params: Mapping[str, str]) -> Callback:
        """What *params* tell.

        Raises:
            ForgedCallback: the gateway did not sign them.
        """
        ...


def owes_nothing(dossier: str) -> StaleDossier:
    """What whoever sets out to pay for *dossier* too late is told."""
    return StaleDossier(f"nothing is owed for dossier {dossier} any more; read it again")
