"""What the buttons inside a form do: rows come, go and move; levels open.

Pure: a page posts `VERB:POINTER`, this gives the answers and the layout to show next.
"""

from __future__ import annotations

import attrs

from dossierkit.forms.form import Layout
from dossierkit.forms.pointers import ABSENT, Json, child, drop, get, last, parent, put


def rearranged(answers: Json, layout: Layout, button: str) -> tuple[Json, Layout]:
    """*answers* and *layout* after *button* (`add:/rows`, `remove:/rows/2`, `up:/rows/2`, `open:/child`).

    A button that means nothing changes nothing.
    """
    verb, _, pointer = button.partition(":")
    match verb:
        case "add":
            return answers, attrs.evolve(layout, rows={**layout.rows, pointer: _count(answers, layout, pointer) + 1})
        case "open":
            return answers, attrs.evolve(layout, opened=layout.opened | {pointer})
        case "remove":
            count = max(_count(answers, layout, parent(pointer)) - 1, 0)
            rows = {at: n for at, n in layout.rows.items() if not at.startswith(parent(pointer) + "/")}
            return drop(answers, pointer), attrs.evolve(
                layout, rows={**rows, parent(pointer): count}, branches=_kept(layout, parent(pointer))
            )
        case "up" | "down":
            return _moved(answers, pointer, -1 if verb == "up" else 1), attrs.evolve(
                layout, branches=_kept(layout, parent(pointer))
            )
    return answers, layout


def _kept(layout: Layout, pointer: str) -> dict[tuple[str, str], tuple[int, ...]]:
    """The picked branches that rows of *pointer* do not carry along; the answers of a row tell its branch again."""
    return {place: picked for place, picked in layout.branches.items() if not place[0].startswith(pointer + "/")}


def _count(answers: Json, layout: Layout, pointer: str) -> int:
    value = get(answers, pointer)
    return max(len(value) if isinstance(value, list) else 0, layout.rows.get(pointer, 0))


def _moved(answers: Json, pointer: str, by: int) -> Json:
    rows, name = get(answers, parent(pointer)), last(pointer)
    if not isinstance(rows, list) or not name.isdigit() or get(rows, child("", name)) is ABSENT:
        return answers
    index, other = int(name), int(name) + by
    if not 0 <= other < len(rows):
        return answers
    swapped = list(rows)
    swapped[index], swapped[other] = swapped[other], swapped[index]
    return put(answers, parent(pointer), swapped)
