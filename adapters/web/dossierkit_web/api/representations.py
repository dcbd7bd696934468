"""Values as JSON of the API, each beside its schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dossierkit.catalog.index import CatalogEntry
from dossierkit.dossiers.lifecycle.dossier import RESULT, Actor, Attachment, Dossier, Event, Note
from dossierkit.dossiers.money.fees import fees
from dossierkit.dossiers.procedure.procedure import Entry, Procedure
from dossierkit.dossiers.states import Action, Delivery, Outcome, Payment, State
from dossierkit.findings import Problem
from dossierkit.forms.views.personal_data import without_secrets
from dossierkit.office.engine import Engine
from dossierkit.pointers import Json

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
MOMENT: Schema = {"type": "string", "format": "date-time"}
#: Any answers; those of a procedure are described by its own schema.
ANY_ANSWERS: Schema = {"description": "The answers to the form of a procedure; its schema is at /procedures/{code}/schema."}


def closed(**members: Schema) -> Schema:
    """The schema of an object that has all *members* and no other."""
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}


def or_null(schema: Schema) -> Schema:
    """The schema of a value that may be missing."""
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(schema: Schema) -> Schema:
    """The schema of a list."""
    return {"type": "array", "items": schema}


def state_name(state: State) -> str:
    """The name of *state* in the API, such as `supplement-requested`."""
    return state.name.lower().replace("_", "-")


STATES: Mapping[str, State] = {state_name(state): state for state in State}
STATE: Schema = {"type": "string", "enum": list(STATES)}
ACTION: Schema = {"type": "string", "enum": [action.value for action in Action]}

PROBLEM = {
    **closed(at=TEXT, rule=TEXT, params={"type": "object"}, message=TEXT),
    "required": ["at", "rule", "params"],
    "description": "at: JSON Pointer of the answer, or document:CODE; rule: the keyword that fails.",
}


def problems_json(problems: Iterable[Problem], words: Sequence[str] = ()) -> list[Json]:
    """*problems*, with their sentences if there are any."""
    told = [{"at": problem.at, "rule": problem.rule, "params": dict(problem.params)} for problem in problems]
    return [{**problem, "message": message} for problem, message in zip(told, words, strict=True)] if words else list(told)


LISTED_PROCEDURE = closed(code=TEXT, title=TEXT, sector=TEXT, unit=TEXT, audience=list_of(TEXT))


def listed_procedure_json(entry: CatalogEntry, language: str) -> Json:
    """A procedure in a list."""
    return {
        "code": entry.code,
        "title": entry.title_in(language),
        "sector": entry.sector,
        "unit": entry.unit,
        "audience": list(entry.audience),
    }


DOCUMENT = closed(code=TEXT, title=TEXT, required={"type": "boolean"}, paper={"type": "boolean"})
FEE = closed(title=TEXT, amount={**or_null(COUNT), "description": "In đồng; null if the answers do not determine it."})
PROCEDURE = closed(
    code=TEXT,
    revision=TEXT,
    title=TEXT,
    guidance={**TEXT, "description": "Markdown."},
    sector=TEXT,
    unit=TEXT,
    timeLimit=or_null(closed(count=COUNT, unit=TEXT)),
    documents=list_of(DOCUMENT),
    fees=list_of(FEE),
)


def procedure_json(procedure: Procedure, language: str) -> Json:
    """The guidance of a procedure, as it is before there are answers."""
    limit = procedure.time_limit({})
    return {
        "code": procedure.code,
        "revision": procedure.revision,
        "title": procedure.title(language),
        "guidance": procedure.text("guidance", language),
        "sector": procedure.sector,
        "unit": procedure.unit,
        "timeLimit": {"count": limit.count, "unit": limit.unit.value} if limit is not None else None,
        "documents": documents_json(procedure, {}, language),
        "fees": [{"title": fee.title, "amount": fee.amount} for fee in fees(procedure, {}, language=language)],
    }


def documents_json(procedure: Procedure, answers: Json, language: str) -> list[Json]:
    """The documents that *answers* ask for."""
    return [_document(procedure, code, entry, language) for code, entry in procedure.documents(answers)]


def _document(procedure: Procedure, code: str, entry: Entry, language: str) -> Json:
    return {
        "code": code,
        "title": procedure.words(entry, "title", language),
        "required": entry.get("required") is True,
        "paper": entry.get("paper") is not False,
    }


FILE = closed(document=TEXT, file=TEXT, name=TEXT, bytes=COUNT, mediaType=TEXT)


def file_json(attachment: Attachment) -> Json:
    """A file of a dossier."""
    return {
        "document": attachment.document,
        "file": attachment.blob,
        "name": attachment.name,
        "bytes": attachment.size,
        "mediaType": attachment.media_type,
    }


def visible_files(dossier: Dossier, actor: Actor) -> Iterator[Attachment]:
    """The files of *dossier* that *actor* may see: those of a result only once it is decided, unless it is an officer."""
    decided = dossier.outcome is not None or not actor.is_citizen
    return (attachment for attachment in dossier.attachments if decided or attachment.document != RESULT)


LISTED_DOSSIER = closed(
    id=TEXT,
    code=or_null(TEXT),
    procedure=TEXT,
    title=TEXT,
    state=STATE,
    version=COUNT,
    created=MOMENT,
    changed=MOMENT,
    submitted=or_null(MOMENT),
    due=or_null(MOMENT),
)


def listed_dossier_json(engine: Engine, dossier: Dossier, language: str) -> dict[str, Json]:
    """A dossier in a list."""
    return {
        "id": dossier.id,
        "code": dossier.code.text if dossier.code is not None else None,
        "procedure": dossier.procedure,
        "title": engine.procedure_of(dossier).title(language),
        "state": state_name(dossier.state),
        "version": dossier.version,
        "created": dossier.created.isoformat(),
        "changed": dossier.changed.isoformat(),
        "submitted": dossier.submitted.isoformat() if dossier.submitted is not None else None,
        "due": dossier.handling.clock.due.isoformat() if dossier.handling.clock.due is not None else None,
    }


DOSSIER = closed(
    **LISTED_DOSSIER["properties"],
    revision=TEXT,
    answers=ANY_ANSWERS,
    files=list_of(FILE),
    declared={**list_of(TEXT), "description": "Codes of documents that come on paper."},
    asked={**list_of(TEXT), "description": "What a requested supplement asks for: JSON Pointers, document:CODE."},
    unit=TEXT,
    receipt=TEXT,
    outcome=or_null({"type": "string", "enum": [outcome.value for outcome in Outcome]}),
    payment={"type": "string", "enum": [payment.value for payment in Payment]},
    outstanding={**or_null(COUNT), "description": "In đồng; null if an officer has to say it."},
    delivery={"type": "string", "enum": [delivery.value for delivery in Delivery]},
    actions=list_of(ACTION),
)


def dossier_json(engine: Engine, dossier: Dossier, actor: Actor, language: str) -> Json:
    """A dossier as *actor* sees it; answers to secret fields are left out, and erased ones are null."""
    procedure, handling = engine.procedure_of(dossier), dossier.handling
    return {
        **listed_dossier_json(engine, dossier, language),
        "revision": dossier.revision,
        "answers": without_secrets(procedure.form, dossier.answers),
        "files": [file_json(attachment) for attachment in visible_files(dossier, actor)],
        "declared": list(dossier.declared or handling.declared),
        "asked": list(handling.supplement.asked),
        "unit": handling.unit,
        "receipt": handling.receipt,
        "outcome": dossier.outcome.value if dossier.outcome is not None else None,
        "payment": handling.money.payment.value,
        "outstanding": engine.outstanding(dossier),
        "delivery": handling.result.delivery.value,
        "actions": [action.value for action in engine.permitted(dossier, actor)],
    }


EVENT = closed(number=COUNT, action=ACTION, at=MOMENT, note=TEXT)


def event_json(event: Event, notes: Mapping[int, Note]) -> Json:
    """An event of a dossier, with its note unless that was erased."""
    note = notes.get(event.number)
    return {
        "number": event.number,
        "action": event.action.value,
        "at": event.at.isoformat(),
        "note": note.text if note is not None else "",
    }
