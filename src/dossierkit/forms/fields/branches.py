"""Branches of `oneOf` and `anyOf`: their discriminator, their names in a picker, and a profile of the values of each.

Nothing here depends on answers, so results are cached for each schema.
"""

from __future__ import annotations

import json

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.forms.fields.applicators import unconditional
from dossierkit.forms.schema.dialect import Choice
from dossierkit.forms.schema.located_schemas import PER_FORM, Facet, Schemas
from dossierkit.pointers import ABSENT, Json, child, key

#: Values in the name of a branch.
_MAX_VALUES = 4


def is_constant(schemas: Schemas, branch: Facet) -> bool:
    """Whether *branch* allows a single value."""
    return constant_of(schemas, branch) is not ABSENT


def constant_of(schemas: Schemas, branch: Facet) -> Json:
    """The single value that *branch* allows, or ABSENT."""
    for facet in unconditional(schemas, (branch,)):
        if isinstance(facet.schema, dict):
            if "const" in facet.schema:
                return facet.schema["const"]
            if len(facet.schema.get("enum") or ()) == 1:
                return facet.schema["enum"][0]
    return ABSENT


def discriminator(schemas: Schemas, branches: list[Facet]) -> str | None:
    """The property that each of *branches* fixes to values of its own; None if there is none."""
    candidates: dict[str, set[str]] = {}
    for index, branch in enumerate(branches):
        values: dict[str, set[str]] = {}
        for facet in unconditional(schemas, (branch,)):
            for name in facet.get("properties") or {}:
                if own := _enumerated_values(schemas, property_of(schemas, branch, name)):
                    values[name] = own
        candidates = {
            name: candidates.get(name, set()) | own
            for name, own in values.items()
            if index == 0 or (name in candidates and candidates[name].isdisjoint(own))
        }
    return next(iter(candidates), None)


@attrs.frozen
class Alternatives:
    """The branches of one `oneOf` or `anyOf`."""

    #: Each branch is one constant: the branches are the choices of a field.
    constant: bool
    #: The branches, without those that allow only null.
    branches: tuple[Facet, ...]
    #: One of the branches allows only null.
    nullable: bool
    #: The property that tells the branches apart, if there is one.
    discriminator: str | None
    #: (branch, its schema of the discriminator).
    pairs: tuple[tuple[Facet, Facet], ...] = ()
    #: The values of the discriminator, as `key` writes them, of deprecated branches.
    deprecated: frozenset[str] = frozenset()
    #: The branches as choices of a picker; empty with a discriminator.
    choices: tuple[Choice, ...] = ()


#: Schema and keyword → its branches.
_ALTERNATIVES = CacheSpec[tuple[Facet, str], Alternatives]("alternatives", PER_FORM)


def alternatives(schemas: Schemas, facet: Facet, keyword: str) -> Alternatives:
    """The branches of *keyword* in *facet*; cached."""
    cache, name = schemas.caches[_ALTERNATIVES], (facet, keyword)
    return cache.get(name) or cache.keep(name, _alternatives(schemas, facet, keyword))


def _alternatives(schemas: Schemas, facet: Facet, keyword: str) -> Alternatives:
    branches = [schemas.below(facet, f"/{keyword}/{index}", item) for index, item in enumerate(facet.schema[keyword])]
    if all(is_constant(schemas, branch) for branch in branches):
        return Alternatives(True, (), False, None)
    others = tuple(branch for branch in branches if not _is_null(branch))
    nullable = len(others) < len(branches)
    name = discriminator(schemas, list(others)) if len(others) > 1 else None
    if name is None:
        choices = tuple(_choice(schemas, branch, index) for index, branch in enumerate(others))
        return Alternatives(False, others, nullable, None, choices=choices)
    pairs = tuple((branch, property_of(schemas, branch, name)) for branch in others)
    deprecated = frozenset(
        value for branch, own in pairs if is_deprecated(schemas, branch) for value in _enumerated_values(schemas, own)
    )
    return Alternatives(False, others, nullable, name, pairs, deprecated)


def is_deprecated(schemas: Schemas, facet: Facet) -> bool:
    """Whether *facet*, or a schema that always applies with it, is deprecated."""
    return any(schema.get("deprecated") is True for schema in unconditional(schemas, (facet,)))


def _is_null(facet: Facet) -> bool:
    return facet.get("type") == "null" or (isinstance(facet.schema, dict) and facet.schema.get("const", 0) is None)


