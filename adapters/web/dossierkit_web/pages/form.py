"""Filling in a form: shown with the visitor's own draft, received, saved."""

from __future__ import annotations

from urllib.parse import urlencode

import attrs
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.dossiers.lifecycle.dossier import Actor, Dossier, blobs_of
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import Channel
from dossierkit.errors import StaleDossier, UnknownProcedure
from dossierkit.forms import Kind, Layout, Problem, check, effective, parse
from dossierkit.forms.answers.defaults import answers_with_defaults, initial_answers, layout_with_defaults
from dossierkit.forms.answers.page_layout import layout as layout_of
from dossierkit.forms.answers.page_layout import layout_pairs, merged_layout
from dossierkit.forms.answers.rows import after_button, read_only_rows
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.views.changes import Change, changes
from dossierkit.forms.views.focus import focus_after
from dossierkit.forms.views.personal_data import has_secrets
from dossierkit.pointers import Json, same
from dossierkit_web.pages import documents, session_ended, unsaved
from dossierkit_web.pages.form_page import form_page
from dossierkit_web.pages.own_draft import own_draft, redirect_if_sent
from dossierkit_web.public_pages import known_procedure_edition, procedure_edition, public_page
from dossierkit_web.requests.addresses import path_of, see_other
from dossierkit_web.requests.limits import allow
from dossierkit_web.requests.posted import number, text
from dossierkit_web.requests.session import Visitor
from dossierkit_web.requests.uploads import own_files, with_uploads
from dossierkit_web.site import Site, language_of

#: Maximum length of a query that every browser and proxy accepts.
_LONGEST_QUERY = 4_000


@public_page(procedure_edition, known_procedure_edition)
def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The form with the visitor's own draft, and with unsaved input."""
    session_ended.guard(site, request)
    if redirect := redirect_if_sent(site, request):
        return redirect
    draft = own_draft(site, request)
    procedure = site.engine.procedure_of(draft) if draft is not None else site.engine.procedure(request.path_params["code"])
    profile = site.visitor(request).known_values
    answers = draft.answers if draft is not None else initial_answers(procedure.form, profile)
    problems = site.engine.check(draft) if draft is not None and "problems" in request.query_params else ()
    declared = draft.declared if draft is not None else ()
    searched = layout_of(request.query_params.multi_items())
    layout = merged_layout(draft.layout, searched) if draft is not None else searched
    newer = _newer(site, procedure, draft, language_of(request)) if draft is not None else None
    notice, token = "existing" if draft is not None and "draft" not in request.query_params else "", ""
    if (kept := unsaved.kept(site, request, draft)) is not None:
        answers = _with_input(procedure, answers, kept, language_of(request), draft.layout if draft is not None else None)
        layout = merged_layout(layout, layout_of(kept.pairs))
        own = blobs_of(draft) if draft is not None else frozenset()
        answers, problems = own_files(procedure.form, answers, own, layout=layout)
        draft = attrs.evolve(draft, version=kept.version_of(draft)) if draft is not None else None
        declared = documents.declared(procedure, declared, kept.pairs)
        notice, token = "kept-answers", request.query_params["kept"]
    page = form_page(
        site,
        request,
        procedure,
        answers,
        draft=draft,
        problems=problems,
        layout=layout,
        notice=notice,
        newer=newer,
        kept=token,
        declared=declared,
    )
    # A blank form that a browser shows again after signing in, on the way back, would replace the draft.
    page.headers["Cache-Control"] = "no-store"
    return page


def _with_input(procedure: Procedure, answers: Json, kept: unsaved.Unsaved, language: str, layout: Layout | None) -> Json:
    """*answers* changed by the unsaved input."""
    base = {**answers, **kept.hidden} if kept.procedure == procedure.code else answers
    return parse(procedure.form, kept.pairs, base=base, language=language, layout=layout)


