"""The end of a draft: reviewed and submitted, or cancelled and restored."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.dossiers.states import Action, State
from dossierkit.errors import RefusedAnswers
from dossierkit_web.pages import documents, session_ended
from dossierkit_web.pages.counter import submit_filing
from dossierkit_web.pages.own_draft import own_dossier, redirect_if_sent
from dossierkit_web.pages.procedures import purpose_notice
from dossierkit_web.requests.addresses import path_of, see_other
from dossierkit_web.requests.limits import allow
from dossierkit_web.site import Site, language_of


def review(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """All answers and documents, before they are submitted."""
    if redirect := redirect_if_sent(site, request):
        return redirect
    draft, _ = own_dossier(site, request)
    procedure, language = site.engine.procedure_of(draft), language_of(request)
    rows = site.renderer.rows(procedure.form, draft.answers, language=language, layout=draft.layout)
    return site.page(
        request,
        "review",
        draft=draft,
        answered=documents.files_by_id(site, draft),
        files_at=draft.id,
        title=procedure.title(language),
        rows=rows,
        code_=draft.procedure,
        procedure=procedure,
        documents=procedure.documents(draft.answers),
        declared=procedure.declared(draft, draft.answers),
        notice=purpose_notice(site, procedure, language),
        must_sign_in=not site.keeps(request),
    )


def submit(site: Site, request: Request, form: FormData) -> Response:
    """Submit the draft; a second request leads to the same dossier."""
    draft, actor = own_dossier(site, request, form)
    if not site.keeps(request):
        return session_ended.to_sign_in(site, request, f"{path_of(request)}?draft={draft.id}")
    allow(site, request, "submits")
    visitor = site.visitor(request)
    try:
        if visitor.filing is not None:
            return submit_filing(site, request, draft, visitor)
        dossier = site.engine.submit(draft.id, actor)
    except RefusedAnswers:
        return see_other(request, f"/procedures/{draft.procedure}/apply?draft={draft.id}&problems")
    return see_other(request, f"/dossiers/{dossier.code}?done")


def ask_cancel(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Ask for confirmation before the draft is cancelled."""
    if redirect := redirect_if_sent(site, request):
        return redirect
    draft, _ = own_dossier(site, request)
    title = site.engine.procedure_of(draft).title(language_of(request))
    return site.page(request, "cancel", draft=draft, title=title)


def cancel(site: Site, request: Request, form: FormData) -> Response:
    """Cancel the draft; it can be restored for a day."""
    draft, actor = own_dossier(site, request, form)
    if draft.state is not State.CANCELLED:
        draft = site.engine.act(draft.id, Action.CANCEL, actor)
    return site.page(request, "cancelled", draft=draft)


def restore(site: Site, request: Request, form: FormData) -> Response:
    """Restore a cancelled draft."""
    draft, actor = own_dossier(site, request, form)
    if draft.state is State.CANCELLED:
        site.engine.act(draft.id, Action.RESTORE, actor)
    return see_other(request, f"/procedures/{draft.procedure}/apply?draft={draft.id}")
