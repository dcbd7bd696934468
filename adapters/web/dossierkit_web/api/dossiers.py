"""Operations on dossiers: a draft is begun, filled and sent; people who may see a dossier read it and act on it."""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.responses import Response

from dossierkit.dossiers.deadlines.calendars import end_of_later_day
from dossierkit.dossiers.lifecycle.dossier import Dossier, Query
from dossierkit.dossiers.people.access_token import Verb
from dossierkit.dossiers.states import EVIDENCE, NOTED_FOR_OFFICERS, REASONS, UNLISTED, Action, Outcome
from dossierkit.errors import RefusedAnswers, UnknownDossier
from dossierkit.forms.words.messages import messages
from dossierkit.pointers import Json
from dossierkit_web.api.operations import ApiResponse, Call, Operation, object_schema
from dossierkit_web.api.problem_details import ANSWERS, MALFORMED, NOT_NOW, STALE, TOO_MANY, UNKNOWN, VERSION_WANTED, Refusal
from dossierkit_web.api.representations import (
    ANY_ANSWERS,
    DOCUMENT,
    DOSSIER,
    EVENT,
    LISTED_DOSSIER,
    PROBLEM,
    STATE,
    STATES,
    TEXT,
    closed,
    documents_json,
    dossier_json,
    event_json,
    list_of,
    listed_dossier_json,
    or_null,
    problems_json,
)
from dossierkit_web.pages.my_dossiers import days_asked

#: Dossiers on a page of a list: unless the client says how many, and at most.
_PAGE, _MOST = 20, 100
#: The facts that a client states for an action.
_FACTS: dict[Action, tuple[str, ...]] = {
    Action.ACCEPT: ("paper",),
    Action.ASSIGN: ("officer",),
    Action.ADVANCE: ("step",),
    Action.REQUEST_SUPPLEMENT: ("asked", "reasons"),
    Action.SUPPLEMENT: ("declared",),
    Action.REQUEST_PAYMENT: ("amount",),
    Action.SETTLE: ("payment",),
    Action.EXTEND: ("due",),
    Action.SUSPEND: ("until",),
    Action.PROPOSE: ("outcome",),
    Action.COMPLETE: ("outcome",),
    Action.HAND_OVER: ("evidence",),
}
#: Actions with an operation of their own, and those of the program.
_ELSEWHERE = frozenset((Action.BEGIN, Action.SAVE, Action.SUBMIT, Action.ERASE, Action.REDATE, Action.SURPLUS))
_DAY = {"type": "string", "format": "date"}
_FACTS_SCHEMA = object_schema(
    {
        "paper": {"type": "array", "items": TEXT, "maxItems": 200},
        "officer": {"type": "string", "maxLength": 200},
        "step": {"type": "string", "maxLength": 200},
        "declared": {"type": "array", "items": TEXT, "maxItems": 200},
        "asked": {"type": "array", "items": TEXT, "maxItems": 1000},
        "reasons": {"type": "object", "additionalProperties": {"type": "string", "enum": list(REASONS)}},
        "amount": {"type": "integer", "minimum": 0, "maximum": 10**12},
        "payment": {"type": "string", "enum": ["paid", "waived"]},
        "due": _DAY,
        "until": _DAY,
        "outcome": {"type": "string", "enum": [outcome.value for outcome in Outcome]},
        "evidence": {"type": "string", "enum": list(EVIDENCE)},
    }
)


def tagged(call: Call, dossier: Dossier, code: int = 200) -> Response:
    """*dossier* with its version as ETag."""
    body = dossier_json(call.site.engine, dossier, call.actor, call.language)
    return ApiResponse(body, code, {"ETag": f'"{dossier.version}"'})


def _begin(call: Call) -> Response:
    call.allow("drafts")
    call.guard_procedure(call.body["procedure"])
    draft = call.site.engine.begin(call.body["procedure"], call.actor, call.body.get("answers"))
    response = tagged(call, draft, 201)
    response.headers["Location"] = f"{call.request.url.path}/{draft.id}"
    return response


def _read(call: Call) -> Response:
    return tagged(call, call.dossier())


