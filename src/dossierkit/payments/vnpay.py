"""VNPay, PAY API 2.1.0: the address that a citizen is sent to, the callbacks that tell what came of it, and the question.

Signed is the form encoding of all non-empty `vnp_` parameters but the signature, sorted by name, with HMAC-SHA512; of a
question (`querydr`) and its answer, the values of certain parameters in a certain order.
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

#: So long VNPay lets somebody pay.
LASTS = timedelta(minutes=15)
_UNSIGNED = ("vnp_SecureHash", "vnp_SecureHashType")
#: What is signed of a question and of its answer, in this order.
_ASKED = ("RequestId", "Version", "Command", "TmnCode", "TxnRef", "TransactionDate", "CreateDate", "IpAddr", "OrderInfo")
_ANSWERED = (
    "ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate", "TransactionNo",
    "TransactionType", "TransactionStatus", "OrderInfo", "PromotionCode", "PromotionAmount",
)  # fmt: skip
#: It knows no such transaction (yet): nobody went there, or has not come to an end.
_UNKNOWN = "91"
_TIMEOUT = 10.0
_LONGEST = 64 * 1024


def canonical_query(params: Mapping[str, str]) -> str:
    """What is signed of *params*."""
    signed = {name: value for name, value in params.items() if name.startswith("vnp_") and name not in _UNSIGNED and value != ""}
    return urlencode(sorted(signed.items()))


def signature(secret: str, params: Mapping[str, str]) -> str:
    """The signature of *params*, in small hexadecimal digits."""
    return hmac.new(secret.encode(), canonical_query(params).encode(), hashlib.sha512).hexdigest()


def question_signature(secret: str, params: Mapping[str, str]) -> str:
    """The signature of a question."""
    return _signed(secret, params, _ASKED)


def answer_signature(secret: str, params: Mapping[str, str]) -> str:
    """The signature of the answer to a question."""
    return _signed(secret, params, _ANSWERED)


def _signed(secret: str, params: Mapping[str, str], names: Sequence[str]) -> str:
    said = "|".join(params.get(f"vnp_{name}", "") for name in names)
    return hmac.new(secret.encode(), said.encode(), hashlib.sha512).hexdigest()


def posted(address: str, body: Mapping[str, str]) -> Mapping[str, Any]:
    """What *address* answers to *body*, both as JSON.

    Raises:
        OSError, ValueError: nobody answers, or it is no JSON.
    """
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    request = Request(address, json.dumps(body).encode(), headers)  # noqa: S310  # the operator named it
    with urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310  # the operator named it
        found = json.loads(answer.read(_LONGEST))
    if not isinstance(found, dict):
        raise ValueError("the answer is no object")  # noqa: TRY004  # as any other that is no answer
    return found


@attrs.frozen
class VnPay:
    """A `PaymentGateway` over one terminal of VNPay."""

    terminal: str
    secret: str = attrs.field(repr=False)
    #: Where citizens are sent.
    pay_at: str = "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html"
    #: Where it is asked what came of an attempt.
    ask_at: str = "https://sandbox.vnpayment.vn/merchant_webapi/api/transaction"
    name: str = "vnpay"
    post: Callable[[str, Mapping[str, str]], Mapping[str, Any]] = attrs.field(default=posted, eq=False, repr=False)

    @classmethod
    def of(cls, setting: str) -> VnPay:
        """The gateway at `https://TERMINAL:SECRET@host/path`.

        Raises:
            SettingsError: it is written otherwise.
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
        """Where citizens are sent, as a content security policy names it."""
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
            said = self.post(self.ask_at, {**params, "vnp_SecureHash": question_signature(self.secret, params)})
        except (OSError, ValueError, HTTPException) as error:
            raise GatewayError(f"VNPay does not answer ({type(error).__name__})") from error
        return self._told({name: str(value) for name, value in said.items() if value is not None}, attempt)

    def _told(self, said: Mapping[str, str], attempt: Attempt) -> Callback | None:
        """What an answer means; None while nothing is known."""
        given = said.get("vnp_SecureHash", "").lower()
        if not given.isascii() or not hmac.compare_digest(answer_signature(self.secret, said), given):
            raise GatewayError("the answer is not signed by VNPay")
        code, status = said.get("vnp_ResponseCode"), said.get("vnp_TransactionStatus")
        if code == _UNKNOWN:
            return None
        if code != "00" or (said.get("vnp_TmnCode"), said.get("vnp_TxnRef")) != (self.terminal, attempt.ref):
            raise GatewayError(f"VNPay answers {code}")
        if status not in ("00", "02"):
            return None  # on its way, looked at, or given back: a callback or the next answer tells
        return Callback(attempt.ref, _dong(said.get("vnp_Amount", "")), status == "00", said.get("vnp_TransactionNo", ""))

    def callback(self, params: Mapping[str, str]) -> Callback:
        """See `PaymentGateway.callback`."""
        given = params.get("vnp_SecureHash", "")
        if not given.isascii() or not hmac.compare_digest(signature(self.secret, params), given.lower()):
            raise ForgedCallback("the signature is not the one of VNPay")
        if params.get("vnp_TmnCode") != self.terminal:
            raise ForgedCallback("it is for another terminal")
        paid = params.get("vnp_ResponseCode") == "00" and params.get("vnp_TransactionStatus") == "00"
        amount = _dong(params.get("vnp_Amount", ""))
        return Callback(params.get("vnp_TxnRef", ""), amount, paid, params.get("vnp_TransactionNo", ""))


def _dong(hundredths: str) -> int:
    """Whole đồng; -1 where it is no such amount."""
    number = int(hundredths) if re.fullmatch(r"[0-9]{1,15}", hundredths) else -1
    return number // 100 if number % 100 == 0 else -1
