"""Operations on procedures: the list, the guidance, the schema, and a check of answers."""

from __future__ import annotations

from starlette.responses import Response

from dossierkit.dossiers.money.fees import unanswered
from dossierkit.forms import check
from dossierkit.forms.words.messages import messages
from dossierkit_web.api.operations import ApiResponse, Call, Operation, object_schema
from dossierkit_web.api.problem_details import UNKNOWN
from dossierkit_web.api.representations import (
    ANY_ANSWERS,
    DOCUMENT,
    LISTED_PROCEDURE,
    PROBLEM,
    PROCEDURE,
    closed,
    documents_json,
    list_of,
    listed_procedure_json,
    problems_json,
    procedure_json,
)


def _list(call: Call) -> Response:
    entries = call.site.engine.procedures(call.query.get("q", ""), language=call.language)
    return ApiResponse({"procedures": [listed_procedure_json(entry, call.language) for entry in entries]})


def _one(call: Call) -> Response:
    procedure = call.site.engine.procedure(call.request.path_params["code"])
    return ApiResponse(procedure_json(procedure, call.language), headers={"ETag": f'"{procedure.revision}"'})


def _schema(call: Call) -> Response:
    procedure = call.site.engine.procedure(call.request.path_params["code"])
    address = str(call.request.url.replace(query=""))
    headers = {"ETag": f'"{procedure.revision}"'}
    return ApiResponse(procedure.bundle.compound(address), headers=headers, media_type="application/schema+json")


def _check(call: Call) -> Response:
    engine, procedure = call.site.engine, call.site.engine.procedure(call.request.path_params["code"])
    answers = engine.whole(procedure.form, call.body["answers"])
    problems = (*check(procedure.form, answers, today=engine.today()), *unanswered(procedure, answers))
    words = messages(procedure.form, problems, language=call.language, answers=answers)
    documents = documents_json(procedure, answers, call.language)
    return ApiResponse({"problems": problems_json(problems, words), "documents": documents})


OPERATIONS = (
    Operation(
        "listProcedures", "GET", "/procedures", "The procedures that hold all words of `q`, accents or not.", _list,
        closed(procedures=list_of(LISTED_PROCEDURE)), query={"q": {"type": "string", "maxLength": 200}}, is_public=True,
    ),
    Operation(
        "readProcedure", "GET", "/procedures/{code}", "The guidance of a procedure.", _one, PROCEDURE, refusals=(UNKNOWN,),
        is_public=True,
    ),
    Operation(
        "readSchema", "GET", "/procedures/{code}/schema",
        "The JSON Schema of the answers, with every file that it refers to inside.", _schema, {"type": "object"},
        refusals=(UNKNOWN,), is_public=True,
    ),
    Operation(
        "checkAnswers", "POST", "/procedures/{code}/check",
        "The problems of answers, and the documents they ask for; nothing is stored.",
        _check, closed(problems=list_of(PROBLEM), documents=list_of(DOCUMENT)),
        body=object_schema({"answers": ANY_ANSWERS}, required=("answers",)), refusals=(UNKNOWN,), is_public=True,
    ),
)  # fmt: skip
