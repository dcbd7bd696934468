"""Payments: fees and exemptions, the protocols of VNPay and VietQR, callbacks in every order, the ledger of payments."""

from __future__ import annotations

import hmac
import json
import math
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.dossiers import owing, sent
from support.people import AN, INTAKE, OFFICER, ROOT, UNIT
from support.samples import NOON, SMALL

from dossierkit import Action, Actor, Dossier, Engine, State, open_engine
from dossierkit.catalog.readings import procedure_at
from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.dossiers.money.attempts import ASKED_AFTER, Answer, Attempt, Callback, Progress, attempt_ref, to_give_back
from dossierkit.dossiers.money.fees import Collect, Quote, fees, owed, quote, unanswered
from dossierkit.dossiers.states import Channel, Payment
from dossierkit.errors import ForbiddenAction, ForgedCallback, GatewayError, RefusedAnswers, SettingsError, StaleDossier
from dossierkit.office.payments import Payments
from dossierkit.payments.vietqr import MEMO, BankAccount, Transfer, crc16, match, memo_of, transfers
from dossierkit.payments.vnpay import VnPay, answer_signature, canonical_query, question_signature, signature
from dossierkit.testing import CountedTokens, FixedClock

SECRET = "DOSSIERKIT-TEST-SECRET-0001"
VNPAY = VnPay("DEMOV210", SECRET)

REQUEST = (
    "vnp_Amount=3000000&vnp_Command=pay&vnp_CreateDate=20261123083000&vnp_CurrCode=VND&vnp_ExpireDate=20261123084500"
    "&vnp_IpAddr=203.0.113.7&vnp_Locale=vn&vnp_OrderInfo=Nop+phi+ho+so+H29.15-261123-0001&vnp_OrderType=other"
    "&vnp_ReturnUrl=https%3A%2F%2Fdvc.example.vn%2Fthanh-toan%2Fvnpay%2Freturn&vnp_TmnCode=DEMOV210"
    "&vnp_TxnRef=H2915-261123-0001-01&vnp_Version=2.1.0"
)
IPN = (
    "vnp_Amount=3000000&vnp_BankCode=NCB&vnp_BankTranNo=VNP14226112&vnp_CardType=ATM"
    "&vnp_OrderInfo=Nop+phi+ho+so+H29.15-261123-0001&vnp_PayDate=20261123083512&vnp_ResponseCode=00&vnp_TmnCode=DEMOV210"
    "&vnp_TransactionNo=14226112&vnp_TransactionStatus=00&vnp_TxnRef=H2915-261123-0001-01"
)
SIGNED = {
    REQUEST: "3b473bb7132f351901af91f4df59d6987b70c60dc684689ff8639e2409fbdc01"
    "59768aa4c01ab4ddbd42cc5246d7f16e90fc8d215015335dcc235ad69fc08628",
    IPN: "57ac4273478e1e9c59bec3ee314f70cd5f2d8fce593b15c9b77f3fcd38c0b1ab"
    "1310da4b3003ab0962bcdcdd41954f22b9bf4ea711fce2802426f57394219d6d",
}


@pytest.mark.parametrize(("query", "hash"), SIGNED.items())
def test_vnpay_signs_to_the_byte(query: str, hash: str) -> None:
    params = dict(parse_qsl(query))
    assert canonical_query(params) == query
    assert signature(SECRET, {**params, "vnp_SecureHashType": "SHA512", "other": "x", "vnp_Empty": ""}) == hash


def test_vnpay_sends_citizens_where_the_vector_says() -> None:
    """The address that is built is the published one, in whatever order."""
    from datetime import UTC, datetime

    attempt = Attempt("H2915-261123-0001-01", "t1", 30_000, "vnpay", NOON)
    address = VNPAY.address(
        attempt,
        back="https://dvc.example.vn/thanh-toan/vnpay/return",
        ip="203.0.113.7",
        language="vi",
        now=datetime(2026, 11, 23, 1, 30, tzinfo=UTC),
        code="H29.15-261123-0001",
    )
    assert address == f"https://sandbox.vnpayment.vn/paymentv2/vpcpay.html?{REQUEST}&vnp_SecureHash={SIGNED[REQUEST]}"
    assert SECRET not in repr(VNPAY)


def test_vnpay_believes_only_itself() -> None:
    """One changed letter, another terminal, a hash that is none: nothing is read."""
    good = {**dict(parse_qsl(IPN)), "vnp_SecureHash": SIGNED[IPN].upper()}
    assert VNPAY.callback(good) == Callback("H2915-261123-0001-01", 30_000, paid=True, number="14226112")
    other = VnPay("OTHER", SECRET)
    for gateway, changed in (
        (VNPAY, {"vnp_Amount": "1"}), (VNPAY, {"vnp_SecureHash": ""}), (VNPAY, {"vnp_SecureHash": "ẩ"}), (VNPAY, {"vnp_New": "1"}),
        (other, {}),
    ):  # fmt: skip
        with pytest.raises(ForgedCallback):
            gateway.callback({**good, **changed})
    for changed in ({"vnp_Amount": "x"}, {"vnp_Amount": "3000001"}, {"vnp_ResponseCode": "24"}, {"vnp_TransactionStatus": "01"}):
        params = {**dict(parse_qsl(IPN)), **changed}
        told = VNPAY.callback({**params, "vnp_SecureHash": signature(SECRET, params)})
        assert (told.paid, told.amount) != (True, 30_000)
    assert VnPay.of("https://T:S@sandbox.vnpayment.vn/paymentv2/vpcpay.html") == VnPay("T", "S")
    assert VNPAY.origin == "https://sandbox.vnpayment.vn"
    for wrong in ("http://T:S@x.vn/", "https://x.vn/", "T:S"):
        with pytest.raises(SettingsError):
            VnPay.of(wrong)


def test_vietqr_is_what_banks_read() -> None:
    """Published codes to the byte, and a check sum that every one of them keeps."""
    assert crc16(b"123456789") == 0x29B1
    published = "00020101021238570010A00000072701270006970415011300110019324180208QRIBFTTA530370454061200005802VN62170813ung ho lu lut6304C15C"
    assert BankAccount("970415", "0011001932418").payload(120_000, "ung ho lu lut") == published
    named = (
        "00020101021238540010A000000727012400069704360110102680617"
        "40208QRIBFTTA530370454063990005802VN5912LE PHU THACH62250821NB123ABC LE PHU THACH63049F78"
    )
    assert BankAccount("970436", "1026806174", "LE PHU THACH").payload(399_000, "NB123ABC LE PHU THACH", name=True) == named
    own = "00020101021238540010A00000072701240006970436011012345678900208QRIBFTTA53037045405300005802VN62210817H2915 261123 00016304BE9E"
    account = BankAccount.of("970436:1234567890")
    assert account.payload(30_000, "H2915 261123 0001") == own
    assert account.payload().endswith("5802VN6304BE57")
    assert memo_of("H2915-261123-0001-01") == "H2915 261123 0001 01"
    assert memo_of("H2915001002-261123-0001-01") == "H2915001002261123000101", "without spaces it fits"
    assert len(memo_of("H29150010020030-261123-0001-01")) == MEMO
    assert BankAccount.of("970436:1234567890:SO NN MT").holder == "SO NN MT"
    for wrong in ("97043:1", "970436", "x:y", "970436:12 34"):
        with pytest.raises(SettingsError):
            BankAccount.of(wrong)


