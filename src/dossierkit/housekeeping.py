"""What is cleared away: drafts that were thrown away, what a citizen wants forgotten, and the files of both."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from dossierkit.dossiers.dossier import Actor, Dossier, blobs_in, blobs_of
from dossierkit.dossiers.states import Action
from dossierkit.engine import Engine
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


def erase(engine: Engine, blobs: BlobStore, dossier: Dossier, actor: Actor) -> Dossier:
    """*dossier* without anything personal: its answers, files, notes and owner are gone; code, state and days are left.

    Raises:
        ForbiddenAction: it is still being worked on, or *actor* may not.
    """
    # What a supplement replaced is kept for the office to compare, until now.
    before = (blobs_in(one.before) for one in engine.store.said(dossier.id).values() if one.before is not None)
    files = blobs_of(dossier).union(*before)
    erased = engine.act(dossier.id, Action.ERASE, actor, version=dossier.version)
    release(engine.store, blobs, files)
    return erased
