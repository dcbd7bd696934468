"""Several schemas that apply to the same value, combined: allowed types, keywords, choices."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import attrs

from dossierkit.forms.fields.applicators import unconditional
from dossierkit.forms.fields.branches import constant_of, is_constant, is_deprecated
from dossierkit.forms.schema.dialect import Choice
from dossierkit.forms.schema.located_schemas import Facet, Schemas
from dossierkit.pointers import ABSENT, Json, key

#: The types of JSON values; `integer` counts as `number`.
ALL_TYPES = ("string", "number", "boolean", "object", "array", "null")

#: Type → the keywords that imply it in a schema without `type`.
_HINTS = {
    "object": "properties patternProperties additionalProperties unevaluatedProperties propertyNames required "
    "minProperties maxProperties dependentRequired dependentSchemas",
    "array": "items prefixItems contains minItems maxItems uniqueItems unevaluatedItems minContains maxContains",
    "string": "minLength maxLength pattern format contentMediaType contentEncoding x-file x-options",
    "number": "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf",
}
_HINTED = {keyword: kind for kind, keywords in _HINTS.items() for keyword in keywords.split()}
#: Of several values, the largest, smallest or true one applies.
_LARGER = frozenset(["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"])
_SMALLER = frozenset(["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"])
_EITHER = frozenset(["readOnly", "writeOnly", "deprecated", "uniqueItems"])


def types(facets: Iterable[Facet]) -> tuple[str, ...]:
    """The types that all *facets* allow; without `type`, `enum` and `const`, the type that the first other keyword implies.

    All types if no keyword tells any, and none if *facets* contradict each other.
    """
    allowed = list(ALL_TYPES)
    hinted: list[str] = []
    for facet in facets:
        if not isinstance(facet.schema, dict):
            continue
        declared = facet.schema.get("type")
        if declared is not None:
            names = declared if isinstance(declared, list) else [declared]
            names = ["number" if name == "integer" else name for name in names]
            allowed = [name for name in allowed if name in names]
        values = facet.schema.get("enum", [facet.schema["const"]] if "const" in facet.schema else None)
        if values:
            value_types = {type_of(value) for value in values}
            allowed = [name for name in allowed if name in value_types]
        hinted += [_HINTED[keyword] for keyword in facet.schema if keyword in _HINTED]
    if len(allowed) == len(ALL_TYPES) and hinted:
        return tuple(name for name in allowed if name == hinted[0])
    return tuple(allowed)


def type_of(value: Json) -> str:
    """The type of *value*; `integer` counts as `number`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names: dict[type, str] = {str: "string", dict: "object", list: "array"}
    return names.get(type(value), "number")


def keywords(facets: Iterable[Facet]) -> dict[str, Json]:
    """The keywords of all *facets*: of bounds the narrowest, of other keywords the value in the first facet."""
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
    """The values that every enumeration among *facets* allows; None if there is no enumeration."""
    result: dict[str, Choice] | None = None
    for facet in facets:
        for enumeration in _enumerations(schemas, facet):
            listed = {key(choice.value): choice for choice in enumeration}
            if result is None:
                result = listed
            else:
                result = {name: _merged(choice, listed[name]) for name, choice in result.items() if name in listed}
    return None if result is None else tuple(result.values())


def _merged(first: Choice, second: Choice) -> Choice:
    """The choice of a value in two enumerations: with a title if one has it, deprecated if one is."""
    titled_choice = second if second.origin else first
    return attrs.evolve(titled_choice, deprecated=first.deprecated or second.deprecated)


def _enumerations(schemas: Schemas, facet: Facet) -> Iterator[list[Choice]]:
    if not isinstance(facet.schema, dict):
        return
    if "const" in facet.schema:
        yield [Choice(facet.schema["const"], _text(facet.schema["const"]))]
    if isinstance(facet.schema.get("enum"), list):
        yield [Choice(value, _text(value)) for value in facet.schema["enum"]]
    for keyword in ("oneOf", "anyOf"):
        options = facet.schema.get(keyword)
        if options:
            branches = [schemas.below(facet, f"/{keyword}/{index}", option) for index, option in enumerate(options)]
            if all(is_constant(schemas, branch) for branch in branches):
                yield [_choice(schemas, branch) for branch in branches]


def _choice(schemas: Schemas, branch: Facet) -> Choice:
    """The constant *branch* as a choice."""
    value = constant_of(schemas, branch)
    assert value is not ABSENT
    deprecated = is_deprecated(schemas, branch)
    for facet in unconditional(schemas, (branch,)):
        if isinstance(facet.get("title"), str):
            return Choice(value, facet.schema["title"], facet.location + "/title", deprecated)
    return Choice(value, _text(value), deprecated=deprecated)


def _text(value: Json) -> str:
    """The title of a value without one of its own; empty for true, false and null, which the catalogue names."""
    if isinstance(value, str):
        return value
    return "" if isinstance(value, bool) or value is None else json.dumps(value, ensure_ascii=False)
