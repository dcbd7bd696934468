"""A submitted dossier, and the look-up by code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import quote, urlencode

from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dossierkit.dossiers.calendars import ZONE
from dossierkit.dossiers.dossier import Actor, Dossier, Query, State
from dossierkit.errors import CodeError, UnknownDossier
from dossierkit.forms import effective
from dossierkit.forms.formats import read_date
from dossierkit.html.summary import answer_rows
from dossierkit_web.site import Site, language_of

PAGE = 20
STATES = (State.DRAFT, State.SUBMITTED)


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The dossier with its code, for the session that filed it; for anybody else it does not exist."""
    dossier = _own(site, request, site.visitor(request).actor)
    procedure, language = site.engine.procedure_of(dossier), language_of(request)
    rows = answer_rows(procedure.form, effective(procedure.form, dossier.answers), dossier.answers, language)
    return site.page(
        request,
        "dossier",
        dossier=dossier,
        title=procedure.title(language),
        rows=rows,
        done="done" in request.query_params,
        history=site.engine.history(dossier),
        mail=site.visitor(request).account,
        qr=_qr(f"{site.engine.office.address.rstrip('/')}/lookup?code={quote(str(dossier.code))}"),
    )


def _qr(address: str) -> Markup:
    """A picture that a phone reads as *address*."""
    import segno

    drawn = segno.make(address, micro=False, error="m").svg_inline(scale=4, border=2, dark="#000", light="#fff")
    return Markup(drawn)


def manage(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """One's own dossiers: looked for by code, procedure, state, days and words inside, newest first."""
    visitor, asked = site.visitor(request), request.query_params
    if visitor.actor is None or not (visitor.signed_in or site.config.guests):
        return RedirectResponse("/sign-in?next=/dossiers", 303)
    typed = {name: asked.get(name, "")[:200] for name in ("code", "procedure", "state", "since", "until", "words")}
    query, trouble = _query(typed)
    before = asked.get("before", "")[:64] or None
    found = site.engine.find(visitor.actor, query, before=before, limit=PAGE + 1) if not trouble else ()
    language = language_of(request)
    titles = {one.code: one.title_in(language) for one in site.engine.procedures(language=language)}
    return site.page(
        request,
        "dossiers",
        found=found[:PAGE],
        more=found[PAGE - 1].id if len(found) > PAGE else "",
        first=before is None,
        typed=typed,
        asked=urlencode({name: value for name, value in typed.items() if value}),
        trouble=trouble,
        titles=titles,
        states=STATES,
    )


def _query(typed: Mapping[str, str]) -> tuple[Query, dict[str, str]]:
    """What somebody looks for, and what of it cannot be understood."""
    days: dict[str, datetime | None] = {}
    trouble: dict[str, str] = {}
    for name in ("since", "until"):
        try:
            day = date.fromisoformat(read_date(typed[name])) if typed[name].strip() else None
            moment = datetime.combine(day, time(), ZONE).astimezone(UTC) if day is not None else None
            days[name] = moment + timedelta(days=1) if moment is not None and name == "until" else moment
        except (ValueError, OverflowError):
            trouble[name] = "day-malformed"
    state = next((one for one in STATES if str(int(one)) == typed["state"]), None)
    return Query(typed["words"], typed["code"], typed["procedure"], state, days.get("since"), days.get("until")), trouble


def copy(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """A new draft with the answers of an earlier dossier."""
    actor = site.visitor(request).actor
    dossier = _own(site, request, actor)
    assert actor is not None, "somebody owns it"
    draft = site.engine.copy(dossier, actor)
    return RedirectResponse(f"/procedures/{quote(draft.procedure)}/apply?draft={draft.id}", 303)


def _own(site: Site, request: Request, actor: Actor | None) -> Dossier:
    try:
        dossier = site.engine.lookup(request.path_params["code"])
    except CodeError:
        dossier = None
    if dossier is None or actor is None or dossier.owner != actor.id:
        raise UnknownDossier("no such dossier")
    return dossier