def test_a_statement_is_read_as_banks_write_it() -> None:
    """Columns in Vietnamese, amounts with points, money that goes out left alone; what cannot be read is told."""
    found = list(
        transfers('﻿Số tham chiếu,Ghi có,Nội dung\nFT1,"30.000 VND",chuyen tien H2915 261123 0001 01\nFT2,-5,phi\nFT3,,\n')
    )
    assert found == [Transfer("FT1", 30_000, "chuyen tien H2915 261123 0001 01")]
    attempts = [Attempt(ref, "d", 30_000, "vietqr", NOON) for ref in ("H2915-261123-0001-01", "H2915-261123-0001-011")]
    assert match(found[0], attempts) == Callback("H2915-261123-0001-01", 30_000, paid=True, number="FT1")
    assert match(Transfer("FT9", 30_000, "H2915.2611230001011"), attempts).ref == "H2915-261123-0001-011"  # type: ignore[union-attr]
    assert match(Transfer("FT9", 30_000, "tien dien"), attempts) is None
    with pytest.raises(SettingsError, match="memo"):
        list(transfers("number,amount\n1,2\n"))
    with pytest.raises(SettingsError, match="line 2"):
        list(transfers("number,amount,memo\n1,nhiều,x\n"))


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("330000", 330_000),
        ("330.000", 330_000),
        ("330,000.00", 330_000),
        ("330.000,00 VND", 330_000),
        ("330000.0", 330_000),
        ("+1 500 đ", 1_500),
    ],
)
def test_amounts_of_statements_are_read_as_banks_write_them(written: str, amount: int) -> None:
    """With either separator of thousands, and decimals that are zero."""
    [transfer] = transfers(f'number,amount,memo\n1,"{written}",x\n')

    assert transfer.amount == amount


@pytest.mark.parametrize("written", ["330,000.25", "33.00.000", "9" * 5000])
def test_amounts_that_are_no_dong_are_refused(written: str) -> None:
    """With their line: a separator is never taken for another one."""
    with pytest.raises(SettingsError, match="line 2"):
        list(transfers(f'number,amount,memo\n1,"{written}",x\n'))


# --- fees -------------------------------------------------------------------------------------------------------------

FEES = [
    {"title": "Phí thẩm định", "kind": "phi", "amountFrom": "/cost", "collect": "submission",
     "exempt": [{"title": "Hộ nghèo", "when": {"required": ["poor"]}}]},
    {"title": "Lệ phí", "kind": "le-phi", "amount": 20_000, "collect": "result", "channel": 2},
    {"title": "Phí đo đạc", "kind": "phi", "amount": 500_000, "when": {"properties": {"copies": {"minimum": 5}}, "required": ["copies"]}},
]  # fmt: skip


@pytest.fixture
def priced(folder: Path) -> None:
    block = {**SMALL["x-procedure"], "unit": UNIT, "fees": FEES}
    properties = {**SMALL["properties"], "cost": {"type": "integer", "readOnly": True}, "poor": {"type": "string"}}
    schema = {**SMALL, "properties": properties, "x-compute": {"/cost": "double(copies) * 10000.0"}, "x-procedure": block}
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")


def test_fees_follow_from_answers(priced: None, engine: Engine) -> None:
    """Computed, by case and channel, exempt with the reason."""
    procedure = engine.procedure("1.000001")
    found = fees(procedure, {"copies": 3, "cost": 30_000})
    assert [(one.title, one.kind, one.amount, one.collect) for one in found] == [
        ("Phí thẩm định", "phi", 30_000, Collect.SUBMISSION), ("Lệ phí", "le-phi", 20_000, Collect.RESULT),
    ]  # fmt: skip
    assert owed(found, Collect.SUBMISSION, Collect.RESULT) == 50_000
    poor = fees(procedure, {"copies": 6, "cost": 60_000.0, "poor": "x"}, Channel.COUNTER)
    assert [(one.amount, one.exempt) for one in poor] == [(0, "Hộ nghèo"), (500_000, "")]
    assert (poor[0].amount, owed(poor, Collect.SUBMISSION)) == (0, 0)


@pytest.mark.parametrize(
    ("cost", "amount"),
    [
        (1, 1), (0, 0), (30_000.0, 30_000), (-5, None), (-0.5, None), (0.5, None), (True, None), ("30000", None), ([], None),
        (math.inf, None), (math.nan, None), (10**400, None), (None, None),
    ],
)  # fmt: skip
def test_what_is_not_known_is_never_zero(priced: None, engine: Engine, cost: object, amount: int | None) -> None:
    """Whatever is no whole number of đồng is unknown, and so is a sum that it is part of."""
    found = fees(engine.procedure("1.000001"), {"copies": 1, "cost": cost})
    assert (found[0].amount, owed(found, Collect.SUBMISSION)) == (amount, amount)
    assert owed(found, Collect.RESULT) == 20_000
    assert owed(fees(engine.procedure("1.000001"), {"copies": 1}), Collect.SUBMISSION) is None


def test_what_a_prepaid_fee_follows_from_is_asked_for(priced: None, engine: Engine) -> None:
    """At its own field, when the draft is sent; an exempt citizen is not asked."""
    draft = engine.begin("1.000001", AN, {"name": "An"})
    assert [(one.at, one.rule) for one in engine.check(draft)] == [("/copies", "required")]
    with pytest.raises(RefusedAnswers, match="/copies"):
        engine.act(draft.id, Action.SUBMIT, AN)
    poor = engine.begin("1.000001", AN, {"name": "An", "poor": "x"})
    assert engine.check(poor) == ()
    assert engine.act(poor.id, Action.SUBMIT, AN).handling.money.payment is Payment.NONE


#: A fee that no answer settles: x-compute gives a fraction, or an officer assesses it.
OPEN_FEES: dict[str, dict[str, Any]] = {
    "a fraction": {"amountFrom": "/cost"},
    "assessed": {"assessed": True},
}


@pytest.mark.parametrize("fee", OPEN_FEES.values(), ids=OPEN_FEES)
@pytest.mark.parametrize("collect", ["submission", "result"])
def test_an_officer_decides_what_nobody_can_work_out(engine: Engine, folder: Path, fee: dict[str, Any], collect: str) -> None:
    """The dossier waits for it: it is not accepted, or its result not handed over, and it cannot be paid yet."""
    fees_ = [{"title": "Phí thẩm định", "kind": "phi", "collect": collect, **fee}]
    # The procedure asks for no payment otherwise.
    block = {**SMALL["x-procedure"], "unit": UNIT, "fees": fees_, "workflow": {"payment": False}}
    properties = {**SMALL["properties"], "cost": {"type": "number", "readOnly": True}}
    schema = {**SMALL, "properties": properties, "x-compute": {"/cost": "double(copies) / 3.0"}, "x-procedure": block}
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    dossier = sent(engine)
    waits = Action.ACCEPT if collect == "submission" else Action.HAND_OVER
    facts: dict[str, Any] = {} if collect == "submission" else {"evidence": "counter"}
    if collect == "result":
        engine.act(dossier.id, Action.ACCEPT, INTAKE)
        engine.act(dossier.id, Action.ASSIGN, INTAKE, facts={"officer": "nam"})
        dossier = engine.act(dossier.id, Action.COMPLETE, OFFICER, facts={"outcome": "approved"})
    assert (dossier.handling.money.payment, dossier.handling.money.amount) == (Payment.UNDECIDED, 0)
    with pytest.raises(ForbiddenAction, match="undecided"):
        engine.act(dossier.id, waits, INTAKE, facts=facts)
    with pytest.raises(ForbiddenAction, match="nothing is owed"):
        Payments(engine).begin(dossier, "vietqr")
    with pytest.raises(ForbiddenAction, match="waive it"):
        engine.act(dossier.id, Action.SETTLE, INTAKE, facts={"payment": "paid"})
    assert Action.REQUEST_PAYMENT in engine.permitted(dossier, INTAKE)

    asked = engine.act(dossier.id, Action.REQUEST_PAYMENT, INTAKE, facts={"amount": 70_000})

    assert (asked.state, asked.handling.money.payment, asked.handling.money.amount) == (dossier.state, Payment.DUE, 70_000)
    assert asked.handling.clock.paused is None
    assert Action.REQUEST_PAYMENT not in engine.permitted(asked, INTAKE)
    engine.act(dossier.id, Action.SETTLE, INTAKE, facts={"payment": "paid"})
    assert engine.act(dossier.id, waits, INTAKE, facts=facts).handling.money.payment is Payment.PAID
    assert list(engine.verify()) == []


