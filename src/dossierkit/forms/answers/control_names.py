"""How the controls of a page are called.

The control of an answer is called by its JSON Pointer.  A control that no answer owns is called `KIND:POINTER`: a
pointer is empty or begins with a slash, so the two never meet.

    value:        the answer at the root, whose pointer is empty
    count:/rows   how many rows the page had
    branch:/who   which alternative is picked (`branch.1:`, `branch.type:` for a second picker at the same place)
    mark:/who     which alternatives `branch:/who` chooses from (`mark.1:` …): at one place they can differ with the answers
    present:/who  whether an optional group of constants is meant
    open:/child   this level of a recursive form is open
    order:/kinds  the order in which checked values stood before
    key:/free/~e0 the name of an entry whose name can be edited; its value is called `/free/~e0…`
    drop:/secret  what was entered there is to go; a control that shows nothing changes nothing otherwise
    search:/place what is looked for in a long list
    page:/rows    the first row of the page of rows that is shown; answers of rows on other pages are kept as they are
    filled:/unit  the default of this field was filled in before; no page has it, only a kept layout

Browsers rewrite control characters in names, so those are written `~xNN`, which no pointer holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import attrs

from dossierkit.forms.fields.form import Layout
from dossierkit.pointers import ABSENT, Json, get
from dossierkit.text import nfc

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WRITTEN = re.compile(r"~x([0-9a-f]{2})")
#: The branches of a picker, several joined by `+`.
_PICKED = re.compile(r"[0-9]{1,4}(?:\+[0-9]{1,4}){0,20}")

#: So much of what a draft had open before is kept beside what its page has open.
_MOST = 2_000


def name_of(pointer: str, kind: str = "") -> str:
    """The name of a control at *pointer*."""
    written = _CONTROL.sub(lambda match: f"~x{ord(match[0]):02x}", pointer)
    if kind:
        return f"{kind}:{written}"
    return written or "value:"


def pointer_of(name: str) -> tuple[str, str]:
    """The kind (empty for an answer) and the pointer that *name* stands for."""
    kind, pointer = ("", name) if name.startswith("/") else name.split(":", 1) if ":" in name else (name, "")
    pointer = _WRITTEN.sub(lambda match: chr(int(match[1], 16)), pointer)
    return ("" if name == "value:" else kind), pointer


@attrs.frozen
class Controls:
    """What a page posted: the values of every control in order."""

    answers: dict[str, list[str]]
    others: dict[tuple[str, str], list[str]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Controls:
        """The controls of *pairs*."""
        answers: dict[str, list[str]] = {}
        others: dict[tuple[str, str], list[str]] = {}
        for name, text in pairs:
            if name[:1] == "/" and "~x" not in name:
                answers.setdefault(name, []).append(text)
                continue
            kind, pointer = pointer_of(name)
            if kind:
                others.setdefault((kind, pointer), []).append(text)
            else:
                answers.setdefault(pointer, []).append(text)
        return cls(answers, others)

    @property
    def depth(self) -> int:
        """How deep the deepest answer stands."""
        return max((name.count("/") for name in self.answers), default=0)

    def number(self, kind: str, pointer: str) -> int | None:
        """The count that the control says, or None where it is not on the page or says nonsense."""
        texts = self.others.get((kind, pointer))
        if texts and texts[-1].isascii() and texts[-1].isdigit() and len(texts[-1]) < 6:
            return int(texts[-1])
        return None

    def layout(self) -> Layout:
        """What the page had open."""
        rows: dict[str, int] = {}
        pages: dict[str, int] = {}
        branches: dict[tuple[str, str], tuple[int, ...]] = {}
        texts: dict[str, dict[str, str]] = {"open": {}, "search": {}, "key": {}, "filled": {}}
        for (kind, pointer), values in self.others.items():
            if kind == "count" and (count := self.number(kind, pointer)) is not None:
                rows[pointer] = count
            elif kind == "page" and (first := self.number(kind, pointer)):
                pages[pointer] = first
            elif kind == "branch" or kind.startswith("branch."):
                picked = values[-1]
                known = _PICKED.fullmatch(picked)
                name = kind.partition(".")[2] or "0"
                mark = self.others.get((kind.replace("branch", "mark", 1), pointer), [""])[-1]
                branches[pointer, f"@{mark}" if mark else name] = tuple(map(int, picked.split("+"))) if known else ()
            elif kind in texts:
                texts[kind][pointer] = nfc(values[-1])
        opened, filled = frozenset(texts["open"]), frozenset(texts["filled"])
        return Layout(rows, branches, opened, texts["search"], texts["key"], filled, pages)


def layout(pairs: Iterable[tuple[str, str]]) -> Layout:
    """What the page that posted *pairs* had open."""
    return Controls.of(pairs).layout()


def layout_pairs(layout: Layout, answers: Json) -> Iterator[tuple[str, str]]:
    """The name/value pairs that give *layout* again on a page for *answers*; what the answers tell anyway is left out."""
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


def kept_layout(layout: Layout, answers: Json) -> Layout:
    """What a draft keeps of *layout* beside its *answers*: not what they tell anyway, nor searches and open pages of rows."""
    again = Controls.of(layout_pairs(layout, answers)).layout()
    return attrs.evolve(again, searches={}, pages={})


def mark_name(pointer: str, picker: str) -> str:
    """The name of the control that says which alternatives *picker* has."""
    return name_of(pointer, "mark" if picker == "0" else f"mark.{picker}")


def branch_name(pointer: str, picker: str) -> str:
    """The name of the control of *picker* at *pointer*."""
    return name_of(pointer, "branch" if picker == "0" else f"branch.{picker}")


def merged(kept: Layout, page: Layout) -> Layout:
    """What a draft had open (*kept*) and what its page has open now: the page is right about all that it has."""
    if len(kept.branches) + len(kept.rows) + len(kept.opened) + len(kept.names) > _MOST:
        # Nobody opens as much by hand; a draft does not grow without end.
        kept = Layout(filled=kept.filled)
    # A page that tells no marks is right all the same.
    told = {control for control, name in page.branches if not name.startswith("@")}
    branches = {at: picked for at, picked in kept.branches.items() if at[0] not in told or not at[1].startswith("@")}
    editors = {where for where in page.rows if where.endswith("/~e")}
    names = {row: name for row, name in kept.names.items() if row.rstrip("0123456789") not in editors}
    return Layout(
        {**kept.rows, **page.rows},
        {**branches, **page.branches},
        kept.opened | page.opened,
        page.searches,
        {**names, **page.names},
        kept.filled | page.filled,
        page.pages,
    )
