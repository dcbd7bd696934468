"""Time limits, persons and personal data of a procedure file."""

from __future__ import annotations

from typing import Any

import pytest
from support.samples import PROCEDURES

from dossierkit.catalog.readings import procedure_at
from dossierkit.dossiers.procedure.persons import Persons, persons
from dossierkit.dossiers.procedure.procedure import Bundle, Procedure
from dossierkit.dossiers.states import Channel
from dossierkit.dossiers.time_limits import TimeLimit
from dossierkit.forms import STANDARD, read
from dossierkit.forms.views.personal_data import masked_answers, personal_titles


def procedure(schema: dict[str, Any]) -> Procedure:
    return Procedure("x", read(schema), Bundle({"": schema}), "r")


def test_the_time_limit_is_that_of_the_case_and_the_channel() -> None:
    urgent = {"properties": {"urgent": {"const": True}}, "required": ["urgent"]}
    found = procedure(
        {
            "properties": {"urgent": {"type": "boolean"}},
            "x-procedure": {
                "timeLimit": [
                    {"count": 1, "when": urgent},
                    {"count": 9, "channel": 3},
                    {"noDueDate": True, "channel": 1},
                    {"count": 5, "channel": 2},
                ]
            },
        }
    )
    assert found.time_limit({"urgent": True}) == TimeLimit(1)
    assert found.time_limit({"urgent": False}) == TimeLimit(5)
    assert found.time_limit({"urgent": False}, Channel.POST) == TimeLimit(9)
    assert found.time_limit({"urgent": False}, Channel.COUNTER) is None
    assert procedure({}).time_limit({}) is None


@pytest.mark.parametrize(
    ("limits", "shortest"),
    [
        ([{"count": 3, "when": "urgent"}, {"count": 9}], 3),
        ([{"count": 30, "when": "urgent"}, {"count": 9}], 9),
        ([{"count": 12, "unit": "calendar", "when": "urgent"}, {"count": 9}], 12),
        ([{"count": 80, "unit": "hours", "when": "urgent"}, {"count": 9}], 9),
        ([{"count": 20, "sameDay": True, "when": "urgent"}, {"count": 9}], 20),
        ([{"noDueDate": True, "when": "urgent"}, {"count": 9}], 9),
        ([{"count": 9}, {"count": 3, "when": "urgent"}], 9),
    ],
)
def test_a_time_that_depends_on_an_open_question_is_the_shortest(limits: list[dict[str, Any]], shortest: int) -> None:
    """The office is held to the least that it may have promised; what comes after a certain case does not count."""
    urgent = {"properties": {"urgent": {"const": True}}, "required": ["urgent"]}
    stated = [{**limit, "when": urgent} if "when" in limit else limit for limit in limits]
    block = {"properties": {"urgent": {"type": "boolean"}}, "x-procedure": {"timeLimit": stated}}
    limit = procedure(block).time_limit({})
    assert limit is not None
    assert limit.count == shortest


def test_a_promised_time_holds_for_every_dossier() -> None:
    """Land data is given the same day where it is there, which the office alone knows: what is promised is ten working days."""
    land_data = procedure_at(PROCEDURES / "cung-cap-du-lieu-dat-dai.json", STANDARD)
    assert land_data.time_limit({}) == TimeLimit(10)
    (entry,) = land_data.entries("timeLimit")
    assert "trong ngày" in land_data.words(entry, "title")
    assert "same working day" in land_data.words(entry, "title", "en")


def test_a_document_that_depends_on_an_open_question_is_offered() -> None:
    """It can be sent, and is not required; once the question is answered it is required, or not asked for."""
    urgent = {"properties": {"urgent": {"const": True}}, "required": ["urgent"]}
    documents = [{"title": "Giấy tờ", "code": "a", "required": True, "when": urgent}]
    asking = procedure({"properties": {"urgent": {"type": "boolean"}}, "x-procedure": {"documents": documents}})
    asked = {
        given: asking.documents(answers) for given, answers in ((None, {}), (True, {"urgent": True}), (False, {"urgent": False}))
    }
    assert {given: [(code, entry.get("required")) for code, entry in found] for given, found in asked.items()} == {
        None: [("a", False)], True: [("a", True)], False: [],
    }  # fmt: skip


def test_persons_are_found_where_the_file_says() -> None:
    """As a text, or by the likeliest name in a group; otherwise the next person in order."""
    named = procedure({"x-procedure": {"persons": {"owner": "/holder", "submitter": "/by"}}})
    answers = {"holder": {"head": {"fullName": "Trần Bà"}}, "by": "Lê Cháu"}
    assert persons(named, answers, "An") == Persons("An", "Lê Cháu", "Trần Bà")
    assert persons(named, {"holder": {"name": " "}, "by": 3}, "An") == Persons("An", "An", "An")
    assert persons(procedure({}), answers) == Persons("", "", "")
    assert persons(procedure({"x-procedure": {"persons": {"owner": 3}}}), answers, "An").owner == "An"


def test_what_is_personal_is_named_and_masked() -> None:
    """At every place; missing answers stay missing."""
    form = read(
        {
            "properties": {
                "name": {"title": "Họ tên", "type": "string", "x-personal": True},
                "area": {"title": "Diện tích", "type": "number"},
                "rows": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"id": {"title": "Số", "type": "string", "x-personal": True}}},
                },
                "other": {"title": "Họ tên", "type": "string", "x-personal": True},
            },
            "x-translations": {"en": {"/properties/name/title": "Name", "/properties/other/title": "Name"}},
        }
    )
    assert personal_titles(form) == ("Họ tên", "Số")
    assert personal_titles(form, "en") == ("Name", "Số")
    answers = {"name": "An", "area": 3, "rows": [{"id": "1"}, {}]}
    assert masked_answers(form, answers) == {"name": "***", "area": 3, "rows": [{"id": "***"}, {}]}
    assert answers["name"] == "An"
