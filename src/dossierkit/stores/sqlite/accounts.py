"""Accounts, sessions, secrets and tries in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.people.access_token import AccessToken
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.people.session_lifetime import ENDED, Session
from dossierkit.dossiers.states import State
from dossierkit.stores import reads
from dossierkit.stores.refusals import stale_account
from dossierkit.stores.rows import (
    ACCOUNT_COLUMNS,
    KEPT_TRIES,
    access_token_row,
    account_of_row,
    account_row,
    session_of,
    session_row,
    valid_secret,
)
from dossierkit.stores.sqlite.database import Database
from dossierkit.stores.sqlite.outbox import insert_mails


class SqliteAccounts:
    """An `AccountStore` in *database*."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_account(self, account: Account, *mails: SendMail) -> bool:
        """See `AccountStore.create_account`."""

        def work(connection: sqlite3.Connection) -> bool:
            if _conflicts(connection, account):
                return False
            sql = f"INSERT INTO accounts ({ACCOUNT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
            if not connection.execute(sql, account_row(account)).rowcount:
                return False
            insert_mails(connection, mails)
            return True

        return self._database.write(work)

    def account(self, id: str) -> Account | None:
        """See `AccountStore.account`."""
        return self._select(f"SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE id = ?", id)

    def account_of(self, mail: str) -> Account | None:
        """See `AccountStore.account_of`."""
        return next(iter(self.accounts_of(mail)), None)

    def accounts_of(self, mail: str) -> tuple[Account, ...]:
        """See `AccountStore.accounts_of`."""
        sql = f"SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE mail = ? ORDER BY"
        owner = self._database.read(f"{sql} proven DESC, rowid LIMIT 1", (mail,))
        newest = self._database.read(f"{sql} rowid DESC LIMIT 2", (mail,))
        return tuple(map(account_of_row, [*owner, *[row for row in newest if row not in owner][:1]]))

    def _select(self, sql: str, value: str) -> Account | None:
        rows = self._database.read(sql, (value,))
        return account_of_row(rows[0]) if rows else None

    def officers(self, unit: str = "") -> tuple[Account, ...]:
        """See `AccountStore.officers`."""
        sql = f"SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE json_extract(body, '$.role') <> 'citizen' ORDER BY mail"
        officers = (account_of_row(row) for row in self._database.read(sql))
        return tuple(officer for officer in officers if unit in ("", officer.unit))

    def account_as(self, subject: str) -> Account | None:
        """See `AccountStore.account_as`."""
        return self._select(f"SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE subject = ? AND subject <> ''", subject)

    def replace_account(self, account: Account, *mails: SendMail) -> bool:
        """See `AccountStore.replace_account`."""

        def work(connection: sqlite3.Connection) -> bool:
            if _conflicts(connection, account):
                return False
            updated = connection.execute(
                "UPDATE accounts SET mail = ?, version = ?, body = ?, subject = ?, proven = ? WHERE id = ? AND version = ?",
                (*account_row(account)[1:], account.id, account.version - 1),
            ).rowcount
            if not updated:
                raise stale_account(account)
            insert_mails(connection, mails)
            return True

        return self._database.write(work)

    def delete_account(self, id: str, *mails: SendMail) -> None:
        """See `AccountStore.delete_account`."""

        def work(connection: sqlite3.Connection) -> None:
            for table, column in (("accounts", "id"), ("sessions", "account"), ("secrets", "account")):
                connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (id,))
            insert_mails(connection, mails)

        self._database.write(work)

    # --- sessions and secrets ------------------------------------------------------------------------------------

    def keep_session(self, session: Session) -> None:
        """See `AccountStore.keep_session`."""
        values = session_row(session)

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM sessions WHERE seen < ?", ((session.seen - ENDED).isoformat(),))
            connection.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?)", values)

        self._database.write(work)

    def session(self, hash: str) -> Session | None:
        """See `AccountStore.session`."""
        rows = self._database.read("SELECT hash, account, started, seen, confined FROM sessions WHERE hash = ?", (hash,))
        return session_of(rows[0]) if rows else None

    def end_session(self, hash: str) -> None:
        """See `AccountStore.end_session`."""
        self._database.write(lambda connection: connection.execute("DELETE FROM sessions WHERE hash = ?", (hash,)))

    def end_sessions(self, account: str, *, but: str = "") -> None:
        """See `AccountStore.end_sessions`."""
        sql = "DELETE FROM sessions WHERE account = ? AND hash <> ?"
        self._database.write(lambda connection: connection.execute(sql, (account, but)))

    def keep_secret(self, hash: str, account: str, until: datetime, *mails: SendMail) -> None:
        """See `AccountStore.keep_secret`."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM secrets WHERE until < ?", ((until - ENDED).isoformat(),))
            connection.execute("INSERT OR REPLACE INTO secrets VALUES (?, ?, ?)", (hash, account, until.isoformat()))
            insert_mails(connection, mails)

        self._database.write(work)

    def take_secret(self, hash: str, now: datetime) -> str | None:
        """See `AccountStore.take_secret`."""

        def work(connection: sqlite3.Connection) -> str | None:
            sql = "DELETE FROM secrets WHERE hash = ? RETURNING account, until"
            return valid_secret(connection.execute(sql, (hash,)).fetchall(), now)

        return self._database.write(work)

    def secret(self, hash: str, now: datetime) -> str | None:
        """See `AccountStore.secret`."""
        return valid_secret(self._database.read("SELECT account, until FROM secrets WHERE hash = ?", (hash,)), now)

    def forget_secrets(self, account: str) -> None:
        """See `AccountStore.forget_secrets`."""
        self._database.write(lambda connection: connection.execute("DELETE FROM secrets WHERE account = ?", (account,)))

    def create_access_token(self, token: AccessToken) -> bool:
        """See `AccountStore.create_access_token`."""
        sql = "INSERT INTO access_tokens VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING RETURNING name"
        return self._database.write(lambda connection: bool(connection.execute(sql, access_token_row(token)).fetchall()))

    def access_token(self, hash: str) -> AccessToken | None:
        """See `AccountStore.access_token`."""
        return reads.access_token(self._database, hash)

    def access_tokens(self) -> tuple[AccessToken, ...]:
        """See `AccountStore.access_tokens`."""
        return reads.access_tokens(self._database)

    def replace_access_token(self, token: AccessToken) -> None:
        """See `AccountStore.replace_access_token`."""
        hash, _, body = access_token_row(token)
        sql = "UPDATE access_tokens SET body = ? WHERE hash = ?"
        self._database.write(lambda connection: connection.execute(sql, (body, hash)))

    def delete_access_token(self, name: str) -> bool:
        """See `AccountStore.delete_access_token`."""
        sql = "DELETE FROM access_tokens WHERE name = ? RETURNING name"
        return self._database.write(lambda connection: bool(connection.execute(sql, (name,)).fetchall()))

    def try_again(self, limits: Mapping[str, int], now: datetime, since: datetime) -> Mapping[str, datetime]:
        """See `AccountStore.try_again`."""
        # A refused try reads only, so that a flood of them writes nothing.
        full = _full(self._database.read, limits, since)
        if full:
            return full

        def work(connection: sqlite3.Connection) -> dict[str, datetime]:
            full = _full(lambda *statement: connection.execute(*statement).fetchall(), limits, since)
            if not full:
                connection.execute("DELETE FROM tries WHERE at < ?", (now.timestamp() - KEPT_TRIES,))
                connection.executemany("INSERT INTO tries VALUES (?, ?)", [(key, now.timestamp()) for key in limits])
            return full

        # A power failure may undo the last tries: syncing each would cost as much as what it admits.
        return self._database.write(work, durable=False)

    def tries(self, key: str, since: datetime) -> int:
        """See `AccountStore.tries`."""
        rows = self._database.read("SELECT COUNT(*) FROM tries WHERE name = ? AND at > ?", (key, since.timestamp()))
        return int(rows[0][0])

    def take_back(self, keys: Sequence[str], at: datetime) -> None:
        """See `AccountStore.take_back`."""
        sql = "DELETE FROM tries WHERE rowid IN (SELECT rowid FROM tries WHERE name = ? AND at = ? LIMIT 1)"
        self._database.write(lambda connection: connection.executemany(sql, [(key, at.timestamp()) for key in keys]))

    def forget_tries(self, key: str) -> None:
        """See `AccountStore.forget_tries`."""
        # A range, so that the index serves: the character after the colon is the semicolon.
        sql = "DELETE FROM tries WHERE name = ? OR (name >= ? AND name < ?)"
        self._database.write(lambda connection: connection.execute(sql, (key, f"{key}:", f"{key};")))

    def adopt(self, guest: str, account: str) -> None:
        """See `AccountStore.adopt`."""
        sql = "UPDATE dossiers SET owner = ? WHERE owner = ? AND state = ?"
        self._database.write(lambda connection: connection.execute(sql, (account, guest, int(State.DRAFT))))


def _full(read: Callable[..., list[Any]], limits: Mapping[str, int], since: datetime) -> dict[str, datetime]:
    """Keys without room, each with the try that has to leave the window first."""
    sql = "SELECT at FROM tries WHERE name = ? AND at > ? ORDER BY at DESC LIMIT 1 OFFSET ?"
    tries = ((key, read(sql, (key, since.timestamp(), limit - 1))) for key, limit in limits.items())
    return {key: datetime.fromtimestamp(rows[0][0], UTC) for key, rows in tries if rows}


def _conflicts(connection: sqlite3.Connection, account: Account) -> bool:
    """Whether another account has the proven mail address or the subject of *account*."""
    sql = """SELECT 1 FROM accounts WHERE id <> ?
        AND ((mail = ? AND proven = 1 AND ?) OR (subject = ? AND subject <> ''))"""
    return connection.execute(sql, (account.id, account.mail, account.proven, account.subject)).fetchone() is not None
