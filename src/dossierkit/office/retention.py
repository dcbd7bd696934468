"""Deletion of cancelled and abandoned drafts, and erasure of personal data, with their files."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from dossierkit.dossiers.deadlines.calendars import day_of
from dossierkit.dossiers.lifecycle.dossier import Actor, Dossier, blobs_in, blobs_of
from dossierkit.dossiers.states import Action
from dossierkit.mail.letters import letter
from dossierkit.office.engine import Engine
from dossierkit.office.file_disposal import discard, release
from dossierkit.ports import BlobStore, Clock, Store

#: How long a cancelled draft can be restored.
UNDO = timedelta(days=1)
#: How long before the deletion of an abandoned draft its owner gets a mail.
NOTICE = timedelta(days=7)
_AT_ONCE = 100
#: Fact with the last draft whose deletion was announced on each day: [moment, last change, id].
_ANNOUNCED = "abandoned-drafts-told"


def sweep(store: Store, blobs: BlobStore, clock: Clock) -> int:
    """Delete drafts that were cancelled more than a day ago, with their files; returns their number."""
    deleted = 0
    while drafts := store.cancelled_drafts(clock.now() - UNDO, _AT_ONCE):
        for draft in drafts:
            deleted += discard(store, blobs, draft)
    return deleted


def clear_abandoned(engine: Engine, blobs: BlobStore, keep: timedelta, *, at_once: int = 500) -> tuple[int, int]:
    """Announce the deletion of drafts a week before they are unchanged for *keep*, then delete them; returns both numbers.

    No draft is deleted before its deletion was announced, even if no task ran for long; mail goes to proven addresses only.

    Args:
        at_once: the most drafts that one run announces, and deletes.
    """
    now = engine.clock.now()
    marks = [(datetime.fromisoformat(at), (datetime.fromisoformat(changed), id)) for at, changed, id in _marks(engine)]
    drafts = engine.store.idle_drafts(now - keep + NOTICE, after=marks[-1][1] if marks else None, limit=at_once)
    for draft in drafts:
        _tell(engine, draft, max(draft.changed + keep, now + NOTICE))
    if drafts:
        # One mark a day is enough: all drafts of a day wait for the last one.
        before = [mark for mark in marks if day_of(mark[0]) != day_of(now)]
        ripe = [mark for mark in before if mark[0] <= now - NOTICE]
        marks = [*ripe[-1:], *(mark for mark in before if mark[0] > now - NOTICE), (now, (drafts[-1].changed, drafts[-1].id))]
        engine.store.remember(_ANNOUNCED, [[at.isoformat(), place[0].isoformat(), place[1]] for at, place in marks])
    announced = [draft for at, draft in marks if at <= now - NOTICE]
    deleted = 0
    if announced:
        for draft in engine.store.idle_drafts(min(now - keep, announced[-1][0]), limit=at_once):
            if (draft.changed, draft.id) <= announced[-1]:
                deleted += discard(engine.store, blobs, draft)
    return len(drafts), deleted


def _marks(engine: Engine) -> list[list[str]]:
    return list(engine.store.recall(_ANNOUNCED) or ())


def _tell(engine: Engine, draft: Dossier, end: datetime) -> None:
    """Mail the owner of *draft* that it is deleted at *end*, once for each version of it."""
    account = engine.store.accounts.account(draft.owner)
    if account is None or not account.reachable or account.disabled:
        return
    mail = letter(
        "draft-ends",
        account.language,
        engine.office,
        key=f"draft-ends:{draft.id}:{draft.version}",
        to=account.mail,
        path=f"/procedures/{quote(draft.procedure, safe='')}/apply?draft={draft.id}",
        procedure=engine.procedure_of(draft).title(account.language),
        day=f"{day_of(end):%d/%m/%Y}",
    )
    engine.store.outbox.post(mail)


def erase(engine: Engine, blobs: BlobStore, dossier: Dossier, actor: Actor) -> Dossier:
    """Erase the answers, files, notes and owner of *dossier*; code, state and dates stay.  Returns the erased dossier.

    Raises:
        ForbiddenAction: it is still being worked on, or *actor* may not.
    """
    # Erases also the replaced answers that were kept for comparison.
    before = (blobs_in(note.before) for note in engine.store.notes(dossier.id).values() if note.before is not None)
    files = blobs_of(dossier).union(*before)
    erased = engine.act(dossier.id, Action.ERASE, actor, version=dossier.version)
    release(engine.store, blobs, files)
    return erased
