"""The server and database that the rows belong to: rows that were restored from a dump are recognised at the start.

A standby, and a server that recovers from its own files, keep their identity; a new database has another one.
"""

from __future__ import annotations

import orjson
import psycopg

from dossierkit.errors import LostDossiers
from dossierkit.stores.last_numbers import INSTALLATION

_HERE = """SELECT s.system_identifier || '/' || d.oid, (SELECT body FROM facts WHERE name = %s)
    FROM pg_control_system() s, pg_database d WHERE d.datname = current_database()"""


def guard_origin(connection: psycopg.Connection, name: str, *, new: bool) -> None:
    """Refuse rows that another database wrote: codes that were given out since their dump are unknown here.

    Args:
        name: what messages call the database.
        new: accept them; from now on they belong here.

    Raises:
        LostDossiers: they came from another database, and not *new*.
    """
    row = connection.execute(_HERE, (INSTALLATION,)).fetchone()
    assert row is not None, "the present database is listed"
    here, stored = row[0], orjson.loads(row[1]) if row[1] is not None else None
    if stored == here:
        return
    if stored is not None and not new:
        raise LostDossiers(
            f"{name} was restored from a dump; numbers given out since would be given out again: name the last code,"
            " dossierkit restore --store … --after CODE, or say that there was none, --nothing-since"
        )
    sql = "INSERT INTO facts VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET body = excluded.body"
    connection.execute(sql, (INSTALLATION, orjson.dumps(here).decode()))
