"""Operations on files: those of documents, and those that are answers."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from dossierkit.dossiers.attachments.file_types import shown_name
from dossierkit.dossiers.lifecycle.dossier import RESULT, Dossier
from dossierkit.dossiers.people.access_token import Verb
from dossierkit.errors import DossierkitError, UnknownDossier
from dossierkit.files.intake import IncomingFile, Limits, Refusal, refusal, store
from dossierkit_web.api.dossiers import tagged
from dossierkit_web.api.operations import ApiResponse, Call, Operation
from dossierkit_web.api.problem_details import FILE, NOT_NOW, STALE, TOO_MANY, UNAVAILABLE, UNKNOWN
from dossierkit_web.api.problem_details import Refusal as RefusedRequest
from dossierkit_web.api.representations import DOSSIER, TEXT, closed, visible_files
from dossierkit_web.pages.documents import detach, file_pieces, files_by_id, release, store_attachment
from dossierkit_web.texts import word

_NAME = {"type": "string", "minLength": 1, "maxLength": 200}
_CODE = {"type": "string", "minLength": 1, "maxLength": 60}


def _attach(call: Call) -> Response:
    call.allow("uploads")
    dossier, engine, code = call.dossier(), call.site.engine, call.query["document"]
    version = call.version if "if-match" in call.request.headers else dossier.version
    if code not in {code for code, _ in engine.procedure_of(dossier).documents(dossier.answers)}:
        raise RefusedRequest(UNKNOWN, f"the procedure asks for no document {code!r} with these answers")
    outcome = store_attachment(call.site, dossier, code, _incoming(call))
    if isinstance(outcome, Refusal):
        raise _refused(call, outcome)
    try:
        return tagged(call, engine.attach(dossier.id, outcome, call.actor, version=version), 201)
    except DossierkitError:
        release(call.site, (outcome.blob,))
        raise


def _keep(call: Call) -> Response:
    call.allow("uploads")
    sent = _incoming(call)
    refused = refusal(sent, Limits(known_kinds=False), scanner=call.site.config.scanner)
    outcome = refused or store(sent, call.site.blobs, name=shown_name(sent.name))
    if isinstance(outcome, Refusal):
        raise _refused(call, outcome)
    return ApiResponse({"file": outcome}, 201)


def _incoming(call: Call) -> IncomingFile:
    return IncomingFile(call.query["name"], len(call.content), BytesIO(call.content))


def _refused(call: Call, why: Refusal) -> RefusedRequest:
    if why in (Refusal.UNSCANNED, Refusal.UNSTORED):
        return RefusedRequest(UNAVAILABLE, word(f"document-{why.value}", call.language), headers={"Retry-After": "60"})
    return RefusedRequest(FILE, word(f"document-{why.value}", call.language), reason=why.value)


def _remove(call: Call) -> Response:
    dossier, wanted = call.dossier(), call.request.path_params["file"]
    attached = next((file for file in dossier.attachments if file.blob == wanted), None)
    if attached is None:
        raise UnknownDossier("no such file")
    return tagged(call, detach(call.site, dossier, f"detach:{attached.document}/{wanted}", call.actor))


def _read(call: Call) -> Response:
    dossier, wanted = call.dossier(), call.request.path_params["file"]
    file = files_by_id(call.site, dossier).get(wanted)
    if file is None or (file.document == RESULT and not _is_visible(call, dossier, wanted)):
        raise UnknownDossier("no such file")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        "Content-Length": str(file.size),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return StreamingResponse(file_pieces(call.site, dossier, wanted), media_type=file.media_type, headers=headers)


def _is_visible(call: Call, dossier: Dossier, wanted: str) -> bool:
    return any(file.blob == wanted for file in visible_files(dossier, call.actor))


OPERATIONS = (
    Operation(
        "attachFile", "POST", "/dossiers/{id}/files", "Add a file to a document of a draft.", _attach, DOSSIER, 201,
        takes_file=True, query={"document": _CODE, "name": _NAME}, required=("document", "name"),
        refusals=(UNKNOWN, NOT_NOW, STALE, FILE, TOO_MANY), verb=Verb.FILE, is_guarded=True,
    ),
    Operation(
        "removeFile", "DELETE", "/dossiers/{id}/files/{file}", "Remove a file of a document of a draft.", _remove, DOSSIER,
        refusals=(UNKNOWN, NOT_NOW, STALE), verb=Verb.FILE,
    ),
    Operation(
        "readFile", "GET", "/dossiers/{id}/files/{file}", "The bytes of a file of a dossier.", _read, {},
        media_type="*/*", refusals=(UNKNOWN,),
    ),
    Operation(
        "keepFile", "POST", "/files", "Store a file that an answer names by its id; unless one does, it is deleted after a day.",
        _keep, closed(file=TEXT), 201, takes_file=True, query={"name": _NAME}, required=("name",),
        refusals=(FILE, TOO_MANY), verb=Verb.FILE,
    ),
)  # fmt: skip
