"""The buttons inside a form: rows are added, removed and moved; levels and pages of rows are opened.

Pure: a page submits `VERB:CONTROL`, and `after_button` gives the answers and the layout of the next page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import attrs

from dossierkit.forms.answers.row_pages import layout_showing
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Form, Layout
from dossierkit.pointers import ABSENT, Json, drop, escape, get, last, parent, put, step


def read_only_rows(form: Form, answers: Json, layout: Layout) -> frozenset[str]:
    """The controls of the rows that cannot be removed or moved, because they are read only."""
    fields = walk(effective(form, answers, layout=layout))
    return frozenset(field.control for field in fields if field.row and field.fixed)


def after_button(answers: Json, layout: Layout, button: str, read_only: Collection[str] = ()) -> tuple[Json, Layout]:
    """*answers* and *layout* after *button* (`add:/rows`, `remove:/rows/2`, `up:/rows/2`, `open:/child`, `page:/rows/50`).

    The layout of a row moves with the row.  An unknown button changes nothing.

    Args:
        read_only: the controls of rows that cannot be removed or moved.
    """
    verb, _, control = button.partition(":")
    if control in read_only and verb in ("remove", "up", "down"):
        return answers, layout
    match verb:
        case "add":
            count = _count(answers, layout, control) + 1
            added = attrs.evolve(layout, rows={**layout.rows, control: count})
            return answers, layout_showing(f"{control}/{count - 1}", added)
        case "page":
            return answers, layout_showing(control, layout)
        case "open":
            return answers, attrs.evolve(layout, opened=layout.opened | {control})
        case "remove" if last(control).isdecimal():
            return _without_row(answers, layout, parent(control), int(last(control)))
        case "up" | "down" if last(control).isdecimal():
            return _with_moved_row(answers, layout, parent(control), int(last(control)), -1 if verb == "up" else 1)
    return answers, layout


def _pointer(layout: Layout, control: str) -> str:
    """The JSON Pointer of the answer of *control*; an entry is at its name, not at its number."""
    pointer = at = ""
    for token in control.split("/")[1:]:
        at = f"{at}/{token}"
        name = layout.names.get(at) if token.startswith("~e") else None
        pointer = f"{pointer}/{token if name is None else escape(name)}"
    return pointer


def _count(answers: Json, layout: Layout, control: str) -> int:
    value = get(answers, _pointer(layout, control))
    return max(len(value) if isinstance(value, list) else 0, layout.rows.get(control, 0))


def _without_row(answers: Json, layout: Layout, rows: str, index: int) -> tuple[Json, Layout]:
    count = max(_count(answers, layout, rows) - 1, 0)
    renumbered = _renumbered_layout(layout, rows, lambda row: None if row == index else row - (row > index))
    return drop(answers, f"{_pointer(layout, rows)}/{index}"), attrs.evolve(renumbered, rows={**renumbered.rows, rows: count})


def _with_moved_row(answers: Json, layout: Layout, rows: str, index: int, by: int) -> tuple[Json, Layout]:
    pointer, other = _pointer(layout, rows), index + by
    items = get(answers, pointer)
    if not isinstance(items, list) or step(items, str(index)) is ABSENT or not 0 <= other < len(items):
        return answers, layout
    swapped = list(items)
    swapped[index], swapped[other] = swapped[other], swapped[index]
    places = {index: other, other: index}
    renumbered = _renumbered_layout(layout, rows, lambda row: places.get(row, row))
    return put(answers, pointer, swapped), layout_showing(f"{rows}/{other}", renumbered)


def _renumbered_layout(layout: Layout, rows: str, moved: Callable[[int], int | None]) -> Layout:
    """*layout* with the rows of the list *rows* renumbered.

    Args:
        moved: the old number of a row → its new one; None if the row is removed.
    """

    def new_control(control: str) -> str | None:
        if not control.startswith(rows + "/"):
            return control
        number, slash, rest = control[len(rows) + 1 :].partition("/")
        new = moved(int(number)) if number.isdecimal() else None
        return None if new is None else f"{rows}/{new}{slash}{rest}"

    return Layout(
        {at: count for control, count in layout.rows.items() if (at := new_control(control)) is not None},
        {(at, name): picked for (control, name), picked in layout.branches.items() if (at := new_control(control)) is not None},
        frozenset(at for control in layout.opened if (at := new_control(control)) is not None),
        {at: query for control, query in layout.searches.items() if (at := new_control(control)) is not None},
        {at: name for control, name in layout.names.items() if (at := new_control(control)) is not None},
        frozenset(at for control in layout.filled if (at := new_control(control)) is not None),
        {at: first for control, first in layout.pages.items() if (at := new_control(control)) is not None},
    )
