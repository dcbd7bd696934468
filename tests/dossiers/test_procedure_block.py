"""The `x-procedure` block: each mistake is a fault at its place; a block that the office cannot act on is refused."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pytest
from support.samples import NOON, PROCEDURES, TODAY

from dossierkit import Action, Actor, Role, State, open_engine
from dossierkit.catalog.folder import Folder
from dossierkit.catalog.index import load_with_references
from dossierkit.dossiers.procedure.field_lint import ACCOUNT, field_faults
from dossierkit.dossiers.procedure.persons import Contact, contact
from dossierkit.dossiers.procedure.procedure import Bundle, Procedure
from dossierkit.dossiers.procedure.procedure_block import SHAPE, misshapen, usable_part
from dossierkit.dossiers.procedure.procedure_block_lint import block_faults
from dossierkit.dossiers.states import Payment
from dossierkit.errors import SchemaError, UnknownProcedure
from dossierkit.findings import Fault
from dossierkit.forms import STANDARD, read
from dossierkit.forms.lint.document_lint import lint
from dossierkit.forms.schema.rule_readings import readings
from dossierkit.locale.texts import in_language
from dossierkit.pointers import child, drop, get, put
from dossierkit.testing import CountedTokens, FixedClock
from dossierkit.wiring import with_lists

DIALECT = with_lists(STANDARD, None, lambda: TODAY)

#: The registration of a business household, as an author would write it from the documentation alone.
GOOD: dict[str, Any] = {
    "title": "Đăng ký hộ kinh doanh",
    "type": "object",
    "required": ["owner", "kind", "capital"],
    "properties": {
        "owner": {
            "title": "Chủ hộ",
            "type": "object",
            "required": ["fullName", "phone"],
            "properties": {
                "fullName": {"title": "Họ tên", "type": "string", "x-prefill": "/fullName", "maxLength": 80},
                "phone": {"title": "Điện thoại", "type": "string", "pattern": "^0[0-9]{9}$", "x-messages": {"pattern": "Mười chữ số."}},
                "birth": {"title": "Ngày sinh", "type": "string", "format": "date"},
            },
        },
        "kind": {"title": "Loại", "enum": ["new", "change", "close"]},
        "poor": {"title": "Hộ nghèo", "type": "boolean"},
        "capital": {"title": "Vốn", "type": "integer", "minimum": 0, "maximum": 1_000_000_000},
        "trades": {
            "title": "Ngành nghề",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"title": "Tên ngành", "type": "string"},
                    "risk": {"title": "Điều kiện", "enum": ["none", "food", "fire"]},
                },
            },
        },
        "place": {"title": "Địa chỉ", "oneOf": [{"const": "own", "title": "Nhà riêng"}, {"const": "rent", "title": "Thuê"}]},
        "photo": {"title": "Ảnh", "type": "string", "x-file": {"accept": [".jpg"], "maxBytes": 1_000_000}},
        "delivery": {"title": "Nhận kết quả", "enum": ["counter", "post"]},
        "fee": {"title": "Phí", "type": "integer", "minimum": 0, "maximum": 900_000, "readOnly": True},
    },
    "if": {"properties": {"place": {"const": "rent"}}, "required": ["place"]},
    "then": {"properties": {"lease": {"title": "Hợp đồng thuê", "type": "string"}}, "required": ["lease"]},
    "x-compute": {"/fee": "kind == 'new' ? 100000 : 50000"},
    "x-rules": [
        {"rule": "trades.all(t, t.risk != 'fire' || capital > 1000000)", "message": "Cần thêm vốn.", "at": "/capital"},
        {"rule": "owner.birth < today", "message": "Ngày sinh đã qua.", "at": "/owner/birth"},
    ],
    "x-procedure": {
        "code": "1.001612",
        "unit": "vpdkdd",
        "sector": "dat-dai",
        "agency": "H29.15",
        "audience": ["individual"],
        "documents": [
            {"title": "Giấy đề nghị", "code": "don", "required": True},
            {"title": "Hợp đồng thuê", "code": "thue", "when": {"properties": {"place": {"const": "rent"}}, "required": ["place"]}},
        ],
        "timeLimit": [
            {"count": 5, "when": {"properties": {"kind": {"const": "change"}}, "required": ["kind"]}},
            {"count": 3, "unit": "working", "afterSupplement": 2},
        ],
        "fees": [
            {
                "title": "Lệ phí", "kind": "le-phi", "amountFrom": "/fee", "collect": "submission",
                "exempt": [{"title": "Hộ nghèo", "when": {"properties": {"poor": {"const": True}}, "required": ["poor"]}}],
            },
            {"title": "Phí công bố", "kind": "phi", "amount": 20_000, "when": {"properties": {"capital": {"minimum": 500_000_000}}, "required": ["capital"]}},
        ],
        "results": [{"title": "Giấy chứng nhận"}],
        "sections": [
            {"title": "Chủ hộ", "fields": ["/owner", "/kind", "/poor"]},
            {"title": "Kinh doanh", "fields": ["/capital", "/trades", "/place", "/lease", "/photo", "/delivery", "/fee"]},
        ],
        "codeTemplate": "{agency}-{yymmdd}-{number:5}",
        "workflow": {"extensions": 1, "steps": [{"code": "seen", "title": "Đã xem"}, {"code": "signed", "title": "Đã ký"}]},
        "persons": {"owner": "/owner"},
        "delivery": {"how": "/delivery"},
        "retention": 10,
        "effectiveFrom": "2026-01-01",
        "source": "Ví dụ",
        "verified": False,
    },
    "x-tests": [{"answers": {"owner": {"fullName": "Mẫu", "phone": "0912345678"}, "kind": "new", "capital": 5}, "problems": []}],
}  # fmt: skip
BLOCK = "/x-procedure"


def found(document: Any, resources: Mapping[str, Any] | None = None, *, tests: bool = True) -> tuple[Fault, ...]:
    """What `dossierkit lint` says of *document*, but for advice."""
    faults = lint(document, resources=resources, dialect=DIALECT, today=TODAY)
    try:
        form = read(document, resources=resources, dialect=DIALECT)
    except SchemaError:
        faults = (*faults, *misshapen(document.get("x-procedure", {})))
    else:
        faults = (*faults, *block_faults(form), *field_faults(form))
    return tuple(fault for fault in faults if fault.level != "advice" and (tests or fault.code != "failed-test"))


def test_the_example_is_well() -> None:
    assert found(GOOD) == ()


#: A mistake: place, value there (None: removed), place of the fault, part of its words, whether it serves.
MISTAKES: dict[str, tuple[str, Any, str, str, bool]] = {
    "agency that issues no codes": ("/agency", "WEB", "/agency", "such as H29.15", False),
    "code that is another page": ("/code", "1.0/2", "/code", "no slash among them", False),
    "code that browsers take away": ("/code", "..", "/code", "no slash among them", False),
    "code with a control character": ("/code", "1.0\x002", "/code", "no slash among them", False),
    "agency with a blank": ("/agency", "H29 15", "/agency", "such as H29.15", False),
    "template without number": ("/codeTemplate", "{agency}-{yymmdd}", "/codeTemplate", "codeTemplate gives", False),
    "template whose codes cannot be looked up": ("/codeTemplate", "{agency}/{yymmdd}/{number}", "/codeTemplate", "gives codes", False),
    "template with a misspelt place": ("/receiptTemplate", "{nmber}/{year}/{agency}", "/receiptTemplate", "holds {agency}", False),
    "unknown unit": ("/unit", "vpdkd", "/unit", "did you mean 'vpdkdd'", False),
    "unknown sector": ("/sector", "dat-dau", "/sector", "did you mean 'dat-dai'", False),
    "unit of time": ("/timeLimit/1/unit", "workng", "/timeLimit/1/unit", "working, calendar, hours", False),
    "time in words": ("/timeLimit/1/count", "3 days", "/timeLimit/1/count", "a whole number", False),
    "time below zero": ("/timeLimit/1/count", -3, "/timeLimit/1/count", "a whole number", False),
    "no time at all": ("/timeLimit/1/count", 0, "/timeLimit/1/count", "a whole number", False),
    "half a day": ("/timeLimit/1/count", 0.5, "/timeLimit/1/count", "a whole number", False),
    "time left out": ("/timeLimit/1/count", None, "/timeLimit/1", "'count' is missing", False),
    "time limit in words": ("/timeLimit", "3 ngày", "/timeLimit", '{"count": 5', False),
    "fresh time in words": ("/timeLimit/1/afterSupplement", "2", "/timeLimit/1/afterSupplement", "a whole number", False),
    "time and no time": ("/timeLimit/1/noDueDate", True, "/timeLimit/1", "noDueDate promises nothing", False),
    "same day in hours": ("/timeLimit/1", {"count": 8, "unit": "hours", "sameDay": True}, "/timeLimit/1/unit", "sameDay goes", False),
    "channel as text": ("/timeLimit/0/channel", "1", "/timeLimit/0/channel", "one of 1, 2, 3", False),
    "case that never comes": ("/timeLimit/0/when", None, "/timeLimit/1", "never reached", True),
    "fee of no amount": ("/fees/1/amount", None, "/fees/1", "say one of", False),
    "fee below zero": ("/fees/1/amount", -1, "/fees/1/amount", "in đồng", False),
    "fee in words": ("/fees/1/amount", "20.000 đ", "/fees/1/amount", "in đồng", False),
    "fraction of a đồng": ("/fees/1/amount", 0.5, "/fees/1/amount", "in đồng", False),
    "fee of two amounts": ("/fees/1/amountFrom", "/fee", "/fees/1", "say one of", False),
    "fee from nowhere": ("/fees/0/amountFrom", "/fees", "/fees/0/amountFrom", "did you mean 'fee'", False),
    "fee from no pointer": ("/fees/0/amountFrom", "fee", "/fees/0/amountFrom", "a place in the answers", False),
    "fee from words": ("/fees/0/amountFrom", "/kind", "/fees/0/amountFrom", "is no number", False),
    "kind of fee": ("/fees/1/kind", "lephi", "/fees/1/kind", "phi, le-phi", False),
    "moment of a fee": ("/fees/1/collect", "later", "/fees/1/collect", "submission, request, result", False),
    "misspelt member of a fee": ("/fees/1/amout", 3, "/fees/1/amout", "did you mean 'amount'", False),
    "exemption without a condition": ("/fees/0/exempt/0/when", None, "/fees/0/exempt/0", "'when' is missing", False),
    "exemption without an answer": ("/fees/0/exempt/0/when/required", None, "/fees/0/exempt/0/when/properties/poor", "also holds", False),
    "exemption by no field": ("/fees/0/exempt/0/when/required/0", "por", "/fees/0/exempt/0/when/required/0", "did you mean", False),
    "exemption in words": ("/fees/0/exempt", "hộ nghèo", "/fees/0/exempt", "exempt is a list", False),
    "fee when never": ("/fees/1/when/properties/capital/minimum", 2 * 10**9, "/fees/1/when/properties/capital/minimum", "no answer", False),
    "document of two codes": ("/documents/1/code", "don", "/documents/1/code", "another document", False),
    "document of a place's code": ("/documents/0/code", "2", "/documents/0/code", "letters, digits", True),
    "document without title": ("/documents/0/title", None, "/documents/0", "'title' is missing", False),
    "misspelt member of a document": ("/documents/0/requird", True, "/documents/0/requird", "did you mean 'required'", False),
    "required in words": ("/documents/0/required", "yes", "/documents/0/required", "true or false", False),
    "document when no field": ("/documents/1/when/required/0", "plce", "/documents/1/when/required/0", "did you mean 'place'", False),
    "document when never": ("/documents/1/when/properties/place/const", "rented", "/documents/1/when/properties/place/const", "did you mean 'rent'", False),
    "document when no schema": ("/documents/1/when/properties/place/type", "strng", "/documents/1/when", "not a JSON Schema", False),
    "document when misspelt": ("/documents/1/when/requird", ["place"], "/documents/1/when/requird", "did you mean 'required'", False),
    "documents as text": ("/documents", 3, "/documents", "a document is", False),
    "two steps of one code": ("/workflow/steps/1/code", "seen", "/workflow/steps/1/code", "another step", False),
    "misspelt member of workflow": ("/workflow/fourEye", True, "/workflow/fourEye", "did you mean 'fourEyes'", False),
    "workflow in words": ("/workflow/extensions", "one", "/workflow/extensions", "a whole number", False),
    "owner of nowhere": ("/persons/owner", "/ownr", "/persons/owner", "did you mean 'owner'", False),
    "owner without a name": ("/persons/owner", "/capital", "/persons/owner", "neither a name", False),
    "misspelt person": ("/persons/ownr", "/owner", "/persons/ownr", "did you mean 'owner'", False),
    "delivery of nowhere": ("/delivery/how", "/deliver", "/delivery/how", "did you mean 'delivery'", False),
    "move to nowhere": ("/migrate", [{"from": "/old", "to": "/owner/nme"}], "/migrate/0/to", "no field", False),
    "retention as text": ("/retention", "10 years", "/retention", "in years", False),
    "retention of no year": ("/retention", 0, "/retention", "in years", False),
    "no day": ("/effectiveFrom", "2026-02-30", "/effectiveFrom", "written 2026-11-22", False),
    "a year of two digits": ("/effectiveFrom", "0022-02-03", "/effectiveFrom", "written 2026-11-22", False),
    "end before the beginning": ("/effectiveUntil", "2025-01-01", "/effectiveUntil", "before effectiveFrom", False),
    "unknown audience": ("/audience/0", "person", "/audience/0", "individual, organization", False),
    "misspelt member": ("/timeLimt", [], "/timeLimt", "did you mean 'timeLimit'", False),
    "fee never asked for": ("/workflow/payment", False, "/fees/1", "never asked for", True),
    "condition that says nothing": ("/fees/1/when", {}, "/fees/1/when", "this always holds", True),
    "section of nowhere": ("/sections/0/fields/1", "/knd", "/sections/0/fields/1", "did you mean 'kind'", False),
    "field in two sections": ("/sections/1/fields/0", "/owner", "/sections/1/fields/0", "already", True),
    "minutes as text": ("/minutes", "ten", "/minutes", "a whole number", False),
    "block as a list": ("", [], "", "x-procedure is an object", False),
}  # fmt: skip
#: The same beside the block: the whole pointer, the value there, the place of the fault, words.
BESIDE: dict[str, tuple[str, Any, str, str]] = {
    "account without slash": ("/properties/owner/properties/fullName/x-prefill", "account.name", "/properties/owner/properties/fullName/x-prefill", "an account has no"),
    "account of nothing": ("/properties/owner/properties/fullName/x-prefill", "/fulName", "/properties/owner/properties/fullName/x-prefill", "did you mean '/fullName'"),
    "words for no rule": ("/properties/owner/properties/phone/x-messages/patern", "x", "/properties/owner/properties/phone/x-messages/patern", "did you mean 'pattern'"),
    "words never used": ("/properties/owner/properties/phone/x-messages/minLength", "x", "/properties/owner/properties/phone/x-messages/minLength", "never used"),
    "file that is a number": ("/properties/photo/type", "number", "/properties/photo/x-file", "no file is kept"),
    "file that cannot be sent": ("/properties/photo/x-file/accept/0", ".dwg", "/properties/photo/x-file/accept/0", "can be sent"),
    "file without a dot": ("/properties/photo/x-file/accept/0", "jpg", "/properties/photo/x-file/accept/0", "did you mean '.jpg'"),
    "misspelt limit of a file": ("/properties/photo/x-file/maxByte", 3, "/properties/photo/x-file/maxByte", "did you mean 'maxBytes'"),
    "rule of no field": ("/x-rules/0/rule", "captal > 3", "/x-rules/0/rule", "did you mean 'capital'"),
    "rule of no field, deep": ("/x-rules/1/rule", "owner.brth < today", "/x-rules/1/rule", "did you mean 'birth'"),
    "rule of no field in a row": ("/x-rules/0/rule", "trades.all(t, t.rsk != 'fire')", "/x-rules/0/rule", "did you mean 'risk'"),
    "rule of no choice": ("/x-rules/0/rule", "trades.all(t, t.risk != 'fier')", "/x-rules/0/rule", "did you mean 'fire'"),
    "rule of no choice in a list": ("/x-rules/0/rule", "kind in ['new', 'chnge']", "/x-rules/0/rule", "did you mean 'change'"),
    "rule at no field": ("/x-rules/0/at", "/captal", "/x-rules/0/at", "leads to no field"),
    "misspelt member of a rule": ("/x-rules/0/mesage", "x", "/x-rules/0/mesage", "did you mean 'message'"),
    "computed from no choice": ("/x-compute/~1fee", "kind == 'nw' ? 1 : 2", "/x-compute/~1fee", "did you mean 'new'"),
    "condition of no field": ("/if/required/0", "plac", "/if/required/0", "did you mean 'place'"),
    "condition of no choice": ("/if/properties/place/const", "rented", "/if/properties/place/const", "did you mean 'rent'"),
}  # fmt: skip


def changed(pointer: str, value: Any) -> Any:
    document = copy.deepcopy(GOOD)
    return drop(document, pointer) if value is None else put(document, pointer, value)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_slip_in_the_block_is_named_where_it_stands(name: str, tmp_path: Path) -> None:
    """By lint, with what was meant; and a file that the office could not act on does not serve."""
    place, value, told, words, serves = MISTAKES[name]
    document = changed(BLOCK + place, value)
    if name == "document of a place's code":
        # The second document has no code of its own, so it is called 2.
        document = drop(document, f"{BLOCK}/documents/1/code")
        told, words, serves = "/documents/1/code", "another document", False
    named = [fault for fault in found(document) if fault.pointer == BLOCK + told and words in fault.message]
    assert named, found(document)
    assert in_language(named[0].message, "vi") != named[0].message

    (tmp_path / "household.json").write_text(json.dumps(document), "utf-8")
    engine = open_engine("memory:", procedures=tmp_path, clock=FixedClock(NOON))
    if serves:
        assert engine.procedure("1.001612").code == "1.001612"
    else:
        with pytest.raises(UnknownProcedure):
            engine.procedure("1.001612")


@pytest.mark.parametrize("name", BESIDE)
def test_a_slip_beside_the_block_is_named_where_it_stands(name: str) -> None:
    place, value, told, words = BESIDE[name]
    faults = found(changed(place, value))
    named = [fault for fault in faults if fault.pointer == told and words in fault.message]
    assert named, faults
    assert in_language(named[0].message, "vi") != named[0].message


def test_the_account_is_what_its_form_asks_for() -> None:
    """And the address that one signs in with."""
    import dossierkit

    form = json.loads((Path(dossierkit.__file__).parent / "data" / "accounts" / "details.json").read_text("utf-8"))
    assert {*ACCOUNT} == {*(f"/{name}" for name in form["properties"]), "/email"}


def test_members_of_a_host_are_its_own() -> None:
    """Whatever begins with `x-`, and comments."""
    document = changed(f"{BLOCK}/x-host", {"any": "thing"})
    document = put(put(document, f"{BLOCK}/$comment", "why"), f"{BLOCK}/fees/0/x-ledger", 7)
    assert found(document) == ()


# --- what was kept before -------------------------------------------------------------------------------------------------


def kept(block: Any) -> Procedure:
    """A procedure as an earlier version kept it."""
    document = {**GOOD, "x-procedure": block}
    return Procedure("x", read(document, dialect=DIALECT), Bundle({"": document}), "r")


def test_what_was_kept_before_is_acted_on_as_far_as_it_can_be() -> None:
    """No fee becomes nothing, no due day is guessed, documents keep their places."""
    good = GOOD["x-procedure"]
    broken = {
        **good,
        "agency": "WEB",
        "codeTemplate": "{nothing}",
        "workflow": {"extensions": "one"},
        "persons": {"owner": 3},
        "timeLimit": [{"count": 5, "unit": "workng"}, {"count": 3}],
        "fees": [{"title": "Phí", "amount": "20.000 đ", "collect": "result"}, good["fees"][1], "x"],
        "documents": [{"title": "Đơn", "requird": True}, 3, good["documents"][0]],
        "retention": "ten",
        "unknown": 1,
    }
    procedure = kept(broken)
    assert misshapen(procedure.block) == ()
    assert (procedure.agency, procedure.code_template) == (None, "{agency}-{yymmdd}-{number:4}")
    assert procedure.time_limit({}) is None
    assert procedure.workflow.extensions == 1
    assert procedure.block["fees"] == [
        {"title": "Phí", "kind": "phi", "assessed": True, "collect": "result"}, good["fees"][1],
        {"title": "x", "kind": "phi", "assessed": True},
    ]  # fmt: skip
    assert [code for code, _ in procedure.documents({"place": "rent"})] == ["1", "2", "don"]
    assert procedure.unit == "vpdkdd"
    assert kept({**good, "fees": 3, "documents": 3}).entries("fees") == ()
    assert kept({**good, "fees": {"amount": -1}}).block["fees"][0]["assessed"] is True
    assert contact(kept({**good, "persons": {"owner": 3}}), {"owner": {"phone": "0912345678"}}) == Contact()
    assert usable_part([]) == {}
    assert usable_part(good) is good


def test_a_dossier_of_a_revision_that_is_refused_by_now_still_opens(tmp_path: Path) -> None:
    """It was filed before; what its procedure cannot say any more, an officer decides."""
    plain = changed(f"{BLOCK}/documents", [])
    (tmp_path / "household.json").write_text(json.dumps(plain), "utf-8")
    engine = open_engine("memory:", procedures=tmp_path, clock=FixedClock(NOON), tokens=CountedTokens())
    citizen, officer = Actor("an"), Actor("office", Role.ADMIN)
    answers = {"owner": {"fullName": "Mẫu", "phone": "0912345678"}, "kind": "new", "capital": 5}
    draft = engine.begin("1.001612", citizen, answers)
    worse = put(put(plain, f"{BLOCK}/fees/0/amountFrom", 3), f"{BLOCK}/timeLimit", [{"count": -3}])
    bundle = Bundle({"": put(worse, f"{BLOCK}/agency", "WEB")})
    engine.store.keep_bundle(bundle.revision, bundle.canonical())
    engine.store.replace(attrs.evolve(draft, revision=bundle.revision, version=draft.version + 1))

    sent = engine.act(draft.id, Action.SUBMIT, citizen)

    assert (str(sent.code), sent.handling.money.payment) == ("H29.15-261122-00001", Payment.UNDECIDED)
    engine.act(sent.id, Action.REQUEST_PAYMENT, officer, facts={"amount": 100_000})
    engine.act(sent.id, Action.SETTLE, officer, facts={"payment": "paid"})
    accepted = engine.act(sent.id, Action.ACCEPT, officer)
    assert (accepted.state, accepted.handling.clock.due) == (State.ACCEPTED, None)
    assert list(engine.verify()) == []


# --- every place of every shipped file ------------------------------------------------------------------------------------

FILES = sorted(path.name for path in PROCEDURES.glob("*.json"))
#: So many mutants of each file, spread evenly over all that there are.
MOST = 60
#: Members that a file may leave out, and what it says then.
OPTIONAL: dict[str, str] = {
    "agency": "the installation's", "audience": "not said", "code": "the name of the file, or the place in the list",
    "codeTemplate": "the usual one", "codeVerified": "not said", "delivery": "where forms ask", "address": "none is printed",
    "documents": "none", "effectiveFrom": "from ever", "effectiveUntil": "for ever", "fees": "none", "formCode": "none",
    "guidance": "none", "legalBasis": "none", "level": "not said", "minutes": "not said", "persons": "the submitter",
    "owner": "the submitter", "submitter": "the holder of the account", "required": "optional; any answer will do",
    "results": "none", "sections": "one page without headings", "sector": "none", "timeLimit": "nothing is promised",
    "title": "no word beside it", "unit": "working days; or the whole office", "sameDay": "the days are counted", "when": "always",
    "at": "the whole form", "message": "the words that there are anyway", "pattern": "our words", "accept": "any file",
    "maxBytes": "the limit of the portal", "maxFiles": "the limit of the portal", "x-file": "a text", "x-prefill": "nothing",
    "x-messages": "our words", "source": "told as advice", "verified": "told as advice", "const": "told as a condition that says nothing", "properties": "any answer to what is required",
    "minimum": "a condition with one bound", "exclusiveMaximum": "a condition with one bound", "maximum": "as above",
    "exclusiveMinimum": "as above", "not": "always", "format": "our words",
}  # fmt: skip


@cache
def shipped(name: str) -> tuple[Any, dict[str, Any]]:
    documents = load_with_references(Folder(PROCEDURES), name)
    return documents[""].value, {path: document.value for path, document in documents.items() if path}


def places(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    yield pointer, value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in members:
        yield from places(item, child(pointer, key))


def said(document: Any) -> Iterator[tuple[str, Any]]:
    """Every place where the file speaks to the office or in keywords of ours."""
    for root in ("x-procedure", "x-rules", "x-compute"):
        if root in document:
            yield from places(document[root], f"/{root}")
    for pointer, value in places(document["properties"], "/properties"):
        for keyword in ("x-file", "x-prefill", "x-messages"):
            if isinstance(value, dict) and keyword in value:
                yield from places(value[keyword], f"{pointer}/{keyword}")


def misspelt(word: str) -> str:
    """*word* with two letters of its middle swapped, or one doubled."""
    middle = len(word) // 2
    swapped = word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]
    return swapped if swapped != word and len(word) > 3 else word[:middle] + word[middle : middle + 1] + word[middle:] + "q"


def renamed(document: Any, pointer: str) -> Any:
    above, _, last = pointer.rpartition("/")
    members = get(document, above)
    name = last.replace("~1", "/").replace("~0", "~")
    return put(document, above, {misspelt(key) if key == name else key: value for key, value in members.items()})


def mutants(document: Any) -> Iterator[tuple[str, str, Any]]:
    """(kind, pointer, mutant), always the same."""
    for pointer, value in said(document):
        last = pointer.rpartition("/")[2]
        if pointer.count("/") > 1 and not last.isdigit():
            yield "drop", pointer, drop(document, pointer)
            yield "misspell", pointer, renamed(document, pointer)
        yield "type", pointer, put(document, pointer, _other_type(value))
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield "negative", pointer, put(document, pointer, -value - 1)
        if isinstance(value, str) and re.fullmatch("(/[A-Za-z0-9]+)+", value):
            yield "nowhere", pointer, put(document, pointer, value + "/nowhere")
            yield "nowhere", pointer, put(document, pointer, "/nowhere")
        if _is_a_word(pointer):
            yield "literal", pointer, put(document, pointer, misspelt(value) if isinstance(value, str) else "other")
        if pointer.endswith("/rule") or re.fullmatch("/x-compute/[^/]*", pointer):
            for reading in readings(value):
                name = reading.pointer.rpartition("/")[2]
                if name != "*":
                    yield "name", pointer, put(document, pointer, re.sub(rf"\b{name}\b", misspelt(name), value, count=1))
                for literal in reading.literals:
                    if isinstance(literal, str):
                        yield "literal", pointer, put(document, pointer, value.replace(f"'{literal}'", f"'{misspelt(literal)}'"))


def _other_type(value: Any) -> Any:
    return {str: 3, bool: "yes", int: "many", float: "many", list: {"a": 1}, dict: ["a"]}[type(value)]


def _is_a_word(pointer: str) -> bool:
    """Whether the value is one of a few words."""
    in_when = "/when/" in pointer and re.search("/(const|enum/[0-9]+|required/[0-9]+)$", pointer)
    return bool(in_when) or bool(re.search(r"x-procedure/(unit|sector|audience/\d+|fees/\d+/kind|timeLimit/\d+/unit)$", pointer))


def is_legitimate(kind: str, pointer: str) -> bool:
    """Whether such a file says something else that an author may mean."""
    last = pointer.rpartition("/")[2]
    if kind == "drop":
        # A text is missed by its translation where there is one; a computed field has none.
        # Of what a condition requires, any answer will do then.
        any_answer = re.search(r"/when/(.*/)?properties/[^/]*$", pointer) is not None
        return last in OPTIONAL or any_answer or pointer.startswith("/x-compute/")
    return False


@pytest.mark.parametrize("name", FILES)
def test_every_mutant_of_a_shipped_file_is_caught(name: str) -> None:
    """Or is one that an author may mean: members that may be left out."""
    document, resources = shipped(name)
    assert found(document, resources, tests=False) == ()
    every = list(mutants(document))
    missed = []
    for kind, pointer, mutant in every[:: max(1, len(every) // MOST)]:
        if is_legitimate(kind, pointer):
            continue
        if not _caught(mutant, resources) and not found(mutant, resources, tests=False):
            missed.append((kind, pointer, get(mutant, pointer)))
    assert missed == []


def _caught(mutant: Any, resources: Mapping[str, Any]) -> bool:
    """As `found`, without the parts of lint that cost most and look at neither block nor rules."""
    from dossierkit.forms.lint.keyword_lint import keyword_faults
    from dossierkit.forms.lint.texts import rule_faults, section_faults, translation_faults

    try:
        form = read(mutant, resources=resources, dialect=DIALECT)
    except SchemaError:
        return True
    checks: tuple[Callable[..., Iterator[Fault]], ...] = (
        block_faults, field_faults, rule_faults, section_faults, keyword_faults, translation_faults,
    )  # fmt: skip
    return any(fault.level != "advice" for check in checks for fault in check(form))


def test_optional_members_are_members() -> None:
    """Each entry in the list of legitimate mutants is in the shape, in a condition, or a keyword of dossierkit."""
    names = set(re.findall(r"'(\w+|x-[\w-]+)':", repr(SHAPE)))
    beside = {
        "at",
        "message",
        "pattern",
        "accept",
        "maxBytes",
        "maxFiles",
        "x-file",
        "x-prefill",
        "x-messages",
        "format",
        "not",
        "const",
    }
    assert {*OPTIONAL} <= names | beside | {"properties", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}


def test_every_member_is_documented() -> None:
    """With its name, in the page about procedure files."""
    page = (PROCEDURES.parents[1] / "docs" / "procedures.md").read_text("utf-8")
    assert [name for name in SHAPE["properties"] if f"`{name}`" not in page] == []