def _save(call: Call) -> Response:
    dossier, declared = call.dossier(), call.body.get("declared")
    try:
        saved = call.site.engine.save(dossier.id, call.body["answers"], call.actor, version=call.version, declared=declared)
    except RefusedAnswers as error:
        raise _refused(call, dossier, error) from None
    return tagged(call, saved)


def _problems(call: Call) -> Response:
    dossier = call.dossier()
    problems, procedure = call.site.engine.check(dossier), call.site.engine.procedure_of(dossier)
    words = messages(procedure.form, problems, language=call.language, answers=dossier.answers)
    documents = documents_json(procedure, dossier.answers, call.language)
    return ApiResponse({"problems": problems_json(problems, words), "documents": documents})


def _submit(call: Call) -> Response:
    call.allow("submits")
    dossier = call.dossier()
    version = call.version if "if-match" in call.request.headers else None
    try:
        return tagged(call, call.site.engine.submit(dossier.id, call.actor, version=version))
    except RefusedAnswers as error:
        raise _refused(call, dossier, error) from None


def _refused(call: Call, dossier: Dossier, error: RefusedAnswers) -> Refusal:
    form = call.site.engine.procedure_of(dossier).form
    words = messages(form, error.problems, language=call.language, answers=dossier.answers)
    return Refusal(ANSWERS, problems=problems_json(error.problems, words))


def _list(call: Call) -> Response:
    engine, query, actor = call.site.engine, call.query, call.actor
    limit, cursor = query.get("limit", _PAGE), query.get("cursor")
    if cursor is not None:
        try:
            engine.open(cursor, actor)
        except UnknownDossier:
            raise Refusal(MALFORMED, "no list continues at this cursor") from None
    if call.token is not None and call.token.procedures and "procedure" not in query:
        raise Refusal(MALFORMED, f"name a procedure that the token is limited to: {', '.join(call.token.procedures)}")
    if "procedure" in query:
        call.guard_procedure(query["procedure"])
    days, _ = days_asked({name: query.get(name, "") for name in ("since", "until")})
    find = engine.find if query.get("list", "own" if actor.is_citizen else "desk") == "own" else engine.desk
    wanted = Query(
        words=query.get("q", ""),
        code=query.get("code", ""),
        procedure=query.get("procedure", ""),
        state=STATES[query["state"]] if "state" in query else None,
        since=days.get("since"),
        until=days.get("until"),
    )
    found = find(actor, wanted, before=cursor, limit=limit + 1)
    shown = [listed_dossier_json(engine, dossier, call.language) for dossier in found[:limit]]
    return ApiResponse({"dossiers": shown, "next": found[limit - 1].id if len(found) > limit else None})


def _history(call: Call) -> Response:
    dossier, actor, engine = call.dossier(), call.actor, call.site.engine
    history, notes = engine.history(dossier), engine.notes(dossier)
    if actor.is_citizen:
        history = tuple(event for event in history if event.action not in UNLISTED or event.action is Action.MESSAGE)
        notes = {event.number: notes[event.number] for event in history if event.number in notes and _is_open(event.action)}
    return ApiResponse({"events": [event_json(event, notes) for event in history]})


def _is_open(action: Action) -> bool:
    """Whether the owner may read the note of *action*."""
    return action not in NOTED_FOR_OFFICERS


def _act(call: Call) -> Response:
    dossier, engine, action = call.dossier(), call.site.engine, Action(call.body["action"])
    note = call.body.get("note", "")
    if action is Action.MESSAGE:
        call.allow("messages")
        return tagged(call, engine.message(dossier.id, call.actor, note))
    facts, answers = _facts(call, action), call.body.get("answers")
    if answers is not None and action is not Action.SUPPLEMENT:
        raise Refusal(MALFORMED, f"the action {action.value} takes no answers")
    version = call.version if "if-match" in call.request.headers else None
    try:
        return tagged(call, engine.act(dossier.id, action, call.actor, version=version, facts=facts, note=note, answers=answers))
    except RefusedAnswers as error:
        raise _refused(call, dossier, error) from None


