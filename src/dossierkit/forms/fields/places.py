"""The places of a form for any answers, as its file declares them: for lint, and for pointers in files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from dossierkit.forms.fields.applicators import members, possible_members, possible_schemas
from dossierkit.forms.fields.form import Form
from dossierkit.forms.schema.located_schemas import Facet
from dossierkit.pointers import child, split

#: Depth of the places that are listed; a recursive schema has no last one.
MAX_DEPTH = 40


@attrs.frozen
class Place:
    """A position in the answers, with every schema that can apply there."""

    #: JSON Pointer, with `*` for any row of a list.
    pointer: str
    facets: tuple[Facet, ...]
    #: The schemas from which all *facets* are reached.
    seeds: tuple[Facet, ...]

    def names(self) -> frozenset[str]:
        """The members that a schema of this place declares."""
        return frozenset(name for facet in self.facets for name in facet.get("properties") or {})


def places(form: Form) -> Iterator[Place]:
    """The root and every place below it; a set of schemas that repeats is listed once."""
    seen: set[frozenset[Facet]] = set()
    pending: list[tuple[str, tuple[Facet, ...], int]] = [("", (form.root,), 0)]
    while pending:
        pointer, seeds, depth = pending.pop()
        place = Place(pointer, tuple(possible_schemas(form.schemas, seeds)), seeds)
        facets = frozenset(facet for facet in place.facets if isinstance(facet.schema, dict))
        if facets in seen or depth > MAX_DEPTH:
            continue
        seen.add(facets)
        yield place
        pending.extend((at, below, depth + 1) for at, below in _below(form, place))


def _below(form: Form, place: Place) -> Iterator[tuple[str, tuple[Facet, ...]]]:
    for name, below in sorted(members(form.schemas, place.facets).items()):
        yield child(place.pointer, name), below
    rows = items(form, place.facets)
    if rows:
        yield child(place.pointer, "*"), rows


def items(form: Form, facets: Iterable[Facet]) -> tuple[Facet, ...]:
    """The schemas of elements in *facets*: those of each position, and of all others."""
    result: list[Facet] = []
    for facet in facets:
        for index, item in enumerate(facet.get("prefixItems") or ()):
            result.append(form.schemas.below(facet, f"/prefixItems/{index}", item))
        if isinstance(facet.get("items"), dict):
            result.append(form.schemas.below(facet, "/items", facet.schema["items"]))
    return tuple(result)


def is_declared(form: Form, pointer: str) -> bool:
    """Whether *form* declares a field at *pointer*; any number, or `*`, names a row."""
    seeds: tuple[Facet, ...] = (form.root,)
    for token in split(pointer):
        below = possible_members(form.schemas, seeds).get(token, ())
        if not below and token.removeprefix("*").isdigit() | token.startswith("*"):
            below = items(form, possible_schemas(form.schemas, seeds))
        if not below:
            return False
        seeds = below
    return True
