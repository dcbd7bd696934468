"""A supplement: the fields and documents that the office asked for, with its reasons, corrected by the owner.

Input is kept until it is sent, see `unsaved.keep_supplement`; files are stored when it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossierkit.dossiers.lifecycle.dossier import Actor, Attachment, Dossier, blobs_in, blobs_of
from dossierkit.dossiers.lifecycle.supplements import asked_documents, new_fields, with_corrections
from dossierkit.dossiers.people.session_lifetime import ABSOLUTE
from dossierkit.dossiers.states import Action, State
from dossierkit.errors import DossierkitError, RefusedAnswers, UnknownDossier
from dossierkit.forms import Layout, Problem, flatten, parse
from dossierkit.forms.answers.control_names import pointer_of
from dossierkit.forms.answers.page_layout import layout as layout_of
from dossierkit.forms.answers.rows import after_button, read_only_rows
from dossierkit.forms.views.focus import focus_after
from dossierkit.forms.views.personal_data import has_secrets
from dossierkit.pointers import Json, texts_in
from dossierkit_web.pages import unsaved
from dossierkit_web.pages.desk import officer_of
from dossierkit_web.pages.desk_dossier import dossier_of
from dossierkit_web.pages.documents import accepted, document_problems, release, store_upload
from dossierkit_web.pages.messages import drop
from dossierkit_web.pages.my_dossiers import own
from dossierkit_web.requests.addresses import path_of, see_other, url
from dossierkit_web.requests.limits import allow
from dossierkit_web.requests.posted import number, text
from dossierkit_web.requests.uploads import own_files, with_uploads
from dossierkit_web.site import Site, language_of
from dossierkit_web.texts import word


@attrs.frozen
class _Input:
    """The input of a page."""

    answers: Json
    layout: Layout | None = None
    #: A problem for each file that is not the owner's.
    foreign: tuple[Problem, ...] = ()
    #: Codes of the documents that come on paper.
    declared: frozenset[str] = frozenset()


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The requested fields and documents alone, each with its reason, as they are or as they were typed before."""
    dossier, actor = _dossier(site, request)
    if dossier.state is not State.SUPPLEMENT_REQUESTED:
        return see_other(request, _back(request, dossier))
    typed, kept = _Input(site.engine.wanted(dossier)[1]), unsaved.kept(site, request)
    kept = kept or unsaved.kept_supplement(site, actor, dossier)
    if kept is not None:
        typed = _input(site, request, dossier, kept.form, kept.hidden)
    problems, saved = _why(dossier, language_of(request)), kept.at if kept is not None else None
    return _page(site, request, dossier, actor, typed, problems=problems, saved=saved)


def _dossier(site: Site, request: Request) -> tuple[Dossier, Actor]:
    """The visitor's own dossier, or at the desk one that was filed at the counter or by post; and the visitor."""
    if not _at_the_desk(request):
        dossier, actor = own(site, request), site.visitor(request).actor
        assert actor is not None, "a dossier has an owner"
        return dossier, actor
    actor = officer_of(site, request)
    dossier = dossier_of(site, request, actor)
    if dossier.state is State.SUPPLEMENT_REQUESTED and Action.SUPPLEMENT not in site.engine.permitted(dossier, actor):
        raise UnknownDossier("the citizen mends it, not the office")
    return dossier, actor


def _at_the_desk(request: Request) -> bool:
    return path_of(request).startswith("/desk/")


def _back(request: Request, dossier: Dossier) -> str:
    return f"/{'desk' if _at_the_desk(request) else 'dossiers'}/{dossier.code}"


def _why(dossier: Dossier, language: str) -> tuple[Problem, ...]:
    """The problems that the office named, at the requested answers and documents."""
    reasons = dossier.handling.supplement.reasons.items()
    return tuple(Problem(place, "rule", {"message": word(f"why-{why}", language)}) for place, why in reasons)


