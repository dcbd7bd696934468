"""Several schemas that hold at one place, read as one: its type, its constraints, its choices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from dossierkit.forms.fields.applicable import Applicable
from dossierkit.forms.fields.applicators import unconditional
from dossierkit.forms.fields.branches import constant_of, is_constant, is_deprecated
from dossierkit.forms.schema.dialect import Choice
from dossierkit.forms.schema.facets import Facet, Schemas
from dossierkit.pointers import ABSENT, Json, key

ALL_TYPES = ("string", "number", "boolean", "object", "array", "null")

_HINTS = {
    "object": "properties patternProperties additionalProperties unevaluatedProperties propertyNames required "
    "minProperties maxProperties dependentRequired dependentSchemas",
    "array": "items prefixItems contains minItems maxItems uniqueItems unevaluatedItems minContains maxContains",
    "string": "minLength maxLength pattern format contentMediaType contentEncoding x-file x-options",
    "number": "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf",
}
_HINTED = {keyword: kind for kind, keywords in _HINTS.items() for keyword in keywords.split()}
_LARGER = frozenset(["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"])
_SMALLER = frozenset(["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"])
_EITHER = frozenset(["readOnly", "writeOnly", "deprecated", "uniqueItems"])


def types(facets: Iterable[Facet]) -> tuple[str, ...]:
    """The JSON types that all *facets* allow, `integer` counted as `number`; all of them where nothing is said."""
    allowed = list(ALL_TYPES)
    hinted: list[str] = []
    for facet in facets:
        if not isinstance(facet.schema, dict):
            continue
        named = facet.schema.get("type")
        if named is not None:
            names = named if isinstance(named, list) else [named]
            names = ["number" if name == "integer" else name for name in names]
            allowed = [name for name in allowed if name in names]
        values = facet.schema.get("enum", [facet.schema["const"]] if "const" in facet.schema else None)
        if values:
            kinds = {type_of(value) for value in values}
            allowed = [name for name in allowed if name in kinds]
        hinted += [_HINTED[keyword] for keyword in facet.schema if keyword in _HINTED]
    if len(allowed) == len(ALL_TYPES) and hinted:
        return tuple(name for name in allowed if name == hinted[0])
    return tuple(allowed)


def type_of(value: Json) -> str:
    """The JSON type of *value*, `integer` counted as `number`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    kinds: dict[type, str] = {str: "string", dict: "object", list: "array"}
    return kinds.get(type(value), "number")


def keywords(facets: Iterable[Facet]) -> dict[str, Json]:
    """The keywords of all *facets*: bounds as narrow as any of them, words as the first says them."""
    merged: dict[str, Json] = {}
    for facet in facets:
        if not isinstance(facet.schema, dict):
            continue
        for keyword, value in facet.schema.items():
            if keyword not in merged:
                merged[keyword] = value
            elif keyword in _LARGER:
                merged[keyword] = max(merged[keyword], value)
            elif keyword in _SMALLER:
                merged[keyword] = min(merged[keyword], value)
            elif keyword in _EITHER:
                merged[keyword] = merged[keyword] or value
            elif keyword == "type" and "integer" in (value, merged["type"]):
                merged["type"] = "integer"
    return merged


def choices(schemas: Schemas, facets: Iterable[Facet]) -> tuple[Choice, ...] | None:
    """The values that every enumeration among *facets* allows, or None where there is no enumeration."""
    result: dict[str, Choice] | None = None
    for facet in facets:
        for found in _enumerations(schemas, facet):
            listed = {key(choice.value): choice for choice in found}
            if result is None:
                result = listed
            else:
                result = {name: _either(choice, listed[name]) for name, choice in result.items() if name in listed}
    return None if result is None else tuple(result.values())


def _either(first: Choice, second: Choice) -> Choice:
    """The same value listed twice: its title wins over none, and what is deprecated once is."""
    titled = second if second.origin else first
    return attrs.evolve(titled, deprecated=first.deprecated or second.deprecated)


def _enumerations(schemas: Schemas, facet: Facet) -> Iterator[list[Choice]]:
    if not isinstance(facet.schema, dict):
        return
    if "const" in facet.schema:
        yield [Choice(facet.schema["const"], _plain(facet.schema["const"]))]
    if isinstance(facet.schema.get("enum"), list):
        yield [Choice(value, _plain(value)) for value in facet.schema["enum"]]
    for keyword in ("oneOf", "anyOf"):
        options = facet.schema.get(keyword)
        if options:
            below = [schemas.below(facet, f"/{keyword}/{index}", option) for index, option in enumerate(options)]
            if all(is_constant(schemas, option) for option in below):
                yield [_titled(schemas, option) for option in below]


def _titled(schemas: Schemas, option: Facet) -> Choice:
    value = constant_of(schemas, option)
    assert value is not ABSENT
    deprecated = is_deprecated(schemas, option)
    for facet in unconditional(schemas, (option,)):
        if isinstance(facet.get("title"), str):
            return Choice(value, facet.schema["title"], facet.location + "/title", deprecated)
    return Choice(value, _plain(value), deprecated=deprecated)


def _plain(value: Json) -> str:
    """The value as a person would write it, where the author gave no title."""
    if isinstance(value, str):
        return value
    import json

    return "" if isinstance(value, bool) or value is None else json.dumps(value, ensure_ascii=False)


def driver_choices(schemas: Schemas, held: Applicable, name: str) -> tuple[tuple[Choice, ...], tuple[Facet, ...]] | None:
    """The values of the discriminator *name* with the titles of their branches, and the schemas that say so."""
    for driver, branches in held.drivers:
        if driver == name and branches:
            found: list[Choice] = []
            for branch, fixed in branches:
                values = choices(schemas, unconditional(schemas, (fixed,))) or ()
                title = _branch_title(schemas, branch)
                found += [title_of(choice, title) if len(values) == 1 else choice for choice in values]
            return tuple(found), tuple(fixed for _, fixed in branches)
    return None


def title_of(choice: Choice, branch: tuple[str, str] | None) -> Choice:
    """*choice* under the title of its branch, unless it has one of its own."""
    return Choice(choice.value, *branch, choice.deprecated) if branch and not choice.origin else choice


def _branch_title(schemas: Schemas, branch: Facet) -> tuple[str, str] | None:
    for facet in unconditional(schemas, (branch,)):
        title = facet.get("title")
        if isinstance(title, str) and title.strip():
            return title, facet.location + "/title"
    return None
