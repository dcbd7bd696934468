"""The tables of the store in memory."""

from __future__ import annotations

import copy
import threading
from collections import Counter
from datetime import date

import attrs

from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.ledger.ledger import Posting
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, Note
from dossierkit.pointers import Json
from dossierkit.ports import NumberGap, Publication
from dossierkit.stores.refusals import stale_dossier


@attrs.define(eq=False)
class Tables:
    """Dossiers and all that belongs to them.  Callers hold *lock* while they read or write."""

    lock: threading.RLock = attrs.field(factory=threading.RLock)
    #: Id → dossier, oldest first.
    dossiers: dict[str, Dossier] = attrs.field(factory=dict)
    codes: dict[DossierCode, str] = attrs.field(factory=dict)
    receipts: dict[str, str] = attrs.field(factory=dict)
    events: dict[str, list[Event]] = attrs.field(factory=dict)
    notes: dict[str, dict[int, Note]] = attrs.field(factory=dict)
    #: Id of a dossier → folded text of the search.
    search: dict[str, str] = attrs.field(factory=dict)
    postings: list[Posting] = attrs.field(factory=list)
    postings_of: dict[str, list[Posting]] = attrs.field(factory=dict)
    #: (year, procedure, days) → number of dossiers.
    spans: Counter[tuple[int, str, int]] = attrs.field(factory=Counter)
    #: Last day of any posting; None while there is none.
    last_posted: date | None = None
    #: (agency, series) → last number drawn.
    counters: dict[tuple[str, str], int] = attrs.field(factory=dict)
    gaps: list[NumberGap] = attrs.field(factory=list)
    bundles: dict[str, bytes] = attrs.field(factory=dict)
    facts: dict[str, Json] = attrs.field(factory=dict)
    #: Digest → published file.
    published_files: dict[str, bytes] = attrs.field(factory=dict)
    #: Oldest first.
    publications: list[Publication] = attrs.field(factory=list)

    def guard(self, id: str, version: int) -> Dossier:
        """The dossier with the id.

        Raises:
            StaleDossier: its version is not *version*, or there is none.
        """
        stored = self.dossiers.get(id)
        if stored is None or stored.version != version:
            raise stale_dossier(id, version)
        return stored

    def write_dossier(self, dossier: Dossier) -> None:
        """Store *dossier*, and find it by its code and receipt number."""
        self.dossiers[dossier.id] = detached(dossier)
        if dossier.code is not None:
            self.codes[dossier.code] = dossier.id
        if dossier.handling.receipt:
            self.receipts[dossier.handling.receipt] = dossier.id


def detached(dossier: Dossier) -> Dossier:
    """A copy of *dossier* that shares no answers with it: answers are mutable."""
    return attrs.evolve(dossier, answers=copy.deepcopy(dossier.answers))
