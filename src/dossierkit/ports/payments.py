"""Attempts to pay, and the gateways that they go through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from dossierkit.dossiers.money.attempts import Attempt, Callback, Progress


class PaymentStore(Protocol):
    """Attempts to pay.  An attempt that settles its dossier is stored with the action, see `ActionRecord.paid`.

    When a dossier owes nothing any more, the store closes its open attempts in the same transaction.
    """

    def begin(self, dossier: str, make: Callable[[int], Attempt]) -> Attempt:
        """Store the attempt that *make* returns for its number among the attempts of the dossier, from 1.

        Raises:
            StaleDossier: nothing is owed for the dossier.
        """
        ...

    def attempt(self, ref: str) -> Attempt | None:
        """The attempt with the reference *ref*."""
        ...

    def attempts(self, dossier: str) -> tuple[Attempt, ...]:
        """Attempts for the dossier with the id, oldest first."""
        ...

    def finish(self, attempt: Attempt, before: Progress) -> bool:
        """Store the result of *attempt*, or that its gateway was asked once more.

        False, and nothing stored, if its stored progress is not *before*, or if another process stored the same already.
        """
        ...

    def every(self, progress: Progress | None = None) -> Iterator[Attempt]:
        """All attempts, or those with *progress*, oldest first, read in pages."""
        ...


class PaymentGateway(Protocol):
    """A payment service, which reports by signed callbacks."""

    @property
    def name(self) -> str:
        """One word of lower-case letters."""
        ...

    def address(self, attempt: Attempt, *, back: str, ip: str, language: str, now: datetime, code: str) -> str:
        """URL where the citizen pays.

        Args:
            back: URL that the citizen returns to; it decides nothing.
            ip: address of the citizen's browser.
            code: code of the dossier.
        """
        ...

    def status(self, attempt: Attempt, *, now: datetime) -> Callback | None:
        """Result of *attempt*, asked of the gateway; None while the gateway knows none.

        Raises:
            GatewayError: the gateway does not answer, or breaks the protocol.
        """
        ...

    def callback(self, params: Mapping[str, str]) -> Callback:
        """The callback that the parameters of a request carry.

        Raises:
            ForgedCallback: the signature is not the gateway's.
        """
        ...
