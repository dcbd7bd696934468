"""Applicators: which schemas one schema brings to its place, always or under some answers, and the members they declare.

Nothing here looks at answers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from dossierkit.caches import CacheSpec
from dossierkit.forms.schema.facets import PER_FORM, Facet, Schemas
from dossierkit.pointers import child


def unconditional(schemas: Schemas, seeds: Iterable[Facet]) -> Iterator[Facet]:
    """*seeds* and what they reach by reference and `allOf` alone."""
    return _closure(seeds, lambda facet: unconditional_subschemas(schemas, facet))


def _closure(seeds: Iterable[Facet], below: Callable[[Facet], Iterable[Facet]]) -> Iterator[Facet]:
    """*seeds* and all that *below* leads to, each once, nearest first."""
    seen: set[Facet] = set()
    pending = deque(seeds)
    while pending:
        facet = pending.popleft()
        if facet not in seen:
            seen.add(facet)
            yield facet
            pending.extend(below(facet))


def unconditional_subschemas(schemas: Schemas, facet: Facet) -> Iterator[Facet]:
    """The schemas that hold wherever *facet* does."""
    for keyword in ("$ref", "$dynamicRef"):
        if isinstance(facet.get(keyword), str):
            yield schemas.target(facet, keyword)
    for index, item in enumerate(facet.get("allOf") or ()):
        yield schemas.below(facet, f"/allOf/{index}", item)


def members(schemas: Schemas, facets: Iterable[Facet]) -> Mapping[str, tuple[Facet, ...]]:
    """Each member that *facets* declare, with the schemas that they have for it, in their order."""
    found: dict[str, list[Facet]] = {}
    for facet in facets:
        for name, schema in (facet.get("properties") or {}).items():
            found.setdefault(name, []).append(schemas.below(facet, child("/properties", name), schema))
    return {name: tuple(below) for name, below in found.items()}


#: Schemas → the members that they declare under any answers.
_DECLARED = CacheSpec[tuple[Facet, ...], Mapping[str, tuple[Facet, ...]]]("declared members", PER_FORM)


def possible_members(schemas: Schemas, seeds: tuple[Facet, ...]) -> Mapping[str, tuple[Facet, ...]]:
    """Each member that *seeds* declare under any answers, with its schemas; worked out once."""
    cache = schemas.caches[_DECLARED]
    known = cache.get(seeds)
    return cache.keep(seeds, members(schemas, possible_schemas(schemas, seeds))) if known is None else known


def possible_schemas(schemas: Schemas, seeds: Iterable[Facet]) -> Iterator[Facet]:
    """*seeds* and every schema that could hold at the same place under some answers."""
    return _closure(
        seeds,
        lambda facet: chain(unconditional(schemas, (facet,)), (below for _, below in conditional_subschemas(schemas, facet))),
    )


def conditional_subschemas(schemas: Schemas, facet: Facet) -> Iterator[tuple[str, Facet]]:
    """The schemas that *facet* brings along under some answers, each with its place in it."""
    for keyword in ("then", "else"):
        if facet.get(keyword) is not None:
            yield f"/{keyword}", schemas.below(facet, f"/{keyword}", facet.schema[keyword])
    for name, item in (facet.get("dependentSchemas") or {}).items():
        at = child("/dependentSchemas", name)
        yield at, schemas.below(facet, at, item)
    for keyword in ("oneOf", "anyOf"):
        for index, item in enumerate(facet.get(keyword) or ()):
            yield f"/{keyword}/{index}", schemas.below(facet, f"/{keyword}/{index}", item)
