"""Accounts, sessions, secrets and mails in the tables of the SQLite store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dossierkit.dossiers.mails import Outgoing, SendMail
from dossierkit.dossiers.people.account import Account, Notices
from dossierkit.dossiers.people.session import ENDED, Session, Wants
from dossierkit.dossiers.states import State
from dossierkit.errors import StaleAccount
from dossierkit.stores.sqlite.rows import add_mails, encoded

Write = Callable[[Callable[[sqlite3.Connection], Any]], Any]
Read = Callable[..., list[Any]]

#: Tries older than the longest window are forgotten; so many seconds.
KEPT_TRIES = 86_400


class SqliteAccounts:
    """An `AccountStore` over the connections of a `SqliteStore`."""

    def __init__(self, write: Write, read: Read) -> None:
        self._write = write
        self._read = read

    def create_account(self, account: Account, *mails: SendMail) -> bool:
        """See `AccountStore.create_account`."""

        def work(connection: sqlite3.Connection) -> bool:
            if _taken(connection, account):
                return False
            connection.execute(f"INSERT INTO accounts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", (account.id, *_row(account)))
            add_mails(connection, mails)
            return True

        return bool(self._write(work))

    def account(self, id: str) -> Account | None:
        """See `AccountStore.account`."""
        return self._one(f"SELECT {_COLUMNS} FROM accounts WHERE id = ?", id)

    def account_of(self, mail: str) -> Account | None:
        """See `AccountStore.account_of`."""
        return next(iter(self.accounts_of(mail)), None)

    def accounts_of(self, mail: str) -> tuple[Account, ...]:
        """See `AccountStore.accounts_of`."""
        sql = f"SELECT {_COLUMNS} FROM accounts WHERE mail = ? ORDER BY"
        owner = self._read(f"{sql} proven DESC, rowid LIMIT 1", (mail,))
        newest = self._read(f"{sql} rowid DESC LIMIT 2", (mail,))
        return tuple(map(_account, [*owner, *[row for row in newest if row not in owner][:1]]))

    def _one(self, sql: str, value: str) -> Account | None:
        rows = self._read(sql, (value,))
        return _account(rows[0]) if rows else None

    def officers(self, unit: str = "") -> tuple[Account, ...]:
        """See `AccountStore.officers`."""
        sql = f"SELECT {_COLUMNS} FROM accounts WHERE json_extract(body, '$.role') <> 'citizen' ORDER BY mail"
        found = (_account(row) for row in self._read(sql))
        return tuple(one for one in found if unit in ("", one.unit))

    def account_as(self, subject: str) -> Account | None:
        """See `AccountStore.account_as`."""
        return self._one(f"SELECT {_COLUMNS} FROM accounts WHERE subject = ? AND subject <> ''", subject)

    def replace_account(self, account: Account, *mails: SendMail) -> bool:
        """See `AccountStore.replace_account`."""

        def work(connection: sqlite3.Connection) -> bool:
            if _taken(connection, account):
                return False
            done = connection.execute(
                "UPDATE accounts SET mail = ?, version = ?, body = ?, subject = ?, proven = ? WHERE id = ? AND version = ?",
                (*_row(account), account.id, account.version - 1),
            ).rowcount
            if not done:
                raise StaleAccount(f"account {account.id} is no longer at version {account.version - 1}; read it again")
            add_mails(connection, mails)
            return True

        return bool(self._write(work))

    def delete_account(self, id: str, *mails: SendMail) -> None:
        """See `AccountStore.delete_account`."""

        def work(connection: sqlite3.Connection) -> None:
            for table, column in (("accounts", "id"), ("sessions", "account"), ("secrets", "account")):
                connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (id,))
            add_mails(connection, mails)

        self._write(work)

    # --- sessions and secrets ------------------------------------------------------------------------------------

    def keep_session(self, session: Session) -> None:
        """See `AccountStore.keep_session`."""
        values = (session.hash, session.account, session.started.isoformat(), session.seen.isoformat(), int(session.wants))

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM sessions WHERE seen < ?", ((session.seen - ENDED).isoformat(),))
            connection.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?)", values)

        self._write(work)

    def session(self, hash: str) -> Session | None:
        """See `AccountStore.session`."""
        rows = self._read("SELECT hash, account, started, seen, confined FROM sessions WHERE hash = ?", (hash,))
        if not rows:
            return None
        hash, account, started, seen, confined = rows[0]
        return Session(hash, datetime.fromisoformat(started), datetime.fromisoformat(seen), account, Wants(confined))

    def end_session(self, hash: str) -> None:
        """See `AccountStore.end_session`."""
        self._write(lambda connection: connection.execute("DELETE FROM sessions WHERE hash = ?", (hash,)))

    def end_sessions(self, account: str, *, but: str = "") -> None:
        """See `AccountStore.end_sessions`."""
        sql = "DELETE FROM sessions WHERE account = ? AND hash <> ?"
        self._write(lambda connection: connection.execute(sql, (account, but)))

    def keep_secret(self, hash: str, account: str, until: datetime, *mails: SendMail) -> None:
        """See `AccountStore.keep_secret`."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM secrets WHERE until < ?", ((until - ENDED).isoformat(),))
            connection.execute("INSERT INTO secrets VALUES (?, ?, ?)", (hash, account, until.isoformat()))
            add_mails(connection, mails)

        self._write(work)

    def take_secret(self, hash: str, now: datetime) -> str | None:
        """See `AccountStore.take_secret`."""

        def work(connection: sqlite3.Connection) -> str | None:
            sql = "DELETE FROM secrets WHERE hash = ? RETURNING account, until"
            return _lasting(connection.execute(sql, (hash,)).fetchall(), now)

        found: str | None = self._write(work)
        return found

    def secret(self, hash: str, now: datetime) -> str | None:
        """See `AccountStore.secret`."""
        return _lasting(self._read("SELECT account, until FROM secrets WHERE hash = ?", (hash,)), now)

    # --- throttles and drafts --------------------------------------------------------------------------------------

    def forget_secrets(self, account: str) -> None:
        """See `AccountStore.forget_secrets`."""
        self._write(lambda connection: connection.execute("DELETE FROM secrets WHERE account = ?", (account,)))

    def try_again(self, limits: Mapping[str, int], now: datetime, since: datetime) -> Mapping[str, datetime]:
        """See `AccountStore.try_again`."""
        # Whoever is refused again and again costs a look, and writes nothing.
        full = _full(self._read, limits, since)
        if full:
            return full

        def work(connection: sqlite3.Connection) -> dict[str, datetime]:
            full = _full(lambda *asked: connection.execute(*asked).fetchall(), limits, since)
            if not full:
                connection.execute("DELETE FROM tries WHERE at < ?", (now.timestamp() - KEPT_TRIES,))
                connection.executemany("INSERT INTO tries VALUES (?, ?)", [(key, now.timestamp()) for key in limits])
            return full

        counted: dict[str, datetime] = self._write(work)
        return counted

    def tries(self, key: str, since: datetime) -> int:
        """See `AccountStore.tries`."""
        rows = self._read("SELECT COUNT(*) FROM tries WHERE name = ? AND at > ?", (key, since.timestamp()))
        return int(rows[0][0])

    def take_back(self, keys: Sequence[str], at: datetime) -> None:
        """See `AccountStore.take_back`."""
        sql = "DELETE FROM tries WHERE rowid IN (SELECT rowid FROM tries WHERE name = ? AND at = ? LIMIT 1)"
        self._write(lambda connection: connection.executemany(sql, [(key, at.timestamp()) for key in keys]))

    def forget_tries(self, key: str) -> None:
        """See `AccountStore.forget_tries`."""
        # The character after the colon is the semicolon.
        sql = "DELETE FROM tries WHERE name = ? OR (name >= ? AND name < ?)"
        self._write(lambda connection: connection.execute(sql, (key, f"{key}:", f"{key};")))

    def adopt(self, guest: str, account: str) -> None:
        """See `AccountStore.adopt`."""
        sql = "UPDATE dossiers SET owner = ? WHERE owner = ? AND state = ?"
        self._write(lambda connection: connection.execute(sql, (account, guest, int(State.DRAFT))))


