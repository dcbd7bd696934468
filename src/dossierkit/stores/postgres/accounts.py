"""Accounts, sessions, secrets and tries in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.people.access_token import AccessToken
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.people.session_lifetime import ENDED, Session
from dossierkit.dossiers.states import State
from dossierkit.stores import reads
from dossierkit.stores.postgres.database import Database
from dossierkit.stores.postgres.outbox import insert_mails
from dossierkit.stores.postgres.transactions import Batch, Steps
from dossierkit.stores.refusals import stale_account
from dossierkit.stores.rows import (
    ACCOUNT_COLUMNS,
    KEPT_TRIES,
    access_token_row,
    account_of_row,
    account_row,
    session_of,
    valid_secret,
)

#: Keys of tries share so many locks.
_SLOTS = 256


class PostgresAccounts:
    """An `AccountStore` in *database*."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_account(self, account: Account, *mails: SendMail) -> bool:
        """See `AccountStore.create_account`."""

        def work(batch: Batch) -> bool:
            if _conflicts(batch, account):
                return False
            values = "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING RETURNING id"
            if batch.execute(f"INSERT INTO accounts ({ACCOUNT_COLUMNS}) {values}", account_row(account)).fetchone() is None:
                return False
            insert_mails(batch, mails)
            return True

        return self._database.write(work)

    def account(self, id: str) -> Account | None:
        """See `AccountStore.account`."""
        return self._select(f"SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE id = %s", id)

    def account_of(self, mail: str) -> Account | None:
        """See `AccountStore.account_of`."""
        return next(iter(self.accounts_of(mail)), None)

    def accounts_of(self, mail: str) -> tuple[Account, ...]:
        """See `AccountStore.accounts_of`."""
        sql = f"SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE mail = %s ORDER BY"
        owner = self._database.read(f"{sql} proven DESC, place LIMIT 1", (mail,))
        newest = self._database.read(f"{sql} place DESC LIMIT 2", (mail,))
        return tuple(map(account_of_row, [*owner, *[row for row in newest if row not in owner][:1]]))

    def _select(self, sql: str, value: str) -> Account | None:
        rows = self._database.read(sql, (value,))
        return account_of_row(rows[0]) if rows else None

    def officers(self, unit: str = "") -> tuple[Account, ...]:
        """See `AccountStore.officers`."""
        sql = f"SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE body ->> 'role' <> 'citizen' ORDER BY mail"
        officers = (account_of_row(row) for row in self._database.read(sql))
        return tuple(officer for officer in officers if unit in ("", officer.unit))

    def account_as(self, subject: str) -> Account | None:
        """See `AccountStore.account_as`."""
        return self._select(f"SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE subject = %s AND subject <> ''", subject)

    def replace_account(self, account: Account, *mails: SendMail) -> bool:
        """See `AccountStore.replace_account`."""

        def work(batch: Batch) -> bool:
            if _conflicts(batch, account):
                return False
            updated = batch.execute(
                """UPDATE accounts SET mail = %s, version = %s, body = %s, subject = %s, proven = %s
                WHERE id = %s AND version = %s RETURNING id""",
                (*account_row(account)[1:], account.id, account.version - 1),
            ).fetchone()
            if not updated:
                raise stale_account(account)
            insert_mails(batch, mails)
            return True

        return self._database.write(work)

    def delete_account(self, id: str, *mails: SendMail) -> None:
        """See `AccountStore.delete_account`."""

        def work(batch: Batch) -> None:
            for table, column in (("accounts", "id"), ("sessions", "account"), ("secrets", "account")):
                batch.execute(f"DELETE FROM {table} WHERE {column} = %s", (id,))
            insert_mails(batch, mails)

        self._database.write(work)

    # --- sessions and secrets ------------------------------------------------------------------------------------

    def keep_session(self, session: Session) -> None:
        """See `AccountStore.keep_session`."""
        values = (session.hash, session.account, session.started.isoformat(), session.seen.isoformat(), int(session.wants))

        def work(batch: Batch) -> None:
            batch.execute("DELETE FROM sessions WHERE seen < %s", ((session.seen - ENDED).isoformat(),))
            batch.execute(_SESSION, values)

        self._database.write(work)

    def session(self, hash: str) -> Session | None:
        """See `AccountStore.session`."""
        rows = self._database.read("SELECT hash, account, started, seen, confined FROM sessions WHERE hash = %s", (hash,))
        return session_of(rows[0]) if rows else None

    def end_session(self, hash: str) -> None:
        """See `AccountStore.end_session`."""
        self._database.write(lambda batch: batch.execute("DELETE FROM sessions WHERE hash = %s", (hash,)))

    def end_sessions(self, account: str, *, but: str = "") -> None:
        """See `AccountStore.end_sessions`."""
        sql = "DELETE FROM sessions WHERE account = %s AND hash <> %s"
        self._database.write(lambda batch: batch.execute(sql, (account, but)))

    def keep_secret(self, hash: str, account: str, until: datetime, *mails: SendMail) -> None:
        """See `AccountStore.keep_secret`."""

        def work(batch: Batch) -> None:
            batch.execute("DELETE FROM secrets WHERE until < %s", ((until - ENDED).isoformat(),))
            batch.execute("INSERT INTO secrets VALUES (%s, %s, %s)" + _REPLACE, (hash, account, until.isoformat()))
            insert_mails(batch, mails)

        self._database.write(work)

    def take_secret(self, hash: str, now: datetime) -> str | None:
        """See `AccountStore.take_secret`."""

        def work(batch: Batch) -> str | None:
            sql = "DELETE FROM secrets WHERE hash = %s RETURNING account, until"
            return valid_secret(batch.execute(sql, (hash,)).fetchall(), now)

        return self._database.write(work)

    def secret(self, hash: str, now: datetime) -> str | None:
        """See `AccountStore.secret`."""
        return valid_secret(self._database.read("SELECT account, until FROM secrets WHERE hash = %s", (hash,)), now)

    def forget_secrets(self, account: str) -> None:
        """See `AccountStore.forget_secrets`."""
        self._database.write(lambda batch: batch.execute("DELETE FROM secrets WHERE account = %s", (account,)))

    def create_access_token(self, token: AccessToken) -> bool:
        """See `AccountStore.create_access_token`."""
        sql = "INSERT INTO access_tokens VALUES (%s, %s, %s) ON CONFLICT (name) DO NOTHING RETURNING name"
        return self._database.write(lambda batch: bool(batch.execute(sql, access_token_row(token)).fetchall()))

    def access_token(self, hash: str) -> AccessToken | None:
        """See `AccountStore.access_token`."""
        return reads.access_token(self._database, hash)

    def access_tokens(self) -> tuple[AccessToken, ...]:
        """See `AccountStore.access_tokens`."""
        return reads.access_tokens(self._database)

    def replace_access_token(self, token: AccessToken) -> None:
        """See `AccountStore.replace_access_token`."""
        hash, _, body = access_token_row(token)
        sql = "UPDATE access_tokens SET body = %s WHERE hash = %s"
        self._database.write(lambda batch: batch.execute(sql, (body, hash)))

    def delete_access_token(self, name: str) -> bool:
        """See `AccountStore.delete_access_token`."""
        sql = "DELETE FROM access_tokens WHERE name = %s RETURNING name"
        return self._database.write(lambda batch: bool(batch.execute(sql, (name,)).fetchall()))

    def try_again(self, limits: Mapping[str, int], now: datetime, since: datetime) -> Mapping[str, datetime]:
        """See `AccountStore.try_again`."""
        # A refused try reads only, so that a flood of them writes nothing.
        full = _full(self._database.read, limits, since)
        if full:
            return full

        def work(batch: Batch) -> Steps[dict[str, datetime]]:
            # Of programs that count at once, each has to see the tries of the one before.
            yield _lock, [crc32(key.encode()) % _SLOTS for key in limits]
            full = _full(lambda *statement: batch.execute(*statement).fetchall(), limits, since)
            if not full:
                batch.execute("DELETE FROM tries WHERE at < %s", (now.timestamp() - KEPT_TRIES,))
                for key in limits:
                    batch.execute("INSERT INTO tries VALUES (%s, %s)", (key, now.timestamp()))
            return full

        # A power failure may undo the last tries: syncing each would cost as much as what it admits.
        return self._database.write(work, durable=False)

    def tries(self, key: str, since: datetime) -> int:
        """See `AccountStore.tries`."""
        rows = self._database.read("SELECT COUNT(*) FROM tries WHERE name = %s AND at > %s", (key, since.timestamp()))
        return int(rows[0][0])

    def take_back(self, keys: Sequence[str], at: datetime) -> None:
        """See `AccountStore.take_back`."""
        sql = "DELETE FROM tries WHERE ctid IN (SELECT ctid FROM tries WHERE name = %s AND at = %s LIMIT 1)"

        def work(batch: Batch) -> None:
            for key in keys:
                batch.execute(sql, (key, at.timestamp()))

        self._database.write(work)

    def forget_tries(self, key: str) -> None:
        """See `AccountStore.forget_tries`."""
        # A range, so that the index serves: the character after the colon is the semicolon.
        sql = "DELETE FROM tries WHERE name = %s OR (name >= %s AND name < %s)"
        self._database.write(lambda batch: batch.execute(sql, (key, f"{key}:", f"{key};")))

    def adopt(self, guest: str, account: str) -> None:
        """See `AccountStore.adopt`."""
        sql = "UPDATE dossiers SET owner = %s WHERE owner = %s AND state = %s"
        self._database.write(lambda batch: batch.execute(sql, (account, guest, int(State.DRAFT))))


