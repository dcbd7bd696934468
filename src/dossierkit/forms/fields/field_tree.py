"""The tree of fields that `effective` gives: walks in page order, sections, and look-up by pointer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.forms.fields.form import Field, Form, Kind, Section


def walk(field: Field) -> Iterator[Field]:
    """*field* and all fields below it, each before its children."""
    yield field
    for below in field.children:
        yield from walk(below)


def is_asked(form: Form, field: Field) -> bool:
    """Whether the user can answer *field*, or a field below it; not if it is read only, constant or computed."""
    if field.read_only or field.kind is Kind.CONSTANT or any(computed.at == field.pointer for computed in form.computed):
        return False
    return not field.children or any(is_asked(form, below) for below in field.children)


def selection(field: Field, pointers: Collection[str]) -> Field:
    """*field* with only the fields at *pointers*, everything below them, and their ancestors."""
    parts = (
        below if below.pointer in pointers else selection(below, pointers)
        for below in field.children
        if below.pointer in pointers or any(pointer.startswith(below.pointer + "/") for pointer in pointers)
    )
    # The editor of entries has the pointer of its group, so it comes with each member of the group.
    children = tuple(part for part in parts if part.kind is not Kind.ENTRIES or part.children or not part.partial)
    return attrs.evolve(field, children=children, partial=True, shape=None)


@attrs.frozen(eq=False)
class Index:
    """The fields of a tree by pointer.

    The editor of free entries has the pointer of its group, and is left out.
    """

    fields: Mapping[str, Field]
    #: Pointer → rank in page order.
    order: Mapping[str, int]
    #: Language → names of the fields; cached here by `words.titles`.
    names: dict[str, Any] = attrs.field(init=False, factory=dict)

    def nearest(self, pointer: str) -> str:
        """*pointer*, or else that of its nearest ancestor with a field."""
        while pointer not in self.fields and pointer:
            pointer = pointer.rpartition("/")[0]
        return pointer


def section_fields(form: Form, root: Field) -> Iterator[tuple[int, Section | None, tuple[Field, ...]]]:
    """The children of *root* by section, in page order: (number from 1, section, fields).

    Fields that no section lists come last, with number 0 and None.  A root that is not a plain group is one such field.
    """
    if root.kind is not Kind.GROUP or root.pickers:
        yield 0, None, (root,)
        return
    remaining = {child.pointer + ("/~e" if child.kind is Kind.ENTRIES else ""): child for child in root.children}
    for number, section in enumerate(form.sections, 1):
        if listed := tuple(remaining.pop(pointer) for pointer in section.fields if pointer in remaining):
            yield number, section, listed
    if remaining:
        yield 0, None, tuple(remaining.values())


#: Root of a tree → its index.
_INDEXES = CacheSpec[Field, Index]("indexes", 256)


def index(form: Form, root: Field) -> Index:
    """The index of *root*, a tree that `effective` gave for *form*; cached."""
    cache = form.schemas.caches[_INDEXES]
    tree = cache.get(root)
    if tree is None:
        page_order = (field for _, _, fields in section_fields(form, root) for below in fields for field in walk(below))
        fields = {field.pointer: field for field in (root, *page_order) if field.kind is not Kind.ENTRIES}
        tree = cache.keep(root, Index(fields, {pointer: rank for rank, pointer in enumerate(fields)}))
    return tree
