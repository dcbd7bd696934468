"""Money from the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dossierkit.cli.options import FILE, data_option, engine_of


@click.command()
@data_option
@click.argument("statement", type=FILE)
def reconcile(data: Path, statement: Path) -> None:
    """Book the transfers of STATEMENT, a bank's CSV with a number, an amount and a memo; doing it twice books nothing twice.

    Exit 1 where a transfer is for nothing that we know of, or of another amount.
    """
    from dossierkit.dossiers.money.attempts import Answer
    from dossierkit.office.payments import Payments
    from dossierkit.payments.vietqr import matched, transfers

    engine = engine_of(data, None)
    payments = Payments(engine)
    waiting = payments.transfers_due()
    found = list(transfers(statement.read_text("utf-8-sig")))
    lines = ((f"{one.number}\t{one.amount}\t{one.memo}", matched(one, waiting)) for one in found)
    strange = 0
    for line, answer in payments.reconcile(lines):
        strange += answer in (Answer.UNKNOWN, Answer.WRONG_AMOUNT)
        click.echo(f"{_WORDS[answer.name]}\t{line}")
    engine.close()
    sys.exit(1 if strange else 0)


_WORDS = {
    "CONFIRMED": "booked",
    "ALREADY": "known",
    "UNKNOWN": "for nothing we know of",
    "WRONG_AMOUNT": "another amount",
}

COMMANDS = (reconcile,)
