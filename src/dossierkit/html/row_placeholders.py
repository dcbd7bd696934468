"""Placeholders for row numbers, so that markup rendered once serves all rows of a list.

The controls of two rows differ only in the row numbers in their names, ids and headings.  A placeholder is a random number
that no answer contains by chance; the number after it is the placeholder of the heading, which counts from 1.
"""

from __future__ import annotations

import re
import secrets
from functools import lru_cache

import attrs

from dossierkit.forms.fields.form import Field
from dossierkit.pointers import parent

#: The number of a row, or of an entry with an editable name, in the name of a control.
_NUMBER = re.compile(r"(?:(?<=/)|(?<=/~e))([0-9]+)(?=/|$)")
_FIRST = 10**18 + 2 * secrets.randbits(58)


@lru_cache(maxsize=30_000)
def split_numbers(control: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts between the row numbers in *control*, and the row numbers."""
    parts = _NUMBER.split(control)
    return tuple(parts[::2]), tuple(parts[1::2])


def with_placeholders(control: str) -> str:
    """*control* with placeholders for its row numbers."""
    texts, _ = split_numbers(control)
    return texts[0] + "".join(f"{_FIRST + 2 * level}{text}" for level, text in enumerate(texts[1:]))


def stencil(field: Field) -> Field:
    """A field of the same shape as *field*, with placeholders for the row numbers in its pointer and control."""
    assert field.shape is not None
    control = with_placeholders(field.control)
    # The pointer of an entry ends with its name, which is its label if it has no title.
    pointer = control if field.pointer == field.control else f"{parent(control)}/{field.pointer.rpartition('/')[2]}"
    return attrs.evolve(field.shape, pointer=pointer, control=control, shape=field.shape)


def with_numbers(markup: str, numbers: tuple[str, ...]) -> str:
    """*markup* with the row *numbers*, counted from 0, in place of their placeholders."""
    for level, number in enumerate(numbers):
        placeholder = _FIRST + 2 * level
        markup = markup.replace(str(placeholder), number)
        if str(placeholder + 1) in markup:
            markup = markup.replace(str(placeholder + 1), str(int(number) + 1))
    return markup
