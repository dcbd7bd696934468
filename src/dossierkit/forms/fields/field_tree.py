"""A tree of fields: walked in page order, and looked up by pointer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.forms.fields.form import Field, Form, Kind, Section


def walk(field: Field) -> Iterator[Field]:
    """*field* and all fields below it, in page order."""
    yield field
    for below in field.children:
        yield from walk(below)


def is_settled(field: Field) -> bool:
    """Whether the client may change nothing in *field*, which is read only itself or in everything below it."""
    return field.read_only or bool(field.children and all(map(is_settled, field.children)))


def is_asked(form: Form, field: Field) -> bool:
    """Whether somebody can answer *field*, or something below it: it is not read only, constant or computed."""
    if field.read_only or field.kind is Kind.CONSTANT or any(one.at == field.pointer for one in form.computed):
        return False
    return not field.children or any(is_asked(form, below) for below in field.children)


def selection(field: Field, only: Collection[str]) -> Field:
    """*field* with those below it that stand at the pointers *only*, and what leads there."""
    kept = tuple(
        below if below.pointer in only else selection(below, only)
        for below in field.children
        if below.pointer in only or any(one.startswith(below.pointer + "/") for one in only)
    )
    return attrs.evolve(field, children=kept, shape=None)


@attrs.frozen(eq=False)
class Index:
    """The fields of one tree by their pointers, and the rank of each pointer in page order.

    The editor of free names shares its pointer with its group, which is the one that is found here.
    """

    fields: Mapping[str, Field]
    order: Mapping[str, int]
    #: Of the concern of `titles`: language → what the fields are called.
    names: dict[str, Any] = attrs.field(init=False, factory=dict)

    def nearest(self, pointer: str) -> str:
        """*pointer*, or the nearest one above it that has a field; else the root's."""
        while pointer not in self.fields and pointer:
            pointer = pointer.rpartition("/")[0]
        return pointer


def section_fields(form: Form, root: Field) -> Iterator[tuple[int, Section | None, tuple[Field, ...]]]:
    """The fields right below *root* as a page shows them: (number of the section, the section, its fields).

    What no section lists comes last, under number 0 and None.
    """
    if root.kind is not Kind.GROUP or root.pickers:
        yield 0, None, (root,)
        return
    left = {child.pointer + ("/~e" if child.kind is Kind.ENTRIES else ""): child for child in root.children}
    for number, section in enumerate(form.sections, 1):
        if listed := tuple(left.pop(pointer) for pointer in section.fields if pointer in left):
            yield number, section, listed
    if left:
        yield 0, None, tuple(left.values())


#: Root of a tree → its index.
_INDEXES = CacheSpec[Field, Index]("indexes", 256)


def index(form: Form, root: Field) -> Index:
    """The index of *root*, which `effective` made for *form*."""
    cache = form.schemas.caches[_INDEXES]
    tree = cache.get(root)
    if tree is None:
        shown = (field for _, _, fields in section_fields(form, root) for below in fields for field in walk(below))
        fields = {field.pointer: field for field in (root, *shown) if field.kind is not Kind.ENTRIES}
        tree = cache.keep(root, Index(fields, {pointer: rank for rank, pointer in enumerate(fields)}))
    return tree
