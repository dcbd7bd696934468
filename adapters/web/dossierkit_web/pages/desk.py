"""The desk: what an officer's unit has to do, one dossier with its answers beside its files, and every action."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dossierkit.dossiers.accounts import Account
from dossierkit.dossiers.calendars import ZONE, Hours, at, day_of
from dossierkit.dossiers.deadlines import is_overdue
from dossierkit.dossiers.dossier import Actor, Dossier, Query
from dossierkit.dossiers.lifecycle import RESOLVED
from dossierkit.dossiers.persons import persons
from dossierkit.dossiers.states import EVIDENCE, OFFICERS, Action, Outcome, State
from dossierkit.errors import CodeError, ForbiddenAction, StaleDossier, UnknownDossier
from dossierkit.forms import effective
from dossierkit.forms.formats import read_date
from dossierkit.forms.pointers import Json
from dossierkit.html.summary import answer_rows
from dossierkit_web.pages.dossiers import COLLEAGUES
from dossierkit_web.posted import number, text
from dossierkit_web.site import Site, language_of

PAGE = 20
_OPEN = (State.ACCEPTED, State.PROCESSING)
_WAITING = (State.SUPPLEMENT_REQUESTED, State.PAYMENT_REQUESTED, State.SUSPENDED)
#: The lists of the desk, in the order of the page.
VIEWS = ("new", "mine", "open", "soon", "overdue", "waiting", "done")
#: What an action is told besides a reason: the control, see the template.
ASKS: Mapping[Action, tuple[str, ...]] = {
    Action.ASSIGN: ("officer",),
    Action.ADVANCE: ("step",),
    Action.REQUEST_SUPPLEMENT: ("asked",),
    Action.REQUEST_PAYMENT: ("amount",),
    Action.SETTLE: ("payment",),
    Action.EXTEND: ("due",),
    Action.PROPOSE: ("outcome",),
    Action.COMPLETE: ("outcome",),
    Action.HAND_OVER: ("evidence",),
}
#: Done by the citizen, by the program, or somewhere else.
_ELSEWHERE = frozenset((Action.SAVE, Action.SUBMIT, Action.CANCEL, Action.RESTORE, Action.SUPPLEMENT, Action.ERASE))


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """One list of the unit, looked through by words or code."""
    actor, asked = _officer(site, request), request.query_params
    view = asked.get("view") if asked.get("view") in VIEWS else VIEWS[0]
    typed = {name: asked.get(name, "")[:200] for name in ("words", "code")}
    before = asked.get("before", "")[:64] or None
    queries = {name: _query(name, actor, site.engine.clock.now()) for name in VIEWS}
    looked = Query(words=typed["words"], code=typed["code"]) if any(typed.values()) else queries[str(view)]
    found = site.engine.desk(actor, looked, before=before, limit=PAGE + 1)
    language = language_of(request)
    return site.page(
        request,
        "desk",
        view=view,
        views=[(name, site.engine.desk_count(actor, query)) for name, query in queries.items()],
        found=[(one, _facts_of(site, one, language)) for one in found[:PAGE]],
        more=found[PAGE - 1].id if len(found) > PAGE else "",
        typed=typed,
        kept=urlencode({**{name: value for name, value in typed.items() if value}, "view": view}),
    )


def _query(view: str, actor: Actor, now: datetime) -> Query:
    today = datetime.combine(day_of(now), time(), ZONE)
    return {
        "new": Query(state=State.SUBMITTED),
        "mine": Query(officer=actor.id, states=(*_OPEN, *_WAITING)),
        "open": Query(states=_OPEN),
        "soon": Query(states=_OPEN, due=today + timedelta(days=3)),
        "overdue": Query(states=_OPEN, due=today),
        "waiting": Query(states=_WAITING),
        "done": Query(states=tuple(sorted(RESOLVED))),
    }[view]


def _facts_of(site: Site, dossier: Dossier, language: str) -> Mapping[str, object]:
    procedure, handling = site.engine.procedure_of(dossier), dossier.handling
    officer = site.engine.store.accounts.account(handling.officer) if handling.officer else None
    late = dossier.state not in RESOLVED and handling.paused is None and is_overdue(handling.due, site.engine.clock.now())
    return {
        "title": procedure.title(language),
        "owner": persons(procedure, dossier.answers).owner,
        "officer": officer.name if officer is not None else "",
        "late": late,
    }


def one(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """One dossier, with everything that can be done to it."""
    actor = _officer(site, request)
    return _page(site, request, _dossier(site, request, actor), actor)


def act(site: Site, request: Request, form: FormData) -> Response:
    """Does what the button says, and goes back to the dossier."""
    actor = _officer(site, request)
    dossier = _dossier(site, request, actor)
    version, note = number(text(form, "version"), -1), text(form, "note").strip()[:5000]
    try:
        action, facts = _wanted(form, site.engine.today(), {one.id for one in _colleagues(site, dossier, actor)})
        site.engine.act(dossier.id, action, actor, version=version, facts=facts, note=note)
    except StaleDossier:
        return _page(site, request, dossier, actor, trouble="desk-stale", code=409)
    except (ForbiddenAction, ValueError):
        return _page(site, request, dossier, actor, trouble="desk-incomplete", tried=text(form, "action"), note=note, code=422)
    return RedirectResponse(f"/desk/{dossier.code}?done={action.value}", 303)


def _wanted(form: FormData, today: date, colleagues: Container[str]) -> tuple[Action, dict[str, Json]]:
    """The action and what it says.

    Raises:
        ForbiddenAction: it is none that is done at a desk, or gives the dossier to nobody among *colleagues*.
        ValueError: it is none at all, or says something else than it should.
    """
    action = Action(text(form, "action"))
    if action in _ELSEWHERE:
        raise ForbiddenAction(action.value)
    said = {name: _said(name, form, today) for name in ASKS.get(action, ())}
    if said.get("officer", "") != "" and said["officer"] not in colleagues:
        raise ForbiddenAction("nobody of the unit")
    return action, {name: value for name, value in said.items() if value not in ("", [])}


def _said(name: str, form: FormData, today: date) -> Json:
    """What the control *name* says.

    Raises:
        ValueError: it is no amount, or no day after *today*.
    """
    if name == "asked":
        return [str(one) for one in form.getlist("asked") if isinstance(one, str)]
    typed = text(form, name).strip()
    if name == "amount":
        return int("".join(typed.split()).replace(".", "") or 0)
    if name == "due":
        return _later(date.fromisoformat(read_date(typed)), today).isoformat() if typed else ""
    return typed[:500]


def _later(day: date, today: date) -> datetime:
    """The end of *day*.

    Raises:
        ValueError: it is not after *today*.
    """
    if day <= today:
        raise ValueError("a new due day is still to come")
    return at(day, Hours().closes)


def _page(
    site: Site,
    request: Request,
    dossier: Dossier,
    actor: Actor,
    *,
    trouble: str = "",
    tried: str = "",
    note: str = "",
    code: int = 200,
) -> Response:
    language, procedure = language_of(request), site.engine.procedure_of(dossier)
    history, accounts = site.engine.history(dossier), site.engine.store.accounts
    # Who asked for it is named by its answers, as long as they are kept; the office's own people sign what they do.
    people = {
        event.actor: account.name
        for event in history
        if (account := accounts.account(event.actor)) is not None and account.role in OFFICERS
    }
    return site.page(
        request,
        "desk_dossier",
        code=code,
        dossier=dossier,
        facts=_facts_of(site, dossier, language),
        rows=answer_rows(procedure.form, effective(procedure.form, dossier.answers), dossier.answers, language),
        documents=procedure.documents(dossier.answers),
        procedure=procedure,
        persons=persons(procedure, dossier.answers),
        history=history,
        people=people,
        notes={event.number: site.engine.store.note(dossier.id, event.number) for event in history if "note" in event.facts},
        explained=site.engine.office_clock.explained(dossier.handling),
        actions=[one for one in site.engine.permitted(dossier, actor) if one not in _ELSEWHERE],
        asks=ASKS,
        colleagues=COLLEAGUES,
        officers=_colleagues(site, dossier, actor),
        outcomes=[one.value for one in Outcome],
        evidence=EVIDENCE,
        trouble=trouble,
        tried=tried,
        typed=note,
        done=request.query_params.get("done", "")
        if request.query_params.get("done", "") in {one.value for one in Action}
        else "",
    )


def _colleagues(site: Site, dossier: Dossier, actor: Actor) -> list[Account]:
    """Who *dossier* can be given to: those of its unit, and whoever asks."""
    accounts = site.engine.store.accounts
    found = [one for one in accounts.officers(dossier.handling.unit) if not one.disabled]
    own = accounts.account(actor.id)
    return found if own is None or own in found else [own, *found]


def _officer(site: Site, request: Request) -> Actor:
    """Whoever works here; for everybody else there is no desk."""
    actor = site.visitor(request).actor
    if actor is None or actor.is_citizen:
        raise UnknownDossier("no desk for citizens")
    return actor


def _dossier(site: Site, request: Request, actor: Actor) -> Dossier:
    try:
        found = site.engine.lookup(request.path_params["code"])
    except CodeError:
        found = None
    if found is None:
        raise UnknownDossier("no such dossier")
    return site.engine.open(found.id, actor)
