"""A supplement: the fields and documents that the office asked for, with its reasons, corrected by the owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossierkit.dossiers.lifecycle.dossier import Attachment, Dossier, blobs_in, blobs_of
from dossierkit.dossiers.lifecycle.supplements import asked_documents, brought, mended
from dossierkit.dossiers.states import Action, State
from dossierkit.errors import DossierkitError, RefusedAnswers, UnknownDossier
from dossierkit.forms import Layout, Problem, flatten, parse
from dossierkit.forms.answers.control_names import pointer_of
from dossierkit.forms.answers.page_layout import layout as layout_of
from dossierkit.forms.answers.rows import after_button, read_only_rows
from dossierkit.pointers import Json, texts_in
from dossierkit_web.pages import unsaved
from dossierkit_web.pages.desk import officer_of
from dossierkit_web.pages.desk_dossier import dossier_of
from dossierkit_web.pages.documents import accepted, release, store_upload
from dossierkit_web.pages.messages import drop
from dossierkit_web.pages.my_dossiers import own
from dossierkit_web.requests.limits import allow
from dossierkit_web.requests.posted import number, text
from dossierkit_web.requests.uploads import own_files, with_uploads
from dossierkit_web.site import Site, language_of
from dossierkit_web.texts import word


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The requested fields and documents alone, each with its reason."""
    dossier = _dossier(site, request)
    if dossier.state is not State.SUPPLEMENT_REQUESTED:
        return RedirectResponse(_back(request, dossier), 303)
    answers, layout, kept = site.engine.wanted(dossier)[1], None, unsaved.kept(site, request)
    if kept is not None:
        answers, layout, _ = _answers(site, request, dossier, kept.form)
    return _page(site, request, dossier, answers, layout=layout, problems=_why(dossier, language_of(request)))


def _dossier(site: Site, request: Request) -> Dossier:
    """The visitor's own dossier; at the desk, one that was filed at the counter or by post."""
    if not _at_the_desk(request):
        return own(site, request)
    actor = officer_of(site, request)
    dossier = dossier_of(site, request, actor)
    if dossier.state is State.SUPPLEMENT_REQUESTED and Action.SUPPLEMENT not in site.engine.permitted(dossier, actor):
        raise UnknownDossier("the citizen mends it, not the office")
    return dossier


def _at_the_desk(request: Request) -> bool:
    return request.url.path.startswith("/desk/")


def _back(request: Request, dossier: Dossier) -> str:
    return f"/{'desk' if _at_the_desk(request) else 'dossiers'}/{dossier.code}"


def _why(dossier: Dossier, language: str) -> tuple[Problem, ...]:
    """The problems that the office named, at the requested answers."""
    reasons = dossier.handling.supplement.reasons.items()
    return tuple(
        Problem(place, "rule", {"message": word(f"why-{why}", language)}) for place, why in reasons if place.startswith("/")
    )


def send(site: Site, request: Request, form: FormData) -> Response:
    """Send the corrections; no other value of the page is taken."""
    dossier, actor = _dossier(site, request), site.visitor(request).actor
    assert actor is not None, "a dossier has an owner"
    if dossier.state is not State.SUPPLEMENT_REQUESTED:
        return RedirectResponse(_back(request, dossier), 303)
    answers, layout, strange = _answers(site, request, dossier, form)
    if text(form, "do") not in ("send", "send-unchanged", ""):
        return _page(site, request, dossier, answers, layout=layout)
    files, left = _files(site, request, dossier, form)
    asked, language = site.engine.wanted(dossier)[0].form, language_of(request)
    filled, problems = with_uploads(site.blobs, asked, form, answers, language, site.config.scanner, layout=layout)
    try:
        problems = (*problems, *strange)
        if not (left or problems):
            if text(form, "do") != "send-unchanged" and site.engine.changes_nothing(dossier, filled, files, layout=layout):
                return _page(site, request, dossier, answers, layout=layout, unchanged=True, code=422)
            version = number(text(form, "meta:version"), dossier.version)
            site.engine.act(dossier.id, Action.SUPPLEMENT, actor, version=version, answers=filled, files=files, layout=layout)
            return RedirectResponse(_back(request, dossier), 303)
    except RefusedAnswers as refused:
        problems = refused.problems
    except DossierkitError:
        drop(site, files)
        raise
    finally:
        release(site, blobs_in(filled) - blobs_in(answers))
    drop(site, files)
    return _page(site, request, dossier, answers, problems=problems, layout=layout, left=left or None, code=422)