def test_a_fee_that_is_undecided_can_be_waived_and_ends_with_its_dossier(engine: Engine, folder: Path) -> None:
    """Neither a refused nor a withdrawn dossier waits for an amount."""
    block = {
        **SMALL["x-procedure"],
        "unit": UNIT,
        "fees": [{"title": "Phí", "kind": "phi", "assessed": True, "collect": "submission"}],
    }
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    waived = engine.act(sent(engine).id, Action.SETTLE, INTAKE, facts={"payment": "waived"})
    assert (waived.state, waived.handling.money.payment) == (State.SUBMITTED, Payment.WAIVED)
    assert engine.act(waived.id, Action.ACCEPT, INTAKE).state is State.ACCEPTED
    assert engine.act(sent(engine).id, Action.WITHDRAW, AN).handling.money.payment is Payment.NONE
    with pytest.raises(ForbiddenAction, match="state"):
        engine.act(engine.act(sent(engine).id, Action.SETTLE, INTAKE, facts={"payment": "waived"}).id, Action.REQUEST_PAYMENT, INTAKE,
                   facts={"amount": 5})  # fmt: skip
    assert list(engine.verify()) == []


def test_a_fee_is_quoted_before_there_are_answers(engine: Engine, folder: Path) -> None:
    """Fixed, between the bounds of the field that it comes from, or for an officer to say."""
    bounds = {
        "free": {},
        "from": {"minimum": 10_000},
        "up": {"minimum": 0, "maximum": 90_000},
        "both": {"minimum": 1, "maximum": 2},
    }
    properties = {name: {"type": "integer", **bound} for name, bound in bounds.items()}
    kinds = [
        {"amount": 5_000}, {"assessed": True}, *({"amountFrom": f"/{name}"} for name in bounds),
        {"amount": 5_000, "when": {"required": ["from"]}},
    ]  # fmt: skip
    block = {**SMALL["x-procedure"], "fees": [{"title": "Phí", "kind": "phi", **kind} for kind in kinds]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "properties": properties, "x-procedure": block}), "utf-8")
    procedure = engine.procedure("1.000001")
    assert [quote(procedure, entry) for entry in procedure.entries("fees")] == [
        Quote(5_000, 5_000), Quote(None, None, assessed=True), Quote(None, None), Quote(10_000, None), Quote(None, 90_000), Quote(1, 2),
        Quote(5_000, 5_000, conditional=True),
    ]  # fmt: skip


WHEN_URGENT = {"properties": {"urgent": {"const": True}}, "required": ["urgent"]}


def conditional(folder: Path, collect: str, **fee: Any) -> None:
    """A procedure with one fee that depends on optional questions."""
    properties = {
        **SMALL["properties"],
        "urgent": {"type": "boolean"},
        "kind": {"enum": ["a", "b"]},
        "extras": {"type": "array", "items": {"enum": ["x", "y"]}, "uniqueItems": True},
        "many": {"type": "boolean", "readOnly": True},
    }
    branch = {"properties": {"size": {"type": "integer"}}}
    chosen = {"properties": {"kind": {"const": "a"}}, "required": ["kind"]}
    fees_ = [{"title": "Phí", "kind": "phi", "amount": 70_000, "collect": collect, **fee}]
    block = {**SMALL["x-procedure"], "unit": UNIT, "fees": fees_}
    schema = {**SMALL, "properties": properties, "if": chosen, "then": branch, "x-procedure": block}
    (folder / "small.json").write_text(json.dumps({**schema, "x-compute": {"/many": "double(copies) > 2.0"}}), "utf-8")


@pytest.mark.parametrize(
    ("when", "answers", "asked"),
    [
        (WHEN_URGENT, {}, ["/urgent"]),
        ({"not": WHEN_URGENT}, {}, ["/urgent"]),
        ({"properties": {"urgent": {"const": False}}}, {}, ["/urgent"]),
        ({"properties": {"size": {"minimum": 5}}, "required": ["size"]}, {"kind": "a"}, ["/size"]),
        ({"properties": {"many": {"const": True}}, "required": ["many"]}, {"copies": ...}, ["/copies"]),
    ],
)
def test_a_question_that_a_prepaid_fee_depends_on_is_asked(
    engine: Engine, folder: Path, when: dict[str, Any], answers: dict[str, Any], asked: list[str]
) -> None:
    """A fee in an undecided case is not free: its question is required when the dossier is sent."""
    conditional(folder, "submission", when=when)
    given = {name: value for name, value in {"name": "An", "copies": 1, **answers}.items() if value is not ...}
    assert [(one.at, one.rule) for one in engine.check(engine.begin("1.000001", AN, given))] == [(at, "required") for at in asked]


def test_a_fee_whose_case_is_open_is_decided_by_an_officer(engine: Engine, folder: Path) -> None:
    """A fee with the result waits for the result; nothing is promised to be free."""
    conditional(folder, "result", when=WHEN_URGENT)
    dossier = sent(engine)
    assert fees(engine.procedure_of(dossier), dossier.answers)[0].amount is None
    engine.act(dossier.id, Action.ACCEPT, INTAKE)
    engine.act(dossier.id, Action.ASSIGN, INTAKE, facts={"officer": "nam"})
    done = engine.act(dossier.id, Action.COMPLETE, OFFICER, facts={"outcome": "approved"})
    assert done.handling.money.payment is Payment.UNDECIDED


def test_none_of_several_boxes_is_no_reason_to_ask_again(engine: Engine, folder: Path) -> None:
    """A citizen who wants none of them could not answer: the dossier is sent, and an officer decides."""
    with_x = {"properties": {"extras": {"contains": {"const": "x"}}}, "required": ["extras"]}
    conditional(folder, "submission", when=with_x)
    assert sent(engine).handling.money.payment is Payment.UNDECIDED


@pytest.mark.parametrize(
    ("fee", "answers", "amount"),
    [
        ({"when": WHEN_URGENT}, {"urgent": True}, 70_000),
        ({"when": WHEN_URGENT}, {"urgent": False}, None),
        ({"when": {"properties": {"size": {"minimum": 5}}, "required": ["size"]}}, {"kind": "b"}, None),
        ({"when": {"properties": {"size": {"minimum": 5}}, "required": ["size"]}}, {}, None),
        ({"when": WHEN_URGENT, "amount": 0}, {}, 0),
        ({"when": WHEN_URGENT, "exempt": [{"title": "x", "when": {"required": ["copies"]}}]}, {"copies": 1}, 0),
        ({"exempt": [{"title": "x", "when": WHEN_URGENT}]}, {}, 70_000),
    ],
)
def test_a_fee_whose_case_is_known_is_what_it_is(
    engine: Engine, folder: Path, fee: dict[str, Any], answers: dict[str, Any], amount: int | None
) -> None:
    """The other branch pays nothing; no citizen is exempt without an answer that says so."""
    conditional(folder, "submission", **fee)
    found = fees(engine.procedure("1.000001"), {"name": "An", **answers})
    assert [one.amount for one in found] == ([] if amount is None else [amount])
    assert unanswered(engine.procedure("1.000001"), {"name": "An", **answers}) == ()


