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
from dossierkit.pointers import Json
from dossierkit.text import meant

#: The address of the folder of procedures; `.invalid` is reserved and resolves nowhere.
BASE = "https://procedures.invalid/"
MAIN = BASE + "procedure.json"


def file_of(uri: str) -> str:
    """The file of the document at *uri*, relative to the procedure's own; empty for that one."""
    return "" if uri == MAIN else uri.removeprefix(BASE)


@attrs.frozen
class Facet:
    """One schema at its place.  Two facets of the same schema object are equal."""

    schema: Json = attrs.field(eq=id, repr=False)
    #: Document URI and JSON Pointer, `…/person.json#/$defs/Person`.
    location: str = attrs.field(eq=False)
    resolver: referencing._core.Resolver[Json] = attrs.field(eq=False, repr=False)

    def get(self, keyword: str) -> Json:
        """The value of *keyword*, or None."""
        return self.schema.get(keyword) if isinstance(self.schema, dict) else None


#: The bound of a cache with an entry for each schema or field of a form: more than a page of `MAX_FIELDS` needs.
PER_FORM = 25_000
#: A test of schema objects → whether one of the documents passes it.
_ANSWERS = CacheSpec[Callable[[Mapping[str, Json]], bool], bool]("tests of all schemas", 100)


@attrs.define(eq=False)
class Schemas:
    """The documents, and a judge for each schema in them, made when first asked for."""

    judge: Judge
    documents: Mapping[str, Json] = attrs.field(init=False)
    _registry: referencing.Registry[Json] = attrs.field(init=False)
    _locations: dict[int, str] = attrs.field(init=False, factory=dict)
    _validators: dict[str, Validator] = attrs.field(init=False, factory=dict)
    #: Values made from these documents; each module that keeps some names its cache in a `CacheSpec`.
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
        """The whole document at *uri*."""
        return Facet(self.documents[uri], uri + "#", self._registry.resolver(uri))

    def below(self, facet: Facet, pointer: str, schema: Json) -> Facet:
        """*schema*, which stands at *pointer* inside *facet*."""
        resolver = facet.resolver
        if isinstance(schema, dict) and isinstance(schema.get("$id"), str):
            resolver = resolver.in_subresource(DRAFT202012.create_resource(schema))
        return Facet(schema, facet.location + pointer, resolver)

    def target(self, facet: Facet, keyword: str = "$ref") -> Facet:
        """What the reference in *facet* leads to.

        Raises:
            SchemaError: it leads to nothing that is here.
        """
        reference = facet.schema[keyword]
        try:
            found = facet.resolver.lookup(reference)
        except (referencing.exceptions.Unresolvable, ValueError) as error:
            uri, _, pointer = facet.location.partition("#")
            message = _unresolved(str(reference), self.documents)
            raise SchemaError([Fault("unresolved-ref", f"{pointer}/{keyword}", message, file=file_of(uri))]) from error
        location = self._locations.get(id(found.contents))
        if location is None:
            # True, false, or what stands where nobody expects a schema: it is known by its address alone.
            location = unquote(reference)
        return Facet(found.contents, location, found.resolver)

    def any_schema(self, test: Callable[[Mapping[str, Json]], bool]) -> bool:
        """Whether *test*, a function of a module, is true of some schema object in the documents; worked out once."""
        answers = self.caches[_ANSWERS]
        answer = answers.get(test)
        if answer is None:
            schemas = (schema for document in self.documents.values() for _, schema in every_schema(document))
            answer = answers.keep(test, any(isinstance(schema, dict) and test(schema) for schema in schemas))
        return answer

    def accepts(self, facet: Facet, value: Json) -> bool:
        """Whether *value* is valid against *facet*."""
        if isinstance(facet.schema, bool):
            return facet.schema
        return self.validator(facet).accepts(value)

    def matches(self, pattern: str, name: str) -> bool:
        """Whether *name* matches *pattern*, as the judge understands it and in its time."""
        known = self._validators.get("pattern:" + pattern)
        if known is None:
            known = self._validators["pattern:" + pattern] = self.judge.compile({"pattern": pattern})
        return known.accepts(name)

    def validator(self, facet: Facet) -> Validator:
        """The judge of *facet* alone."""
        validator = self._validators.get(facet.location)
        if validator is None:
            validator = self.judge.validator(facet.location)
            self._validators[facet.location] = validator
        return validator


def _unresolved(reference: str, documents: Mapping[str, Json]) -> str:
    if len(reference) > 200:
        reference = reference[:200] + "…"
    if "://" in reference or reference.startswith(("file:", "urn:")):
        return f"{reference!r} is not in this folder; references never leave it: copy what you need into shared/"
    if reference.startswith("#"):
        return f"{reference!r} leads to nothing in this file"
    # Only files that something refers to are here, so that they are no list of those that could be.
    close = meant(reference, filter(None, map(file_of, documents)))
    return f"{reference!r} leads to nothing{close or '; a file of the folder is written shared/NAME.json'}"


def file_and_pointer(facet: Facet, suffix: str = "") -> tuple[str, str]:
    """The file (empty for the procedure's own) and the pointer of *facet*."""
    uri, _, pointer = facet.location.partition("#")
    return file_of(uri), pointer + suffix
