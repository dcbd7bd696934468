"""VietQR (NAPAS 247): QR codes for transfers by banking apps, and matching of transfers in a bank statement.

There is no callback: payments are recognised in the statement by the memo of each transfer.
"""

from __future__ import annotations

import binascii
import csv
import io
import re
from collections.abc import Iterable, Iterator

import attrs

from dossierkit.dossiers.money.attempts import Attempt, Callback
from dossierkit.errors import SettingsError
from dossierkit.text import fold

#: Length of a memo that banks and apps do not cut.
MEMO = 25


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE, the checksum of a QR code for payments: `123456789` gives 29B1."""
    return binascii.crc_hqx(data, 0xFFFF)


def _part(id: str, value: str) -> str:
    return f"{id}{len(value):02}{value}"


@attrs.frozen
class BankAccount:
    """The account that transfers go to."""

    #: The bank's number, six digits.
    bank: str
    number: str
    holder: str = ""

    @classmethod
    def of(cls, setting: str) -> BankAccount:
        """The account written `BANK:ACCOUNT` or `BANK:ACCOUNT:HOLDER`.

        Raises:
            SettingsError: it is malformed.
        """
        bank, _, rest = setting.partition(":")
        number, _, holder = rest.partition(":")
        if not re.fullmatch(r"[0-9]{6}", bank) or not re.fullmatch(r"[A-Za-z0-9]{4,19}", number):
            raise SettingsError("an account for VietQR is written 970436:1234567890, or 970436:1234567890:HOLDER")
        return cls(bank, number, holder)

    def payload(self, amount: int | None = None, memo: str = "", *, name: bool = False) -> str:
        """The content of the QR code for a transfer with *memo*.

        Args:
            amount: in đồng; None: the payer chooses it.
            name: include the name of the holder.
        """
        beneficiary = _part("00", self.bank) + _part("01", self.number)
        account = _part("00", "A000000727") + _part("01", beneficiary) + _part("02", "QRIBFTTA")
        parts = _part("00", "01") + _part("01", "12" if amount is not None else "11") + _part("38", account) + _part("53", "704")
        parts += _part("54", str(amount)) if amount is not None else ""
        parts += _part("58", "VN") + (_part("59", self.holder) if name and self.holder else "")
        parts += _part("62", _part("08", memo)) if memo else ""
        parts += "6304"
        return f"{parts}{crc16(parts.encode()):04X}"


def memo_of(ref: str) -> str:
    """The memo of a transfer for the attempt *ref*: letters, digits and, if they fit, spaces, which `match` ignores.

    A ref with more than `MEMO` letters and digits is cut: its transfers are matched by hand.
    """
    memo = ref.replace("-", " ")
    return memo if len(memo) <= MEMO else memo.replace(" ", "")[:MEMO]


#: Column → its folded names in the statements of several banks.
_COLUMNS = {
    "number": ("number", "so tham chieu", "so giao dich", "ma giao dich", "reference"),
    "amount": ("amount", "so tien", "so tien ghi co", "ghi co", "credit"),
    "memo": ("memo", "noi dung", "dien giai", "mo ta", "description"),
}


@attrs.frozen
class Transfer:
    """An incoming transfer: one line of a bank statement.  *amount* is in đồng."""

    number: str
    amount: int
    memo: str


def transfers(statement: str) -> Iterator[Transfer]:
    """The incoming transfers of a statement in CSV, with columns for a number, an amount and a memo.

    Raises:
        SettingsError: a column is missing, or an amount is not a number.
    """
    rows = csv.DictReader(io.StringIO(statement.removeprefix("\ufeff")))
    called = {fold(name or ""): name for name in rows.fieldnames or ()}
    columns = {key: next((called[name] for name in names if name in called), None) for key, names in _COLUMNS.items()}
    if missing := [key for key, column in columns.items() if column is None]:
        raise SettingsError(f"the statement has no column for {missing[0]}: call it {_COLUMNS[missing[0]][0]!r}")
    for line, row in enumerate(rows, 2):
        typed = str(row[columns["amount"] or ""] or "0")
        if (amount := _amount(typed)) is None:
            raise SettingsError(f"line {line} of the statement: {typed[:40]!r} is not an amount in đồng")
        if amount > 0:
            yield Transfer(str(row[columns["number"] or ""]).strip(), amount, str(row[columns["memo"] or ""]))


def _amount(typed: str) -> int | None:
    """Đồng, with either separator of thousands and decimals that are zero: `330.000`, `330,000.00 VND`; None for another text."""
    whole = re.sub(r"[.,]00?$", "", re.sub(r"[\sđ]|VND", "", typed))
    if not re.fullmatch(r"[+-]?(?:[0-9]{1,15}|[0-9]{1,3}(?:\.[0-9]{3}){1,4}|[0-9]{1,3}(?:,[0-9]{3}){1,4})", whole):
        return None
    return int(re.sub(r"[.,]", "", whole))


def match(transfer: Transfer, open_attempts: Iterable[Attempt]) -> Callback | None:
    """The callback for the attempt whose ref the memo of *transfer* contains, ignoring spaces and punctuation; else None."""
    memo = _bare(transfer.memo)
    for attempt in sorted(open_attempts, key=lambda attempt: -len(attempt.ref)):
        if _bare(attempt.ref) in memo:
            return Callback(attempt.ref, transfer.amount, paid=True, number=transfer.number)
    return None


def _bare(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())
