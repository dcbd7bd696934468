"""Keeps dossiers in memory: the reference that every other store is measured by."""

from dossierkit.stores.memory.store import MemoryStore

__all__ = ["MemoryStore"]
