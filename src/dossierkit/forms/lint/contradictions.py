"""Schemas that allow no value by what they say themselves: bounds that cross, choices that are refused, too many rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from dossierkit.findings import Fault
from dossierkit.forms.answers.form_data import MAX_ROWS
from dossierkit.forms.fields.applicators import unconditional
from dossierkit.forms.fields.combined_schema import type_of
from dossierkit.forms.schema.located_schemas import Facet, Schemas, file_and_pointer
from dossierkit.pointers import Json, key
from dossierkit.translatable import Words

#: Two keywords that bound the same, and the type of value that they bound.
_BOUNDS = (
    ("minimum", "maximum", ("number", "integer")),
    ("exclusiveMinimum", "maximum", ("number", "integer")),
    ("minimum", "exclusiveMaximum", ("number", "integer")),
    ("minLength", "maxLength", ("string",)),
    ("minItems", "maxItems", ("array",)),
    ("minProperties", "maxProperties", ("object",)),
    ("minContains", "maxContains", ()),
)
#: Keywords that a single choice can break.
_CHOICE_LIMITS = (
    *("minLength", "maxLength", "pattern", "format", "multipleOf"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
)
#: Keywords that say nothing about which values an alternative accepts.
_ANNOTATIONS = frozenset(("title", "description", "examples", "default", "$comment", "x-messages"))
#: A schema of rows without one of them is shown as JSON, which has no limit of rows.
_ROWS = frozenset(("type", "properties", "enum", "const", "$ref", "allOf", "anyOf", "oneOf"))


def contradictions(schemas: Schemas, facet: Facet) -> Iterator[Fault]:
    """A fault for each keyword of *facet* that leaves no value of the type that it is about, or cannot ever hold."""
    file, pointer = file_and_pointer(facet)
    schema: Mapping[str, Json] = facet.schema
    for low, high, _ in _BOUNDS:
        if (bounds := _crossed(schema, low, high)) is not None:
            message = Words(
                "nothing is both at least {least} ({low}) and at most {most} ({high})",
                least=bounds[0],
                low=low,
                most=bounds[1],
                high=high,
            )
            yield Fault("contradiction", f"{pointer}/{low}", message, file=file)
    choices = choices_of(schema)
    keyword = "enum" if "enum" in schema else "oneOf"
    if schema.get("enum") == []:
        yield Fault("contradiction", f"{pointer}/enum", Words("an empty list of choices accepts nothing"), file=file)
    elif _refuses_all(schema, choices.values()):
        message = Words("no choice is of the type {type}; change the choices, or the type", type=_type_words(schema))
        yield Fault("contradiction", f"{pointer}/{keyword}", message, file=file)
    elif _limits_refuse_all(schemas, schema, choices.values()):
        limits = ", ".join(limit for limit in _CHOICE_LIMITS if limit in schema)
        message = Words("no choice meets {limits}; change the choices, or these keywords", limits=limits)
        yield Fault("contradiction", f"{pointer}/{keyword}", message, file=file)
    if "const" in schema and _refuses_all(schema, [schema["const"]]):
        yield bad_const(facet)
    if (count := _missing_choices(schemas, facet)) is not None:
        message = Words(
            "at least {least} different rows are required, and there are only {count} choices",
            least=schema["minItems"],
            count=count,
        )
        yield Fault("contradiction", f"{pointer}/minItems", message, file=file)
    for index, twin in _twins(facet).items():
        message = Words(
            "this accepts the same as alternative {twin}, so never exactly one of them holds; remove one,"
            " or change 'oneOf' to 'anyOf'",
            twin=twin,
        )
        yield Fault("same-alternative", f"{pointer}/oneOf/{index}", message, file=file)


def choices_of(schema: Mapping[str, Json]) -> dict[str, Json]:
    """The choices that *schema* lists by their pointers in it: an `enum`, or else alternatives that are all constants."""
    if schema.get("enum"):
        return {f"/enum/{index}": choice for index, choice in enumerate(schema["enum"])}
    alternatives = schema.get("oneOf") or ()
    if not all(isinstance(item, dict) and "const" in item for item in alternatives):
        return {}
    return {f"/oneOf/{index}/const": item["const"] for index, item in enumerate(alternatives)}


def bad_const(facet: Facet) -> Fault:
    """The fault of a constant that its own schema refuses."""
    file, pointer = file_and_pointer(facet, "/const")
    return Fault("bad-const", pointer, Words("the schema refuses its own const; change one of them"), file=file)


def _crossed(schema: Mapping[str, Json], low: str, high: str) -> tuple[float, float] | None:
    least, most = schema.get(low), schema.get(high)
    if not isinstance(least, int | float) or not isinstance(most, int | float):
        return None
    return (least, most) if least > most or (least == most and "exclusive" in low + high) else None


def _refuses_all(schema: Mapping[str, Json], values: Collection[Json]) -> bool:
    """Whether there are *values*, and the type of *schema* refuses each."""
    types = schema.get("type")
    if types is None or not values:
        return False
    return not any(_is_of(value, types if isinstance(types, list) else [types]) for value in values)


def _limits_refuse_all(schemas: Schemas, schema: Mapping[str, Json], values: Collection[Json]) -> bool:
    """Whether there are *values*, and the limits beside them refuse each."""
    limits = {keyword: schema[keyword] for keyword in _CHOICE_LIMITS if keyword in schema}
    if not limits or not values:
        return False
    validator = schemas.judge.compile(limits)
    return not any(validator.accepts(value) for value in values)


def _missing_choices(schemas: Schemas, facet: Facet) -> int | None:
    """How many different rows *facet* can have, if it requires more of them; None if there are enough."""
    rows, least = facet.get("items"), facet.get("minItems")
    if facet.get("uniqueItems") is not True or not isinstance(rows, dict) or facet.get("prefixItems") or not least:
        return None
    schemas_of_rows = unconditional(schemas, (schemas.below(facet, "/items", rows),))
    choices = [row.get("enum") for row in schemas_of_rows]
    counts = [len({key(value) for value in values}) for values in choices if isinstance(values, list)]
    return min(counts) if counts and min(counts) < least else None


def _twins(facet: Facet) -> dict[int, int]:
    """Each alternative of `oneOf` in *facet* that accepts the same as an earlier one → the earlier one."""
    first: dict[str, int] = {}
    alternatives = (key(_constraints(item)) for item in facet.get("oneOf") or ())
    earlier = {index: first.setdefault(alternative, index) for index, alternative in enumerate(alternatives)}
    return {index: twin for index, twin in earlier.items() if index != twin}


def _constraints(schema: Json) -> Json:
    """*schema* without its annotations and those of its members."""
    if not isinstance(schema, dict):
        return schema
    constraints = {keyword: value for keyword, value in schema.items() if keyword not in _ANNOTATIONS}
    if isinstance(constraints.get("properties"), dict):
        constraints["properties"] = {name: _constraints(member) for name, member in constraints["properties"].items()}
    return constraints


def _is_of(value: Json, types: list[str]) -> bool:
    type_ = type_of(value)
    return type_ in types or (type_ == "number" and "integer" in types and (isinstance(value, int) or value.is_integer()))


def _type_words(schema: Mapping[str, Json]) -> str:
    types = schema["type"]
    return ", ".join(types) if isinstance(types, list) else str(types)


def allows_nothing(schemas: Schemas, facet: Facet) -> bool:
    """Whether no value meets *facet* for what it says itself, whatever the schemas below it say."""
    schema: Mapping[str, Json] = facet.schema
    crossed = (low for low, high, types in _BOUNDS if schema.get("type") in types and _crossed(schema, low, high))
    constant, choices = [schema["const"]] if "const" in schema else [], choices_of(schema).values()
    return (
        schema.get("enum") == []
        or any(crossed)
        or _refuses_all(schema, choices)
        or _refuses_all(schema, constant)
        or _limits_refuse_all(schemas, schema, choices)
        or (schema.get("type") == "array" and _missing_choices(schemas, facet) is not None)
        or (bool(schema.get("oneOf")) and not _single_alternatives(facet))
    )


def _single_alternatives(facet: Facet) -> list[int]:
    """The alternatives of `oneOf` in *facet* that no other one equals."""
    twins = _twins(facet)
    return [index for index, _ in enumerate(facet.get("oneOf") or ()) if index not in {*twins, *twins.values()}]


def needs_too_many_rows(facet: Facet) -> bool:
    """Whether a page would have to show more rows than it can."""
    rows = facet.get("items")
    return (
        facet.get("type") in (None, "array")
        and isinstance(rows, dict)
        and not _ROWS.isdisjoint(rows)
        and facet.get("x-widget") != "json"
        and (facet.get("minItems") or 0) > MAX_ROWS
    )


def too_many_rows(facet: Facet, level: str) -> Fault:
    """The fault of requiring more rows than a page can show."""
    file, pointer = file_and_pointer(facet, "/minItems")
    message = Words(
        "at least {least} rows are required, and a page shows at most {most}; lower minItems",
        least=facet.schema["minItems"],
        most=MAX_ROWS,
    )
    return Fault("too-many-rows", pointer, message, level, file)
