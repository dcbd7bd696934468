"""Accounts, sessions, secrets and mails in memory: the reference that every other store is measured by."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import attrs

from dossierkit.dossiers.mails import Outgoing, SendMail
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.people.session import ENDED, Session
from dossierkit.dossiers.states import Role
from dossierkit.errors import StaleAccount


class MemoryOutbox:
    """An `Outbox` that forgets everything when the program ends."""

    def __init__(self, lock: threading.RLock | None = None) -> None:
        self._lock = lock or threading.RLock()
        self._kept: dict[int, Outgoing] = {}
        self._due: dict[int, datetime | None] = {}
        self._names: set[str] = set()
        #: Address → the newest mail that got through.
        self._reached: dict[str, int] = {}

    def post(self, *mails: SendMail) -> None:
        """See `Outbox.post`."""
        with self._lock:
            for mail in mails:
                if mail.key not in self._names:
                    self._names.add(mail.key)
                    id = len(self._names)
                    self._kept[id] = Outgoing(id, mail)
                    self._due[id] = None

    def claim(self, now: datetime, until: datetime, limit: int = 20) -> tuple[Outgoing, ...]:
        """See `Outbox.claim`."""
        with self._lock:
            due = [id for id, at in self._due.items() if at is None or at <= now][:limit]
            for id in due:
                self._due[id] = until
            return tuple(attrs.evolve(self._kept[id], due=until) for id in due)

    def delivered(self, id: int, at: datetime) -> None:  # noqa: ARG002  # only a store that lasts has a use for it
        """See `Outbox.delivered`."""
        with self._lock:
            self._due.pop(id, None)
            done = self._kept.pop(id, None)
            if done is not None:
                self._reached[done.mail.to] = max(id, self._reached.get(done.mail.to, 0))

    def failed(self, id: int, error: str, due: datetime | None) -> None:
        """See `Outbox.failed`."""
        with self._lock:
            before = self._kept[id]
            self._kept[id] = attrs.evolve(before, tries=before.tries + 1, error=error, due=due)
            if due is None:
                self._due.pop(id, None)
            else:
                self._due[id] = due

    def again(self, id: int, due: datetime) -> None:
        """See `Outbox.again`."""
        with self._lock:
            if id in self._kept:
                self._kept[id] = attrs.evolve(self._kept[id], tries=1, due=due)
                self._due[id] = due

    def bounces(self, to: str) -> bool:
        """See `Outbox.bounces`."""
        with self._lock:
            lost = (one.id for one in self.given_up(len(self._kept)) if one.mail.to == to)
            return next(lost, 0) > self._reached.get(to, 0)

    def given_up(self, limit: int = 200) -> tuple[Outgoing, ...]:
        """See `Outbox.given_up`."""
        with self._lock:
            return tuple(one for id, one in sorted(self._kept.items(), reverse=True) if id not in self._due)[:limit]

    def undelivered(self) -> tuple[Outgoing, ...]:
        """See `Outbox.undelivered`."""
        with self._lock:
            return tuple(one for one in self._kept.values() if one.tries)


class MemoryAccounts:
    """An `AccountStore` that forgets everything when the program ends.

    Args:
        adopt: gives the drafts of a guest to an account.
    """

    def __init__(self, outbox: MemoryOutbox, lock: threading.RLock, adopt: Callable[[str, str], None]) -> None:
        self._lock = lock
        self._outbox = outbox
        self._adopt = adopt
        self._accounts: dict[str, Account] = {}
        self._sessions: dict[str, Session] = {}
        self._secrets: dict[str, tuple[str, datetime]] = {}
        self._tries: dict[str, list[datetime]] = {}

    def create_account(self, account: Account, *mails: SendMail) -> bool:
        """See `AccountStore.create_account`."""
        with self._lock:
            if self._taken(account):
                return False
            self._keep(account, mails)
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
            claims = [one for one in self._accounts.values() if one.mail == mail]
            owner = next((one for one in claims if one.proven), claims[0] if claims else None)
            newest = [one for one in claims if one is not owner][-1:]
            return tuple(copy.deepcopy(one) for one in (*((owner,) if owner is not None else ()), *newest))

    def officers(self, unit: str = "") -> tuple[Account, ...]:
        """See `AccountStore.officers`."""
        with self._lock:
            found = (one for one in self._accounts.values() if one.role is not Role.CITIZEN and unit in ("", one.unit))
            return tuple(sorted(found, key=lambda one: one.mail))

    def account_as(self, subject: str) -> Account | None:
        """See `AccountStore.account_as`."""
        with self._lock:
            return next((copy.deepcopy(one) for one in self._accounts.values() if subject and one.subject == subject), None)

    def replace_account(self, account: Account, *mails: SendMail) -> bool:
        """See `AccountStore.replace_account`."""
        with self._lock:
            if self._taken(account):
                return False
            stored = self._accounts.get(account.id)
            if stored is None or stored.version != account.version - 1:
                raise StaleAccount(f"account {account.id} is no longer at version {account.version - 1}; read it again")
            self._keep(account, mails)
            return True

    def delete_account(self, id: str, *mails: SendMail) -> None:
        """See `AccountStore.delete_account`."""
        with self._lock:
            self._accounts.pop(id, None)
            self._secrets = {known: kept for known, kept in self._secrets.items() if kept[0] != id}
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
            ended = until - ENDED
            self._secrets = {known: kept for known, kept in self._secrets.items() if kept[1] >= ended}
            self._secrets[hash] = (account, until)
            self._outbox.post(*mails)

    def take_secret(self, hash: str, now: datetime) -> str | None:
        """See `AccountStore.take_secret`."""
        with self._lock:
            found = self.secret(hash, now)
            self._secrets.pop(hash, None)
            return found

    def secret(self, hash: str, now: datetime) -> str | None:
        """See `AccountStore.secret`."""
        with self._lock:
            account, until = self._secrets.get(hash, ("", now))
            return account if now < until else None

    def forget_secrets(self, account: str) -> None:
        """See `AccountStore.forget_secrets`."""
        with self._lock:
            self._secrets = {hash: kept for hash, kept in self._secrets.items() if kept[0] != account}

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
        self._adopt(guest, account)

    def _taken(self, account: Account) -> bool:
        others = [one for one in self._accounts.values() if one.id != account.id]
        return any(
            (one.mail == account.mail and one.proven and account.proven) or (one.subject and one.subject == account.subject)
            for one in others
        )

    def _keep(self, account: Account, mails: tuple[SendMail, ...]) -> None:
        self._accounts[account.id] = copy.deepcopy(account)
        self._outbox.post(*mails)
