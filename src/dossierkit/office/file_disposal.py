"""Deleting drafts, and files that no dossier names any more."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain

from dossierkit.dossiers.lifecycle.dossier import Dossier, blobs_in, blobs_of
from dossierkit.dossiers.states import Action
from dossierkit.errors import FilesError, StaleDossier
from dossierkit.ports import BlobStore, DossierStore, Store

_log = logging.getLogger(__name__)


def discard(store: Store, blobs: BlobStore, draft: Dossier) -> bool:
    """Delete *draft* and its files for good; False where it was changed meanwhile."""
    try:
        store.delete(draft.id, draft.version)
    except StaleDossier:
        return False
    release(store, blobs, blobs_of(draft))
    return True


def release(store: DossierStore, blobs: BlobStore, ids: Iterable[str]) -> None:
    """Delete those of the files *ids* that no dossier names any more.

    Files that cannot be deleted now are logged, and stay until `unnamed_files` finds them.
    """
    for id in ids:
        if not store.is_named(id):
            try:
                blobs.delete(id)
            except FilesError as error:
                _log.error("a file that no dossier names stays: %s", error)


def unnamed_files(store: Store, blobs: BlobStore, before: datetime) -> Iterator[str]:
    """Ids of files that no dossier names, not even in answers that a supplement replaced.

    Args:
        before: files that were written later are left out, as they may be on their way into a dossier.
    """
    candidates = (stored.id for stored in blobs.every() if stored.changed < before and not store.is_named(stored.id))
    first = next(candidates, None)
    if first is None:
        return
    replaced = _replaced_files(store)
    yield from (id for id in chain((first,), candidates) if id not in replaced)


def _replaced_files(store: Store) -> frozenset[str]:
    """Ids of files in answers that a supplement replaced: officers compare them with the new ones."""
    notes = (
        note
        for dossier in store.every()
        if any(event.action is Action.SUPPLEMENT for event in store.events(dossier.id))
        for note in store.notes(dossier.id).values()
    )
    return frozenset(chain.from_iterable(blobs_in(note.before) for note in notes if note.before is not None))
