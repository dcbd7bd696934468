"""The store in one SQLite file.

The packages of the stores have the same modules:

- `store`: the store, with dossiers, drafts, bundles and facts
- `action_records`: how an action is written
- `queries`: dossiers that match a query
- `ledger`: postings and their sums
- `series`: numbers that are drawn and skipped
- `imports`: dossiers with their whole history
- `accounts`, `outbox`, `payments`: the stores that it is composed with

Only SQL needs the others:

- `database`: connections and errors; `transactions`: batches of jobs, each one transaction
- `opening`: checks before the first write
- `schema`: tables and their migrations
- `dossiers`: how dossiers and events are written
- `tables`: rows of tables, for copies of the whole store
"""

from dossierkit.stores.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