def receive(site: Site, request: Request, form: FormData) -> Response:
    """Save the posted answers, then do what the button says."""
    code = request.path_params["code"]
    session_ended.guard(site, request, form)
    if redirect := redirect_if_sent(site, request):
        return redirect
    if not site.keeps(request):
        return _receive_unsaved(site, request, form)
    fresh = site.visitor(request).actor is None
    if fresh:
        # Checked before the session begins, so that a refused request stores nothing.
        allow(site, request, "drafts")
    visitor = site.with_session(request)
    actor = visitor.actor
    assert actor is not None, "a session has an actor"
    # Without a session the draft of an earlier one is out of reach: the answers begin a new draft.
    draft = own_draft(site, request) if not fresh else None
    begins = draft is None
    if begins and not fresh:
        allow(site, request, "drafts")
        if text(form, "meta:version"):
            # The page was made from a draft that is gone; its answers are shown with the new one before they are saved.
            draft = site.engine.begin(code, actor, {}, channel=_channel(visitor), sole=True)
    if any(isinstance(value, UploadFile) and value.filename for _, value in form.multi_items()):
        allow(site, request, "uploads")
    procedure = site.engine.procedure_of(draft) if draft is not None else site.engine.procedure(code)
    pairs, button = _pairs_and_button(form)
    if button == "move" and draft is not None and draft.version == _version(form, draft):
        draft = site.engine.move(draft.id, actor, version=draft.version)
        return see_other(request, f"{path_of(request)}?draft={draft.id}")
    answers, layout, refused = _typed(site, request, form, procedure, draft, begins=begins)
    before = blobs_of(draft) if draft is not None else frozenset()
    declared = documents.declared(procedure, draft.declared if draft is not None else (), pairs)
    try:
        if draft is None:
            draft = site.engine.begin_saved(code, actor, answers, layout=layout, declared=declared, channel=_channel(visitor))
        else:
            draft = _save(site, actor, draft, answers, layout, declared, _version(form, draft))
        unsaved.forget(site, request, text(form, "meta:kept"))
        documents.release(site, before - blobs_of(draft))
        draft, refused_documents = documents.store_uploads(site, procedure, draft, form, actor)
        if button.startswith("detach:"):
            draft = documents.detach(site, draft, button, actor)
    except StaleDossier:
        draft = draft if draft is not None else own_draft(site, request)
        response = form_page(
            site, request, procedure, answers, draft=draft, layout=layout, notice="stale", code=409, declared=declared
        )
        return site.keep(request, visitor, response)
    if refused or refused_documents:
        # On the way to the review, the problems of files are shown together with those of the fields.
        problems = _first_by_pointer(*refused, *(site.engine.check(draft) if button == "continue" else ()))
        response = form_page(
            site,
            request,
            procedure,
            draft.answers,
            draft=draft,
            problems=problems,
            layout=layout,
            code=422,
            refused=refused_documents,
        )
    else:
        response = _after_saving(site, request, procedure, draft, layout, form, button)
    return site.keep(request, visitor, response)


def _typed(
    site: Site, request: Request, form: FormData, procedure: Procedure, draft: Dossier | None, *, begins: bool
) -> tuple[Json, Layout, tuple[Problem, ...]]:
    """The answers that the page posted, its layout, and the problems of its files."""
    pairs, button = _pairs_and_button(form)
    language, opened = language_of(request), draft.layout if draft is not None else Layout()
    base = _base(site, request, procedure, draft, text(form, "meta:kept"))
    answers = parse(procedure.form, pairs, base=base, language=language, layout=opened)
    layout = merged_layout(opened, layout_of(pairs))
    answers, foreign = own_files(procedure.form, answers, blobs_of(draft) if draft is not None else frozenset(), layout=layout)
    answers, refused = with_uploads(site.blobs, procedure.form, form, answers, language, site.config.scanner, layout=layout)
    answers, layout = after_button(answers, layout, button, read_only_rows(procedure.form, answers, layout))
    profile = site.visitor(request).known_values
    shown = draft.answers if draft is not None and not begins else initial_answers(procedure.form, profile)
    answers = answers_with_defaults(procedure.form, shown, answers, profile, shown=opened, layout=layout)
    return answers, layout_with_defaults(procedure.form, answers, layout), _first_by_pointer(*refused, *foreign)


def _channel(visitor: Visitor) -> Channel:
    """How the dossier that *visitor* begins here reaches the office."""
    filing = visitor.filing if visitor.files_here else None
    return filing.channel if filing is not None else Channel.ONLINE


def _pairs_and_button(form: FormData) -> tuple[list[tuple[str, str]], str]:
    """The texts of *form* by control, and the button that was pressed: that of saving if there is none."""
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return pairs, next((value for name, value in pairs if name == "do"), "save")


def _base(site: Site, request: Request, procedure: Procedure, draft: Dossier | None, token: str) -> Json:
    """The answers that the page was made from: those of *draft*, with the secret ones of the unsaved input under *token*."""
    answers, layout = (draft.answers, draft.layout) if draft is not None else ({}, Layout())
    kept = unsaved.kept(site, request, draft, token=token) if has_secrets(procedure.form) else None
    return answers if kept is None else _with_input(procedure, answers, kept, language_of(request), layout)


def _receive_unsaved(site: Site, request: Request, form: FormData) -> Response:
    """Do what the button says for a visitor whose answers are not saved before signing in: the page carries them.

    The form is shown again and checked; saving and continuing lead to the sign-in page.  Files are taken after that.
    """
    procedure, language = site.engine.procedure(request.path_params["code"]), language_of(request)
    pairs, button = _pairs_and_button(form)
    layout = layout_of(pairs)
    answers = parse(procedure.form, pairs, base=unsaved.hidden_answers(site, form, procedure.code), language=language)
    answers, foreign = own_files(procedure.form, answers, frozenset(), layout=layout)
    answers, layout = after_button(answers, layout, button, read_only_rows(procedure.form, answers, layout))
    answers = answers_with_defaults(procedure.form, initial_answers(procedure.form), answers, None, layout=layout)
    layout = layout_with_defaults(procedure.form, answers, layout)
    problems: tuple[Problem, ...] = ()
    if button == "continue" or "x-problems" in request.headers:
        problems = _problems_before_sign_in(site, procedure, form, answers, layout, foreign)
    stays = "x-fragment" in request.headers or (button not in ("continue", "save")) or problems
    notice, code = "", 200 if "x-fragment" in request.headers or not problems else 422
    if not stays and site.config.identify is not None:
        notice, code = "not-kept", 401
    elif not stays and unsaved.carried(site, unsaved.written_input(site, "", form, procedure=procedure.code)):
        return session_ended.show(site, request, form, notice="sign-in-to-keep")
    elif not stays:
        notice, code = "too-long-to-carry", 413
    return form_page(
        site,
        request,
        procedure,
        answers,
        draft=None,
        problems=problems,
        layout=layout,
        code=code,
        notice=notice,
        declared=documents.declared(procedure, (), pairs),
        focus=focus_after(procedure.form, answers, layout, button),
    )


