"""The keywords of JSON Schema whose values are schemas, and the walk through all schemas of a document."""

from __future__ import annotations

from collections.abc import Iterator

from dossierkit.pointers import Json, child

#: Keywords whose value is one schema.
ONE = frozenset(
    [
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    ]
)
#: Keywords whose value is a list of schemas.
MANY = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
#: Keywords whose value is an object with schemas as members.
NAMED = frozenset(("$defs", "definitions", "dependentSchemas", "patternProperties", "properties"))


def subschemas(schema: Json) -> Iterator[tuple[str, Json]]:
    """The direct subschemas of *schema*, each with its pointer relative to *schema*."""
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        if keyword in ONE:
            yield child("", keyword), value
        elif keyword in MANY and isinstance(value, list):
            for index, item in enumerate(value):
                yield f"/{keyword}/{index}", item
        elif keyword in NAMED and isinstance(value, dict):
            for name, item in value.items():
                yield child(f"/{keyword}", name), item


def every_schema(schema: Json, pointer: str = "") -> Iterator[tuple[str, Json]]:
    """*schema* and all schemas inside it, each with its pointer, outer ones before inner ones."""
    pending = [(pointer, schema)]
    while pending:
        pointer, schema = pending.pop()
        yield pointer, schema
        pending.extend((pointer + below, item) for below, item in reversed([*subschemas(schema)]))