def send(site: Site, request: Request, form: FormData) -> Response:
    """Send the corrections; no other value of the page is taken.  Other buttons keep what was typed."""
    dossier, actor = _dossier(site, request)
    if dossier.state is not State.SUPPLEMENT_REQUESTED:
        return see_other(request, _back(request, dossier))
    before = unsaved.kept_supplement(site, actor, dossier)
    typed = _input(site, request, dossier, form, before.hidden if before is not None else {})
    secret = has_secrets(site.engine.wanted(dossier)[0].form) and isinstance(typed.answers, dict)
    is_kept = unsaved.keep_supplement(site, actor, dossier, form, typed.answers if secret else {})
    button, saved = text(form, "do"), site.engine.now() if is_kept else None
    if button not in ("send", "send-unchanged", ""):
        if button == "save" and is_kept:
            return see_other(request, path_of(request))
        why, code = _why(dossier, language_of(request)), 200 if is_kept else 413
        return _page(site, request, dossier, actor, typed, problems=why, saved=saved, button=button, code=code)
    return _send(site, request, form, dossier, actor, typed, saved)


def _send(
    site: Site, request: Request, form: FormData, dossier: Dossier, actor: Actor, typed: _Input, saved: datetime | None
) -> Response:
    files, refused = _files(site, request, dossier, form)
    asked, layout, declared = site.engine.wanted(dossier)[0].form, typed.layout, typed.declared
    filled, problems = with_uploads(
        site.blobs, asked, form, typed.answers, language_of(request), site.config.scanner, layout=layout
    )
    problems, unchanged = (*problems, *typed.foreign), False
    try:
        try:
            unchanged = site.engine.changes_nothing(dossier, filled, files, layout=layout, declared=declared)
        except RefusedAnswers as error:
            named = {problem.at for problem in problems}
            problems = (*problems, *(problem for problem in error.problems if problem.at not in named))
        unchanged = unchanged and text(form, "do") != "send-unchanged"
        if not (refused or problems or unchanged):
            version, facts = number(text(form, "meta:version"), dossier.version), {"declared": sorted(declared)}
            site.engine.act(
                dossier.id, Action.SUPPLEMENT, actor, version=version, facts=facts, answers=filled, files=files, layout=layout
            )
            unsaved.forget_supplement(site, actor, dossier)
            return see_other(request, f"{_back(request, dossier)}?done={Action.SUPPLEMENT.value}")
    except DossierkitError:
        drop(site, files)
        raise
    finally:
        release(site, blobs_in(filled) - blobs_in(typed.answers))
    drop(site, files)
    unchanged = unchanged and not (refused or problems)
    return _page(
        site, request, dossier, actor, typed, problems=problems, refused=refused, unchanged=unchanged, saved=saved, code=422
    )


def _input(site: Site, request: Request, dossier: Dossier, form: FormData, hidden: Mapping[str, Json]) -> _Input:
    """The input of the page that posted *form*.

    Args:
        hidden: the answers that were typed before and that no page shows again.
    """
    (procedure, before), language = site.engine.wanted(dossier), language_of(request)
    asked = procedure.form
    here = [pointer for pointer in dossier.handling.supplement.asked if pointer.startswith("/")]
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    posted = [(name, value) for name, value in pairs if not _counts_some_rows(name, here)]
    rest = [
        (name, value)
        for name, value in flatten(asked, before, language=language)
        if not any(pointer_of(name)[1] == pointer or pointer_of(name)[1].startswith(pointer + "/") for pointer in here)
    ]
    answers, layout = parse(asked, [*rest, *posted], base=hidden or before, language=language), layout_of(posted)
    answers, foreign = own_files(asked, answers, blobs_of(dossier).union(texts_in(before)), layout=layout)
    answers, layout = after_button(answers, layout, text(form, "do"), read_only_rows(asked, answers, layout))
    declared = frozenset(name.removeprefix("paper:") for name, _ in pairs if name.startswith("paper:"))
    return _Input(answers, layout, foreign, declared)


