"""The layout of a page as controls: read from a submitted page, written as pairs, merged with that of a draft."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import attrs

from dossierkit.forms.answers.control_names import branch_name, name_of
from dossierkit.forms.answers.posted_controls import Controls
from dossierkit.forms.fields.form import Layout
from dossierkit.pointers import ABSENT, Json, get
from dossierkit.text import nfc

#: The branches of a picker: indexes joined by `+`.
_INDEXES = re.compile(r"[0-9]{1,4}(?:\+[0-9]{1,4}){0,20}")
#: Entries of the layout of a draft that are kept beside those of its page.
_MAX_KEPT = 2_000


def layout_of(controls: Controls) -> Layout:
    """The layout of the page with *controls*."""
    rows: dict[str, int] = {}
    pages: dict[str, int] = {}
    branches: dict[tuple[str, str], tuple[int, ...]] = {}
    texts: dict[str, dict[str, str]] = {"open": {}, "search": {}, "key": {}, "filled": {}}
    for (kind, pointer), values in controls.others.items():
        if kind == "count" and (count := controls.number(kind, pointer)) is not None:
            rows[pointer] = count
        elif kind == "page" and (first := controls.number(kind, pointer)):
            pages[pointer] = first
        elif kind == "branch" or kind.startswith("branch."):
            indexes = values[-1]
            valid = _INDEXES.fullmatch(indexes)
            name = kind.partition(".")[2] or "0"
            mark = controls.others.get((kind.replace("branch", "mark", 1), pointer), [""])[-1]
            branches[pointer, f"@{mark}" if mark else name] = tuple(map(int, indexes.split("+"))) if valid else ()
        elif kind in texts:
            texts[kind][pointer] = nfc(values[-1])
    opened, filled = frozenset(texts["open"]), frozenset(texts["filled"])
    return Layout(rows, branches, opened, texts["search"], texts["key"], filled, pages)


def layout(pairs: Iterable[tuple[str, str]]) -> Layout:
    """The layout of the page that submitted *pairs*."""
    return layout_of(Controls.of(pairs))


def layout_pairs(layout: Layout, answers: Json) -> Iterator[tuple[str, str]]:
    """Pairs of controls from which `layout` gives *layout* again, without those that follow from *answers*."""
    for pointer, count in layout.rows.items():
        rows = get(answers, pointer)
        if not (count and isinstance(rows, list) and len(rows) == count):
            yield name_of(pointer, "count"), str(count)
    for (pointer, picker), picked in layout.branches.items():
        yield branch_name(pointer, picker), "+".join(map(str, picked))
    for pointer in sorted(layout.opened):
        if get(answers, pointer) is ABSENT:
            yield name_of(pointer, "open"), "1"
    for pointer, query in layout.searches.items():
        if query.strip():
            yield name_of(pointer, "search"), query
    for pointer, name in layout.names.items():
        yield name_of(pointer, "key"), name
    for pointer in sorted(layout.filled):
        yield name_of(pointer, "filled"), "1"
    for pointer, first in layout.pages.items():
        yield name_of(pointer, "page"), str(first)


def stored_layout(layout: Layout, answers: Json) -> Layout:
    """The part of *layout* to store with a draft: without what follows from its *answers*, searches and pages of rows."""
    reduced = layout_of(Controls.of(layout_pairs(layout, answers)))
    return attrs.evolve(reduced, searches={}, pages={})


def merged_layout(draft: Layout, page: Layout) -> Layout:
    """The layout of a draft (*draft*), updated by that of its *page*, which decides about all fields that it shows."""
    if len(draft.branches) + len(draft.rows) + len(draft.opened) + len(draft.names) > _MAX_KEPT:
        # No user opens as much by hand; the layout of a draft must not grow without limit.
        draft = Layout(filled=draft.filled)
    # A page without marks replaces the branches of its fields, too.
    unmarked = {control for control, name in page.branches if not name.startswith("@")}
    branches = {at: indexes for at, indexes in draft.branches.items() if at[0] not in unmarked or not at[1].startswith("@")}
    editors = {control for control in page.rows if control.endswith("/~e")}
    names = {row: name for row, name in draft.names.items() if row.rstrip("0123456789") not in editors}
    return Layout(
        {**draft.rows, **page.rows},
        {**branches, **page.branches},
        draft.opened | page.opened,
        page.searches,
        {**names, **page.names},
        draft.filled | page.filled,
        page.pages,
    )
