"""The store in PostgreSQL (extra `postgres`), for many processes on many machines.

The modules are those of `stores.sqlite`, except that a database on a server has no checks of files:

- `store`: the store, with dossiers, drafts, bundles and facts
- `action_records`: how an action is written
- `queries`: dossiers that match a query
- `ledger`: postings and their sums
- `series`: numbers that are drawn and skipped
- `imports`: dossiers with their whole history
- `accounts`, `outbox`, `payments`: the stores that it is composed with
- `database`: reads, writes and errors; `transactions`: batches of jobs, each one transaction; `readers`: statements that read
- `connections`: connections that give up on a frozen server
- `schema`: tables and their migrations; `origin`: recognises rows that were restored from a dump
- `dossiers`: how dossiers and events are written
- `tables`: rows of tables, for copies of the whole store
"""

from dossierkit.stores.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
