"""Paying through pages: the whole way with the sandbox, forged and repeated callbacks, a transfer and its statement."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import attrs
import pytest
from click.testing import CliRunner
from dossierkit_web import WebConfig, create_app
from support.browsing import browsers_of
from support.page import Page
from support.samples import SMALL
from support.visits import GOOD, known, sign_in

from dossierkit import Action, Actor, Dossier, Engine, Role, State, open_engine
from dossierkit.cli import main
from dossierkit.dossiers.money.attempts import Progress
from dossierkit.dossiers.states import Payment
from dossierkit.errors import SettingsError
from dossierkit.payments.vnpay import VnPay, signature
from dossierkit.people.staff import appoint
from dossierkit.testing import FixedClock
from dossierkit.wiring import open_accounts, payment_settings

ROOT = Actor("root", Role.ADMIN)
FEES = [{"title": "Phí cung cấp", "kind": "phi", "amount": 30_000}]


@pytest.fixture
def portal(tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[tuple[Engine, Any]]:
    """A portal with a sandbox and an account, and a maker of browsers."""
    block = {**SMALL["x-procedure"], "unit": "so-nnmt", "fees": FEES}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    engine = open_engine(f"sqlite:{tmp_path / 'data' / 'dossiers.db'}", procedures=folder, clock=clock)
    money = payment_settings(vietqr="970436:1234567890:SO NN MT", sandbox_at="http://127.0.0.1:8000/sandbox/pay")
    config = WebConfig(gateways=money.gateways, sandbox=money.sandbox, bank=money.bank)
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs", config=config)) as browser:
        yield engine, browser
    engine.close()


def owing(engine: Engine, client: Any) -> Dossier:
    """A dossier of the client that waits for money."""
    actor = engine.store.accounts.account_of("an@example.vn").actor  # type: ignore[union-attr]  # it is there
    dossier = engine.submit(engine.begin("1.000001", actor, {"name": "An", "copies": 1}).id, actor)
    engine.act(dossier.id, Action.ACCEPT, ROOT)
    return engine.act(dossier.id, Action.REQUEST_PAYMENT, ROOT, facts={"amount": 30_000})


def local(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def test_the_whole_way_with_the_sandbox(portal: Any) -> None:
    """From the dossier to the gateway, told there, back again; cancelled first, then paid; once."""
    engine, browser = portal
    client, other = browser(), browser()
    known(client)
    known(other, "binh@example.vn")
    dossier = owing(engine, client)
    place = f"/dossiers/{dossier.code}"
    assert f'href="{place}/pay"' in client.get(place).text
    assert f'href="{place}/pay"' in client.get("/dossiers").text
    page = client.get(f"{place}/pay")
    assert "30.000\u00a0đ" in page.text
    assert "Phí cung cấp" in page.text
    assert "form-action 'self' http://127.0.0.1:8000" in page.headers["content-security-policy"]
    assert other.get(f"{place}/pay").status_code == 404
    assert other.post(f"{place}/pay", data={"gateway": "vnpay"}).status_code == 404

    for outcome, words, state in (("cancelled", "Chưa thanh toán được", Payment.DUE), ("paid", "Đã thanh toán", Payment.PAID)):
        gone = client.post(f"{place}/pay", data={"gateway": "vnpay"}, follow_redirects=False)
        assert gone.status_code == 303
        sandbox = client.get(local(gone.headers["location"]))
        assert "không có tiền thật" in sandbox.text
        asked = dict(Page(sandbox.text).pairs)["asked"]
        back = client.post("/sandbox/pay", data={"asked": asked, "outcome": outcome})
        assert words in back.text
        assert engine.lookup(str(dossier.code)).handling.money.payment is state
        again = client.post("/sandbox/pay", data={"asked": asked, "outcome": "failed"})
        assert words in again.text, "what came of it stays"
    assert "Lúc này không có khoản nào" in client.get(f"{place}/pay").text
    assert client.post(f"{place}/pay", data={"gateway": "vnpay"}).status_code == 409
    assert [one.progress for one in engine.store.payments.attempts(dossier.id)] == [Progress.FAILED, Progress.PAID]
    assert list(engine.verify()) == []


def test_nobody_goes_on_paying_for_what_ended(portal: Any) -> None:
    """A page of the gateway that was open leads nowhere; what it tells all the same is said to be given back."""
    engine, browser = portal
    client = browser()
    known(client)
    dossier = owing(engine, client)
    gone = local(
        client.post(f"/dossiers/{dossier.code}/pay", data={"gateway": "vnpay"}, follow_redirects=False).headers["location"]
    )
    asked = dict(Page(client.get(gone).text).pairs)["asked"]
    client.post(f"/dossiers/{dossier.code}/withdraw", data={"version": str(dossier.version)})
    closed = client.get(gone)
    assert closed.status_code == 409
    assert "Không còn khoản phải nộp" in closed.text
    assert "<form method" not in closed.text.partition("<article>")[2]
    back = client.post("/sandbox/pay", data={"asked": asked, "outcome": "paid"})
    assert "Cơ quan sẽ hoàn lại số tiền này" in back.text
    assert "Số tiền cần nộp" not in client.get(f"/dossiers/{dossier.code}/pay").text
    assert engine.lookup(str(dossier.code)).handling.money.surplus == 30_000
    assert list(engine.verify()) == []


def test_an_officer_asks_the_gateway(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """The sandbox took the money without a callback: it is asked, by the worker or by a press, and booked once."""
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    money = payment_settings(vietqr="970436:1234567890:SO NN MT", sandbox_at="http://127.0.0.1:8000/sandbox/pay")
    assert money.sandbox is not None
    clients: list[Any] = []

    def post(address: str, body: Any) -> Any:
        return clients[0].post(local(address), json=body).raise_for_status().json()

    config = WebConfig(sandbox=attrs.evolve(money.sandbox, post=post), bank=money.bank)
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs", config=config)) as browser:
        client, officer, stranger = browser(), browser(), browser()
        clients.append(stranger)
        known(client)
        sign_in(officer, appoint(open_accounts(engine), "root@office.vn", "R", Role.ADMIN, ""), "root@office.vn")
        officer.post("/password", data={"new": GOOD})
        dossier = owing(engine, client)
        gone = client.post(f"/dossiers/{dossier.code}/pay", data={"gateway": "vnpay"}, follow_redirects=False).headers["location"]
        client.post(f"/dossiers/{dossier.code}/pay", data={"gateway": "vietqr"})
        place = f"/desk/{dossier.code}"
        vnpay, vietqr = engine.store.payments.attempts(dossier.id)
        assert "chưa có kết quả" in officer.post(f"{place}/payments", data={"ref": vnpay.ref}).text
        asked = dict(Page(client.get(local(gone)).text).pairs)["asked"]
        assert "Đang chờ xác nhận" in client.post("/sandbox/pay", data={"asked": asked, "outcome": "silent"}).text
        assert engine.lookup(str(dossier.code)).handling.money.payment is Payment.DUE
        shown = officer.get(place).text
        assert shown.count("Hỏi cổng thanh toán") == 1
        assert "đối soát sao kê" in shown
        for who, ref in ((client, vnpay.ref), (stranger, vnpay.ref), (officer, "nothing")):
            assert who.post(f"{place}/payments", data={"ref": ref}).status_code in (401, 404, 409)
        assert officer.post(f"{place}/payments", data={"ref": vietqr.ref}).status_code == 409
        assert "kết quả đã được ghi nhận" in officer.post(f"{place}/payments", data={"ref": vnpay.ref}).text
        assert engine.lookup(str(dossier.code)).handling.money.payment is Payment.PAID
        assert "ghi nhận từ trước" in officer.post(f"{place}/payments", data={"ref": vnpay.ref}).text
        for body in (b"", b"[]", b"{}", b"[" * 5_000, b"x" * 50_000, b'{"vnp_TxnRef": "x", "vnp_SecureHash": "0"}'):
            assert stranger.post("/sandbox/status", content=body).status_code in (404, 413)
        assert list(engine.verify()) == []
    engine.close()


def test_what_is_forged_changes_nothing(portal: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The callback answers with codes, the page that one comes back to with nothing; a sandbox wants what we signed."""
    engine, browser = portal
    client = browser()
    known(client)
    dossier = owing(engine, client)
    gone = client.post(f"/dossiers/{dossier.code}/pay", data={"gateway": "vnpay"}, follow_redirects=False)
    asked = dict(parse_qsl(urlsplit(gone.headers["location"]).query))
    told = {"vnp_TxnRef": asked["vnp_TxnRef"], "vnp_Amount": "3000000", "vnp_ResponseCode": "00", "vnp_TransactionStatus": "00",
            "vnp_TmnCode": "SANDBOX1", "vnp_SecureHash": "0" * 128}  # fmt: skip
    stranger = browser()
    assert stranger.get("/payments/vnpay/ipn", params=told).json() == {"RspCode": "97", "Message": "Invalid signature"}
    assert "payment callback refused: forged" in caplog.text
    assert stranger.get("/payments/vnpay/return", params=told).status_code == 404
    assert stranger.get("/payments/nobody/ipn", params=told).status_code == 404
    assert stranger.get("/payments/nobody/return", params=told).status_code == 404
    assert stranger.get("/sandbox/pay", params={**asked, "vnp_Amount": "100"}).status_code == 404
    assert stranger.post("/sandbox/pay", data={"asked": "vnp_Amount=1", "outcome": "paid"}).status_code == 404
    assert client.post(f"/dossiers/{dossier.code}/pay", data={"gateway": "nobody"}).url.path.endswith("/pay")
    assert engine.lookup(str(dossier.code)).handling.money.payment is Payment.DUE


