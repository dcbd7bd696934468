"""What dossierkit needs from the world, as protocols.  Implementations know these and the pure floors, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import BinaryIO, Protocol

import attrs

from dossierkit.dossiers.accounts import Account, Session
from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.dossier import Dossier, Event, Query
from dossierkit.dossiers.effects import Outgoing, SendMail
from dossierkit.forms.pointers import Json

EVERYTHING = Query()


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
    #: The mails that tell of it, kept in the same transaction.
    mails: Callable[[DossierCode], tuple[SendMail, ...]] = lambda _: ()


class DossierStore(Protocol):
    """Keeps dossiers, their events and the bundles they were filed under.  Every method is one transaction."""

    @property
    def accounts(self) -> AccountStore:
        """The accounts in the same store."""
        ...

    @property
    def outbox(self) -> Outbox:
        """The mails in the same store."""
        ...

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

    def find(self, owner: str, query: Query = EVERYTHING, *, before: str | None = None, limit: int = 20) -> tuple[Dossier, ...]:
        """The newest dossiers of *owner* that *query* is about, those older than the id *before*."""
        ...

    def events(self, id: str) -> tuple[Event, ...]:
        """The history of a dossier, oldest first."""
        ...

    def names(self, blob: str) -> bool:
        """Whether some dossier names this file."""
        ...

    def bundle(self, revision: str) -> bytes | None:
        """The bundle of a revision that a dossier was filed under."""
        ...

    def keep_bundle(self, revision: str, bundle: bytes) -> None:
        """Keeps the bundle of a revision, if it is new."""
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


class AccountStore(Protocol):
    """Keeps accounts, sessions and secrets.  Of tokens and passwords only hashes come here."""

    def create_account(self, account: Account, *mails: SendMail) -> bool:
        """Keeps a new account and *mails*; False, and nothing kept, where the mail address or the subject is taken."""
        ...

    def account(self, id: str) -> Account | None:
        """The account called *id*."""
        ...

    def account_of(self, mail: str) -> Account | None:
        """The account that signs in with *mail*."""
        ...

    def account_as(self, subject: str) -> Account | None:
        """The account that is *subject* to a sign-in elsewhere."""
        ...

    def replace_account(self, account: Account, *mails: SendMail) -> bool:
        """Keeps a changed account and *mails*; False, and nothing kept, where its mail address is another's.

        Raises:
            StaleAccount: the stored version is not the one before *account*'s.
        """
        ...

    def delete_account(self, id: str, *mails: SendMail) -> None:
        """Forgets an account with its sessions and secrets, and keeps *mails*."""
        ...

    def keep_session(self, session: Session) -> None:
        """Keeps a new session, or when it was seen last."""
        ...

    def session(self, hash: str) -> Session | None:
        """The session with this hash."""
        ...

    def end_session(self, hash: str) -> None:
        """Forgets a session."""
        ...

    def end_sessions(self, account: str, *, but: str = "") -> None:
        """Forgets every session of *account*, except the one with the hash *but*."""
        ...

    def keep_secret(self, hash: str, account: str, until: datetime, *mails: SendMail) -> None:
        """Keeps a single-use secret of *account*, in place of any before it, and *mails*."""
        ...

    def take_secret(self, hash: str, now: datetime) -> str | None:
        """The account whose secret this is, once; None afterwards, and when it is too old."""
        ...

    def secret(self, hash: str, now: datetime) -> str | None:
        """The account whose secret this is; the secret stays."""
        ...

    def try_again(self, keys: Sequence[str], now: datetime, since: datetime) -> tuple[int, ...]:
        """Counts one more try for each of *keys*; gives how many there were after *since*, this one included."""
        ...

    def forget_tries(self, key: str) -> None:
        """Forgets the tries of *key*."""
        ...

    def adopt(self, guest: str, account: str) -> None:
        """Gives the drafts of *guest* to *account*."""
        ...


class Outbox(Protocol):
    """Keeps mails until they are delivered."""

    def post(self, *mails: SendMail) -> None:
        """Keeps *mails*; one whose key is known already is left out."""
        ...

    def claim(self, now: datetime, until: datetime, limit: int = 20) -> tuple[Outgoing, ...]:
        """Mails that are due; nobody else gets them before *until*."""
        ...

    def delivered(self, id: int, at: datetime) -> None:
        """Marks a mail as delivered and forgets what it said."""
        ...

    def failed(self, id: int, error: str, due: datetime | None) -> None:
        """Marks a mail to be tried again at *due*, or as given up."""
        ...

    def undelivered(self) -> tuple[Outgoing, ...]:
        """Mails that were given up, or failed at least once, oldest first."""
        ...


class Mailer(Protocol):
    """Hands mails to the world."""

    def send(self, mail: SendMail) -> None:
        """Delivers *mail*.

        Raises:
            MailError: it did not get through; `final` says that it never will.
        """
        ...


class Hasher(Protocol):
    """Turns passwords into what may be kept of them."""

    def hash(self, password: str) -> str:
        """A slow, salted hash."""
        ...

    def verify(self, hash: str, password: str) -> bool:
        """Whether *password* is the one; as slow for an empty *hash* as for any other."""
        ...

    def is_outdated(self, hash: str) -> bool:
        """Whether *hash* was made with weaker parameters than today's."""
        ...


class BlobStore(Protocol):
    """Keeps the bytes of attachments."""

    def put(self, name: str, content: BinaryIO) -> str:
        """Keeps what *content* gives, piece by piece; gives its id."""
        ...

    def open(self, id: str) -> BinaryIO | None:
        """The bytes called *id*, to be read and closed."""
        ...

    def delete(self, id: str) -> None:
        """Forgets the bytes called *id*."""
        ...


class Scanner(Protocol):
    """Looks for what should not be in a file."""

    def is_clean(self, content: BinaryIO) -> bool:
        """Whether nothing was found.

        Raises:
            ScanError: nobody could look; the file is then not taken.
        """
        ...
