"""Progress of a long command: a bar on a terminal, lines anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

#: A line is written after each tenth, or after this many steps if that is sooner.
_STEPS = 10_000


@contextmanager
def progress(length: int, label: str) -> Iterator[Callable[[int], None]]:
    """Show progress on standard error; yields a function that takes the number of steps done since its last call.

    The bar, or the first line, is written at once.
    """
    if sys.stderr.isatty():
        with click.progressbar(length=max(length, 1), label=label, file=sys.stderr) as bar:
            yield bar.update
        return
    done, every = 0, max(1, min(length // 10, _STEPS))
    click.echo(f"{label}: 0 of {length}", err=True)

    def advance(steps: int) -> None:
        nonlocal done
        before, done = done, done + steps
        if done // every > before // every or (done == length and steps):
            click.echo(f"{label}: {done} of {length}", err=True)

    yield advance
