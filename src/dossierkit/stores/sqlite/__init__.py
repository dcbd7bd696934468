"""Keeps dossiers in one SQLite file."""

from dossierkit.stores.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
