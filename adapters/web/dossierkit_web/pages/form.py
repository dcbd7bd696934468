"""Filling in a form: show, save, update, rows, review, submit, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import attrs
from markupsafe import Markup
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossierkit.dossiers.lifecycle.dossier import Actor, Dossier, Query, blobs_of
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import Action, Channel, State
from dossierkit.errors import RefusedAnswers, StaleDossier, UnknownDossier, UnknownProcedure
from dossierkit.forms import Kind, Layout, Problem, check, effective, parse
from dossierkit.forms.answers.control_names import layout as layout_of
from dossierkit.forms.answers.control_names import layout_pairs, merged, name_of
from dossierkit.forms.answers.defaults import arrived, initial, remembered
from dossierkit.forms.answers.rows import rearranged, settled_rows
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.views.changes import Change, changes
from dossierkit.forms.views.viewer import control_id
from dossierkit.forms.words.messages import problem_words
from dossierkit.html.renderer import Rendered
from dossierkit.people.tokens import token_hash
from dossierkit.pointers import ABSENT, Json, get, parent, same
from dossierkit_web.pages import documents, session_ended
from dossierkit_web.pages.counter import filed, guard
from dossierkit_web.pages.procedures import purpose_notice
from dossierkit_web.public_pages import known_procedure_edition, procedure_edition, public_page
from dossierkit_web.requests.limits import allow
from dossierkit_web.requests.posted import number, text
from dossierkit_web.requests.session import Visitor
from dossierkit_web.requests.uploads import own_files, with_uploads
from dossierkit_web.site import Site, language_of
from dossierkit_web.texts import word

#: What every browser and proxy takes as an address.
_LONGEST_QUERY = 4_000


def prefill(account: Account | None) -> Mapping[str, Json] | None:
    """What `x-prefill` points into."""
    return {**account.profile, "email": account.mail} if account is not None else None


def _filer(visitor: Visitor) -> Account | None:
    """Whose account fills a form in: never an officer's who types for somebody else."""
    return None if visitor.filing is not None else visitor.account