def test_rows_are_asked_for_what_a_fee_adds_up(engine: Engine, folder: Path) -> None:
    """Each row at its own field; an empty list at the list; what is only asked whether it is there is left alone."""
    row = {"type": "object", "properties": {"price": {"type": "integer"}, "more": {"type": "integer"}}}
    properties = {
        "rows": {"type": "array", "items": row},
        "sum": {"type": "number", "readOnly": True},
        "cost": {"type": "number", "readOnly": True},
        "halved": {"type": "boolean"},
    }
    compute = {
        "/sum": "sum(rows.map(r, r.price + (has(r.more) ? r.more : 0.0)))",
        "/cost": "answers.sum * (has(answers.halved) ? 0.5 : 1.0)",
    }
    fees_ = [{"title": "Phí", "kind": "phi", "amountFrom": "/cost", "collect": "submission"}]
    block = {**SMALL["x-procedure"], "fees": fees_}
    schema = {"properties": properties, "x-compute": compute, "x-procedure": block}
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    procedure = engine.procedure("1.000001")

    def asked(answers: Any) -> list[str]:
        return [one.at for one in unanswered(procedure, engine.whole(procedure.form, answers))]

    assert asked({}) == ["/rows"]
    circular = {**schema, "x-compute": {"/sum": "answers.cost + 1.0", "/cost": "answers.sum + 1.0"}}
    (folder / "small.json").write_text(json.dumps(circular), "utf-8")
    assert unanswered(procedure_at(folder / "small.json", engine.catalog.dialect), {}) == ()
    assert asked({"rows": [{"price": 3}, {"more": 2}, {"more": 1}]}) == ["/rows/1/price", "/rows/2/price"]
    assert asked({"rows": [{"price": 3}, {"price": 4, "more": 2}]}) == []


def test_prepaid_fees_keep_a_dossier_out(priced: None, engine: Engine) -> None:
    """It waits until they are paid; what is collected with the result keeps the result back."""
    dossier = sent(engine)
    assert (dossier.handling.money.payment, dossier.handling.money.amount) == (Payment.DUE, 20_000)
    with pytest.raises(ForbiddenAction, match="unpaid"):
        engine.act(dossier.id, Action.ACCEPT, INTAKE)
    payments = Payments(engine)
    attempt = payments.begin(dossier, "vietqr")
    assert payments.apply(Callback(attempt.ref, 20_000, paid=True)) is Answer.CONFIRMED
    settled = engine.open(dossier.id, AN)
    assert (settled.state, settled.handling.money.payment) == (State.SUBMITTED, Payment.PAID)
    engine.act(dossier.id, Action.ACCEPT, INTAKE)
    engine.act(dossier.id, Action.ASSIGN, INTAKE, facts={"officer": "nam"})
    done = engine.act(dossier.id, Action.COMPLETE, OFFICER, facts={"outcome": "approved"})
    assert (done.handling.money.payment, done.handling.money.amount) == (Payment.DUE, 20_000)
    with pytest.raises(ForbiddenAction, match="unpaid"):
        engine.act(dossier.id, Action.HAND_OVER, INTAKE, facts={"evidence": "counter"})
    reopened = engine.act(dossier.id, Action.REOPEN, OFFICER, note="x")
    with pytest.raises(ForbiddenAction, match="unpaid"):
        engine.act(dossier.id, Action.REQUEST_PAYMENT, OFFICER, facts={"amount": 5})
    assert reopened.handling.money.payment is Payment.DUE
    engine.act(dossier.id, Action.COMPLETE, OFFICER, facts={"outcome": "approved"})
    engine.act(dossier.id, Action.SETTLE, INTAKE, facts={"payment": "paid"})
    engine.act(dossier.id, Action.REOPEN, OFFICER, note="Kết quả sai")
    again = engine.act(dossier.id, Action.COMPLETE, OFFICER, facts={"outcome": "approved"})
    assert again.handling.money.payment is Payment.PAID, "a fee is asked for once"
    refunded = engine.act(dossier.id, Action.REFUND, INTAKE, note="Nhầm")
    assert refunded.handling.money.payment is Payment.REFUNDED
    assert [one.gateway for one in engine.store.payments.attempts(dossier.id)] == ["vietqr", "cash"]
    assert list(engine.verify()) == []


# --- a supplement and the bill ------------------------------------------------------------------------------------------


@pytest.fixture
def by_copies(folder: Path) -> None:
    """A prepaid fee of 10 000 đ a copy; what three copies or more cost an officer says."""
    cost = {"type": "number", "readOnly": True}
    fees_ = [
        {"title": "Phí", "kind": "phi", "amountFrom": "/cost", "collect": "submission"},
        {"title": "Phí thẩm tra", "kind": "phi", "amount": 5_000, "when": {"properties": {"copies": {"minimum": 2}}, "required": ["copies"]}},
    ]  # fmt: skip
    block = {**SMALL["x-procedure"], "unit": UNIT, "fees": fees_}
    compute = {"/cost": "copies < 5 ? double(copies) * 10000.0 : 0.5"}
    schema = {**SMALL, "properties": {**SMALL["properties"], "cost": cost}, "x-compute": compute, "x-procedure": block}
    schema["properties"]["copies"] = {"type": "integer", "minimum": 0, "maximum": 9}
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")


def with_copies(engine: Engine, copies: int) -> Dossier:
    return engine.submit(engine.begin("1.000001", AN, {"name": "An", "copies": copies}).id, AN)


def supplemented(engine: Engine, dossier: Dossier, copies: int) -> Dossier:
    engine.act(dossier.id, Action.REQUEST_SUPPLEMENT, INTAKE, facts={"asked": ["/copies"]}, note="Số bản chưa đúng")
    return engine.act(dossier.id, Action.SUPPLEMENT, AN, answers={"name": "An", "copies": copies})


def paid_for(engine: Engine, dossier: Dossier) -> Dossier:
    attempt = Payments(engine).begin(dossier, "vietqr")
    assert Payments(engine).apply(Callback(attempt.ref, attempt.amount, paid=True)) is Answer.CONFIRMED
    return engine.open(dossier.id, AN)


def bill(dossier: Dossier) -> tuple[Payment, int, int]:
    """The state of payment, the amount owed if any, and the surplus to return."""
    handling = dossier.handling
    return handling.money.payment, handling.money.amount if handling.money.payment is Payment.DUE else 0, handling.money.surplus