def _facts(call: Call, action: Action) -> dict[str, Json]:
    """The facts of the body, as `Engine.act` takes them.

    Raises:
        Refusal: the action has no such fact, or a day is not after today.
    """
    stated: dict[str, Any] = dict(call.body.get("facts", {}))
    known = _FACTS.get(action, ())
    if unknown := [name for name in stated if name not in known]:
        raise Refusal(MALFORMED, f"the action {action.value} has no fact {unknown[0]!r}; known: {', '.join(known) or 'none'}")
    for name in ("due", "until"):
        if name in stated:
            try:
                stated[name] = end_of_later_day(date.fromisoformat(stated[name]), call.site.engine.today()).isoformat()
            except ValueError:
                raise Refusal(MALFORMED, f"{name} is a day after today") from None
    return stated


OPERATIONS = (
    Operation(
        "listDossiers", "GET", "/dossiers", "Dossiers, newest first; `next` is the cursor of the next page.", _list,
        closed(dossiers=list_of(LISTED_DOSSIER), next=or_null(TEXT)),
        query={
            "list": {"type": "string", "enum": ["own", "desk"]},
            "q": {"type": "string", "maxLength": 200},
            "code": {"type": "string", "maxLength": 60},
            "procedure": {"type": "string", "maxLength": 60},
            "state": STATE,
            "since": _DAY,
            "until": _DAY,
            "limit": {"type": "integer", "minimum": 1, "maximum": _MOST},
            "cursor": {"type": "string", "maxLength": 64},
        },
    ),
    Operation(
        "beginDraft", "POST", "/dossiers", "Begin a draft; without answers, with the defaults of its form.",
        _begin, DOSSIER, 201,
        body=object_schema(
            {"procedure": {"type": "string", "maxLength": 60}, "answers": ANY_ANSWERS}, required=("procedure",)
        ),
        verb=Verb.FILE, refusals=(UNKNOWN, ANSWERS, TOO_MANY),
    ),
    Operation("readDossier", "GET", "/dossiers/{id}", "One dossier.", _read, DOSSIER, refusals=(UNKNOWN,)),
    Operation(
        "saveDraft", "PUT", "/dossiers/{id}/answers", "Replace the answers of a draft, complete or not.", _save, DOSSIER,
        body=object_schema(
            {"answers": ANY_ANSWERS, "declared": {"type": "array", "items": TEXT, "maxItems": 200}}, required=("answers",)
        ),
        verb=Verb.FILE, refusals=(UNKNOWN, ANSWERS, NOT_NOW, STALE, VERSION_WANTED), is_guarded=True,
    ),
    Operation(
        "checkDraft", "GET", "/dossiers/{id}/problems", "The problems that keep a draft from being submitted.", _problems,
        closed(problems=list_of(PROBLEM), documents=list_of(DOCUMENT)), refusals=(UNKNOWN,),
    ),
    Operation(
        "submitDraft", "POST", "/dossiers/{id}/submit", "Submit a draft; a second request gives the same code.", _submit, DOSSIER,
        verb=Verb.FILE, refusals=(UNKNOWN, ANSWERS, NOT_NOW, STALE, TOO_MANY), is_guarded=True,
    ),
    Operation(
        "readHistory", "GET", "/dossiers/{id}/history", "The events of a dossier that the actor may see.", _history,
        closed(events=list_of(EVENT)), refusals=(UNKNOWN,),
    ),
    Operation(
        "act", "POST", "/dossiers/{id}/actions", "Do one of the `actions` of a dossier.", _act, DOSSIER,
        body=object_schema(
            {
                "action": {"type": "string", "enum": [action.value for action in Action if action not in _ELSEWHERE]},
                "facts": _FACTS_SCHEMA,
                "note": {"type": "string", "maxLength": 5000},
                "answers": ANY_ANSWERS,
            },
            required=("action",),
        ),
        verb=Verb.ACT, refusals=(UNKNOWN, ANSWERS, NOT_NOW, STALE, TOO_MANY), is_guarded=True,
    ),
)  # fmt: skip