@public_page(procedure_edition, known_procedure_edition)
def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The form, with the draft of this session where there is one."""
    code = request.path_params["code"]
    session_ended.guard(site, request)
    if sent := _sent(site, request):
        return sent
    draft = _draft(site, request, code)
    procedure = site.engine.procedure_of(draft) if draft is not None else site.engine.procedure(code)
    answers = draft.answers if draft is not None else initial(procedure.form, prefill(_filer(site.visitor(request))))
    problems = site.engine.check(draft) if draft is not None and "problems" in request.query_params else ()
    declared = draft.declared if draft is not None else ()
    looked_for = layout_of(request.query_params.multi_items())
    layout = merged(draft.layout, looked_for) if draft is not None else looked_for
    newer = _newer(site, procedure, draft, language_of(request)) if draft is not None else None
    notice, token = "existing" if draft is not None and "draft" not in request.query_params else "", ""
    if (kept := session_ended.kept(site, request, draft)) is not None:
        before = draft.layout if draft is not None else None
        answers = parse(procedure.form, kept.pairs, base=answers, language=language_of(request), layout=before)
        layout = merged(layout, layout_of(kept.pairs))
        known = blobs_of(draft) if draft is not None else frozenset()
        answers, problems = own_files(procedure.form, answers, known, layout=layout)
        draft = attrs.evolve(draft, version=kept.version) if draft is not None else None
        declared = documents.declared(procedure, declared, kept.pairs)
        notice, token = "kept-answers", kept.token
    page = _form(
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


def receive(site: Site, request: Request, form: FormData) -> Response:
    """Keeps what was typed, then does what the button says."""
    code, language = request.path_params["code"], language_of(request)
    session_ended.guard(site, request, form)
    if sent := _sent(site, request):
        return sent
    if not site.keeps(request):
        return _unkept(site, request, form)
    fresh = site.visitor(request).actor is None
    if fresh:
        # Before there is a session: whoever is refused leaves nothing behind.
        allow(site, request, "drafts")
    visitor = site.with_session(request)
    actor = visitor.actor
    assert actor is not None, "whoever has a seat acts"
    # Of a guest whose session ended nothing is left but what was sent: it makes a new draft.
    draft = _draft(site, request, code) if not fresh else None
    begins = draft is None
    if draft is None:
        if not fresh:
            allow(site, request, "drafts")
        filing = visitor.filing if visitor.files_here else None
        draft = site.engine.begin(code, actor, {}, channel=filing.channel if filing is not None else Channel.ONLINE, sole=True)
    if any(isinstance(value, UploadFile) and value.filename for _, value in form.multi_items()):
        allow(site, request, "uploads")
    procedure = site.engine.procedure_of(draft)
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    button = next((value for name, value in pairs if name == "do"), "save")
    if button == "move" and draft.version == _version(form, draft):
        draft = site.engine.move(draft.id, actor, version=draft.version)
        return RedirectResponse(f"{request.url.path}?draft={draft.id}", 303)
    answers = parse(procedure.form, pairs, base=draft.answers, language=language, layout=draft.layout)
    layout = merged(draft.layout, layout_of(pairs))
    answers, strange = own_files(procedure.form, answers, blobs_of(draft), layout=layout)
    answers, refused = with_uploads(site.blobs, procedure.form, form, answers, language, site.config.scanner, layout=layout)
    answers, layout = rearranged(answers, layout, button, settled_rows(procedure.form, answers, layout))
    known = prefill(_filer(visitor))
    shown = initial(procedure.form, known) if begins else draft.answers
    answers = arrived(procedure.form, shown, answers, known, shown=draft.layout, layout=layout)
    layout = remembered(procedure.form, answers, layout)
    before, declared = blobs_of(draft), documents.declared(procedure, draft.declared, pairs)
    try:
        draft = _saved(site, actor, draft, answers, layout, declared, _version(form, draft) if not fresh else draft.version)
        session_ended.forget(site, request, text(form, "meta:kept"))
        documents.swept(site, before - blobs_of(draft))
        draft, left = documents.taken(site, procedure, draft, form, actor)
        if button.startswith("detach:"):
            draft = documents.detached(site, draft, button, actor)
    except StaleDossier:
        response = _form(
            site, request, procedure, answers, draft=draft, layout=layout, notice="stale", code=409, declared=declared
        )
        return site.keep(request, visitor, response)
    refused = _one_a_place(*refused, *strange)
    if refused or left:
        # Whoever goes on is told everything at once, of files and of fields.
        problems = _one_a_place(*refused, *(site.engine.check(draft) if button == "continue" else ()))
        response = _form(
            site, request, procedure, draft.answers, draft=draft, problems=problems, layout=layout, code=422, left=left
        )
    else:
        response = _after(site, request, procedure, draft, layout, button)
    return site.keep(request, visitor, response)


def _unkept(site: Site, request: Request, form: FormData) -> Response:
    """What the button does for somebody of whom nothing is kept: the answers travel in the page.

    The form is shown again and checked; whoever wants to save it, or to go on, signs in first.  Files are taken after that.
    """
    procedure, language = site.engine.procedure(request.path_params["code"]), language_of(request)
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    button = next((value for name, value in pairs if name == "do"), "save")
    layout = layout_of(pairs)
    answers, strange = own_files(procedure.form, parse(procedure.form, pairs, language=language), frozenset(), layout=layout)
    answers, layout = rearranged(answers, layout, button, settled_rows(procedure.form, answers, layout))
    answers = arrived(procedure.form, initial(procedure.form), answers, None, layout=layout)
    layout = remembered(procedure.form, answers, layout)
    problems: tuple[Problem, ...] = ()
    if button == "continue" or "x-problems" in request.headers:
        problems = _of_a_stranger(site, procedure, form, answers, layout, strange)
    stays = "x-fragment" in request.headers or (button not in ("continue", "save")) or problems
    if not stays and site.config.identify is None:
        return session_ended.show(site, request, form, notice="sign-in-to-keep")
    code = 200 if "x-fragment" in request.headers else 422 if problems else 200 if stays else 401
    notice = "" if stays else "not-kept"
    return _form(
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
    )


def _of_a_stranger(
    site: Site, procedure: Procedure, form: FormData, answers: Json, layout: Layout, strange: tuple[Problem, ...]
) -> tuple[Problem, ...]:
    """What is wrong with a page of somebody of whom nothing is kept.

    Files that are still to be chosen are told with the rest; by themselves they keep nobody from signing in, and are taken then.
    """
    whole = site.engine.whole(procedure.form, answers, layout)
    uploads = [name for name, value in form.multi_items() if isinstance(value, UploadFile) and value.filename]
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    brought = {name.removeprefix("document:") for name in uploads}.union(documents.declared(procedure, (), pairs))
    files = {field.pointer for field in walk(effective(procedure.form, whole, layout=layout)) if field.kind is Kind.FILE}
    chosen = {name.removeprefix("upload:") for name in uploads}
    found = check(procedure.form, whole, today=site.engine.today(), layout=layout)
    told = _one_a_place(*strange, *(problem for problem in found if problem.at not in files & chosen))
    wanted = any(problem.at not in files for problem in told)
    return (*told, *procedure.lacking(whole, brought)) if wanted else ()


def _one_a_place(*problems: Problem) -> tuple[Problem, ...]:
    """The first of *problems* at each place."""
    return tuple({problem.at: problem for problem in reversed(problems)}.values())[::-1]


def _newer(site: Site, procedure: Procedure, draft: Dossier, language: str) -> tuple[Change, ...] | None:
    """What the form asks differently by now; None where nothing changed, or nothing is offered any more."""
    try:
        current = site.engine.procedure(draft.procedure)
    except UnknownProcedure:
        return None
    if current.revision == draft.revision:
        return None
    return changes(procedure.form, current.form, draft.answers, language=language)


def _saved(
    site: Site, actor: Actor, draft: Dossier, answers: Json, layout: Layout, declared: tuple[str, ...], version: int
) -> Dossier:
    """The draft with *answers*; a page that is sent once more changes nothing and takes nobody by surprise."""
    try:
        return site.engine.save(draft.id, answers, actor, version=version, layout=layout, declared=declared)
    except StaleDossier:
        if not same(draft.answers, answers) or draft.declared != declared:
            raise
        return draft


def _after(site: Site, request: Request, procedure: Procedure, draft: Dossier, layout: Layout, button: str) -> Response:
    base = f"{request.url.path}?draft={draft.id}"
    if button == "continue":
        problems = site.engine.check(draft)
        if problems:
            return _form(site, request, procedure, draft.answers, draft=draft, problems=problems, layout=layout, code=422)
        return RedirectResponse(f"{request.url.path}/review?draft={draft.id}", 303)
    if button == "cancel":
        return RedirectResponse(f"{request.url.path}/cancel?draft={draft.id}", 303)
    again = _shown_again(layout, button)
    if "x-fragment" not in request.headers and len(again) < _LONGEST_QUERY:
        # Whoever loads the next page again must not send this one again.
        return RedirectResponse(base + again, 303)
    shown = site.engine.check(draft) if "x-problems" in request.headers else ()
    return _form(site, request, procedure, draft.answers, draft=draft, problems=shown, layout=layout)


def _shown_again(layout: Layout, button: str) -> str:
    """What an address says of a page besides its draft: what was looked for there, and where somebody was at work."""
    if button == "save":
        return ""
    shown = urlencode([*layout_pairs(Layout(searches=layout.searches), {})])
    verb, _, pointer = button.partition(":")
    place = pointer if verb in ("add", "open") else parent(pointer)
    return (f"&{shown}" if shown else "") + (f"#{control_id(place)}" if place else "")


def review(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Every answer once more before it is sent."""
    if sent := _sent(site, request):
        return sent
    draft = _own(site, request)
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
    """Sends the dossier; twice is once."""
    draft = _own(site, request, form)
    visitor = site.visitor(request)
    assert visitor.actor is not None, "a draft was found, so there is somebody"
    if not site.keeps(request):
        return RedirectResponse("/sign-in?" + urlencode({"next": f"{request.url.path}?draft={draft.id}"}), 303)
    allow(site, request, "submits")
    try:
        if visitor.filing is not None:
            return filed(site, request, draft, visitor)
        dossier = site.engine.submit(draft.id, visitor.actor)
    except RefusedAnswers:
        return RedirectResponse(f"/procedures/{draft.procedure}/apply?draft={draft.id}&problems", 303)
    return RedirectResponse(f"/dossiers/{dossier.code}?done", 303)


