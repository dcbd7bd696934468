"""Commands for payments."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dossierkit.cli.options import FILE, data_option, engine_of


@click.command()
@data_option
@click.argument("statement", type=FILE)
def reconcile(data: Path, statement: Path) -> None:
    """Book the transfers of STATEMENT, a bank's CSV with a number, an amount and a memo.  Each transfer is booked once.

    Exit 1 if a transfer matches no payment, or its amount differs.
    """
    from dossierkit.dossiers.money.attempts import Answer
    from dossierkit.office.payments import Payments
    from dossierkit.payments.vietqr import match, transfers

    unmatched = 0
    with engine_of(data, None) as engine:
        payments = Payments(engine)
        waiting = payments.transfers_due()
        received = list(transfers(_text(statement)))
        lines = ((f"{transfer.number}\t{transfer.amount}\t{transfer.memo}", match(transfer, waiting)) for transfer in received)
        for line, answer in payments.reconcile(lines):
            unmatched += answer in (Answer.UNKNOWN, Answer.WRONG_AMOUNT)
            click.echo(f"{_WORDS[answer.name]}\t{line}")
    sys.exit(1 if unmatched else 0)


def _text(statement: Path) -> str:
    """The text of the file *statement*; spreadsheets write UTF-16, or a code page, unless they are told otherwise."""
    from dossierkit.errors import SettingsError

    try:
        return statement.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{statement} is not UTF-8; save it as CSV in UTF-8") from error


_WORDS = {
    "CONFIRMED": "booked",
    "ALREADY": "known",
    "UNKNOWN": "no matching payment",
    "WRONG_AMOUNT": "another amount",
}

COMMANDS = (reconcile,)
