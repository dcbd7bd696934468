"""What is cleared away in the background: drafts that were thrown away, with their files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from dossierkit.dossiers.dossier import Dossier, blobs_of
from dossierkit.errors import StaleDossier
from dossierkit.ports import BlobStore, Clock, DossierStore

#: So long a cancelled draft can be had back.
UNDO = timedelta(days=1)
_AT_ONCE = 100


def sweep(store: DossierStore, blobs: BlobStore, clock: Clock) -> int:
    """Deletes drafts that were cancelled more than a day ago, and their files; gives how many."""
    done = 0
    while found := store.cancelled(clock.now() - UNDO, _AT_ONCE):
        for draft in found:
            done += discard(store, blobs, draft)
    return done


def discard(store: DossierStore, blobs: BlobStore, draft: Dossier) -> bool:
    """Deletes *draft* for good; False where somebody had it back meanwhile."""
    try:
        store.delete(draft.id, draft.version)
    except StaleDossier:
        return False
    release(store, blobs, blobs_of(draft))
    return True


def release(store: DossierStore, blobs: BlobStore, ids: Iterable[str]) -> None:
    """Deletes those of the files *ids* that no dossier names any more."""
    for id in ids:
        if not store.names(id):
            blobs.delete(id)
