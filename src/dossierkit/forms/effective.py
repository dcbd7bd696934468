"""Schema × answers → the fields that hold now.

THE function of the engine: the renderer, the parser, the judge's placing, the red star and every view use it, so
they cannot disagree.  A field is made once for the same schemas at the same pointer and shared after that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from dossierkit.errors import SchemaError
from dossierkit.forms import merging
from dossierkit.forms.fields import entries, make
from dossierkit.forms.form import Fault, Field, Form, Kind, Layout
from dossierkit.forms.holding import Held
from dossierkit.forms.pointers import ABSENT, Json, child
from dossierkit.forms.properties import Property, properties
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
    return _Walk(form, layout or Layout()).field((form.root,), answers, _Place("", True, ()))


def walk(field: Field) -> Iterator[Field]:
    """*field* and all fields below it, in page order."""
    yield field
    for below in field.children:
        yield from walk(below)


@attrs.frozen
class _Place:
    pointer: str
    required: bool
    #: The schemas on the way down; meeting one again is recursion.
    above: tuple[frozenset[Facet], ...]


@attrs.define
class _Walk:
    form: Form
    layout: Layout
    count: int = 0

    def field(self, seeds: tuple[Facet, ...], value: Json, place: _Place, known: Property | None = None) -> Field:
        """The field of *seeds* at *place*, with its children."""
        self.count += 1
        if self.count > MAX_FIELDS:
            raise SchemaError([Fault("too-many-fields", "", f"the form unfolds to more than {MAX_FIELDS} fields")])
        held = self._held(seeds, value, place)
        field = self._made(held, value, place, known)
        if field.leaf:
            return field
        facets = frozenset(held.facets)
        recursive = any(facets & above for above in place.above)
        if recursive and value is ABSENT and not self._opened(place.pointer):
            return attrs.evolve(field, folded=True) if field.kind is Kind.GROUP else field
        inner = _Place(place.pointer, place.required, (*place.above, frozenset(f for f in facets if f.schema is not True)))
        if field.kind is Kind.GROUP:
            children = tuple(self._members(held, value, inner))
        else:
            children = tuple(self._rows(field, held, value, inner, recursive))
        return _with_children(self.form, field, children)

    def _opened(self, pointer: str) -> bool:
        return pointer in self.layout.opened or pointer in self.layout.rows

    def _held(self, seeds: tuple[Facet, ...], value: Json, place: _Place) -> Held:
        branches = self.layout.branches
        picks = {name: picked for (pointer, name), picked in branches.items() if pointer == place.pointer} if branches else None
        # A group that is on the page is judged as the empty group it is before anybody fills it.
        return hold_again(self.form.schemas, seeds, {} if value is ABSENT else value, picks)

    def _made(self, held: Held, value: Json, place: _Place, known: Property | None) -> Field:
        typed: str | int | None = merging.type_of(value) if value is not ABSENT and value is not None else None
        if (place.pointer, "type") in self.layout.branches:
            typed = next(iter(self.layout.branches[place.pointer, "type"]), "")
        return make(self.form, held, place.pointer, required=place.required, known=known, typed=typed)

    def _members(self, held: Held, value: Json, place: _Place) -> Iterator[Field]:
        members = value if isinstance(value, dict) else {}
        for member, pointer, leaf in self._plan(held, members, place.pointer):
            if leaf is not None:
                self.count += 1
                yield leaf
            else:
                below = _Place(pointer, member.required, place.above)
                yield self.field(member.seeds, members.get(member.name, ABSENT), below, member)
        free = entries(self.form, held, place.pointer)
        if free is not None:
            yield _with_children(self.form, free, tuple(self._entries(held, value, place)))

    def _plan(self, held: Held, members: Mapping[str, Json], pointer: str) -> tuple[tuple[Property, str, Field | None], ...]:
        """Each member with its pointer, and with its field where no answer can change it."""
        declared = properties(self.form.schemas, held, members)
        memo = self.form.schemas.memo
        name = ("plan", declared, pointer)
        known = memo.get(name)
        if not isinstance(known, tuple):
            at = [(member, child(pointer, member.name)) for member in declared]
            known = tuple((member, below, self._still(member, below)) for member, below in at)
            memo[name] = known
        return known

    def _still(self, member: Property, pointer: str) -> Field | None:
        held = self._held(member.seeds, ABSENT, _Place("?", False, ()))
        if not is_still(held) or len(merging.types(held.facets)) != 1:
            return None
        field = make(self.form, held, pointer, required=member.required, known=member, typed=None)
        return field if field.leaf else None

    def _entries(self, held: Held, value: Json, place: _Place) -> Iterator[Field]:
        members = value if isinstance(value, dict) else {}
        named = {member.name for member in properties(self.form.schemas, held, members)}
        free = [(name, item) for name, item in members.items() if name not in named]
        shown = max(len(free), self.layout.rows.get(place.pointer + "/~e", 0))
        for index in range(shown):
            name, item = free[index] if index < len(free) else (None, ABSENT)
            at = attrs.evolve(place, pointer=child(place.pointer, name) if name is not None else f"{place.pointer}/~e{index}")
            seeds = entry_seeds(self.form, held, name)
            yield _renamed(self.form, self.field(seeds, item, at), f"{place.pointer}/~e{index}")

    def _rows(self, field: Field, held: Held, value: Json, place: _Place, recursive: bool) -> Iterator[Field]:
        items = value if isinstance(value, list) else []
        fixed = [seeds_of(self.form, held, index) for index in range(prefix_length(held))]
        rest = seeds_of(self.form, held, len(fixed))
        least = 0 if recursive else min(int(field.keywords.get("minItems", 1 if field.required else 0)), BLANK_ROWS)
        shown = max(len(items), min(self.layout.rows.get(field.pointer, least), MAX_FIELDS), len(fixed))
        for index in range(shown):
            seeds = fixed[index] if index < len(fixed) else rest
            if seeds is None:
                return
            item = items[index] if index < len(items) else ABSENT
            at = attrs.evolve(place, pointer=child(field.pointer, index), required=False)
            yield self.field(seeds, item, at, Property("", seeds, False, row=True))


def entry_seeds(form: Form, held: Held, name: str | None) -> tuple[Facet, ...]:
    """The schemas of a free entry called *name* (of any entry where it has no name yet)."""
    seeds: list[Facet] = []
    for facet in held.facets:
        patterns = facet.get("patternProperties") or {}
        matched = False
        for pattern, schema in patterns.items():
            if name is None or form.schemas.matches(pattern, name):
                matched = True
                seeds.append(form.schemas.below(facet, child("/patternProperties", pattern), schema))
                if name is None:
                    break
        for keyword in ("additionalProperties", "unevaluatedProperties"):
            if not matched and isinstance(facet.get(keyword), dict):
                seeds.append(form.schemas.below(facet, f"/{keyword}", facet.schema[keyword]))
                matched = True
    return tuple(dict.fromkeys(seeds))


def prefix_length(held: Held) -> int:
    """How many elements of a list have a schema of their own."""
    return max((len(facet.get("prefixItems") or ()) for facet in held.facets), default=0)


def seeds_of(form: Form, held: Held, index: int) -> tuple[Facet, ...] | None:
    """The schemas of the element at *index*; None where there can be none."""
    seeds: list[Facet] = []
    for facet in held.facets:
        prefix = facet.get("prefixItems") or ()
        if index < len(prefix):
            pointer, schema = f"/prefixItems/{index}", prefix[index]
        elif facet.get("items") is not None:
            pointer, schema = "/items", facet.schema["items"]
        elif facet.get("unevaluatedItems") is not None:
            pointer, schema = "/unevaluatedItems", facet.schema["unevaluatedItems"]
        else:
            continue
        if schema is False:
            return None
        if schema is not True:
            seeds.append(form.schemas.below(facet, pointer, schema))
    return tuple(seeds)


def _renamed(form: Form, field: Field, control: str) -> Field:
    """*field* with controls named after its place in the editor, since its own name can be edited."""
    name = ("renamed", field, control)
    known = form.schemas.memo.get(name)
    if not isinstance(known, Field):
        known = _moved(field, field.pointer, control)
        form.schemas.memo[name] = known
    return known


def _moved(field: Field, pointer: str, control: str) -> Field:
    own = control + (field.control or field.pointer)[len(pointer) :]
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
