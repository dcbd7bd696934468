"""What dossierkit needs from the world, as protocols.  Implementations know these and the pure floors, nothing else."""

from dossierkit.ports.accounts import AccountStore, Outbox
from dossierkit.ports.dossiers import (
    EVERYTHING,
    ActionRecord,
    DossierStore,
    ImportedDossier,
    NumberGap,
    Position,
    batches,
    highest,
    numbers_of,
)
from dossierkit.ports.payments import PaymentGateway, PaymentStore
from dossierkit.ports.world import BlobStore, Clock, Hasher, Mailer, Scanner, Tokens

__all__ = [
    "EVERYTHING",
    "AccountStore",
    "ActionRecord",
    "BlobStore",
    "Clock",
    "DossierStore",
    "Hasher",
    "ImportedDossier",
    "Mailer",
    "NumberGap",
    "Outbox",
    "PaymentGateway",
    "PaymentStore",
    "Position",
    "Scanner",
    "Tokens",
    "batches",
    "highest",
    "numbers_of",
]
