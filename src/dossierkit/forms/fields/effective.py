"""Schema × answers → the fields that hold now.

THE function of the engine: the renderer, the parser, the judge's placing, the red star and every view use it, so
they cannot disagree.  A field is made once for the same schemas at the same pointer and shared after that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import count

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.errors import SchemaError
from dossierkit.findings import Fault
from dossierkit.forms.fields import combined_schema
from dossierkit.forms.fields.applicable import Applicable, applicable_at, is_static
from dossierkit.forms.fields.field_kinds import entries_editor, field_shape
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.forms.fields.properties import Property, dependent_names, properties
from dossierkit.forms.fields.rows_and_entries import entry_schemas, fixed_row_count, row_schemas
from dossierkit.forms.schema.facets import PER_FORM, Facet
from dossierkit.pointers import ABSENT, Json, child

#: What a group or list says of everything below it.
_INHERITED = ("readOnly", "writeOnly")
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
    return _Walk(form, layout or Layout()).field((form.root,), answers, _Place("", "", True, frozenset()))


@attrs.frozen(cache_hash=True)
class _Place:
    pointer: str
    #: What its control is called; it differs from the pointer below an entry whose name can be edited.
    control: str
    required: bool
    #: The schemas on the way down; meeting one again is recursion.
    above: frozenset[Facet]
    #: The page says of this place that it is there; recursion goes on.
    shown: bool = False
    #: What groups and lists above say of everything below them: `readOnly`, `writeOnly`.
    inherited: frozenset[str] = frozenset()

    def below(self, name: str | int, *, required: bool) -> _Place:
        """The place of a member or element."""
        pointer = child(self.pointer, name)
        control = pointer if self.control == self.pointer else child(self.control, name)
        return _Place(pointer, control, required, self.above, inherited=self.inherited)


@attrs.frozen(eq=False)
class _Here:
    """What the answers below cannot change at one place."""

    #: Without its children.
    field: Field
    #: Where what stands below it begins.
    inner: _Place
    #: What is shown until somebody asks for one level more, where a schema from further up holds again.
    folded: Field | None = None
    #: The editor of undeclared members, if there is one.
    free: Field | None = None
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
    #: It is deprecated: asked of nobody who has not answered it already.
    retired: bool = False


@attrs.frozen(eq=False)
class _Prospect:
    """What can be said of one member wherever it stands, before anybody answers it."""

    held: Applicable
    #: No answer changes what holds, or the type.
    still: bool
    #: One answer below it can make another one required.
    depends: bool
    retired: bool


#: What holds, place, declaration and picked type → the field there, and what surrounds the fields below it.
_HERE = CacheSpec[tuple[Applicable, _Place, Property | None, str | int | None], _Here]("places", PER_FORM)
#: Shape, pointer and control → the field.
_FIELDS = CacheSpec[tuple[Field, str, str], Field]("fields", PER_FORM)
#: Field or shape, and its children → the field or shape that has them.
_PARENTS = CacheSpec[tuple[Field, tuple[Field, ...]], Field]("fields with children", PER_FORM)
#: Shape, inherited keywords and recursion → the shape with them.
_VARIANTS = CacheSpec[tuple[Field, frozenset[str], bool], Field]("variants of shapes", PER_FORM)
#: Schemas of a member → what they come to before anybody answers it.
_PROSPECTS = CacheSpec[tuple[Facet, ...], _Prospect]("prospects", PER_FORM)


@attrs.define
class _Walk:
    form: Form
    layout: Layout
    #: Control → picker → branches, as the page had them.
    picks: dict[str, dict[str, tuple[int, ...]]] = attrs.field(init=False, factory=dict)
    count: int = attrs.field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        for (control, name), picked in self.layout.branches.items():
            self.picks.setdefault(control, {})[name] = picked

    def field(self, seeds: tuple[Facet, ...], value: Json, place: _Place, known: Property | None = None) -> Field:
        """The field of *seeds* at *place*, with its children."""
        self._counted(1)
        held = self._held(seeds, value, place)
        here = self._here(held, value, place, known)
        field = here.field
        if field.leaf:
            return field
        if here.folded is not None and value is ABSENT and not (place.shown or self._opened(field)):
            return here.folded
        members = self._members if field.kind is Kind.GROUP else self._rows
        return _with_children(self.form, field, tuple(members(held, here, value)))

    def _counted(self, fields: int) -> None:
        self.count += fields
        if self.count > MAX_FIELDS:
            raise SchemaError([Fault("too-many-fields", "", f"the form unfolds to more than {MAX_FIELDS} fields")])

    def _opened(self, field: Field) -> bool:
        at = field.control
        return at in self.layout.opened or at in self.layout.rows or any(self.picks.get(at, {}).values())

    def _held(self, seeds: tuple[Facet, ...], value: Json, place: _Place) -> Applicable:
        # A group that is on the page is judged as the empty group it is before anybody fills it.
        return applicable_at(self.form.schemas, seeds, {} if value is ABSENT else value, self.picks.get(place.control))

    def _here(self, held: Applicable, value: Json, place: _Place, known: Property | None) -> _Here:
        typed: str | int | None = combined_schema.type_of(value) if value is not ABSENT and value is not None else None
        if (place.control, "type") in self.layout.branches:
            typed = next(iter(self.layout.branches[place.control, "type"]), "")
        cache, name = self.form.schemas.caches[_HERE], (held, place, known, typed)
        here = cache.get(name)
        if here is None:
            shape = field_shape(self.form, held, required=place.required, known=known, typed=typed)
            returns = not (shape.leaf or place.above.isdisjoint(held.facets))
            field = self._placed(shape, place, recursive=returns and shape.kind is Kind.GROUP)
            here = cache.keep(name, _Here(field, place) if field.leaf else self._around(held, field, place, returns))
        return here

    def _placed(self, shape: Field, place: _Place, *, recursive: bool) -> Field:
        """The field of *shape* at *place*, the same object each time."""
        if place.inherited or recursive:
            variants, variant = self.form.schemas.caches[_VARIANTS], (shape, place.inherited, recursive)
            shape = variants.get(variant) or variants.keep(
                variant, attrs.evolve(shape, inherited=place.inherited, recursive=recursive)
            )
        fields, name = self.form.schemas.caches[_FIELDS], (shape, place.pointer, place.control)
        return fields.get(name) or fields.keep(
            name, attrs.evolve(shape, pointer=place.pointer, control=place.control, shape=shape)
        )

    def _around(self, held: Applicable, field: Field, place: _Place, returns: bool) -> _Here:
        """What the fields below *field* have in common; the schemas of one that *returns* hold further up, too."""
        marks = place.inherited.union(mark for mark in _INHERITED if field.keywords.get(mark) is True)
        above = place.above.union(facet for facet in held.facets if facet.schema is not True)
        inner = _Place(place.pointer, place.control, place.required, above, inherited=marks)
        folded = attrs.evolve(field, folded=field.recursive, shape=None) if returns else None
        return _Here(field, inner, folded, entries_editor(self.form, held, place.pointer, place.control))

    def _members(self, held: Applicable, here: _Here, value: Json) -> Iterator[Field]:
        members = value if isinstance(value, dict) else {}
        for below in self._declared(held, here, dependent_names(held, members)):
            item = members.get(below.member.name, ABSENT)
            if not (below.retired and item is ABSENT):
                yield self._field_of(below, item)
        if here.free is not None:
            yield _with_children(self.form, here.free, tuple(self._entries(held, value, here.inner)))

    def _declared(self, held: Applicable, here: _Here, dependent: frozenset[str]) -> tuple[_Below, ...]:
        known = here.members.get(dependent)
        if known is None:
            declared = properties(self.form.schemas, held, dependent)
            known = tuple(self._below(member, here.inner.below(member.name, required=member.required)) for member in declared)
            here.members[dependent] = known
        return known

    def _field_of(self, below: _Below, value: Json) -> Field:
        if below.still is None:
            return self.field(below.member.seeds, value, below.place, below.member)
        self._counted(below.size)
        return below.still

    def _below(self, member: Property, place: _Place) -> _Below:
        before = self.count
        still = self._still(member, place)
        size, self.count = self.count - before, before
        retired = not (member.required or member.row) and self._prospect(member).retired
        return _Below(member, place, still, size, retired)

    def _prospect(self, member: Property) -> _Prospect:
        """What can be said of *member* wherever it stands, before anybody answers it."""
        cache = self.form.schemas.caches[_PROSPECTS]
        known = cache.get(member.seeds)
        if known is None:
            held = applicable_at(self.form.schemas, member.seeds, {})
            still = is_static(held) and len(combined_schema.types(held.facets)) == 1
            depends = any(facet.get("dependentRequired") for facet in held.facets)
            retired = any(facet.get("deprecated") is True for facet in held.facets)
            known = cache.keep(member.seeds, _Prospect(held, still, depends, retired))
        return known

    def _still(self, member: Property, place: _Place) -> Field | None:
        """The field of *member* with all that is below it, if no answer can change any of it."""
        prospect = self._prospect(member)
        held = prospect.held
        if not prospect.still:
            return None
        self._counted(1)
        here = self._here(held, ABSENT, place, member)
        if here.field.leaf:
            return here.field
        if here.field.kind is not Kind.GROUP or here.folded is not None or here.free is not None or prospect.depends:
            return None
        below = self._declared(held, here, frozenset())
        if any(one.still is None or one.retired for one in below):
            return None
        return _with_children(self.form, here.field, tuple(self._field_of(one, ABSENT) for one in below))

    def _entries(self, held: Applicable, value: Json, place: _Place) -> Iterator[Field]:
        members = value if isinstance(value, dict) else {}
        declared = {member.name for member in properties(self.form.schemas, held, dependent_names(held, members))}
        free = [name for name in members if name not in declared]
        for index, name in enumerate(self._names(place.control + "/~e", free, declared)):
            row = f"/~e{index}"
            pointer = child(place.pointer, name) if name is not None else place.pointer + row
            # Who names an entry has to say what it is.
            at = _Place(pointer, place.control + row, name is not None, place.above, shown=True, inherited=place.inherited)
            item = members.get(name, ABSENT) if name is not None else ABSENT
            yield self.field(entry_schemas(self.form, held, name), item, at)

    def _names(self, where: str, free: list[str], declared: set[str]) -> list[str | None]:
        """The names of the rows of an editor; None for a row that has none yet.

        A page says how its rows are called; what else is *free* comes after them.  No name stands twice: the second `An`
        is `An (2)`, so that nobody's entry replaces another one.
        """
        typed = [self.layout.names.get(f"{where}{index}") for index in range(min(self.layout.rows.get(where, 0), MAX_FIELDS))]
        rest = iter([name for name in free if name not in typed])
        taken = set(declared)
        names: list[str | None] = []
        for name in typed:
            if name is None:
                named = next(rest, None)
            else:
                named = None if name == "" and ("" in taken or "" not in free) else unused(name, taken)
            names.append(named)
            if named is not None:
                taken.add(named)
        return names + [name for name in rest if name not in taken]

    def _rows(self, held: Applicable, here: _Here, value: Json) -> Iterator[Field]:
        field = here.field
        items = value if isinstance(value, list) else []
        fixed = fixed_row_count(held)
        least = int(field.keywords.get("minItems", 1 if field.required else 0)) if here.folded is None else 0
        asked = self.layout.rows.get(field.control, min(least, BLANK_ROWS))
        for index in range(max(len(items), min(asked, MAX_FIELDS), fixed)):
            row = self._row(held, here, index, shown=index >= fixed)
            if row is None:
                return
            yield self._field_of(row, items[index] if index < len(items) else ABSENT)

    def _row(self, held: Applicable, here: _Here, index: int, *, shown: bool) -> _Below | None:
        if index not in here.rows:
            seeds = row_schemas(self.form, held, index)
            wanted = index < min(fixed_row_count(held), int(here.field.keywords.get("minItems", 0)))
            place = attrs.evolve(here.inner.below(index, required=wanted), shown=shown)
            member = Property("", seeds or (), False, row=True, place=index < fixed_row_count(held))
            here.rows[index] = None if seeds is None else self._below(member, place)
        return here.rows[index]


def unused(name: str, taken: Collection[str]) -> str:
    """*name*, with a number after it where it is *taken*."""
    if name not in taken:
        return name
    return next(numbered for number in count(2) if (numbered := f"{name} ({number})".lstrip()) not in taken)


def _with_children(form: Form, field: Field, children: tuple[Field, ...]) -> Field:
    """*field* with *children*, the same object for the same children."""
    cache, name = form.schemas.caches[_PARENTS], (field, children)
    known = cache.get(name)
    if known is None:
        constant = any(below.kind is Kind.CONSTANT and below.required for below in children)
        bare = all(below.kind is Kind.CONSTANT for below in children)
        # Without a control of its own nobody could say whether such a group is meant.
        asked = constant and field.kind is Kind.GROUP and not field.required and not field.pickers and (bare or not field.row)
        shape = _shape_with(form, field, children, asked)
        known = cache.keep(name, attrs.evolve(field, children=children, presence=asked, shape=shape))
    return known


def _shape_with(form: Form, field: Field, children: tuple[Field, ...], presence: bool) -> Field | None:
    """The shape of *field* with *children*, which is shared by all that have the same below them."""
    shapes = tuple(below.shape for below in children if below.shape is not None)
    if field.shape is None or len(shapes) < len(children):
        return None
    cache, name = form.schemas.caches[_PARENTS], (field.shape, shapes)
    return cache.get(name) or cache.keep(name, attrs.evolve(field.shape, children=shapes, presence=presence))
