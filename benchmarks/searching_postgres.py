"""The search of the PostgreSQL store: against a store with a tenth, and a tsvector against trigrams of the same text."""

from __future__ import annotations

import os

import attrs
import psycopg
from psycopg.conninfo import make_conninfo

from benchmarks.hot_series import server
from benchmarks.measure import Row, costs, faster, medians
from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.dossiers.states import State
from dossierkit.stores.postgres import queries
from dossierkit.stores.postgres.store import PostgresStore

LARGE = int(os.environ.get("DOSSIERKIT_DOSSIERS", "100000"))
#: One owner has two in a hundred of all; every dossier holds the word "nguyen", one in a thousand "quy".
MANY = "filer"
QUESTIONS = {
    "a common word, of the whole office": (None, Query(words="nguyen")),
    "three words": (None, Query(words="nguyen van quy")),
    "a seldom word": (None, Query(words="quy")),
    "the beginning of a word": (None, Query(words="ngu")),
    "part of a code": (None, Query(code=f"{LARGE // 20:07}")),
    "newest first": (None, Query()),
    "newest of an owner": (MANY, Query()),
    "a common word, of an owner": (MANY, Query(words="nguyen")),
    "a seldom word, of an owner": (MANY, Query(words="quy")),
    "a common word, of a unit": (None, Query(words="nguyen", unit="u1")),
    "a unit by state": (None, Query(unit="u1", state=State.SUBMITTED)),
}


def rows() -> list[Row]:
    with server() as url:
        small, large = (_filled(url, count) for count in (LARGE // 10, LARGE))
        measured: list[Row] = []
        for what, (owner, query) in QUESTIONS.items():
            sides = {
                "small": lambda o=owner, q=query: small.find(o, q),
                "large": lambda o=owner, q=query: large.find(o, q),
            }
            time = medians(sides, seconds=0.5)
            measured.append(costs(f"{what}: {LARGE:,} vs {LARGE // 10:,}", time["large"], time["small"], 5))
        with psycopg.connect(large.database.url, autocommit=True) as connection:
            for what, (owner, query) in QUESTIONS.items():
                if not query.words:
                    continue
                by_words, values = queries.find(owner, query, None, 20)
                by_trigrams = _by_trigrams(owner, query)
                sides = {
                    "ours": lambda s=by_words, v=values: connection.execute(s, v, prepare=False).fetchall(),
                    "theirs": lambda s=by_trigrams: connection.execute(s, prepare=False).fetchall(),
                }
                time = medians(sides, seconds=0.5)
                row = faster(f"{what}: tsvector vs trigrams", time["ours"], time["theirs"], 1)
                measured.append(attrs.evolve(row, goal="", met=None))
            measured += _sizes(connection)
        small.close()
        large.close()
    return measured


def _sizes(connection: psycopg.Connection) -> list[Row]:
    """Bytes of both indexes with what they are made of."""
    (row,) = connection.execute("SELECT pg_total_relation_size('search'), pg_total_relation_size('texts')").fetchall()
    ours, theirs = row
    return [Row("size: tsvector vs trigrams", f"{ours / 1e6:.0f} MB", f"{theirs / 1e6:.0f} MB", ours / theirs, "", None)]


def _by_trigrams(owner: str | None, query: Query) -> str:
    conditions = [f"t.text LIKE '%{word}%'" for word in query.words.split()]
    conditions += [f"d.owner = '{owner}'"] if owner is not None else []
    conditions += [f"d.unit = '{query.unit}'"] if query.unit else []
    page = f"""SELECT d.seq FROM dossiers d JOIN texts t ON t.seq = d.seq
        WHERE {" AND ".join(conditions)} ORDER BY d.seq DESC LIMIT 20"""
    return f"SELECT d.*, a.* FROM dossiers d JOIN answers a ON a.seq = d.seq WHERE d.seq IN ({page}) ORDER BY d.seq DESC"


def _filled(url: str, count: int) -> PostgresStore:
    name = f"search_{count}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    own = make_conninfo(url, dbname=name)
    PostgresStore(own).close()
    with psycopg.connect(own, autocommit=True) as connection:
        for statement in _CONTENT:
            connection.execute(statement.replace("{count}", str(count)).replace("{many}", MANY))
    return PostgresStore(own)


_OWNER = "CASE WHEN n % 50 = 0 THEN '{many}' ELSE 'o' || n % 5000 END"
_TEXT = (
    f"'o' || encode(({_OWNER})::bytea, 'hex') || ' u' || encode(('u' || n % 20)::bytea, 'hex') || ' nguyen van so ' || n"
    " || CASE WHEN n % 1000 = 0 THEN ' quy' ELSE '' END"
)
_CONTENT = (
    "INSERT INTO bundles VALUES ('r', '{}')",
    f"""INSERT INTO dossiers (seq, id, procedure, revision, owner, state, version, created, changed, submitted, agency, code, unit)
    SELECT n, 'd' || n, 'p' || n % 300, 'r', {_OWNER}, 1, 2, now(), now(), now(), 'H29.15', 'H29.15-261122-' || lpad(n::text, 7, '0'),
    'u' || n % 20 FROM generate_series(1, {{count}}) n""",
    """INSERT INTO answers SELECT n, '{"name": "Nguyễn"}', '[]', '', '[]' FROM generate_series(1, {count}) n""",
    f"""INSERT INTO search SELECT n, array_to_tsvector(string_to_array({_TEXT}, ' ')) FROM generate_series(1, {{count}}) n""",
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    f"CREATE TABLE texts AS SELECT n::bigint AS seq, {_TEXT} AS text FROM generate_series(1, {{count}}) n",
    "ALTER TABLE texts ADD PRIMARY KEY (seq)",
    "CREATE INDEX ON texts USING gin (text gin_trgm_ops)",
    "VACUUM ANALYZE",
)
