"""Dossiers with their events, and drafts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, Note, Query
from dossierkit.ports.records import ActionRecord

EVERYTHING = Query()


class DraftStore(Protocol):
    """Drafts: dossiers whose owner changes them without an event, until they are submitted or cancelled."""

    def create(self, dossier: Dossier, event: Event, bundle: bytes, *, sole: bool = False) -> bool:
        """Store a new draft with its first event, and the bundle of its revision if that is new.

        Args:
            sole: if the owner has a draft of the procedure already, store nothing and return False.
        """
        ...

    def get(self, id: str) -> Dossier | None:
        """The dossier with the id."""
        ...

    def replace(self, dossier: Dossier) -> None:
        """Store a changed draft.

        Raises:
            StaleDossier: the stored version is not the one before the version of *dossier*.
        """
        ...

    def delete(self, id: str, version: int) -> None:
        """Delete a draft with its history.

        Raises:
            StaleDossier: the stored version is not *version*.
        """
        ...

    def cancelled_drafts(self, before: datetime, limit: int = 100) -> tuple[Dossier, ...]:
        """Drafts that were cancelled before this moment."""
        ...

    def idle_drafts(self, until: datetime, *, after: tuple[datetime, str] | None = None, limit: int = 100) -> tuple[Dossier, ...]:
        """Drafts whose last change is not after *until*, the oldest change first.

        Args:
            after: last change and id of a draft; only those behind it in this order are returned.
        """
        ...


class DossierStore(Protocol):
    """Dossiers and the events that changed them."""

    def get(self, id: str) -> Dossier | None:
        """The dossier with the id."""
        ...

    def by_code(self, code: DossierCode) -> Dossier | None:
        """The dossier with the code."""
        ...

    def by_receipt(self, receipt: str) -> Dossier | None:
        """The dossier with the receipt number."""
        ...

    def record(self, record: ActionRecord) -> Dossier:
        """Store an action and return the dossier after it: event, state, number, answers, note, search text and mails.

        Raises:
            StaleDossier: the stored dossier, or the attempt that pays with the action, changed meanwhile.
            StoreError: another dossier has the code.
        """
        ...

    def find(
        self, owner: str | None, query: Query = EVERYTHING, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """Dossiers of *owner* that match *query*, in its order.

        Args:
            owner: None for the list of an office: every dossier with a code.
            before: id of a dossier; only those that follow it are returned.
        """
        ...

    def count(self, query: Query, most: int) -> int:
        """Number of dossiers with a code that match *query*, up to *most*; its words, code, procedure and days are ignored."""
        ...

    def every(self) -> Iterator[Dossier]:
        """All dossiers, oldest first, read in pages."""
        ...

    def events(self, id: str) -> tuple[Event, ...]:
        """History of a dossier, oldest first."""
        ...

    def latest(self, before: tuple[datetime, str, int] | None = None, *, actor: str = "", limit: int = 50) -> tuple[Event, ...]:
        """Events of dossiers with a code, newest first.

        Args:
            before: moment, dossier and number of an event; only events before it are returned.
            actor: only events of this actor.
        """
        ...

    def notes(self, id: str) -> Mapping[int, Note]:
        """Notes of a dossier by the number of their event; empty after erasure."""
        ...

    def owners(self, blob: str) -> frozenset[str]:
        """Owners of the dossiers that name this file."""
        ...

    def is_named(self, blob: str) -> bool:
        """Whether a dossier names this file."""
        ...