def _counts_some_rows(name: str, requested: Sequence[str]) -> bool:
    """Whether the control states the length of a list of which the page shows only what is *requested*."""
    kind, pointer = pointer_of(name)
    is_whole = any(pointer == place or pointer.startswith(place + "/") for place in requested)
    return kind == "count" and not is_whole and any(place.startswith(pointer + "/") for place in requested)


def _files(site: Site, request: Request, dossier: Dossier, form: FormData) -> tuple[tuple[Attachment, ...], dict[str, str]]:
    """The uploaded files of requested documents, stored; and document code → name of the text about a refused one."""
    found: list[Attachment] = []
    refused: dict[str, str] = {}
    codes = asked_documents(dossier.handling.supplement.asked)
    sent = [value for value in form.values() if isinstance(value, UploadFile) and value.filename]
    if sent:
        allow(site, request, "uploads")
    for name, value in form.multi_items():
        code = name.removeprefix("document:")
        if code in codes and code != name and isinstance(value, UploadFile) and value.filename:
            one = store_upload(site, dossier, code, value, beside=found)
            if isinstance(one, str):
                refused[code] = one
            else:
                found.append(one)
    return tuple(found), refused


def _page(
    site: Site,
    request: Request,
    dossier: Dossier,
    actor: Actor,
    typed: _Input,
    *,
    problems: Sequence[Problem] = (),
    refused: Mapping[str, str] | None = None,
    unchanged: bool = False,
    saved: datetime | None = None,
    button: str = "",
    code: int = 200,
) -> Response:
    """The page, or its fields alone if the request asks for a fragment.

    Args:
        refused: document code → name of the text that says why its file was refused.
        unchanged: nothing differs from what the office has, so that it asks before it sends.
        saved: when the input was kept.
        button: the button inside the form that was pressed.
    """
    (procedure, before), language, asked = site.engine.wanted(dossier), language_of(request), dossier.handling.supplement.asked
    form, codes = procedure.form, asked_documents(asked)
    entries = [entry for entry in procedure.documents(before) if entry[0] in codes]
    wrong, beside, others = document_problems(procedure, entries, problems, refused or {}, language)
    only = (
        *asked,
        *new_fields(form, before, with_corrections(form, before, typed.answers, asked, layout=typed.layout), layout=typed.layout),
    )
    rendered = site.renderer.render(
        form, typed.answers, problems=others, language=language, layout=typed.layout, only=only, beside=beside
    )
    rendered = rendered.with_focus(focus_after(form, typed.answers, typed.layout or Layout(), button))
    owner = unsaved.owner_tag(actor)
    if "x-fragment" in request.headers:
        headers = {"X-Version": str(dossier.version), "X-Owner": owner}
        return HTMLResponse(str(rendered.fields), code, headers=headers)
    wanted = next(event for event in reversed(site.engine.history(dossier)) if event.action is Action.REQUEST_SUPPLEMENT)
    return site.page(
        request,
        "supplement",
        code=code,
        dossier=dossier,
        back=url(request, _back(request, dossier)),
        title=procedure.title(language),
        form=rendered,
        reason=site.engine.notes(dossier)[wanted.number].text,
        procedure=procedure,
        documents=entries,
        accept=accepted(),
        declared=typed.declared,
        unchanged=unchanged,
        wrong={**_why_documents(dossier, language), **wrong},
        saved=saved,
        owner=owner,
        hours=round(ABSOLUTE.total_seconds() / 3600),
    )


def _why_documents(dossier: Dossier, language: str) -> dict[str, str]:
    """Document code → why it is requested."""
    reasons = {
        code: dossier.handling.supplement.reasons.get(f"document:{code}")
        for code in asked_documents(dossier.handling.supplement.asked)
    }
    return {code: word(f"why-{why}", language) for code, why in reasons.items() if why is not None}
