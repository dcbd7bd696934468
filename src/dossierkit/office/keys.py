"""Secrets of an installation, kept in its store."""

from __future__ import annotations

import secrets

from dossierkit.ports import FactStore


def installation_key(store: FactStore, name: str) -> bytes:
    """The secret of the installation called *name*, made when it is first needed."""
    key = store.recall(name)
    if key is None:
        # Several processes may need it first at the same moment.
        key = store.remember_once(name, secrets.token_hex(32))
    return bytes.fromhex(str(key))
