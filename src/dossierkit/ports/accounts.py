"""Accounts with their sessions, secrets and tries, and how passwords are hashed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.people.access_token import AccessToken
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.people.session_lifetime import Session


class Hasher(Protocol):
    """Hashes passwords."""

    def hash(self, password: str) -> str:
        """A slow, salted hash."""
        ...

    def verify(self, hash: str, password: str, *, first: bool = False) -> bool:
        """Whether *password* has this *hash*; as slow for an empty *hash* as for any other.

        Args:
            first: run before all waiting calls without it.
        """
        ...

    def is_outdated(self, hash: str) -> bool:
        """Whether *hash* was made with weaker parameters than the present ones."""
        ...


class AccountStore(Protocol):
    """Accounts, sessions, secrets, access tokens and tries.  Of tokens and passwords it gets hashes only.

    Mails that a method takes go to the outbox in the same transaction.
    """

    def create_account(self, account: Account, *mails: SendMail) -> bool:
        """Store a new account; False, and nothing stored, if its id, subject or proven mail address is another account's."""
        ...

    def account(self, id: str) -> Account | None:
        """The account with the id."""
        ...

    def account_of(self, mail: str) -> Account | None:
        """The account that owns the address: the one that proved it, else the oldest that claims it."""
        ...

    def accounts_of(self, mail: str) -> tuple[Account, ...]:
        """The account that owns the address, and the newest other one that claims it: none, one or two accounts."""
        ...

    def officers(self, unit: str = "") -> tuple[Account, ...]:
        """Accounts of the office, by mail address: every role except citizens; of *unit*, or of all if it is empty."""
        ...

    def account_as(self, subject: str) -> Account | None:
        """The account that is linked to *subject* of a sign-in elsewhere."""
        ...

    def replace_account(self, account: Account, *mails: SendMail) -> bool:
        """Store a changed account; False, and nothing stored, if another account proved its address or has its subject.

        Raises:
            StaleAccount: the stored version is not the one before the version of *account*.
        """
        ...

    def delete_account(self, id: str, *mails: SendMail) -> None:
        """Delete an account with its sessions and secrets."""
        ...

    def keep_session(self, session: Session) -> None:
        """Store a session, new or with a later time of use.  Sessions that ended are deleted on the way."""
        ...

    def session(self, hash: str) -> Session | None:
        """The session with the hash."""
        ...

    def end_session(self, hash: str) -> None:
        """Delete the session with the hash."""
        ...

    def end_sessions(self, account: str, *, but: str = "") -> None:
        """Delete the sessions of *account*, except the one with the hash *but*."""
        ...

    def keep_secret(self, hash: str, account: str, until: datetime, *mails: SendMail) -> None:
        """Add a single-use secret of *account*, valid before *until*, in place of one with the same *hash*.

        Secrets that ended are deleted on the way.
        """
        ...

    def take_secret(self, hash: str, now: datetime) -> str | None:
        """The id of the account that the secret belongs to, and delete the secret; None if there is none or it ended."""
        ...

    def secret(self, hash: str, now: datetime) -> str | None:
        """The id of the account that the secret belongs to; None if there is none or it ended."""
        ...

    def forget_secrets(self, account: str) -> None:
        """Delete every secret of *account*."""
        ...

    def create_access_token(self, token: AccessToken) -> bool:
        """Store a new access token; False, and nothing stored, if another one has its name."""
        ...

    def access_token(self, hash: str) -> AccessToken | None:
        """The access token with the hash."""
        ...

    def access_tokens(self) -> tuple[AccessToken, ...]:
        """Every access token, by name."""
        ...

    def replace_access_token(self, token: AccessToken) -> None:
        """Store a changed access token; nothing if it was deleted meanwhile."""
        ...

    def delete_access_token(self, name: str) -> bool:
        """Delete the access token called *name*; False if there is none."""
        ...

    def try_again(self, limits: Mapping[str, int], now: datetime, since: datetime) -> Mapping[str, datetime]:
        """Count one try at *now* under each key of *limits*, unless a key has as many tries after *since* as its limit.

        The count outlives the program; a power failure may undo the last ones.

        Returns:
            Full keys, each with the try that has to leave the window before there is room; empty if the try was counted.
        """
        ...

    def tries(self, key: str, since: datetime) -> int:
        """Number of tries under *key* after *since*."""
        ...

    def take_back(self, keys: Sequence[str], at: datetime) -> None:
        """Delete one try, counted at the moment *at*, under each of *keys*."""
        ...

    def forget_tries(self, key: str) -> None:
        """Delete the tries under *key* and under every key that begins with *key* and a colon."""
        ...

    def adopt(self, guest: str, account: str) -> None:
        """Make *account* the owner of the drafts of *guest*."""
        ...
