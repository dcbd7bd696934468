"""`read`: a JSON Schema document becomes a `Form`, or raises `SchemaError` with all faults of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from dossierkit.errors import SchemaError
from dossierkit.findings import Fault
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.form import Form, Section
from dossierkit.forms.fields.validation_cost import MAX_COST, validation_cost
from dossierkit.forms.schema.dialect import STANDARD, Dialect
from dossierkit.forms.schema.document import value_of
from dossierkit.forms.schema.judge import InvalidSchema, Judge, is_valid, validate_schema
from dossierkit.forms.schema.located_schemas import BASE, MAIN, Facet, Schemas, file_of
from dossierkit.forms.schema.metaschema import explanation
from dossierkit.forms.schema.own_keywords import own_keyword_faults
from dossierkit.forms.schema.references import resolve_references
from dossierkit.forms.schema.rules import read_rules
from dossierkit.forms.schema.upgrade import upgrade
from dossierkit.pointers import ABSENT, Json, child, get, join
from dossierkit.text import nfc
from dossierkit.translatable import Words

if TYPE_CHECKING:
    from dossierkit.forms.schema.document import Document

#: The shape of `x-procedure.sections`.
_SECTIONS: Json = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"title": {"type": "string"}, "fields": {"type": "array", "items": {"type": "string"}}},
        "required": ["title", "fields"],
    },
}


def read(
    document: Document | Json, *, resources: Mapping[str, Document | Json] | None = None, dialect: Dialect = STANDARD
) -> Form:
    """The form that *document* describes.

    Args:
        resources: other documents that it can refer to, by path relative to it (`shared/person.json`).
        dialect: formats, widgets, functions and option lists that it can name.

    Raises:
        SchemaError: with all faults of the documents; no JSON value causes another exception.
    """
    documents, advice = _documents(value_of(document), resources or {})
    _refuse_unknown_drafts(documents)
    schemas = Schemas(Judge(documents, formats=_formats(dialect)))
    root = schemas.root()
    faults = [*_schema_faults(schemas, root)]
    if faults:
        raise SchemaError(faults)
    schema = documents[MAIN]
    rules, computed, faults = read_rules(schema, dialect.functions)
    if faults:
        raise SchemaError(faults)
    form = Form(schema, schemas, dialect, root, rules, computed, _sections(schema), _translations(documents), tuple(advice))
    # Raises SchemaError for a form with too many fields.
    effective(form, {})
    return form


def _formats(dialect: Dialect) -> dict[str, Callable[[str], bool]]:
    return {name: entry.accepts for name, entry in dialect.formats.items() if entry.accepts is not None}


def _documents(value: Json, resources: Mapping[str, Json]) -> tuple[dict[str, Json], list[Fault]]:
    """URI → document in NFC and draft 2020-12, with resolved references; and advice about older drafts."""
    if not isinstance(value, dict | bool):
        raise SchemaError([Fault("not-a-schema", "", Words("a procedure file is a JSON object: {…}"))])
    documents: dict[str, Json] = {}
    advice: list[Fault] = []
    for path, source in {"": value, **{path: value_of(resource) for path, resource in resources.items()}}.items():
        try:
            schema, file_advice = upgrade(_normalized(source, ""))
        except (AttributeError, TypeError, ValueError, KeyError) as error:
            raise SchemaError([Fault("not-a-schema", "", Words("not a JSON Schema: {error}", error=error), file=path)]) from error
        advice += [_in_file(fault, path) for fault in file_advice]
        documents[BASE + path if path else MAIN] = schema
    resolve_references(documents)
    return documents, advice


def _in_file(fault: Fault, path: str) -> Fault:
    return Fault(fault.code, fault.pointer, fault.message, fault.level, path)


def _normalized(value: Json, pointer: str) -> Json:
    """*value* with all texts and names in NFC.

    Raises:
        SchemaError: two names of an object become equal.
    """
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, list):
        return [_normalized(item, child(pointer, index)) for index, item in enumerate(value)]
    if isinstance(value, dict):
        result = {nfc(name): _normalized(item, child(pointer, name)) for name, item in value.items()}
        if len(result) < len(value):
            raise SchemaError([Fault("same-name", pointer, Words("two names differ only in how their accents are encoded"))])
        return result
    return value


def _refuse_unknown_drafts(documents: Mapping[str, Json]) -> None:
    for uri, document in documents.items():
        draft = document.get("$schema") if isinstance(document, dict) else None
        if draft is not None and draft not in (
            "https://json-schema.org/draft/2020-12/schema",
            "https://json-schema.org/draft/2020-12/schema#",
        ):
            message = Words(
                "{draft!r} is no draft that is read here; write https://json-schema.org/draft/2020-12/schema", draft=draft
            )
            raise SchemaError([Fault("unknown-draft", "/$schema", message, file=file_of(uri))])


def _schema_faults(schemas: Schemas, root: Facet) -> Iterator[Fault]:
    """Faults for which the documents cannot be compiled, or their validation would take too long."""
    valid = True
    for uri, document in schemas.documents.items():
        try:
            validate_schema(document)
        except InvalidSchema as error:
            valid = False
            yield Fault("not-a-schema", join(error.path), explanation(document, join(error.path), str(error)), file=file_of(uri))
    if not valid:
        return
    yield from own_keyword_faults(schemas.documents)
    try:
        if validation_cost(schemas, root) > MAX_COST:
            yield Fault("too-large", "", Words("references unfold to more than {most} schemas; use fewer", most=MAX_COST))
            return
    except RecursionError:
        yield Fault("too-deep", "", Words("schemas refer to schemas too many levels deep"))
        return
    except SchemaError as error:
        yield from error.faults
        return
    try:
        schemas.validator(root)
    except InvalidSchema as error:
        pointer = join(error.path)
        yield Fault("not-a-schema", pointer, explanation(schemas.documents[MAIN], pointer, str(error)))


def _sections(schema: Json) -> tuple[Section, ...]:
    """The sections of the page; none if they have a wrong shape, which `dossiers.procedure.procedure_block` reports."""
    listed = get(schema, "/x-procedure/sections")
    if listed is ABSENT or not is_valid(_SECTIONS, listed):
        return ()
    at = f"{MAIN}#/x-procedure/sections"
    return tuple(Section(item["title"], tuple(item["fields"]), f"{at}/{index}/title") for index, item in enumerate(listed))


def _translations(documents: Mapping[str, Json]) -> dict[str, dict[str, str]]:
    """Language → location of a text → its translation."""
    result: dict[str, dict[str, str]] = {}
    for uri, document in documents.items():
        block = document.get("x-translations") if isinstance(document, dict) else None
        for language, texts in block.items() if isinstance(block, dict) else ():
            result.setdefault(language, {}).update({f"{uri}#{at}": text for at, text in texts.items()})
    return result
