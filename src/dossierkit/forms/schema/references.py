"""References of schema documents, rewritten as the URI of a document and a JSON Pointer.

Base URIs, embedded resources, anchors and references within a document are resolved once, so that the judge, the reader and
lint follow the same references.  Only the given documents are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias
from urllib.parse import unquote, urldefrag, urljoin

import attrs

from dossierkit.forms.schema.subschemas import subschemas
from dossierkit.pointers import ABSENT, Json, fragment, get, parent

#: The URI of a document, and a JSON Pointer into it.
_Location: TypeAlias = tuple[str, str]
_IDENTIFIERS = ("$id", "$anchor", "$dynamicAnchor")


def resolve_references(documents: Mapping[str, Json]) -> None:
    """Rewrite each `$ref` in *documents* (by URI) as `URI#pointer`, in place, and remove `$id` and anchors.

    An unresolvable reference is left unchanged.  If a document has a `$dynamicRef`, which needs them, embedded `$id`s and the
    anchors stay.
    """
    addresses = _Addresses(documents)
    for uri in documents:
        addresses.walk((uri, ""), uri)
    while addresses.pending:
        schema, base, uri = addresses.pending.pop()
        target = addresses.target(schema["$ref"], base, uri)
        if target is None:
            continue
        schema["$ref"] = f"{target[0]}#{fragment(target[1])}"
        if target not in addresses.bases:
            # A pointer can lead to a value outside the keywords of schemas; it is a schema then.
            addresses.walk(target, addresses.base_around(target))
    keep = any("$dynamicRef" in schema for schema in addresses.schemas)
    for (_, pointer), schema in zip(addresses.bases, addresses.schemas, strict=True):
        for keyword in _IDENTIFIERS:
            if not keep or (not pointer and keyword == "$id"):
                schema.pop(keyword, None)


@attrs.define
class _Addresses:
    """The base URIs, identifiers and anchors of all schemas of *documents*."""

    documents: Mapping[str, Json]
    #: The base URI of each schema, in the order of *schemas*.
    bases: dict[_Location, str] = attrs.field(init=False, factory=dict)
    schemas: list[dict[str, Json]] = attrs.field(init=False, factory=list)
    #: URI → the schema that it identifies.
    names: dict[str, _Location] = attrs.field(init=False, factory=dict)
    #: (base URI, anchor) → the schema with that anchor.
    anchors: dict[tuple[str, str], _Location] = attrs.field(init=False, factory=dict)
    #: (schema with a reference to resolve, its base URI, the URI of its document).
    pending: list[tuple[dict[str, Json], str, str]] = attrs.field(init=False, factory=list)

    def walk(self, location: _Location, base: str) -> None:
        """Record the schema at *location* and all schemas inside it."""
        uri, start = location
        stack = [(start, get(self.documents[uri], start), base)]
        self.names.setdefault(base, location)
        while stack:
            pointer, schema, base = stack.pop()
            if not isinstance(schema, dict) or (uri, pointer) in self.bases:
                continue
            base = self._record_names(schema, base, (uri, pointer))
            self.bases[uri, pointer] = base
            self.schemas.append(schema)
            if isinstance(schema.get("$ref"), str):
                self.pending.append((schema, base, uri))
            stack += [(pointer + below, item, base) for below, item in subschemas(schema)]

    def _record_names(self, schema: dict[str, Json], base: str, location: _Location) -> str:
        """Record the `$id` and the anchors of *schema*; return the base URI inside it."""
        if isinstance(schema.get("$id"), str):
            base = _absolute(base, schema["$id"])[0] or base
            self.names.setdefault(base, location)
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(schema.get(keyword), str):
                self.anchors.setdefault((base, schema[keyword]), location)
        return base

    def base_around(self, location: _Location) -> str:
        """The base URI of the nearest schema that contains *location*."""
        uri, pointer = location
        while pointer and (uri, pointer) not in self.bases:
            pointer = parent(pointer)
        return self.bases.get((uri, pointer), uri)

    def target(self, reference: str, base: str, uri: str) -> _Location | None:
        """The location that *reference*, in the document *uri* with the base URI *base*, resolves to; None if there is none."""
        address, part = _absolute(base, reference)
        for candidate in (address, *self._sibling_addresses(reference, address, uri)):
            if candidate in self.names:
                document, pointer = self.names[candidate]
                if part and not part.startswith("/"):
                    return self.anchors.get((self.bases.get((document, pointer), candidate), part))
                pointer += unquote(part)
                return (document, pointer) if get(self.documents[document], pointer) is not ABSENT else None
        return None

    def _sibling_addresses(self, reference: str, address: str, uri: str) -> Iterator[str]:
        """Addresses of files beside the document *uri*, which its `$id` does not move."""
        yield _absolute(uri, reference)[0]
        own = self.bases.get((uri, ""), uri)
        folder = own.rpartition("/")[0] + "/"
        if address.startswith(folder):
            yield _absolute(uri, address.removeprefix(folder))[0]


def _absolute(base: str, reference: str) -> tuple[str, str]:
    """The absolute URI of *reference* against *base*, and its fragment; both empty if it is not a URI."""
    try:
        address, part = urldefrag(base + reference if reference.startswith("#") else urljoin(base, reference))
    except ValueError:
        return "", ""
    return address, part
