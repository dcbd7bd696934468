"""The store in memory: the reference that every other store is compared with, and the store of tests.

The packages of the stores have the same modules:

- `store`: the store, with dossiers, drafts, bundles and facts
- `action_records`: how an action is written
- `queries`: dossiers that match a query, and the latest events
- `ledger`: postings and their sums
- `series`: numbers that are drawn and skipped
- `imports`: dossiers with their whole history
- `accounts`, `outbox`, `payments`: the stores that it is composed with
- `tables`: dossiers and all that belongs to them
"""

from dossierkit.stores.memory.store import MemoryStore

__all__ = ["MemoryStore"]
