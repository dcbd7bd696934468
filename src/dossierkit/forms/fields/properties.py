"""The named members of a group: which there are, with which schemas, and which are required."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.forms.fields.applicable import Applicable
from dossierkit.forms.fields.applicators import possible_members, possible_schemas
from dossierkit.forms.fields.combined_schema import driver_choices
from dossierkit.forms.schema.dialect import Choice
from dossierkit.forms.schema.facets import PER_FORM, Facet, Schemas
from dossierkit.pointers import Json, child


@attrs.frozen(cache_hash=True)
class Property:
    """One member: its schemas, in the order in which their words count."""

    name: str
    seeds: tuple[Facet, ...]
    required: bool
    #: Set where the member picks a branch of the group.
    choices: tuple[Choice, ...] | None = None
    #: The values, as `key` writes them, that pick a deprecated branch of the group.
    retired: frozenset[str] = frozenset()
    #: It is an element of a list.
    row: bool = False
    #: Such an element with a schema of its own.
    place: bool = False


#: What holds, and the members that others make required → the members of the group.
_PROPERTIES = CacheSpec[tuple[Applicable, frozenset[str]], tuple[Property, ...]]("properties", PER_FORM)


def dependent_names(held: Applicable, members: Mapping[str, Json]) -> frozenset[str]:
    """What `dependentRequired` makes required, given the *members* that have a value."""
    return frozenset(
        needed
        for facet in held.facets
        for trigger, names in (facet.get("dependentRequired") or {}).items()
        if trigger in members
        for needed in names
    )


def properties(schemas: Schemas, held: Applicable, dependent: frozenset[str]) -> tuple[Property, ...]:
    """The members that *held* declares, in file order, where *dependent* ones are required besides."""
    cache, name = schemas.caches[_PROPERTIES], (held, dependent)
    known = cache.get(name)
    return cache.keep(name, tuple(_declared(schemas, held, dependent))) if known is None else known


def _declared(schemas: Schemas, held: Applicable, dependent: frozenset[str]) -> Iterator[Property]:
    # What decides about the rest is asked first.
    seeds: dict[str, list[Facet]] = {name: [] for name, branches in held.drivers if branches}
    for facet in held.facets:
        for name, schema in (facet.get("properties") or {}).items():
            if (facet, name) not in held.replaced:
                seeds.setdefault(name, []).append(schemas.below(facet, child("/properties", name), schema))
    required = dependent.union(*(facet.get("required") or () for facet in held.facets))
    _add_read(schemas, held, seeds)
    closed = any(facet.get("additionalProperties") is False for facet in held.facets)
    for name in sorted(required - seeds.keys()) if not closed else ():
        seeds[name] = []
    for name, found in seeds.items():
        if any(seed.schema is False for seed in found):
            continue
        driven = driver_choices(schemas, held, name)
        choices, says = driven if driven else (None, ())
        own = tuple(seed for seed in found if seed.schema is not True)
        retired = frozenset(value for driver, value in held.retired if driver == name)
        yield Property(name, own or says[:1], _is_required(schemas, held, name, required), choices, retired)


def _is_required(schemas: Schemas, held: Applicable, name: str, required: frozenset[str]) -> bool:
    """A discriminator is required where every branch requires it, picked or not."""
    if name in required:
        return True
    for driver, branches in held.drivers:
        if driver == name and branches:
            return all(
                any(name in (f.get("required") or ()) for f in possible_schemas(schemas, (branch,))) for branch, _ in branches
            )
    return False


def _add_read(schemas: Schemas, held: Applicable, seeds: dict[str, list[Facet]]) -> None:
    """What a condition looks at always holds: else its answer could never change the condition."""
    dormant = possible_members(schemas, held.dormant)
    for condition in held.conditions:
        for name in possible_members(schemas, (condition,)):
            if name not in seeds and name in dormant:
                seeds[name] = list(dormant[name][:1])