@pytest.mark.parametrize(
    ("copies", "pays", "then", "expected"),
    [
        (0, False, 2, (Payment.DUE, 20_000, 0)),
        (2, False, 3, (Payment.DUE, 30_000, 0)),
        (2, False, 0, (Payment.NONE, 0, 0)),
        (2, False, 2, (Payment.DUE, 20_000, 0)),
        (2, False, 7, (Payment.UNDECIDED, 0, 0)),
        (2, True, 3, (Payment.DUE, 10_000, 0)),
        (2, True, 1, (Payment.PAID, 0, 10_000)),
        (2, True, 0, (Payment.PAID, 0, 20_000)),
        (2, True, 2, (Payment.PAID, 0, 0)),
        (2, True, 7, (Payment.UNDECIDED, 0, 0)),
        (7, False, 2, (Payment.DUE, 20_000, 0)),
        (7, False, 0, (Payment.NONE, 0, 0)),
        (7, False, 8, (Payment.UNDECIDED, 0, 0)),
    ],
)
def test_a_supplement_before_acceptance_makes_the_bill_anew(
    by_copies: None, engine: Engine, copies: int, pays: bool, then: int, expected: tuple[Payment, int, int]
) -> None:
    """Payments stay; the difference is owed, or is a surplus to return."""
    dossier = with_copies(engine, copies)
    dossier = paid_for(engine, dossier) if pays else dossier
    assert bill(supplemented(engine, dossier, then)) == expected
    assert list(engine.verify()) == []


def test_a_bill_follows_one_supplement_after_another(by_copies: None, engine: Engine) -> None:
    """A surplus shrinks, is given back or turns into a debt; every đồng is counted once."""
    dossier = paid_for(engine, with_copies(engine, 4))
    dossier = supplemented(engine, dossier, 1)
    assert bill(dossier) == (Payment.PAID, 0, 30_000)
    assert [one.id for one in engine.desk(INTAKE, Query(surplus=True))] == [dossier.id], "a task of the desk"
    dossier = supplemented(engine, dossier, 3)
    assert bill(dossier) == (Payment.PAID, 0, 10_000)
    dossier = engine.act(dossier.id, Action.REFUND, INTAKE, note="Trả lại")
    assert bill(dossier) == (Payment.PAID, 0, 0)
    dossier = supplemented(engine, dossier, 4)
    assert bill(dossier) == (Payment.DUE, 10_000, 0)
    with pytest.raises(ForbiddenAction, match="unpaid"):
        engine.act(dossier.id, Action.ACCEPT, INTAKE)
    dossier = paid_for(engine, dossier)
    assert bill(dossier) == (Payment.PAID, 0, 0)
    assert bill(supplemented(engine, dossier, 3)) == (Payment.PAID, 0, 10_000)
    assert list(engine.verify()) == []


def test_money_that_came_twice_pays_no_supplement(by_copies: None, engine: Engine) -> None:
    """A second payment through a gateway is a surplus; a higher bill is owed beyond the payment that settled the first."""
    payments = Payments(engine)
    dossier = with_copies(engine, 2)
    first, second = payments.begin(dossier, "vietqr"), payments.begin(dossier, "vnpay")
    for attempt in (first, second):
        assert payments.apply(Callback(attempt.ref, 20_000, paid=True)) is Answer.CONFIRMED
    assert bill(engine.open(dossier.id, AN)) == (Payment.PAID, 0, 20_000)

    assert bill(supplemented(engine, dossier, 3)) == (Payment.DUE, 10_000, 20_000)
    assert list(engine.verify()) == []


def test_an_attempt_for_another_amount_is_closed(by_copies: None, engine: Engine) -> None:
    """Money that still comes through it is a surplus, and the new amount is still owed."""
    dossier = with_copies(engine, 2)
    attempt = Payments(engine).begin(dossier, "vietqr")
    assert bill(supplemented(engine, dossier, 3)) == (Payment.DUE, 30_000, 0)
    assert [one.progress for one in engine.store.payments.attempts(dossier.id)] == [Progress.CLOSED]
    assert Payments(engine).apply(Callback(attempt.ref, 20_000, paid=True)) is Answer.CONFIRMED
    assert bill(engine.open(dossier.id, AN)) == (Payment.DUE, 30_000, 20_000)
    assert list(engine.verify()) == []


def test_what_an_officer_decided_stands_while_the_fee_does(by_copies: None, engine: Engine) -> None:
    """An amount that was said, or let go, is asked about anew only where the fee is another one."""
    dossier = with_copies(engine, 7)
    dossier = engine.act(dossier.id, Action.REQUEST_PAYMENT, INTAKE, facts={"amount": 90_000})
    dossier = supplemented(engine, dossier, 8)
    assert bill(dossier) == (Payment.DUE, 90_000, 0)
    dossier = engine.act(dossier.id, Action.SETTLE, INTAKE, facts={"payment": "waived"})
    assert bill(dossier) == (Payment.WAIVED, 0, 0)
    dossier = supplemented(engine, dossier, 7)
    assert bill(dossier) == (Payment.WAIVED, 0, 0)
    dossier = supplemented(engine, dossier, 4)
    assert bill(dossier) == (Payment.UNDECIDED, 0, 0)
    assert engine.outstanding(dossier) == 40_000
    engine.act(dossier.id, Action.SETTLE, INTAKE, facts={"payment": "waived"})
    assert bill(supplemented(engine, dossier, 1)) == (Payment.WAIVED, 0, 0)
    assert list(engine.verify()) == []


@pytest.mark.parametrize(
    ("then", "expected", "asks"),
    [
        (2, (Payment.PAID, 0, 0), 0),
        (1, (Payment.PAID, 0, 10_000), 0),
        (4, (Payment.UNDECIDED, 0, 0), 20_000),
        (7, (Payment.UNDECIDED, 0, 0), None),
    ],
)
def test_a_supplement_after_acceptance_is_for_an_officer_to_decide(
    by_copies: None, engine: Engine, then: int, expected: tuple[Payment, int, int], asks: int | None
) -> None:
    """More is not owed by itself: the result waits until an officer requested or waived it."""
    dossier = paid_for(engine, with_copies(engine, 2))
    engine.act(dossier.id, Action.ACCEPT, INTAKE)
    dossier = supplemented(engine, engine.act(dossier.id, Action.ASSIGN, INTAKE, facts={"officer": "nam"}), then)
    assert (bill(dossier), engine.outstanding(dossier)) == (expected, asks)
    dossier = engine.act(dossier.id, Action.COMPLETE, OFFICER, facts={"outcome": "approved"})
    assert bill(dossier) == expected
    if expected[0] is Payment.UNDECIDED:
        with pytest.raises(ForbiddenAction, match="undecided"):
            engine.act(dossier.id, Action.HAND_OVER, INTAKE, facts={"evidence": "counter"})
        dossier = engine.act(dossier.id, Action.REQUEST_PAYMENT, INTAKE, facts={"amount": 20_000})
        paid_for(engine, dossier)
    assert engine.act(dossier.id, Action.HAND_OVER, INTAKE, facts={"evidence": "counter"}).state is State.RETURNED
    assert list(engine.verify()) == []


def test_a_fee_that_an_officer_asked_for_is_part_of_the_bill(by_copies: None, engine: Engine) -> None:
    """An amount requested after acceptance and no longer owed is a surplus; one never requested changes nothing."""
    dossier = paid_for(engine, with_copies(engine, 2))
    engine.act(dossier.id, Action.ACCEPT, INTAKE)
    asked = engine.act(dossier.id, Action.REQUEST_PAYMENT, INTAKE, facts={"amount": 5_000})
    dossier = paid_for(engine, asked)
    assert bill(supplemented(engine, dossier, 1)) == (Payment.PAID, 0, 15_000)
    refunded = engine.act(dossier.id, Action.REFUND, INTAKE, note="Trả lại")
    assert bill(refunded) == (Payment.PAID, 0, 0)
    assert bill(engine.act(dossier.id, Action.REFUND, INTAKE, note="Trả lại hết")) == (Payment.REFUNDED, 0, 0)
    assert bill(supplemented(engine, dossier, 0)) == (Payment.REFUNDED, 0, 0)
    assert bill(supplemented(engine, dossier, 2)) == (Payment.UNDECIDED, 0, 0)
    assert list(engine.verify()) == []


