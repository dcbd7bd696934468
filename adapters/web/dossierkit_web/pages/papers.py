"""Papers as pages to print and as PDF, for the owner and the office; slips verified by any visitor."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from dossierkit.dossiers.lifecycle.dossier import Dossier, Event
from dossierkit.errors import ForgedSlip, UnknownDossier
from dossierkit.forms.schema.formats import typed_day
from dossierkit.papers import PaperKind, kinds_of, paper_of
from dossierkit.papers.register import register as write_register
from dossierkit.papers.slip import check_slip, slip_of
from dossierkit_web.pages.desk import officer_of
from dossierkit_web.pages.desk_dossier import dossier_of
from dossierkit_web.pages.my_dossiers import own
from dossierkit_web.requests.addresses import public_url, url
from dossierkit_web.requests.limits import allow
from dossierkit_web.requests.posted import text
from dossierkit_web.site import Site, language_of

#: The forms for officers alone: the control slip.
_INTERNAL = ("06",)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def listed(site: Site, dossier: Dossier, history: Sequence[Event], *, internal: bool) -> list[PaperKind]:
    """The papers about *dossier* that may be shown: *internal* ones to officers alone."""
    kinds = kinds_of(history, site.payments.attempts_of(dossier))
    return [kind for kind in kinds if internal or kind.form not in _INTERNAL]


def of_the_owner(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """One paper about a dossier of the visitor."""
    return _paper(site, request, own(site, request), internal=False)


def of_the_office(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """One paper about a dossier of the officer's unit."""
    return _paper(site, request, dossier_of(site, request, officer_of(site, request)), internal=True)


def _paper(site: Site, request: Request, dossier: Dossier, *, internal: bool) -> Response:
    name, language = request.path_params["name"], language_of(request)
    history = site.engine.history(dossier)
    kind = next((kind for kind in listed(site, dossier, history, internal=internal) if kind.name == name), None)
    if kind is None:
        raise UnknownDossier("no such paper")
    slip = slip_of(dossier, history) if kind.form == "01" else None
    signed = site.slips.sign(slip) if slip is not None and site.slips is not None else ""
    qr = public_url(site.engine.office, f"/verify-slip?slip={signed}") if signed else ""
    paper = paper_of(site.engine, dossier, name, language, qr=qr)
    if "pdf" in request.query_params:
        allow(site, request, "tables")
        made = site.papers.pdf(paper, dossier.procedure)
        headers = {"Content-Disposition": f'inline; filename="{dossier.code}-{name}.pdf"'}
        return Response(made, media_type="application/pdf", headers=headers)
    shown = Markup(site.papers.html(paper, dossier.procedure))
    back = f"/desk/{dossier.code}" if internal else f"/dossiers/{dossier.code}"
    return site.page(request, "paper", paper=paper, shown=shown, back=url(request, back))


def verify(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Verify a slip and show its facts; no dossier is read, so that every visitor may do it."""
    typed = request.query_params.get("slip", "").strip()[:4000]
    slip, trouble = None, ""
    if typed and site.slips is not None:
        try:
            slip = check_slip(typed, site.slips.public)
        except ForgedSlip:
            trouble = "slip-forged"
    public = site.slips.public if site.slips is not None else ""
    return site.page(request, "slip", code=422 if trouble else 200, slip=slip, trouble=trouble, typed=typed, public=public)


def key(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The public key for verifying slips."""
    if site.slips is None:
        raise UnknownDossier("no key")
    return PlainTextResponse(site.slips.public + "\n")


def register(site: Site, request: Request, form: FormData) -> Response:
    """The register of a unit between two days, as a workbook."""
    actor = officer_of(site, request)
    allow(site, request, "tables")
    try:
        first, last = (typed_day(text(form, name)) for name in ("since", "until"))
    except ValueError:
        return site.message(request, "days-wanted", code=422)
    into = BytesIO()
    write_register(site.engine, into, first, last, unit=actor.unit, language=language_of(request))
    headers = {"Content-Disposition": f'attachment; filename="register-{first}-{last}.xlsx"'}
    return Response(into.getvalue(), media_type=_XLSX, headers=headers)
