"""Pages of a long list: which of its rows are shown together.

A page is called by its first row.  The rows of other pages are not in the markup; `parse` keeps their answers from its base.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from dossierkit.forms.fields.form import Field, Kind, Layout

#: So many rows of a list are shown together.
ROWS_A_PAGE = 50


def first_row(index: int) -> int:
    """The first row of the page that shows row number *index*."""
    return index - index % ROWS_A_PAGE


def is_paged(field: Field) -> bool:
    """Whether *field* is a list of more rows than one page shows."""
    return field.kind is Kind.LIST and len(field.children) > ROWS_A_PAGE


def pages(field: Field) -> list[range]:
    """The numbers of the rows of *field*, page by page."""
    count = len(field.children)
    return [range(first, min(first + ROWS_A_PAGE, count)) for first in range(0, count, ROWS_A_PAGE)]


def open_page(field: Field, layout: Layout) -> range:
    """The numbers of the rows of *field* on the page that is open; the last page where *layout* names one beyond it."""
    every = pages(field)
    return every[min(layout.pages.get(field.control, 0) // ROWS_A_PAGE, len(every) - 1)]


def turned(layout: Layout, control: str) -> Layout:
    """*layout* with the pages open that show *control*, one in each list around it."""
    found = {rows: first_row(index) for rows, index in rows_around(control)}
    return attrs.evolve(layout, pages={at: first for at, first in {**layout.pages, **found}.items() if first})


def rows_around(control: str) -> Iterator[tuple[str, int]]:
    """(control of the list, number of the row) of each row around *control*, outermost first.

    A member that is called by a number looks like a row, too.
    """
    at = ""
    for token in control.split("/")[1:]:
        if token.isascii() and token.isdecimal() and len(token) < 6:
            yield at, int(token)
        at = f"{at}/{token}"
