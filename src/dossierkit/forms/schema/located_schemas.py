"""The schema documents of a form, and facets: single schemas with their location.

Schemas refer to each other by URI.  The documents of a folder get URIs below `BASE`, a host that cannot be resolved, so no
reference can cause a download.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import unquote

import attrs
import referencing
import referencing.exceptions
from referencing.jsonschema import DRAFT202012

from dossierkit.caches import Caches, CacheSpec
from dossierkit.errors import SchemaError
from dossierkit.findings import Fault
from dossierkit.forms.schema.judge import Judge, Validator
from dossierkit.forms.schema.subschemas import every_schema
from dossierkit.pointers import Json, same
from dossierkit.text import meant
from dossierkit.translatable import Words

#: The URI of the folder of procedures; the top-level domain `.invalid` is reserved and never resolves.
BASE = "https://procedures.invalid/"
#: The URI of the procedure's own document.
MAIN = BASE + "procedure.json"


def file_of(uri: str) -> str:
    """The path of the document at *uri*, relative to the procedure file; empty for the procedure file itself."""
    return "" if uri == MAIN else uri.removeprefix(BASE)


@attrs.frozen
class Facet:
    """A schema with its location.  Two facets of the same schema object are equal."""

    schema: Json = attrs.field(eq=id, repr=False)
    #: Document URI and JSON Pointer, such as `…/person.json#/$defs/Person`.
    location: str = attrs.field(eq=False)
    resolver: referencing._core.Resolver[Json] = attrs.field(eq=False, repr=False)

    def get(self, keyword: str) -> Json:
        """The value of *keyword*, or None."""
        return self.schema.get(keyword) if isinstance(self.schema, dict) else None


#: Size of a cache with an entry for each schema or field of a form; more than `effective_fields.MAX_FIELDS`.
PER_FORM = 25_000
_CONST = {"const"}
#: Predicate → whether it is true of a schema object in the documents.
_PREDICATES = CacheSpec[Callable[[Mapping[str, Json]], bool], bool]("predicates on schemas", 100)


@attrs.define(eq=False)
class Schemas:
    """The documents of a form by URI, and a validator for each schema in them, compiled on first use."""

    judge: Judge
    documents: Mapping[str, Json] = attrs.field(init=False)
    _registry: referencing.Registry[Json] = attrs.field(init=False)
    _locations: dict[int, str] = attrs.field(init=False, factory=dict)
    _validators: dict[str, Validator] = attrs.field(init=False, factory=dict)
    #: Values derived from these documents; each module that caches some declares a `CacheSpec`.
    caches: Caches = attrs.field(init=False, factory=Caches)

    def __repr__(self) -> str:
        return f"<Schemas of {len(self.documents)} documents>"

    def __attrs_post_init__(self) -> None:
        self.documents = self.judge.documents
        self._registry = referencing.Registry().with_resources(
            (uri, DRAFT202012.create_resource(document)) for uri, document in self.documents.items()
        )
        for uri, document in self.documents.items():
            for pointer, schema in every_schema(document):
                if isinstance(schema, dict):
                    self._locations.setdefault(id(schema), f"{uri}#{pointer}")

    def root(self, uri: str = MAIN) -> Facet:
        """The root schema of the document at *uri*."""
        return Facet(self.documents[uri], uri + "#", self._registry.resolver(uri))

    def below(self, facet: Facet, pointer: str, schema: Json) -> Facet:
        """The facet of *schema*, the subschema of *facet* at the relative *pointer*."""
        resolver = facet.resolver
        if isinstance(schema, dict) and isinstance(schema.get("$id"), str):
            resolver = resolver.in_subresource(DRAFT202012.create_resource(schema))
        return Facet(schema, facet.location + pointer, resolver)

    def target(self, facet: Facet, keyword: str = "$ref") -> Facet:
        """The schema that the reference *keyword* of *facet* resolves to.

        Raises:
            SchemaError: no document has the referenced schema.
        """
        reference = facet.schema[keyword]
        try:
            resolved = facet.resolver.lookup(reference)
        except (referencing.exceptions.Unresolvable, ValueError) as error:
            uri, _, pointer = facet.location.partition("#")
            message = _unresolved(str(reference), self.documents)
            raise SchemaError([Fault("unresolved-ref", f"{pointer}/{keyword}", message, file=file_of(uri))]) from error
        location = self._locations.get(id(resolved.contents))
        if location is None:
            # A boolean schema, or a value outside the keywords of schemas: only the reference tells its location.
            location = unquote(reference)
        return Facet(resolved.contents, location, resolved.resolver)

    def any_schema(self, predicate: Callable[[Mapping[str, Json]], bool]) -> bool:
        """Whether *predicate* is true of a schema object in the documents; cached.

        Args:
            predicate: a function of a module; a lambda or closure would never be found in the cache again.
        """
        cache = self.caches[_PREDICATES]
        result = cache.get(predicate)
        if result is None:
            schemas = (schema for document in self.documents.values() for _, schema in every_schema(document))
            result = cache.keep(predicate, any(isinstance(schema, dict) and predicate(schema) for schema in schemas))
        return result

    def accepts(self, facet: Facet, value: Json) -> bool:
        """Whether *value* is valid against *facet*."""
        if isinstance(facet.schema, bool):
            return facet.schema
        if facet.schema.keys() == _CONST:
            # Discriminators are many: a validator for each takes longer than all the rest.
            return same(facet.schema["const"], value)
        return self.validator(facet).accepts(value)

    def matches(self, pattern: str, name: str) -> bool:
        """Whether *name* matches the regular expression *pattern*, with the syntax and the limits of the judge."""
        key = f"pattern:{pattern}"
        validator = self._validators.get(key)
        if validator is None:
            validator = self._validators[key] = self.judge.compile({"pattern": pattern})
        return validator.accepts(name)

    def validator(self, facet: Facet) -> Validator:
        """The validator of *facet*."""
        validator = self._validators.get(facet.location)
        if validator is None:
            validator = self.judge.validator(facet.location)
            self._validators[facet.location] = validator
        return validator


def _unresolved(reference: str, documents: Mapping[str, Json]) -> Words:
    if len(reference) > 200:
        reference = reference[:200] + "…"
    if "://" in reference or reference.startswith(("file:", "urn:")):
        return Words(
            "{reference!r} is not in this folder; references never leave it: copy what you need into shared/", reference=reference
        )
    if reference.startswith("#"):
        return Words("{reference!r} leads to nothing in this file", reference=reference)
    # The documents are those that are referenced somewhere, not all files of the folder: suggest one, never list them.
    close = meant(reference, filter(None, map(file_of, documents)))
    hint = close or Words("; a file of the folder is written shared/NAME.json")
    return Words("{reference!r} leads to nothing{hint}", reference=reference, hint=hint)


def file_and_pointer(facet: Facet, suffix: str = "") -> tuple[str, str]:
    """The file (empty for the procedure file) and the JSON Pointer of *facet*, followed by *suffix*."""
    uri, _, pointer = facet.location.partition("#")
    return file_of(uri), pointer + suffix