# --- callbacks --------------------------------------------------------------------------------------------------------


def told(ref: str, amount: int, code: str = "00", number: str = "1") -> dict[str, str]:
    """What VNPay sends."""
    params = {"vnp_TmnCode": "DEMOV210", "vnp_TxnRef": ref, "vnp_Amount": str(amount * 100), "vnp_ResponseCode": code,
              "vnp_TransactionStatus": code if code == "00" else "02", "vnp_TransactionNo": number}  # fmt: skip
    return {**params, "vnp_SecureHash": signature(SECRET, params)}


def test_a_callback_is_checked_in_order_and_books_once(engine: Engine) -> None:
    """Forged, unknown, wrong amount, paid, repeated; failed first and paid later; two attempts, both paid."""
    payments = Payments(engine, {"vnpay": VNPAY})
    dossier = owing(engine)
    first, second = payments.begin(dossier, "vnpay"), payments.begin(dossier, "vnpay")
    assert (first.ref, second.ref) == (attempt_ref(str(dossier.code), 1), attempt_ref(str(dossier.code), 2))
    forged = {**told(first.ref, 30_000), "vnp_SecureHash": "0" * 128}
    for params, answer in (
        (forged, Answer.FORGED),
        (told("nobody", 30_000), Answer.UNKNOWN),
        (told(first.ref, 29_999), Answer.WRONG_AMOUNT),
        (told(first.ref, 30_000, "24"), Answer.CONFIRMED),
        (told(first.ref, 30_000, "24"), Answer.ALREADY),
    ):
        assert payments.receive("vnpay", params) is answer
        assert engine.open(dossier.id, AN).state is State.PAYMENT_REQUESTED
    assert payments.receive("vnpay", told(first.ref, 30_000, number="77")) is Answer.CONFIRMED
    paid = engine.open(dossier.id, AN)
    assert (paid.state, paid.handling.money.payment) == (State.ACCEPTED, Payment.PAID)
    for _ in range(3):
        assert payments.receive("vnpay", told(first.ref, 30_000)) is Answer.ALREADY
    assert payments.receive("vnpay", told(first.ref, 30_000, "24")) is Answer.ALREADY
    assert payments.receive("vnpay", told(second.ref, 30_000)) is Answer.CONFIRMED
    after = engine.open(dossier.id, AN)
    money = attrs.evolve(paid.handling.money, surplus=30_000)
    assert (after.state, after.handling) == (paid.state, attrs.evolve(paid.handling, money=money))
    kept = engine.store.payments
    assert [(one.progress, one.surplus, one.number) for one in kept.attempts(dossier.id)] == [
        (Progress.PAID, False, "77"), (Progress.PAID, True, "1"),
    ]  # fmt: skip
    assert [one.ref for one in kept.every(Progress.PAID)] == [first.ref, second.ref]
    assert list(kept.every(Progress.OPEN)) == []
    with pytest.raises(ForbiddenAction):
        payments.begin(paid, "vnpay")
    assert list(engine.verify()) == []


def test_money_that_comes_late_is_not_lost(engine: Engine) -> None:
    """After the dossier was withdrawn, or after an officer asked for another amount."""
    payments = Payments(engine)
    gone, changed = owing(engine), owing(engine)
    late, other = payments.begin(gone, "vietqr"), payments.begin(changed, "vietqr")
    engine.act(gone.id, Action.WITHDRAW, AN)
    assert payments.apply(Callback(late.ref, 30_000, paid=True)) is Answer.CONFIRMED
    after = engine.open(gone.id, AN)
    assert (after.state, after.handling.money.payment, after.handling.money.surplus) == (State.WITHDRAWN, Payment.NONE, 30_000)
    assert engine.store.payments.attempt(late.ref).surplus  # type: ignore[union-attr]  # it is there
    engine.act(changed.id, Action.SETTLE, ROOT, facts={"payment": "waived"})
    assert payments.apply(Callback(other.ref, 30_000, paid=True)) is Answer.CONFIRMED
    assert engine.store.payments.attempt(other.ref).surplus  # type: ignore[union-attr]  # it is there
    assert engine.open(changed.id, AN).handling.money.payment is Payment.WAIVED
    assert {one.id for one in engine.desk(ROOT, Query(surplus=True))} == {gone.id, changed.id}
    assert engine.desk_count(ROOT, Query(surplus=True)) == 2
    assert to_give_back(engine.history(gone)) == (late.ref,)
    refunded = engine.act(gone.id, Action.REFUND, ROOT, note="Chuyển khoản trả lại")
    assert (refunded.handling.money.surplus, refunded.handling.money.payment) == (0, Payment.NONE)
    assert to_give_back(engine.history(gone)) == ()
    assert Action.REFUND not in engine.permitted(refunded, ROOT)
    assert [one.id for one in engine.desk(ROOT, Query(surplus=True))] == [changed.id]
    assert list(engine.verify()) == []


def _asked(engine: Engine) -> Dossier:
    """A dossier whose fee was waived when it was sent, and that more money is asked for."""
    dossier = sent(engine)
    engine.act(dossier.id, Action.SETTLE, ROOT, facts={"payment": "waived"})
    engine.act(dossier.id, Action.ACCEPT, ROOT)
    return engine.act(dossier.id, Action.REQUEST_PAYMENT, ROOT, facts={"amount": 30_000})


