"""References, each written as the address of a document and a pointer into it.

Base URIs, embedded resources, anchors and references to oneself are settled here once, so that the judge, the reader and
lint cannot differ.  Nothing but the documents themselves is ever looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias
from urllib.parse import unquote, urldefrag, urljoin

import attrs

from dossierkit.forms.schema.subschemas import subschemas
from dossierkit.pointers import ABSENT, Json, fragment, get, parent

#: A document by its URI, and a pointer into it.
_Place: TypeAlias = tuple[str, str]
_IDENTIFIERS = ("$id", "$anchor", "$dynamicAnchor")


def resolve_references(documents: Mapping[str, Json]) -> None:
    """Writes every `$ref` in *documents* (by URI) as `URI#pointer`, in place, and takes off the names that nobody needs then.

    A reference that leads to nothing is left as it is.  Where something refers dynamically, embedded names stay.
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
            # A pointer may lead to where nobody expects a schema.
            addresses.walk(target, addresses.base_around(target))
    keep = any("$dynamicRef" in schema for schema in addresses.schemas)
    for (_, pointer), schema in zip(addresses.bases, addresses.schemas, strict=True):
        for keyword in _IDENTIFIERS:
            if not keep or (not pointer and keyword == "$id"):
                schema.pop(keyword, None)


@attrs.define
class _Addresses:
    """What every schema of *documents* is called."""

    documents: Mapping[str, Json]
    #: The base URI of each schema, in the order of *schemas*.
    bases: dict[_Place, str] = attrs.field(init=False, factory=dict)
    schemas: list[dict[str, Json]] = attrs.field(init=False, factory=list)
    names: dict[str, _Place] = attrs.field(init=False, factory=dict)
    anchors: dict[tuple[str, str], _Place] = attrs.field(init=False, factory=dict)
    #: Schemas with a reference that is still to be settled, with base and document.
    pending: list[tuple[dict[str, Json], str, str]] = attrs.field(init=False, factory=list)

    def walk(self, place: _Place, base: str) -> None:
        """Takes in the schema at *place* and all inside it."""
        uri, start = place
        waiting = [(start, get(self.documents[uri], start), base)]
        self.names.setdefault(base, place)
        while waiting:
            pointer, schema, base = waiting.pop()
            if not isinstance(schema, dict) or (uri, pointer) in self.bases:
                continue
            base = self._named(schema, base, (uri, pointer))
            self.bases[uri, pointer] = base
            self.schemas.append(schema)
            if isinstance(schema.get("$ref"), str):
                self.pending.append((schema, base, uri))
            waiting += [(pointer + below, item, base) for below, item in subschemas(schema)]

    def _named(self, schema: dict[str, Json], base: str, place: _Place) -> str:
        """The base URI inside *schema*, whose names are noted."""
        if isinstance(schema.get("$id"), str):
            base = _joined(base, schema["$id"])[0] or base
            self.names.setdefault(base, place)
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(schema.get(keyword), str):
                self.anchors.setdefault((base, schema[keyword]), place)
        return base

    def base_around(self, place: _Place) -> str:
        """The base URI of the nearest schema around *place*."""
        uri, pointer = place
        while pointer and (uri, pointer) not in self.bases:
            pointer = parent(pointer)
        return self.bases.get((uri, pointer), uri)

    def target(self, reference: str, base: str, uri: str) -> _Place | None:
        """Where *reference* leads that stands below *base* in the document *uri*; None where that is nowhere."""
        address, part = _joined(base, reference)
        for candidate in (address, *self._beside(reference, address, uri)):
            if candidate in self.names:
                document, pointer = self.names[candidate]
                if part and not part.startswith("/"):
                    return self.anchors.get((self.bases.get((document, pointer), candidate), part))
                pointer += unquote(part)
                return (document, pointer) if get(self.documents[document], pointer) is not ABSENT else None
        return None

    def _beside(self, reference: str, address: str, uri: str) -> Iterator[str]:
        """The same file as it lies in the folder: whatever a document is called, its neighbours are where they are."""
        yield _joined(uri, reference)[0]
        own = self.bases.get((uri, ""), uri)
        folder = own.rpartition("/")[0] + "/"
        if address.startswith(folder):
            yield _joined(uri, address.removeprefix(folder))[0]


def _joined(base: str, reference: str) -> tuple[str, str]:
    """The URI that *reference* means below *base*, and its fragment; empty where it is no URI."""
    try:
        address, part = urldefrag(base + reference if reference.startswith("#") else urljoin(base, reference))
    except ValueError:
        return "", ""
    return address, part
