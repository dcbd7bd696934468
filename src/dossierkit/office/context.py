"""The context that the services of an office share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import attrs

from dossierkit.catalog.catalog import Catalog
from dossierkit.dossiers.deadlines.calendars import Calendar, day_of
from dossierkit.dossiers.deadlines.dossier_clock import OfficeClock
from dossierkit.dossiers.states import Action
from dossierkit.mail.letters import Office
from dossierkit.office.keys import installation_key
from dossierkit.ports import BlobStore, Clock, Store, Tokens


@attrs.define(eq=False)
class Context:
    """The store, the catalog, the clock and the office that the services of one engine share.

    Fixed once the engine is made, but for *blobs* and *observe*, which a portal may bring later.
    """

    store: Store
    catalog: Catalog
    clock: Clock
    tokens: Tokens
    #: The id that dossier codes begin with, unless a procedure has its own.
    agency: str
    office: Office = attrs.field(factory=Office)
    office_clock: OfficeClock = attrs.field(factory=lambda: OfficeClock(Calendar))
    #: The store of files; without it, ids of files are checked only for their form and owner.
    blobs: BlobStore | None = None
    #: Called after each stored action, with the seconds that it took, waiting for other writers included.
    observe: Callable[[Action, float], object] = lambda action, seconds: None  # noqa: ARG005  # without an observer
    _check_key: bytes = attrs.field(init=False, default=b"", repr=False)

    def check_key(self) -> bytes:
        """The secret that check codes are made with; read once, as every action needs it."""
        self._check_key = self._check_key or self.key("check-key")
        return self._check_key

    def key(self, name: str) -> bytes:
        """The secret of the installation called *name*."""
        return installation_key(self.store, name)

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return self.clock.now()

    def today(self) -> date:
        """The office's day."""
        return day_of(self.now())
