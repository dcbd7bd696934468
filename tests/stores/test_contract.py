"""Every store keeps the contract that is published for other stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dossierkit.stores.memory.store import MemoryStore
from dossierkit.stores.postgres.store import PostgresStore
from dossierkit.stores.sqlite.store import SqliteStore
from dossierkit.testing.contract import StoreContract


class TestMemoryStore(StoreContract):
    """The reference."""

    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestSqliteStore(StoreContract):
    """One file."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqliteStore]:
        opened = SqliteStore(tmp_path / "d.db")
        yield opened
        opened.close()


class TestPostgresStore(StoreContract):
    """A database on a server."""

    @pytest.fixture
    def store(self, postgres: str) -> Iterator[PostgresStore]:
        opened = PostgresStore(postgres)
        yield opened
        opened.close()
