"""The desk: the dossiers of an officer's unit in lists, which can be filtered, saved and worked on together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import attrs
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.dossiers.deadlines.calendars import ZONE, day_of
from dossierkit.dossiers.deadlines.day_counting import is_overdue
from dossierkit.dossiers.lifecycle.dossier import Actor, Dossier, Query
from dossierkit.dossiers.lifecycle.transitions import RESOLVED, SENT
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.procedure.persons import persons
from dossierkit.dossiers.states import Action, State
from dossierkit.errors import CodeError, DossierkitError, ForbiddenAction, StaleAccount, UnknownDossier
from dossierkit.hidden_characters import without_hidden
from dossierkit.office.daily_tasks import unreached
from dossierkit.people.profiles import keep_account
from dossierkit.pointers import Json
from dossierkit_web.pages import session_ended
from dossierkit_web.pages.my_dossiers import days_asked
from dossierkit_web.requests.addresses import see_other
from dossierkit_web.requests.posted import text
from dossierkit_web.site import Site, language_of

PAGE = 20
_OPEN = (State.ACCEPTED, State.PROCESSING)
_WAITING = (State.SUPPLEMENT_REQUESTED, State.PAYMENT_REQUESTED, State.SUSPENDED)
#: The lists of the desk, in the order of the page.
VIEWS = ("new", "mine", "open", "soon", "overdue", "waiting", "messages", "refunds", "done", "all")
#: The lists of open work, by due day; the others have the newest first, as has a search by words.
_BY_DUE_DAY = frozenset(("new", "mine", "open", "soon", "overdue", "waiting"))
FILTERS = ("words", "code", "procedure", "officer", "state", "since", "until")
#: The actions on many dossiers at once.
BULK = (Action.ASSIGN, Action.ACCEPT)
#: Maximum number of saved lists of an officer.
_KEPT = 20


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """One list of the unit, filtered."""
    return _page(site, request, officer_of(site, request), request.query_params)


def _page(
    site: Site,
    request: Request,
    actor: Actor,
    asked: QueryParams,
    *,
    results: Sequence[tuple[str, str]] = (),
    refusal: Mapping[str, str] | None = None,
) -> Response:
    typed = {name: asked.get(name, "").strip()[:200] for name in FILTERS}
    view = asked.get("view", "")
    if view not in VIEWS:
        # A search without a list covers all dossiers.
        view = "all" if any(typed.values()) else VIEWS[0]
    before = asked.get("before", "")[:64] or None
    now = site.engine.now()
    queries = {name: _query(name, actor, now) for name in VIEWS}
    by_due_day = view in _BY_DUE_DAY and not typed["words"]
    condition, trouble = _filtered(attrs.evolve(queries[view], by_due_day=by_due_day), typed)
    dossiers = site.engine.desk(actor, condition, before=before, limit=PAGE + 1) if not trouble else ()
    language = language_of(request)
    people = site.accounts
    account = people.get(actor.id)
    offered = {
        dossier.id: [action for action in site.engine.permitted(dossier, actor) if action in BULK] for dossier in dossiers[:PAGE]
    }
    return site.page(
        request,
        "desk",
        code=422 if refusal else 200,
        view=view,
        by_due_day=by_due_day,
        views=[(name, site.engine.desk_count(actor, query)) for name, query in queries.items()],
        found=[(dossier, facts_of(site, dossier, language)) for dossier in dossiers[:PAGE]],
        more=dossiers[PAGE - 1].id if len(dossiers) > PAGE else "",
        typed=typed,
        trouble={**trouble, **(refusal or {})},
        filtered=any(typed.values()),
        kept=urlencode({**{name: value for name, value in typed.items() if value}, "view": view}),
        titles={entry.code: entry.title_in(language) for entry in site.engine.procedures(language=language)},
        officers=_colleagues(site, actor),
        states=SENT,
        own_views=account.views if account is not None else {},
        offered=offered,
        bulk=[action for action in BULK if any(action in actions for actions in offered.values())],
        unreached=unreached(site.engine, actor),
        first=next((id for id, actions in offered.items() if actions), ""),
        refused=refusal is not None,
        results=results,
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
        "messages": Query(unanswered=True),
        "refunds": Query(surplus=True),
        "done": Query(states=tuple(sorted(RESOLVED))),
        "all": Query(),
    }[view]


def _filtered(base: Query, typed: Mapping[str, str]) -> tuple[Query, dict[str, str]]:
    """*base* narrowed by the typed values, and the problems of those that cannot be read, by control."""
    days, trouble = days_asked(typed)
    conditions: dict[str, Any] = {name: typed[name] for name in ("words", "code", "procedure", "officer") if typed[name]}
    conditions |= {name: day for name, day in days.items() if day is not None}
    state = next((each for each in SENT if str(int(each)) == typed["state"]), None)
    if state is not None:
        conditions |= {"state": state, "states": ()}
    return attrs.evolve(base, **conditions), trouble


def together(site: Site, request: Request, form: FormData) -> Response:
    """Perform one action on each chosen dossier by itself, and report the result of each."""
    actor = officer_of(site, request)
    asked = QueryParams(text(form, "kept")[:2000])
    action = next((each for each in BULK if each.value == text(form, "action")), None)
    officer, chosen = text(form, "officer") or actor.id, [str(code) for code in form.getlist("chosen")[: 5 * PAGE]]
    if action is None:
        return _page(site, request, actor, asked, refusal={"": "desk-refused"})
    if not chosen:
        return _page(site, request, actor, asked, refusal={"chosen": "desk-none-chosen"})
    if officer != actor.id and officer not in {colleague.id for colleague in _colleagues(site, actor)}:
        return _page(site, request, actor, asked, refusal={"to": "desk-refused-needs-officer"})
    facts: dict[str, Json] = {"officer": officer} if action is Action.ASSIGN else {}
    results = [(code[:100], _done(site, code, action, actor, facts)) for code in chosen]
    return _page(site, request, actor, asked, results=results)


def _colleagues(site: Site, actor: Actor) -> list[Account]:
    """The officers of the unit of *actor*, or of all units for an admin of all."""
    return [officer for officer in site.accounts.officers(actor.unit) if not officer.disabled]


def _done(site: Site, code: str, action: Action, actor: Actor, facts: Mapping[str, Json]) -> str:
    """The name of the text that reports the result."""
    try:
        dossier = site.engine.lookup(code)
        if dossier is None:
            return "not-found"
        site.engine.act(dossier.id, action, actor, facts=facts)
    except (UnknownDossier, CodeError):
        return "not-found"
    except ForbiddenAction as refusal:
        return refused(refusal)
    except DossierkitError:
        return "not-now"
    return f"event-{action.value}"


def refused(refusal: ForbiddenAction) -> str:
    """The name of the text that tells an officer why an action was refused."""
    return f"desk-refused-{refusal.why}" if refusal.why else "desk-refused"


def keep_view(site: Site, request: Request, form: FormData) -> Response:
    """Save a filtered list under a name, or delete one."""
    actor = officer_of(site, request)
    people = site.accounts
    account = people.get(actor.id)
    name, kept = without_hidden(text(form, "name")).strip()[:60], _own_query(text(form, "kept"))
    if account is not None and name:
        views = {key: query for key, query in account.views.items() if key != name}
        if "drop" not in form and len(views) < _KEPT:
            views[name] = kept
        _replace(site, account, views)
    return see_other(request, f"/desk?{kept}")


def _replace(site: Site, account: Account, views: Mapping[str, str]) -> None:
    try:
        keep_account(site.accounts, attrs.evolve(account, views=views))
    except StaleAccount:
        return  # the page shows the stored lists


def _own_query(typed: str) -> str:
    """The part of a query that selects a list."""
    return urlencode([(name, value) for name, value in parse_qsl(typed[:2000]) if name in (*FILTERS, "view")])


def facts_of(site: Site, dossier: Dossier, language: str) -> Mapping[str, object]:
    """The cells of *dossier* in a list that are not its own attributes."""
    procedure, handling = site.engine.procedure_of(dossier), dossier.handling
    officer = site.accounts.get(handling.officer) if handling.officer else None
    late = dossier.state not in RESOLVED and handling.clock.paused is None and is_overdue(handling.clock.due, site.engine.now())
    return {
        "title": procedure.title(language),
        "owner": persons(procedure, dossier.answers).owner,
        "officer": officer.name if officer is not None else "",
        # A dossier that ended without a result has no due day any more.
        "due": handling.clock.due if handling.result.resolved is None or dossier.outcome is not None else None,
        "late": late,
    }


def officer_of(site: Site, request: Request) -> Actor:
    """The officer who makes the request.

    Raises:
        SessionEnded: the visitor is not signed in.
        UnknownDossier: the visitor is a citizen.
    """
    actor = session_ended.signed_in_actor(site, request)
    if actor.is_citizen:
        raise UnknownDossier("no desk for citizens")
    return actor
