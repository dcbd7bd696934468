"""Applicators: keywords by which a schema applies further schemas to the same value, always or under conditions.

Nothing here depends on answers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from dossierkit.caches import CacheSpec
from dossierkit.forms.schema.located_schemas import PER_FORM, Facet, Schemas
from dossierkit.pointers import child


def unconditional(schemas: Schemas, seeds: Iterable[Facet]) -> Iterator[Facet]:
    """*seeds*, and the schemas that they apply by references and `allOf`."""
    return _closure(seeds, lambda facet: unconditional_subschemas(schemas, facet))


def _closure(seeds: Iterable[Facet], below: Callable[[Facet], Iterable[Facet]]) -> Iterator[Facet]:
    """*seeds* and the schemas that *below* leads to, directly or not; each once, nearest first."""
    seen: set[Facet] = set()
    pending = deque(seeds)
    while pending:
        facet = pending.popleft()
        if facet not in seen:
            seen.add(facet)
            yield facet
            pending.extend(below(facet))


def unconditional_subschemas(schemas: Schemas, facet: Facet) -> Iterator[Facet]:
    """The schemas that apply whenever *facet* does, by a reference or `allOf` in it."""
    for keyword in ("$ref", "$dynamicRef"):
        if isinstance(facet.get(keyword), str):
            yield schemas.target(facet, keyword)
    for index, item in enumerate(facet.get("allOf") or ()):
        yield schemas.below(facet, f"/allOf/{index}", item)


def members(schemas: Schemas, facets: Iterable[Facet]) -> Mapping[str, tuple[Facet, ...]]:
    """Member → its schemas in `properties` of *facets*, in the order of *facets*."""
    result: dict[str, list[Facet]] = {}
    for facet in facets:
        for name, schema in (facet.get("properties") or {}).items():
            result.setdefault(name, []).append(schemas.below(facet, child("/properties", name), schema))
    return {name: tuple(below) for name, below in result.items()}


#: Schemas → the members that they can declare.
_POSSIBLE_MEMBERS = CacheSpec[tuple[Facet, ...], Mapping[str, tuple[Facet, ...]]]("declared members", PER_FORM)


def possible_members(schemas: Schemas, seeds: tuple[Facet, ...]) -> Mapping[str, tuple[Facet, ...]]:
    """Member → its schemas, for all members that *seeds* declare for some value; cached."""
    cache = schemas.caches[_POSSIBLE_MEMBERS]
    result = cache.get(seeds)
    return cache.keep(seeds, members(schemas, possible_schemas(schemas, seeds))) if result is None else result


def possible_schemas(schemas: Schemas, seeds: Iterable[Facet]) -> Iterator[Facet]:
    """*seeds*, and every schema that they apply to the same value for some value."""
    return _closure(
        seeds,
        lambda facet: chain(unconditional(schemas, (facet,)), (below for _, below in conditional_subschemas(schemas, facet))),
    )


def conditional_subschemas(schemas: Schemas, facet: Facet) -> Iterator[tuple[str, Facet]]:
    """The schemas that *facet* applies for some values only, each with its pointer relative to *facet*."""
    for keyword in ("then", "else"):
        if facet.get(keyword) is not None:
            yield f"/{keyword}", schemas.below(facet, f"/{keyword}", facet.schema[keyword])
    for name, item in (facet.get("dependentSchemas") or {}).items():
        at = child("/dependentSchemas", name)
        yield at, schemas.below(facet, at, item)
    for keyword in ("oneOf", "anyOf"):
        for index, item in enumerate(facet.get(keyword) or ()):
            yield f"/{keyword}/{index}", schemas.below(facet, f"/{keyword}/{index}", item)
