"""Protocols of what dossierkit needs from the world.  Implementations import these and the pure packages, nothing else.

- `store`: the store of an installation, composed of `dossiers`, `ledger`, `installation`, `publications`, `accounts`, `mail`,
  `payments`
- `records`: values that a store writes as a whole
- `files`: bytes of attachments, and malware scanners
- `clock`: time and chance
"""

from dossierkit.ports.accounts import AccountStore, Hasher
from dossierkit.ports.clock import Clock, Tokens
from dossierkit.ports.dossiers import EVERYTHING, DossierStore, DraftStore
from dossierkit.ports.files import BlobStore, Scanner, StoredFile
from dossierkit.ports.installation import Activity, BundleStore, FactStore, SeriesStore, UpkeepStore
from dossierkit.ports.ledger import LedgerStore
from dossierkit.ports.mail import Mailer, Outbox
from dossierkit.ports.payments import PaymentGateway, PaymentStore
from dossierkit.ports.publications import Publication, PublicationStore
from dossierkit.ports.records import ActionRecord, ImportedDossier, NumberGap, Position
from dossierkit.ports.store import Store

__all__ = [
    "EVERYTHING",
    "AccountStore",
    "ActionRecord",
    "Activity",
    "BlobStore",
    "BundleStore",
    "Clock",
    "DossierStore",
    "DraftStore",
    "FactStore",
    "Hasher",
    "ImportedDossier",
    "LedgerStore",
    "Mailer",
    "NumberGap",
    "Outbox",
    "PaymentGateway",
    "PaymentStore",
    "Position",
    "Publication",
    "PublicationStore",
    "Scanner",
    "SeriesStore",
    "Store",
    "StoredFile",
    "Tokens",
    "UpkeepStore",
]
