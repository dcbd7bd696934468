"""Messages between the owner of a dossier and its office, with files, in the order in which they were written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from dossierkit.dossiers.lifecycle.dossier import Attachment, Dossier, Event, Note, message_files
from dossierkit.dossiers.lifecycle.event_facts import MessageFacts
from dossierkit_web.pages.documents import store_upload
from dossierkit_web.requests.limits import allow
from dossierkit_web.requests.posted import text
from dossierkit_web.site import Site


@attrs.frozen
class Message:
    """One message as a page shows it."""

    event: Event
    text: str
    files: tuple[Attachment, ...]
    #: Whether the owner wrote it, or else an officer.
    by_owner: bool


def thread(dossier: Dossier, history: Iterable[Event], notes: Mapping[int, Note]) -> list[Message]:
    """The messages of *dossier*, oldest first."""
    messages = []
    for event in history:
        if isinstance(event.facts, MessageFacts):
            code = message_files(event.facts.files or "")
            files = tuple(attachment for attachment in dossier.attachments if attachment.document == code)
            body = notes[event.number].text if event.number in notes else ""
            messages.append(Message(event, body, files, event.facts.by == "owner"))
    return messages


def files_sent(site: Site, request: Request, dossier: Dossier, form: FormData) -> tuple[tuple[Attachment, ...], str]:
    """The uploaded files, stored, and the name of the text about a refused one; then none is stored."""
    uploads = [file for file in form.getlist("files") if isinstance(file, UploadFile) and file.filename]
    if uploads:
        allow(site, request, "uploads")
    attachments: list[Attachment] = []
    for file in uploads:
        attachment = store_upload(site, dossier, "", file, beside=attachments)
        if isinstance(attachment, str):
            drop(site, attachments)
            return (), attachment
        attachments.append(attachment)
    return tuple(attachments), ""


def drop(site: Site, files: Sequence[Attachment]) -> None:
    """Delete the uploaded files of a refused message; its author has to choose them again."""
    site.engine.drafts.release(file.blob for file in files)


def words_sent(form: FormData) -> str:
    """The text of the message."""
    return text(form, "note").strip()[:5000]
