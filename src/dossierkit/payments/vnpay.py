"""VNPay, PAY API 2.1.0: the address that a citizen is sent to, and the callbacks that tell what came of it.

Signed is the form encoding of all non-empty `vnp_` parameters but the signature, sorted by name, with HMAC-SHA512.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

import attrs

from dossierkit.dossiers.calendars import office_time
from dossierkit.dossiers.payments import Attempt, Callback
from dossierkit.errors import ForgedCallback, SettingsError
from dossierkit.text import unmarked

#: So long VNPay lets somebody pay.
LASTS = timedelta(minutes=15)
_UNSIGNED = ("vnp_SecureHash", "vnp_SecureHashType")


def canonical_query(params: Mapping[str, str]) -> str:
    """What is signed of *params*."""
    signed = {name: value for name, value in params.items() if name.startswith("vnp_") and name not in _UNSIGNED and value != ""}
    return urlencode(sorted(signed.items()))


def signature(secret: str, params: Mapping[str, str]) -> str:
    """The signature of *params*, in small hexadecimal digits."""
    return hmac.new(secret.encode(), canonical_query(params).encode(), hashlib.sha512).hexdigest()


@attrs.frozen
class VnPay:
    """A `PaymentGateway` over one terminal of VNPay."""

    terminal: str
    secret: str = attrs.field(repr=False)
    #: Where citizens are sent.
    pay_at: str = "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html"
    name: str = "vnpay"

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
        return cls(parts.username, parts.password, f"https://{host}{parts.path}")

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

    def callback(self, params: Mapping[str, str]) -> Callback:
        """See `PaymentGateway.callback`."""
        given = params.get("vnp_SecureHash", "")
        if not given.isascii() or not hmac.compare_digest(signature(self.secret, params), given.lower()):
            raise ForgedCallback("the signature is not the one of VNPay")
        if params.get("vnp_TmnCode") != self.terminal:
            raise ForgedCallback("it is for another terminal")
        amount = params.get("vnp_Amount", "")
        hundredths = int(amount) if re.fullmatch(r"[0-9]{1,15}", amount) else -1
        paid = params.get("vnp_ResponseCode") == "00" and params.get("vnp_TransactionStatus") == "00"
        whole = hundredths // 100 if hundredths % 100 == 0 else -1
        return Callback(params.get("vnp_TxnRef", ""), whole, paid, params.get("vnp_TransactionNo", ""))