ENDS: dict[str, tuple[Callable[[Engine], Dossier], Action, Actor]] = {
    "withdrawn when sent": (sent, Action.WITHDRAW, AN),
    "refused": (sent, Action.REFUSE, ROOT),
    "withdrawn when money was asked for": (_asked, Action.WITHDRAW, AN),
    "stopped": (_asked, Action.STOP, ROOT),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_dossier_that_ended_owes_nothing(priced: None, engine: Engine, end: str) -> None:
    """The debt and every open attempt are closed; no attempt begins; money that still comes is a surplus."""
    begin, action, actor = ENDS[end]
    payments = Payments(engine, {"vnpay": VNPAY})
    before = begin(engine)
    assert before.handling.money.payment is Payment.DUE
    failed, open_, transfer = (payments.begin(before, gateway) for gateway in ("vnpay", "vnpay", "vietqr"))
    amount = before.handling.money.amount
    payments.receive("vnpay", told(failed.ref, amount, "24"))
    ended = engine.act(before.id, action, actor, note="vì")
    assert ended.handling.money.payment is Payment.NONE
    assert [one.progress for one in engine.store.payments.attempts(ended.id)] == [
        Progress.FAILED, Progress.CLOSED, Progress.CLOSED,
    ]  # fmt: skip
    with pytest.raises(ForbiddenAction, match="owed"):
        payments.begin(ended, "vnpay")
    with pytest.raises(StaleDossier, match="owed"):
        payments.begin(before, "vnpay")
    assert payments.receive("vnpay", told(open_.ref, amount, "24")) is Answer.ALREADY
    for one, how in ((open_, "vnpay"), (failed, "vnpay")):
        assert payments.receive(how, told(one.ref, amount)) is Answer.CONFIRMED
        assert payments.receive(how, told(one.ref, amount)) is Answer.ALREADY
    assert engine.store.payments.attempt(transfer.ref) in payments.transfers_due(), "a transfer may still come in"
    assert payments.apply(Callback(transfer.ref, amount, paid=True)) is Answer.CONFIRMED
    late = engine.open(ended.id, AN)
    assert (late.state, late.handling.money.payment, late.handling.money.surplus) == (ended.state, Payment.NONE, 3 * amount)
    assert set(to_give_back(engine.history(late))) == {failed.ref, open_.ref, transfer.ref}
    assert engine.desk(ROOT, Query(surplus=True)) == (late,)
    assert list(engine.verify()) == []


@pytest.mark.parametrize(("action", "actor"), [(Action.WITHDRAW, AN), (Action.REFUSE, ROOT), (Action.STOP, ROOT)])
@pytest.mark.parametrize("way", ["cash", "vietqr"])
def test_what_was_paid_for_nothing_is_given_back(priced: None, engine: Engine, action: Action, actor: Actor, way: str) -> None:
    """A paid dossier that ends without a result is on the list of surplus, with all that was paid, until that is given back."""
    dossier = sent(engine)
    paid = dossier.handling.money.amount
    if way == "cash":
        engine.act(dossier.id, Action.SETTLE, ROOT, facts={"payment": "paid"})
    else:
        paid_for(engine, dossier)
    if action is Action.STOP:
        engine.act(dossier.id, Action.ACCEPT, ROOT)
        engine.act(dossier.id, Action.ASSIGN, ROOT, facts={"officer": "root"})
    assert engine.desk(ROOT, Query(surplus=True)) == ()

    ended = engine.act(dossier.id, action, actor, note="vì")

    assert bill(ended) == (Payment.NONE, 0, paid)
    assert engine.desk(ROOT, Query(surplus=True)) == (ended,)
    back = engine.act(dossier.id, Action.REFUND, ROOT, note="Chuyển khoản trả lại")
    assert bill(back) == (Payment.NONE, 0, 0)
    assert Action.REFUND not in engine.permitted(back, ROOT), "money is given back once"
    assert list(engine.verify()) == []


def test_an_end_counts_what_a_supplement_left_over_once(by_copies: None, engine: Engine) -> None:
    """A surplus stays as it is; only the difference is added; returned money is not returned again."""
    dossier = supplemented(engine, paid_for(engine, with_copies(engine, 4)), 1)
    other = supplemented(engine, paid_for(engine, with_copies(engine, 4)), 1)
    engine.act(other.id, Action.REFUND, INTAKE, note="Trả lại")

    assert bill(engine.act(dossier.id, Action.REFUSE, INTAKE, note="vì")) == (Payment.NONE, 0, 40_000)
    assert bill(engine.act(other.id, Action.REFUSE, INTAKE, note="vì")) == (Payment.NONE, 0, 10_000)
    assert list(engine.verify()) == []


@pytest.mark.parametrize("payment", ["paid", "waived"])
def test_a_debt_that_is_settled_closes_the_other_attempts(engine: Engine, payment: str) -> None:
    """At the counter: a citizen with an open page of a gateway must not pay twice."""
    payments = Payments(engine)
    dossier = owing(engine)
    attempt = payments.begin(dossier, "vnpay")
    engine.act(dossier.id, Action.SETTLE, ROOT, facts={"payment": payment})
    assert engine.store.payments.attempt(attempt.ref).progress is Progress.CLOSED  # type: ignore[union-attr]  # it is there
    assert list(engine.verify()) == []


def test_a_proof_names_money_that_is_wrong(engine: Engine) -> None:
    """An open attempt where nothing is owed, a surplus that no event tells of."""
    payments = Payments(engine)
    dossier = owing(engine)
    closed, other = payments.begin(dossier, "vnpay"), payments.begin(dossier, "vnpay")
    engine.act(dossier.id, Action.WITHDRAW, AN)
    kept = engine.store.payments
    assert kept.finish(closed, Progress.CLOSED)
    assert kept.finish(attrs.evolve(other, progress=Progress.PAID, surplus=True, at=NOON), Progress.CLOSED)
    said = list(engine.verify())
    assert [("open" in one, "surplus" in one) for one in said] == [(True, False), (False, True)]


def answering(**said: str) -> VnPay:
    """VNPay where a question is answered with *said*, signed."""

    def post(address: str, body: Mapping[str, str]) -> Mapping[str, Any]:
        assert address == "https://sandbox.vnpayment.vn/merchant_webapi/api/transaction"
        assert body["vnp_SecureHash"] == question_signature(SECRET, body)
        assert body["vnp_TransactionDate"] == "20261122120000", "the moment that the attempt was begun with, office time"
        answer: dict[str, Any] = {
            "vnp_ResponseId": "r", "vnp_Command": "querydr", "vnp_ResponseCode": "00", "vnp_TmnCode": "DEMOV210",
            "vnp_TxnRef": body["vnp_TxnRef"], "vnp_Amount": "3000000", "vnp_TransactionNo": "42",
            "vnp_TransactionStatus": "00", **said,
        }  # fmt: skip
        return {"vnp_SecureHash": answer_signature(SECRET, answer), "vnp_PromotionCode": None, **answer}

    return VnPay("DEMOV210", SECRET, post=post)


def test_a_question_is_signed_as_vnpay_reads_it() -> None:
    """The values in the published order, joined by bars."""
    names = ("RequestId", "Version", "Command", "TmnCode", "TxnRef", "TransactionDate", "CreateDate", "IpAddr", "OrderInfo")
    params = {f"vnp_{name}": str(n) for n, name in enumerate(names)}
    signed = hmac.new(SECRET.encode(), b"0|1|2|3|4|5|6|7|8", "sha512").hexdigest()
    assert question_signature(SECRET, {**params, "vnp_Other": "x"}) == signed
    assert (
        VnPay.of("https://T:S@pay.example.vn/paymentv2/vpcpay.html").ask_at
        == "https://pay.example.vn/merchant_webapi/api/transaction"
    )


def test_a_payment_that_no_callback_told_of_is_asked_about(engine: Engine, clock: FixedClock) -> None:
    """A few times at growing intervals, and then no more; what is known is booked once."""
    waiting, paid = answering(vnp_TransactionStatus="01"), answering()
    dossier = owing(engine)
    attempt = Payments(engine).begin(dossier, "vnpay")
    transfer = Payments(engine).begin(dossier, "vietqr")
    assert Payments(engine, {"vnpay": paid}).ask_about_open() == 0, "it has just begun"
    for wait in ASKED_AFTER:
        clock.time = attempt.created + wait
        for _ in range(3):
            assert Payments(engine, {"vnpay": waiting}).ask_about_open() == 0
    assert engine.store.payments.attempt(attempt.ref) == attrs.evolve(attempt, asked=len(ASKED_AFTER))
    assert Payments(engine, {"vnpay": paid}).ask_about_open() == 0, "that was enough"
    payments = Payments(engine, {"vnpay": paid})
    assert payments.ask(attempt) is Answer.CONFIRMED, "an officer may still ask"
    assert payments.ask(attempt) is Answer.ALREADY
    settled = engine.open(dossier.id, AN)
    assert (settled.state, settled.handling.money.payment, settled.handling.money.surplus) == (State.ACCEPTED, Payment.PAID, 0)
    assert engine.store.payments.attempt(attempt.ref).number == "42"  # type: ignore[union-attr]  # it is there
    with pytest.raises(ForbiddenAction, match="statement"):
        payments.ask(transfer)
    assert list(engine.verify()) == []


def test_a_dead_dossier_is_asked_about_too(engine: Engine, clock: FixedClock) -> None:
    """Money that came in before the end without a callback is a surplus."""
    dossier = owing(engine)
    attempt = Payments(engine).begin(dossier, "vnpay")
    engine.act(dossier.id, Action.WITHDRAW, AN)
    clock.advance(ASKED_AFTER[0])
    assert Payments(engine, {"vnpay": answering()}).ask_about_open() == 1
    assert engine.open(dossier.id, AN).handling.money.surplus == 30_000
    assert to_give_back(engine.history(dossier)) == (attempt.ref,)
    assert list(engine.verify()) == []


@pytest.mark.parametrize(
    "said",
    [
        {"vnp_SecureHash": "0" * 128}, {"vnp_SecureHash": "é"}, {"vnp_ResponseCode": "97"}, {"vnp_TxnRef": "other"},
        {"vnp_TmnCode": "OTHER"},
    ],
)  # fmt: skip
def test_a_gateway_that_answers_wrongly_changes_nothing(engine: Engine, clock: FixedClock, said: dict[str, str]) -> None:
    """Forged, about another payment or terminal, or no answer at all; the next attempt is asked about all the same."""
    dossier, other = owing(engine), owing(engine)
    attempt, _ = (Payments(engine).begin(one, "vnpay") for one in (dossier, other))
    payments = Payments(engine, {"vnpay": answering(**said)})
    with pytest.raises(GatewayError):
        payments.ask(attempt)
    clock.advance(ASKED_AFTER[0])
    assert payments.ask_about_open() == 0
    assert [one.asked for one in engine.store.payments.every(Progress.OPEN)] == [1, 1]
    assert engine.open(dossier.id, AN).handling.money.payment is Payment.DUE


@pytest.mark.parametrize(("said", "answer"), [
    ({"vnp_ResponseCode": "91"}, None), ({"vnp_TransactionStatus": "05"}, None), ({"vnp_TransactionStatus": "02"}, Answer.CONFIRMED),
    ({"vnp_Amount": "2999900"}, Answer.WRONG_AMOUNT), ({"vnp_Amount": "x"}, Answer.WRONG_AMOUNT),
])  # fmt: skip
def test_what_a_gateway_may_answer(engine: Engine, said: dict[str, str], answer: Answer | None) -> None:
    """Unknown, on its way, failed, another amount: nothing is paid."""
    dossier = owing(engine)
    attempt = Payments(engine).begin(dossier, "vnpay")
    assert Payments(engine, {"vnpay": answering(**said)}).ask(attempt) is answer
    assert engine.open(dossier.id, AN).handling.money.payment is Payment.DUE


def test_a_gateway_that_is_away_is_told() -> None:
    """With a closed port, or another program behind it."""
    attempt = Attempt("r", "d", 1, "vnpay", NOON)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = VnPay("T", "S", ask_at=f"http://127.0.0.1:{free.getsockname()[1]}/x")
        with pytest.raises(GatewayError, match="does not answer"):
            away.status(attempt, now=NOON)
    with pytest.raises(GatewayError, match="not signed"):
        VnPay("T", "S", post=lambda _, __: {"vnp_ResponseCode": "00"}).status(attempt, now=NOON)


def test_a_statement_settles_what_was_transferred(engine: Engine) -> None:
    """Line by line; the same statement once more changes nothing."""
    payments = Payments(engine)
    dossier = owing(engine)
    attempt = payments.begin(dossier, "vietqr")
    lines = [("FT1", Callback(attempt.ref, 30_000, paid=True)), ("FT2", None), ("FT3", Callback(attempt.ref, 5, paid=True))]
    assert [answer for _, answer in payments.reconcile(lines)] == [Answer.CONFIRMED, Answer.UNKNOWN, Answer.WRONG_AMOUNT]
    assert [answer for _, answer in payments.reconcile(lines)] == [Answer.ALREADY, Answer.UNKNOWN, Answer.WRONG_AMOUNT]
    assert payments.transfers_due() == (engine.store.payments.attempt(attempt.ref),)


def test_nobody_sets_out_to_pay_for_ever(engine: Engine) -> None:
    """So many attempts, and no more."""
    payments = Payments(engine)
    dossier = owing(engine)
    for _ in range(50):
        payments.begin(dossier, "vietqr")
    with pytest.raises(ForbiddenAction, match="counter"):
        payments.begin(dossier, "vietqr")


callbacks = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(["paid", "failed", "forged", "unknown", "wrong", "withdraw", "waive", "cash"]),
    ),
    max_size=25,
)


