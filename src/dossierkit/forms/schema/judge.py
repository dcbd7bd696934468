"""JSON Schema validation with `jsonschema-rs`: compiled validators, and the violations of an invalid value.

The only module that uses that library.  No reference causes a download.  Patterns run in linear time; one with lookaround
or a back-reference runs under a limit of steps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from dossierkit.forms.schema.document import value_of
from dossierkit.pointers import Json, fragment

if TYPE_CHECKING:
    import jsonschema_rs

#: Steps of a pattern that needs backtracking.
BACKTRACK_LIMIT = 20_000
#: Size of a compiled pattern, in bytes.
PATTERN_BYTES = 4 * 1024 * 1024

#: Syntax that needs a backtracking engine: lookaround and back-references.
BACKTRACKING = re.compile(r"\(\?<?[=!]|\\[1-9]|\\k<")


class InvalidSchema(ValueError):
    """The schema is not a valid JSON Schema, or has an unresolvable reference.

    The message is that of `jsonschema-rs`; *path* holds the tokens from the root of the schema to the fault.
    """

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.path = path


def is_valid(schema: Json, instance: Json, *, resources: Mapping[str, Json] | None = None, formats: bool = False) -> bool:
    """Whether *instance* is valid against *schema*, by JSON Schema 2020-12 (or the draft its `$schema` names).

    Args:
        resources: other documents by URI; any other reference is an error.
        formats: whether `format` is an assertion.

    Raises:
        ValueError: *schema* is not a valid JSON Schema, or refers to a document that is not in *resources*.
    """
    documents = {uri: value_of(document) for uri, document in (resources or {}).items()}
    return Judge(documents, asserts_formats=formats).compile(value_of(schema)).accepts(value_of(instance))


@attrs.frozen(eq=False)
class Violation:
    """One reason why a value is invalid."""

    keyword: str
    #: Tokens from the root of the instance.
    at: tuple[str | int, ...]
    #: Tokens from the root of the schema, through references.
    path: tuple[str | int, ...]
    params: Mapping[str, Any]
    #: The part of the value at *at*.
    instance: Json
    #: For `oneOf` and `anyOf`, the violations of each branch; for `propertyNames`, that of the name.
    context: tuple[tuple[Violation, ...], ...] = ()


@attrs.frozen(eq=False)
class Validator:
    """A compiled schema."""

    _validator: jsonschema_rs.Validator

    def accepts(self, value: Json) -> bool:
        """Whether *value* is valid."""
        return self._validator.is_valid(value)

    def violations(self, value: Json) -> Iterator[Violation]:
        """All reasons why *value* is invalid."""
        return (_violation(error, value) for error in self._validator.iter_errors(value))


@attrs.frozen(eq=False)
class Judge:
    """Compiles schemas that may refer to *documents* by URI.

    The registry of the documents and their needs are computed once, for all schemas.
    """

    documents: Mapping[str, Json] = attrs.field(factory=dict)
    asserts_formats: bool = True
    formats: Mapping[str, Callable[[str], bool]] = attrs.field(factory=dict)

    def validator(self, reference: str) -> Validator:
        """The validator of a schema in the documents.

        Args:
            reference: the URI of a document, or URI, `#` and a JSON Pointer.
        """
        uri, _, pointer = reference.partition("#")
        if not pointer:
            return self._compiled(self.documents[uri], self._needs, uri)
        return self._compiled({"$ref": f"{uri}#{fragment(pointer)}"}, self._needs)

    def compile(self, schema: Json) -> Validator:
        """The validator of *schema*.

        Raises:
            InvalidSchema: *schema* is not a valid JSON Schema, or has an unresolvable reference.
        """
        return self._compiled(schema, self._needs.union(_Needs.of([schema])))

    @cached_property
    def _needs(self) -> _Needs:
        return _Needs.of(self.documents.values())

    @cached_property
    def _registry(self) -> jsonschema_rs.Registry | None:
        import jsonschema_rs as rs

        return rs.Registry(list(_registered(self.documents).items())) if self.documents else None

    def _compiled(self, schema: Json, needs: _Needs, base_uri: str | None = None) -> Validator:
        import jsonschema_rs as rs

        options: Any = (
            rs.FancyRegexOptions(backtrack_limit=BACKTRACK_LIMIT, size_limit=PATTERN_BYTES)
            if needs.backtracking
            else rs.RegexOptions(size_limit=PATTERN_BYTES)
        )
        try:
            validator = rs.validator_for(
                schema,
                validate_formats=self.asserts_formats,
                offline=True,
                registry=self._registry,
                base_uri=base_uri,
                # A registered format makes each validation about 1.5 times slower, even if no schema uses it.
                formats={name: accepts for name, accepts in self.formats.items() if name in needs.formats} or None,
                pattern_options=options,
            )
        except rs.ValidationError as error:
            raise InvalidSchema(error.message, tuple(error.instance_path)) from error
        except (rs.ReferencingError, ValueError) as error:
            raise InvalidSchema(str(error)) from error
        return Validator(validator)


@attrs.frozen
class _Needs:
    """Requirements of schemas on their compilation: formats to register, and an engine for backtracking patterns."""

    formats: frozenset[str]
    backtracking: bool

    @classmethod
    def of(cls, schemas: Iterable[Json]) -> _Needs:
        """The needs of *schemas*, from one walk through all of their values."""
        formats: set[str] = set()
        backtracking = False
        pending = list(schemas)
        while pending:
            value = pending.pop()
            if isinstance(value, list):
                pending.extend(value)
            elif isinstance(value, dict):
                if isinstance(value.get("format"), str):
                    formats.add(value["format"])
                names = value.get("patternProperties")
                patterns = [value.get("pattern"), *(names if isinstance(names, dict) else ())]
                backtracking = backtracking or any(isinstance(p, str) and BACKTRACKING.search(p) for p in patterns)
                pending.extend(value.values())
        return cls(frozenset(formats), backtracking)

    def union(self, other: _Needs) -> _Needs:
        """The needs of both."""
        return _Needs(self.formats | other.formats, self.backtracking or other.backtracking)


_DRAFTS = re.compile(r"https?://json-schema\.org/draft(-0[467]|/2019-09|/2020-12)/schema#?")


def _registered(documents: Mapping[str, Json]) -> dict[str, Json]:
    """The *documents* that `jsonschema-rs` can register: a draft that it knows, directly or through other metaschemas.

    A document with an unknown `$schema` would make the registry of all documents fail.
    """
    registered: dict[str, Json] = {}
    for uri, document in documents.items():
        dialect, seen = document, {uri}
        while isinstance(dialect, dict) and str(dialect.get("$schema")) in documents.keys() - seen:
            seen.add(str(dialect["$schema"]))
            dialect = documents[str(dialect["$schema"])]
        name = dialect.get("$schema") if isinstance(dialect, dict) else None
        if name is None or (isinstance(name, str) and (_DRAFTS.fullmatch(name) or name == uri)):
            registered[uri] = document
    return registered


def _violation(error: Any, root: Json) -> Violation:
    params = error.kind.as_dict()
    keyword = str(error.schema_path[-1]) if error.schema_path else error.kind.name
    if error.kind.name in ("required", "propertyNames", "additionalProperties", "unevaluatedProperties"):
        keyword = error.kind.name if keyword != "dependentRequired" else keyword
    instance = error.instance
    if error.kind.name == "contains":
        # `minContains` and `maxContains` are reported as `contains`.
        keyword = "contains"
    if error.kind.name == "falseSchema" and keyword in ("additionalProperties", "unevaluatedProperties"):
        # The error names one member only; the instance becomes the object around it, with all of them.
        instance = root
        for token in error.instance_path:
            instance = instance[token]
    if error.kind.name == "falseSchema" and keyword not in ("additionalProperties", "unevaluatedProperties"):
        keyword = "forbidden"
    context = tuple(tuple(_violation(e, root) for e in branch) for branch in params.pop("context", ()))
    inner = params.pop("error", None)
    if isinstance(inner, str):
        # A pattern that reached its limit has a text here, not the error of a subschema.
        inner = None
    return Violation(
        keyword,
        tuple(error.instance_path),
        tuple(error.evaluation_path or error.schema_path),
        params,
        instance,
        context or (((_violation(inner, root),),) if inner is not None else ()),
    )


def validate_schema(document: Json) -> None:
    """Raise InvalidSchema, with the path of the fault, unless *document* is a valid JSON Schema 2020-12."""
    import jsonschema_rs

    if isinstance(document, bool):
        return
    try:
        jsonschema_rs.meta.validate({key: value for key, value in document.items() if key != "$schema"})
    except jsonschema_rs.ValidationError as error:
        raise InvalidSchema(error.message, tuple(error.instance_path)) from error
