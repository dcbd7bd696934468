"""Which schemas meet at one place under some answers, and what they have in common.

Static questions about facets: what they reach by reference, what they fix to one value, what they declare.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import attrs

from dossierkit.forms.form import Choice
from dossierkit.forms.pointers import ABSENT, Json, child, key
from dossierkit.forms.schemas import BASE, MAIN, Facet, Schemas


def located(facet: Facet, suffix: str = "") -> tuple[str, str]:
    """The file (empty for the procedure's own) and the pointer of *facet*."""
    uri, _, pointer = facet.location.partition("#")
    return ("" if uri == MAIN else uri.removeprefix(BASE)), pointer + suffix


def unconditional(schemas: Schemas, seeds: Iterable[Facet]) -> Iterator[Facet]:
    """*seeds* and what they reach by reference and `allOf` alone."""
    return _closure(seeds, lambda facet: _always(schemas, facet))


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


def _always(schemas: Schemas, facet: Facet) -> Iterator[Facet]:
    for keyword in ("$ref", "$dynamicRef"):
        if isinstance(facet.get(keyword), str):
            yield schemas.target(facet, keyword)
    for index, item in enumerate(facet.get("allOf") or ()):
        yield schemas.below(facet, f"/allOf/{index}", item)


def is_constant(schemas: Schemas, branch: Facet) -> bool:
    """Whether *branch* stands for one value."""
    return constant(schemas, branch) is not ABSENT


def constant(schemas: Schemas, branch: Facet) -> Json:
    """The one value of *branch*, or ABSENT."""
    for facet in unconditional(schemas, (branch,)):
        if isinstance(facet.schema, dict):
            if "const" in facet.schema:
                return facet.schema["const"]
            if len(facet.schema.get("enum") or ()) == 1:
                return facet.schema["enum"][0]
    return ABSENT


def discriminator(schemas: Schemas, branches: list[Facet]) -> str | None:
    """The property that each of *branches* fixes to values of its own, if there is one."""
    seen: dict[str, set[str]] = {}
    for index, branch in enumerate(branches):
        values: dict[str, set[str]] = {}
        for facet in unconditional(schemas, (branch,)):
            for name in facet.get("properties") or {}:
                fixed = _fixed(schemas, property_of(schemas, branch, name))
                if fixed:
                    values[name] = fixed
        seen = {n: seen.get(n, set()) | v for n, v in values.items() if index == 0 or (n in seen and not seen[n] & v)}
    return next(iter(seen), None)


@attrs.frozen
class Alternatives:
    """What is known of a `oneOf` or `anyOf` without looking at any answer."""

    #: Every branch stands for one value: they are choices of a field, not alternatives.
    constant: bool
    #: The branches but for those that are only null.
    real: tuple[Facet, ...]
    #: One of the branches is only null.
    nullable: bool
    #: The property that tells the branches apart, and what each of them has for it.
    driver: str | None
    pairs: tuple[tuple[Facet, Facet], ...] = ()


def alternatives(schemas: Schemas, facet: Facet, keyword: str) -> Alternatives:
    """The branches of *keyword* in *facet*; worked out once."""
    known = schemas.memo.get(("alternatives", facet, keyword))
    if known is None:
        known = schemas.memo["alternatives", facet, keyword] = _alternatives(schemas, facet, keyword)
    assert isinstance(known, Alternatives)
    return known


def _alternatives(schemas: Schemas, facet: Facet, keyword: str) -> Alternatives:
    branches = [schemas.below(facet, f"/{keyword}/{index}", item) for index, item in enumerate(facet.schema[keyword])]
    if all(is_constant(schemas, branch) for branch in branches):
        return Alternatives(True, (), False, None)
    real = [branch for branch in branches if not _is_null(branch)]
    driver = discriminator(schemas, real) if len(real) > 1 else None
    pairs = tuple((branch, property_of(schemas, branch, driver)) for branch in real) if driver is not None else ()
    return Alternatives(False, tuple(real), len(real) < len(branches), driver, pairs)


def _is_null(facet: Facet) -> bool:
    return facet.get("type") == "null" or (isinstance(facet.schema, dict) and facet.schema.get("const", 0) is None)


def _fixed(schemas: Schemas, facet: Facet) -> set[str]:
    for one in unconditional(schemas, (facet,)):
        if isinstance(one.schema, dict) and "const" in one.schema:
            return {key(one.schema["const"])}
        if one.get("enum"):
            return {key(value) for value in one.schema["enum"]}
    return set()


def property_of(schemas: Schemas, branch: Facet, name: str) -> Facet:
    """The schema that *branch* has for its member *name*."""
    for facet in unconditional(schemas, (branch,)):
        properties = facet.get("properties") or {}
        if name in properties:
            return schemas.below(facet, child("/properties", name), properties[name])
    raise AssertionError(f"{name} is not declared in {branch.location}")  # pragma: no cover  # the caller found it there


def branch_choice(schemas: Schemas, branch: Facet, index: int) -> Choice:
    """How *branch* is called: by its title, or else by its place in the list."""
    for facet in unconditional(schemas, (branch,)):
        title = facet.get("title")
        if isinstance(title, str) and title.strip():
            return Choice(index, title, facet.location + "/title")
    kind = next((f.get("type") for f in unconditional(schemas, (branch,)) if isinstance(f.get("type"), str)), None)
    return Choice(index, str(index + 1), f"word:type-{kind}" if kind and kind != "object" else "word:branch")


def declared_names(schemas: Schemas, seeds: tuple[Facet, ...]) -> frozenset[str]:
    """Every property that *seeds* declare under any answers."""
    known = schemas.memo.get(("names", seeds))
    if known is None:
        known = frozenset(name for facet in reachable(schemas, seeds) for name in facet.get("properties") or {})
        schemas.memo["names", seeds] = known
    assert isinstance(known, frozenset)
    return known


def reachable(schemas: Schemas, seeds: Iterable[Facet]) -> Iterator[Facet]:
    """*seeds* and every schema that could hold at the same place under some answers."""
    return _closure(seeds, lambda facet: chain(unconditional(schemas, (facet,)), _sometimes(schemas, facet)))


def _sometimes(schemas: Schemas, facet: Facet) -> Iterator[Facet]:
    for keyword in ("then", "else"):
        if facet.get(keyword) is not None:
            yield schemas.below(facet, f"/{keyword}", facet.schema[keyword])
    for name, item in (facet.get("dependentSchemas") or {}).items():
        yield schemas.below(facet, child("/dependentSchemas", name), item)
    for keyword in ("oneOf", "anyOf"):
        for index, item in enumerate(facet.get(keyword) or ()):
            yield schemas.below(facet, f"/{keyword}/{index}", item)
