"""Schemas of the `x-` keywords, and the faults of their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dossierkit.findings import Fault
from dossierkit.forms.schema.judge import is_valid
from dossierkit.forms.schema.located_schemas import file_of
from dossierkit.forms.schema.subschemas import every_schema
from dossierkit.pointers import Json, child
from dossierkit.translatable import Words

_TEXT = {"type": "string"}
_TEXTS = {"type": "object", "additionalProperties": _TEXT}

#: Keyword of a field → (schema of its value, the same in words).
ON_FIELDS: Mapping[str, tuple[Json, Words]] = {
    "x-messages": (_TEXTS, Words('words by rule: {"pattern": "…"}')),
    "x-widget": (_TEXT, Words("the name of a widget")),
    "x-options": (
        {"anyOf": [_TEXT, {"type": "object", "properties": {"list": _TEXT, "where": _TEXTS}, "required": ["list"]}]},
        Words('the name of a list, or {"list": name, "where": {column: pointer}}'),
    ),
    "x-file": (
        {
            "type": "object",
            "properties": {
                "accept": {"type": "array", "items": _TEXT},
                "maxBytes": {"type": "integer", "minimum": 1},
                "maxFiles": {"type": "integer", "minimum": 1},
            },
        },
        Words('limits: {"accept": [".pdf"], "maxBytes": 10485760, "maxFiles": 5}'),
    ),
    "x-prefill": (_TEXT, Words("a pointer into the account")),
    "x-personal": ({"type": "boolean"}, Words("true or false")),
    "x-unit": (_TEXT, Words("a unit, such as m²")),
}
#: Keyword at the root of a file → (schema of its value, the same in words).
AT_ROOT: Mapping[str, tuple[Json, Words]] = {
    "x-procedure": ({"type": "object"}, Words("an object: {…}")),
    "x-rules": ({"type": "array"}, Words('a list of {"rule": CEL, "message": words, "at": pointer}')),
    "x-compute": (_TEXTS, Words('CEL by pointer: {"/fee": "…"}')),
    "x-tests": ({"type": "array"}, Words('a list of {"answers": {…}, "problems": […]}')),
    "x-translations": (
        {"type": "object", "additionalProperties": _TEXTS},
        Words('texts by pointer by language: {"en": {"/title": "…"}}'),
    ),
}


def own_keyword_faults(documents: Mapping[str, Json]) -> Iterator[Fault]:
    """A fault for each `x-` keyword in *documents*, by URI, with an invalid value."""
    for uri, document in documents.items():
        for pointer, schema in every_schema(document):
            if not isinstance(schema, dict):
                continue
            for keyword, (shape, words) in ({**ON_FIELDS, **AT_ROOT} if not pointer else ON_FIELDS).items():
                if keyword in schema and not is_valid(shape, schema[keyword]):
                    yield Fault(
                        "bad-keyword",
                        child(pointer, keyword),
                        Words("{keyword} is {words}", keyword=keyword, words=words),
                        file=file_of(uri),
                    )