class SqliteOutbox:
    """An `Outbox` over the connections of a `SqliteStore`."""

    def __init__(self, write: Write, read: Read) -> None:
        self._write = write
        self._read = read

    def post(self, *mails: SendMail) -> None:
        """See `Outbox.post`."""
        self._write(lambda connection: add_mails(connection, mails))

    def claim(self, now: datetime, until: datetime, limit: int = 20) -> tuple[Outgoing, ...]:
        """See `Outbox.claim`."""
        if not self._read("SELECT 1 FROM outbox WHERE due <= ? LIMIT 1", (now.timestamp(),)):
            return ()
        sql = f"""UPDATE outbox SET due = ? WHERE seq IN (SELECT seq FROM outbox WHERE due <= ? ORDER BY seq LIMIT ?)
            RETURNING {_OUTGOING}"""
        values = (until.timestamp(), now.timestamp(), limit)
        rows = self._write(lambda connection: connection.execute(sql, values).fetchall())
        return tuple(sorted(map(_outgoing, rows), key=lambda one: one.id))

    def delivered(self, id: int, at: datetime) -> None:
        """See `Outbox.delivered`."""
        # What it said may open an account; that it was sent is all that has to be known.
        sql = "UPDATE outbox SET due = NULL, delivered = ?, subject = '', text = '', html = '', error = '' WHERE seq = ?"
        self._write(lambda connection: connection.execute(sql, (at.isoformat(), id)))

    def failed(self, id: int, error: str, due: datetime | None) -> None:
        """See `Outbox.failed`."""
        sql = "UPDATE outbox SET due = ?, tries = tries + 1, error = ? WHERE seq = ?"
        values = (due.timestamp() if due is not None else None, error, id)
        self._write(lambda connection: connection.execute(sql, values))

    def again(self, id: int, due: datetime) -> None:
        """See `Outbox.again`."""
        sql = "UPDATE outbox SET due = ?, tries = 1 WHERE seq = ? AND delivered IS NULL"
        self._write(lambda connection: connection.execute(sql, (due.timestamp(), id)))

    def bounces(self, to: str) -> bool:
        """See `Outbox.bounces`."""
        sql = """SELECT delivered IS NULL FROM outbox WHERE receiver = ? AND due IS NULL ORDER BY seq DESC LIMIT 1"""
        rows = self._read(sql, (to,))
        return bool(rows and rows[0][0])

    def given_up(self, limit: int = 200) -> tuple[Outgoing, ...]:
        """See `Outbox.given_up`."""
        sql = f"SELECT {_OUTGOING} FROM outbox WHERE delivered IS NULL AND due IS NULL ORDER BY seq DESC LIMIT ?"
        return tuple(map(_outgoing, self._read(sql, (limit,))))

    def undelivered(self) -> tuple[Outgoing, ...]:
        """See `Outbox.undelivered`."""
        sql = f"SELECT {_OUTGOING} FROM outbox WHERE delivered IS NULL AND tries > 0 ORDER BY seq LIMIT 500"
        return tuple(map(_outgoing, self._read(sql)))