def test_a_real_gateway_calls_by_itself(tmp_path: Path, folder: Path, clock: FixedClock) -> None:
    """Without a session; the codes are those that it expects; the page afterwards waits until it has called."""
    engine = open_engine(f"sqlite:{tmp_path / 'd.db'}", procedures=folder, clock=clock)
    vnpay = VnPay.of("https://DEMOV210:secret@sandbox.vnpayment.vn/paymentv2/vpcpay.html")
    config = WebConfig(gateways={"vnpay": vnpay})
    with browsers_of(create_app(engine, blobs=tmp_path / "blobs", config=config)) as browser:
        client = browser()
        known(client)
        dossier = owing(engine, client)
        gone = client.post(f"/dossiers/{dossier.code}/pay", data={"gateway": "vnpay"}, follow_redirects=False)
        assert gone.headers["location"].startswith("https://sandbox.vnpayment.vn/paymentv2/vpcpay.html?vnp_Amount=3000000&")
        ref = dict(parse_qsl(urlsplit(gone.headers["location"]).query))["vnp_TxnRef"]
        told = {"vnp_TxnRef": ref, "vnp_Amount": "3000000", "vnp_ResponseCode": "00", "vnp_TransactionStatus": "00",
                "vnp_TmnCode": "DEMOV210", "vnp_TransactionNo": "7"}  # fmt: skip
        told["vnp_SecureHash"] = signature("secret", told)
        assert "Đang chờ xác nhận" in client.get("/payments/vnpay/return", params=told).text
        caller = browser()
        codes = [caller.get("/payments/vnpay/ipn", params=told).json()["RspCode"] for _ in range(3)]
        assert codes == ["00", "02", "02"]
        assert "Đã thanh toán" in client.get("/payments/vnpay/return", params=told).text
        assert caller.get("/sandbox/pay").status_code == 404
        assert "VietQR" not in client.get(f"/dossiers/{dossier.code}/pay").text
    engine.close()