def _enumerated_values(schemas: Schemas, facet: Facet) -> set[str]:
    """The values of the first `const` or `enum` of *facet*, as `key` writes them; empty if it has none."""
    for applied in unconditional(schemas, (facet,)):
        if isinstance(applied.schema, dict) and "const" in applied.schema:
            return {key(applied.schema["const"])}
        if applied.get("enum"):
            return {key(value) for value in applied.schema["enum"]}
    return set()


def property_of(schemas: Schemas, branch: Facet, name: str) -> Facet:
    """The schema that *branch* declares for the property *name*."""
    for facet in unconditional(schemas, (branch,)):
        properties = facet.get("properties") or {}
        if name in properties:
            return schemas.below(facet, child("/properties", name), properties[name])
    raise AssertionError(f"{name} is not declared in {branch.location}")  # pragma: no cover  # the callers took it from there


def _choice(schemas: Schemas, branch: Facet, index: int) -> Choice:
    """*branch* as a choice of a picker."""
    return attrs.evolve(_named(schemas, branch, index), deprecated=is_deprecated(schemas, branch))


def _named(schemas: Schemas, branch: Facet, index: int) -> Choice:
    """*branch* under a name: its title, its values, its format, an example, its type, or else its number."""
    facets = [facet for facet in unconditional(schemas, (branch,)) if isinstance(facet.schema, dict)]
    for facet in facets:
        title = facet.get("title")
        if isinstance(title, str) and title.strip():
            return Choice(index, title, facet.location + "/title")
    values = next(filter(None, (_listed_values(facet) for facet in facets)), [])
    if values and not any(isinstance(value, dict | list) for value in values):
        if len(values) == 1 and isinstance(values[0], bool):
            return Choice(index, "", "word:true" if values[0] else "word:false")
        more = " …" if len(values) > _MAX_VALUES else ""
        return Choice(index, ", ".join(map(_text, values[:_MAX_VALUES])) + more, "word:named")
    merged = {keyword: value for facet in reversed(facets) for keyword, value in facet.schema.items()}
    type_name, examples = merged.get("type"), merged.get("examples")
    if isinstance(merged.get("format"), str) and type_name in (None, "string"):
        return Choice(index, merged["format"], "format:")
    if isinstance(examples, list) and examples and isinstance(examples[0], str | int | float):
        return Choice(index, _text(examples[0]), "word:like")
    has_type = isinstance(type_name, str) and type_name != "object"
    return Choice(index, str(index + 1), f"word:type-{type_name}" if has_type else "word:branch")


@attrs.frozen
class Profile:
    """The unconditional requirements of a branch."""

    #: The values of the keyword `type`; all of them apply.
    types: tuple[Json, ...]
    #: The declared members.
    names: frozenset[str]
    #: The required members.
    required: frozenset[str]
    #: Undeclared members have a schema.
    free: bool
    #: The allowed values, as `key` writes them; empty if they are not enumerated.
    values: frozenset[str]
    #: (member, its allowed values) of each member whose values are enumerated.
    member_values: tuple[tuple[str, frozenset[str]], ...]

    def contradicts(self, value: Json) -> bool:
        """Whether enumerated values of the branch exclude *value* or one of its members."""
        if self.values and key(value) not in self.values:
            return True
        if not isinstance(value, dict):
            return False
        return any(name in value and key(value[name]) not in values for name, values in self.member_values)


#: Branch → its profile.
_PROFILES = CacheSpec[Facet, Profile]("profiles of branches", PER_FORM)


def branch_profile(schemas: Schemas, branch: Facet) -> Profile:
    """The profile of *branch*; cached."""
    cache = schemas.caches[_PROFILES]
    return cache.get(branch) or cache.keep(branch, _profile(schemas, branch))


def _profile(schemas: Schemas, branch: Facet) -> Profile:
    facets = list(unconditional(schemas, (branch,)))
    names = frozenset(name for facet in facets for name in facet.get("properties") or {})
    member_values = ((name, frozenset(_enumerated_values(schemas, property_of(schemas, branch, name)))) for name in sorted(names))
    return Profile(
        tuple(facet.get("type") for facet in facets if facet.get("type")),
        names,
        frozenset(name for facet in facets for name in facet.get("required") or ()),
        any(facet.get("patternProperties") or isinstance(facet.get("additionalProperties"), dict) for facet in facets),
        frozenset(_enumerated_values(schemas, branch)),
        tuple((name, values) for name, values in member_values if values),
    )


def _listed_values(facet: Facet) -> list[Json]:
    """The values of `const` or `enum` in *facet*."""
    return [facet.schema["const"]] if "const" in facet.schema else list(facet.get("enum") or ())


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
