"""The judge: whether a JSON value is valid, and every reason why not.

The only module that knows `jsonschema-rs`.  Nothing is ever fetched; patterns run in linear time, and one with
lookaround under a limit of steps.
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

BACKTRACK_LIMIT = 20_000
PATTERN_BYTES = 4 * 1024 * 1024

#: What only a backtracking engine can match: lookaround and back-references.
BACKTRACKING = re.compile(r"\(\?<?[=!]|\\[1-9]|\\k<")


class InvalidSchema(ValueError):
    """The schema is no JSON Schema, or refers to what is not here.  The message is the judge's own."""

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.path = path


def is_valid(schema: Json, instance: Json, *, resources: Mapping[str, Json] | None = None, formats: bool = False) -> bool:
    """Whether *instance* is valid against *schema*, by JSON Schema 2020-12 (or the draft its `$schema` names).

    Args:
        resources: other documents by URI; a reference to anything else is an error, never a download.
        formats: assert `format` too.

    Raises:
        ValueError: *schema* is no JSON Schema, or refers to what is not in *resources*.
    """
    documents = {uri: value_of(document) for uri, document in (resources or {}).items()}
    return Judge(documents, asserts_formats=formats).compile(value_of(schema)).accepts(value_of(instance))


@attrs.frozen(eq=False)
class Violation:
    """One reason why a value is not valid.  *context* holds the reasons of each branch of a choice."""

    keyword: str
    #: Tokens from the root of the instance.
    at: tuple[str | int, ...]
    #: Tokens from the root of the schema, through references.
    path: tuple[str | int, ...]
    params: Mapping[str, Any]
    instance: Json
    context: tuple[tuple[Violation, ...], ...] = ()


@attrs.frozen(eq=False)
class Validator:
    """A compiled schema."""

    _validator: jsonschema_rs.Validator

    def accepts(self, value: Json) -> bool:
        """Whether *value* is valid."""
        return self._validator.is_valid(value)

    def violations(self, value: Json) -> Iterator[Violation]:
        """Every reason why *value* is not valid."""
        return (_violation(error, value) for error in self._validator.iter_errors(value))


@attrs.frozen(eq=False)
class Judge:
    """Compiles schemas that may refer to *documents* by URI.

    What depends on the documents alone is worked out once, so that the hundredth schema costs what the first one did.
    """

    documents: Mapping[str, Json] = attrs.field(factory=dict)
    asserts_formats: bool = True
    formats: Mapping[str, Callable[[str], bool]] = attrs.field(factory=dict)

    def validator(self, reference: str) -> Validator:
        """The judge of the schema in the documents that *reference* names: a URI, or one with a JSON Pointer."""
        uri, _, pointer = reference.partition("#")
        if not pointer:
            return self._compiled(self.documents[uri], self._needs, uri)
        return self._compiled({"$ref": f"{uri}#{fragment(pointer)}"}, self._needs)

    def compile(self, schema: Json) -> Validator:
        """A judge of *schema*.

        Raises:
            InvalidSchema: it is no JSON Schema, or refers to what is not there.
        """
        return self._compiled(schema, self._needs.and_of(_Needs.of([schema])))

    @cached_property
    def _needs(self) -> _Needs:
        return _Needs.of(self.documents.values())

    @cached_property
    def _registry(self) -> jsonschema_rs.Registry | None:
        import jsonschema_rs as rs

        return rs.Registry(list(_readable(self.documents).items())) if self.documents else None

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
                # Even a format that nobody uses makes every judgement half as slow again.
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
    """What compiling needs for some schemas: the formats that they name, and whether a pattern may have to backtrack."""

    formats: frozenset[str]
    backtracking: bool

    @classmethod
    def of(cls, schemas: Iterable[Json]) -> _Needs:
        """What *schemas* need; each of their values is looked at once."""
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

    def and_of(self, other: _Needs) -> _Needs:
        """What both need together."""
        return _Needs(self.formats | other.formats, self.backtracking or other.backtracking)


_DRAFTS = re.compile(r"https?://json-schema\.org/draft(-0[467]|/2019-09|/2020-12)/schema#?")


def _readable(documents: Mapping[str, Json]) -> dict[str, Json]:
    """The documents whose dialect is known, be it only through another of them; one strange file spoils none."""
    readable: dict[str, Json] = {}
    for uri, document in documents.items():
        dialect, seen = document, {uri}
        while isinstance(dialect, dict) and str(dialect.get("$schema")) in documents.keys() - seen:
            seen.add(str(dialect["$schema"]))
            dialect = documents[str(dialect["$schema"])]
        name = dialect.get("$schema") if isinstance(dialect, dict) else None
        if name is None or (isinstance(name, str) and (_DRAFTS.fullmatch(name) or name == uri)):
            readable[uri] = document
    return readable


def _violation(error: Any, root: Json) -> Violation:
    params = error.kind.as_dict()
    keyword = str(error.schema_path[-1]) if error.schema_path else error.kind.name
    if error.kind.name in ("required", "propertyNames", "additionalProperties", "unevaluatedProperties"):
        keyword = error.kind.name if keyword != "dependentRequired" else keyword
    instance = error.instance
    if error.kind.name == "contains":
        # Whichever bound is missed, the words are the same.
        keyword = "contains"
    if error.kind.name == "falseSchema" and keyword in ("additionalProperties", "unevaluatedProperties"):
        # The judge names one member; all of them are too many.
        instance = root
        for token in error.instance_path:
            instance = instance[token]
    if error.kind.name == "falseSchema" and keyword not in ("additionalProperties", "unevaluatedProperties"):
        keyword = "forbidden"
    context = tuple(tuple(_violation(e, root) for e in branch) for branch in params.pop("context", ()))
    inner = params.pop("error", None)
    if isinstance(inner, str):
        # A pattern that reached its limit tells so in words; no other schema stands behind it.
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
    """Raise InvalidSchema, with the place, where *document* is no JSON Schema 2020-12."""
    import jsonschema_rs

    if isinstance(document, bool):
        return
    try:
        jsonschema_rs.meta.validate({key: value for key, value in document.items() if key != "$schema"})
    except jsonschema_rs.ValidationError as error:
        raise InvalidSchema(error.message, tuple(error.instance_path)) from error