def test_a_transfer_is_found_in_the_statement(portal: Any, tmp_path: Path) -> None:
    """The QR code and its memo; one attempt however often it is asked for; booked by a command, once."""
    engine, browser = portal
    client = browser()
    known(client)
    dossier = owing(engine, client)
    for _ in range(2):
        page = client.post(f"/dossiers/{dossier.code}/pay", data={"gateway": "vietqr"})
    assert "<svg" in page.text
    memo = re.search(r"<code>([^<]+)</code>", page.text)
    assert memo is not None
    assert len(engine.store.payments.attempts(dossier.id)) == 1
    statement = tmp_path / "statement.csv"
    statement.write_text(f"Số tham chiếu,Số tiền,Nội dung\nFT1,30.000,CT {memo[1]} tu An\nFT2,30.000,khac\n", "utf-8")
    ran = CliRunner().invoke(main, ["reconcile", "--data", str(tmp_path / "data"), str(statement)])
    assert ran.output.splitlines()[0].startswith("booked\tFT1")
    assert ran.exit_code == 1, "the second line is for nothing"
    assert engine.lookup(str(dossier.code)).handling.money.payment is Payment.PAID
    ran = CliRunner().invoke(main, ["reconcile", "--data", str(tmp_path / "data"), str(statement)])
    assert ran.output.splitlines()[0].startswith("known\tFT1")
    assert "Chuyển khoản" in client.get(f"/dossiers/{dossier.code}/pay").text


