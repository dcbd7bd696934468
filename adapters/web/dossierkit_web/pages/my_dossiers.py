"""A citizen's own dossiers: the list, and one dossier with its actions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from functools import reduce
from urllib.parse import quote, urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit import pointers
from dossierkit.dossiers.deadlines.calendars import ZONE
from dossierkit.dossiers.lifecycle.dossier import RESULT, Dossier, Query
from dossierkit.dossiers.procedure.persons import persons
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import NOTED_FOR_OFFICERS, UNLISTED, Action, State
from dossierkit.errors import CodeError, DossierkitError, RefusedAnswers, UnknownDossier
from dossierkit.forms.schema.formats import typed_day
from dossierkit.hidden_characters import hidden_character
from dossierkit.papers import kinds_of
from dossierkit.papers.qr import qr_code
from dossierkit_web.pages import session_ended, unsaved
from dossierkit_web.pages.documents import accepted, files_by_id
from dossierkit_web.pages.messages import drop, files_sent, thread, words_sent
from dossierkit_web.requests.addresses import public_url, see_other
from dossierkit_web.requests.limits import allow
from dossierkit_web.requests.posted import number, text
from dossierkit_web.site import Site, language_of

PAGE = 20
STATES = tuple(State)


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The dossier with its code, for its owner; for any other visitor it does not exist."""
    dossier, kept = own(site, request), unsaved.kept(site, request)
    typed = dict(kept.pairs).get("note", "") if kept is not None else ""
    return _page(site, request, dossier, typed=typed, notice="kept-unsent" if typed else "")


def _page(
    site: Site, request: Request, dossier: Dossier, *, trouble: str = "", typed: str = "", notice: str = "", code: int = 200
) -> Response:
    visitor = site.visitor(request)
    assert visitor.actor is not None, "a dossier has an owner"
    events, notes = site.engine.history(dossier), site.engine.notes(dossier)
    history = [event for event in events if event.action not in UNLISTED]
    procedure, language = site.engine.procedure_of(dossier), language_of(request)
    rows = site.renderer.rows(procedure.form, dossier.answers, language=language)
    documents, ended = procedure.documents(dossier.answers), dossier.state in (State.COMPLETED, State.RETURNED)
    return site.page(
        request,
        "dossier",
        code=code,
        dossier=dossier,
        title=procedure.title(language),
        rows=rows,
        answered=files_by_id(site, dossier),
        files_at=dossier.id,
        done=request.query_params.get("done"),
        history=history,
        notes={e.number: notes[e.number].text for e in history if e.number in notes and e.action not in NOTED_FOR_OFFICERS},
        papers=[kind for kind in kinds_of(events, site.payments.attempts_of(dossier)) if kind.form != "06"],
        thread=thread(dossier, events, notes),
        results=[attachment for attachment in dossier.attachments if ended and attachment.document == RESULT],
        procedure=procedure,
        documents=documents,
        others=[
            attachment
            for attachment in dossier.attachments
            if not (attachment.document.startswith("@") or attachment.document in dict(documents))
        ],
        accept=accepted(),
        trouble=trouble,
        typed=typed,
        notice=notice,
        check=site.engine.check_code(dossier),
        explained=site.engine.office_clock.explained(dossier.handling, language),
        persons=_persons(procedure, dossier, visitor.name),
        offered=[action.value for action in site.engine.permitted(dossier, visitor.actor)],
        mail=visitor.mail,
        qr=qr_code(public_url(site.engine.office, f"/lookup?code={quote(str(dossier.code))}")),
    )


def write(site: Site, request: Request, form: FormData) -> Response:
    """Send a message to the office."""
    dossier, actor = own(site, request), session_ended.signed_in_actor(site, request)
    allow(site, request, "messages")
    words = words_sent(form)
    if not words:
        return _page(site, request, dossier, trouble="thread-empty", code=422)
    if hidden_character(words):
        return _page(site, request, dossier, trouble="text-hidden", typed=words, code=422)
    files, refusal = files_sent(site, request, dossier, form)
    if refusal:
        return _page(site, request, dossier, trouble=refusal, typed=words, code=422)
    try:
        site.engine.message(dossier.id, actor, words, files=files)
    except DossierkitError:
        drop(site, files)
        raise
    return see_other(request, f"/dossiers/{dossier.code}#thread")


