"""VNPay, PAY API 2.1.0: payment addresses, callbacks, and status queries (`querydr`).

The signature is HMAC-SHA512 over the form encoding of all non-empty `vnp_` parameters except the signature, sorted by name;
for a query and its answer, over the values of certain parameters in a fixed order.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import attrs

from dossierkit.dossiers.deadlines.calendars import office_time
from dossierkit.dossiers.money.attempts import Attempt, Callback
from dossierkit.errors import ForgedCallback, GatewayError, SettingsError
from dossierkit.text import unmarked

#: How long a payment address is valid.
LASTS = timedelta(minutes=15)
_UNSIGNED = ("vnp_SecureHash", "vnp_SecureHashType")
#: Signed parameters of a query and of its answer, in this order.
_ASKED = ("RequestId", "Version", "Command", "TmnCode", "TxnRef", "TransactionDate", "CreateDate", "IpAddr", "OrderInfo")
_ANSWERED = (
    "ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate", "TransactionNo",
    "TransactionType", "TransactionStatus", "OrderInfo", "PromotionCode", "PromotionAmount",
)  # fmt: skip
#: Response code for an unknown transaction: the payer has not opened or not finished the payment.
_UNKNOWN = "91"
_TIMEOUT = 10.0
_LONGEST = 64 * 1024


def canonical_query(params: Mapping[str, str]) -> str:
    """The text that is signed of *params*."""
    signed = {name: value for name, value in params.items() if name.startswith("vnp_") and name not in _UNSIGNED and value != ""}
    return urlencode(sorted(signed.items()))


def signature(secret: str, params: Mapping[str, str]) -> str:
    """The signature of *params*, in lower-case hexadecimal digits."""
    return hmac.new(secret.encode(), canonical_query(params).encode(), hashlib.sha512).hexdigest()


def question_signature(secret: str, params: Mapping[str, str]) -> str:
    """The signature of a query."""
    return _signature(secret, params, _ASKED)


def answer_signature(secret: str, params: Mapping[str, str]) -> str:
    """The signature of the answer to a query."""
    return _signature(secret, params, _ANSWERED)


def _signature(secret: str, params: Mapping[str, str], names: Sequence[str]) -> str:
    text = "|".join(params.get(f"vnp_{name}", "") for name in names)
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def post_json(address: str, body: Mapping[str, str]) -> Mapping[str, Any]:
    """Post the JSON *body* to *address* and return the JSON answer.

    Raises:
        OSError: the server does not answer.
        ValueError: the answer is not a JSON object.
    """
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    request = Request(address, json.dumps(body).encode(), headers)  # noqa: S310  # the operator named it
    with urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310  # the operator named it
        body = json.loads(answer.read(_LONGEST))
    if not isinstance(body, dict):
        raise ValueError("the answer is not an object")  # noqa: TRY004  # as for an answer that is not JSON
    return body


@attrs.frozen
class VnPay:
    """A `PaymentGateway` over one terminal of VNPay."""

    terminal: str
    secret: str = attrs.field(repr=False)
    #: Address of the payment page.
    pay_at: str = "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html"
    #: Address for status queries.
    ask_at: str = "https://sandbox.vnpayment.vn/merchant_webapi/api/transaction"
    name: str = "vnpay"
    post: Callable[[str, Mapping[str, str]], Mapping[str, Any]] = attrs.field(default=post_json, eq=False, repr=False)

    @classmethod
    def of(cls, setting: str) -> VnPay:
        """The gateway at `https://TERMINAL:SECRET@host/path`.

        Raises:
            SettingsError: it is malformed.
        """
        parts = urlsplit(setting)
        if parts.scheme != "https" or not (parts.hostname and parts.username and parts.password):
            raise SettingsError("VNPay is written https://TERMINAL:SECRET@sandbox.vnpayment.vn/paymentv2/vpcpay.html")
        host = parts.netloc.rpartition("@")[2]
        return cls(
            parts.username, parts.password, f"https://{host}{parts.path}", f"https://{host}/merchant_webapi/api/transaction"
        )

    @property
    def origin(self) -> str:
        """The origin of the payment page, for a content security policy."""
        parts = urlsplit(self.pay_at)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    def address(self, attempt: Attempt, *, back: str, ip: str, language: str, now: datetime, code: str) -> str:
        """See `PaymentGateway.address`."""
        local = office_time(now)
        params = {
            "vnp_Version": "2.1.0",
            "vnp_Command": "pay",
            "vnp_TmnCode": self.terminal,
            "vnp_Amount": str(attempt.amount * 100),
            "vnp_CreateDate": f"{local:%Y%m%d%H%M%S}",
            "vnp_ExpireDate": f"{local + LASTS:%Y%m%d%H%M%S}",
            "vnp_CurrCode": "VND",
            "vnp_IpAddr": ip,
            "vnp_Locale": "vn" if language == "vi" else "en",
            "vnp_OrderInfo": re.sub(r"[^A-Za-z0-9 .-]", "", unmarked(f"Nop phi ho so {code}")),
            "vnp_OrderType": "other",
            "vnp_ReturnUrl": back,
            "vnp_TxnRef": attempt.ref,
        }
        return f"{self.pay_at}?{canonical_query(params)}&vnp_SecureHash={signature(self.secret, params)}"

    def status(self, attempt: Attempt, *, now: datetime) -> Callback | None:
        """See `PaymentGateway.status`."""
        params = {
            "vnp_RequestId": secrets.token_hex(16),
            "vnp_Version": "2.1.0",
            "vnp_Command": "querydr",
            "vnp_TmnCode": self.terminal,
            "vnp_TxnRef": attempt.ref,
            "vnp_TransactionDate": f"{office_time(attempt.created):%Y%m%d%H%M%S}",
            "vnp_CreateDate": f"{office_time(now):%Y%m%d%H%M%S}",
            "vnp_IpAddr": "127.0.0.1",
            "vnp_OrderInfo": f"Hoi giao dich {attempt.ref}",
        }
        try:
            answer = self.post(self.ask_at, {**params, "vnp_SecureHash": question_signature(self.secret, params)})
        except (OSError, ValueError, HTTPException) as error:
            raise GatewayError(f"VNPay does not answer ({type(error).__name__})") from error
        return self._callback_of_answer({name: str(value) for name, value in answer.items() if value is not None}, attempt)

    def _callback_of_answer(self, answer: Mapping[str, str], attempt: Attempt) -> Callback | None:
        """The callback that an answer to a query amounts to; None if there is no result yet."""
        digest = answer.get("vnp_SecureHash", "").lower()
        if not digest.isascii() or not hmac.compare_digest(answer_signature(self.secret, answer), digest):
            raise GatewayError("the answer is not signed by VNPay")
        code, status = answer.get("vnp_ResponseCode"), answer.get("vnp_TransactionStatus")
        if code == _UNKNOWN:
            return None
        if code != "00" or (answer.get("vnp_TmnCode"), answer.get("vnp_TxnRef")) != (self.terminal, attempt.ref):
            raise GatewayError(f"VNPay answers {code}")
        if status not in ("00", "02"):
            return None  # pending, under review or refunded: a callback or a later query gives the result
        return Callback(attempt.ref, _dong(answer.get("vnp_Amount", "")), status == "00", answer.get("vnp_TransactionNo", ""))

    def callback(self, params: Mapping[str, str]) -> Callback:
        """See `PaymentGateway.callback`."""
        given = params.get("vnp_SecureHash", "")
        if not given.isascii() or not hmac.compare_digest(signature(self.secret, params), given.lower()):
            raise ForgedCallback("the signature is not VNPay's")
        if params.get("vnp_TmnCode") != self.terminal:
            raise ForgedCallback("it is for another terminal")
        paid = params.get("vnp_ResponseCode") == "00" and params.get("vnp_TransactionStatus") == "00"
        amount = _dong(params.get("vnp_Amount", ""))
        return Callback(params.get("vnp_TxnRef", ""), amount, paid, params.get("vnp_TransactionNo", ""))


def _dong(hundredths: str) -> int:
    """The amount in đồng; -1 if *hundredths* is not a whole number of đồng."""
    number = int(hundredths) if re.fullmatch(r"[0-9]{1,15}", hundredths) else -1
    return number // 100 if number % 100 == 0 else -1
