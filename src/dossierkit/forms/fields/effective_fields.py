"""The fields that hold for some answers: `effective` gives them as a tree.

Renderer, parser, checks, required marks and views all call `effective`, so they cannot disagree about the fields of a form.
Fields are cached: the same schemas at the same pointer give the same `Field` object.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import count

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.errors import SchemaError
from dossierkit.findings import Fault
from dossierkit.forms.fields import combined_schema
from dossierkit.forms.fields.applicable_schemas import Applicable, applicable_at, is_static
from dossierkit.forms.fields.field_kinds import entries_editor, field_shape
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.forms.fields.properties import Property, dependent_names, properties
from dossierkit.forms.fields.rows_and_entries import entry_schemas, fixed_row_count, row_schemas
from dossierkit.forms.schema.located_schemas import PER_FORM, Facet
from dossierkit.pointers import ABSENT, Json, child
from dossierkit.translatable import Words

#: Keywords of a group or list that apply to all fields below it.
_INHERITED = ("readOnly", "writeOnly")
#: Fields of a form; a schema that unfolds to more is refused.
MAX_FIELDS = 20_000
#: Rows that `minItems` requires and that are shown while they are blank; further ones are added by the user.
BLANK_ROWS = 20


def effective(form: Form, answers: Json, *, layout: Layout | None = None) -> Field:
    """The root field, with every field below it that holds for *answers*.

    Args:
        layout: the state of the page that answers cannot hold: open rows, chosen branches, names of entries.

    Raises:
        SchemaError: a reference cannot be resolved, or the form unfolds to more than MAX_FIELDS fields.
    """
    return _Walk(form, layout or Layout()).field((form.root,), answers, _Position("", "", True, frozenset()))


@attrs.frozen(cache_hash=True)
class _Position:
    """Where a field is, and what its ancestors decide about it."""

    pointer: str
    #: The name of its control; it differs from the pointer inside an entry whose name can be edited.
    control: str
    required: bool
    #: The schemas of all ancestors; one that applies again is recursive.
    ancestors: frozenset[Facet]
    #: The page shows this level, also of a recursive schema.
    shown: bool = False
    #: `readOnly` and `writeOnly` if an ancestor has them.
    inherited: frozenset[str] = frozenset()

    def child(self, name: str | int, *, required: bool, shown: bool = False) -> _Position:
        """The position of a member or element."""
        pointer = child(self.pointer, name)
        control = pointer if self.control == self.pointer else child(self.control, name)
        return _Position(pointer, control, required, self.ancestors, shown, self.inherited)


@attrs.frozen(eq=False)
class _Frame:
    """A field without its children, and what the answers below it cannot change."""

    field: Field
    #: The position from which those of the children are derived.
    inner: _Position
    #: The closed form of a field with recursive schemas; None for other fields.
    folded: Field | None = None
    #: The editor of free entries, if the group allows undeclared members.
    editor: Field | None = None
    #: Members required by `dependentRequired` → the children of the group.
    members: dict[frozenset[str], tuple[_Child, ...]] = attrs.field(factory=dict)
    #: Index → the row of the list; None if the schema forbids that row.
    rows: dict[int, _Child | None] = attrs.field(factory=dict)


@attrs.frozen
class _Child:
    """One member or row."""

    member: Property
    position: _Position
    #: The field with everything below it, if no answer can change any of it.
    static_field: Field | None
    #: Number of fields in *static_field*.
    size: int
    #: Deprecated: the field holds only if it has an answer already.
    deprecated: bool = False


@attrs.frozen(eq=False)
class _Traits:
    """Properties of the schemas of a member, independent of its position and of answers."""

    #: The schemas that apply to an empty value.
    applicable: Applicable
    #: No answer changes the schemas that apply, or the type.
    static: bool
    #: A schema has `dependentRequired`.
    dependent: bool
    deprecated: bool


#: Schemas that apply, position, declaration and type picked → the frame there.
_FRAMES = CacheSpec[tuple[Applicable, _Position, Property | None, str | int | None], _Frame]("frames", PER_FORM)
#: Shape, pointer and control → the field.
_FIELDS = CacheSpec[tuple[Field, str, str], Field]("fields", PER_FORM)
#: Field or shape, and its children → the field or shape with these children.
_PARENTS = CacheSpec[tuple[Field, tuple[Field, ...]], Field]("fields with children", PER_FORM)
#: Shape, inherited keywords and recursion → the shape with them.
_VARIANTS = CacheSpec[tuple[Field, frozenset[str], bool], Field]("variants of shapes", PER_FORM)
#: Schemas of a member → its traits.
_TRAITS = CacheSpec[tuple[Facet, ...], _Traits]("traits of members", PER_FORM)


@attrs.define
class _Walk:
    """Builds the tree of fields from the root down."""

    form: Form
    layout: Layout
    #: Control → picker → branches picked on the page.
    picks: dict[str, dict[str, tuple[int, ...]]] = attrs.field(init=False, factory=dict)
    field_count: int = attrs.field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        for (control, picker), branches in self.layout.branches.items():
            self.picks.setdefault(control, {})[picker] = branches

    def field(self, seeds: tuple[Facet, ...], value: Json, position: _Position, member: Property | None = None) -> Field:
        """The field of the schemas *seeds* at *position* with its children.

        Args:
            member: the declaration of the field in the group or list around it; None for the root and for free entries.
        """
        self._count(1)
        applicable = self._applicable(seeds, value, position)
        frame = self._frame(applicable, value, position, member)
        field = frame.field
        if field.leaf:
            return field
        if frame.folded is not None and value is ABSENT and not (position.shown or self._is_opened(field)):
            return frame.folded
        children = self._member_fields if field.kind is Kind.GROUP else self._row_fields
        return _with_children(self.form, field, tuple(children(applicable, frame, value)))

    def _count(self, fields: int) -> None:
        self.field_count += fields
        if self.field_count > MAX_FIELDS:
            raise SchemaError(
                [Fault("too-many-fields", "", Words("the form unfolds to more than {most} fields", most=MAX_FIELDS))]
            )

    def _is_opened(self, field: Field) -> bool:
        control = field.control
        return control in self.layout.opened or control in self.layout.rows or any(self.picks.get(control, {}).values())

    def _applicable(self, seeds: tuple[Facet, ...], value: Json, position: _Position) -> Applicable:
        # A group on the page is an empty group until it has an answer, so conditions on its members apply.
        picks = self.picks.get(position.control)
        return applicable_at(self.form.schemas, seeds, {} if value is ABSENT else value, picks)

    def _frame(self, applicable: Applicable, value: Json, position: _Position, member: Property | None) -> _Frame:
        picked_type: str | int | None = combined_schema.type_of(value) if value is not ABSENT and value is not None else None
        if (position.control, "type") in self.layout.branches:
            picked_type = next(iter(self.layout.branches[position.control, "type"]), "")
        cache, key = self.form.schemas.caches[_FRAMES], (applicable, position, member, picked_type)
        frame = cache.get(key)
        if frame is None:
            shape = field_shape(self.form, applicable, required=position.required, member=member, picked_type=picked_type)
            is_recursive = not (shape.leaf or position.ancestors.isdisjoint(applicable.facets))
            field = self._field_at(shape, position, recursive=is_recursive and shape.kind is Kind.GROUP)
            frame = _Frame(field, position) if field.leaf else self._container_frame(applicable, field, position, is_recursive)
            cache.keep(key, frame)
        return frame

    def _field_at(self, shape: Field, position: _Position, *, recursive: bool) -> Field:
        """The field of *shape* at *position*; the same object each time."""
        if position.inherited or recursive:
            variants, variant = self.form.schemas.caches[_VARIANTS], (shape, position.inherited, recursive)
            shape = variants.get(variant) or variants.keep(
                variant, attrs.evolve(shape, inherited=position.inherited, recursive=recursive)
            )
        fields, key = self.form.schemas.caches[_FIELDS], (shape, position.pointer, position.control)
        return fields.get(key) or fields.keep(
            key, attrs.evolve(shape, pointer=position.pointer, control=position.control, shape=shape)
        )

    def _container_frame(self, applicable: Applicable, field: Field, position: _Position, is_recursive: bool) -> _Frame:
        """The frame of *field*, a group or list."""
        inherited = position.inherited.union(keyword for keyword in _INHERITED if field.keywords.get(keyword) is True)
        ancestors = position.ancestors.union(facet for facet in applicable.facets if facet.schema is not True)
        inner = _Position(position.pointer, position.control, position.required, ancestors, inherited=inherited)
        folded = attrs.evolve(field, folded=field.recursive, shape=None) if is_recursive else None
        return _Frame(field, inner, folded, entries_editor(self.form, applicable, position.pointer, position.control))

    # --- groups -----------------------------------------------------------------------------------------------

    def _member_fields(self, applicable: Applicable, frame: _Frame, value: Json) -> Iterator[Field]:
        answers = value if isinstance(value, dict) else {}
        for member in self._members(applicable, frame, dependent_names(applicable, answers)):
            answer = answers.get(member.member.name, ABSENT)
            if not (member.deprecated and answer is ABSENT):
                yield self._child_field(member, answer)
        if frame.editor is not None:
            yield _with_children(self.form, frame.editor, tuple(self._entry_fields(applicable, value, frame.inner)))

    def _members(self, applicable: Applicable, frame: _Frame, dependent: frozenset[str]) -> tuple[_Child, ...]:
        members = frame.members.get(dependent)
        if members is None:
            declared = properties(self.form.schemas, applicable, dependent)
            members = tuple(self._child(entry, frame.inner.child(entry.name, required=entry.required)) for entry in declared)
            frame.members[dependent] = members
        return members

    def _child_field(self, entry: _Child, value: Json) -> Field:
        if entry.static_field is None:
            return self.field(entry.member.seeds, value, entry.position, entry.member)
        self._count(entry.size)
        return entry.static_field

    def _child(self, member: Property, position: _Position) -> _Child:
        count_before = self.field_count
        static_field = self._static_field(member, position)
        size, self.field_count = self.field_count - count_before, count_before
        deprecated = not (member.required or member.row) and self._traits(member).deprecated
        return _Child(member, position, static_field, size, deprecated)

    def _traits(self, member: Property) -> _Traits:
        cache = self.form.schemas.caches[_TRAITS]
        traits = cache.get(member.seeds)
        if traits is None:
            applicable = applicable_at(self.form.schemas, member.seeds, {})
            static = is_static(applicable) and len(combined_schema.types(applicable.facets)) == 1
            dependent = any(facet.get("dependentRequired") for facet in applicable.facets)
            deprecated = any(facet.get("deprecated") is True for facet in applicable.facets)
            traits = cache.keep(member.seeds, _Traits(applicable, static, dependent, deprecated))
        return traits

    def _static_field(self, member: Property, position: _Position) -> Field | None:
        """The field of *member* with everything below it, if no answer can change any of it; else None."""
        traits = self._traits(member)
        if not traits.static:
            return None
        self._count(1)
        frame = self._frame(traits.applicable, ABSENT, position, member)
        if frame.field.leaf:
            return frame.field
        if frame.field.kind is not Kind.GROUP or frame.folded is not None or frame.editor is not None or traits.dependent:
            return None
        members = self._members(traits.applicable, frame, frozenset())
        if any(entry.static_field is None or entry.deprecated for entry in members):
            return None
        return _with_children(self.form, frame.field, tuple(self._child_field(entry, ABSENT) for entry in members))

    def _entry_fields(self, applicable: Applicable, value: Json, position: _Position) -> Iterator[Field]:
        answers = value if isinstance(value, dict) else {}
        declared = {member.name for member in properties(self.form.schemas, applicable, dependent_names(applicable, answers))}
        free = [name for name in answers if name not in declared]
        for index, name in enumerate(self._entry_names(position.control + "/~e", free, declared)):
            row = f"/~e{index}"
            pointer = child(position.pointer, name) if name is not None else position.pointer + row
            # A named entry needs a value.
            required, ancestors, inherited = name is not None, position.ancestors, position.inherited
            entry_position = _Position(pointer, position.control + row, required, ancestors, shown=True, inherited=inherited)
            answer = answers.get(name, ABSENT) if name is not None else ABSENT
            yield self.field(entry_schemas(self.form, applicable, name), answer, entry_position)

    def _entry_names(self, editor: str, free: list[str], declared: set[str]) -> list[str | None]:
        """The names of the rows of an editor of free entries; None for a row without a name.

        First the rows of the page, then further *free* names of the answers.  Names are unique: the second `An` becomes
        `An (2)`, so that no entry replaces another one.
        """
        row_count = min(self.layout.rows.get(editor, 0), MAX_FIELDS)
        typed_names = [self.layout.names.get(f"{editor}{index}") for index in range(row_count)]
        listed_names = set(typed_names)
        unlisted_names = iter([name for name in free if name not in listed_names])
        used = set(declared)
        names: list[str | None] = []
        for typed in typed_names:
            if typed is None:
                name = next(unlisted_names, None)
            else:
                name = None if typed == "" and ("" in used or "" not in free) else free_name(typed, used)
            names.append(name)
            if name is not None:
                used.add(name)
        return names + [name for name in unlisted_names if name not in used]

    # --- lists ------------------------------------------------------------------------------------------------

    def _row_fields(self, applicable: Applicable, frame: _Frame, value: Json) -> Iterator[Field]:
        field = frame.field
        items = value if isinstance(value, list) else []
        fixed = fixed_row_count(applicable)
        least = int(field.keywords.get("minItems", 1 if field.required else 0)) if frame.folded is None else 0
        shown = self.layout.rows.get(field.control, min(least, BLANK_ROWS))
        for index in range(max(len(items), min(shown, MAX_FIELDS), fixed)):
            row = self._row(applicable, frame, index)
            if row is None:
                return
            yield self._child_field(row, items[index] if index < len(items) else ABSENT)

    def _row(self, applicable: Applicable, frame: _Frame, index: int) -> _Child | None:
        if index not in frame.rows:
            seeds = row_schemas(self.form, applicable, index)
            fixed = fixed_row_count(applicable)
            required = index < min(fixed, int(frame.field.keywords.get("minItems", 0)))
            position = frame.inner.child(index, required=required, shown=index >= fixed)
            member = Property("", seeds or (), False, row=True, positional=index < fixed)
            frame.rows[index] = None if seeds is None else self._child(member, position)
        return frame.rows[index]


def free_name(name: str, used: Collection[str]) -> str:
    """*name*, followed by a number in brackets if it is among *used*."""
    if name not in used:
        return name
    return next(numbered for number in count(2) if (numbered := f"{name} ({number})".lstrip()) not in used)


def _with_children(form: Form, field: Field, children: tuple[Field, ...]) -> Field:
    """*field* with *children*; the same object for the same children."""
    cache, key = form.schemas.caches[_PARENTS], (field, children)
    parent = cache.get(key)
    if parent is None:
        has_constant = any(below.kind is Kind.CONSTANT and below.required for below in children)
        only_constants = all(below.kind is Kind.CONSTANT for below in children)
        is_optional_group = field.kind is Kind.GROUP and not field.required and not field.pickers
        # No control inside such a group can tell whether it has an answer, so it gets one of its own.
        presence = has_constant and is_optional_group and (only_constants or not field.row)
        shape = _shape_with_children(form, field, children, presence)
        parent = cache.keep(key, attrs.evolve(field, children=children, presence=presence, shape=shape))
    return parent


def _shape_with_children(form: Form, field: Field, children: tuple[Field, ...], presence: bool) -> Field | None:
    """The shape of *field* with the shapes of *children*; None if one of them has no shape."""
    shapes = tuple(below.shape for below in children if below.shape is not None)
    if field.shape is None or len(shapes) < len(children):
        return None
    cache, key = form.schemas.caches[_PARENTS], (field.shape, shapes)
    return cache.get(key) or cache.keep(key, attrs.evolve(field.shape, children=shapes, presence=presence))
