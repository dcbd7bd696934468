"""Accounts, sessions, secrets and tries in memory."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.people.access_token import AccessToken
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.people.session_lifetime import ENDED, Session
from dossierkit.dossiers.states import Role, State
from dossierkit.stores.memory.outbox import MemoryOutbox
from dossierkit.stores.memory.tables import Tables
from dossierkit.stores.refusals import stale_account


class MemoryAccounts:
    """An `AccountStore` beside the dossiers in *tables* and the mails in *outbox*."""

    def __init__(self, tables: Tables, outbox: MemoryOutbox) -> None:
        self._tables = tables
        self._lock = tables.lock
        self._outbox = outbox
        self._accounts: dict[str, Account] = {}
        self._sessions: dict[str, Session] = {}
        #: Hash → account, and when the secret ends.
        self._secrets: dict[str, tuple[str, datetime]] = {}
        #: By name.
        self._access_tokens: dict[str, AccessToken] = {}
        self._tries: dict[str, list[datetime]] = {}

    def create_account(self, account: Account, *mails: SendMail) -> bool:
        """See `AccountStore.create_account`."""
        with self._lock:
            if account.id in self._accounts or self._conflicts(account):
                return False
            self._write(account, mails)
            return True

    def account(self, id: str) -> Account | None:
        """See `AccountStore.account`."""
        with self._lock:
            return copy.deepcopy(self._accounts.get(id))

    def account_of(self, mail: str) -> Account | None:
        """See `AccountStore.account_of`."""
        return next(iter(self.accounts_of(mail)), None)

    def accounts_of(self, mail: str) -> tuple[Account, ...]:
        """See `AccountStore.accounts_of`."""
        with self._lock:
            claims = [account for account in self._accounts.values() if account.mail == mail]
            owner = next((account for account in claims if account.proven), claims[0] if claims else None)
            newest = [account for account in claims if account is not owner][-1:]
            return tuple(copy.deepcopy(account) for account in (*((owner,) if owner is not None else ()), *newest))

    def officers(self, unit: str = "") -> tuple[Account, ...]:
        """See `AccountStore.officers`."""
        with self._lock:
            accounts = self._accounts.values()
            officers = (account for account in accounts if account.role is not Role.CITIZEN and unit in ("", account.unit))
            return tuple(sorted(officers, key=lambda officer: officer.mail))

    def account_as(self, subject: str) -> Account | None:
        """See `AccountStore.account_as`."""
        with self._lock:
            accounts = self._accounts.values()
            return next((copy.deepcopy(account) for account in accounts if subject and account.subject == subject), None)

    def replace_account(self, account: Account, *mails: SendMail) -> bool:
        """See `AccountStore.replace_account`."""
        with self._lock:
            if self._conflicts(account):
                return False
            stored = self._accounts.get(account.id)
            if stored is None or stored.version != account.version - 1:
                raise stale_account(account)
            self._write(account, mails)
            return True

    def delete_account(self, id: str, *mails: SendMail) -> None:
        """See `AccountStore.delete_account`."""
        with self._lock:
            self._accounts.pop(id, None)
            self.forget_secrets(id)
            self.end_sessions(id)
            self._outbox.post(*mails)

    def keep_session(self, session: Session) -> None:
        """See `AccountStore.keep_session`."""
        with self._lock:
            self._sessions = {h: s for h, s in self._sessions.items() if s.seen >= session.seen - ENDED}
            self._sessions[session.hash] = session

    def session(self, hash: str) -> Session | None:
        """See `AccountStore.session`."""
        with self._lock:
            return self._sessions.get(hash)

    def end_session(self, hash: str) -> None:
        """See `AccountStore.end_session`."""
        with self._lock:
            self._sessions.pop(hash, None)

    def end_sessions(self, account: str, *, but: str = "") -> None:
        """See `AccountStore.end_sessions`."""
        with self._lock:
            self._sessions = {h: s for h, s in self._sessions.items() if s.account != account or h == but}

    def keep_secret(self, hash: str, account: str, until: datetime, *mails: SendMail) -> None:
        """See `AccountStore.keep_secret`."""
        with self._lock:
            first_valid = until - ENDED
            self._secrets = {key: secret for key, secret in self._secrets.items() if secret[1] >= first_valid}
            self._secrets[hash] = (account, until)
            self._outbox.post(*mails)

    def take_secret(self, hash: str, now: datetime) -> str | None:
        """See `AccountStore.take_secret`."""
        with self._lock:
            account = self.secret(hash, now)
            self._secrets.pop(hash, None)
            return account

    def secret(self, hash: str, now: datetime) -> str | None:
        """See `AccountStore.secret`."""
        with self._lock:
            account, until = self._secrets.get(hash, ("", now))
            return account if now < until else None

    def forget_secrets(self, account: str) -> None:
        """See `AccountStore.forget_secrets`."""
        with self._lock:
            self._secrets = {hash: secret for hash, secret in self._secrets.items() if secret[0] != account}

    def create_access_token(self, token: AccessToken) -> bool:
        """See `AccountStore.create_access_token`."""
        with self._lock:
            return self._access_tokens.setdefault(token.name, token) is token

    def access_token(self, hash: str) -> AccessToken | None:
        """See `AccountStore.access_token`."""
        with self._lock:
            return next((token for token in self._access_tokens.values() if token.hash == hash), None)

    def access_tokens(self) -> tuple[AccessToken, ...]:
        """See `AccountStore.access_tokens`."""
        with self._lock:
            return tuple(sorted(self._access_tokens.values(), key=lambda token: token.name))

    def replace_access_token(self, token: AccessToken) -> None:
        """See `AccountStore.replace_access_token`."""
        with self._lock:
            if self.access_token(token.hash) is not None:
                self._access_tokens[token.name] = token

    def delete_access_token(self, name: str) -> bool:
        """See `AccountStore.delete_access_token`."""
        with self._lock:
            return self._access_tokens.pop(name, None) is not None

    def try_again(self, limits: Mapping[str, int], now: datetime, since: datetime) -> Mapping[str, datetime]:
        """See `AccountStore.try_again`."""
        with self._lock:
            within = {key: sorted(at for at in self._tries.get(key, ()) if at > since) for key in limits}
            full = {key: tries[-limits[key]] for key, tries in within.items() if len(tries) >= limits[key]}
            if not full:
                for key in limits:
                    self._tries.setdefault(key, []).append(now)
            return full

    def tries(self, key: str, since: datetime) -> int:
        """See `AccountStore.tries`."""
        with self._lock:
            return sum(at > since for at in self._tries.get(key, ()))

    def take_back(self, keys: Sequence[str], at: datetime) -> None:
        """See `AccountStore.take_back`."""
        with self._lock:
            for key in keys:
                if at in self._tries.get(key, ()):
                    self._tries[key].remove(at)

    def forget_tries(self, key: str) -> None:
        """See `AccountStore.forget_tries`."""
        with self._lock:
            self._tries = {k: tries for k, tries in self._tries.items() if k != key and not k.startswith(f"{key}:")}

    def adopt(self, guest: str, account: str) -> None:
        """See `AccountStore.adopt`."""
        with self._lock:
            for dossier in self._tables.dossiers.values():
                if dossier.owner == guest and dossier.state is State.DRAFT:
                    self._tables.dossiers[dossier.id] = attrs.evolve(dossier, owner=account)

    def _conflicts(self, account: Account) -> bool:
        """Whether another account has the proven mail address or the subject of *account*."""
        others = [other for other in self._accounts.values() if other.id != account.id]
        return any(
            (other.mail == account.mail and other.proven and account.proven)
            or (other.subject and other.subject == account.subject)
            for other in others
        )

    def _write(self, account: Account, mails: tuple[SendMail, ...]) -> None:
        self._accounts[account.id] = copy.deepcopy(account)
        self._outbox.post(*mails)
