"""Messages between the owner of a dossier and its office, with files, in the order in which they were written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from dossierkit.dossiers.lifecycle.dossier import Attachment, Dossier, Event, Said, message_files
from dossierkit.dossiers.lifecycle.facts import MessageFacts
from dossierkit_web.pages.documents import checked
from dossierkit_web.requests.limits import allow
from dossierkit_web.requests.posted import text
from dossierkit_web.site import Site


@attrs.frozen
class Message:
    """One message as a page shows it."""

    event: Event
    text: str
    files: tuple[Attachment, ...]
    #: The owner wrote it; otherwise somebody of the office.
    by_owner: bool


def thread(dossier: Dossier, history: Iterable[Event], said: Mapping[int, Said]) -> list[Message]:
    """What was written, oldest first."""
    found = []
    for event in history:
        if isinstance(event.facts, MessageFacts):
            place = message_files(event.facts.files or "")
            files = tuple(one for one in dossier.attachments if one.document == place)
            words = said[event.number].text if event.number in said else ""
            found.append(Message(event, words, files, event.facts.by == "owner"))
    return found


def files_sent(site: Site, request: Request, dossier: Dossier, form: FormData) -> tuple[tuple[Attachment, ...], str]:
    """The files that came along, kept, and the name of the words that say why one was not taken; none is kept then."""
    sent = [one for one in form.getlist("files") if isinstance(one, UploadFile) and one.filename]
    if sent:
        allow(site, request, "uploads")
    found: list[Attachment] = []
    for one in sent:
        kept = checked(site, dossier, "", one, beside=found)
        if isinstance(kept, str):
            drop(site, found)
            return (), kept
        found.append(kept)
    return tuple(found), ""


def drop(site: Site, files: Sequence[Attachment]) -> None:
    """Deletes files that came along for nothing: whoever sent them has to choose them again."""
    site.engine.drafts.release(one.blob for one in files)


def words_sent(form: FormData) -> str:
    """What somebody wrote."""
    return text(form, "note").strip()[:5000]
