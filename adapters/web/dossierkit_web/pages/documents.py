"""The files of a dossier: one upload for each document that the procedure asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from itertools import chain
from os import SEEK_END
from typing import IO
from urllib.parse import quote

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dossierkit.dossiers.attachments.embedded import content_of, file_of
from dossierkit.dossiers.attachments.file_types import KNOWN, shown_name
from dossierkit.dossiers.lifecycle.dossier import Actor, Attachment, Dossier, blobs_in, blobs_of
from dossierkit.dossiers.procedure.procedure import Entry, Procedure
from dossierkit.errors import StaleDossier, UnknownDossier
from dossierkit.files.intake import IncomingFile, Limits, Refusal, refusal, store
from dossierkit.files.reading import intact_pieces
from dossierkit.forms import Kind, Problem, effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.words.messages import problem_words
from dossierkit.pointers import get, texts_in
from dossierkit_web.pages import session_ended
from dossierkit_web.requests.uploads import incoming
from dossierkit_web.site import Site
from dossierkit_web.texts import word

#: Which files a document is made of.
LIMITS = Limits()
#: The media types that a browser shows without running anything in the file.
VIEWED = ("application/pdf", "image/png", "image/jpeg")
#: The policy of a file that is shown: it loads nothing, runs nothing, and is framed by pages of the portal alone.
_SHOWN = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
_PIECE = 64 * 1024


def store_uploads(
    site: Site, procedure: Procedure, draft: Dossier, form: FormData, actor: Actor
) -> tuple[Dossier, dict[str, str]]:
    """*draft* with the uploaded files, and document code → name of the text about a refused file."""
    codes = {code for code, _ in procedure.documents(draft.answers)}
    refused: dict[str, str] = {}
    for name, value in form.multi_items():
        code = name.removeprefix("document:")
        if code == name or code not in codes or not isinstance(value, UploadFile) or not value.filename:
            continue
        outcome = store_upload(site, draft, code, value)
        if isinstance(outcome, str):
            refused[code] = outcome
        elif any(_same(attachment, outcome) for attachment in draft.attachments):
            release(site, (outcome.blob,))
        else:
            try:
                draft = site.engine.attach(draft.id, outcome, actor, version=draft.version)
            except StaleDossier:
                release(site, (outcome.blob,))
                raise
    return draft, refused


def declared(procedure: Procedure, before: Iterable[str], pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The codes of the documents that are to come on paper: those ticked on the page that posted *pairs*.

    Declarations *before* about documents that the page does not show stay.
    """
    known = procedure.document_codes
    posted = [(kind, code) for name, _ in pairs for kind, _, code in (name.partition(":"),) if kind in ("paper", "asks")]
    shown = {code for _, code in posted}
    ticked = {code for kind, code in posted if kind == "paper"}
    return tuple(sorted(known.intersection(ticked.union(code for code in before if code not in shown))))


def document_problems(
    procedure: Procedure,
    entries: Iterable[tuple[str, Entry]],
    problems: Iterable[Problem],
    refused: Mapping[str, str],
    language: str,
) -> tuple[dict[str, str], list[tuple[str, str]], tuple[Problem, ...]]:
    """The problems of documents: by code, and for the summary as (id of the control, sentence); and the other *problems*.

    Args:
        entries: the documents of the page, by code, in its order.
        refused: document code → name of the text that says why its file was refused.
    """
    wrong, others = {code: word(name, language) for code, name in refused.items()}, list[Problem]()
    for problem in problems:
        code = problem.at.removeprefix("document:")
        if code == problem.at:
            others.append(problem)
        else:
            wrong.setdefault(code, problem_words(procedure.form, problem, None, language))
    summary = [
        (f"document-{number}", f"{procedure.words(entry, 'title', language)}: {wrong[code]}")
        for number, (code, entry) in enumerate(entries, 1)
        if code in wrong
    ]
    return wrong, summary, tuple(others)


def _same(first: Attachment, second: Attachment) -> bool:
    """Whether both are the same file for the same document, sent twice."""
    return (first.document, first.name, first.blob[:71]) == (second.document, second.name, second.blob[:71])


def store_upload(
    site: Site, draft: Dossier, code: str, file: UploadFile, *, beside: Sequence[Attachment] = ()
) -> Attachment | str:
    """The attachment, stored; or the name of the text that says why it is refused.

    Args:
        beside: the other files of the same request.
    """
    outcome = store_attachment(site, draft, code, incoming(file), beside=beside)
    return f"document-{outcome.value}" if isinstance(outcome, Refusal) else outcome


