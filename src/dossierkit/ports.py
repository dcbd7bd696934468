"""What dossierkit needs from the world, as protocols.  Implementations know these and the pure floors, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Protocol

import attrs

from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.dossier import Dossier, Event
from dossierkit.forms.pointers import Json


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


@attrs.frozen
class Submission:
    """A draft on its way to a code.  *issue* turns the number of the day into the code, *event* the code into history."""

    dossier: Dossier
    agency: str
    day: date
    search: str
    issue: Callable[[int], DossierCode]
    event: Callable[[DossierCode, str, int], Event]
    #: The answers differ from the stored draft's.
    changed: bool = True


class DossierStore(Protocol):
    """Keeps dossiers, their events and the bundles they were filed under.  Every method is one transaction."""

    def create(self, dossier: Dossier, event: Event, bundle: bytes) -> None:
        """Keeps a new draft, and the bundle of its revision if it is new."""
        ...

    def get(self, id: str) -> Dossier | None:
        """The dossier called *id*."""
        ...

    def by_code(self, code: DossierCode) -> Dossier | None:
        """The dossier with this code."""
        ...

    def replace(self, dossier: Dossier) -> None:
        """Keeps a changed draft.

        Raises:
            StaleDossier: the stored version is not the one before *dossier*'s.
        """
        ...

    def submit(self, submission: Submission) -> Dossier:
        """Gives the draft a code and keeps it, all or nothing; a draft that has a code already comes back as it is.

        Raises:
            StaleDossier: somebody changed the draft meanwhile.
        """
        ...

    def delete(self, id: str, version: int) -> None:
        """Forgets a draft.

        Raises:
            StaleDossier: somebody changed it meanwhile.
        """
        ...

    def find(self, owner: str, *, words: str = "", before: str | None = None, limit: int = 20) -> tuple[Dossier, ...]:
        """The newest dossiers of *owner* that hold all folded *words*, those older than the id *before*."""
        ...

    def events(self, id: str) -> tuple[Event, ...]:
        """The history of a dossier, oldest first."""
        ...

    def bundle(self, revision: str) -> bytes | None:
        """The bundle of a revision that a dossier was filed under."""
        ...

    def every(self) -> Iterator[Dossier]:
        """All dossiers, oldest first, in bounded memory."""
        ...

    def counters(self) -> Mapping[tuple[str, str], int]:
        """(agency, ISO day) → the last number given."""
        ...

    def remember(self, key: str, value: Json) -> None:
        """Keeps a small fact of the installation."""
        ...

    def recall(self, key: str) -> Json:
        """The fact called *key*, or None."""
        ...

    def close(self) -> None:
        """Lets go of everything; the store is not used afterwards."""
        ...


class BlobStore(Protocol):
    """Keeps the bytes of attachments."""

    def put(self, name: str, content: bytes) -> str:
        """Keeps *content*; gives its id."""
        ...

    def get(self, id: str) -> bytes | None:
        """The bytes called *id*."""
        ...