@given(story=callbacks)
def test_the_payments_are_the_sum_of_the_callbacks(story: list[tuple[int, str]], tmp_path_factory: Any) -> None:
    """Over both stores: what is kept as paid is each attempt whose first success was signed and right, whatever came between."""
    folder = _small(tmp_path_factory)
    for store in ("memory:", f"sqlite:{tmp_path_factory.mktemp('d') / 'd.db'}"):
        engine = open_engine(store, procedures=folder, clock=FixedClock(NOON), tokens=CountedTokens())
        payments = Payments(engine, {"vnpay": VNPAY})
        dossiers = [owing(engine, 10_000 * (n + 1)) for n in range(3)]
        attempts = [payments.begin(one, "vnpay") for one in dossiers for _ in range(2)]
        expected: dict[str, int] = {}
        cash = 0
        for which, what in story:
            attempt = attempts[which]
            dossier = engine.open(attempt.dossier, ROOT)
            match what:
                case "withdraw" | "waive" | "cash":
                    action = Action.WITHDRAW if what == "withdraw" else Action.SETTLE
                    facts: dict[str, Any] = {} if what == "withdraw" else {"payment": "paid" if what == "cash" else "waived"}
                    actor = AN if what == "withdraw" else ROOT
                    if action in engine.permitted(dossier, actor):
                        engine.act(dossier.id, action, actor, facts=facts)
                        cash += attempt.amount if what == "cash" else 0
                case "forged":
                    assert payments.receive("vnpay", {**told(attempt.ref, attempt.amount), "vnp_Amount": "1"}) is Answer.FORGED
                case "unknown":
                    assert payments.receive("vnpay", told("x" + attempt.ref, attempt.amount)) is Answer.UNKNOWN
                case "wrong":
                    assert payments.receive("vnpay", told(attempt.ref, attempt.amount + 1)) is Answer.WRONG_AMOUNT
                case _:
                    payments.receive("vnpay", told(attempt.ref, attempt.amount, "00" if what == "paid" else "24"))
                    if what == "paid":
                        expected[attempt.ref] = attempt.amount
        kept = list(engine.store.payments.every(Progress.PAID))
        assert {one.ref: one.amount for one in kept if one.gateway == "vnpay"} == expected
        assert sum(one.amount for one in kept if one.gateway == "cash") == cash
        for one in dossiers:
            now = engine.open(one.id, ROOT)
            spare = sum(a.amount for a in engine.store.payments.attempts(one.id) if a.surplus)
            settling = [a for a in engine.store.payments.attempts(one.id) if a.progress is Progress.PAID and not a.surplus]
            # The payment of a dossier that was then withdrawn is a surplus with the rest.
            ended = sum(a.amount for a in settling) if now.state is State.WITHDRAWN else 0
            assert now.handling.money.surplus == spare + ended
            assert len(settling) == (now.handling.money.payment is Payment.PAID or ended > 0)
        assert list(engine.verify()) == []
        engine.close()


def _small(factory: Any) -> Path:
    folder: Path = factory.mktemp("p")
    (folder / "small.json").write_text(json.dumps(SMALL), "utf-8")
    return folder
