"""Every place of a form as its file declares it, whatever the answers: for lint, and for pointers in files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from dossierkit.forms.fields.applicators import members, possible_members, possible_schemas
from dossierkit.forms.fields.form import Form
from dossierkit.forms.schema.facets import Facet
from dossierkit.pointers import child, split

#: How deep lint looks; recursion has no end of its own.
MAX_DEPTH = 40


@attrs.frozen
class Place:
    """A place in the answers and every schema that can hold there.  Rows are written `*`."""

    pointer: str
    facets: tuple[Facet, ...]
    #: Those of *facets* that lead to the others.
    seeds: tuple[Facet, ...]

    def names(self) -> frozenset[str]:
        """The members that some schema declares here."""
        return frozenset(name for facet in self.facets for name in facet.get("properties") or {})


def places(form: Form) -> Iterator[Place]:
    """Every place below the root, each set of schemas once on the way down."""
    seen: set[frozenset[Facet]] = set()
    pending: list[tuple[str, tuple[Facet, ...], int]] = [("", (form.root,), 0)]
    while pending:
        pointer, seeds, depth = pending.pop()
        place = Place(pointer, tuple(possible_schemas(form.schemas, seeds)), seeds)
        marks = frozenset(f for f in place.facets if isinstance(f.schema, dict))
        if marks in seen or depth > MAX_DEPTH:
            continue
        seen.add(marks)
        yield place
        pending.extend((at, below, depth + 1) for at, below in _below(form, place))


def _below(form: Form, place: Place) -> Iterator[tuple[str, tuple[Facet, ...]]]:
    for name, below in sorted(members(form.schemas, place.facets).items()):
        yield child(place.pointer, name), below
    rows = items(form, place.facets)
    if rows:
        yield child(place.pointer, "*"), rows


def items(form: Form, facets: Iterable[Facet]) -> tuple[Facet, ...]:
    """The schemas that *facets* have for any element."""
    found: list[Facet] = []
    for facet in facets:
        for index, item in enumerate(facet.get("prefixItems") or ()):
            found.append(form.schemas.below(facet, f"/prefixItems/{index}", item))
        if isinstance(facet.get("items"), dict):
            found.append(form.schemas.below(facet, "/items", facet.schema["items"]))
    return tuple(found)


def is_declared(form: Form, pointer: str) -> bool:
    """Whether the file declares a field at *pointer*; any number stands for a row."""
    seeds: tuple[Facet, ...] = (form.root,)
    for token in split(pointer):
        below = possible_members(form.schemas, seeds).get(token, ())
        if not below and token.removeprefix("*").isdigit() | token.startswith("*"):
            below = items(form, possible_schemas(form.schemas, seeds))
        if not below:
            return False
        seeds = below
    return True
