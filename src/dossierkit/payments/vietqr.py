"""VietQR (NAPAS 247): a QR code that a bank's app reads as a transfer, and transfers found again in a bank statement.

There is no callback: what was paid is known from the statement of the account, by the memo of each transfer.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

import attrs

from dossierkit.dossiers.money.attempts import Attempt, Callback
from dossierkit.errors import SettingsError
from dossierkit.text import fold

#: Apps and banks leave a memo of this length whole.
MEMO = 25


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, begun with FFFF; of `123456789` it is 29B1."""
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x1021 if value & 0x8000 else value << 1
            value &= 0xFFFF
    return value


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
            SettingsError: it is written otherwise.
        """
        bank, _, rest = setting.partition(":")
        number, _, holder = rest.partition(":")
        if not re.fullmatch(r"[0-9]{6}", bank) or not re.fullmatch(r"[A-Za-z0-9]{4,19}", number):
            raise SettingsError("an account for VietQR is written 970436:1234567890, or 970436:1234567890:HOLDER")
        return cls(bank, number, holder)

    def payload(self, amount: int | None = None, memo: str = "", *, name: bool = False) -> str:
        """What the QR code says: a transfer of *amount* đồng, or of any amount, with *memo*.

        Args:
            name: the holder is named, too.
        """
        beneficiary = _part("00", self.bank) + _part("01", self.number)
        account = _part("00", "A000000727") + _part("01", beneficiary) + _part("02", "QRIBFTTA")
        said = _part("00", "01") + _part("01", "12" if amount is not None else "11") + _part("38", account) + _part("53", "704")
        said += _part("54", str(amount)) if amount is not None else ""
        said += _part("58", "VN") + (_part("59", self.holder) if name and self.holder else "")
        said += _part("62", _part("08", memo)) if memo else ""
        said += "6304"
        return f"{said}{crc16(said.encode()):04X}"


def memo_of(ref: str) -> str:
    """The memo of a transfer for the attempt *ref*: letters, digits and spaces."""
    return ref.replace("-", " ")[:MEMO]


#: What the columns of a statement are called, folded, in the exports of several banks.
_COLUMNS = {
    "number": ("number", "so tham chieu", "so giao dich", "ma giao dich", "reference"),
    "amount": ("amount", "so tien", "so tien ghi co", "ghi co", "credit"),
    "memo": ("memo", "noi dung", "dien giai", "mo ta", "description"),
}


@attrs.frozen
class Transfer:
    """One line of a bank statement that brought money."""

    number: str
    amount: int
    memo: str


def transfers(statement: str) -> Iterator[Transfer]:
    """The transfers that came in, as a statement in CSV tells them: columns for a number, an amount and a memo.

    Raises:
        SettingsError: a column is missing, or an amount is none.
    """
    rows = csv.DictReader(io.StringIO(statement.removeprefix("\ufeff")))
    called = {fold(name or ""): name for name in rows.fieldnames or ()}
    columns = {key: next((called[one] for one in names if one in called), None) for key, names in _COLUMNS.items()}
    if missing := [key for key, column in columns.items() if column is None]:
        raise SettingsError(f"the statement has no column for {missing[0]}: call it {_COLUMNS[missing[0]][0]!r}")
    for line, row in enumerate(rows, 2):
        typed = re.sub(r"[\s.,đ]|VND", "", str(row[columns["amount"] or ""] or "0"))
        if not re.fullmatch(r"[+-]?[0-9]+", typed):
            raise SettingsError(f"line {line} of the statement: {row[columns['amount'] or '']!r} is no amount of đồng")
        if int(typed) > 0:
            yield Transfer(str(row[columns["number"] or ""]).strip(), int(typed), str(row[columns["memo"] or ""]))


def match(found: Transfer, open_attempts: Iterable[Attempt]) -> Callback | None:
    """What *found* means for one of the attempts whose ref stands in its memo, spaces and signs left out; None for none."""
    said = _bare(found.memo)
    for attempt in sorted(open_attempts, key=lambda one: -len(one.ref)):
        if _bare(attempt.ref) in said:
            return Callback(attempt.ref, found.amount, paid=True, number=found.number)
    return None


def _bare(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())
