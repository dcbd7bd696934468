"""Deleting drafts, and files that no dossier names any more."""

from __future__ import annotations

from collections.abc import Iterable

from dossierkit.dossiers.lifecycle.dossier import Dossier, blobs_of
from dossierkit.errors import StaleDossier
from dossierkit.ports import BlobStore, DossierStore, Store


def discard(store: Store, blobs: BlobStore, draft: Dossier) -> bool:
    """Delete *draft* and its files for good; False where it was changed meanwhile."""
    try:
        store.delete(draft.id, draft.version)
    except StaleDossier:
        return False
    release(store, blobs, blobs_of(draft))
    return True


def release(store: DossierStore, blobs: BlobStore, ids: Iterable[str]) -> None:
    """Delete those of the files *ids* that no dossier names any more."""
    for id in ids:
        if not store.is_named(id):
            blobs.delete(id)
