"""Branches of `oneOf` and `anyOf`: what tells them apart, what a picker calls them, what each says of a value.

Nothing here looks at answers, so each question is worked out once for a schema.
"""

from __future__ import annotations

import json

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.forms.fields.applicators import unconditional
from dossierkit.forms.schema.dialect import Choice
from dossierkit.forms.schema.facets import PER_FORM, Facet, Schemas
from dossierkit.pointers import ABSENT, Json, child, key

#: So many values of a branch stand in its name.
_MOST_VALUES = 4


def is_constant(schemas: Schemas, branch: Facet) -> bool:
    """Whether *branch* stands for one value."""
    return constant_of(schemas, branch) is not ABSENT


def constant_of(schemas: Schemas, branch: Facet) -> Json:
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
    #: The values of that property, as `key` writes them, whose branch is deprecated.
    retired: frozenset[str] = frozenset()
    #: The branches as a picker offers them; empty where a property tells them apart.
    choices: tuple[Choice, ...] = ()


#: Schema and keyword → its branches.
_ALTERNATIVES = CacheSpec[tuple[Facet, str], Alternatives]("alternatives", PER_FORM)


def alternatives(schemas: Schemas, facet: Facet, keyword: str) -> Alternatives:
    """The branches of *keyword* in *facet*; worked out once."""
    cache, name = schemas.caches[_ALTERNATIVES], (facet, keyword)
    return cache.get(name) or cache.keep(name, _alternatives(schemas, facet, keyword))


def _alternatives(schemas: Schemas, facet: Facet, keyword: str) -> Alternatives:
    branches = [schemas.below(facet, f"/{keyword}/{index}", item) for index, item in enumerate(facet.schema[keyword])]
    if all(is_constant(schemas, branch) for branch in branches):
        return Alternatives(True, (), False, None)
    real = [branch for branch in branches if not _is_null(branch)]
    driver = discriminator(schemas, real) if len(real) > 1 else None
    pairs = tuple((branch, property_of(schemas, branch, driver)) for branch in real) if driver is not None else ()
    retired = frozenset(value for branch, own in pairs if is_deprecated(schemas, branch) for value in _fixed(schemas, own))
    choices = tuple(_choice(schemas, branch, index) for index, branch in enumerate(real)) if driver is None else ()
    return Alternatives(False, tuple(real), len(real) < len(branches), driver, pairs, retired, choices)


def is_deprecated(schemas: Schemas, facet: Facet) -> bool:
    """Whether *facet* is offered to nobody who has not answered it already."""
    return any(one.get("deprecated") is True for one in unconditional(schemas, (facet,)))


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


def _choice(schemas: Schemas, branch: Facet, index: int) -> Choice:
    """*branch* as a picker offers it."""
    return attrs.evolve(_named(schemas, branch, index), deprecated=is_deprecated(schemas, branch))


def _named(schemas: Schemas, branch: Facet, index: int) -> Choice:
    """How *branch* is called: by its title, its values, its format, an example, its type, or its place in the list."""
    facets = [facet for facet in unconditional(schemas, (branch,)) if isinstance(facet.schema, dict)]
    for facet in facets:
        title = facet.get("title")
        if isinstance(title, str) and title.strip():
            return Choice(index, title, facet.location + "/title")
    values = next(filter(None, (_values(facet) for facet in facets)), [])
    if values and not any(isinstance(value, dict | list) for value in values):
        if len(values) == 1 and isinstance(values[0], bool):
            return Choice(index, "", "word:true" if values[0] else "word:false")
        return Choice(
            index, ", ".join(map(_written, values[:_MOST_VALUES])) + (" …" if len(values) > _MOST_VALUES else ""), "word:named"
        )
    merged = {keyword: value for facet in reversed(facets) for keyword, value in facet.schema.items()}
    kind, examples = merged.get("type"), merged.get("examples")
    if isinstance(merged.get("format"), str) and kind in (None, "string"):
        return Choice(index, merged["format"], "format:")
    if isinstance(examples, list) and examples and isinstance(examples[0], str | int | float):
        return Choice(index, _written(examples[0]), "word:like")
    named = isinstance(kind, str) and kind != "object"
    return Choice(index, str(index + 1), f"word:type-{kind}" if named else "word:branch")


@attrs.frozen
class Profile:
    """What a branch says of any value, without its conditions."""

    kinds: tuple[Json, ...]
    names: frozenset[str]
    required: frozenset[str]
    #: Members that are declared nowhere have a schema.
    free: bool
    #: The only values there are, here and for each member, as `key` writes them.
    values: frozenset[str]
    fixed: tuple[tuple[str, frozenset[str]], ...]

    def contradicts(self, value: Json) -> bool:
        """Whether *value*, shown as this branch, would have to become another one."""
        if self.values and key(value) not in self.values:
            return True
        if not isinstance(value, dict):
            return False
        return any(name in value and key(value[name]) not in values for name, values in self.fixed)


#: Branch → its profile.
_PROFILES = CacheSpec[Facet, Profile]("profiles of branches", PER_FORM)


def branch_profile(schemas: Schemas, branch: Facet) -> Profile:
    """What *branch* says of any value; worked out once."""
    cache = schemas.caches[_PROFILES]
    return cache.get(branch) or cache.keep(branch, _profile(schemas, branch))


def _profile(schemas: Schemas, branch: Facet) -> Profile:
    facets = list(unconditional(schemas, (branch,)))
    names = frozenset(name for facet in facets for name in facet.get("properties") or {})
    fixed = ((name, frozenset(_fixed(schemas, property_of(schemas, branch, name)))) for name in sorted(names))
    return Profile(
        tuple(facet.get("type") for facet in facets if facet.get("type")),
        names,
        frozenset(name for facet in facets for name in facet.get("required") or ()),
        any(facet.get("patternProperties") or isinstance(facet.get("additionalProperties"), dict) for facet in facets),
        frozenset(_fixed(schemas, branch)),
        tuple((name, values) for name, values in fixed if values),
    )


def _values(facet: Facet) -> list[Json]:
    """The values that *facet* lists."""
    return [facet.schema["const"]] if "const" in facet.schema else list(facet.get("enum") or ())


def _written(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
