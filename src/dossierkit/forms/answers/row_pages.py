"""Pages of rows: a long list shows only some of its rows at a time.

A page is identified by its first row.  The rows of other pages are not in the markup; `parse` keeps their answers from its base.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from dossierkit.forms.fields.form import Field, Kind, Layout

#: Rows of a page.
ROWS_A_PAGE = 50


def first_row(index: int) -> int:
    """The first row of the page with the row *index*."""
    return index - index % ROWS_A_PAGE


def is_paged(field: Field) -> bool:
    """Whether *field* is a list with more than one page of rows, and none of its rows is left out."""
    return field.kind is Kind.LIST and len(field.children) > ROWS_A_PAGE and not field.partial


def pages(field: Field) -> list[range]:
    """The indexes of the rows of *field*, page by page."""
    count = len(field.children)
    return [range(first, min(first + ROWS_A_PAGE, count)) for first in range(0, count, ROWS_A_PAGE)]


def open_page(field: Field, layout: Layout) -> range:
    """The indexes of the rows of *field* on its open page; the last page if *layout* has one beyond it."""
    ranges = pages(field)
    return ranges[min(layout.pages.get(field.control, 0) // ROWS_A_PAGE, len(ranges) - 1)]


def layout_showing(control: str, layout: Layout) -> Layout:
    """*layout* with the pages of rows open that contain *control*, one in each list around it."""
    containing = {rows: first_row(index) for rows, index in rows_around(control)}
    return attrs.evolve(layout, pages={rows: first for rows, first in {**layout.pages, **containing}.items() if first})


def rows_around(control: str) -> Iterator[tuple[str, int]]:
    """(control of the list, index of the row) of each row around *control*, outermost first.

    A member whose name is a number is listed, too.
    """
    at = ""
    for token in control.split("/")[1:]:
        if token.isascii() and token.isdecimal() and len(token) < 6:
            yield at, int(token)
        at = f"{at}/{token}"