def store_attachment(
    site: Site, draft: Dossier, code: str, sent: IncomingFile, *, beside: Sequence[Attachment] = ()
) -> Attachment | Refusal:
    """The file *sent* as an attachment, stored; or why it is refused.

    Args:
        beside: as for `store_upload`.
    """
    kept = sum(attachment.document == code for attachment in (*draft.attachments, *beside))
    if refused := refusal(sent, LIMITS, kept=kept, scanner=site.config.scanner):
        return refused
    name, kind = shown_name(sent.name), sent.media_type
    assert kind is not None, "the intake accepts known kinds alone"
    id = store(sent, site.blobs, name=name)
    return id if isinstance(id, Refusal) else Attachment(code, id, name, sent.size, kind)


def detach(site: Site, draft: Dossier, button: str, actor: Actor) -> Dossier:
    """*draft* after the button `detach:CODE/BLOB`."""
    code, _, blob = button.removeprefix("detach:").rpartition("/")
    changed = site.engine.detach(draft.id, code, blob, actor, version=draft.version)
    release(site, {blob} & blobs_of(draft))
    return changed


def release(site: Site, blobs: Iterable[str]) -> None:
    """Delete those of the files *blobs* that no dossier names any more."""
    site.engine.drafts.release(blobs)


def accepted() -> str:
    """The media types that the file chooser offers."""
    return ",".join(KNOWN)


def download(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """One file of a dossier: as a download, or shown inline if the address asks for it and it is an image or a PDF."""
    dossier = _seen(site, request)
    blob = request.path_params["blob"]
    file = files_by_id(site, dossier).get(blob)
    if file is None:
        raise UnknownDossier("no such file")
    pieces = file_pieces(site, dossier, blob)
    inline = "view" in request.query_params and file.media_type in VIEWED
    headers = {
        "Content-Disposition": f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(file.name, safe='')}",
        "Content-Length": str(file.size),
        "Content-Security-Policy": _SHOWN if inline else "sandbox; default-src 'none'",
        **({"X-Frame-Options": "SAMEORIGIN"} if inline else {}),
    }
    return StreamingResponse(pieces, media_type=file.media_type, headers=headers)


def files_by_id(site: Site, dossier: Dossier) -> dict[str, Attachment]:
    """Every file of *dossier*: those of its documents, and those that answer a field."""
    files = {attachment.blob: attachment for attachment in dossier.attachments}
    form = site.engine.procedure_of(dossier).form
    for field in walk(effective(form, dossier.answers)):
        if (own := file_of(form, field, get(dossier.answers, field.pointer))) is not None:
            files[own.blob] = own
    if blobs_in(dossier.answers):
        for field in walk(effective(form, dossier.answers)):
            for id in texts_in(get(dossier.answers, field.pointer)) if field.kind is Kind.FILE else ():
                content = site.blobs.open(id)
                if content is None:
                    continue
                with content:
                    name, size = shown_name(site.blobs.name(id)), content.seek(0, SEEK_END)
                    content.seek(0)
                    kind = IncomingFile(name, size, content).media_type or "application/octet-stream"
                files[id] = Attachment("", id, name, size, kind)
    return files


def _embedded(site: Site, dossier: Dossier) -> dict[str, IO[bytes]]:
    """The files of *dossier* that are answers themselves, by their ids."""
    form, contents = site.engine.procedure_of(dossier).form, dict[str, IO[bytes]]()
    for field in walk(effective(form, dossier.answers)):
        answer = get(dossier.answers, field.pointer)
        own = file_of(form, field, answer)
        if own is not None:
            contents[own.blob] = BytesIO(content_of(field, answer) or b"")
    return contents


def _seen(site: Site, request: Request) -> Dossier:
    """The dossier that the address names, if it belongs to the visitor or to the citizen whom an officer files for.

    Raises:
        SessionEnded: the visitor is not signed in.
        UnknownDossier: it belongs to another person, or there is none.
    """
    session_ended.signed_in_actor(site, request)
    visitor = site.visitor(request)
    for actor in (visitor.actor, visitor.stand_in):
        try:
            if actor is not None:
                return site.engine.open(request.path_params["dossier"], actor)
        except UnknownDossier:
            continue
    raise UnknownDossier("no such dossier")


def file_pieces(site: Site, dossier: Dossier, id: str) -> Iterator[bytes]:
    """The bytes of the file *id* of *dossier*, in pieces; the first is read at once, before an answer has its headers.

    Raises:
        UnknownDossier: there is no such file.
        FilesError: it cannot be read whole; a download that has begun is broken off, before its last piece.
    """
    if (embedded := _embedded(site, dossier).get(id)) is not None:
        return pieces(embedded)
    content = site.blobs.open(id)
    if content is None:
        raise UnknownDossier("no such file")
    read = intact_pieces(content, id)
    return chain((next(read, b""),), read)


def pieces(content: IO[bytes]) -> Iterator[bytes]:
    """*content* in pieces; it is closed at the end."""
    with content:
        while piece := content.read(_PIECE):
            yield piece
