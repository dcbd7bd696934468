"""What the buttons inside a form do: rows come, go and move; levels and pages of rows open.

Pure: a page posts `VERB:CONTROL`, this gives the answers and the layout to show next.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import attrs

from dossierkit.forms.answers.row_pages import turned
from dossierkit.forms.fields.effective import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Form, Layout
from dossierkit.pointers import ABSENT, Json, drop, escape, get, last, parent, put, step


def settled_rows(form: Form, answers: Json, layout: Layout) -> frozenset[str]:
    """The controls of the rows that nobody may take away, since they are read only."""
    fields = walk(effective(form, answers, layout=layout))
    return frozenset(field.control for field in fields if field.row and field.settled)


def rearranged(answers: Json, layout: Layout, button: str, settled: Collection[str] = ()) -> tuple[Json, Layout]:
    """*answers* and *layout* after *button* (`add:/rows`, `remove:/rows/2`, `up:/rows/2`, `open:/child`, `page:/rows/50`).

    What was chosen in a row goes where the row goes.  A button that means nothing changes nothing.

    Args:
        settled: the controls of rows that stay where they are.
    """
    verb, _, control = button.partition(":")
    if control in settled and verb in ("remove", "up", "down"):
        return answers, layout
    match verb:
        case "add":
            count = _count(answers, layout, control) + 1
            added = attrs.evolve(layout, rows={**layout.rows, control: count})
            return answers, turned(added, f"{control}/{count - 1}")
        case "page":
            return answers, turned(layout, control)
        case "open":
            return answers, attrs.evolve(layout, opened=layout.opened | {control})
        case "remove" if last(control).isdecimal():
            return _removed(answers, layout, parent(control), int(last(control)))
        case "up" | "down" if last(control).isdecimal():
            return _moved(answers, layout, parent(control), int(last(control)), -1 if verb == "up" else 1)
    return answers, layout


def _pointer(layout: Layout, control: str) -> str:
    """Where the answer of *control* stands: an entry whose name can be edited stands at its name."""
    pointer = at = ""
    for token in control.split("/")[1:]:
        at = f"{at}/{token}"
        name = layout.names.get(at) if token.startswith("~e") else None
        pointer = f"{pointer}/{token if name is None else escape(name)}"
    return pointer


def _count(answers: Json, layout: Layout, control: str) -> int:
    value = get(answers, _pointer(layout, control))
    return max(len(value) if isinstance(value, list) else 0, layout.rows.get(control, 0))


def _removed(answers: Json, layout: Layout, rows: str, index: int) -> tuple[Json, Layout]:
    count = max(_count(answers, layout, rows) - 1, 0)
    kept = _renumbered(layout, rows, lambda row: None if row == index else row - (row > index))
    return drop(answers, f"{_pointer(layout, rows)}/{index}"), attrs.evolve(kept, rows={**kept.rows, rows: count})


def _moved(answers: Json, layout: Layout, rows: str, index: int, by: int) -> tuple[Json, Layout]:
    pointer, other = _pointer(layout, rows), index + by
    items = get(answers, pointer)
    if not isinstance(items, list) or step(items, str(index)) is ABSENT or not 0 <= other < len(items):
        return answers, layout
    swapped = list(items)
    swapped[index], swapped[other] = swapped[other], swapped[index]
    places = {index: other, other: index}
    kept = _renumbered(layout, rows, lambda row: places.get(row, row))
    return put(answers, pointer, swapped), turned(kept, f"{rows}/{other}")


def _renumbered(layout: Layout, rows: str, moved: Callable[[int], int | None]) -> Layout:
    """*layout* where each row of *rows* has the number that *moved* gives it, or is gone."""

    def place(control: str) -> str | None:
        if not control.startswith(rows + "/"):
            return control
        number, slash, rest = control[len(rows) + 1 :].partition("/")
        new = moved(int(number)) if number.isdecimal() else None
        return None if new is None else f"{rows}/{new}{slash}{rest}"

    return Layout(
        {at: count for control, count in layout.rows.items() if (at := place(control)) is not None},
        {(at, name): picked for (control, name), picked in layout.branches.items() if (at := place(control)) is not None},
        frozenset(at for control in layout.opened if (at := place(control)) is not None),
        {at: query for control, query in layout.searches.items() if (at := place(control)) is not None},
        {at: name for control, name in layout.names.items() if (at := place(control)) is not None},
        frozenset(at for control in layout.filled if (at := place(control)) is not None),
        {at: first for control, first in layout.pages.items() if (at := place(control)) is not None},
    )
