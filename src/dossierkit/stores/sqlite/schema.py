"""The tables of the SQLite store, as migrations that the database records."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import sqlite_utils
from sqlite_utils.migrations import Migrations

from dossierkit.dossiers.deadlines.calendars import day_of
from dossierkit.dossiers.lifecycle.dossier import chained
from dossierkit.dossiers.lifecycle.event_facts import facts_of
from dossierkit.dossiers.states import Action
from dossierkit.errors import NewerStore
from dossierkit.pointers import texts_in
from dossierkit.stores.rows import owner_word
from dossierkit.text import fold

#: Number of the last migration; a database with a higher one was written by a newer version.
VERSION = 26

migrations = Migrations("dossierkit")


@migrations()
def first_tables(db: sqlite_utils.Database) -> None:
    """Dossiers, their answers and events, the counters of codes, bundles and facts."""
    db.conn.execute(
        """CREATE TABLE dossiers (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, procedure TEXT NOT NULL, revision TEXT NOT NULL,
            owner TEXT NOT NULL, state INTEGER NOT NULL, version INTEGER NOT NULL, created TEXT NOT NULL,
            changed TEXT NOT NULL, submitted TEXT, agency TEXT, code TEXT UNIQUE,
            FOREIGN KEY (revision) REFERENCES bundles (revision))"""
    )
    db.conn.execute("CREATE INDEX dossiers_of_owner ON dossiers (owner, seq)")
    # Answers have a table of their own, so that lists and counts of dossiers do not read past them.
    db.conn.execute(
        "CREATE TABLE answers (seq INTEGER PRIMARY KEY REFERENCES dossiers (seq) ON DELETE CASCADE, body TEXT NOT NULL)"
    )
    db.conn.execute(
        """CREATE TABLE events (
            seq INTEGER NOT NULL REFERENCES dossiers (seq) ON DELETE CASCADE, number INTEGER NOT NULL,
            action TEXT NOT NULL, actor TEXT NOT NULL, at TEXT NOT NULL, facts TEXT NOT NULL, before TEXT NOT NULL,
            hash TEXT NOT NULL, PRIMARY KEY (seq, number)) WITHOUT ROWID"""
    )
    db.conn.execute(
        """CREATE TABLE counters (
            agency TEXT NOT NULL, day TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (agency, day)) WITHOUT ROWID"""
    )
    db.conn.execute("CREATE TABLE bundles (revision TEXT PRIMARY KEY, body BLOB NOT NULL)")
    db.conn.execute("CREATE TABLE facts (name TEXT PRIMARY KEY, body TEXT NOT NULL)")
    # Folded text, because no tokenizer folds đ; the dossier itself is in other tables, so nothing is stored twice.
    db.conn.execute("CREATE VIRTUAL TABLE search USING fts5 (words, content='', tokenize='unicode61')")


@migrations()
def accounts_and_mails(db: sqlite_utils.Database) -> None:
    """Accounts, sessions, single-use secrets, tries and the mails to be sent."""
    db.conn.execute(
        "CREATE TABLE accounts (id TEXT PRIMARY KEY, mail TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, body TEXT NOT NULL)"
    )
    db.conn.execute(
        """CREATE TABLE sessions (
            hash TEXT PRIMARY KEY, account TEXT NOT NULL, started TEXT NOT NULL, seen TEXT NOT NULL,
            confined INTEGER NOT NULL) WITHOUT ROWID"""
    )
    db.conn.execute("CREATE INDEX sessions_of_account ON sessions (account)")
    db.conn.execute("CREATE INDEX sessions_by_time ON sessions (seen)")
    db.conn.execute("CREATE TABLE secrets (hash TEXT PRIMARY KEY, account TEXT NOT NULL, until TEXT NOT NULL) WITHOUT ROWID")
    db.conn.execute("CREATE INDEX secrets_of_account ON secrets (account)")
    db.conn.execute("CREATE INDEX secrets_by_time ON secrets (until)")
    db.conn.execute("CREATE TABLE tries (name TEXT NOT NULL, at REAL NOT NULL)")
    db.conn.execute("CREATE INDEX tries_by_name ON tries (name, at)")
    db.conn.execute("CREATE INDEX tries_by_time ON tries (at)")
    db.conn.execute(
        """CREATE TABLE outbox (
            seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, receiver TEXT NOT NULL, subject TEXT NOT NULL,
            text TEXT NOT NULL, html TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, due REAL,
            error TEXT NOT NULL DEFAULT '', delivered TEXT)"""
    )
    db.conn.execute("CREATE INDEX outbox_due ON outbox (due) WHERE due IS NOT NULL")


@migrations()
def attachments(db: sqlite_utils.Database) -> None:
    """Attachments of dossiers, and the files that dossiers name."""
    db.conn.execute("ALTER TABLE answers ADD COLUMN attachments TEXT NOT NULL DEFAULT '[]'")
    # A file that no dossier names any more can be deleted.
    db.conn.execute(
        """CREATE TABLE files (
            blob TEXT NOT NULL, seq INTEGER NOT NULL REFERENCES dossiers (seq) ON DELETE CASCADE,
            PRIMARY KEY (blob, seq)) WITHOUT ROWID"""
    )
    db.conn.execute("CREATE INDEX files_of_dossier ON files (seq)")


@migrations()
def search_by_owner(db: sqlite_utils.Database) -> None:
    """The owner among the words of the search, so that a common word does not find the dossiers of all owners first."""
    db.conn.execute("CREATE INDEX dossiers_of_owner_by_procedure ON dossiers (owner, procedure, seq)")
    rows = db.conn.execute(
        "SELECT d.seq, d.owner, a.body FROM dossiers d JOIN answers a ON a.seq = d.seq WHERE d.code IS NOT NULL"
    ).fetchall()
    db.conn.execute("DROP TABLE search")
    db.conn.execute("CREATE VIRTUAL TABLE search USING fts5 (words, content='', tokenize='unicode61')")
    words = ((seq, f"{owner_word(owner)} {fold(' '.join(texts_in(json.loads(body))))}") for seq, owner, body in rows)
    db.conn.executemany("INSERT INTO search (rowid, words) VALUES (?, ?)", words)


@migrations()
def sign_in_elsewhere(db: sqlite_utils.Database) -> None:
    """Subjects of sign-ins elsewhere, and the accounts that they are linked to."""
    db.conn.execute("ALTER TABLE accounts ADD COLUMN subject TEXT NOT NULL DEFAULT ''")
    db.conn.execute("CREATE UNIQUE INDEX accounts_by_subject ON accounts (subject) WHERE subject <> ''")


@migrations()
def handling(db: sqlite_utils.Database) -> None:
    """Work of the office: columns for its lists, notes beside the history, a search that can forget."""
    for column in ("unit TEXT NOT NULL DEFAULT ''", "officer TEXT NOT NULL DEFAULT ''", "due TEXT", "receipt TEXT"):
        db.conn.execute(f"ALTER TABLE dossiers ADD COLUMN {column}")
    db.conn.execute("ALTER TABLE dossiers ADD COLUMN handling TEXT NOT NULL DEFAULT '{}'")
    db.conn.execute("CREATE UNIQUE INDEX dossiers_by_receipt ON dossiers (receipt) WHERE receipt IS NOT NULL")
    db.conn.execute("CREATE INDEX dossiers_cancelled ON dossiers (state, changed) WHERE state = 12")
    db.conn.execute(
        """CREATE TABLE notes (
            seq INTEGER NOT NULL REFERENCES dossiers (seq) ON DELETE CASCADE, number INTEGER NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (seq, number)) WITHOUT ROWID"""
    )
    # The search stores its words from now on: without them a row cannot be changed, nor erased.
    rows = db.conn.execute(
        "SELECT d.seq, d.owner, a.body FROM dossiers d JOIN answers a ON a.seq = d.seq WHERE d.code IS NOT NULL"
    ).fetchall()
    db.conn.execute("DROP TABLE search")
    db.conn.execute("CREATE VIRTUAL TABLE search USING fts5 (words, tokenize='unicode61')")
    words = ((seq, f"{owner_word(owner)} {fold(' '.join(texts_in(json.loads(body))))}") for seq, owner, body in rows)
    db.conn.executemany("INSERT INTO search (rowid, words) VALUES (?, ?)", words)


@migrations()
def ledger(db: sqlite_utils.Database) -> None:
    """Postings of events, and their totals by half-month, which reports are made of."""
    db.conn.execute(
        """CREATE TABLE postings (
            day TEXT NOT NULL, seq INTEGER NOT NULL, unit TEXT NOT NULL, sector TEXT NOT NULL, procedure TEXT NOT NULL,
            channel INTEGER NOT NULL, measure TEXT NOT NULL, count INTEGER NOT NULL)"""
    )
    db.conn.execute("CREATE INDEX postings_by_day ON postings (day)")
    db.conn.execute("CREATE INDEX postings_of_dossier ON postings (seq)")
    db.conn.execute(
        """CREATE TABLE totals (
            half TEXT NOT NULL, unit TEXT NOT NULL, sector TEXT NOT NULL, procedure TEXT NOT NULL, channel INTEGER NOT NULL,
            measure TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (half, unit, sector, procedure, channel, measure)) WITHOUT ROWID"""
    )


@migrations()
def desk(db: sqlite_utils.Database) -> None:
    """Indexes for the lists of an office."""
    db.conn.execute("CREATE INDEX dossiers_of_unit ON dossiers (unit, state, seq) WHERE code IS NOT NULL")
    db.conn.execute("CREATE INDEX dossiers_of_officer ON dossiers (officer, state, seq) WHERE officer <> ''")


@migrations()
def totals_by_year(db: sqlite_utils.Database) -> None:
    """Totals of whole years, so that reports do not get slower with each year."""
    db.conn.execute(
        """CREATE TABLE totals_by_year (
            year TEXT NOT NULL, unit TEXT NOT NULL, sector TEXT NOT NULL, procedure TEXT NOT NULL, channel INTEGER NOT NULL,
            measure TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (year, unit, sector, procedure, channel, measure)) WITHOUT ROWID"""
    )
    db.conn.execute(
        """INSERT INTO totals_by_year SELECT substr(half, 1, 4), unit, sector, procedure, channel, measure, SUM(count)
        FROM totals GROUP BY substr(half, 1, 4), unit, sector, procedure, channel, measure"""
    )


@migrations()
def people_of_the_office(db: sqlite_utils.Database) -> None:
    """An index of officers, who are few among citizens."""
    db.conn.execute("CREATE INDEX accounts_of_office ON accounts (mail) WHERE json_extract(body, '$.role') <> 'citizen'")


@migrations()
def messages(db: sqlite_utils.Database) -> None:
    """Answers that a supplement replaced, unanswered messages, and salts of digests."""
    db.conn.execute("ALTER TABLE answers ADD COLUMN salt TEXT NOT NULL DEFAULT ''")
    db.conn.execute("ALTER TABLE notes ADD COLUMN before TEXT")
    db.conn.execute("ALTER TABLE dossiers ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 0")
    db.conn.execute("CREATE INDEX dossiers_unanswered ON dossiers (unit, seq) WHERE unanswered = 1")


@migrations()
def payments(db: sqlite_utils.Database) -> None:
    """Attempts to pay and their progress."""
    db.conn.execute(
        """CREATE TABLE payments (
            ref TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL REFERENCES dossiers (seq) ON DELETE CASCADE, amount INTEGER NOT NULL,
            gateway TEXT NOT NULL, created TEXT NOT NULL, progress TEXT NOT NULL, number TEXT NOT NULL DEFAULT '', at TEXT,
            surplus INTEGER NOT NULL DEFAULT 0)"""
    )
    db.conn.execute("CREATE INDEX payments_of_dossier ON payments (seq)")
    db.conn.execute("CREATE INDEX payments_open ON payments (progress) WHERE progress = 'open'")


@migrations()
def gaps(db: sqlite_utils.Database) -> None:
    """Gaps in series: numbers that were given out before a store was lost."""
    db.conn.execute(
        """CREATE TABLE gaps (agency TEXT NOT NULL, series TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
            at TEXT NOT NULL)"""
    )


@migrations()
def audit(db: sqlite_utils.Database) -> None:
    """An index of events by time."""
    db.conn.execute("CREATE INDEX events_by_time ON events (at)")


@migrations()
def spans(db: sqlite_utils.Database) -> None:
    """Durations of dossiers by year and procedure."""
    db.conn.execute(
        """CREATE TABLE spans (year INTEGER NOT NULL, procedure TEXT NOT NULL, days INTEGER NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (year, procedure, days)) WITHOUT ROWID"""
    )


@migrations()
def desk_of_the_whole_office(db: sqlite_utils.Database) -> None:
    """Indexes for lists of all units, and of all dossiers of a unit."""
    db.conn.execute("CREATE INDEX dossiers_by_state ON dossiers (state, seq) WHERE code IS NOT NULL")
    db.conn.execute("CREATE INDEX dossiers_of_unit_by_time ON dossiers (unit, seq) WHERE code IS NOT NULL")


@migrations()
def desk_by_due_day(db: sqlite_utils.Database) -> None:
    """Indexes of due days, for lists of what is late or soon will be."""
    db.conn.execute("CREATE INDEX dossiers_of_unit_by_due ON dossiers (unit, state, due) WHERE due IS NOT NULL")
    db.conn.execute("CREATE INDEX dossiers_by_due ON dossiers (state, due) WHERE due IS NOT NULL")


@migrations()
def ended_dossiers_owe_nothing(db: sqlite_utils.Database) -> None:
    """A dossier that ended owes nothing: debts and open attempts are closed; an index of surpluses."""
    db.conn.execute(
        """UPDATE dossiers SET handling = json_remove(handling, '$.payment')
        WHERE state IN (3, 7, 8, 10) AND json_extract(handling, '$.payment') = 'due'"""
    )
    db.conn.execute(
        """UPDATE payments SET progress = 'closed' WHERE progress = 'open'
        AND (SELECT json_extract(handling, '$.payment') FROM dossiers d WHERE d.seq = payments.seq) IS NOT 'due'"""
    )
    db.conn.execute("CREATE INDEX dossiers_surplus ON dossiers (seq) WHERE json_extract(handling, '$.surplus') > 0")


@migrations()
def attempts_that_are_asked_about(db: sqlite_utils.Database) -> None:
    """Number of times that a gateway was asked about an attempt to pay."""
    db.conn.execute("ALTER TABLE payments ADD COLUMN asked INTEGER NOT NULL DEFAULT 0")


@migrations()
def addresses_that_are_claimed(db: sqlite_utils.Database) -> None:
    """Several accounts may claim a mail address; at most one has proved it."""
    db.conn.execute(
        """CREATE TABLE accounts_by_claim (
            id TEXT NOT NULL UNIQUE, mail TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
            subject TEXT NOT NULL DEFAULT '', proven INTEGER NOT NULL DEFAULT 1)"""
    )
    # An account with a password of its own got it by mail, or has been written to since.
    db.conn.execute(
        """INSERT INTO accounts_by_claim (id, mail, version, body, subject, proven)
        SELECT id, mail, version, body, subject, json_extract(body, '$.first_until') IS NULL FROM accounts ORDER BY rowid"""
    )
    db.conn.execute("DROP TABLE accounts")
    db.conn.execute("ALTER TABLE accounts_by_claim RENAME TO accounts")
    db.conn.execute("CREATE UNIQUE INDEX accounts_by_subject ON accounts (subject) WHERE subject <> ''")
    db.conn.execute("CREATE UNIQUE INDEX accounts_proven ON accounts (mail) WHERE proven = 1")
    db.conn.execute("CREATE INDEX accounts_by_mail ON accounts (mail)")


@migrations()
def mails_that_bounce(db: sqlite_utils.Database) -> None:
    """Indexes of mails that ended, by address, and of those that were given up."""
    db.conn.execute("CREATE INDEX outbox_ended ON outbox (receiver, seq) WHERE due IS NULL")
    db.conn.execute("CREATE INDEX outbox_given_up ON outbox (seq) WHERE delivered IS NULL AND due IS NULL")


@migrations()
def surplus_is_told(db: sqlite_utils.Database) -> None:
    """An event for each surplus payment, so that an officer sees what to give back."""
    rows = db.conn.execute(
        """SELECT p.seq, d.id, p.ref, p.gateway, p.amount, p.at FROM payments p JOIN dossiers d ON d.seq = p.seq
        WHERE p.surplus = 1 AND p.progress = 'paid' AND NOT EXISTS (
            SELECT 1 FROM events e WHERE e.seq = p.seq AND e.action = 'surplus' AND json_extract(e.facts, '$.ref') = p.ref)
        ORDER BY p.rowid"""
    ).fetchall()
    for seq, id, ref, gateway, amount, at in rows:
        number, before = db.conn.execute(
            "SELECT number, hash FROM events WHERE seq = ? ORDER BY number DESC LIMIT 1", (seq,)
        ).fetchone()
        moment = datetime.fromisoformat(at)
        facts = {"surplus": amount, "ref": ref, "gateway": gateway, "day": day_of(moment).isoformat()}
        event = chained(id, number + 1, Action.SURPLUS, "payments", moment, facts_of(Action.SURPLUS, facts), before)
        db.conn.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (seq, event.number, event.action.value, event.actor, at, json.dumps(facts), event.before, event.hash),
        )
        db.conn.execute(
            """UPDATE dossiers SET version = version + 1,
            handling = json_set(handling, '$.surplus', COALESCE(json_extract(handling, '$.surplus'), 0) + ?) WHERE seq = ?""",
            (amount, seq),
        )


@migrations()
def layouts(db: sqlite_utils.Database) -> None:
    """Layouts of the pages of drafts, as name/value pairs."""
    db.conn.execute("ALTER TABLE answers ADD COLUMN layout TEXT NOT NULL DEFAULT '[]'")


@migrations()
def drafts_by_change(db: sqlite_utils.Database) -> None:
    """An index of drafts by their last change, to find abandoned ones."""
    db.conn.execute("CREATE INDEX drafts_by_change ON dossiers (changed, id) WHERE state = 0")


@migrations()
def publications(db: sqlite_utils.Database) -> None:
    """Publications of procedure files, and the files in them."""
    db.conn.execute("CREATE TABLE published_files (digest TEXT PRIMARY KEY, body BLOB NOT NULL)")
    db.conn.execute(
        "CREATE TABLE publications (number INTEGER PRIMARY KEY, at TEXT NOT NULL, author TEXT NOT NULL, files TEXT NOT NULL)"
    )


@migrations()
def access_tokens(db: sqlite_utils.Database) -> None:
    """Access tokens of programs."""
    db.conn.execute(
        """CREATE TABLE access_tokens (
            hash TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, body TEXT NOT NULL) WITHOUT ROWID"""
    )


def migrate(path: Path) -> None:
    """Bring the database *path* to this version; make it if there is none.

    Raises:
        NewerStore: a newer version of dossierkit wrote it.
    """
    db = sqlite_utils.Database(path)
    try:
        version = db.conn.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise NewerStore(
                f"{path} was written by a newer dossierkit (store version {version}, known {VERSION}); upgrade first"
            )
        if version < VERSION:
            db.conn.execute("PRAGMA journal_mode=WAL")
            migrations.apply(db)
            db.conn.execute(f"PRAGMA user_version={VERSION}")
            db.conn.commit()
    finally:
        db.close()
