"""Data of the installation as a whole: procedure bundles, facts, number series, imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import attrs

from dossierkit.pointers import Json
from dossierkit.ports.records import ImportedDossier, NumberGap


class BundleStore(Protocol):
    """Bundles of procedure files by revision: every dossier can be read under the revision it was filed under."""

    def bundle(self, revision: str) -> bytes | None:
        """The bundle of a revision."""
        ...

    def keep_bundle(self, revision: str, bundle: bytes) -> None:
        """Store the bundle of a revision, unless there is one."""
        ...

    def revisions(self) -> Mapping[tuple[str, str], int]:
        """(procedure, revision) → number of dossiers, drafts included."""
        ...


class FactStore(Protocol):
    """Small facts of the installation, by name."""

    def remember(self, key: str, value: Json) -> None:
        """Store a fact in place of the one before."""
        ...

    def remember_once(self, key: str, value: Json) -> Json:
        """Store a fact unless there is one called *key*, and return the stored one: the same for all who ask at once."""
        ...

    def recall(self, key: str) -> Json:
        """The fact called *key*, or None."""
        ...


class SeriesStore(Protocol):
    """Series of numbers, by agency and ISO day or year: codes by day, receipts by year, see `codes.series_of`."""

    def counters(self) -> Mapping[tuple[str, str], int]:
        """(agency, series) → last number drawn."""
        ...

    def counters_of_mark(self) -> Mapping[tuple[str, str], int]:
        """(agency, series) → last number in the mark beside the store; a store that lost nothing has it in `counters`."""
        ...

    def skip(self, gap: NumberGap) -> bool:
        """Continue a series after *gap*; False if it is there already."""
        ...

    def gaps(self) -> tuple[NumberGap, ...]:
        """Every gap, oldest first."""
        ...


@attrs.frozen
class Activity:
    """How busy a store is with the work of this process, at one moment."""

    #: Writes that wait for the transaction before theirs.
    writes_waiting: int = 0
    #: Connections that read, those among them that are free, and reads that wait for one; of a database on a server.
    readers: int = 0
    readers_free: int = 0
    reads_waiting: int = 0
    #: Connections that were lost or could not be made, since the store was opened; of a database on a server.
    errors: int = 0


class UpkeepStore(Protocol):
    """Imports, and what an operator asks of a store."""

    def load(self, dossiers: Iterable[ImportedDossier], *, at_once: int = 500) -> Iterator[int]:
        """Import dossiers with their history, *at_once* in a transaction; yield the number imported after each.

        Their bundles have to be in the store.  Every series continues after the highest imported number.

        Raises:
            StoreError: a code, a receipt number or an id exists already, or a bundle does not; that transaction stores
                nothing.
        """
        ...

    def size(self) -> int:
        """Number of dossiers, drafts included."""
        ...

    def activity(self) -> Activity:
        """What it does for this process; no statement is sent for it."""
        ...

    def guard_writable(self) -> None:
        """Check that a write can be expected to succeed, without writing.

        Raises:
            UnwritableStore: it cannot.
        """
        ...

    def close(self) -> None:
        """Release files and connections; no other method may be called afterwards."""
        ...