def _problems_before_sign_in(
    site: Site, procedure: Procedure, form: FormData, answers: Json, layout: Layout, foreign: tuple[Problem, ...]
) -> tuple[Problem, ...]:
    """The problems that a visitor has to mend before signing in.

    Missing files are among them only if there are others, as files are taken after signing in.
    """
    whole = site.engine.whole(procedure.form, answers, layout)
    uploads = [name for name, value in form.multi_items() if isinstance(value, UploadFile) and value.filename]
    pairs, _ = _pairs_and_button(form)
    brought = {name.removeprefix("document:") for name in uploads}.union(documents.declared(procedure, (), pairs))
    files = {field.pointer for field in walk(effective(procedure.form, whole, layout=layout)) if field.kind is Kind.FILE}
    chosen = {name.removeprefix("upload:") for name in uploads}
    every = check(procedure.form, whole, today=site.engine.today(), layout=layout)
    problems = _first_by_pointer(*foreign, *(problem for problem in every if problem.at not in files & chosen))
    if all(problem.at in files for problem in problems):
        return ()
    return (*problems, *procedure.lacking(whole, brought))


def _first_by_pointer(*problems: Problem) -> tuple[Problem, ...]:
    """The first of *problems* at each pointer."""
    return tuple({problem.at: problem for problem in reversed(problems)}.values())[::-1]


def _newer(site: Site, procedure: Procedure, draft: Dossier, language: str) -> tuple[Change, ...] | None:
    """The changes between the revision of *draft* and the served one; None if it is the same, or the procedure is not served."""
    try:
        current = site.engine.procedure(draft.procedure)
    except UnknownProcedure:
        return None
    if current.revision == draft.revision:
        return None
    return changes(procedure.form, current.form, draft.answers, language=language)


def _version(form: FormData, draft: Dossier) -> int:
    """The version of the draft that the page was made from; the present one for a page without a draft."""
    return number(text(form, "meta:version"), draft.version)


def _save(
    site: Site, actor: Actor, draft: Dossier, answers: Json, layout: Layout, declared: tuple[str, ...], version: int
) -> Dossier:
    """The draft with *answers*; a page that is posted again changes nothing.

    Raises:
        StaleDossier: the draft was changed since *version*, and differs.
    """
    try:
        return site.engine.save(draft.id, answers, actor, version=version, layout=layout, declared=declared)
    except StaleDossier:
        if not same(draft.answers, answers) or draft.declared != declared:
            raise
        return draft


def _after_saving(
    site: Site, request: Request, procedure: Procedure, draft: Dossier, layout: Layout, form: FormData, button: str
) -> Response:
    base = f"{path_of(request)}?draft={draft.id}"
    if button == "continue":
        problems = site.engine.check(draft)
        if problems:
            return form_page(
                site, request, procedure, draft.answers, draft=draft, problems=problems, layout=layout, code=422, unmet=problems
            )
        return see_other(request, f"{path_of(request)}/review?draft={draft.id}")
    if button == "cancel":
        return see_other(request, f"{path_of(request)}/cancel?draft={draft.id}")
    focus = focus_after(procedure.form, draft.answers, layout, button)
    place = _place_in_page(layout, button, focus)
    if button.startswith("page:") and text(form, "meta:problems"):
        # The page showed problems, and goes on showing them.
        base += "&problems"
    if "x-fragment" not in request.headers and len(place) < _LONGEST_QUERY:
        # A redirect, so that reloading the page does not post the form again.
        return see_other(request, base + place)
    shown = site.engine.check(draft) if "x-problems" in request.headers else ()
    return form_page(
        site, request, procedure, draft.answers, draft=draft, problems=shown, layout=layout, unmet=shown, focus=focus
    )


def _place_in_page(layout: Layout, button: str, focus: str) -> str:
    """The rest of the address after *button*: searches and open pages of rows, and the element that gets the *focus*."""
    searches = {} if button == "save" else layout.searches
    opened = urlencode([*layout_pairs(Layout(searches=searches, pages=layout.pages), {})])
    return (f"&{opened}" if opened else "") + (f"#{focus}" if focus else "")
