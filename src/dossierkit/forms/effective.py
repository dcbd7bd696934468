"""Schema × answers → the fields that hold now.

THE function of the engine: the renderer, the parser, the judge's placing, the red star and every view use it, so
they cannot disagree.  A field is made once for the same schemas at the same pointer and shared after that.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from dossierkit.errors import SchemaError
from dossierkit.forms import elements, merging
from dossierkit.forms.fields import entries, make
from dossierkit.forms.form import Fault, Field, Form, Kind, Layout
from dossierkit.forms.holding import Held
from dossierkit.forms.pointers import ABSENT, Json, child
from dossierkit.forms.properties import Property, now_required, properties
from dossierkit.forms.remembering import hold_again, is_still
from dossierkit.forms.schemas import Facet

#: More fields than any page can show; a schema that unfolds beyond it is refused.
MAX_FIELDS = 20_000
#: So many rows that must be there are shown before anybody fills them.
BLANK_ROWS = 20


def effective(form: Form, answers: Json, *, layout: Layout | None = None) -> Field:
    """The root field with every field below it that holds for *answers*.

    Args:
        layout: what a page had open that answers cannot hold.

    Raises:
        SchemaError: a reference leads nowhere, or the form unfolds beyond what a page can show.
    """
    return _Walk(form, layout or Layout()).field((form.root,), answers, _Place("", True, frozenset()))


@attrs.frozen
class _Place:
    pointer: str
    required: bool
    #: The schemas on the way down; meeting one again is recursion.
    above: frozenset[Facet]


@attrs.frozen(eq=False)
class _Here:
    """What the answers below cannot change at one place."""

    #: Without its children.
    field: Field
    inner: _Place
    #: A schema from further up holds again.
    recursive: bool
    #: The editor of undeclared members, if there is one.
    free: Field | None
    #: Members that `dependentRequired` makes required → what the group then has.
    members: dict[frozenset[str], tuple[_Below, ...]] = attrs.field(factory=dict)
    #: The rows of a list that were met so far; None where there can be none.
    rows: dict[int, _Below | None] = attrs.field(factory=dict)


@attrs.frozen
class _Below:
    """One member or row."""

    member: Property
    place: _Place
    #: Its field and all below it, if no answer can change any of it, and how many fields that are.
    still: Field | None
    size: int


@attrs.define
class _Walk:
    form: Form
    layout: Layout
    count: int = 0

    def field(self, seeds: tuple[Facet, ...], value: Json, place: _Place, known: Property | None = None) -> Field:
        """The field of *seeds* at *place*, with its children."""
        self._counted(1)
        held = self._held(seeds, value, place)
        here = self._here(held, value, place, known)
        field = here.field
        if field.leaf:
            return field
        if here.recursive and value is ABSENT and not self._opened(place.pointer):
            return attrs.evolve(field, folded=True) if field.kind is Kind.GROUP else field
        members = self._members if field.kind is Kind.GROUP else self._rows
        return _with_children(self.form, field, tuple(members(held, here, value)))

    def _counted(self, fields: int) -> None:
        self.count += fields
        if self.count > MAX_FIELDS:
            raise SchemaError([Fault("too-many-fields", "", f"the form unfolds to more than {MAX_FIELDS} fields")])

    def _opened(self, pointer: str) -> bool:
        return pointer in self.layout.opened or pointer in self.layout.rows

    def _held(self, seeds: tuple[Facet, ...], value: Json, place: _Place) -> Held:
        branches = self.layout.branches
        picks = {name: picked for (pointer, name), picked in branches.items() if pointer == place.pointer} if branches else None
        # A group that is on the page is judged as the empty group it is before anybody fills it.
        return hold_again(self.form.schemas, seeds, {} if value is ABSENT else value, picks)

    def _here(self, held: Held, value: Json, place: _Place, known: Property | None) -> _Here:
        typed: str | int | None = merging.type_of(value) if value is not ABSENT and value is not None else None
        if (place.pointer, "type") in self.layout.branches:
            typed = next(iter(self.layout.branches[place.pointer, "type"]), "")
        memo = self.form.schemas.memo
        name = ("here", held, place, known, typed)
        here = memo.get(name)
        if not isinstance(here, _Here):
            field = make(self.form, held, place.pointer, required=place.required, known=known, typed=typed)
            facets = frozenset(held.facets)
            below = place.above.union(facet for facet in facets if facet.schema is not True)
            free = None if field.leaf else entries(self.form, held, place.pointer)
            inner = attrs.evolve(place, above=below)
            here = memo[name] = _Here(field, inner, not facets.isdisjoint(place.above), free)
        return here

    def _members(self, held: Held, here: _Here, value: Json) -> Iterator[Field]:
        members = value if isinstance(value, dict) else {}
        for below in self._declared(held, here, now_required(held, members)):
            yield self._field_of(below, members.get(below.member.name, ABSENT))
        if here.free is not None:
            yield _with_children(self.form, here.free, tuple(self._entries(held, value, here.inner)))

    def _declared(self, held: Held, here: _Here, dependent: frozenset[str]) -> tuple[_Below, ...]:
        known = here.members.get(dependent)
        if known is None:
            declared = properties(self.form.schemas, held, dependent)
            known = tuple(self._below(member, child(here.inner.pointer, member.name), here) for member in declared)
            here.members[dependent] = known
        return known

    def _field_of(self, below: _Below, value: Json) -> Field:
        if below.still is None:
            return self.field(below.member.seeds, value, below.place, below.member)
        self._counted(below.size)
        return below.still

    def _below(self, member: Property, pointer: str, here: _Here) -> _Below:
        place = _Place(pointer, member.required, here.inner.above)
        before = self.count
        still = self._still(member, place)
        size, self.count = self.count - before, before
        return _Below(member, place, still, size)

    def _still(self, member: Property, place: _Place) -> Field | None:
        """The field of *member* with all that is below it, if no answer can change any of it."""
        held = self._held(member.seeds, ABSENT, attrs.evolve(place, pointer="?"))
        if not is_still(held) or len(merging.types(held.facets)) != 1:
            return None
        self._counted(1)
        here = self._here(held, ABSENT, place, member)
        if here.field.leaf:
            return here.field
        depends = any(facet.get("dependentRequired") for facet in held.facets)
        if here.field.kind is not Kind.GROUP or here.recursive or here.free is not None or depends:
            return None
        below = self._declared(held, here, frozenset())
        if any(one.still is None for one in below):
            return None
        return _with_children(self.form, here.field, tuple(self._field_of(one, ABSENT) for one in below))

    def _entries(self, held: Held, value: Json, place: _Place) -> Iterator[Field]:
        members = value if isinstance(value, dict) else {}
        named = {member.name for member in properties(self.form.schemas, held, now_required(held, members))}
        free = [(name, item) for name, item in members.items() if name not in named]
        shown = max(len(free), self.layout.rows.get(place.pointer + "/~e", 0))
        for index in range(shown):
            name, item = free[index] if index < len(free) else (None, ABSENT)
            at = attrs.evolve(place, pointer=child(place.pointer, name) if name is not None else f"{place.pointer}/~e{index}")
            seeds = elements.of_entry(self.form, held, name)
            yield _renamed(self.form, self.field(seeds, item, at), f"{place.pointer}/~e{index}")

    def _rows(self, held: Held, here: _Here, value: Json) -> Iterator[Field]:
        field = here.field
        items = value if isinstance(value, list) else []
        fixed = elements.fixed_rows(held)
        least = 0 if here.recursive else min(int(field.keywords.get("minItems", 1 if field.required else 0)), BLANK_ROWS)
        shown = max(len(items), min(self.layout.rows.get(field.pointer, least), MAX_FIELDS), fixed)
        for index in range(shown):
            row = self._row(held, here, index)
            if row is None:
                return
            yield self._field_of(row, items[index] if index < len(items) else ABSENT)

    def _row(self, held: Held, here: _Here, index: int) -> _Below | None:
        if index not in here.rows:
            seeds = elements.of_row(self.form, held, index)
            row = Property("", seeds, False, row=True) if seeds is not None else None
            here.rows[index] = self._below(row, child(here.field.pointer, index), here) if row is not None else None
        return here.rows[index]


def _renamed(form: Form, field: Field, control: str) -> Field:
    """*field* with controls named after its place in the editor, since its own name can be edited."""
    name = ("renamed", field, control)
    known = form.schemas.memo.get(name)
    if not isinstance(known, Field):
        known = _moved(field, field.pointer, control)
        form.schemas.memo[name] = known
    return known


def _moved(field: Field, pointer: str, control: str) -> Field:
    own = control + field.control[len(pointer) :]
    return attrs.evolve(field, control=own, children=tuple(_moved(below, pointer, control) for below in field.children))


def _with_children(form: Form, field: Field, children: tuple[Field, ...]) -> Field:
    """*field* with *children*, the same object for the same children."""
    memo = form.schemas.memo
    name = ("children", field, children)
    known = memo.get(name)
    if not isinstance(known, Field):
        if len(memo) > 50_000:
            memo.clear()
        constant = any(below.kind is Kind.CONSTANT and below.required for below in children)
        bare = all(below.kind is Kind.CONSTANT for below in children)
        # Without a control of its own nobody could say whether such a group is meant.
        asked = constant and field.kind is Kind.GROUP and not field.required and not field.pickers and (bare or not field.row)
        known = attrs.evolve(field, children=children, presence=asked)
        memo[name] = known
    return known