_COLUMNS = "id, mail, version, body, subject, proven"
_OUTGOING = "seq, name, receiver, subject, text, html, tries, due, error"


def _outgoing(row: Any) -> Outgoing:
    id, name, to, subject, text, html, tries, due, error = row
    moment = datetime.fromtimestamp(due).astimezone() if due is not None else None
    return Outgoing(id, SendMail(name, to, subject, text, html), tries, moment, error)


def _full(read: Read, limits: Mapping[str, int], since: datetime) -> dict[str, datetime]:
    """The keys that have no room, with the try that has to be forgotten first."""
    sql = "SELECT at FROM tries WHERE name = ? AND at > ? ORDER BY at DESC LIMIT 1 OFFSET ?"
    tries = ((key, read(sql, (key, since.timestamp(), limit - 1))) for key, limit in limits.items())
    return {key: datetime.fromtimestamp(rows[0][0], UTC) for key, rows in tries if rows}


def _taken(connection: sqlite3.Connection, account: Account) -> bool:
    sql = """SELECT 1 FROM accounts WHERE id <> ?
        AND ((mail = ? AND proven = 1 AND ?) OR (subject = ? AND subject <> ''))"""
    return connection.execute(sql, (account.id, account.mail, account.proven, account.subject)).fetchone() is not None


def _row(account: Account) -> tuple[object, ...]:
    """What the columns after the id hold."""
    return account.mail, account.version, _body(account), account.subject, account.proven


def _body(account: Account) -> str:
    return encoded(
        {
            "created": account.created.isoformat(),
            "profile": account.profile,
            "role": account.role.value,
            "password": account.password,
            "first_until": account.first_until.isoformat() if account.first_until is not None else None,
            "language": account.language,
            "unit": account.unit,
            "notices": account.notices.value,
            "disabled": account.disabled,
            "views": dict(account.views),
            "totp": account.totp,
            "totp_used": account.totp_used,
            "issued": account.issued,
        }
    )


def _account(row: Any) -> Account:
    id, mail, version, body, subject, proven = row
    kept = json.loads(body)
    until = datetime.fromisoformat(kept["first_until"]) if kept["first_until"] else None
    created = datetime.fromisoformat(kept["created"])
    return Account(
        id, mail, created, kept["profile"], kept["role"], kept["password"], until, kept["language"], version, subject,
        kept.get("unit", ""), kept.get("notices", Notices.ALL), kept.get("disabled", False), kept.get("totp", ""),
        kept.get("totp_used", 0), kept.get("views", {}), bool(proven), tuple(kept.get("issued", ())),
    )  # fmt: skip


def _lasting(rows: list[Any], now: datetime) -> str | None:
    return str(rows[0][0]) if rows and now < datetime.fromisoformat(rows[0][1]) else None
