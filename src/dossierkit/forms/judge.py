"""The judge: whether a JSON value is valid, and every reason why not.

The only module that knows `jsonschema-rs`.  Nothing is ever fetched; patterns run in linear time, and one with
lookaround under a limit of steps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from dossierkit.forms.document import value_of
from dossierkit.forms.pointers import Json

if TYPE_CHECKING:
    import jsonschema_rs

BACKTRACK_LIMIT = 20_000
PATTERN_BYTES = 4 * 1024 * 1024

#: What only a backtracking engine can match: lookaround and back-references.
BACKTRACKING = re.compile(r"\(\?<?[=!]|\\[1-9]|\\k<")


class Unjudgeable(ValueError):
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
    judge = Judge(asserts_formats=formats)
    documents = {uri: value_of(document) for uri, document in (resources or {}).items()}
    return judge.compile(value_of(schema), documents).accepts(value_of(instance))


@attrs.frozen(eq=False)
class Refusal:
    """One reason why a value is not valid.  *context* holds the reasons of each branch of a choice."""

    keyword: str
    #: Tokens from the root of the instance.
    at: tuple[str | int, ...]
    #: Tokens from the root of the schema, through references.
    path: tuple[str | int, ...]
    params: Mapping[str, Any]
    instance: Json
    context: tuple[tuple[Refusal, ...], ...] = ()


@attrs.frozen(eq=False)
class Verdict:
    """A compiled schema."""

    _validator: jsonschema_rs.Validator

    def accepts(self, value: Json) -> bool:
        """Whether *value* is valid."""
        return self._validator.is_valid(value)

    def refusals(self, value: Json) -> Iterator[Refusal]:
        """Every reason why *value* is not valid."""
        return (_refusal(error, value) for error in self._validator.iter_errors(value))


@attrs.frozen
class Judge:
    """How schemas are compiled: which formats are asserted, and how."""

    asserts_formats: bool = True
    formats: Mapping[str, Callable[[str], bool]] = attrs.field(factory=dict)

    def verdict(self, reference: str, documents: Mapping[str, Json]) -> Verdict:
        """The judge of the schema that *reference* names in *documents*."""
        uri, _, pointer = reference.partition("#")
        if not pointer:
            return self.compile(documents[uri], documents, base_uri=uri)
        return self.compile({"$ref": f"{uri}#{_fragment(pointer)}"}, documents)

    def compile(self, schema: Json, documents: Mapping[str, Json], *, base_uri: str | None = None) -> Verdict:
        """A judge of *schema*, which may refer to *documents* by URI.

        Raises:
            Unjudgeable: it is no JSON Schema, or refers to what is not there.
        """
        import jsonschema_rs as rs

        used = set(_values("format", [schema, *documents.values()]))
        backtracks = any(BACKTRACKING.search(pattern) for pattern in _values("pattern", [schema, *documents.values()]))
        options: Any = (
            rs.FancyRegexOptions(backtrack_limit=BACKTRACK_LIMIT, size_limit=PATTERN_BYTES)
            if backtracks
            else rs.RegexOptions(size_limit=PATTERN_BYTES)
        )
        try:
            validator = rs.validator_for(
                schema,
                validate_formats=self.asserts_formats,
                offline=True,
                registry=rs.Registry(list(_readable(documents).items())) if documents else None,
                base_uri=base_uri,
                # Even a format that nobody uses makes every judgement half as slow again.
                formats={name: accepts for name, accepts in self.formats.items() if name in used} or None,
                pattern_options=options,
            )
        except rs.ValidationError as error:
            raise Unjudgeable(error.message, tuple(error.instance_path)) from error
        except (rs.ReferencingError, ValueError) as error:
            raise Unjudgeable(str(error)) from error
        return Verdict(validator)


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


def _fragment(pointer: str) -> str:
    from urllib.parse import quote

    return quote(pointer, safe="/~!$&'()*+,;=:@-._")


def _values(wanted: str, schemas: list[Json]) -> Iterator[str]:
    """Every text under the keyword *wanted*; with patterns also those that are names."""
    pending = list(schemas)
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            for keyword, below in value.items():
                if keyword == wanted and isinstance(below, str):
                    yield below
                elif wanted == "pattern" and keyword == "patternProperties" and isinstance(below, dict):
                    yield from below
                pending.append(below)


def _refusal(error: Any, root: Json) -> Refusal:
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
    context = tuple(tuple(_refusal(e, root) for e in branch) for branch in params.pop("context", ()))
    inner = params.pop("error", None)
    return Refusal(
        keyword,
        tuple(error.instance_path),
        tuple(error.evaluation_path or error.schema_path),
        params,
        instance,
        context or (((_refusal(inner, root),),) if inner is not None else ()),
    )
