"""The store of an installation, composed of the narrower protocols."""

from __future__ import annotations

from typing import Protocol

from dossierkit.ports.accounts import AccountStore
from dossierkit.ports.dossiers import DossierStore, DraftStore
from dossierkit.ports.installation import BundleStore, FactStore, SeriesStore, UpkeepStore
from dossierkit.ports.ledger import LedgerStore
from dossierkit.ports.mail import Outbox
from dossierkit.ports.payments import PaymentStore
from dossierkit.ports.publications import PublicationStore


class Store(
    DraftStore,
    DossierStore,
    LedgerStore,
    BundleStore,
    FactStore,
    SeriesStore,
    PublicationStore,
    UpkeepStore,
    Protocol,
):
    """All data of an installation, except the bytes of attachments.  Each method is one transaction; threads may share a store.

    A function asks for the narrowest of these protocols that has what it needs.
    """

    @property
    def accounts(self) -> AccountStore:
        """Accounts in the same database."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Mails in the same database."""
        ...

    @property
    def payments(self) -> PaymentStore:
        """Attempts to pay in the same database."""
        ...
