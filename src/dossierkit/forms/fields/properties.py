"""The declared members of a group: their schemas, whether they are required, and the choices of a discriminator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.forms.fields import combined_schema
from dossierkit.forms.fields.applicable_schemas import Applicable
from dossierkit.forms.fields.applicators import possible_members, possible_schemas, unconditional
from dossierkit.forms.schema.dialect import Choice
from dossierkit.forms.schema.located_schemas import PER_FORM, Facet, Schemas
from dossierkit.pointers import Json, child


@attrs.frozen(cache_hash=True)
class Property:
    """The declaration of a member of a group, or of a row of a list."""

    name: str
    #: Its schemas; of several texts for the same thing, that of the first schema is used.
    seeds: tuple[Facet, ...]
    required: bool
    #: The values of a discriminator, with the titles of their branches; None for other members.
    choices: tuple[Choice, ...] | None = None
    #: The values of a discriminator, as `key` writes them, whose branch is deprecated.
    deprecated: frozenset[str] = frozenset()
    #: It is an element of a list.
    row: bool = False
    #: It is an element with a schema for its position (`prefixItems`).
    positional: bool = False


#: Schemas that apply, and members required by `dependentRequired` → the members of the group.
_PROPERTIES = CacheSpec[tuple[Applicable, frozenset[str]], tuple[Property, ...]]("properties", PER_FORM)


def dependent_names(applicable: Applicable, answers: Mapping[str, Json]) -> frozenset[str]:
    """The members that `dependentRequired` makes required, given the members with *answers*."""
    return frozenset(
        name
        for facet in applicable.facets
        for trigger, names in (facet.get("dependentRequired") or {}).items()
        if trigger in answers
        for name in names
    )


def properties(schemas: Schemas, applicable: Applicable, dependent: frozenset[str]) -> tuple[Property, ...]:
    """The members that *applicable* declares, in page order: discriminators of branches first, then file order; cached.

    Args:
        dependent: members that are required beside those of `required`.
    """
    cache, key = schemas.caches[_PROPERTIES], (applicable, dependent)
    members = cache.get(key)
    return cache.keep(key, tuple(_properties(schemas, applicable, dependent))) if members is None else members


def _properties(schemas: Schemas, applicable: Applicable, dependent: frozenset[str]) -> Iterator[Property]:
    seeds: dict[str, list[Facet]] = {name: [] for name, branches in applicable.discriminators if branches}
    for facet in applicable.facets:
        for name, schema in (facet.get("properties") or {}).items():
            if (facet, name) not in applicable.replaced:
                seeds.setdefault(name, []).append(schemas.below(facet, child("/properties", name), schema))
    required = dependent.union(*(facet.get("required") or () for facet in applicable.facets))
    _add_condition_members(schemas, applicable, seeds)
    closed = any(facet.get("additionalProperties") is False for facet in applicable.facets)
    for name in sorted(required - seeds.keys()) if not closed else ():
        seeds[name] = []
    for name, declarations in seeds.items():
        if any(seed.schema is False for seed in declarations):
            continue
        own = tuple(seed for seed in declarations if seed.schema is not True)
        choices, sources = _discriminator_choices(schemas, applicable, name) or (None, ())
        deprecated = frozenset(value for discriminator, value in applicable.deprecated if discriminator == name)
        yield Property(name, own or sources[:1], _is_required(schemas, applicable, name, required), choices, deprecated)


def _is_required(schemas: Schemas, applicable: Applicable, name: str, required: frozenset[str]) -> bool:
    """Whether *name* is required; a discriminator also is if every branch requires it, chosen or not."""
    if name in required:
        return True
    for discriminator, branches in applicable.discriminators:
        if discriminator == name and branches:
            return all(
                any(name in (facet.get("required") or ()) for facet in possible_schemas(schemas, (branch,)))
                for branch, _ in branches
            )
    return False


def _add_condition_members(schemas: Schemas, applicable: Applicable, seeds: dict[str, list[Facet]]) -> None:
    """Add members that an `if` reads and only a dormant branch declares: without a field, the condition could never change."""
    dormant = possible_members(schemas, applicable.dormant)
    for condition in applicable.conditions:
        for name in possible_members(schemas, (condition,)):
            if name not in seeds and name in dormant:
                seeds[name] = list(dormant[name][:1])


def _discriminator_choices(
    schemas: Schemas, applicable: Applicable, name: str
) -> tuple[tuple[Choice, ...], tuple[Facet, ...]] | None:
    """The values of the discriminator *name* with the titles of their branches, and the schemas that list them.

    None if *name* is not a discriminator, or is declared outside of the branches.
    """
    for discriminator, branches in applicable.discriminators:
        if discriminator == name and branches:
            choices: list[Choice] = []
            for branch, own in branches:
                values = combined_schema.choices(schemas, unconditional(schemas, (own,))) or ()
                title = _branch_title(schemas, branch)
                choices += [_with_branch_title(choice, title) if len(values) == 1 else choice for choice in values]
            return tuple(choices), tuple(own for _, own in branches)
    return None


def _with_branch_title(choice: Choice, title: tuple[str, str] | None) -> Choice:
    """*choice* with the *title* of its branch (text, origin), unless it has a title of its own."""
    return Choice(choice.value, *title, choice.deprecated) if title and not choice.origin else choice


def _branch_title(schemas: Schemas, branch: Facet) -> tuple[str, str] | None:
    for facet in unconditional(schemas, (branch,)):
        title = facet.get("title")
        if isinstance(title, str) and title.strip():
            return title, facet.location + "/title"
    return None
