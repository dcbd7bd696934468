"""The contracts of stores as tests, for the shipped stores and for others (needs pytest).

    class TestMyStore(StoreContract):
        @pytest.fixture
        def store(self):
            return MyStore()

`StoreContract` has the contracts of all protocols of `dossierkit.ports`, which also can be run alone.
`BlobContract` is that of a store of files, with a fixture `blobs`.
"""

from dossierkit.testing.contract.accounts import AccountContract
from dossierkit.testing.contract.dossiers import DossierContract
from dossierkit.testing.contract.drafts import DraftContract
from dossierkit.testing.contract.files import BlobContract
from dossierkit.testing.contract.installation import InstallationContract
from dossierkit.testing.contract.ledger import LedgerContract
from dossierkit.testing.contract.outbox import OutboxContract
from dossierkit.testing.contract.payments import PaymentContract
from dossierkit.testing.contract.publications import PublicationContract
from dossierkit.testing.contract.tries import TriesContract

__all__ = [
    "AccountContract",
    "BlobContract",
    "DossierContract",
    "DraftContract",
    "InstallationContract",
    "LedgerContract",
    "OutboxContract",
    "PaymentContract",
    "PublicationContract",
    "StoreContract",
    "TriesContract",
]


class StoreContract(
    DraftContract,
    DossierContract,
    LedgerContract,
    InstallationContract,
    AccountContract,
    TriesContract,
    OutboxContract,
    PaymentContract,
    PublicationContract,
):
    """The contract of every `Store`.  A subclass has a fixture `store` that gives a new, empty one."""
