"""Markup that is made once for all rows of a list, with stand-ins for the numbers of the rows.

The controls of one row are those of another but for the number in their names, ids and headings.  A stand-in is a number
that nobody can guess, so that no answer holds it; the number after it stands for that of a heading, which counts from 1.
"""

from __future__ import annotations

import re
import secrets

import attrs

from dossierkit.forms.fields.form import Field
from dossierkit.pointers import parent

#: The number of a row, or of an entry whose name can be edited, in the name of a control.
_NUMBER = re.compile(r"(?:(?<=/)|(?<=/~e))([0-9]+)(?=/|$)")
_FIRST = 10**18 + 2 * secrets.randbits(58)


def numbered(control: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts between the numbers in *control*, and the numbers."""
    parts = _NUMBER.split(control)
    return tuple(parts[::2]), tuple(parts[1::2])


def stencilled(control: str) -> str:
    """*control* with stand-ins for its numbers."""
    texts, _ = numbered(control)
    return texts[0] + "".join(f"{_FIRST + 2 * level}{text}" for level, text in enumerate(texts[1:]))


def anywhere(field: Field) -> Field:
    """A field of the same shape as *field*, with stand-ins for the numbers in its place."""
    assert field.shape is not None
    control = stencilled(field.control)
    # An entry is called by its name wherever no title is.
    pointer = control if field.pointer == field.control else f"{parent(control)}/{field.pointer.rpartition('/')[2]}"
    return attrs.evolve(field.shape, pointer=pointer, control=control, shape=field.shape)


def filled(markup: str, numbers: tuple[str, ...]) -> str:
    """*markup* with *numbers* in place of their stand-ins."""
    for level, number in enumerate(numbers):
        stand_in = _FIRST + 2 * level
        markup = markup.replace(str(stand_in), number)
        if str(stand_in + 1) in markup:
            markup = markup.replace(str(stand_in + 1), str(int(number) + 1))
    return markup