def ask_cancel(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Asks back before a draft is deleted."""
    if sent := _sent(site, request):
        return sent
    draft = _own(site, request)
    title = site.engine.procedure_of(draft).title(language_of(request))
    return site.page(request, "cancel", draft=draft, title=title)


def cancel(site: Site, request: Request, form: FormData) -> Response:
    """Throws the draft away; for a day it can be had back."""
    draft = _own(site, request, form)
    actor = site.visitor(request).actor
    assert actor is not None, "a draft was found, so there is somebody"
    if draft.state is not State.CANCELLED:
        draft = site.engine.act(draft.id, Action.CANCEL, actor)
    return site.page(request, "cancelled", draft=draft)


def restore(site: Site, request: Request, form: FormData) -> Response:
    """Gives a cancelled draft back."""
    draft = _own(site, request, form)
    actor = site.visitor(request).actor
    assert actor is not None, "a draft was found, so there is somebody"
    if draft.state is State.CANCELLED:
        site.engine.act(draft.id, Action.RESTORE, actor)
    return RedirectResponse(f"/procedures/{draft.procedure}/apply?draft={draft.id}", 303)


def _own(site: Site, request: Request, form: FormData | None = None) -> Dossier:
    """The dossier that the request names, if it is this session's."""
    session_ended.guard(site, request, form)
    guard(site, site.visitor(request), request.path_params["code"])
    actor = site.visitor(request).actor
    id = str((form.get("meta:draft") if form is not None else None) or request.query_params.get("draft", ""))
    if actor is None:
        raise UnknownDossier("no such dossier")
    return site.engine.open(id, actor)


def _draft(site: Site, request: Request, code: str) -> Dossier | None:
    """The draft that the address names, or the newest one of this procedure in this session."""
    guard(site, site.visitor(request), code)
    actor = site.visitor(request).actor
    if actor is None:
        return None
    id = request.query_params.get("draft")
    if id:
        found = site.engine.open(id, actor)
        return found if found.state is State.DRAFT and found.procedure == code else None
    return _newest(site, actor, code)


def _sent(site: Site, request: Request) -> Response | None:
    """The way to the dossier, where the address names a draft that was submitted by now; None where it does not."""
    guard(site, site.visitor(request), request.path_params["code"])
    actor, id = site.visitor(request).actor, request.query_params.get("draft")
    if actor is None or not id:
        return None
    dossier = site.engine.open(id, actor)
    return RedirectResponse(f"/dossiers/{dossier.code}", 303) if dossier.code is not None else None


def _newest(site: Site, actor: Actor, code: str) -> Dossier | None:
    return next(iter(site.engine.find(actor, Query(procedure=code, state=State.DRAFT), limit=1)), None)


def _version(form: FormData, draft: Dossier) -> int:
    """The version that the page was made from; a page without one is a new draft's."""
    return number(text(form, "meta:version"), draft.version)


def _form(
    site: Site,
    request: Request,
    procedure: Procedure,
    answers: Json,
    *,
    draft: Dossier | None,
    problems: tuple[Problem, ...] = (),
    layout: Layout | None = None,
    notice: str = "",
    code: int = 200,
    left: Mapping[str, str] | None = None,
    newer: tuple[Change, ...] | None = None,
    kept: str = "",
    declared: tuple[str, ...] | None = None,
) -> Response:
    language = language_of(request)
    asked = procedure.documents(answers)
    wrong = {code: word(name, language) for code, name in (left or {}).items()}
    for problem in problems:
        document = problem.at.removeprefix("document:")
        if document != problem.at:
            wrong.setdefault(document, problem_words(procedure.form, problem, None, language))
    told = [
        (f"document-{number}", f"{procedure.words(entry, 'title', language)}: {wrong[document]}")
        for number, (document, entry) in enumerate(asked, 1)
        if document in wrong
    ]
    problems = tuple(problem for problem in problems if not problem.at.startswith("document:"))
    rendered = site.renderer.render(procedure.form, answers, problems=problems, language=language, layout=layout, beside=told)
    if draft is None and layout is not None:
        # No draft remembers which defaults were offered: the page does.
        offered = (
            Markup('<input type="hidden" name="{}" value="1">').format(name_of(at, "filled")) for at in sorted(layout.filled)
        )
        rendered = attrs.evolve(rendered, fields=rendered.fields + Markup("").join(offered))
    done = _done(site, rendered, draft) if draft is not None else frozenset()
    if "x-fragment" in request.headers:
        version = {"X-Draft": draft.id, "X-Version": str(draft.version)} if draft is not None else {}
        return HTMLResponse(str(rendered.fields), code, headers={**version, "X-Done": " ".join(sorted(done))})
    return site.page(
        request,
        "apply",
        code=code,
        procedure=procedure,
        title=procedure.title(language),
        form=rendered,
        draft=draft,
        notice=notice,
        done=done,
        problems=(*problems, *told),
        documents=asked,
        declared=declared if declared is not None else draft.declared if draft is not None else (),
        accept=documents.accepted(),
        wrong=wrong,
        newer=newer,
        kept=kept,
        stranger=not site.keeps(request),
        keep_drafts=site.config.keep_drafts,
        owner=_tag(site.visitor(request).actor),
    )


def _tag(actor: Actor | None) -> str:
    """Tells the browser whether what it keeps is of the same person; it names nobody."""
    return token_hash(f"typed-by:{actor.id}")[:16] if actor is not None else ""


def _done(site: Site, rendered: Rendered, draft: Dossier) -> frozenset[str]:
    """The ids of the sections that are answered, with nothing left to mend.

    The documents are handed in below the last section, which is not done before all of them are there.
    """
    wrong = [problem.at for problem in site.engine.check(draft)]
    answered = [
        section.id
        for section in rendered.sections
        if any(get(draft.answers, pointer) is not ABSENT for pointer in section.pointers) and not any(map(section.holds, wrong))
    ]
    last = rendered.sections[-1].id if rendered.sections else ""
    lacking = any(at.startswith("document:") for at in wrong)
    return frozenset(id for id in answered if not (lacking and id == last))
