"""One dossier at the desk: answers, files, history, messages, and every action."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.dossiers.deadlines.calendars import end_of_later_day
from dossierkit.dossiers.lifecycle.dossier import RESULT, Actor, Attachment, Dossier, Event, Note
from dossierkit.dossiers.lifecycle.transitions import TABLE
from dossierkit.dossiers.money.attempts import Answer, Progress, to_give_back
from dossierkit.dossiers.money.fees import Collect, fees, owed
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.procedure.persons import persons, wanted_delivery
from dossierkit.dossiers.states import EVIDENCE, NOTED_FOR_OFFICERS, OFFICERS, REASONS, Action, Channel, Outcome, Payment, State
from dossierkit.errors import (
    CodeError,
    DossierkitError,
    ForbiddenAction,
    GatewayError,
    StaleDossier,
    UnknownDossier,
    UnknownProcedure,
)
from dossierkit.forms.schema.formats import typed_day
from dossierkit.forms.views.changes import Change, changes
from dossierkit.html.summary import Row
from dossierkit.office.daily_tasks import unreached
from dossierkit.papers import kinds_of
from dossierkit.pointers import Json
from dossierkit_web.pages import unsaved
from dossierkit_web.pages.desk import facts_of, officer_of, refused
from dossierkit_web.pages.documents import VIEWED, accepted, files_by_id
from dossierkit_web.pages.messages import drop, files_sent, thread, words_sent
from dossierkit_web.requests.addresses import see_other
from dossierkit_web.requests.limits import allow
from dossierkit_web.requests.posted import number, text
from dossierkit_web.site import Site, language_of

#: The controls of each action beside its reason, see the template.
ASKS: Mapping[Action, tuple[str, ...]] = {
    Action.ACCEPT: ("paper",),
    Action.ASSIGN: ("officer",),
    Action.ADVANCE: ("step",),
    Action.REQUEST_SUPPLEMENT: ("asked",),
    Action.REQUEST_PAYMENT: ("amount",),
    Action.SETTLE: ("payment",),
    Action.EXTEND: ("due",),
    Action.SUSPEND: ("until",),
    Action.PROPOSE: ("outcome",),
    Action.COMPLETE: ("outcome", "files"),
    Action.HAND_OVER: ("evidence",),
}
#: The results of a status query.
GATEWAY_TOLD = ("waiting", "booked", "known", "strange", "unreachable")
#: Actions of the citizen or of the program, and those that have pages of their own.
_ELSEWHERE = frozenset(
    (Action.SAVE, Action.SUBMIT, Action.CANCEL, Action.RESTORE, Action.SUPPLEMENT, Action.ERASE, Action.REDATE)
)


def one(site: Site, request: Request, form: FormData) -> Response:  # every page has this shape
    """One dossier, with every permitted action."""
    actor = officer_of(site, request)
    dossier, kept = dossier_of(site, request, actor), unsaved.kept(site, request)
    if kept is None:
        return _page(site, request, dossier, actor)
    form = kept.form
    return _page(
        site,
        request,
        dossier,
        actor,
        tried=_action_name(form),
        note=words_sent(form),
        sent=_posted_values(form),
        notice="kept-unsent",
    )


def act(site: Site, request: Request, form: FormData) -> Response:
    """Perform the action of the button, and lead back to the dossier."""
    actor = officer_of(site, request)
    dossier = dossier_of(site, request, actor)
    version, note = number(text(form, "version"), -1), words_sent(form)
    files, left = files_sent(site, request, dossier, form)

    def again(trouble: str, code: int) -> Response:
        return _page(
            site,
            request,
            dossier,
            actor,
            trouble=trouble,
            tried=_action_name(form),
            note=note,
            sent=_posted_values(form),
            code=code,
        )

    if left:
        return again(left, 422)
    try:
        action, facts = _posted_action(form, site.engine.today(), {officer.id for officer in _colleagues(site, dossier, actor)})
        if "update" in form and action is Action.REQUEST_SUPPLEMENT:
            site.engine.ask_update(dossier.id, actor, version=version, note=note)
        elif action is Action.MESSAGE:
            site.engine.message(dossier.id, actor, note, files=files)
        else:
            site.engine.act(dossier.id, action, actor, version=version, facts=facts, note=note, files=files)
    except StaleDossier:
        drop(site, files)
        return again("desk-stale", 409)
    except ForbiddenAction as refusal:
        drop(site, files)
        empty = text(form, "action") == Action.MESSAGE.value and not note
        return again("thread-empty" if empty else refused(refusal), 422)
    except DossierkitError:
        drop(site, files)
        raise
    return see_other(request, f"/desk/{dossier.code}?done={action.value}")


def ask_gateway(site: Site, request: Request, form: FormData) -> Response:
    """Query the gateway for the result of an attempt without a callback."""
    dossier = dossier_of(site, request, officer_of(site, request))
    allow(site, request, "payments")
    attempt = site.payments.attempt(text(form, "ref"))
    if attempt is None or attempt.dossier != dossier.id:
        raise UnknownDossier("no such attempt")
    try:
        answer = site.payments.ask(attempt)
    except GatewayError:
        outcome = "unreachable"
    else:
        outcome = {None: "waiting", Answer.CONFIRMED: "booked", Answer.ALREADY: "known"}.get(answer, "strange")
    return see_other(request, f"/desk/{dossier.code}?gateway={outcome}#payments")


def _posted_action(form: FormData, today: date, colleagues: Container[str]) -> tuple[Action, dict[str, Json]]:
    """The action and its facts.

    Raises:
        ForbiddenAction: the desk does not offer the action, its facts are malformed, or the officer to assign is not among
            *colleagues*.
    """
    action = next((action for action in Action if action.value == text(form, "action")), None)
    if action is None or action in _ELSEWHERE:
        raise ForbiddenAction("no action of a desk")
    sent = {name: _posted_fact(name, form, today) for name in ASKS.get(action, ()) if name not in ("asked", "files")}
    if "asked" in ASKS.get(action, ()):
        sent |= _requested_supplement(form)
    if sent.get("officer", "") != "" and sent["officer"] not in colleagues:
        raise ForbiddenAction("not an officer of the unit", "needs-officer")
    return action, {name: value for name, value in sent.items() if value not in ("", [], {})}


def _action_name(form: FormData) -> str:
    """The form of the page that was sent."""
    return "update" if "update" in form else text(form, "action")


def _posted_values(form: FormData) -> Mapping[str, Sequence[str]]:
    """The values of every control, to be shown again."""
    return {name: [value for value in form.getlist(name) if isinstance(value, str)] for name in form}


def _requested_supplement(form: FormData) -> dict[str, Json]:
    """The requested pointers with their reasons: `wrong:/area`, `missing:document:don`, or a pointer alone."""
    places: list[Json] = []
    reasons: dict[str, Json] = {}
    for typed in form.getlist("asked"):
        why, _, place = str(typed).partition(":") if isinstance(typed, str) else ("", "", "")
        known = why in REASONS
        if name := place if known else str(typed):
            places.append(name)
            reasons |= {name: why} if known else {}
    return {"asked": places, "reasons": reasons}


def _posted_fact(name: str, form: FormData, today: date) -> Json:
    """The fact in the control *name*.

    Raises:
        ForbiddenAction: it is no amount, or no day after *today*.
    """
    if name == "paper":
        return [str(file) for file in form.getlist("paper") if isinstance(file, str)]
    typed = text(form, name).strip()
    try:
        if name == "amount":
            return int("".join(typed.split()).replace(".", "") or 0)
        if name in ("due", "until"):
            return end_of_later_day(typed_day(typed), today).isoformat() if typed else ""
    except ValueError:
        raise ForbiddenAction(f"{name} says something else", f"needs-{name}") from None
    return typed[:500]


def _place(trouble: str, tried: str) -> str:
    """The id of the control that *trouble* with the action *tried* is about; empty if it is about none."""
    if tried == Action.MESSAGE.value:
        return "message"
    name = trouble.removeprefix("desk-refused-needs-")
    return f"{tried}-{name}" if name != trouble and name not in ("asked", "paper") else ""


def _page(
    site: Site,
    request: Request,
    dossier: Dossier,
    actor: Actor,
    *,
    trouble: str = "",
    tried: str = "",
    note: str = "",
    sent: Mapping[str, Sequence[str]] | None = None,
    notice: str = "",
    code: int = 200,
) -> Response:
    done, result = request.query_params.get("done", ""), request.query_params.get("gateway", "")
    return site.page(
        request,
        "desk_dossier",
        code=code,
        dossier=dossier,
        **_dossier_values(site, request, dossier),
        **_action_values(site, dossier, actor, language_of(request)),
        trouble=trouble,
        tried=tried,
        at=_place(trouble, tried),
        typed=note,
        sent=sent or {},
        notice=notice,
        done=done if done in {action.value for action in Action} else "",
        gateway_told=result if result in GATEWAY_TOLD else "",
    )


def _dossier_values(site: Site, request: Request, dossier: Dossier) -> dict[str, Any]:
    """The values of the template about *dossier*: answers, files, history, messages."""
    language, procedure = language_of(request), site.engine.procedure_of(dossier)
    history, notes = site.engine.history(dossier), site.engine.notes(dossier)
    files, attempts = files_by_id(site, dossier), site.payments.attempts_of(dossier)
    viewable = [file for file in files.values() if file.media_type in VIEWED]
    return {
        "facts": facts_of(site, dossier, language),
        "awaits_office": dossier.state is State.SUBMITTED and dossier.handling.money.payment is not Payment.DUE,
        "rows": site.renderer.rows(procedure.form, dossier.answers, language=language),
        "questions": site.renderer.questions(procedure.form, dossier.answers, language=language),
        "answered": files,
        "files_at": dossier.id,
        "documents": procedure.documents(dossier.answers),
        "procedure": procedure,
        "persons": persons(procedure, dossier.answers),
        "history": [event for event in history if event.action is not Action.MESSAGE],
        "people": _people(site, history),
        "notes": {number: note.text for number, note in notes.items()},
        "mended": _supplement_changes(site, dossier, history, notes, language),
        "fees": fees(procedure, dossier.answers, dossier.handling.channel, language),
        "attempts": [a for a in attempts if a.progress is Progress.PAID],
        "unknown": [a for a in attempts if a.progress in (Progress.OPEN, Progress.CLOSED)],
        "gateways": site.payments.gateways,
        "unreached": dossier.id in {other.id for other in unreached(site.engine, officer_of(site, request))},
        "owed_back": to_give_back(history),
        "papers": kinds_of(history, attempts),
        "thread": thread(dossier, history, notes),
        "results": [attachment for attachment in dossier.attachments if attachment.document == RESULT],
        "viewable": viewable,
        "viewed": _file_in_view(viewable, request.query_params.get("view", "")),
        # A frame takes the focus when it loads, so it is shown on request only.
        "view_asked": "view" in request.query_params,
        "explained": site.engine.office_clock.explained(dossier.handling, language),
    }


def _action_values(site: Site, dossier: Dossier, actor: Actor, language: str) -> dict[str, Any]:
    """The values of the template about the permitted actions and their controls."""
    procedure = site.engine.procedure_of(dossier)
    missing = procedure.missing(dossier)
    undecided = dossier.handling.money.payment is Payment.UNDECIDED
    costs = fees(procedure, dossier.answers, dossier.handling.channel)
    permitted = site.engine.permitted(dossier, actor)
    return {
        "amount": site.engine.outstanding(dossier) if undecided else owed(costs, Collect.REQUEST),
        "actions": [action for action in permitted if action not in _ELSEWHERE],
        "supplements": Action.SUPPLEMENT in permitted,
        "newer": _newer(site, dossier, language) if Action.REQUEST_SUPPLEMENT in permitted else (),
        "asks": {**ASKS, Action.ACCEPT: ("paper",) if missing else ()},
        "needs": {rule.action: rule.needs for rule in TABLE},
        "missing": missing,
        # An officer who filed the dossier has the declared papers at hand; those of a citizen are still to come.
        "typed_here": dossier.handling.channel is not Channel.ONLINE,
        "colleagues": NOTED_FOR_OFFICERS,
        "officers": _colleagues(site, dossier, actor),
        "outcomes": [outcome.value for outcome in Outcome],
        "reasons": REASONS,
        "evidence": EVIDENCE,
        "wanted_delivery": wanted_delivery(procedure, dossier.answers) if Action.HAND_OVER in permitted else "",
        "accept": accepted(),
    }


def _newer(site: Site, dossier: Dossier, language: str) -> tuple[Change, ...]:
    """The changes of the form since the revision of the dossier."""
    try:
        current = site.engine.procedure(dossier.procedure)
    except UnknownProcedure:
        return ()
    if current.revision == dossier.revision:
        return ()
    differences = changes(site.engine.procedure_of(dossier).form, current.form, dossier.answers, language=language)
    return tuple(change for change in differences if change.kind != "removed")


def _people(site: Site, history: Sequence[Event]) -> dict[str, str]:
    """Actor → name; the owner is named by the answers until they are erased."""
    accounts = site.accounts
    actors = {event.actor: accounts.get(event.actor) for event in history}
    return {id: account.name for id, account in actors.items() if account is not None and account.role in OFFICERS}


def _file_in_view(viewable: Sequence[Attachment], blob: str) -> Attachment | None:
    """The file that is shown beside the answers: the one in the address, or the first that can be shown."""
    return next((file for file in viewable if file.blob == blob), next(iter(viewable), None))


def _supplement_changes(
    site: Site, dossier: Dossier, history: Sequence[Event], notes: Mapping[int, Note], language: str
) -> dict[int, list[tuple[str, str, str]]]:
    """The changes of each supplement: number of its event → (label, before, after)."""
    numbers = [event.number for event in history if event.number in notes and notes[event.number].before is not None]
    states = [*(notes[number].before for number in numbers), dossier.answers]
    form = site.engine.procedure_of(dossier).form
    rows = [_by_place(site.renderer.rows(form, answers, language=language)) for answers in states]
    return {number: _differences(*pair) for number, pair in zip(numbers, pairwise(rows), strict=True)}


def _by_place(rows: Sequence[Row]) -> dict[str, Row]:
    return {row.pointer: row for row in rows if row.text is not None}


def _differences(before: Mapping[str, Row], after: Mapping[str, Row]) -> list[tuple[str, str, str]]:
    pointers = [*after, *(pointer for pointer in before if pointer not in after)]
    differences = []
    for pointer in pointers:
        old, new = (rows[pointer].text or "" if pointer in rows else "" for rows in (before, after))
        if old != new:
            differences.append(((after.get(pointer) or before[pointer]).label, old, new))
    return differences


def _colleagues(site: Site, dossier: Dossier, actor: Actor) -> list[Account]:
    """The officers to whom *dossier* can be assigned: those of its unit, and the visitor."""
    accounts = site.accounts
    colleagues = [officer for officer in accounts.officers(dossier.handling.unit) if not officer.disabled]
    own = accounts.get(actor.id)
    return colleagues if own is None or own in colleagues else [own, *colleagues]


def dossier_of(site: Site, request: Request, actor: Actor) -> Dossier:
    """The dossier that the address names, for an officer of its unit.

    Raises:
        UnknownDossier: there is none, or it is another unit's.
    """
    try:
        dossier = site.engine.lookup(request.path_params["code"])
    except CodeError:
        dossier = None
    if dossier is None:
        raise UnknownDossier("no such dossier")
    return site.engine.open(dossier.id, actor)