def test_a_sandbox_is_only_where_nothing_is_at_stake() -> None:
    """A configured gateway, or a portal that is meant seriously, has none."""
    assert payment_settings(sandbox_at="http://x/sandbox/pay").sandbox is not None
    assert payment_settings("https://T:S@v.vn/p", sandbox_at="http://x/sandbox/pay").sandbox is None
    assert payment_settings().sandbox is None
    with pytest.raises(SettingsError):
        payment_settings(vietqr="x")


def test_pages_never_say_that_what_is_unknown_costs_nothing(portal: Any, folder: Path) -> None:
    """Guidance says on what it depends; the dossier and the desk say that it waits, until an officer says how much it is."""
    engine, browser = portal
    costs = {"cost": {"type": "integer", "minimum": 10_000, "maximum": 90_000, "readOnly": True}, "open": {"type": "integer"}}
    fees = [
        {"title": "Phí thẩm định", "kind": "phi", "assessed": True, "collect": "submission"},
        {"title": "Phí đo đạc", "kind": "phi", "amountFrom": "/open"},
        {"title": "Phí in", "kind": "phi", "amountFrom": "/cost", "note": "mỗi bản", "exempt": [
            {"title": "Hộ nghèo", "note": "có giấy chứng nhận", "when": {"properties": {"copies": {"const": 7}}, "required": ["copies"]}},
            {"title": "Người có công", "when": {"properties": {"copies": {"const": 8}}, "required": ["copies"]}},
        ]},
        {"title": "Phí gấp", "kind": "phi", "amount": 70_000, "when": {"required": ["open"]}},
    ]  # fmt: skip
    limits = [{"noDueDate": True, "channel": 3, "note": "gửi bưu chính"}, {"count": 5}]
    block = {**SMALL["x-procedure"], "unit": "so-nnmt", "fees": fees, "timeLimit": limits}
    schema = {**SMALL, "properties": {**SMALL["properties"], **costs}, "x-procedure": block}
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    client, office = browser(), browser()
    guide = Page(client.get("/procedures/1.000001").text).text
    for words in (
        "Phí thẩm định: cơ quan xác định và thông báo",
        "Phí đo đạc: theo nội dung kê khai",
        "Phí gấp: 70.000 đ, tùy nội dung kê khai",
        "Phí in: từ 10.000 đ đến 90.000 đ, theo nội dung kê khai",
        "mỗi bản",
        "Miễn: Hộ nghèo (có giấy chứng nhận); Người có công.",
        "Không ấn định thời hạn",
        "gửi bưu chính",
        "5 ngày làm việc",
    ):
        assert words in guide, words
    assert not re.search(r"\b0\s*đ|None", guide)

    known(client)
    actor = engine.store.accounts.account_of("an@example.vn").actor
    dossier = engine.submit(engine.begin("1.000001", actor, {"name": "An", "copies": 1}).id, actor)
    for place in (f"/dossiers/{dossier.code}", f"/dossiers/{dossier.code}/pay"):
        assert "Mức phí của hồ sơ này do cơ quan xác định" in client.get(place).text, place
    assert "chưa xác định" in client.get(f"/dossiers/{dossier.code}/pay").text

    sign_in(office, appoint(open_accounts(engine), "root@office.vn", "R", Role.ADMIN, ""), "root@office.vn")
    office.post("/password", data={"new": GOOD})
    desk = f"/desk/{dossier.code}"
    page = office.get(desk).text
    assert "Chờ cơ quan xác định mức phí" in page
    assert 'value="0"' not in page

    def does(**data: str) -> str:
        dossier = engine.lookup(desk.rpartition("/")[2])
        assert dossier is not None
        return str(office.post(desk, data={"version": str(dossier.version), **data}).text)

    assert "Mức phí chưa được xác định" in does(action="settle", payment="paid")
    does(action="request-payment", amount="70000")
    assert "70.000\u00a0đ" in client.get(f"/dossiers/{dossier.code}/pay").text
    assert engine.lookup(str(dossier.code)).state is State.SUBMITTED  # type: ignore[union-attr]  # it is there