def _answers(site: Site, request: Request, dossier: Dossier, form: FormData) -> tuple[Json, Layout, tuple[Problem, ...]]:
    """The posted answers, the layout of the page, and a problem for each file that is not the owner's."""
    (procedure, before), language = site.engine.wanted(dossier), language_of(request)
    asked = procedure.form
    here = [pointer for pointer in dossier.handling.supplement.asked if pointer.startswith("/")]
    pairs = ((name, value) for name, value in form.multi_items() if isinstance(value, str))
    posted = [(name, value) for name, value in pairs if not _counts_some_rows(name, here)]
    rest = [
        (name, value)
        for name, value in flatten(asked, before, language=language)
        if not any(pointer_of(name)[1] == pointer or pointer_of(name)[1].startswith(pointer + "/") for pointer in here)
    ]
    answers = parse(asked, [*rest, *posted], base=before, language=language)
    answers, strange = own_files(asked, answers, blobs_of(dossier).union(texts_in(before)), layout=layout_of(posted))
    layout = layout_of(posted)
    return *after_button(answers, layout, text(form, "do"), read_only_rows(asked, answers, layout)), strange


def _counts_some_rows(name: str, requested: Sequence[str]) -> bool:
    """Whether the control states the length of a list of which the page shows only what is *requested*."""
    kind, pointer = pointer_of(name)
    is_whole = any(pointer == place or pointer.startswith(place + "/") for place in requested)
    return kind == "count" and not is_whole and any(place.startswith(pointer + "/") for place in requested)


def _files(site: Site, request: Request, dossier: Dossier, form: FormData) -> tuple[tuple[Attachment, ...], dict[str, str]]:
    """The uploaded files of requested documents, stored; and document code → name of the text about a refused one."""
    found: list[Attachment] = []
    left: dict[str, str] = {}
    codes = asked_documents(dossier.handling.supplement.asked)
    sent = [value for value in form.values() if isinstance(value, UploadFile) and value.filename]
    if sent:
        allow(site, request, "uploads")
    for name, value in form.multi_items():
        code = name.removeprefix("document:")
        if code in codes and code != name and isinstance(value, UploadFile) and value.filename:
            one = store_upload(site, dossier, code, value, beside=found)
            if isinstance(one, str):
                left[code] = one
            else:
                found.append(one)
    return tuple(found), left


def _page(
    site: Site,
    request: Request,
    dossier: Dossier,
    answers: Json,
    *,
    problems: Sequence[Problem] = (),
    layout: Layout | None = None,
    left: Mapping[str, str] | None = None,
    unchanged: bool = False,
    code: int = 200,
) -> Response:
    (procedure, before), language, asked = site.engine.wanted(dossier), language_of(request), dossier.handling.supplement.asked
    form = procedure.form
    only = (*asked, *brought(form, before, mended(form, before, answers, asked, layout=layout), layout=layout))
    rendered = site.renderer.render(form, answers, problems=problems, language=language, layout=layout, only=only)
    if "x-fragment" in request.headers:
        return HTMLResponse(str(rendered.fields), code)
    wanted = next(event for event in reversed(site.engine.history(dossier)) if event.action is Action.REQUEST_SUPPLEMENT)
    return site.page(
        request,
        "supplement",
        code=code,
        dossier=dossier,
        back=_back(request, dossier),
        title=procedure.title(language),
        form=rendered,
        reason=site.engine.notes(dossier)[wanted.number].text,
        procedure=procedure,
        documents=[entry for entry in procedure.documents(before) if entry[0] in asked_documents(asked)],
        accept=accepted(),
        unchanged=unchanged,
        left=left if left is not None else _why_documents(dossier),
    )


def _why_documents(dossier: Dossier) -> dict[str, str]:
    """Document code → name of the text that says why it is requested."""
    reasons = {
        code: dossier.handling.supplement.reasons.get(f"document:{code}")
        for code in asked_documents(dossier.handling.supplement.asked)
    }
    return {code: f"why-{why}" for code, why in reasons.items() if why is not None}
