"""Where accounts, sessions and mails are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from dossierkit.dossiers.mails import Outgoing, SendMail
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.people.session import Session


class AccountStore(Protocol):
    """Keeps accounts, sessions and secrets.  Of tokens and passwords only hashes come here."""

    def create_account(self, account: Account, *mails: SendMail) -> bool:
        """Keeps a new account and *mails*; False, and nothing kept, where the subject is taken, or the proven address."""
        ...

    def account(self, id: str) -> Account | None:
        """The account called *id*."""
        ...

    def account_of(self, mail: str) -> Account | None:
        """The account that *mail* belongs to: the one that proved it, else the oldest that claims it."""
        ...

    def accounts_of(self, mail: str) -> tuple[Account, ...]:
        """The account that *mail* belongs to, and the newest that claims it: none, one or two."""
        ...

    def officers(self, unit: str = "") -> tuple[Account, ...]:
        """Everybody with a role other than a citizen's, of *unit* or of all, by mail address."""
        ...

    def account_as(self, subject: str) -> Account | None:
        """The account that is *subject* to a sign-in elsewhere."""
        ...

    def replace_account(self, account: Account, *mails: SendMail) -> bool:
        """Keeps a changed account and *mails*; False, and nothing kept, where another proved its mail address.

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
        """Keeps a single-use secret of *account*, beside those before it, and *mails*."""
        ...

    def take_secret(self, hash: str, now: datetime) -> str | None:
        """The account whose secret this is, once; None afterwards, and when it is too old."""
        ...

    def secret(self, hash: str, now: datetime) -> str | None:
        """The account whose secret this is; the secret stays."""
        ...

    def forget_secrets(self, account: str) -> None:
        """Forgets every secret of *account*."""
        ...

    def try_again(self, limits: Mapping[str, int], now: datetime, since: datetime) -> Mapping[str, datetime]:
        """Counts one more try under each key, unless one had as many as its limit after *since*: then nothing is counted.

        Returns:
            The keys that are full, each with the try that has to lie before *since* until there is room.
        """
        ...

    def tries(self, key: str, since: datetime) -> int:
        """How many tries were counted under *key* after *since*."""
        ...

    def take_back(self, keys: Sequence[str], at: datetime) -> None:
        """Forgets one try that was counted under each of *keys* at the moment *at*."""
        ...

    def forget_tries(self, key: str) -> None:
        """Forgets the tries of *key*, and of every key that goes on after it with a colon."""
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

    def again(self, id: int, due: datetime) -> None:
        """Lets a mail that failed, or was given up, be tried at *due* as if for the first time."""
        ...

    def bounces(self, to: str) -> bool:
        """Whether mail to the address *to* does not get through: the last one that came to an end was given up."""
        ...

    def given_up(self, limit: int = 200) -> tuple[Outgoing, ...]:
        """Mails that were given up, newest first."""
        ...

    def undelivered(self) -> tuple[Outgoing, ...]:
        """Mails that were given up, or failed at least once, oldest first."""
        ...