_SESSION = """INSERT INTO sessions VALUES (%s, %s, %s, %s, %s) ON CONFLICT (hash) DO UPDATE
    SET account = excluded.account, started = excluded.started, seen = excluded.seen, confined = excluded.confined"""


def _lock(batch: Batch, slots: Sequence[Sequence[int]]) -> list[None]:
    """Lock the *slots* of all tries of a batch, in one order, so that no two programs wait for each other."""
    sql = "INSERT INTO try_locks VALUES (%s) ON CONFLICT (slot) DO UPDATE SET slot = excluded.slot"
    for slot in sorted({slot for some in slots for slot in some}):
        batch.execute(sql, (slot,))
    return [None for _ in slots]


def _full(read: Callable[..., list[Any]], limits: Mapping[str, int], since: datetime) -> dict[str, datetime]:
    """Keys without room, each with the try that has to leave the window first."""
    sql = "SELECT at FROM tries WHERE name = %s AND at > %s ORDER BY at DESC LIMIT 1 OFFSET %s"
    tries = ((key, read(sql, (key, since.timestamp(), limit - 1))) for key, limit in limits.items())
    return {key: datetime.fromtimestamp(rows[0][0], UTC) for key, rows in tries if rows}


def _conflicts(batch: Batch, account: Account) -> bool:
    """Whether another account has the proven mail address or the subject of *account*."""
    sql = """SELECT 1 FROM accounts WHERE id <> %s
        AND ((mail = %s AND proven AND %s) OR (subject = %s AND subject <> ''))"""
    return batch.execute(sql, (account.id, account.mail, account.proven, account.subject)).fetchone() is not None


_REPLACE = " ON CONFLICT (hash) DO UPDATE SET account = excluded.account, until = excluded.until"
