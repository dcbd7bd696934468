"""A document becomes a `Form`, or a `SchemaError` with every fault that was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from dossierkit.errors import MissingRules, RuleError, SchemaError
from dossierkit.findings import Fault
from dossierkit.forms.fields.applicators import unconditional
from dossierkit.forms.fields.effective import effective
from dossierkit.forms.fields.form import Form, Section
from dossierkit.forms.schema.dialect import STANDARD, Dialect
from dossierkit.forms.schema.document import value_of
from dossierkit.forms.schema.facets import BASE, MAIN, Facet, Schemas, file_of
from dossierkit.forms.schema.judge import InvalidSchema, Judge, is_valid, validate_schema
from dossierkit.forms.schema.metaschema import explanation
from dossierkit.forms.schema.own_keywords import own_keyword_faults
from dossierkit.forms.schema.references import resolve_references
from dossierkit.forms.schema.rules import Computed, Expression, Rule, compile_expression
from dossierkit.forms.schema.subschemas import subschemas
from dossierkit.forms.schema.upgrade import upgrade
from dossierkit.pointers import ABSENT, Json, child, get, join
from dossierkit.text import nfc

if TYPE_CHECKING:
    from dossierkit.forms.schema.document import Document

#: How many schemas one judgement may have to walk, references followed; beyond it a file is refused.
MAX_COST = 200_000
_SECTIONS: Json = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"title": {"type": "string"}, "fields": {"type": "array", "items": {"type": "string"}}},
        "required": ["title", "fields"],
    },
}
_AS_MANY_AS_ANSWERS = frozenset(("/items", "/additionalProperties", "/unevaluatedItems", "/unevaluatedProperties"))


def read(
    document: Document | Json, *, resources: Mapping[str, Document | Json] | None = None, dialect: Dialect = STANDARD
) -> Form:
    """The form that *document* describes.

    Args:
        resources: other documents that it may refer to, by path relative to it (`shared/person.json`).

    Raises:
        SchemaError: with every fault that was found; nothing else is ever raised, whatever the JSON.
    """
    documents, advice = _documents(value_of(document), resources or {})
    _refuse_old_names(documents)
    schemas = Schemas(Judge(documents, formats=_formats(dialect)))
    root = schemas.root()
    faults = [*_structure(schemas, root)]
    if faults:
        raise SchemaError(faults)
    schema = documents[MAIN]
    rules, computed, faults = _rules(schema, dialect)
    form = Form(schema, schemas, dialect, root, rules, computed, _sections(schema), _translations(documents), tuple(advice))
    if faults:
        raise SchemaError(faults)
    effective(form, {})
    return form


def _formats(dialect: Dialect) -> dict[str, Callable[[str], bool]]:
    return {name: known.accepts for name, known in dialect.formats.items() if known.accepts is not None}


def _documents(value: Json, resources: Mapping[str, Json]) -> tuple[dict[str, Json], list[Fault]]:
    """Every document by URI, in one spelling and one draft, its references settled."""
    if not isinstance(value, dict | bool):
        raise SchemaError([Fault("not-a-schema", "", "a procedure file is a JSON object: {…}")])
    documents: dict[str, Json] = {}
    advice: list[Fault] = []
    for path, source in {"": value, **{path: value_of(resource) for path, resource in resources.items()}}.items():
        try:
            schema, found = upgrade(_spelled(source, ""))
        except (AttributeError, TypeError, ValueError, KeyError) as error:
            raise SchemaError([Fault("not-a-schema", "", f"no JSON Schema: {error}", file=path)]) from error
        advice += [_in_file(fault, path) for fault in found]
        documents[BASE + path if path else MAIN] = schema
    resolve_references(documents)
    return documents, advice


def _in_file(fault: Fault, path: str) -> Fault:
    return Fault(fault.code, fault.pointer, fault.message, fault.level, path)


def _spelled(value: Json, pointer: str) -> Json:
    """*value* with every text in NFC.

    Raises:
        SchemaError: two names become one.
    """
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, list):
        return [_spelled(item, child(pointer, index)) for index, item in enumerate(value)]
    if isinstance(value, dict):
        result = {nfc(name): _spelled(item, child(pointer, name)) for name, item in value.items()}
        if len(result) < len(value):
            raise SchemaError([Fault("same-name", pointer, "two names differ only in how their accents are encoded")])
        return result
    return value


def _refuse_old_names(documents: Mapping[str, Json]) -> None:
    for uri, document in documents.items():
        named = document.get("$schema") if isinstance(document, dict) else None
        if named is not None and named not in (
            "https://json-schema.org/draft/2020-12/schema",
            "https://json-schema.org/draft/2020-12/schema#",
        ):
            message = f"{named!r} is no draft that is read here; write https://json-schema.org/draft/2020-12/schema"
            raise SchemaError([Fault("unknown-draft", "/$schema", message, file=file_of(uri))])


def _structure(schemas: Schemas, root: Facet) -> Iterator[Fault]:
    """Why the judge cannot use the documents, or why it would take too long."""
    sound = True
    for uri, document in schemas.documents.items():
        try:
            validate_schema(document)
        except InvalidSchema as error:
            sound = False
            yield Fault("not-a-schema", join(error.path), explanation(document, join(error.path), str(error)), file=file_of(uri))
    if not sound:
        return
    yield from own_keyword_faults(schemas.documents)
    cost = _Cost(schemas)
    try:
        total = cost.of(root)
        if total > MAX_COST:
            yield Fault("too-large", "", f"references unfold to more than {MAX_COST} schemas; use fewer")
            return
    except RecursionError:
        yield Fault("too-deep", "", "schemas refer to schemas too many levels deep")
        return
    except SchemaError as error:
        yield from error.faults
        return
    try:
        schemas.validator(root)
    except InvalidSchema as error:
        pointer = join(error.path)
        yield Fault("not-a-schema", pointer, explanation(schemas.documents[MAIN], pointer, str(error)))


class _Cost:
    """How many schemas a judgement walks when every reference is followed once wherever it stands.

    Rows and entries of free names are paid for by the answers that have them, so each kind is counted by itself; only rows
    that a page has to show come to what is around them.
    """

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._known: dict[Facet, int] = {}
        self._asked: set[Facet] = set()
        self._apart: list[Facet] = []

    def of(self, root: Facet) -> int:
        """What the dearest part costs."""
        self._apart.append(root)
        dearest = 0
        while self._apart and dearest <= MAX_COST:
            dearest = max(dearest, self._of(self._apart.pop()))
        return dearest

    def _of(self, facet: Facet) -> int:
        if facet in self._known:
            return self._known[facet]
        # A way back up is recursion: it is paid for by the depth of the answers.
        self._known[facet] = 1
        total = 1
        for pointer, schema in subschemas(facet.schema):
            if pointer.startswith(("/$defs", "/definitions")):
                continue
            below = self._schemas.below(facet, pointer, schema)
            if isinstance(schema, dict) and pointer in _AS_MANY_AS_ANSWERS and not self._shows_rows(facet):
                self._apart.append(below)
                continue
            if pointer.removeprefix("/properties/") in (facet.get("required") or ()):
                self._asked.update(unconditional(self._schemas, (below,)))
            total += self._of(below) if isinstance(schema, dict) else 1
        for keyword in ("$ref", "$dynamicRef"):
            if isinstance(facet.get(keyword), str):
                total += self._of(self._schemas.target(facet, keyword))
        self._known[facet] = min(total, MAX_COST + 1)
        return self._known[facet]

    def _shows_rows(self, facet: Facet) -> bool:
        return facet in self._asked or (facet.get("minItems") or 0) > 0


def _rules(schema: Json, dialect: Dialect) -> tuple[tuple[Rule, ...], tuple[Computed, ...], list[Fault]]:
    rules: list[Rule] = []
    computed: list[Computed] = []
    faults: list[Fault] = []

    def compiled(source: Json, origin: str) -> Expression | None:
        if not isinstance(source, str):
            faults.append(Fault("bad-rule", origin, "a rule is a CEL expression in a string"))
            return None
        try:
            return compile_expression(source, dialect.functions)
        except MissingRules as error:
            # Once is enough: it is the same for every rule.
            if all(fault.code != "missing-rules" for fault in faults):
                faults.append(Fault("missing-rules", origin, str(error)))
            return None
        except RuleError as error:
            faults.append(Fault("bad-rule", origin, f"no CEL: {error}"))
            return None

    root = schema if isinstance(schema, dict) else {}
    listed = root.get("x-rules", [])
    for index, rule in enumerate(listed if isinstance(listed, list) else [listed]):
        origin = f"/x-rules/{index}"
        if not isinstance(rule, dict) or not isinstance(rule.get("message"), str):
            faults.append(Fault("bad-rule", origin, 'a rule is {"rule": CEL, "message": words, "at": pointer}'))
        elif expression := compiled(rule.get("rule"), origin + "/rule"):
            rules.append(Rule(expression, rule["message"], str(rule.get("at", "")), origin))
    wanted = root.get("x-compute", {})
    for at, source in wanted.items() if isinstance(wanted, dict) else ():
        if expression := compiled(source, child("/x-compute", at)):
            computed.append(Computed(expression, at, child("/x-compute", at)))
    return tuple(rules), tuple(computed), faults


def _sections(schema: Json) -> tuple[Section, ...]:
    """The sections of the page; none where what stands there has another shape, which `dossiers.block` refuses in words."""
    listed = get(schema, "/x-procedure/sections")
    if listed is ABSENT or not is_valid(_SECTIONS, listed):
        return ()
    at = f"{MAIN}#/x-procedure/sections"
    return tuple(Section(item["title"], tuple(item["fields"]), f"{at}/{index}/title") for index, item in enumerate(listed))


def _translations(documents: Mapping[str, Json]) -> dict[str, dict[str, str]]:
    result: dict[str, dict[str, str]] = {}
    for uri, document in documents.items():
        block = document.get("x-translations") if isinstance(document, dict) else None
        for language, texts in block.items() if isinstance(block, dict) else ():
            known = result.setdefault(language, {})
            known.update({f"{uri}#{at}": text for at, text in texts.items()})
    return result
