"""What dossierkit needs from the world, as protocols.  Implementations know these and the pure floors, nothing else."""

from dossierkit.ports.accounts import AccountStore, Outbox
from dossierkit.ports.dossiers import EVERYTHING, Change, DossierStore, Gap, Life, Place, batches, highest, numbers_of
from dossierkit.ports.payments import PaymentGateway, PaymentStore
from dossierkit.ports.world import BlobStore, Clock, Hasher, Mailer, Scanner, Tokens

__all__ = [
    "EVERYTHING",
    "AccountStore",
    "BlobStore",
    "Change",
    "Clock",
    "DossierStore",
    "Gap",
    "Hasher",
    "Life",
    "Mailer",
    "Outbox",
    "PaymentGateway",
    "PaymentStore",
    "Place",
    "Scanner",
    "Tokens",
    "batches",
    "highest",
    "numbers_of",
]
