"""The page of a form, or its fields alone: with answers, problems, documents and progress."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.forms import Layout, Problem
from dossierkit.forms.answers.control_names import name_of
from dossierkit.forms.views.changes import Change
from dossierkit.forms.views.personal_data import has_secrets
from dossierkit.html.renderer import Rendered
from dossierkit.pointers import ABSENT, Json, get
from dossierkit_web.pages import documents, unsaved
from dossierkit_web.site import Site, language_of


def form_page(
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
    refused: Mapping[str, str] | None = None,
    newer: tuple[Change, ...] | None = None,
    kept: str = "",
    declared: tuple[str, ...] | None = None,
    unmet: tuple[Problem, ...] | None = None,
    focus: str = "",
) -> Response:
    """The form of *procedure* with *answers*; only its fields if the request asks for a fragment.

    Args:
        draft: the draft that the answers are saved in; None: they are saved nowhere.
        code: the status of the response.
        refused: document code → name of the text that says why its file was refused.
        newer: the changes of a newer revision that the draft can move to; None: there is none.
        kept: the token of unsaved input that the answers contain.
        declared: the codes of documents that come on paper; those of *draft* if None.
        focus: the id of the element that gets the focus; empty for none.
        unmet: the problems that keep *draft* from being submitted, for a caller that knows them.
    """
    language = language_of(request)
    asked = procedure.documents(answers)
    wrong, beside, problems = documents.document_problems(procedure, asked, problems, refused or {}, language)
    # A guest's draft is lost with its session: then only the rows on the page are left.
    paged = draft is not None and site.visitor(request).signed_in
    rendered = site.renderer.render(
        procedure.form, answers, problems=problems, language=language, layout=layout, beside=beside, paged=paged
    )
    rendered = rendered.with_focus(focus)
    if draft is None:
        rendered = attrs.evolve(rendered, fields=rendered.fields + _carried_controls(site, request, procedure, answers, layout))
    done = _done(rendered, draft, unmet or site.engine.check(draft)) if draft is not None else frozenset()
    if "x-fragment" in request.headers:
        version = {"X-Draft": draft.id, "X-Version": str(draft.version)} if draft is not None else {}
        owner = {"X-Owner": unsaved.owner_tag(site.visitor(request).actor)}
        return HTMLResponse(str(rendered.fields), code, headers={**version, **owner, "X-Done": " ".join(sorted(done))})
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
        problems=(*problems, *beside),
        documents=asked,
        declared=declared if declared is not None else draft.declared if draft is not None else (),
        accept=documents.accepted(),
        wrong=wrong,
        newer=newer,
        kept=kept,
        stranger=not site.keeps(request),
        keep_drafts=site.config.keep_drafts,
        owner=unsaved.owner_tag(site.visitor(request).actor),
    )


def _carried_controls(site: Site, request: Request, procedure: Procedure, answers: Json, layout: Layout | None) -> Markup:
    """Hidden controls for what a draft would remember: which defaults were offered, and the answers that no page shows."""
    filled = sorted(layout.filled) if layout is not None else ()
    controls = [Markup('<input type="hidden" name="{}" value="1">').format(name_of(at, "filled")) for at in filled]
    if request.method == "POST" and not site.keeps(request) and has_secrets(procedure.form):
        sealed = unsaved.seal_answers(site, procedure.code, answers)
        controls.append(Markup('<input type="hidden" name="meta:hidden" value="{}">').format(sealed))
    return Markup("").join(controls)


def _done(rendered: Rendered, draft: Dossier, problems: tuple[Problem, ...]) -> frozenset[str]:
    """The ids of the sections that have answers and no *problems*.

    The documents follow the last section, which is not done before all of them are handed in.
    """
    wrong = [problem.at for problem in problems]
    answered = [
        section.id
        for section in rendered.sections
        if any(get(draft.answers, pointer) is not ABSENT for pointer in section.pointers) and not any(map(section.holds, wrong))
    ]
    last = rendered.sections[-1].id if rendered.sections else ""
    lacking = any(at.startswith("document:") for at in wrong)
    return frozenset(id for id in answered if not (lacking and id == last))
