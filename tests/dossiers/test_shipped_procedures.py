"""The shipped procedures as a citizen reads them: nothing asked twice, no star without need, no fee that is zero for being unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from support.samples import PROCEDURES, TODAY

from dossierkit.catalog.readings import procedure_at
from dossierkit.dossiers.money.fees import Collect, fees, owed
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.forms import STANDARD, Field, check, effective
from dossierkit.forms.answers.canonical import as_sent
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.schema.subschemas import every_schema
from dossierkit.pointers import ABSENT, Json, get
from dossierkit.text import fold
from dossierkit.wiring import with_lists

FILES = sorted(path.name for path in PROCEDURES.glob("*.json"))


@cache
def shipped(file: str) -> Procedure:
    return procedure_at(PROCEDURES / file, with_lists(STANDARD, None, lambda: TODAY))


def valid(procedure: Procedure) -> Iterator[dict[str, Any]]:
    """No answers, and those of each test of the file that has no problem."""
    yield {}
    yield from (test["answers"] for test in procedure.form.schema["x-tests"] if not test["problems"])


def stars_without_need(field: Field, answers: Json, *, needless: bool = False) -> Iterator[str]:
    """Required members of groups that nobody has to answer and nobody has answered, and of rows of such lists."""
    for below in field.children:
        if needless and below.required:
            yield below.pointer
        needed = below.required or (below.row and field.required) or get(answers, below.pointer) is not ABSENT
        yield from stars_without_need(below, answers, needless=needless or not needed)


@pytest.mark.parametrize("file", FILES)
def test_a_star_asks_for_what_has_to_be_given(file: str) -> None:
    """The members of an optional group get theirs as soon as one of them is answered."""
    procedure = shipped(file)

    for answers in valid(procedure):
        assert [*stars_without_need(effective(procedure.form, answers), answers)] == []


@pytest.mark.parametrize("file", FILES)
def test_no_file_is_asked_for_as_an_answer_and_as_a_document(file: str) -> None:
    """Their titles say the same, with or without the number of a form."""

    def words(title: str) -> set[str]:
        return {*re.findall(r"\w+", fold(title))}

    procedure = shipped(file)
    schemas = (schema for _, schema in every_schema(procedure.form.schema) if isinstance(schema, dict))
    files = [schema["title"] for schema in schemas if "x-file" in schema]
    documents = [entry.values["title"] for entry in procedure.entries("documents")]

    assert [(one, two) for one in files for two in documents if words(one) <= words(two) or words(two) <= words(one)] == []


@pytest.mark.parametrize("file", FILES)
def test_a_fee_that_is_not_known_is_not_zero(file: str) -> None:
    """Neither in the bill nor in a preview, whatever is answered; nobody in these answers is exempt."""
    procedure = shipped(file)

    for answers in valid(procedure):
        sent = as_sent(procedure.form, answers, today=TODAY)
        previews = [get(sent, value.at) for value in procedure.form.computed if "fee" in value.at.casefold()]
        assert 0 not in [*previews, *(fee.amount for fee in fees(procedure, sent))]


def bill(file: str, **answers: Json) -> int | None:
    procedure = shipped(file)
    sent = as_sent(procedure.form, answers, today=TODAY)
    return owed(fees(procedure, sent), *Collect)


def preview(file: str, at: str, **answers: Json) -> Json:
    return get(as_sent(shipped(file).form, answers, today=TODAY), at)


def test_the_fee_of_land_data_is_for_the_dossier() -> None:
    """Not for each row: it is known before there are any, and nothing for whoever is exempt."""
    file, rows = "cung-cap-du-lieu-dat-dai.json", [{"dataKind": "planning"}, {"dataKind": "land_price"}]

    for answers in ({"exempt": False}, {"exempt": False, "items": rows}):
        assert preview(file, "/feePreview", **answers) == bill(file, **answers) == 330_000
    assert preview(file, "/feePreview", exempt=True) == bill(file, exempt=True) == 0


def test_a_certificate_does_for_a_parcel() -> None:
    """With its map sheet, too: the number of the parcel is not asked for."""
    form = shipped("cung-cap-du-lieu-dat-dai.json").form
    test = next(test for test in form.schema["x-tests"] if test["answers"]["items"][0].get("certificateNo"))
    item = {**test["answers"]["items"][0], "sheetNo": "12"}
    answers = {**test["answers"], "items": [item]}

    assert check(form, answers, today=TODAY) == ()
    fields = {field.pointer: field for field in walk(effective(form, answers))}
    assert not fields["/items/0/parcelNo"].required


def test_an_examination_is_asked_for_only_when_it_was_taken() -> None:
    """The office examines after the dossier is filed; a date alone is not enough."""
    procedure = shipped("chung-chi-do-dac-ban-do.json")
    (answers, *_) = [answers for answers in valid(procedure) if answers.get("exempt") is False]

    assert "Kết quả sát hạch" not in [entry.values["title"] for entry in procedure.entries("documents")]
    assert check(procedure.form, answers, today=TODAY) == ()
    begun = {**answers, "examResult": {"date": "2026-10-01"}}
    problems = check(procedure.form, begun, today=TODAY)
    assert {(problem.at, problem.rule) for problem in problems} == {
        (f"/examResult/{name}", "required") for name in ("certificateNo", "lawPercent", "professionalPercent")
    }


@pytest.mark.parametrize(
    ("flow", "application", "amount"),
    [
        (199, "new", 150_000), (200, "new", 400_000), (500, "new", 1_000_000), (2999, "new", 1_750_000),
        (199, "renew", 75_000), (1000, "renew", 875_000), (3000, "new", None), (5000, "renew", None),
    ],
)  # fmt: skip
def test_the_fee_of_groundwater_follows_the_flow(flow: float, application: str, amount: int | None) -> None:
    """A renewal is half of it; from 3 000 m³ a day an officer says how much it is, and there is no preview."""
    file, answers = "khai-thac-nuoc-duoi-dat.json", {"totalFlowM3Day": flow, "application": application}

    assert bill(file, **answers) == amount
    assert preview(file, "/feePreview", **answers) == (ABSENT if amount is None else amount)


@pytest.mark.parametrize(
    ("operation", "certificates", "amount"),
    [
        ("split", True, 838_000 + 2 * 251_000 + 100_000),
        ("split", False, 100_000),
        ("merge", True, 100_000),
        ("split", None, None),
    ],
)
def test_the_fee_of_a_split_is_for_each_certificate(operation: str, certificates: bool | None, amount: int | None) -> None:
    """Where certificates are asked for; a merger costs the levy alone."""
    results = [{"areaM2": 50, "landUse": "ODT"}] * 3
    wanted = {} if certificates is None else {"requestNewCertificates": certificates}

    assert bill("tach-hop-thua-dat.json", operation=operation, split={"results": results}, **wanted) == amount