def _persons(procedure: Procedure, dossier: Dossier, name: str) -> Mapping[str, str]:
    """Account holder, submitter and owner, each person named once."""
    names = persons(procedure, dossier.answers, name)
    submitter = names.submitter if names.submitter != names.owner else ""
    holder = names.holder if names.holder not in (names.owner, names.submitter) else ""
    return {"owner": names.owner, "submitter": submitter, "holder": holder}


def ask_withdraw(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Ask for confirmation before a dossier is withdrawn."""
    return site.page(request, "withdraw", dossier=own(site, request))


def withdraw(site: Site, request: Request, form: FormData) -> Response:
    """Withdraw the dossier; a second request changes nothing."""
    dossier, actor = own(site, request), session_ended.signed_in_actor(site, request)
    if dossier.state is not State.WITHDRAWN:
        site.engine.act(dossier.id, Action.WITHDRAW, actor, version=number(text(form, "version"), dossier.version))
    return see_other(request, f"/dossiers/{dossier.code}")


def ask_erasure(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Ask the office to erase the personal data of a finished dossier; a second request changes nothing."""
    dossier, actor = own(site, request), session_ended.signed_in_actor(site, request)
    if dossier.handling.erasure.asked is None:
        site.engine.act(dossier.id, Action.ASK_ERASURE, actor, version=dossier.version)
    return see_other(request, f"/dossiers/{dossier.code}")


def manage(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The visitor's own dossiers, filtered by code, procedure, state, days and words, newest first."""
    visitor, asked = site.visitor(request), request.query_params
    if visitor.actor is None or not site.keeps(request):
        return session_ended.to_sign_in(site, request, "/dossiers")
    typed = {name: asked.get(name, "")[:200] for name in ("code", "procedure", "state", "since", "until", "words")}
    query, trouble = _query(typed)
    before = asked.get("before", "")[:64] or None
    entries = site.engine.find(visitor.actor, query, before=before, limit=PAGE + 1) if not trouble else ()
    language = language_of(request)
    titles = {entry.code: entry.title_in(language) for entry in site.engine.procedures(language=language)}
    return site.page(
        request,
        "dossiers",
        keep_drafts=site.config.keep_drafts,
        found=entries[:PAGE],
        more=entries[PAGE - 1].id if len(entries) > PAGE else "",
        first=before is None,
        typed=typed,
        asked=urlencode({name: value for name, value in typed.items() if value}),
        trouble=trouble,
        titles=titles,
        states=STATES,
    )


def _query(typed: Mapping[str, str]) -> tuple[Query, dict[str, str]]:
    """The query of the typed values, and the problems of those that cannot be read, by control."""
    days, trouble = days_asked(typed)
    state = next((each for each in STATES if str(int(each)) == typed["state"]), None)
    return Query(typed["words"], typed["code"], typed["procedure"], state, days.get("since"), days.get("until")), trouble


def days_asked(typed: Mapping[str, str]) -> tuple[dict[str, datetime | None], dict[str, str]]:
    """The typed period, both days included, and the problems of days that cannot be read."""
    days: dict[str, datetime | None] = {}
    trouble: dict[str, str] = {}
    for name in ("since", "until"):
        try:
            day = typed_day(typed[name]) if typed[name].strip() else None
            moment = datetime.combine(day, time(), ZONE).astimezone(UTC) if day is not None else None
            days[name] = moment + timedelta(days=1) if moment is not None and name == "until" else moment
        except (ValueError, OverflowError):
            trouble[name] = "day-malformed"
    return days, trouble


def copy(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Begin a draft with the answers of an earlier dossier, without files that no longer exist."""
    dossier, actor = own(site, request), session_ended.signed_in_actor(site, request)
    try:
        draft = site.engine.begin(dossier.procedure, actor, dossier.answers)
    except RefusedAnswers as refused:
        answers = reduce(pointers.drop, (problem.at for problem in refused.problems), dossier.answers)
        draft = site.engine.begin(dossier.procedure, actor, answers)
    return see_other(request, f"/procedures/{quote(draft.procedure)}/apply?draft={draft.id}")


def own(site: Site, request: Request) -> Dossier:
    """The visitor's own dossier that the address names.

    Raises:
        SessionEnded: the visitor is not signed in.
        UnknownDossier: there is none, or it has another owner.
    """
    actor = session_ended.signed_in_actor(site, request)
    try:
        dossier = site.engine.lookup(request.path_params["code"])
    except CodeError:
        dossier = None
    if dossier is None or dossier.owner != actor.id:
        raise UnknownDossier("no such dossier")
    return dossier
