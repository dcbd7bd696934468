"""All stored data of an account as one file."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dossierkit.dossiers.attachments.file_types import shown_name
from dossierkit.dossiers.lifecycle.dossier import Dossier, blobs_of
from dossierkit.dossiers.people.account import Account
from dossierkit.forms.views.personal_data import without_secrets
from dossierkit_web.pages import session_ended
from dossierkit_web.pages.documents import pieces
from dossierkit_web.requests.limits import allow
from dossierkit_web.site import Site

_PIECE = 256 * 1024
#: Maximum size of a file that is made in memory, in bytes.
_SMALL = 1024 * 1024


def download(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """A ZIP with the account, every dossier with its history, and their files."""
    account = session_ended.own_account(site, request)
    allow(site, request, "exports")
    packed = tempfile.SpooledTemporaryFile(_SMALL)  # noqa: SIM115  # it is closed when it was sent
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("account.json", _written(_account(account)))
        for dossier in _all(site, account):
            folder = f"dossiers/{dossier.code or 'draft-' + dossier.id[:8]}"
            archive.writestr(f"{folder}/dossier.json", _written(_dossier(site, dossier)))
            names = {attachment.blob: attachment.name for attachment in dossier.attachments}
            for blob in sorted(blobs_of(dossier) - names.keys()):
                names[blob] = shown_name(site.blobs.name(blob))
            for number, (blob, name) in enumerate(names.items(), 1):
                content = site.blobs.open(blob)
                if content is not None:
                    with content, archive.open(f"{folder}/files/{number}-{name}", "w") as into:
                        shutil.copyfileobj(content, into, _PIECE)
    size = packed.tell()
    packed.seek(0)
    headers = {"Content-Disposition": 'attachment; filename="dossiers.zip"', "Content-Length": str(size)}
    return StreamingResponse(pieces(packed), media_type="application/zip", headers=headers)


def _all(site: Site, account: Account) -> Iterator[Dossier]:
    before = None
    while some := site.engine.find(account.actor, before=before, limit=100):
        yield from some
        before = some[-1].id


def _account(account: Account) -> dict[str, object]:
    """The stored data of the account, without its password hash."""
    return {
        "mail": account.mail,
        "profile": account.profile,
        "language": account.language,
        "created": account.created.isoformat(),
    }


def _dossier(site: Site, dossier: Dossier) -> dict[str, object]:
    procedure = site.engine.procedure_of(dossier)
    return {
        "code": str(dossier.code) if dossier.code is not None else None,
        "procedure": dossier.procedure,
        "title": procedure.title(),
        "state": dossier.state.name.lower(),
        "submitted": dossier.submitted.isoformat() if dossier.submitted is not None else None,
        "answers": without_secrets(procedure.form, dossier.answers),
        "files": [
            {"document": attachment.document, "name": attachment.name, "bytes": attachment.size}
            for attachment in dossier.attachments
        ],
        "history": [{"at": event.at.isoformat(), "action": event.action.value} for event in site.engine.history(dossier)],
    }


def _written(value: dict[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
