"""Lint of our own keywords on fields: unknown members and rules, files where no file is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from dossierkit.findings import Fault
from dossierkit.forms.fields.form import Form
from dossierkit.forms.schema.dialect import STANDARD_KEYWORDS
from dossierkit.forms.schema.located_schemas import Facet, file_and_pointer
from dossierkit.forms.schema.subschemas import every_schema
from dossierkit.pointers import Json, child
from dossierkit.text import known_hint
from dossierkit.translatable import Words

#: The rules of problems, for each of which `x-messages` can have a text.
RULES = frozenset(
    [
        "additionalProperties",
        "anyOf",
        "branch",
        "const",
        "contains",
        "dependentRequired",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "forbidden",
        "format",
        "hidden-character",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "no-file",
        "not",
        "oneOf",
        "option",
        "pattern",
        "propertyNames",
        "required",
        "type",
        "unevaluatedItems",
        "unevaluatedProperties",
        "uniqueItems",
        "x-file",
    ]
)
_MEMBERS: Mapping[str, frozenset[str]] = {
    "x-file": frozenset(("accept", "maxBytes", "maxFiles")),
    "x-options": frozenset(("list", "where")),
}
#: Rules whose problems need the keyword of the same name in the schema; problems of the other rules need none.
_STATED = RULES - {
    *(
        "additionalProperties",
        "anyOf",
        "branch",
        "contains",
        "dependentRequired",
        "forbidden",
        "hidden-character",
        "no-file",
        "not",
        "oneOf",
        "option",
    ),
    *("propertyNames", "required", "type", "unevaluatedItems", "unevaluatedProperties"),
}
#: Keyword at the root → the members of each of its entries.
_ENTRIES: Mapping[str, frozenset[str]] = {
    "x-rules": frozenset(("rule", "message", "at")),
    "x-tests": frozenset(("name", "today", "answers", "problems")),
}


def lost_block_faults(form: Form) -> Iterator[Fault]:
    """The fault of a root whose `x-procedure` is misspelt: code, fees and times would be ignored in silence."""
    root = form.root.schema
    if isinstance(root, dict) and "x-procedure" not in root:
        for keyword in root:
            if keyword not in STANDARD_KEYWORDS and get_close_matches(keyword.casefold(), ["x-procedure"], 1, 0.85):
                message = Words("{keyword!r} means nothing here; did you mean 'x-procedure'?", keyword=keyword)
                yield Fault("lost-block", child("", keyword), message)


def keyword_faults(form: Form) -> Iterator[Fault]:
    """Faults of every schema of *form* that uses keywords of ours."""
    for uri, document in form.schemas.documents.items():
        base = Facet(document, uri + "#", form.schemas.root(uri).resolver)
        for pointer, schema in every_schema(document):
            if isinstance(schema, dict):
                facet = form.schemas.below(base, pointer, schema)
                yield from _messages(facet)
                yield from _members(facet)
                yield from _file(facet)
    yield from _entries(form.schema)


def _entries(schema: Json) -> Iterator[Fault]:
    for keyword, known in _ENTRIES.items():
        for index, entry in enumerate(schema.get(keyword, ()) if isinstance(schema, dict) else ()):
            for name in entry if isinstance(entry, dict) else ():
                if name not in known:
                    message = Words("{name!r} means nothing here{hint}", name=name, hint=known_hint(name, known))
                    yield Fault("unknown-key", child(f"/{keyword}/{index}", name), message)


def _messages(facet: Facet) -> Iterator[Fault]:
    stated = {"$ref", "allOf", "oneOf", "anyOf"}.isdisjoint(facet.schema)
    for rule in facet.get("x-messages") or {}:
        file, pointer = file_and_pointer(facet, child("/x-messages", rule))
        if rule not in RULES:
            message = Words("no message is shown for {rule!r}{hint}", rule=rule, hint=known_hint(rule, RULES))
            yield Fault("unknown-message", pointer, message, "error", file)
        elif rule in _STATED and stated and rule not in facet.schema:
            message = Words("this message is never used: the schema has no {rule!r}", rule=rule)
            yield Fault("idle-message", pointer, message, "warning", file)


def _members(facet: Facet) -> Iterator[Fault]:
    for keyword, known in _MEMBERS.items():
        members = facet.get(keyword)
        for name in members if isinstance(members, dict) else ():
            if name not in known:
                file, pointer = file_and_pointer(facet, child(f"/{keyword}", name))
                yield Fault(
                    "unknown-key",
                    pointer,
                    Words("{name!r} means nothing here{hint}", name=name, hint=known_hint(name, known)),
                    "error",
                    file,
                )


def _file(facet: Facet) -> Iterator[Fault]:
    limits, kind = facet.get("x-file"), facet.get("type")
    if limits is None:
        return
    if kind is not None and not {"string", "array", "null"}.issuperset(kind if isinstance(kind, list) else [kind]):
        file, pointer = file_and_pointer(facet, "/x-file")
        message = Words("no file is kept where the type is {kind!r}; write 'string', or 'array' for several", kind=kind)
        yield Fault("no-file", pointer, message, "error", file)
