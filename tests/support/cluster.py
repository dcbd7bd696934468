"""A primary of PostgreSQL and its synchronous standby, with the steps that a manager of fail-over takes.

They are the programs of Debian's package, or of `DOSSIERKIT_POSTGRES_PROGRAMS`, under a user that is not root.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from support.waiting import wait_for

_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = '32MB'
wal_keep_size = '512MB'
"""


def server_programs() -> Path | None:
    """Folder of the newest server programs of this machine."""
    if named := os.environ.get("DOSSIERKIT_POSTGRES_PROGRAMS"):
        return Path(named)
    folders = [
        path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/pg_basebackup") if (path.parent / "initdb").exists()
    ]
    return max(folders, key=lambda folder: int(folder.parent.name), default=None)


class Server:
    """One server, with its data in *folder*."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self.folder = programs, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of the server, as its user, within a minute."""
        # Its output goes to a file: the server inherits it, and a pipe would never end.
        with (self.folder.parent / f"{self.folder.name}.out").open("w+") as told:
            done = subprocess.run(
                [str(self._programs / program), *arguments], user=_user(), cwd=self.folder.parent, stdin=subprocess.DEVNULL,
                stdout=told, stderr=subprocess.STDOUT, timeout=60, check=False,
            )  # fmt: skip
            told.seek(0)
            assert done.returncode == 0, told.read()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        log = self.folder.with_suffix(".log")
        self.run("pg_ctl", "-D", str(self.folder), "-l", str(log), "-w", "-o", f"-p {self.port}", "start")

    def connect(self) -> psycopg.Connection:
        """A connection in autocommit mode."""
        return psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", autocommit=True)

    def freeze(self) -> None:
        """Stop every process of the server, the first one first, so that it begins no others."""
        self._signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End every process of the server at once, as a power failure does."""
        self._signal(signal.SIGSTOP)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(FileNotFoundError, ProcessLookupError):
            first = int((self.folder / "postmaster.pid").read_text().split()[0])
            os.kill(first, number) if number is signal.SIGSTOP else None
            listed = subprocess.run(["ps", "--ppid", str(first), "-o", "pid="], capture_output=True, text=True, check=False)
            for pid in (first, *map(int, listed.stdout.split())):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)


class Cluster:
    """The primary and its standby; *url* leads to the one that takes writes."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.primary, self.standby = (Server(programs, folder / name) for name in ("one", "two"))
        ports = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        self.url = f"postgresql://postgres@{ports}/postgres?target_session_attrs=read-write"
        self.primary.run("initdb", "-D", str(self.primary.folder), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
        with (self.primary.folder / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS)
        self.primary.start()
        self.add_standby()

    def add_standby(self) -> None:
        """Make the standby anew from the primary; from then on a commit is acknowledged once both have it."""
        new, old = self.standby, self.primary
        shutil.rmtree(new.folder, ignore_errors=True)
        source = ["-h", "127.0.0.1", "-p", str(old.port), "-U", "postgres"]
        new.run("pg_basebackup", *source, "-D", str(new.folder), "-c", "fast", "-R", "-X", "stream", "--no-sync")
        with (new.folder / "postgresql.auto.conf").open("a") as settings:
            # Alone, after it has taken over, it waits for no other.
            settings.write("synchronous_standby_names = ''\n")
        new.start()
        with old.connect() as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
            wait_for(lambda: _is_synchronous(connection), seconds=60)
            # These wait for the standby, and so for all that was committed before.
            connection.execute("CREATE TABLE IF NOT EXISTS fail_overs (number integer)")
            connection.execute("INSERT INTO fail_overs VALUES (1)")

    def take_over(self) -> None:
        """The standby becomes the primary; what the other one does is of no importance any more."""
        self.standby.run("pg_ctl", "-D", str(self.standby.folder), "-w", "promote")
        self.primary, self.standby = self.standby, self.primary

    def close(self) -> None:
        """End both servers."""
        for server in (self.primary, self.standby):
            server.kill()


def _is_synchronous(connection: psycopg.Connection[Any]) -> bool:
    rows = connection.execute("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'")
    return rows.fetchone() is not None


def _user() -> str | None:
    return "postgres" if os.geteuid() == 0 else None


@contextmanager
def running_cluster(programs: Path) -> Iterator[Cluster]:
    """A cluster in a folder of its own, which is deleted with it."""
    folder = Path(tempfile.mkdtemp(prefix="dossierkit-cluster-"))
    if user := _user():
        shutil.chown(folder, user)
    cluster = None
    try:
        cluster = Cluster(programs, folder)
        yield cluster
    finally:
        if cluster is not None:
            cluster.close()
        shutil.rmtree(folder, ignore_errors=True)
