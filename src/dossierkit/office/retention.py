"""Deletion of cancelled and abandoned drafts, and erasure of personal data, with their files."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from dossierkit.dossiers.deadlines.calendars import day_of
from dossierkit.dossiers.lifecycle.dossier import Actor, Dossier, blobs_in, blobs_of
from dossierkit.dossiers.states import Action
from dossierkit.mail.letters import letter
from dossierkit.office.disposal import discard, release
from dossierkit.office.engine import Engine
from dossierkit.ports import BlobStore, Clock, Store

#: How long a cancelled draft can be restored.
UNDO = timedelta(days=1)
#: How long before the deletion of an abandoned draft its owner gets a mail.
NOTICE = timedelta(days=7)
_AT_ONCE = 100
#: The fact that holds up to which draft owners were told, and when: [moment, last change, id] for each day.
_TOLD = "abandoned-drafts-told"


def sweep(store: Store, blobs: BlobStore, clock: Clock) -> int:
    """Delete drafts that were cancelled more than a day ago, with their files; returns their number."""
    done = 0
    while found := store.cancelled(clock.now() - UNDO, _AT_ONCE):
        for draft in found:
            done += discard(store, blobs, draft)
    return done


def clear_abandoned(engine: Engine, blobs: BlobStore, keep: timedelta, *, at_once: int = 500) -> tuple[int, int]:
    """Announce the deletion of drafts a week before they are unchanged for *keep*, then delete them; returns both numbers.

    None is deleted before its owner was told, however long nothing ran; mail goes to proven addresses alone.

    Args:
        at_once: a run tells of so many drafts at most, and deletes so many; the next one goes on.
    """
    now = engine.clock.now()
    marks = [(datetime.fromisoformat(at), (datetime.fromisoformat(changed), id)) for at, changed, id in _marks(engine)]
    drafts = engine.store.idle(now - keep + NOTICE, after=marks[-1][1] if marks else None, limit=at_once)
    for draft in drafts:
        _tell(engine, draft, max(draft.changed + keep, now + NOTICE))
    if drafts:
        # One mark a day is enough: of a day's drafts all wait for those that were told last.
        before = [mark for mark in marks if day_of(mark[0]) != day_of(now)]
        ripe = [mark for mark in before if mark[0] <= now - NOTICE]
        marks = [*ripe[-1:], *(mark for mark in before if mark[0] > now - NOTICE), (now, (drafts[-1].changed, drafts[-1].id))]
        engine.store.remember(_TOLD, [[at.isoformat(), place[0].isoformat(), place[1]] for at, place in marks])
    told = [place for at, place in marks if at <= now - NOTICE]
    deleted = 0
    if told:
        for draft in engine.store.idle(min(now - keep, told[-1][0]), limit=at_once):
            if (draft.changed, draft.id) <= told[-1]:
                deleted += discard(engine.store, blobs, draft)
    return len(drafts), deleted


def _marks(engine: Engine) -> list[list[str]]:
    return list(engine.store.recall(_TOLD) or ())


def _tell(engine: Engine, draft: Dossier, end: datetime) -> None:
    """Mails the owner of *draft* that it is deleted at *end*, once for each version of it."""
    account = engine.store.accounts.account(draft.owner)
    if account is None or not account.proven or account.disabled:
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
    before = (blobs_in(one.before) for one in engine.store.notes(dossier.id).values() if one.before is not None)
    files = blobs_of(dossier).union(*before)
    erased = engine.act(dossier.id, Action.ERASE, actor, version=dossier.version)
    release(engine.store, blobs, files)
    return erased
